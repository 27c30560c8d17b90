//! A check of what is not looked at row by row: the structure of the tables, and the sums that are kept.

use rusqlite::Connection;

use super::gaps;
use super::sql::{Statements, column};
use crate::{ErrorKind, Fault, StoreError};

/// A fault at a place.
pub(super) fn fault(what: impl Into<String>, place: impl Into<String>) -> Fault {
    Fault { what: what.into(), place: place.into() }
}

/// The names of all tables.
pub(super) fn all(db: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    db.all("checking the tables", sql, [], |row| column(row, 0))
}

/// The pages and indexes of one table, and what its rows refer to.
pub(super) fn structure(db: &Connection, table: &str) -> Result<Vec<Fault>, StoreError> {
    let what = "checking the database's structure";
    let quoted = table.replace('"', "\"\"");
    let line = |row: &rusqlite::Row<'_>| {
        let line: String = column(row, 0)?;
        Ok((line != "ok").then(|| fault(line, format!("table {table}"))))
    };
    let refers = |row: &rusqlite::Row<'_>| {
        let (row, parent): (Option<i64>, String) = (column(row, 1)?, column(row, 2)?);
        let place = row.map_or_else(|| format!("table {table}"), |row| format!("table {table}, row {row}"));
        Ok(Some(fault(format!("a row refers to nothing in {parent}"), place)))
    };
    let whole = db.all(what, &format!("PRAGMA integrity_check(\"{quoted}\")"), [], line);
    let mut faults = Vec::new();
    for found in [whole, db.all(what, &format!("PRAGMA foreign_key_check(\"{quoted}\")"), [], refers)] {
        match found {
            // The other tables are looked at all the same.
            Err(error) if gaps::is_of_a_place(&error) => faults.push(fault(error.what, format!("table {table}"))),
            found => faults.extend(found?.into_iter().flatten()),
        }
    }
    Ok(faults)
}

/// Sums that are kept, each with a statement that gives the places where one is wrong.
pub(super) const SUMS: &[(&str, &str)] = &[
    (
        "a counter is not what it counts",
        "SELECT name FROM counters WHERE value <> CASE name
           WHEN 'messages' THEN (SELECT count(*) FROM messages) WHEN 'originals' THEN (SELECT count(*) FROM originals)
           WHEN 'queue' THEN (SELECT count(*) FROM queue)
           WHEN 'awaited' THEN (SELECT count(*) FROM addressees WHERE due IS NOT NULL)
           WHEN 'mailboxes' THEN (SELECT count(*) FROM mailboxes WHERE NOT service AND key NOT LIKE 'postmaster@%') ELSE value END",
    ),
    (
        "a folder's counts are not those of its entries",
        "SELECT m.address || ', folder ' || f.name FROM folders f JOIN mailboxes m ON m.id = f.mailbox WHERE
           (f.messages, f.unseen, f.size) IS NOT
             (SELECT count(*), count(*) FILTER (WHERE NOT flags & 16), coalesce(sum(size), 0) FROM entries WHERE folder = f.id)
           OR f.tombstones <> (SELECT count(*) FROM vanished WHERE folder = f.id)
           OR f.uid_next <= (SELECT coalesce(max(uid), 0) FROM entries WHERE folder = f.id)
           OR f.highest_modseq < (SELECT coalesce(max(modseq), 0) FROM entries WHERE folder = f.id)
           OR f.highest_modseq > m.modseq",
    ),
    (
        "a mailbox's octets are not those of its messages",
        "SELECT address FROM mailboxes m WHERE (used, counted) IS NOT
           (SELECT coalesce(sum(e.size), 0), coalesce(sum(e.size) FILTER (WHERE e.counts), 0)
            FROM folders f JOIN entries e ON e.folder = f.id WHERE f.mailbox = m.id)",
    ),
    (
        "an entry has another size than its message",
        "SELECT 'message ' || e.message FROM entries e JOIN messages m ON m.id = e.message WHERE e.size <> m.size",
    ),
    (
        "an office stands below itself, or deeper than offices may",
        "SELECT 'office ' || id FROM offices WHERE id NOT IN (WITH RECURSIVE tree (id, depth) AS (
           SELECT id, 1 FROM offices WHERE parent IS NULL
           UNION ALL SELECT o.id, depth + 1 FROM tree JOIN offices AS o ON o.parent = tree.id WHERE depth < 8)
         SELECT id FROM tree)",
    ),
    (
        "a mailbox stands outside the organisation of its domain",
        "SELECT address FROM mailboxes AS m JOIN domains AS d ON d.name = m.domain
         WHERE d.organisation IS NOT NULL AND m.organisation IS NOT d.organisation AND NOT m.service",
    ),
    (
        "the evidence has gaps",
        "SELECT 'log ' || log FROM logs l WHERE
           last - (SELECT count(*) FROM evidence WHERE place BETWEEN log << 40 AND (log << 40) + last)
             <> ifnull((SELECT min(number) FROM evidence WHERE place BETWEEN log << 40 AND (log << 40) + last), 1) - 1
           OR EXISTS (SELECT 1 FROM evidence WHERE place > (l.log << 40) + l.last AND place < (l.log + 1) << 40)",
    ),
    (
        "nothing refers to a subject",
        "SELECT 'subject ' || id FROM subjects s WHERE NOT EXISTS (SELECT 1 FROM evidence WHERE about = s.id)
           AND NOT EXISTS (SELECT 1 FROM sent WHERE subject = s.id) AND NOT EXISTS (SELECT 1 FROM queue WHERE about = s.id)
           AND id < (SELECT min(about) FROM evidence)",
    ),
    (
        "an original is gone that somebody has",
        "SELECT 'original ' || o.id FROM originals o WHERE gone AND (data IS NOT NULL OR EXISTS (
           SELECT 1 FROM inserts i JOIN messages m ON m.id = i.message WHERE i.original = o.id AND (m.whole
             OR EXISTS (SELECT 1 FROM entries WHERE message = m.id) OR EXISTS (SELECT 1 FROM queue WHERE message = m.id)
             OR EXISTS (SELECT 1 FROM infected WHERE message = m.id) OR EXISTS (SELECT 1 FROM service WHERE message = m.id))))",
    ),
    (
        "no message holds an original",
        "SELECT 'original ' || id FROM originals o WHERE NOT EXISTS (SELECT 1 FROM inserts WHERE original = o.id)",
    ),
];

/// The places where a sum is wrong.
pub(super) fn counted(db: &Connection, (what, sql): &(&str, &str)) -> Result<Vec<Fault>, StoreError> {
    match db.all("checking what is counted", sql, [], |row| Ok(fault(*what, column::<String>(row, 0)?))) {
        // A number so wrong that no sum can be made of it ends nothing.
        Err(error) if error.kind == ErrorKind::Bug || gaps::is_of_a_place(&error) => {
            Ok(vec![fault(format!("whether {what} cannot be said"), error.what)])
        }
        found => found,
    }
}
