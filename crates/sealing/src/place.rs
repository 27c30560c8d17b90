//! A store with rows, a clock that the test sets, a key that can be taken away.

use std::sync::Arc;
use std::time::Duration;

use pec::{Clock as _, Kind, Moment};
use seal::testing::NOW;
use store::{About, Actor, Embedded, EmbeddedOptions, Event, Evidence, Ledger as _, Outcome, SharedSubject, Subject};
use tempfile::TempDir;

use crate::testing::{Hand, Key, identity};
use crate::{Sealer, Trace};

/// A place where things are sealed.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) store: Arc<Embedded>,
    pub(crate) hand: Arc<Hand>,
    pub(crate) key: Arc<Key>,
}

impl Place {
    /// In the evening of 28 May 2026: midnight of Italian legal time is an hour and a half away.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::create(&folder.path().join("store"), EmbeddedOptions::default()).unwrap();
        let key = Arc::<Key>::default();
        Self { folder, store, hand: Arc::new(Hand::at(NOW)), key }
    }

    pub(crate) fn trace(&self) -> Trace {
        Trace::of(self.store.clone())
    }

    /// One that knows nothing but what is kept, as after a start.
    pub(crate) fn sealer(&self) -> Arc<Sealer> {
        Sealer::new(self.trace(), identity(), self.key.clone(), self.hand.clone(), Duration::from_secs(3600))
    }

    /// Commits so many rows at the present instant, all about one message.
    pub(crate) async fn rows(&self, count: usize) {
        self.rows_at(count, self.hand.now()).await;
    }

    pub(crate) async fn rows_at(&self, count: usize, at: Moment) {
        let subject = SharedSubject::new(Subject {
            identifier: "id@pec.example".into(),
            sender: "anna@pec.example".into(),
            recipients: Vec::new(),
            subject: "Oggetto".into(),
            client_id: None,
            original: None,
        });
        let row = |n: usize| Evidence {
            at,
            event: Event::Emitted,
            kind: Some(Kind::Acceptance),
            about: About::Subject(subject.clone()),
            message_id: format!("{n}"),
            provider: "Provider One S.p.A.".into(),
            concerns: Vec::new(),
            error: None,
            actor: Actor::System,
        };
        let evidence = (0..count).map(row).collect();
        self.store.commit(Outcome { evidence, ..Outcome::default() }).await.unwrap();
    }

    /// Does to the closed database what its triggers forbid, as somebody with the file in his hands; opens it again.
    pub(crate) async fn tampered(&mut self, script: &str) {
        use store::Upkeep as _;
        self.store.close().await.unwrap();
        let path = self.folder.path().join("store");
        let file = rusqlite::Connection::open(path.join("sigillo.db")).unwrap();
        let triggers = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
        let names: Vec<String> =
            file.prepare(triggers).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for name in names {
            file.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
        file.execute_batch(&format!("PRAGMA foreign_keys = OFF; {script}")).unwrap();
        drop(file);
        // The one that holds the folder must be gone before it is opened again.
        self.store = Embedded::look(&path).unwrap();
    }
}
