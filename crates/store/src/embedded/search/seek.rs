//! The face of searches.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Connection;

use super::hunt::Hunt;
use super::sought::Sought;
use super::view::View;
use super::words;
use crate::embedded::Embedded;
use crate::search::{Matches, Search, TextKey, WordHit, WordPlace};
use crate::{ErrorKind, FolderId, MailboxId, StoreError, UidSet};

#[async_trait]
impl Search for Embedded {
    async fn matches(&self, folder: FolderId, uids: &UidSet, keys: &[TextKey]) -> Result<Matches, StoreError> {
        if keys.is_empty() || uids.is_empty() {
            return Ok(Matches::none(Vec::new(), keys.len()));
        }
        let (shelf, uids, sought) = (self.shelf.clone(), uids.clone(), Sought::new(keys));
        let mut hunt = self.in_turn(move |db| Hunt::new(&shelf, db, folder, uids, sought)).await?;
        loop {
            let files = self.workshop.files.clone();
            let step = move |db: &Connection| hunt.go_on(db, &files).map(|over| (hunt, over));
            let over;
            (hunt, over) = self.in_turn(step).await?;
            if over {
                return Ok(hunt.found());
            }
        }
    }

    async fn words(
        &self,
        mailbox: MailboxId,
        words: &str,
        after: Option<WordPlace>,
        limit: usize,
    ) -> Result<Vec<WordHit>, StoreError> {
        let (shelf, words) = (self.shelf.clone(), words::apart(words));
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let page = move |db: &Connection| {
            let Some(lent) = shelf.lend()? else {
                let what = "the search index is being made: search again in a moment";
                return Err(StoreError::new(ErrorKind::Busy, what));
            };
            let found = View::new(lent).and_then(|view| words::page(&view, db, mailbox, &words, after, limit));
            found.inspect_err(|error| {
                if error.kind == ErrorKind::Damaged {
                    shelf.begin_anew();
                }
            })
        };
        self.in_turn(page).await
    }
}

impl Embedded {
    /// Runs a step of a search as one of the readers. Few at a time: others read too.
    async fn in_turn<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let closed = |_| StoreError::new(ErrorKind::Closed, "the store is closed");
        let turn = self.searches.clone().acquire_owned().await.map_err(closed)?;
        let run = move |db: &Connection| {
            let _turn = turn;
            work(db)
        };
        self.readers.run(run).await
    }

    /// Begins the index anew.
    pub(in crate::embedded) fn begin_index(&self) -> Result<(), StoreError> {
        self.followed()?;
        self.shelf.begin_anew();
        Ok(())
    }

    /// Waits until the index knows everything that was committed before.
    pub(in crate::embedded) async fn index_ready(&self) -> Result<(), StoreError> {
        let mut idle = self.shelf.pending().idle();
        loop {
            self.followed()?;
            if *idle.borrow_and_update() {
                return Ok(());
            }
            if let Some(trouble) = self.shelf.trouble() {
                return Err(StoreError::new(ErrorKind::Disk, format!("the search index does not go on: {trouble}")));
            }
            // That it is over, or in trouble, is not told.
            let _ = tokio::time::timeout(Duration::from_secs(1), idle.changed()).await;
        }
    }

    fn followed(&self) -> Result<(), StoreError> {
        match self.indexer.is_some() && !self.shelf.pending().is_stopping() {
            true => Ok(()),
            false => Err(StoreError::new(ErrorKind::Closed, "the store is closed, or was opened for looking only")),
        }
    }
}
