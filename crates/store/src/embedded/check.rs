//! A check of everything, beside running work: in slices, each with a view of its own, so that no view is held for long.

use std::sync::Arc;

use rusqlite::Connection;

use super::content::referred;
use super::originals::{Digest, Files};
use super::readers::Readers;
use super::sql::{Statements, column, signed, unsigned};
use super::{chunks, evidence, reading};
use crate::{CheckReport, Fault, MessageId, StoreError};

/// Rows of one slice.
const ROWS: usize = 500;
/// Octets of originals that one slice reads, about.
const OCTETS: u64 = 64 << 20;

/// What one slice found; `next` is where the next one begins, `None` when there is none.
struct Slice<T> {
    looked_at: u64,
    faults: Vec<Fault>,
    next: Option<T>,
}

/// Checks everything.
pub(super) async fn all(readers: &Readers, files: &Arc<Files>) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    for table in readers.run(tables).await? {
        note(&mut report, readers.run(move |db| structure(db, &table)).await?);
    }
    for sums in SUMS {
        note(&mut report, readers.run(|db| counted(db, sums)).await?);
    }
    let mut next = Some(0);
    while let Some(after) = next {
        let slice = readers.run(move |db| messages(db, after)).await?;
        report.messages += slice.looked_at;
        note(&mut report, slice.faults);
        next = slice.next;
    }
    let mut next = Some(0);
    while let Some(after) = next {
        let its = files.clone();
        let slice = readers.run(move |db| originals(db, &its, after)).await?;
        report.originals += slice.looked_at;
        note(&mut report, slice.faults);
        next = slice.next;
    }
    let mut next = Some(0);
    while let Some(after) = next {
        let slice = readers.run(move |db| rows(db, after)).await?;
        report.evidence += slice.looked_at;
        note(&mut report, slice.faults);
        next = slice.next;
    }
    let its = files.clone();
    report.orphans = readers.apart(move || its.orphans()).await?;
    Ok(report)
}

fn note(report: &mut CheckReport, faults: Vec<Fault>) {
    report.count += faults.len() as u64;
    let room = CheckReport::MOST - report.faults.len();
    report.faults.extend(faults.into_iter().take(room));
}

fn fault(what: impl Into<String>, place: impl Into<String>) -> Fault {
    Fault { what: what.into(), place: place.into() }
}

fn tables(db: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    db.all("checking the tables", sql, [], |row| column(row, 0))
}

/// The pages and indexes of one table, and what its rows refer to.
fn structure(db: &Connection, table: &str) -> Result<Vec<Fault>, StoreError> {
    let what = "checking the database's structure";
    let quoted = table.replace('"', "\"\"");
    let lines: Vec<String> =
        db.all(what, &format!("PRAGMA integrity_check(\"{quoted}\")"), [], |row| column(row, 0))?;
    let mut faults: Vec<Fault> =
        lines.into_iter().filter(|line| line != "ok").map(|line| fault(line, format!("table {table}"))).collect();
    let refers = |row: &rusqlite::Row<'_>| Ok((column::<Option<i64>>(row, 1)?, column::<String>(row, 2)?));
    for (row, parent) in db.all(what, &format!("PRAGMA foreign_key_check(\"{quoted}\")"), [], refers)? {
        let place = row.map_or_else(|| format!("table {table}"), |row| format!("table {table}, row {row}"));
        faults.push(fault(format!("a row refers to nothing in {parent}"), place));
    }
    Ok(faults)
}

/// Sums that are kept, each with a statement that gives the places where one is wrong.
const SUMS: &[(&str, &str)] = &[
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
        "no message holds an original",
        "SELECT 'original ' || id FROM originals o WHERE NOT EXISTS (SELECT 1 FROM inserts WHERE original = o.id)",
    ),
];

fn counted(db: &Connection, (what, sql): &(&str, &str)) -> Result<Vec<Fault>, StoreError> {
    db.all("checking what is counted", sql, [], |row| Ok(fault(*what, column::<String>(row, 0)?)))
}

fn messages(db: &Connection, after: i64) -> Result<Slice<i64>, StoreError> {
    let sql = format!("SELECT id, {} FROM messages WHERE id > ?1 ORDER BY id LIMIT ?2", referred("messages.id"));
    let read = |row: &rusqlite::Row<'_>| Ok((column::<i64>(row, 0)?, column::<bool>(row, 1)?));
    let found = db.all("checking the messages", &sql, [after, signed(ROWS)], read)?;
    let mut faults = Vec::new();
    for (id, referred) in &found {
        let place = format!("message {id}");
        if !referred {
            faults.push(fault("nothing refers to a message", &place));
        }
        faults.extend(reading::fault(db, MessageId(*id))?.map(|what| fault(what, place)));
    }
    let next = if found.len() < ROWS { None } else { found.last().map(|(id, _)| *id) };
    Ok(Slice { looked_at: found.len() as u64, faults, next })
}

fn originals(db: &Connection, files: &Files, after: i64) -> Result<Slice<i64>, StoreError> {
    let what = "checking the originals";
    let sql = "SELECT id, sha256, size, data IS NULL FROM originals WHERE id > ?1 ORDER BY id LIMIT ?2";
    let read = |row: &rusqlite::Row<'_>| {
        Ok((column::<i64>(row, 0)?, column::<Digest>(row, 1)?, unsigned::<u64>(row, 2)?, column::<bool>(row, 3)?))
    };
    let found = db.all(what, sql, [after, signed(ROWS)], read)?;
    let all = found.len() < ROWS;
    let (mut slice, mut octets) = (Slice { looked_at: 0, faults: Vec::new(), next: None }, 0);
    let count = found.len();
    for (position, (id, digest, size, file)) in found.into_iter().enumerate() {
        let place = reading::Place { at: 0, original: id, digest, size, file };
        let name = if file { files.path(&digest).display().to_string() } else { format!("original {id}") };
        match reading::original(db, files, &place) {
            Ok(Some(shared)) if shared.bytes().len() as u64 != size => {
                slice.faults.push(fault("an original is not as long as it was", name));
            }
            Ok(Some(shared)) if file && !reading::checks(db, id)?.eq(&chunks::of(shared.bytes())) => {
                slice.faults.push(fault("the checks of an original's parts are not those of its bytes", name));
            }
            // Gone since this view began.
            Ok(_) => {}
            Err(error) => slice.faults.push(fault(error.what, name)),
        }
        (slice.looked_at, octets) = (slice.looked_at + 1, octets + size);
        if octets >= OCTETS || position + 1 == count {
            slice.next = if all && position + 1 == count { None } else { Some(id) };
            break;
        }
    }
    Ok(slice)
}

fn rows(db: &Connection, after: i64) -> Result<Slice<i64>, StoreError> {
    let found = evidence::examine(db, after, ROWS)?;
    let next = if found.len() < ROWS { None } else { found.last().map(|(place, _)| *place) };
    let looked_at = found.len() as u64;
    let wrong = |(place, read): evidence::Examined| {
        let (log, number) = evidence::named(place);
        read.err().map(|error| fault(error.what, format!("evidence {number} of log {log}")))
    };
    Ok(Slice { looked_at, faults: found.into_iter().filter_map(wrong).collect(), next })
}
