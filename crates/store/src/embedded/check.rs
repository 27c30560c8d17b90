//! A check of everything, beside running work: in slices, each with a view of its own, so that no view is held for long.
//! An operator's check goes through at once; a round (`rounds.rs`) takes one slice at a time.

use std::sync::Arc;

use rusqlite::Connection;

use super::content::referred;
use super::originals::{Digest, Files};
use super::readers::Readers;
use super::sql::{Statements, column, signed, unsigned};
use super::{evidence, queue, reading};
use crate::{CheckReport, ErrorKind, Fault, MessageId, StoreError, Told};

/// What is looked at row by row, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Messages: header, own bytes, how they are laid out.
    Messages,
    /// Originals against their digests, in rows and as files.
    Originals,
    /// The evidence against its canonical bytes.
    Evidence,
    /// Dispatches: whether they can be read.
    Queue,
}

impl Part {
    const ALL: [Self; 4] = [Self::Messages, Self::Originals, Self::Evidence, Self::Queue];

    /// Stable name, as a round notes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Originals => "originals",
            Self::Evidence => "evidence",
            Self::Queue => "queue",
        }
    }

    /// The part of this name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// The one after it.
    pub(super) fn next(self) -> Option<Self> {
        Self::ALL.into_iter().skip_while(|part| *part != self).nth(1)
    }

    /// The first.
    pub(super) fn first() -> Self {
        Self::Messages
    }
}

/// How much one slice takes, about; one row at least.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) rows: usize,
    /// Octets of messages and originals.
    pub(super) octets: u64,
}

/// Of a check for which somebody waits.
const AT_ONCE: Pace = Pace { rows: 500, octets: 64 << 20 };

/// What one slice of a part found.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) looked_at: u64,
    /// Octets that were read for it, about.
    pub(super) octets: u64,
    /// By the number of the row.
    pub(super) faults: Vec<(i64, Fault)>,
    /// The last row looked at; `None`: there are no further ones.
    pub(super) last: Option<i64>,
}

/// Checks everything; `told` hears how far it is.
pub(super) async fn all(readers: &Readers, files: &Arc<Files>, told: &Told) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    for table in readers.run(tables).await? {
        note(&mut report, readers.run(move |db| structure(db, &table)).await?);
    }
    for sums in SUMS {
        note(&mut report, readers.run(|db| counted(db, sums)).await?);
    }
    let mut next = Some(Part::first());
    while let Some(part) = next {
        let mut after = 0;
        loop {
            let found = slice(readers, files, part, after, AT_ONCE).await?;
            report.looked_at(part, found.looked_at);
            note(&mut report, found.faults.into_iter().map(|(_, fault)| fault).collect());
            told(&report);
            let Some(last) = found.last else { break };
            after = last;
        }
        next = part.next();
    }
    let its = files.clone();
    report.orphans = readers.apart(move || its.orphans()).await?;
    Ok(report)
}

impl CheckReport {
    fn looked_at(&mut self, part: Part, rows: u64) {
        match part {
            Part::Messages => self.messages += rows,
            Part::Originals => self.originals += rows,
            Part::Evidence => self.evidence += rows,
            Part::Queue => {}
        }
    }
}

/// Looks at rows of one part after that number.
pub(super) async fn slice(
    readers: &Readers,
    files: &Arc<Files>,
    part: Part,
    after: i64,
    pace: Pace,
) -> Result<Slice, StoreError> {
    match part {
        Part::Messages => readers.run(move |db| messages(db, after, pace)).await,
        Part::Evidence => readers.run(move |db| rows(db, after, pace)).await,
        Part::Queue => readers.run(move |db| dispatches(db, after, pace)).await,
        Part::Originals => {
            let its = files.clone();
            let (mut slice, stored) = readers.run(move |db| originals(db, &its, after, pace)).await?;
            let its = files.clone();
            // Files are large: no view of the database, and no reader's turn, is held for them.
            let examined = tokio::task::spawn_blocking(move || in_files(&its, stored)).await;
            let examined =
                examined.map_err(|error| StoreError::bug(format!("a fault in the store's own code: {error}")))?;
            slice.faults.extend(examined?);
            Ok(slice)
        }
    }
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
    match db.all("checking what is counted", sql, [], |row| Ok(fault(*what, column::<String>(row, 0)?))) {
        // A number so wrong that no sum can be made of it ends nothing.
        Err(error) if matches!(error.kind, ErrorKind::Bug | ErrorKind::Damaged) => {
            Ok(vec![fault(format!("whether {what} cannot be said"), error.what)])
        }
        found => found,
    }
}

fn messages(db: &Connection, after: i64, pace: Pace) -> Result<Slice, StoreError> {
    let sql = format!(
        "SELECT id, {}, length(header) + length(own) FROM messages WHERE id > ?1 ORDER BY id LIMIT ?2",
        referred("messages.id")
    );
    let read = |row: &rusqlite::Row<'_>| Ok((column(row, 0)?, column::<bool>(row, 1)?, unsigned(row, 2)?));
    let found: Vec<(i64, bool, u64)> = db.all("checking the messages", &sql, [after, signed(pace.rows)], read)?;
    let mut walk = Walk::begin(found.len(), pace);
    for (id, referred, octets) in found {
        let place = format!("message {id}");
        if !referred {
            walk.find(id, fault("nothing refers to a message", &place));
        }
        if let Some(what) = reading::fault(db, MessageId(id))? {
            walk.find(id, fault(what, place));
        }
        if walk.passed(id, octets) {
            break;
        }
    }
    Ok(walk.slice)
}

