//! All rows and heads against each other: what was signed is what is there.
//!
//! The heads of a log are a chain of texts, each signed and each naming the one before; their trees are made again of the
//! rows, a piece at a time. Where a root is not the signed one, the leaves that are kept beside say which row it is: they
//! are believed when they lead to the signed root, and otherwise the rows between two heads are named.

mod beyond;

use std::collections::HashSet;

use pec::Moment;
use proof::head::{self, Head};
use proof::tree::{self, Frontier, Node};
use proof::{Link, LogId, SubjectHash};
use seal::{TimeStamp, Trust, p7m};
use store::{ErrorKind, Fault, HeadQuery, Leaf, SealedHead, StoreError, Tile};

use crate::Trace;
use crate::error::SealingError;
use crate::tiling::Tiling;

/// Faults that are named one by one.
pub const MOST: usize = 1000;
/// How long every row is kept [R-2.3-b].
const MONTHS: u16 = 30;
/// Heads, and leaves, that are read at once.
const HEADS: usize = 200;
const FULL: u64 = Tile::FULL as u64;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Heads looked at.
    pub heads: u64,
    /// Rows that were compared with what was signed.
    pub rows: u64,
    /// Rows that have expired: what seals them is there, they are not.
    pub expired: u64,
    /// Rows that no head has yet.
    pub unsealed: u64,
    /// Heads that have a time stamp; the others wait for theirs, where any authority is asked.
    pub stamped: u64,
    /// Faults, in the order of logs and rows, at most [`MOST`].
    pub faults: Vec<Fault>,
    /// How many there are.
    pub count: u64,
}

impl Checked {
    fn find(&mut self, log: LogId, place: impl std::fmt::Display, what: impl Into<String>) {
        self.count += 1;
        if self.faults.len() < MOST {
            self.faults.push(Fault { what: what.into(), place: format!("{place} of log {}", log.0) });
        }
    }
}

/// By whom and by when what is kept is judged.
pub struct Judge {
    /// The present.
    pub now: Moment,
    /// The authorities whose certificates the provider's signatures are believed by.
    pub trust: Trust,
}

/// Checks all logs; `told` hears again and again how far it is. Reads everything, in bounded pieces, beside running work.
/// Rows that went before they were thirty months old at `now` are missing [R-2.3-b].
pub async fn check(
    trace: &Trace,
    judge: &Judge,
    told: &(dyn Fn(&Checked) + Send + Sync),
) -> Result<Checked, SealingError> {
    let mut checked = Checked::default();
    // A day more: the months are counted in UTC where rows are removed, and in legal time here.
    let old = Moment::from_unix(judge.now.minus_months(MONTHS).unix() + 86_400);
    for (log, last) in trace.evidence.logs().await? {
        let oldest = trace.evidence.leaves(log, 1, 1).await?.first().map_or(last + 1, |row| row.number);
        let mut chain =
            Chain { trace, judge, log, oldest, old, before: None, tree: None, unstamped: None, known: HashSet::new() };
        loop {
            let after = chain.before.as_ref().map(|before| (log, before.number));
            let query = HeadQuery { log: Some(log), after, limit: HEADS, ..HeadQuery::default() };
            let page = trace.seals.heads(query).await?;
            for kept in &page {
                chain.head(kept, &mut checked).await?;
                told(&checked);
            }
            if page.len() < HEADS {
                break;
            }
        }
        let end = chain.end();
        chain.tail(end, last, &mut checked).await?;
        for row in trace.evidence.leaves(log, last + 1, HEADS).await? {
            checked.find(log, format_args!("row {}", row.number), "was added: the log has not given this number");
        }
        checked.unsealed += (last + 1).saturating_sub(end);
    }
    Ok(checked)
}

/// The heads of a log so far.
struct Chain<'a> {
    trace: &'a Trace,
    judge: &'a Judge,
    log: LogId,
    /// The number of the oldest row that there is; those before it have expired, where they were [`Chain::old`].
    oldest: u64,
    /// What was sealed before then may have expired.
    old: Moment,
    before: Option<Link>,
    tree: Option<Tree>,
    /// The first of the heads just before that have no time stamp.
    unstamped: Option<u64>,
    /// Subjects that are what rows say, lately: the rows about a message stand near each other.
    known: HashSet<SubjectHash>,
}

/// A tree as far as its heads were looked at.
struct Tree {
    first: u64,
    /// Of the rows as they are, and of the leaves that are kept; the latter where a row has expired.
    rows: Frontier,
    kept: Frontier,
    /// The tiles that there must be over the kept leaves.
    tiling: Tiling,
    /// The first row since the last head that is not its kept leaf: its number, and what is wrong.
    wrong: Vec<(u64, &'static str)>,
}

impl Chain<'_> {
    fn end(&self) -> u64 {
        self.before.as_ref().map_or(self.oldest, |before| before.end)
    }

