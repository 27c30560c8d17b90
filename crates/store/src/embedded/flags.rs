//! Changes of flags: one job of few statements, however many entries it concerns.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::keywords;
use super::limits::MailboxLimits;
use super::seen;
use super::sequence::{self, Place};
use super::sets::{self, AMONG};
use super::sql::{Statements, column, signed, unsigned};
use crate::{
    Change, ChangeKind, FlagChange, FlagOperation, FlagsChanged, Reader, StoreError, SystemFlags, UidSet, UserId,
};

/// What is to be set and what may stay, in terms of the disk.
struct Edit {
    operation: FlagOperation,
    /// System flags, `\Seen` as the reader means it.
    system: SystemFlags,
    /// Numbers of keywords.
    keywords: BTreeSet<i64>,
    /// Whose `\Seen` it is, where it is not the owner's.
    user: Option<UserId>,
}

/// The flags of one entry, as the reader has them.
#[derive(Clone, PartialEq, Eq)]
struct Held {
    system: SystemFlags,
    keywords: BTreeSet<i64>,
}

impl Held {
    fn seen(self) -> Self {
        Self { system: self.system.with(SystemFlags::SEEN), ..self }
    }
}

pub(super) fn change(
    tx: &Connection,
    change: &FlagChange,
    limits: MailboxLimits,
) -> Result<(FlagsChanged, Vec<Change>), StoreError> {
    let place = sequence::place(tx, change.folder)?;
    let names = &change.flags.keywords;
    let edit = Edit {
        operation: change.operation,
        system: change.flags.system,
        keywords: match change.operation {
            FlagOperation::Remove => keywords::known(tx, place.mailbox, names)?,
            FlagOperation::Add | FlagOperation::Replace => keywords::numbers(tx, place.mailbox, names, limits)?,
        },
        user: match change.reader {
            Reader::Owner => None,
            Reader::User(user) => Some(user),
        },
    };
    let found = edit.find(tx, &place, change)?;
    let before = highest(tx, &place, edit.user)?;
    let mut told = Vec::new();
    let mut modseq = before;
    if !found.changed.is_empty() {
        modseq = sequence::advance(tx, place.mailbox)?;
        edit.write(tx, &place, &found, modseq)?;
        let what = ChangeKind::Flags(found.changed.clone());
        told.push(Change { mailbox: place.mailbox, folder: Some(place.folder), modseq, what });
    }
    let Found { changed, modified, surprising, .. } = found;
    Ok((FlagsChanged { modseq, changed, modified, surprising, before }, told))
}

/// Which entries a change concerns.
#[derive(Default)]
struct Found {
    changed: UidSet,
    /// Those of them that changed for everybody; the others became seen by a user, and no more.
    shared: UidSet,
    modified: UidSet,
    surprising: UidSet,
    /// By how much the owner's unseen messages become more.
    unseen: i64,
}

impl Edit {
    /// Entries that have the flags already are not among those that change.
    fn find(&self, tx: &Connection, place: &Place, change: &FlagChange) -> Result<Found, StoreError> {
        let (modseq, seen, own) = match self.user {
            Some(_) => (seen::MODSEQ, seen::SEEN, seen::own("?3")),
            None => ("e.modseq", "?3 IS NOT NULL", String::new()),
        };
        let held =
            "(SELECT group_concat(k.keyword) FROM entry_keywords AS k WHERE k.folder = e.folder AND k.uid = e.uid)";
        let held = if self.touches_keywords() { held } else { "NULL" };
        let sql = format!("SELECT e.uid, e.flags, {modseq}, {seen}, {held} FROM {AMONG} {own}");
        let mut found = Found::default();
        let (mut changed, mut shared, mut modified, mut surprising) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let user = self.user.map_or(0, |user| user.0);
        let params = params![place.folder.0, sets::ranges(&change.uids), user];
        tx.all("reading flags", &sql, params, |row| {
            let (uid, modseq): (u32, u64) = (unsigned(row, 0)?, unsigned(row, 2)?);
            if change.unchanged_since.is_some_and(|since| modseq > since) {
                modified.push(uid);
                return Ok(());
            }
            let mut system = SystemFlags::from_bits(column(row, 1)?);
            if self.user.is_some() {
                let own = if column(row, 3)? { SystemFlags::SEEN } else { SystemFlags::default() };
                system = system.without(SystemFlags::SEEN).with(own);
            }
            let keywords: Option<String> = column(row, 4)?;
            let before = Held { system, keywords: keywords::grouped(keywords.as_deref()).collect() };
            let after = self.apply(before.clone());
            if after != before {
                changed.push(uid);
                shared.extend(Some(uid).filter(|_| self.user.is_none() || after != before.clone().seen()));
                surprising.extend(Some(uid).filter(|_| modseq > change.known));
                let seen = |held: &Held| i64::from(held.system.contains(SystemFlags::SEEN));
                found.unseen += if self.user.is_none() { seen(&before) - seen(&after) } else { 0 };
            }
            Ok(())
        })?;
        found.changed = changed.into_iter().collect();
        found.shared = shared.into_iter().collect();
        found.modified = modified.into_iter().collect();
        found.surprising = surprising.into_iter().collect();
        Ok(found)
    }

