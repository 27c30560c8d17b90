//! Judges one generated message by the ids of the norm.

mod brief;
mod certificate;
mod data;
mod header;
mod structure;

use std::io;

use crate::judges::{Judges, Signature};
use crate::kind::Kind;
use crate::moment::Moment;
use crate::opened::Opened;
use crate::xml::Element;

/// What came of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The requirement is obeyed.
    Pass,
    /// A recommendation, or what real providers do, is not followed; the message conforms all the same.
    Advice(String),
    /// The requirement is broken.
    Fail(String),
}

/// One check of one requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Requirement id in brackets.
    pub id: &'static str,
    /// What was looked at.
    pub what: &'static str,
    /// What came of it.
    pub verdict: Verdict,
}

/// Everything found in one message.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What the message is; `None` when it does not say.
    pub kind: Option<Kind>,
    /// Findings in the order of the checks.
    pub findings: Vec<Finding>,
}

/// Judges a message. `expected` is what it should be; without it, what its header says it is. `Err` only when a tool
/// cannot be run.
pub fn check(judges: &Judges, message: &[u8], expected: Option<Kind>) -> io::Result<Sheet> {
    let opened = Opened::new(message);
    let said = Kind::of(&opened.outer);
    let mut sheet = Sheet { kind: expected.or(said), findings: Vec::new() };
    let headers = (opened.outer.all("X-Ricevuta").len(), opened.outer.all("X-Trasporto").len());
    sheet.must("[R-2.1-g]", "exactly one of X-Ricevuta and X-Trasporto", || {
        ensure(matches!(headers, (1, 0) | (0, 1)), || format!("{} X-Ricevuta, {} X-Trasporto", headers.0, headers.1))?;
        let said = said.ok_or("its value is none of the norm's")?;
        ensure(expected.is_none_or(|kind| kind == said), || format!("it says {}", said.name))
    });
    let Some(kind) = sheet.kind else { return Ok(sheet) };

    let date = opened.outer.field("Date").and_then(|date| Moment::from_header(&date));
    let signature = judges.signature(message, date.as_ref())?;
    let elements = match (kind.tipo, opened.data.first().map(|part| part.decoded())) {
        (Some(_), Some(Ok(xml))) => Some(judges.certification_data(&xml)?.map(|text| crate::xml::elements(&text))),
        (Some(_), Some(Err(why))) => Some(Err(why)),
        _ => None,
    };
    let data = elements.as_ref().and_then(|elements| elements.as_ref().ok()).map(Vec::as_slice);
    let case = Case { kind, opened: &opened, signature: &signature, date: date.as_ref(), data };

    structure::check(&case, &mut sheet);
    certificate::check(&case, &mut sheet);
    if let Some(elements) = &elements {
        sheet.must("[R-4.4-a]", "certification data valid by the DTD (xmllint)", || {
            elements.as_ref().map(drop).map_err(Clone::clone)
        });
    }
    header::check(&case, &mut sheet);
    data::check(&case, &mut sheet);
    brief::check(&case, &mut sheet);
    Ok(sheet)
}

/// What the checks look at.
struct Case<'a> {
    kind: Kind,
    opened: &'a Opened<'a>,
    signature: &'a Signature,
    date: Option<&'a Moment>,
    data: Option<&'a [Element]>,
}

impl Case<'_> {
    /// The text of the only element of this name.
    fn datum(&self, name: &str) -> Option<&str> {
        self.data.and_then(|data| crate::xml::texts(data, name).into_iter().next())
    }
}

impl Sheet {
    /// The requirements that are broken.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Fail(_)))
    }

    fn must(&mut self, id: &'static str, what: &'static str, judge: impl FnOnce() -> Result<(), String>) {
        let verdict = judge().map_or_else(Verdict::Fail, |()| Verdict::Pass);
        self.findings.push(Finding { id, what, verdict });
    }

    fn should(&mut self, id: &'static str, what: &'static str, judge: impl FnOnce() -> Result<(), String>) {
        let verdict = judge().map_or_else(Verdict::Advice, |()| Verdict::Pass);
        self.findings.push(Finding { id, what, verdict });
    }
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// `Ok` when both are equal, else both in words.
fn same(found: Option<&str>, wanted: Option<&str>) -> Result<(), String> {
    ensure(found == wanted, || {
        format!("found {}, expected {}", found.unwrap_or("nothing"), wanted.unwrap_or("nothing"))
    })
}
