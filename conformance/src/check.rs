//! Judges one generated message by the ids of the norm.

mod brief;
mod certificate;
mod data;
mod header;
mod sheet;
mod structure;

use std::io;

use crate::judges::Judges;
use crate::kind::Kind;
use crate::moment::Moment;
use crate::opened::Opened;
use sheet::{Case, ensure};
pub use sheet::{Finding, Sheet, Verdict};

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
