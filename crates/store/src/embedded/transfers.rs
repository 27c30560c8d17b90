//! Entries that go from folder to folder.
//!
//! A copy counts against the quota, also one of a receipt: the receipt that was delivered takes no room, whatever else its holder
//! makes of it does, or a mailbox could grow without bound. What is moved within a mailbox goes on as it was, and what comes
//! from another mailbox counts.

use pec::Moment;
use rusqlite::{Connection, params};

use super::holds;
use super::limits::MailboxLimits;
use super::removals;
use super::sequence::{self, Place, Scale, Weight};
use super::sets::{self, AMONG};
use super::sql::{Statements, column, signed, unsigned};
use crate::{Change, ChangeKind, FolderId, StoreError, SystemFlags, UidSet};

/// Pairs of a UID here and one there, ascending.
type Pairs = Vec<(u32, u32)>;

/// The pairs, and what is to be told.
type Transferred = (Pairs, Vec<Change>);

pub(super) fn copy(
    tx: &Connection,
    from: FolderId,
    uids: &UidSet,
    to: FolderId,
    now: Moment,
    limits: MailboxLimits,
) -> Result<Transferred, StoreError> {
    let (from, to) = (sequence::place(tx, from)?, sequence::place(tx, to)?);
    let (pairs, change) = bring(tx, &from, uids, &to, Brought { now: Some(now), moved: false }, limits)?;
    sequence::within_bounds(tx, to.mailbox, limits)?;
    Ok((pairs, Vec::from_iter(change)))
}

pub(super) fn move_to(
    tx: &Connection,
    from: FolderId,
    uids: &UidSet,
    to: FolderId,
    now: Moment,
    limits: MailboxLimits,
) -> Result<Transferred, StoreError> {
    let (from, to) = (sequence::place(tx, from)?, sequence::place(tx, to)?);
    if from.mailbox != to.mailbox {
        holds::free(tx, &from, uids)?;
    }
    let transferred = relocate(tx, &from, uids, &to, Some(now), limits)?;
    // Within one mailbox nothing more is held than before.
    if from.mailbox != to.mailbox {
        sequence::within_bounds(tx, to.mailbox, limits)?;
    }
    Ok(transferred)
}

/// Moves entries; without `now` they keep the time when they were saved. What comes has the lower modification sequence:
/// who follows them finds a message twice, never nowhere.
pub(super) fn relocate(
    tx: &Connection,
    from: &Place,
    uids: &UidSet,
    to: &Place,
    now: Option<Moment>,
    limits: MailboxLimits,
) -> Result<Transferred, StoreError> {
    let (pairs, added) = bring(tx, from, uids, to, Brought { now, moved: true }, limits)?;
    let moved: UidSet = pairs.iter().map(|(here, _)| *here).collect();
    let (_, _, gone) = removals::move_away(tx, from, &moved, scale(from, to, true, limits), limits)?;
    Ok((pairs, added.into_iter().chain(gone).collect()))
}

/// How entries come.
struct Brought {
    /// When; `None`: they keep the time when they were saved.
    now: Option<Moment>,
    /// Whether those that they were made of go.
    moved: bool,
}

/// What weighs more, and then less: what moves within a mailbox never weighs there twice.
fn scale(from: &Place, to: &Place, moved: bool, limits: MailboxLimits) -> Scale {
    if moved && from.mailbox == to.mailbox { Scale::Folder } else { Scale::Mailbox(limits) }
}

