//! What holders remove for good: within what a legal hold leaves free, in lots that keep nobody waiting, and with evidence of
//! each certified message and receipt.
//!
//! A lot is looked at by a reader, who makes its evidence ready; the writer then removes of it what is still to go. An entry that
//! comes meanwhile is in no lot: nothing goes unseen. Each lot is a transaction of its own, so that an expunge that is cut
//! short by a crash has removed whole lots with their evidence, and nothing else.

use std::collections::HashSet;

use pec::Kind;
use rusqlite::{Connection, params};

use super::evidence::{self, Entry};
use super::limits::MailboxLimits;
use super::sets::{self, AMONG};
use super::sql::{Statements, column, kind, signed, unsigned};
use super::subjects::Numbers;
use super::{content, holds, removals, sequence};
use crate::{
    About, Change, Event, Evidence, Expunged, FolderId, MailboxId, MessageId, Removal, SharedSubject, StoreError,
    Subject, SubjectHash, SystemFlags, UidSet,
};

/// Entries of one lot.
const LOT: usize = 500;

const WHAT: &str = "removing messages";

/// An entry that is to go, with the evidence of that when it is a certified message or a receipt.
#[derive(Debug)]
pub(super) struct Doomed {
    uid: u32,
    message: MessageId,
    evidence: Option<Entry>,
}

/// Which entries go: those of a set, or those of them that are marked `\Deleted` then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    All,
    Marked,
}

/// The next lot: its entries, ascending, and which UIDs are left for those after it.
pub(super) fn lot(
    db: &Connection,
    folder: FolderId,
    uids: &UidSet,
    which: Which,
    removal: &Removal,
) -> Result<(Vec<Doomed>, UidSet), StoreError> {
    let place = sequence::place(db, folder)?;
    let address = "SELECT address FROM mailboxes WHERE id = ?1";
    let address: Option<String> = db.one(WHAT, address, [place.mailbox.0], |row| column(row, 0))?;
    let address = address.unwrap_or_default();
    let mark = match which {
        Which::All => 0,
        Which::Marked => SystemFlags::DELETED.bits(),
    };
    // A message has several subjects where it was sent and received here: the last one, with its original, says most.
    let sql = format!(
        "SELECT e.uid, e.message, m.kind, m.identifier, m.message_id,
           (SELECT s.hash FROM subjects AS s WHERE s.identifier = m.identifier ORDER BY s.id DESC LIMIT 1)
         FROM {AMONG} CROSS JOIN messages AS m ON m.id = e.message WHERE e.flags & ?3 = ?3 LIMIT ?4"
    );
    let params = params![folder.0, sets::ranges(uids), mark, signed(LOT)];
    let mut told = Vec::new();
    let found: Vec<(u32, MessageId, bool)> = db.all(WHAT, &sql, params, |row| {
        let kind = kind(row, 2)?;
        if let Some(kind) = kind {
            let hash = column::<Option<[u8; 32]>>(row, 5)?.map(SubjectHash);
            let about = about(column(row, 3)?, hash);
            let id: String = column(row, 4)?;
            told.push(removed(kind, about, &id, &address, removal));
        }
        Ok((unsigned(row, 0)?, MessageId(column(row, 1)?), kind.is_some()))
    })?;
    let mut rows = Entry::all(&told)?.into_iter();
    let doom = |(uid, message, is_told)| Doomed { uid, message, evidence: if is_told { rows.next() } else { None } };
    let doomed: Vec<Doomed> = found.into_iter().map(doom).collect();
    let left = match doomed.last() {
        Some(last) => after(uids, last.uid),
        None => UidSet::default(),
    };
    Ok((doomed, left))
}

/// What the row is about: the subject that is kept, or, when that has expired, what the identifier alone says.
fn about(identifier: Option<String>, hash: Option<SubjectHash>) -> About {
    match (identifier, hash) {
        (_, Some(hash)) => About::Known(hash),
        (None, None) => About::Nothing,
        (Some(identifier), None) => About::Subject(SharedSubject::new(Subject {
            identifier: identifier.into(),
            sender: String::new(),
            recipients: Vec::new(),
            subject: String::new(),
            client_id: None,
            original: None,
        })),
    }
}