    async fn head(&mut self, kept: &SealedHead, checked: &mut Checked) -> Result<(), SealingError> {
        checked.heads += 1;
        let (log, number) = (self.log, kept.number);
        let place = format!("head {number}");
        let expected = self.before.as_ref().map_or(1, |before| before.number + 1);
        if number != expected {
            checked.find(log, format_args!("head {expected}"), "is missing");
        }
        let read = Head::read(&kept.text);
        if let Err(error) = &read {
            checked.find(log, &place, format!("was altered: {error}"));
        }
        if let Ok(head) = &read {
            let columns = (kept.log, kept.number, kept.first, kept.size, kept.closed, kept.at);
            if columns != (head.log, head.number, head.first, head.size, head.closed, head.at) {
                checked.find(log, &place, "stands in another place than its text says");
            }
            let goes_on = self.before.map_or(Ok(()), |before| before.continued_by(head, Some(self.oldest)));
            if let Err(wrong) = goes_on {
                checked.find(log, &place, wrong);
            }
        }
        if let Err(wrong) = self.signature(&read, kept) {
            checked.find(log, &place, wrong);
        }
        self.stamp(kept, checked);
        if let Ok(head) = &read {
            self.rows(head, checked).await?;
        }
        let (digest, end) = (head::digest_of(&kept.text), kept.first.saturating_add(kept.size));
        self.before = Some(Link { number, digest, first: kept.first, end, closed: kept.closed });
        Ok(())
    }

    /// Whether the head's signature is one over its text, by a certificate that an authority of ours gave to the provider that it
    /// names.
    fn signature(&self, head: &Result<Head, proof::FormatError>, kept: &SealedHead) -> Result<(), String> {
        let opened = p7m::open_detached(&kept.signature, &kept.text);
        let opened = opened.map_err(|error| format!("its signature does not hold: {error}"))?;
        let signer = opened.signer.subject();
        match head {
            Ok(head) if !opened.signer.has_address_at(&head.domain) => {
                Err(format!("was signed by somebody else: {signer}"))
            }
            _ => {
                let trusted = self.judge.trust.check(&opened, kept.at.unix());
                trusted.map_err(|error| format!("was signed by {signer}, who is not believed: {error}"))
            }
        }
    }

    /// Whether the head's time stamp is one of its signature. Whom it is of is not judged: authorities come and go within thirty
    /// months. Heads get their stamps in order, so that one without before one with has lost it.
    fn stamp(&mut self, kept: &SealedHead, checked: &mut Checked) {
        let number = kept.number;
        let Some(stamp) = &kept.stamp else {
            self.unstamped.get_or_insert(number);
            return;
        };
        checked.stamped += 1;
        if let Some(first) = self.unstamped.take() {
            let place = format_args!("heads {first} to {}", number - 1);
            checked.find(self.log, place, "have no time stamp, and a later head has one: theirs were removed");
        }
        let wrong = match TimeStamp::read(stamp.clone()) {
            Ok(stamp) if stamp.is_of(&kept.signature) => return,
            Ok(_) => "its time stamp is of something else".to_owned(),
            Err(error) => format!("its time stamp does not hold: {error}"),
        };
        checked.find(self.log, format_args!("head {number}"), wrong);
    }

    /// Makes the tree of a head as it must have been, and says which row is not what was signed.
    async fn rows(&mut self, head: &Head, checked: &mut Checked) -> Result<(), SealingError> {
        let log = self.log;
        let mut tree = match self.tree.take().filter(|tree| tree.first == head.first && tree.rows.size() <= head.size) {
            Some(tree) => tree,
            None => {
                let (rows, kept) = Default::default();
                Tree { first: head.first, rows, kept, tiling: Tiling::new(head.first), wrong: Vec::new() }
            }
        };
        let from = head.first + tree.rows.size();
        let expired = if head.at < self.old { self.oldest } else { 0 };
        while tree.rows.size() < head.size {
            self.piece(&mut tree, head.size, expired, checked).await?;
        }
        let (rows, kept) = (tree.rows.root() == head.root, tree.kept.root() == head.root);
        let place = format!("head {}", head.number);
        match (rows, kept, tree.wrong.first()) {
            (true, true, _) => {}
            (true, false, _) => {
                checked.find(log, &place, "the leaves kept for its tree were altered; the rows are what was sealed");
            }
            (false, true, Some(_)) => {
                for (row, what) in &tree.wrong {
                    checked.find(log, format_args!("row {row}"), *what);
                }
            }
            (false, true, None) | (false, false, _) => {
                let last = head.end() - 1;
                let what = match tree.wrong.first() {
                    Some((row, what)) => format!("are not what was sealed, the first is probably row {row}: it {what}"),
                    None => "are not what was sealed; which of them, nothing says".to_owned(),
                };
                checked.find(log, format_args!("rows {from} to {last}"), what);
            }
        }
        // Further heads of the tree are judged by what was signed here, so that each fault is told once.
        if kept && !rows {
            tree.rows = tree.kept.clone();
        }
        tree.wrong.clear();
        if !head.closed {
            self.tree = Some(tree);
        }
        Ok(())
    }

