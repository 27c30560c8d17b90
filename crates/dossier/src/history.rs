//! Everything that is known of one message, and which of its pieces are still there.

use std::collections::HashMap;

use pec::{Address, Identifier, Kind, Moment};
use proof::Subject;
use store::{About, Embedded};
use store::{
    AboutMessage, Addressee, Event, EvidenceLog as _, EvidenceQuery, EvidenceRow, Kept as _, Ledger as _, LogId,
    MessageId, Question, Sent, StoreError, UnreadableRow,
};

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

/// An envelope, a receipt or a notice that was made here or came here.
#[derive(Clone, Debug)]
pub struct Piece {
    /// What it is.
    pub kind: Kind,
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// Who emitted it.
    pub provider: String,
    /// Recipients whom it is about; none where it is about all of them.
    pub concerns: Vec<String>,
    /// When it was made or came; `None`: no row is left that says so.
    pub at: Option<Moment>,
    /// The row that says so.
    pub row: Option<(LogId, u64)>,
    /// What of it is there.
    pub stored: Stored,
}

/// What of a message is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// All of it, so many octets.
    Whole(MessageId, u64),
    /// All but originals in it, whose SHA-256 these are.
    WithoutOriginal(Vec<[u8; 32]>),
    /// Nothing.
    Nowhere,
}

impl Stored {
    /// The message, where it is there whole.
    pub fn whole(&self) -> Option<MessageId> {
        match self {
            Self::Whole(message, _) => Some(*message),
            Self::WithoutOriginal(_) | Self::Nowhere => None,
        }
    }
}

impl Piece {
    /// Whether it is a receipt or a notice.
    pub fn is_receipt(&self) -> bool {
        !matches!(self.kind, Kind::TransportEnvelope | Kind::AnomalyEnvelope)
    }

    /// Whether it is about this recipient, by name.
    pub fn is_about(&self, recipient: &Address) -> bool {
        self.concerns.iter().any(|one| Address::parse(one).is_ok_and(|one| one.key() == recipient.key()))
    }
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
        let pieces = pieces(store, &rows, stored).await?;
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

/// What the rows say was made or came, each once, with what is there of it; behind them what is there and no row names.
async fn pieces(store: &Embedded, rows: &[EvidenceRow], stored: Vec<AboutMessage>) -> Result<Vec<Piece>, StoreError> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let evidence = &row.evidence;
        let (Event::Emitted | Event::Received, Some(kind)) = (evidence.event, evidence.kind) else { continue };
        if evidence.message_id.is_empty() || places.contains_key(&evidence.message_id) {
            continue;
        }
        places.insert(evidence.message_id.clone(), pieces.len());
        pieces.push(Piece {
            kind,
            message_id: evidence.message_id.clone(),
            provider: evidence.provider.clone(),
            concerns: evidence.concerns.clone(),
            at: Some(evidence.at),
            row: Some((row.log, row.number)),
            stored: Stored::Nowhere,
        });
    }
    for AboutMessage { message, kind, message_id, size, whole, .. } in stored {
        let Some(kind) = kind else { continue };
        let place = *places.entry(message_id.clone()).or_insert_with(|| {
            let (provider, concerns) = (String::new(), Vec::new());
            pieces.push(Piece { kind, message_id, provider, concerns, at: None, row: None, stored: Stored::Nowhere });
            pieces.len() - 1
        });
        let Some(piece) = pieces.get_mut(place) else { continue };
        if piece.stored.whole().is_none() {
            piece.stored = match whole {
                true => Stored::Whole(message, size),
                false => Stored::WithoutOriginal(store.gone(message).await?),
            };
        }
    }
    Ok(pieces)
}
