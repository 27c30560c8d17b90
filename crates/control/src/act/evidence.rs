//! On the trace.

use pec::Kind;
use store::{About, Event, EvidenceQuery, EvidenceRow, LogId, SubjectHash, UnreadableRow};

use crate::act::find;
use crate::act::identifier::identifier;
use crate::control::{Control, Out};
use crate::item::{FaultItem, Item, RowItem, SubjectItem};
use crate::pages::Pages;
use crate::refused::{Fault, Refused};
use crate::request::{EvidenceFilter, EvidenceRequest};

pub(crate) async fn execute(control: &Control, request: EvidenceRequest, out: &Out) -> Result<(), Refused> {
    match request {
        EvidenceRequest::Find(filter) => find::messages(control, filter, out).await,
        EvidenceRequest::List(filter) => {
            let limit = filter.limit.unwrap_or(u64::MAX);
            rows(control, query(filter)?, limit, &mut None, out).await
        }
        EvidenceRequest::Show { log, number } => show(control, LogId(log), number, out).await,
    }
}

fn query(filter: EvidenceFilter) -> Result<EvidenceQuery, Refused> {
    let EvidenceFilter { log, after, identifier: about, kind, event, limit: _ } = filter;
    Ok(EvidenceQuery {
        log: log.map(LogId),
        after,
        identifier: about.as_deref().map(identifier).transpose()?,
        kind: kind.map(|name| named("kind", &name, Kind::ALL.into_iter(), Kind::name)).transpose()?,
        event: event.map(|name| named("event", &name, Event::ALL.into_iter(), Event::name)).transpose()?,
        ..EvidenceQuery::default()
    })
}

/// The value of this name; the refusal names them all.
fn named<T: Copy>(
    what: &str,
    name: &str,
    mut all: impl Iterator<Item = T> + Clone,
    name_of: impl Fn(T) -> &'static str,
) -> Result<T, Refused> {
    let names: Vec<_> = all.clone().map(&name_of).collect();
    let found = all.find(|one| name_of(*one) == name);
    found.ok_or_else(|| Refused::request(format!("expected a {what} among {}, found {name:?}", names.join(", "))))
}

/// Rows that the query names, log after log, at most `limit`; before the first row about each subject the subject, unless it
/// was the last one shown.
pub(crate) async fn rows(
    control: &Control,
    query: EvidenceQuery,
    limit: u64,
    shown: &mut Option<SubjectHash>,
    out: &Out,
) -> Result<(), Refused> {
    let mut pages = Pages::of(control.faces.evidence.as_ref(), query, limit).await?;
    while let Some(page) = pages.next().await? {
        for row in &page {
            match row {
                Ok(row) => one(row, shown, out).await?,
                Err(bad) => out.send(unreadable(bad)).await?,
            }
        }
    }
    Ok(())
}

/// A row that is not as it was written.
fn unreadable(bad: &UnreadableRow) -> Item {
    let UnreadableRow { log, number, what } = bad;
    Item::Fault(FaultItem { what: what.clone(), place: format!("evidence {number} of log {}", log.0) })
}

async fn one(row: &EvidenceRow, shown: &mut Option<SubjectHash>, out: &Out) -> Result<(), Refused> {
    if let About::Subject(subject) = &row.evidence.about {
        let hash = subject.hash();
        if shown.replace(hash) != Some(hash) {
            out.send(Item::Subject(SubjectItem::of(subject, false))).await?;
        }
    }
    out.send(Item::Row(RowItem::of(row))).await
}

/// One row with the bytes that are proof.
async fn show(control: &Control, log: LogId, number: u64, out: &Out) -> Result<(), Refused> {
    let missing = || Refused::missing(format!("no row {number} in log {}", log.0));
    let before = number.checked_sub(1).ok_or_else(missing)?;
    let query = EvidenceQuery { log: Some(log), after: before, limit: 1, ..EvidenceQuery::default() };
    let found = control.faces.evidence.rows(query).await?;
    let row = match found.into_iter().next() {
        Some(Ok(row)) if row.number == number => row,
        Some(Err(bad)) if bad.number == number => return Err(Refused::new(Fault::Damaged, bad.what)),
        _ => return Err(missing()),
    };
    let leaves = control.faces.evidence.leaves(log, number, 1).await?;
    let Some(leaf) = leaves.into_iter().find(|leaf| leaf.number == number) else {
        return Err(Refused::new(Fault::Damaged, format!("row {number} of log {} has no canonical bytes", log.0)));
    };
    if let About::Subject(subject) = &row.evidence.about {
        out.send(Item::Subject(SubjectItem::of(subject, true))).await?;
    }
    out.send(Item::Row(RowItem { canonical: Some(hex::encode(&leaf.canonical)), ..RowItem::of(&row) })).await
}
