//! Which pieces of a message there are, and what is there of each.
//!
//! A receipt or notice is one by its provider, kind, Message-ID and recipients together: a peer may give one Message-ID to several.
//! An envelope is one by its Message-ID, which is the identifier of what it carries, for whomever it came. What is stored is known by
//! kind and Message-ID; where these name several pieces, whom it concerns is read in the message itself.

use std::collections::{BTreeSet, HashMap};

use pec::Kind;
use store::{AboutMessage, Content as _, Embedded, ErrorKind, Event, EvidenceRow, Kept as _, MessageId, StoreError};

use super::piece::{Piece, Stored, is_receipt};

/// Recipients, without regard to case and order.
type Concerned = BTreeSet<String>;

/// Whom a piece of this kind is known by.
fn concerned(kind: Kind, names: &[String]) -> Concerned {
    let names = if is_receipt(kind) { names } else { &[] };
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

/// What the rows say was made or came, each once, with what is there of it; behind them what is there and no row names.
pub(super) async fn of(
    store: &Embedded,
    rows: &[EvidenceRow],
    stored: Vec<AboutMessage>,
) -> Result<Vec<Piece>, StoreError> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut places: HashMap<(Kind, String), Vec<usize>> = HashMap::new();
    for row in rows {
        let evidence = &row.evidence;
        let (Event::Emitted | Event::Received, Some(kind)) = (evidence.event, evidence.kind) else { continue };
        let id = &evidence.message_id;
        let key = (evidence.provider.clone(), kind.name(), id.clone(), concerned(kind, &evidence.concerns));
        // What we made for our own holders came here too: it is one.
        if id.is_empty() || !seen.insert(key) {
            continue;
        }
        places.entry((kind, id.clone())).or_default().push(pieces.len());
        pieces.push(Piece {
            kind,
            message_id: id.clone(),
            provider: evidence.provider.clone(),
            concerns: evidence.concerns.clone(),
            at: Some(evidence.at),
            row: Some((row.log, row.number)),
            stored: Stored::Nowhere,
        });
    }
    for one in stored {
        let Some(kind) = one.kind else { continue };
        let named = places.entry((kind, one.message_id.clone())).or_default();
        let place = match named[..] {
            [only] if pieces.get(only).is_some_and(|piece| piece.row.is_some()) => only,
            _ => match whose(store, &pieces, named, &one).await? {
                Whose::Piece(place) => place,
                Whose::Other(provider, concerns) => {
                    let (message_id, stored) = (one.message_id.clone(), Stored::Nowhere);
                    named.push(pieces.len());
                    pieces.push(Piece { kind, message_id, provider, concerns, at: None, row: None, stored });
                    pieces.len() - 1
                }
            },
        };
        let Some(piece) = pieces.get_mut(place) else { continue };
        if piece.stored.whole().is_none() {
            piece.stored = match one.whole {
                true => Stored::Whole(one.message, one.size),
                false => Stored::WithoutOriginal(store.gone(one.message).await?),
            };
        }
    }
    Ok(pieces)
}

/// Which piece a stored message is.
enum Whose {
    Piece(usize),
    /// None of those that are known: its provider and whom it concerns, where it says so.
    Other(String, Vec<String>),
}

/// Of several pieces with one kind and Message-ID the one that the message itself says it is. What cannot be read is taken for the
/// first of which nothing is there.
async fn whose(store: &Embedded, pieces: &[Piece], named: &[usize], one: &AboutMessage) -> Result<Whose, StoreError> {
    let of = |place: &&usize| pieces.get(**place);
    let free = named.iter().find(|place| of(place).is_some_and(|piece| piece.stored == Stored::Nowhere));
    let Some((provider, concerns)) = (if one.whole { said(store, one.message).await? } else { None }) else {
        return Ok(free.map_or_else(|| Whose::Other(String::new(), Vec::new()), |place| Whose::Piece(*place)));
    };
    let is = |piece: &Piece| concerned(piece.kind, &piece.concerns) == concerned(piece.kind, &concerns);
    let mut same = named.iter().filter(|place| of(place).is_some_and(is));
    let first = same.clone().next();
    // Of two providers that name the same recipients the one that the message names.
    let exact = same.find(|place| of(place).is_some_and(|piece| piece.provider == provider));
    Ok(exact.or(first).map_or(Whose::Other(provider, concerns), |place| Whose::Piece(*place)))
}

/// Which provider made a message, and whom it concerns, as its signed data say; `None`: it cannot be read, or says nothing.
async fn said(store: &Embedded, message: MessageId) -> Result<Option<(String, Vec<String>)>, StoreError> {
    let pieces = match store.read(message).await {
        Ok(Some(pieces)) => pieces,
        Ok(None) => return Ok(None),
        Err(error) if error.kind == ErrorKind::Damaged => return Ok(None),
        Err(error) => return Err(error),
    };
    let read = tokio::task::spawn_blocking(move || {
        let octets = pieces.to_bytes();
        let opened = seal::open(&octets).ok()?;
        let data = pec::message::read(&octets, opened.entity).ok()?.data;
        Some((data.provider, data.delivery.into_iter().chain(data.reception).collect()))
    });
    read.await.map_err(|error| StoreError::new(ErrorKind::Bug, error.to_string()))
}

#[cfg(test)]
mod tests;