/// An original that is a file: its row, its digest, its octets, the checks of its parts.
type Stored = (i64, Digest, u64, Vec<u8>);

/// Looks at originals in rows; those that are files are given back, to be looked at without a view.
fn originals(db: &Connection, files: &Files, after: i64, pace: Pace) -> Result<(Slice, Vec<Stored>), StoreError> {
    let what = "checking the originals";
    let sql = "SELECT id, sha256, size, data IS NULL FROM originals WHERE id > ?1 ORDER BY id LIMIT ?2";
    let read = |row: &rusqlite::Row<'_>| {
        let what_it_is =
            || -> Result<(Digest, u64, bool), StoreError> { Ok((column(row, 1)?, unsigned(row, 2)?, column(row, 3)?)) };
        Ok((column::<i64>(row, 0)?, what_it_is()))
    };
    let found = db.all(what, sql, [after, signed(pace.rows)], read)?;
    let (mut walk, mut stored) = (Walk::begin(found.len(), pace), Vec::new());
    for (id, read) in found {
        let mut octets = 0;
        match read {
            Err(error) => walk.find(id, fault(error.what, format!("original {id}"))),
            Ok((digest, size, true)) => {
                // What its row says may be absurd; what is there is what is read.
                octets = std::fs::metadata(files.path(&digest)).map_or(0, |found| found.len());
                match reading::checks(db, id) {
                    Ok(checks) => stored.push((id, digest, size, checks)),
                    Err(error) => walk.find(id, fault(error.what, format!("original {id}"))),
                }
            }
            Ok((digest, size, false)) => {
                let place = reading::Place { at: 0, original: id, digest, size, file: false };
                let name = format!("original {id}");
                match reading::original(db, files, &place) {
                    Ok(Some(shared)) => {
                        octets = shared.bytes().len() as u64;
                        if octets != size {
                            walk.find(id, fault("an original is not as long as it was", name));
                        }
                    }
                    Ok(None) => {}
                    Err(error) => walk.find(id, fault(error.what, name)),
                }
            }
        }
        if walk.passed(id, octets) {
            break;
        }
    }
    Ok((walk.slice, stored))
}

fn in_files(files: &Files, stored: Vec<Stored>) -> Result<Vec<(i64, Fault)>, StoreError> {
    let mut faults = Vec::new();
    for (id, digest, size, checks) in stored {
        match files.examine(&digest, size, &checks) {
            Ok(()) => {}
            Err(error) if error.kind == ErrorKind::Closed => return Err(error),
            Err(error) => faults.push((id, fault(error.what, files.path(&digest).display().to_string()))),
        }
    }
    Ok(faults)
}

/// What a row of evidence takes, about.
const EVIDENCE: u64 = 256;

fn rows(db: &Connection, after: i64, pace: Pace) -> Result<Slice, StoreError> {
    let found = evidence::examine(db, after, pace.rows)?;
    let mut walk = Walk::begin(found.len(), Pace { octets: u64::MAX, ..pace });
    for (place, read) in found {
        if let Err(error) = read {
            let (log, number) = evidence::named(place);
            walk.find(place, fault(error.what, format!("evidence {number} of log {log}")));
        }
        walk.passed(place, EVIDENCE);
    }
    Ok(walk.slice)
}

fn dispatches(db: &Connection, after: i64, pace: Pace) -> Result<Slice, StoreError> {
    let found = queue::examine(db, after, pace.rows)?;
    let mut walk = Walk::begin(found.len(), Pace { octets: u64::MAX, ..pace });
    for (id, read) in found {
        if let Err(error) = read {
            walk.find(id, fault(error.what, format!("dispatch {id}")));
        }
        walk.passed(id, EVIDENCE);
    }
    Ok(walk.slice)
}

/// A slice under way.
struct Walk {
    slice: Slice,
    pace: Pace,
    /// Rows that were found, and whether there may be more behind them.
    found: usize,
}

impl Walk {
    fn begin(found: usize, pace: Pace) -> Self {
        Self { slice: Slice { looked_at: 0, octets: 0, faults: Vec::new(), last: None }, pace, found }
    }

    fn find(&mut self, row: i64, fault: Fault) {
        self.slice.faults.push((row, fault));
    }

    /// Counts a row that was looked at; whether the slice ends with it.
    fn passed(&mut self, row: i64, octets: u64) -> bool {
        self.slice.looked_at += 1;
        self.slice.octets = self.slice.octets.saturating_add(octets);
        let at_end = self.slice.looked_at == self.found as u64;
        self.slice.last = (!at_end || self.found == self.pace.rows).then_some(row);
        self.slice.octets >= self.pace.octets
    }
}
