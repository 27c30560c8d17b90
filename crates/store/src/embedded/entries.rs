//! Entries as they are read: lists, sets of UIDs, what changed since.

use std::collections::BTreeMap;

use bytes::Bytes;
use rusqlite::{Connection, Row, params};

use super::content;
use super::keywords;
use super::seen;
use super::sets::{self, AMONG};
use super::sql::{Statements, column, moment, signed, unsigned};
use crate::{
    Entry, Flags, FolderId, Listed, MessageId, Newest, Page, Reader, ServiceEntry, StoreError, SystemFlags, UidSet,
    Want,
};

/// The columns of `messages` that a summary is made of.
const SUMMARY: &str = "m.kind, m.identifier, m.date, m.subject, m.header_from, m.sender, m.reply_to, m.header_to, m.cc,
  m.in_reply_to, m.message_id";

/// The columns of an entry that a user's own reading is in, and its keywords; the wider ones follow.
const OWN: usize = 7;
const HELD: usize = 8;

/// The UIDs of what changed in a folder after a modification sequence, for everybody.
pub(super) const CHANGED_SINCE: &str =
    "SELECT uid FROM entries INDEXED BY entries_by_modseq WHERE folder = ?1 AND modseq > ?2 AND ?3 IS NOT NULL";

/// The UIDs of a folder.
pub(super) fn uids(connection: &Connection, folder: FolderId) -> Result<UidSet, StoreError> {
    let what = "reading UIDs";
    // Where nothing was ever removed between the first and the last, nothing needs to be counted through.
    let sql =
        "SELECT (SELECT min(uid) FROM entries WHERE folder = ?1), (SELECT max(uid) FROM entries WHERE folder = ?1),
                 messages FROM folders WHERE id = ?1";
    let ends = connection.one(what, sql, [folder.0], |row| {
        Ok((column::<Option<u32>>(row, 0)?, column::<Option<u32>>(row, 1)?, column::<Option<u32>>(row, 2)?))
    })?;
    let Some((Some(first), Some(last), Some(messages))) = ends else { return Ok(UidSet::default()) };
    if last - first + 1 == messages {
        return Ok(UidSet::from_ranges([first..=last]));
    }
    let mut set = UidSet::default();
    connection.all(what, "SELECT uid FROM entries WHERE folder = ?1 ORDER BY uid", [folder.0], |row| {
        set.insert(unsigned(row, 0)?);
        Ok(())
    })?;
    Ok(set)
}

/// The UIDs of what changed in a folder after a modification sequence, for this reader. They are found in the order of their
/// changes: who asks again soon finds few, whatever the folder holds.
pub(super) fn changed(
    connection: &Connection,
    folder: FolderId,
    since: u64,
    reader: Reader,
) -> Result<UidSet, StoreError> {
    // Every entry was changed after 0.
    if since == 0 {
        return uids(connection, folder);
    }
    let (sql, user) = match reader {
        Reader::Owner => (CHANGED_SINCE.to_owned(), 0),
        Reader::User(user) => (format!("{CHANGED_SINCE} UNION ALL {}", seen::SINCE), user.0),
    };
    let params = params![folder.0, signed(since), user];
    let changed: Vec<u32> = connection.all("reading changes", &sql, params, |row| unsigned(row, 0))?;
    Ok(changed.into_iter().collect())
}

/// The lowest UID without `\Seen`, for this reader.
pub(super) fn first_unseen(
    connection: &Connection,
    folder: FolderId,
    reader: Reader,
) -> Result<Option<u32>, StoreError> {
    // The index has those that the owner has not seen, and no others.
    let (sql, user) = match reader {
        Reader::Owner => {
            ("SELECT uid FROM entries WHERE folder = ?1 AND flags & 16 = 0 AND ?2 IS NOT NULL ORDER BY uid LIMIT 1", 0)
        }
        Reader::User(user) => (
            "SELECT uid FROM entries AS e WHERE folder = ?1 AND NOT EXISTS
               (SELECT 1 FROM seen AS s WHERE s.user = ?2 AND s.folder = ?1 AND s.uid = e.uid) ORDER BY uid LIMIT 1",
            user.0,
        ),
    };
    connection.one("reading flags", sql, params![folder.0, user], |row| unsigned(row, 0))
}

/// Entries of a set, ascending; of a folder that is not there, none.
pub(super) fn list(
    connection: &Connection,
    folder: FolderId,
    uids: &UidSet,
    want: Want,
    reader: Reader,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let names = keywords::names(connection, folder)?;
    let sql = question(want, reader, !names.is_empty());
    let user = match reader {
        Reader::Owner => 0,
        Reader::User(user) => user.0,
    };
    let params = params![folder.0, sets::ranges(uids), signed(limit), user];
    connection.all("listing a folder", &sql, params, |row| entry(row, want, reader, &names))
}

/// Entries of a page that are looked at for those that are shown: a folder may hold a hundred thousand of the others.
const LOOKED_AT: usize = 2_000;

