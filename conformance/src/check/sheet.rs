//! What was found in one message, and what the checks look at.

use crate::judges::Signature;
use crate::kind::Kind;
use crate::moment::Moment;
use crate::opened::Opened;
use crate::xml::{Element, texts};

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

/// What the checks look at.
pub(super) struct Case<'a> {
    pub kind: Kind,
    pub opened: &'a Opened<'a>,
    pub signature: &'a Signature,
    pub date: Option<&'a Moment>,
    pub data: Option<&'a [Element]>,
}

impl Case<'_> {
    /// The text of the only element of this name.
    pub(super) fn datum(&self, name: &str) -> Option<&str> {
        self.data.and_then(|data| texts(data, name).into_iter().next())
    }
}

impl Sheet {
    /// The requirements that are broken.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Fail(_)))
    }

    pub(super) fn must(&mut self, id: &'static str, what: &'static str, judge: impl FnOnce() -> Result<(), String>) {
        let verdict = judge().map_or_else(Verdict::Fail, |()| Verdict::Pass);
        self.findings.push(Finding { id, what, verdict });
    }

    pub(super) fn should(&mut self, id: &'static str, what: &'static str, judge: impl FnOnce() -> Result<(), String>) {
        let verdict = judge().map_or_else(Verdict::Advice, |()| Verdict::Pass);
        self.findings.push(Finding { id, what, verdict });
    }
}

pub(super) fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

/// `Ok` when both are equal, else both in words.
pub(super) fn same(found: Option<&str>, wanted: Option<&str>) -> Result<(), String> {
    ensure(found == wanted, || {
        format!("found {}, expected {}", found.unwrap_or("nothing"), wanted.unwrap_or("nothing"))
    })
}