    /// Rows from a number on, one by one where they cannot be read together.
    async fn leaves(&self, first: u64, count: usize) -> Result<Vec<Leaf>, SealingError> {
        let together = self.trace.evidence.leaves(self.log, first, count).await;
        let is_damaged = |error: &StoreError| error.kind == ErrorKind::Damaged;
        if !together.as_ref().is_err_and(is_damaged) {
            return Ok(together?);
        }
        let mut rows = Vec::new();
        for number in first..first + count as u64 {
            match self.trace.evidence.leaves(self.log, number, 1).await {
                Err(error) if is_damaged(&error) => {}
                one => rows.extend(one?.into_iter().filter(|row| row.number == number)),
            }
        }
        Ok(rows)
    }

    /// Goes on by a tile at most. Rows before number `expired` need not be there.
    async fn piece(
        &mut self,
        tree: &mut Tree,
        size: u64,
        expired: u64,
        checked: &mut Checked,
    ) -> Result<(), SealingError> {
        let at = tree.rows.size();
        let begin = at / FULL * FULL;
        let end = (begin + FULL).min(size);
        let count = usize::try_from(end - at).unwrap_or(Tile::FULL);
        let skip = usize::try_from(at - begin).unwrap_or_default();
        let tile = self.tile(0, tree.first + begin, checked).await?;
        let kept: Vec<Node> = tile.into_iter().flat_map(|tile| tile.nodes).skip(skip).take(count).collect();
        let rows = self.leaves(tree.first + at, count).await?;
        for row in &rows {
            self.subject(row, checked).await?;
        }
        let mut rows = rows.into_iter().peekable();
        for (place, number) in (tree.first + at..tree.first + end).enumerate() {
            let kept = kept.get(place).copied();
            let row = rows.next_if(|row| row.number == number).map(|row| tree::leaf(&row.canonical));
            let wrong = match (row, kept) {
                (Some(row), Some(kept)) => (row != kept).then_some("was altered"),
                (Some(_), None) => None,
                (None, Some(_)) if number < expired => None,
                (None, _) => Some("is missing, or cannot be read"),
            };
            tree.wrong.extend(wrong.filter(|_| tree.wrong.len() < MOST).map(|wrong| (number, wrong)));
            match row {
                Some(_) => checked.rows += 1,
                None if number < expired => checked.expired += 1,
                None => {}
            }
            // A row that has expired is what its leaf says; one that is missing is none.
            let stands = row.or(kept.filter(|_| number < expired)).unwrap_or_else(tree::empty);
            tree.rows.push(stands);
            let kept = kept.or(row).unwrap_or_else(tree::empty);
            tree.kept.push(kept);
            for full in tree.tiling.push(kept).into_iter().filter(|full| full.level > 0) {
                self.above(&full, checked).await?;
            }
        }
        Ok(())
    }

    /// Compares a tile above leaves with what must be in it.
    async fn above(&self, full: &Tile, checked: &mut Checked) -> Result<(), SealingError> {
        let count = checked.count;
        let kept = self.tile(full.level, full.first, checked).await?;
        if kept.as_ref() != Some(full) && checked.count == count {
            let place = format_args!("the tile of level {} at row {}", full.level, full.first);
            checked.find(self.log, place, "is missing, or not what stands above the tiles under it");
        }
        Ok(())
    }

    /// A tile, if it is there; one that is damaged is told.
    async fn tile(&self, level: u32, first: u64, checked: &mut Checked) -> Result<Option<Tile>, SealingError> {
        match self.trace.seals.tile(self.log, level, first).await {
            Err(error) if error.kind == ErrorKind::Damaged => {
                checked.find(self.log, format_args!("the tile of level {level} at row {first}"), error.what);
                Ok(None)
            }
            tile => Ok(tile?),
        }
    }
}