/// The newest entries below a UID, descending.
pub(super) fn newest(connection: &Connection, page: &Page) -> Result<Newest, StoreError> {
    let Page { folder, below, listed, want, reader, limit } = *page;
    let receipts = match listed {
        Listed::All => "1",
        Listed::Messages => "(m.kind IS NULL OR m.kind IN ('transport-envelope', 'anomaly-envelope'))",
        Listed::Receipts => "(m.kind IS NOT NULL AND m.kind NOT IN ('transport-envelope', 'anomaly-envelope'))",
    };
    let sql = format!(
        "SELECT e.uid, {receipts} FROM
           (SELECT uid, message FROM entries WHERE folder = ?1 AND uid < ?2 ORDER BY uid DESC LIMIT ?3) AS e
         CROSS JOIN messages AS m ON m.id = e.message"
    );
    // A page of everything looks at one more than it shows.
    let looked_at = if listed == Listed::All { limit + 1 } else { LOOKED_AT.max(limit) };
    let below = below.map_or(i64::from(u32::MAX) + 1, i64::from);
    let found: Vec<(u32, bool)> =
        connection.all("paging a folder", &sql, params![folder.0, below, signed(looked_at)], |row| {
            Ok((unsigned(row, 0)?, column(row, 1)?))
        })?;
    let shown: Vec<u32> = found.iter().filter(|(_, shown)| *shown).map(|(uid, _)| *uid).take(limit).collect();
    let is_end = found.len() < looked_at;
    let next = match shown.last() {
        Some(last) if shown.len() == limit => found.iter().any(|(uid, _)| uid < last).then_some(*last),
        _ => found.last().map(|(uid, _)| *uid).filter(|_| !is_end),
    };
    let mut entries = list(connection, folder, &shown.into_iter().collect(), want, reader, limit)?;
    entries.reverse();
    Ok(Newest { entries, next })
}

/// The statement that reads what is wanted and nothing else: each column of a message that is not asked for may be pages
/// that are not read. Rows come in the order of the ranges, which ascend.
pub(super) fn question(want: Want, reader: Reader, keywords: bool) -> String {
    let Want { summary, header, structure } = want;
    let (modseq, seen, own) = match reader {
        Reader::Owner => ("e.modseq", "NULL", String::new()),
        Reader::User(_) => (seen::MODSEQ, seen::SEEN, seen::own("?4")),
    };
    let held = if keywords {
        "(SELECT group_concat(k.keyword) FROM entry_keywords AS k WHERE k.folder = e.folder AND k.uid = e.uid)"
    } else {
        "NULL"
    };
    let mut columns = format!("e.uid, e.message, e.flags, {modseq}, e.at, e.saved, e.size, {seen}, {held}");
    for (wanted, more) in [(structure, "m.structure"), (header, "m.header"), (summary, SUMMARY)] {
        if wanted {
            columns.push_str(", ");
            columns.push_str(more);
        }
    }
    let messages = if summary || header || structure { "CROSS JOIN messages AS m ON m.id = e.message" } else { "" };
    format!("SELECT {columns} FROM {AMONG} {messages} {own} WHERE ?4 IS NOT NULL LIMIT ?3")
}

fn entry(row: &Row<'_>, want: Want, reader: Reader, names: &BTreeMap<i64, String>) -> Result<Entry, StoreError> {
    let mut system = SystemFlags::from_bits(column(row, 2)?);
    if let Reader::User(_) = reader {
        system = system.without(SystemFlags::SEEN);
        if column(row, OWN)? {
            system = system.with(SystemFlags::SEEN);
        }
    }
    let held: Option<String> = column(row, HELD)?;
    let keywords = keywords::grouped(held.as_deref()).filter_map(|number| names.get(&number).cloned()).collect();
    // Found by their places: a name would be looked for among all of them for every message.
    let mut wider = HELD;
    let mut bytes = |wanted: bool| -> Result<Option<Bytes>, StoreError> {
        if !wanted {
            return Ok(None);
        }
        wider += 1;
        Ok(column::<Option<Vec<u8>>>(row, wider)?.map(Bytes::from))
    };
    Ok(Entry {
        uid: unsigned(row, 0)?,
        message: MessageId(column(row, 1)?),
        flags: Flags { system, keywords },
        modseq: unsigned(row, 3)?,
        internal_date: moment(row, 4)?,
        saved: moment(row, 5)?,
        size: unsigned(row, 6)?,
        structure: bytes(want.structure)?,
        header: bytes(want.header)?,
        summary: if want.summary { Some(Box::new(content::summary(row)?)) } else { None },
    })
}

/// The messages of the service mailbox after a number.
pub(super) fn service(connection: &Connection, after: u64, limit: usize) -> Result<Vec<ServiceEntry>, StoreError> {
    let sql = format!(
        "SELECT s.number, s.message AS entry, s.at, m.size, {SUMMARY} FROM service AS s
         JOIN messages AS m ON m.id = s.message WHERE s.number > ?1 ORDER BY s.number LIMIT ?2"
    );
    connection.all("reading the service mailbox", &sql, params![signed(after), signed(limit)], |row| {
        Ok(ServiceEntry {
            number: unsigned(row, 0)?,
            message: MessageId(column(row, 1)?),
            at: moment(row, 2)?,
            size: unsigned(row, 3)?,
            summary: content::summary(row)?,
        })
    })
}