/// Makes entries of the same messages in another folder.
fn bring(
    tx: &Connection,
    from: &Place,
    uids: &UidSet,
    to: &Place,
    Brought { now, moved }: Brought,
    limits: MailboxLimits,
) -> Result<(Pairs, Option<Change>), StoreError> {
    let what = "copying entries";
    let home = from.mailbox == to.mailbox;
    let counts = !(home && moved);
    // What the owner of another mailbox has seen is not known here.
    let kept = if home { SystemFlags::ALL } else { SystemFlags::ALL.without(SystemFlags::SEEN) };
    let mut weight = Weight::default();
    let sql = format!("SELECT e.uid, e.flags & ?3, e.size, e.counts FROM {AMONG}");
    let params = params![from.folder.0, sets::ranges(uids), kept.bits()];
    let mut here: Vec<u32> = tx.all(what, &sql, params, |row| {
        let flags = SystemFlags::from_bits(column(row, 1)?);
        weight.add(flags.contains(SystemFlags::SEEN), unsigned(row, 2)?, counts || column(row, 3)?);
        unsigned(row, 0)
    })?;
    if here.is_empty() {
        return Ok((Vec::new(), None));
    }
    here.sort_unstable();
    let (first, modseq) = sequence::grow(tx, to, weight, scale(from, to, moved, limits))?;
    // The position in the list is what the UID there has above the first.
    let list = sets::list(here.iter().copied());
    let sql = "INSERT INTO entries (folder, uid, message, flags, modseq, counts, size, at, saved)
               SELECT ?3, ?4 + h.key, e.message, e.flags & ?5, ?6, e.counts OR ?8, e.size, e.at, coalesce(?7, e.saved)
               FROM json_each(?2) AS h CROSS JOIN entries AS e ON e.folder = ?1 AND e.uid = h.value";
    let (source, target) = (from.folder.0, to.folder.0);
    let saved = now.map(Moment::unix);
    tx.run(what, sql, params![source, list, target, first, kept.bits(), signed(modseq), saved, counts])?;
    if home {
        let sql = "INSERT INTO entry_keywords (folder, uid, keyword) SELECT ?3, ?4 + h.key, k.keyword
                   FROM json_each(?2) AS h CROSS JOIN entry_keywords AS k ON k.folder = ?1 AND k.uid = h.value";
        tx.run(what, sql, params![source, list, target, first])?;
    } else {
        foreign_keywords(tx, (from, &list), (to, first))?;
    }
    let sql = "INSERT INTO seen (folder, uid, user, modseq) SELECT ?3, ?4 + h.key, s.user, ?5
               FROM json_each(?2) AS h CROSS JOIN seen AS s ON s.folder = ?1 AND s.uid = h.value";
    tx.run(what, sql, params![source, list, target, first, signed(modseq)])?;
    let pairs: Pairs = here.into_iter().zip(first..).collect();
    let added = ChangeKind::Added(pairs.iter().map(|(_, there)| *there).collect());
    Ok((pairs, Some(Change { mailbox: to.mailbox, folder: Some(to.folder), modseq, what: added })))
}

/// Keywords are a mailbox's own: the other one gets those that it does not know yet.
fn foreign_keywords(
    tx: &Connection,
    (from, list): (&Place, &str),
    (to, first): (&Place, u32),
) -> Result<(), StoreError> {
    let what = "copying keywords";
    let sql = "INSERT OR IGNORE INTO keywords (mailbox, key, name) SELECT DISTINCT ?3, w.key, w.name
               FROM json_each(?2) AS h CROSS JOIN entry_keywords AS k ON k.folder = ?1 AND k.uid = h.value
               JOIN keywords AS w ON w.id = k.keyword";
    tx.run(what, sql, params![from.folder.0, list, to.mailbox.0])?;
    let sql = "INSERT INTO entry_keywords (folder, uid, keyword) SELECT ?3, ?4 + h.key, there.id
               FROM json_each(?2) AS h CROSS JOIN entry_keywords AS k ON k.folder = ?1 AND k.uid = h.value
               JOIN keywords AS here ON here.id = k.keyword
               JOIN keywords AS there ON there.mailbox = ?5 AND there.key = here.key";
    tx.run(what, sql, params![from.folder.0, list, to.folder.0, first, to.mailbox.0]).map(drop)
}
