//! Everything that is known of one message, and which of its pieces are still there.

mod piece;
mod pieces;

use pec::{Address, Identifier};
use proof::Subject;
use store::{
    About, AboutMessage, Addressee, Embedded, EvidenceLog as _, EvidenceQuery, EvidenceRow, Kept as _, Ledger as _,
    MessageId, Question, Sent, StoreError, UnreadableRow,
};

pub use self::piece::{Piece, Stored};

/// Rows, and messages, that are read at once.
const PAGE: usize = 500;

/// Everything that is known of one message.
#[derive(Clone, Debug)]
pub struct History {
    /// Its PEC msgid.
    pub identifier: Identifier,
    /// What is common to its rows: of several, the one that knows the original.
    pub subject: Option<Subject>,
    /// How it was accepted, where that was here.
    pub sent: Option<Sent>,
    /// Where its recipients stand, where it was accepted here.
    pub addressees: Vec<Addressee>,
    /// The rows of evidence, in their order.
    pub rows: Vec<EvidenceRow>,
    /// Rows that are not as they were written.
    pub unreadable: Vec<UnreadableRow>,
    /// Whether there are more than [`sealing::prove::MOST`] rows; the first ones are here.
    pub cut: bool,
    /// Its envelopes, receipts and notices, in the order in which they were made or came.
    pub pieces: Vec<Piece>,
}

impl History {
    /// Reads what is known of a message; `None`: nothing is.
    pub async fn read(store: &Embedded, identifier: &Identifier) -> Result<Option<Self>, StoreError> {
        let question = Question { sent: Some(identifier.clone()), ..Question::default() };
        let sent = store.ask(question).await?.sent;
        let addressees = if sent.is_some() { store.addressees(identifier).await? } else { Vec::new() };
        let (rows, unreadable, cut) = rows(store, identifier).await?;
        let stored = stored(store, identifier).await?;
        if sent.is_none() && rows.is_empty() && unreadable.is_empty() && stored.is_empty() {
            return Ok(None);
        }
        let subject = subject(&rows);
        let pieces = pieces::of(store, &rows, stored).await?;
        let identifier = identifier.clone();
        Ok(Some(Self { identifier, subject, sent, addressees, rows, unreadable, cut, pieces }))
    }

    /// Its receipts and notices, or those that are about one recipient.
    pub fn receipts<'a>(&'a self, recipient: Option<&'a Address>) -> impl Iterator<Item = &'a Piece> {
        let wanted = move |piece: &&Piece| recipient.is_none_or(|recipient| piece.is_about(recipient));
        self.pieces.iter().filter(|piece| piece.is_receipt()).filter(wanted)
    }
}

async fn rows(
    store: &Embedded,
    identifier: &Identifier,
) -> Result<(Vec<EvidenceRow>, Vec<UnreadableRow>, bool), StoreError> {
    let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
    for (log, _) in store.logs().await? {
        let mut after = 0;
        loop {
            let query = EvidenceQuery {
                log: Some(log),
                after,
                identifier: Some(identifier.clone()),
                limit: PAGE,
                ..EvidenceQuery::default()
            };
            let page = store.rows(query).await?;
            let (full, last) = (
                page.len() == PAGE,
                page.last().map(|row| row.as_ref().map_or_else(|bad| bad.number, |row| row.number)),
            );
            for row in page {
                match row {
                    Ok(row) => rows.push(row),
                    Err(bad) => unreadable.push(bad),
                }
            }
            if rows.len() > sealing::prove::MOST {
                rows.truncate(sealing::prove::MOST);
                return Ok((rows, unreadable, true));
            }
            match last {
                Some(last) if full => after = last,
                _ => break,
            }
        }
    }
    Ok((rows, unreadable, false))
}

async fn stored(store: &Embedded, identifier: &Identifier) -> Result<Vec<AboutMessage>, StoreError> {
    let mut all: Vec<AboutMessage> = Vec::new();
    loop {
        let after = all.last().map_or(MessageId(0), |last| last.message);
        let page = store.about(identifier, after, PAGE).await?;
        let full = page.len() == PAGE;
        all.extend(page);
        if !full {
            return Ok(all);
        }
    }
}

/// Of the subjects of all rows the one that says most: with the original, or else the first.
fn subject(rows: &[EvidenceRow]) -> Option<Subject> {
    let subjects = rows.iter().filter_map(|row| match &row.evidence.about {
        About::Subject(subject) => Some(subject.subject()),
        About::Nothing | About::Known(_) => None,
    });
    let mut best: Option<&Subject> = None;
    for subject in subjects {
        if best.is_none_or(|best| best.original.is_none() && subject.original.is_some()) {
            best = Some(subject);
        }
    }
    best.cloned()
}
