//! The suite on this engine, and what only this engine promises.

mod damage;
mod evidence;
mod finding;
mod opening;
mod originals;
mod queueing;
mod rounds;
mod searching;
mod writing;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pec::{Address, Identifier, Moment, Pieces};
use tempfile::TempDir;

use super::*;
use crate::suite::{self, Engine};
use crate::{
    About, Deposit, DepositIn, Dispatch, Entry, Handle, Hop, Ledger as _, Mailboxes as _, NewMailbox, NewMessage,
    Outcome, Principals as _, Reader, Store, Summary, UidSet, Upkeep as _, Want,
};

/// By the holder, through IMAP.
fn removal() -> crate::Removal {
    crate::Removal { by: crate::Actor::Holder, door: "imap", at: at(0) }
}

/// A row of evidence about nothing, with nothing in it.
fn bare_row() -> crate::Evidence {
    crate::Evidence {
        at: at(0),
        event: crate::Event::Deposited,
        kind: None,
        about: About::Nothing,
        message_id: String::new(),
        provider: String::new(),
        concerns: vec![],
        error: None,
        actor: crate::Actor::System,
    }
}

/// Stores in folders of their own.
struct Folders {
    place: TempDir,
    opened: Mutex<Vec<(PathBuf, Arc<Embedded>)>>,
}

impl Folders {
    fn new() -> Self {
        Self { place: tempfile::tempdir().unwrap(), opened: Mutex::default() }
    }
}

#[async_trait]
impl Engine for Folders {
    async fn open(&self, name: &str) -> Arc<dyn Store> {
        let path = self.place.path().join(name);
        self.opened.lock().unwrap().retain(|(opened, _)| *opened != path);
        let store = if path.exists() { Embedded::open(&path, options()) } else { Embedded::create(&path, options()) };
        let store = store.unwrap();
        self.opened.lock().unwrap().push((path, store.clone()));
        store
    }

    async fn check(&self) {
        let opened = std::mem::take(&mut *self.opened.lock().unwrap());
        for (path, store) in opened {
            drop(store);
            whole(&Embedded::open(&path, options()).unwrap()).await;
        }
    }
}

macro_rules! as_tests {
    ($($subject:ident: [$($name:ident),* $(,)?])*) => {
        $(mod $subject {
            use super::{Engine as _, Folders, suite};
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    let engine = Folders::new();
                    suite::$subject::$name(&engine).await;
                    engine.check().await;
                }
            )*
        })*
    };
}
mod behaviours {
    use super::*;
    crate::suite::behaviours!(as_tests);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_suite_runs_as_one_too() {
    suite::all(Folders::new).await;
}

fn options() -> EmbeddedOptions {
    EmbeddedOptions { password_cost: PasswordCost::CHEAPEST, ..EmbeddedOptions::default() }
}

fn anna() -> Address {
    Address::parse("anna@pec.example").unwrap()
}

fn at(seconds: i64) -> Moment {
    Moment::from_unix(1_733_394_630).plus(seconds)
}

/// A store with Anna's mailbox, made if it is missing.
async fn opened(place: &TempDir) -> Arc<Embedded> {
    opened_with(place, options()).await
}

async fn opened_with(place: &TempDir, options: EmbeddedOptions) -> Arc<Embedded> {
    let new = std::fs::read_dir(place.path()).unwrap().next().is_none();
    let store = if new { Embedded::create(place.path(), options) } else { Embedded::open(place.path(), options) };
    let store = store.unwrap();
    let anna = NewMailbox { address: anna(), password: None, quota: 1 << 40, service: false };
    store.create_mailbox(anna).await.unwrap();
    store
}

fn letter(pieces: impl Into<bytes::Bytes>) -> Outcome {
    of(Pieces::own(pieces))
}

/// A message in Anna's INBOX.
fn of(pieces: Pieces) -> Outcome {
    let deposit = Deposit {
        message: Handle(0),
        mailbox: anna(),
        folder: DepositIn::inbox(),
        counts: true,
        within_quota: false,
        at: at(0),
    };
    Outcome {
        messages: vec![NewMessage { pieces, summary: Summary::default() }],
        deposits: vec![deposit],
        ..Outcome::default()
    }
}

fn errand() -> Outcome {
    let dispatch = Dispatch {
        message: Handle(0),
        path: pec::ReversePath::Null,
        recipients: vec![anna()],
        hop: Hop::Local,
        identifier: Identifier::from("id"),
        about: About::Nothing,
        kind: None,
        at: at(0),
        expires: at(60),
    };
    Outcome { dispatches: vec![dispatch], ..letter("x") }
}

async fn inbox(store: &Embedded) -> Vec<Entry> {
    let mailbox = store.mailbox(&anna()).await.unwrap().unwrap().id;
    let folder = store.folders(mailbox, Reader::Owner).await.unwrap()[0].id;
    store.entries(folder, &UidSet::all(), Want::default(), Reader::Owner, 100_000).await.unwrap()
}

async fn letters(store: &Embedded) -> usize {
    inbox(store).await.len()
}

/// Removes everything from Anna's INBOX.
async fn clear(store: &Embedded) {
    let mailbox = store.mailbox(&anna()).await.unwrap().unwrap().id;
    let folder = store.folders(mailbox, Reader::Owner).await.unwrap()[0].id;
    store.expunge(folder, &UidSet::all(), &removal()).await.unwrap();
}

/// Keeps the writer busy until the sender is dropped, so that what comes meanwhile is one transaction.
async fn busy(store: &Arc<Embedded>) -> mpsc::Sender<()> {
    let (go, wait) = mpsc::channel::<()>();
    let (entered, inside) = tokio::sync::oneshot::channel();
    let store = store.clone();
    tokio::spawn(async move {
        let work = move |_: &rusqlite::Connection| {
            let _ = entered.send(());
            let _ = wait.recv();
            Ok(())
        };
        store.write(work).await
    });
    inside.await.unwrap();
    go
}

/// Runs statements past every rule.
async fn spoil(store: &Embedded, sql: &str) {
    let sql = sql.to_owned();
    let spoil =
        move |db: &rusqlite::Connection| db.execute_batch(&sql).map_err(|error| StoreError::bug(error.to_string()));
    store.write(spoil).await.unwrap();
}

async fn whole(store: &Embedded) {
    let report = store.check(&|_| ()).await.unwrap();
    assert!(report.is_whole(), "{:#?}", report.faults);
}
