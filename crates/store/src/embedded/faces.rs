//! The faces of the points, the relay, full mailboxes and the evidence: what is read goes to a reader, what changes goes to the writer.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use pec::{Address, Identifier, Moment, Pieces};
use rusqlite::Connection;

use super::commit::Ready;
use super::jobs::Purpose;
use super::sql::{Statements, column};
use super::{Embedded, addressees, evidence, find, fullness, holders, once, queue, reading, subjects};
use crate::{
    Addressee, CommitError, Committed, Content, EvidenceLog, EvidenceQuery, EvidenceRow, FoundMessages, Fullness,
    Growth, Hop, HopFigures, Known, Leaf, Ledger, LevelReached, LogId, MailboxId, MessageId, MessageQuery, Outcome,
    Question, Queue, QueueId, QueueItem, QueueQuery, Refusals, StoreError, SubjectHash, UnreadableRow,
};

/// Dispatches that are woken in one transaction; others have their turn in between.
const WOKEN: usize = 2_000;

#[async_trait]
impl Content for Embedded {
    async fn read(&self, message: MessageId) -> Result<Option<Pieces>, StoreError> {
        let files = self.workshop.files.clone();
        self.readers.run(move |db| reading::whole(db, &files, message)).await
    }

    async fn read_range(&self, message: MessageId, range: Range<u64>) -> Result<Option<Bytes>, StoreError> {
        let files = self.workshop.files.clone();
        self.readers.run(move |db| reading::range(db, &files, message, range)).await
    }

    async fn read_ranges(
        &self,
        wanted: Vec<(MessageId, Range<u64>)>,
    ) -> Result<Vec<Result<Option<Bytes>, StoreError>>, StoreError> {
        let files = self.workshop.files.clone();
        let read = move |db: &Connection| {
            let one = |(message, range)| reading::range(db, &files, message, range);
            Ok(wanted.into_iter().map(one).collect::<Vec<_>>())
        };
        let read = self.readers.run(read).await?;
        read.iter().filter_map(|read| read.as_ref().err()).for_each(|error| self.health.note(error));
        Ok(read)
    }
}

#[async_trait]
impl Ledger for Embedded {
    async fn commit(&self, outcome: Outcome) -> Result<Committed, CommitError> {
        let ready = Ready::make(outcome, &self.workshop).await;
        // A disk without room for an original is trouble too, though the writer never sees it.
        let ready = ready.inspect_err(|error| self.writer.tally().note(Some(error), true))?;
        let octets = ready.octets();
        let work = move |tx: &Connection| ready.write(tx);
        let written = self.writer.run(Purpose::Outcome, octets, work).await?;
        Ok(written.committed)
    }

    async fn ask(&self, question: Question) -> Result<Known, StoreError> {
        self.readers.run(move |db| answer(db, &question)).await
    }

    async fn due(&self, now: Moment, limit: usize) -> Result<Vec<Addressee>, StoreError> {
        let (due, unreadable) = self.readers.run(move |db| addressees::due(db, now, limit)).await?;
        self.health.passed_over(unreadable);
        Ok(due)
    }

    async fn addressees(&self, identifier: &Identifier) -> Result<Vec<Addressee>, StoreError> {
        let identifier = identifier.clone();
        self.readers.run(move |db| addressees::all(db, &identifier)).await
    }
}

fn answer(db: &Connection, question: &Question) -> Result<Known, StoreError> {
    let Question { once, mailboxes, sent, addressees } = question;
    let holders = "SELECT value > 0 FROM counters WHERE name = 'mailboxes'";
    let one = |(identifier, recipient): &(Identifier, Address)| addressees::one(db, identifier, recipient);
    Ok(Known {
        done: once.iter().map(|key| once::done(db, key)).collect::<Result<_, _>>()?,
        mailboxes: mailboxes.iter().map(|address| holders::find(db, &address.key())).collect::<Result<_, _>>()?,
        sent: sent.as_ref().map(|identifier| addressees::sent(db, identifier)).transpose()?.flatten(),
        addressees: addressees.iter().map(one).collect::<Result<_, _>>()?,
        anybody: db.one("looking for holders", holders, [], |row| column(row, 0))?.unwrap_or(false),
    })
}

