//! What the trace and the special store have about a person.

use control::item::{RowItem, SubjectItem};
use control::{Item, Pages, Person, Refused, named};
use serde_json::json;
use store::{
    About, Embedded, EvidenceLog as _, EvidenceQuery, EvidenceRow, InfectedQuery, InfectedRow, SubjectHash, Upkeep as _,
};

use super::archive::Archive;

/// Rows of the special store read at once.
const PAGE: usize = 500;

/// How much of the trace there was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rows {
    /// Rows about the person.
    pub(crate) found: u64,
    /// Rows that are not as they were written: any of them may have been.
    pub(crate) unreadable: u64,
}

/// Writes the rows that are about a person, as JSON Lines and as the customary lines of the provider `us`.
pub(crate) async fn rows(archive: &mut Archive, store: &Embedded, person: &Person, us: &str) -> Result<Rows, Refused> {
    archive.open("evidence.jsonl").await?;
    let (mut counted, mut shown) = (Rows::default(), None);
    let mut pages = Pages::of(store, EvidenceQuery::default(), u64::MAX).await?;
    while let Some(page) = pages.next().await? {
        for row in page {
            let Ok(row) = row else {
                counted.unreadable += 1;
                continue;
            };
            if let Some(evidence) = named(&row.evidence, person) {
                counted.found += 1;
                one(archive, &EvidenceRow { evidence, ..row }, us, &mut shown).await?;
            }
        }
    }
    archive.close_beside("evidence.txt").await?;
    Ok(counted)
}

async fn one(
    archive: &mut Archive,
    row: &EvidenceRow,
    us: &str,
    shown: &mut Option<SubjectHash>,
) -> Result<(), Refused> {
    if let About::Subject(subject) = &row.evidence.about {
        let hash = subject.hash();
        if shown.replace(hash) != Some(hash) {
            archive.json(&Item::Subject(SubjectItem::of(subject, false))).await?;
        }
        // A message in the name of others has no recipients here, and a line without them would say what is not so.
        if !subject.subject().recipients.is_empty()
            && let Some(line) = journal::line::line(row.log, row.number, &row.evidence, us)
        {
            archive.line_beside(&line).await?;
        }
    }
    archive.json(&Item::Row(RowItem::of(row))).await
}

/// Writes which infected messages a person sent or was to get; how many.
pub(crate) async fn infected(archive: &mut Archive, store: &Embedded, person: &Person) -> Result<u64, Refused> {
    archive.open("infected.jsonl").await?;
    let (mut after, mut found) = (0, 0);
    loop {
        let page = store.infected(InfectedQuery { after, limit: PAGE, ..InfectedQuery::default() }).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = last.number;
        for row in &page {
            if is_of(store, row, person).await? {
                found += 1;
                let InfectedRow { number, identifier, at, virus, point, until, size, message: _ } = row;
                let (identifier, point) = (identifier.to_string(), point.name());
                let (at, until) = (at.to_string(), until.to_string());
                archive
                    .json(&json!({ "type": "infected", "number": number, "identifier": identifier, "at": at,
                        "virus": virus, "point": point, "until": until, "size": size }))
                    .await?;
            }
        }
    }
}

/// Whether the trace says that a message of the special store is a person's.
async fn is_of(store: &Embedded, row: &InfectedRow, person: &Person) -> Result<bool, Refused> {
    let query = EvidenceQuery { identifier: Some(row.identifier.clone()), limit: PAGE, ..EvidenceQuery::default() };
    Ok(store.rows(query).await?.into_iter().flatten().any(|row| named(&row.evidence, person).is_some()))
}