fn removed(kind: Kind, about: About, message_id: &str, mailbox: &str, removal: &Removal) -> Evidence {
    Evidence {
        at: removal.at,
        event: Event::Removed,
        kind: Some(kind),
        about,
        message_id: message_id.trim().trim_start_matches('<').trim_end_matches('>').to_owned(),
        provider: String::new(),
        concerns: vec![mailbox.to_owned()],
        error: Some(removal.door.to_owned()),
        actor: removal.by.clone(),
    }
}

/// The UIDs of a set above one.
fn after(uids: &UidSet, last: u32) -> UidSet {
    let Some(first) = last.checked_add(1) else { return UidSet::default() };
    let above = |range: &std::ops::RangeInclusive<u32>| (*range.start()).max(first)..=*range.end();
    UidSet::from_ranges(uids.ranges().iter().map(above).filter(|range| !range.is_empty()))
}

/// Removes of a lot what is still to go and no hold keeps, and writes its evidence.
pub(super) fn remove(
    tx: &Connection,
    folder: FolderId,
    lot: Vec<Doomed>,
    which: Which,
    limits: MailboxLimits,
) -> Result<(Expunged, Vec<Change>), StoreError> {
    let place = sequence::place(tx, folder)?;
    let mut uids: UidSet = lot.iter().map(|doomed| doomed.uid).collect();
    if which == Which::Marked {
        uids = removals::deleted(tx, folder, &uids)?;
    }
    let held = holds::among(tx, &place, &uids)?;
    let free: UidSet = uids.iter().filter(|uid| !held.contains(*uid)).collect();
    let (gone, messages, change) = removals::take(tx, &place, &free, limits)?;
    let mut told = elsewhere(tx, place.mailbox, &messages)?;
    content::collect(tx, &messages)?;
    let rows = lot.into_iter().filter(|doomed| gone.contains(doomed.uid) && told.insert(doomed.message));
    let rows: Vec<Entry> = rows.filter_map(|doomed| doomed.evidence).collect();
    evidence::add(tx, &rows, &mut Numbers::default())?;
    Ok((Expunged { gone, held }, Vec::from_iter(change)))
}

/// Which of these messages the mailbox still has in another entry: they have not left it.
fn elsewhere(tx: &Connection, mailbox: MailboxId, messages: &[MessageId]) -> Result<HashSet<MessageId>, StoreError> {
    let list = sets::list(messages.iter().map(|message| message.0));
    let sql = "SELECT DISTINCT e.message FROM json_each(?2) AS l CROSS JOIN entries AS e ON e.message = l.value
               JOIN folders AS f ON f.id = e.folder WHERE f.mailbox = ?1";
    let found = tx.all(WHAT, sql, params![mailbox.0, list], |row| Ok(MessageId(column(row, 0)?)))?;
    Ok(found.into_iter().collect())
}

/// Lot by lot in one transaction: how many lots, what went, and what is to be told.
#[cfg(test)]
pub(super) fn all(
    tx: &Connection,
    folder: FolderId,
    uids: &UidSet,
    limits: MailboxLimits,
) -> Result<(usize, UidSet, Vec<Change>), StoreError> {
    let removal = Removal { by: crate::Actor::Holder, door: "imap", at: pec::Moment::from_unix(0) };
    let (mut lots, mut gone, mut changes, mut left) = (0, UidSet::default(), Vec::new(), uids.clone());
    loop {
        let (lot, rest) = lot(tx, folder, &left, Which::All, &removal)?;
        if lot.is_empty() {
            return Ok((lots, gone, changes));
        }
        let (expunged, told) = remove(tx, folder, lot, Which::All, limits)?;
        expunged.gone.iter().for_each(|uid| gone.insert(uid));
        changes.extend(told);
        (lots, left) = (lots + 1, rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_set_lies_above_the_last_one() {
        let set = UidSet::from_ranges([1..=3, 5..=9, u32::MAX..=u32::MAX]);
        assert_eq!(after(&set, 2), UidSet::from_ranges([3..=3, 5..=9, u32::MAX..=u32::MAX]));
        assert_eq!(after(&set, 9), UidSet::from_ranges([u32::MAX..=u32::MAX]));
        assert_eq!(after(&set, u32::MAX), UidSet::default());
    }
}