#[async_trait]
impl Queue for Embedded {
    async fn due_hops(&self, now: Moment) -> Result<Vec<Hop>, StoreError> {
        let (hops, unknown) = self.readers.run(move |db| queue::due_hops(db, now)).await?;
        for text in unknown {
            self.pass(move |tx| queue::set_aside(tx, &text, now)).await?;
        }
        Ok(hops)
    }

    async fn lease(&self, hop: &Hop, limit: usize, now: Moment, until: Moment) -> Result<Vec<QueueItem>, StoreError> {
        let hop = hop.clone();
        self.pass(move |tx| queue::lease(tx, &hop, limit, now, until)).await
    }

    async fn release(&self, ids: &[QueueId], due: Moment) -> Result<(), StoreError> {
        let ids = ids.to_vec();
        self.pass(move |tx| queue::release(tx, &ids, due)).await
    }

    async fn next_due(&self) -> Result<Option<Moment>, StoreError> {
        self.readers.run(queue::next_due).await
    }

    async fn wake(&self, hop: &Hop, now: Moment) -> Result<u64, StoreError> {
        let mut woken = 0;
        loop {
            let hop = hop.clone();
            let some = self.pass(move |tx| queue::wake(tx, &hop, now, WOKEN)).await?;
            woken += some;
            if some < WOKEN as u64 {
                return Ok(woken);
            }
        }
    }

    async fn list(&self, query: QueueQuery) -> Result<Vec<QueueItem>, StoreError> {
        let (items, unreadable) = self.readers.run(move |db| queue::list_all(db, &query)).await?;
        self.health.passed_over(unreadable);
        Ok(items)
    }

    async fn by_hop(&self) -> Result<Vec<HopFigures>, StoreError> {
        let (hops, unreadable) = self.readers.run(queue::by_hop).await?;
        self.health.passed_over(unreadable);
        Ok(hops)
    }

    async fn retry(&self, id: QueueId, now: Moment) -> Result<bool, StoreError> {
        self.write(move |tx| queue::retry(tx, id, now)).await
    }

    async fn fail(&self, id: QueueId, reason: &str, now: Moment) -> Result<bool, StoreError> {
        let reason = reason.to_owned();
        self.write(move |tx| queue::fail(tx, id, &reason, now)).await
    }
}

#[async_trait]
impl Fullness for Embedded {
    async fn levels_reached(&self, after: MailboxId, limit: usize) -> Result<Vec<LevelReached>, StoreError> {
        self.readers.run(move |db| fullness::reached(db, after, limit)).await
    }

    async fn refusals(&self, before: Moment, after: MailboxId, limit: usize) -> Result<Vec<Refusals>, StoreError> {
        self.readers.run(move |db| fullness::untold(db, before, after, limit)).await
    }

    async fn growth(&self, mailbox: MailboxId, now: Moment) -> Result<Growth, StoreError> {
        self.readers.run(move |db| fullness::growth(db, mailbox, now)).await
    }
}

#[async_trait]
impl EvidenceLog for Embedded {
    async fn rows(&self, query: EvidenceQuery) -> Result<Vec<Result<EvidenceRow, UnreadableRow>>, StoreError> {
        let rows = self.readers.run(move |db| evidence::rows(db, &query)).await?;
        let unreadable = rows.iter().filter_map(|row| row.as_ref().err());
        // By log and number: another row may be damaged in the same way.
        let told = |bad: &UnreadableRow| format!("evidence {} of log {}: {}", bad.number, bad.log.0, bad.what);
        self.health.passed_over(unreadable.map(|bad| StoreError::damaged(told(bad))).collect());
        Ok(rows)
    }

    async fn leaves(&self, log: LogId, first: u64, limit: usize) -> Result<Vec<Leaf>, StoreError> {
        self.readers.run(move |db| evidence::leaves(db, log, first, limit)).await
    }

    async fn subject(&self, hash: SubjectHash) -> Result<Option<Bytes>, StoreError> {
        self.readers.run(move |db| Ok(subjects::canonical_bytes(db, hash)?.map(Bytes::from))).await
    }

    async fn find(&self, query: MessageQuery) -> Result<FoundMessages, StoreError> {
        let trail = self.trail.clone();
        let (found, unreadable) = self.readers.run(move |db| find::part(&trail, db, &query)).await?;
        self.health.passed_over(unreadable);
        Ok(found)
    }

    async fn logs(&self) -> Result<Vec<(LogId, u64)>, StoreError> {
        self.readers.run(evidence::logs).await
    }
}