    /// Whether the keywords of an entry matter.
    fn touches_keywords(&self) -> bool {
        self.operation == FlagOperation::Replace || !self.keywords.is_empty()
    }

    fn apply(&self, mut held: Held) -> Held {
        match self.operation {
            FlagOperation::Add => {
                held.system = held.system.with(self.system);
                held.keywords.extend(&self.keywords);
            }
            FlagOperation::Remove => {
                held.system = held.system.without(self.system);
                held.keywords.retain(|keyword| !self.keywords.contains(keyword));
            }
            FlagOperation::Replace => {
                held.system = self.system;
                held.keywords.clone_from(&self.keywords);
            }
        }
        held
    }

    fn write(&self, tx: &Connection, place: &Place, found: &Found, modseq: u64) -> Result<(), StoreError> {
        if !found.shared.is_empty() {
            self.write_shared(tx, place.folder.0, found, modseq)?;
        }
        match self.user {
            Some(user) => self.write_seen(tx, place.folder.0, &sets::ranges(&found.changed), user, modseq),
            None => Ok(()),
        }
    }

    fn write_shared(&self, tx: &Connection, folder: i64, found: &Found, modseq: u64) -> Result<(), StoreError> {
        let what = "changing flags";
        let changed = sets::ranges(&found.shared);
        let sql = "UPDATE folders SET highest_modseq = ?2, unseen = unseen + ?3 WHERE id = ?1";
        tx.run(what, sql, params![folder, signed(modseq), found.unseen])?;

        // A user's `\Seen` is elsewhere, and the owner's is left alone then.
        let own = if self.user.is_some() { SystemFlags::SEEN } else { SystemFlags::default() };
        let system = self.system.without(own);
        let (keep, set) = match self.operation {
            FlagOperation::Add => (SystemFlags::ALL, system),
            FlagOperation::Remove => (SystemFlags::ALL.without(system), SystemFlags::default()),
            FlagOperation::Replace => (own, system),
        };
        let sql = format!(
            "UPDATE entries SET flags = flags & ?3 | ?4, modseq = ?5
             WHERE folder = ?1 AND uid IN (SELECT e.uid FROM {AMONG})"
        );
        tx.run(what, &sql, params![folder, changed, keep.bits(), set.bits(), signed(modseq)])?;

        if self.touches_keywords() {
            self.write_keywords(tx, folder, &changed)?;
        }
        Ok(())
    }

    fn write_keywords(&self, tx: &Connection, folder: i64, changed: &str) -> Result<(), StoreError> {
        let what = "changing keywords";
        let keywords = sets::list(self.keywords.iter().copied());
        let removed = match self.operation {
            FlagOperation::Add => None,
            FlagOperation::Remove => Some("IN"),
            FlagOperation::Replace => Some("NOT IN"),
        };
        if let Some(removed) = removed {
            let sql = format!(
                "DELETE FROM entry_keywords WHERE folder = ?1 AND uid IN (SELECT e.uid FROM {AMONG})
                   AND keyword {removed} (SELECT value FROM json_each(?3))"
            );
            tx.run(what, &sql, params![folder, changed, keywords])?;
        }
        if self.operation != FlagOperation::Remove && !self.keywords.is_empty() {
            let sql = format!(
                "INSERT OR IGNORE INTO entry_keywords (folder, uid, keyword)
                 SELECT ?1, e.uid, w.value FROM {AMONG} CROSS JOIN json_each(?3) AS w"
            );
            tx.run(what, &sql, params![folder, changed, keywords])?;
        }
        Ok(())
    }

    fn write_seen(
        &self,
        tx: &Connection,
        folder: i64,
        changed: &str,
        user: UserId,
        modseq: u64,
    ) -> Result<(), StoreError> {
        let named = self.system.contains(SystemFlags::SEEN);
        let sql = match (self.operation, named) {
            (FlagOperation::Add | FlagOperation::Remove, false) => return Ok(()),
            (FlagOperation::Add | FlagOperation::Replace, true) => {
                format!("INSERT OR IGNORE INTO seen (folder, uid, user, modseq) SELECT ?1, e.uid, ?3, ?4 FROM {AMONG}")
            }
            (FlagOperation::Remove, true) | (FlagOperation::Replace, false) => {
                format!(
                    "DELETE FROM seen WHERE folder = ?1 AND user = ?3 AND ?4 IS NOT NULL
                       AND uid IN (SELECT e.uid FROM {AMONG})"
                )
            }
        };
        tx.run("changing what was seen", &sql, params![folder, changed, user.0, signed(modseq)]).map(drop)
    }
}

fn highest(connection: &Connection, place: &Place, user: Option<UserId>) -> Result<u64, StoreError> {
    let (highest, user) = user.map_or(("f.highest_modseq", 0), |user| (seen::HIGHEST, user.0));
    let sql = format!("SELECT {highest} FROM folders AS f WHERE f.id = ?1 AND ?2 IS NOT NULL");
    let highest = connection.one("reading a folder", &sql, params![place.folder.0, user], |row| unsigned(row, 0))?;
    Ok(highest.unwrap_or_default())
}
