//! A check of everything, beside running work: in slices, each with a view of its own, so that no view is held for long.
//! An operator's check goes through at once; a round (`rounds.rs`) takes one slice at a time.

use std::sync::Arc;

use rusqlite::Connection;

use super::content::referred;
use super::originals::{Digest, Files};
use super::readers::Readers;
use super::sql::{Statements, column, signed, unsigned};
use super::tables::fault;
use super::{evidence, gaps, queue, reading, tables};
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
    /// Whether the rows up to there cannot even be listed: nothing was looked at, and nothing is said of any one of them.
    pub(super) unreadable: bool,
}

/// Checks everything; `told` hears how far it is.
pub(super) async fn all(readers: &Readers, files: &Arc<Files>, told: &Told) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    for table in readers.run(tables::all).await? {
        note(&mut report, readers.run(move |db| tables::structure(db, &table)).await?);
    }
    for sums in tables::SUMS {
        note(&mut report, readers.run(|db| tables::counted(db, sums)).await?);
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

/// Looks at rows of one part after that number. Where they cannot even be listed, those before the place are looked at, and
/// then the place itself is the fault.
pub(super) async fn slice(
    readers: &Readers,
    files: &Arc<Files>,
    part: Part,
    after: i64,
    pace: Pace,
) -> Result<Slice, StoreError> {
    let its = files.clone();
    let looked = readers.examine(move |db| {
        let mut pace = pace;
        loop {
            match listed(db, &its, part, after, pace) {
                Err(error) if gaps::is_of_a_place(&error) && pace.rows > 1 => pace.rows /= 2,
                Err(error) if gaps::is_of_a_place(&error) => return gap(db, &its, part, after, error),
                looked => return looked,
            }
        }
    });
    let (mut slice, stored) = looked.await?;
    if !stored.is_empty() {
        let its = files.clone();
        // Files are large: no view of the database, and no reader's turn, is held for them.
        let examined = tokio::task::spawn_blocking(move || in_files(&its, stored)).await;
        let examined =
            examined.map_err(|error| StoreError::bug(format!("a fault in the store's own code: {error}")))?;
        slice.faults.extend(examined?);
    }
    Ok(slice)
}

/// Looks at rows of one part, and says which originals are files.
fn listed(
    db: &Connection,
    files: &Files,
    part: Part,
    after: i64,
    pace: Pace,
) -> Result<(Slice, Vec<Stored>), StoreError> {
    match part {
        Part::Messages => messages(db, after, pace).map(|slice| (slice, Vec::new())),
        Part::Originals => originals(db, files, after, pace),
        Part::Evidence => rows(db, after, pace).map(|slice| (slice, Vec::new())),
        Part::Queue => dispatches(db, after, pace).map(|slice| (slice, Vec::new())),
    }
}

/// The rows behind a number that cannot be listed, up to where they can again.
fn gap(
    db: &Connection,
    files: &Files,
    part: Part,
    after: i64,
    error: StoreError,
) -> Result<(Slice, Vec<Stored>), StoreError> {
    let one = Pace { rows: 1, octets: 0 };
    let last = gaps::end(after, |after| listed(db, files, part, after, one).map(drop))?;
    let first = after.saturating_add(1);
    let place = match last {
        Some(last) => format!("{} from {first} to {last}", part.name()),
        None => format!("{} from {first} on", part.name()),
    };
    // By its end, which stays when rows before it go.
    let faults = vec![(last.unwrap_or(i64::MAX), fault(error.what, place))];
    Ok((Slice { looked_at: 0, octets: 0, faults, last, unreadable: true }, Vec::new()))
}

fn note(report: &mut CheckReport, faults: Vec<Fault>) {
    report.count += faults.len() as u64;
    let room = CheckReport::MOST - report.faults.len();
    report.faults.extend(faults.into_iter().take(room));
}

/// Where rows begin that come after a number. Asked for by this, not by what is before it: what is before may lie on a page
/// that cannot be read.
fn behind(after: i64) -> i64 {
    after.saturating_add(1)
}

fn messages(db: &Connection, after: i64, pace: Pace) -> Result<Slice, StoreError> {
    let sql = format!(
        "SELECT id, kept IS NOT NULL OR {}, length(header) + length(own) FROM messages WHERE id >= ?1 ORDER BY id LIMIT ?2",
        referred("messages.id")
    );
    let read = |row: &rusqlite::Row<'_>| Ok((column(row, 0)?, column::<bool>(row, 1)?, unsigned(row, 2)?));
    let found: Vec<(i64, bool, u64)> =
        db.all("checking the messages", &sql, [behind(after), signed(pace.rows)], read)?;
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
    let sql = "SELECT id, sha256, size, data IS NULL FROM originals WHERE id >= ?1 AND NOT gone ORDER BY id LIMIT ?2";
    let read = |row: &rusqlite::Row<'_>| {
        let what_it_is =
            || -> Result<(Digest, u64, bool), StoreError> { Ok((column(row, 1)?, unsigned(row, 2)?, column(row, 3)?)) };
        Ok((column::<i64>(row, 0)?, what_it_is()))
    };
    let found = db.all(what, sql, [behind(after), signed(pace.rows)], read)?;
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
                let place = reading::Place { at: 0, skip: 0, original: id, digest, size, file: false, gone: false };
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
    let found = evidence::examine(db, behind(after), pace.rows)?;
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
    let found = queue::examine(db, behind(after), pace.rows)?;
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
        Self {
            slice: Slice { looked_at: 0, octets: 0, faults: Vec::new(), last: None, unreadable: false },
            pace,
            found,
        }
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
