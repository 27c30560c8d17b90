//! A search through a folder, in short steps: the index narrows, texts and headers decide, and what the index does not know
//! is looked through as it is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rusqlite::Connection;

use super::doc::{self, Doc};
use super::projection;
use super::shelf::Shelf;
use super::sought::{Head, Sought};
use super::view::{self, Followed, Placed, View};
use crate::embedded::entries;
use crate::embedded::originals::Files;
use crate::embedded::sql::{Statements, column};
use crate::search::Matches;
use crate::{FolderId, MessageId, StoreError, UidSet};

/// How long one step takes, about: longer than any single message.
const STEP: Duration = Duration::from_millis(20);
/// Documents that all keys of a search may name: what comes after them is not narrowed.
const NAMED: usize = 1 << 20;

/// A search under way.
pub(super) struct Hunt {
    shelf: Arc<Shelf>,
    folder: FolderId,
    uids: UidSet,
    sought: Sought,
    found: Matches,
    /// What the index knows; `None`: there is none, or it turned out to be of no use.
    narrowed: Option<Narrowed>,
    /// What is looked through as it is: place and message.
    scan: Vec<(usize, i64)>,
    at: usize,
}

/// What the index says.
struct Narrowed {
    view: View,
    /// Each message with its place, by message.
    places: Vec<(i64, usize)>,
    /// For each key the texts that may hold it, ascending; `None`: any may.
    texts_for: Vec<Option<Vec<i64>>>,
    heads_for: Vec<Option<Vec<i64>>>,
    /// Texts that must be looked at.
    texts: Vec<i64>,
    /// Messages whose headers must be.
    heads: Vec<i64>,
    text_at: usize,
    head_at: usize,
}

impl Hunt {
    /// Begins: finds out what there is to be looked at.
    pub(super) fn new(
        shelf: &Arc<Shelf>,
        db: &Connection,
        folder: FolderId,
        uids: UidSet,
        sought: Sought,
    ) -> Result<Self, StoreError> {
        let mut hunt = Self {
            shelf: shelf.clone(),
            folder,
            uids,
            sought,
            found: Matches::default(),
            narrowed: None,
            scan: Vec::new(),
            at: 0,
        };
        match hunt.narrow(db) {
            Ok(()) => Ok(hunt),
            Err(error) => hunt.without_index(db, &error).map(|()| hunt),
        }
    }

    /// Goes on for a while; whether it has come to its end.
    pub(super) fn go_on(&mut self, db: &Connection, files: &Files) -> Result<bool, StoreError> {
        let until = Instant::now() + STEP;
        if let Some(mut narrowed) = self.narrowed.take() {
            match narrowed.go_on(db, &self.sought, &mut self.found, until) {
                Ok(true) => {}
                Ok(false) => {
                    self.narrowed = Some(narrowed);
                    return Ok(false);
                }
                Err(error) => {
                    drop(narrowed);
                    self.without_index(db, &error)?;
                    return Ok(false);
                }
            }
        }
        while let Some((place, message)) = self.scan.get(self.at).copied() {
            if Instant::now() > until {
                return Ok(false);
            }
            self.at += 1;
            self.look_through(db, files, place, message)?;
        }
        Ok(true)
    }

    /// What was found.
    pub(super) fn found(self) -> Matches {
        self.found
    }

    /// Asks the index. An error here is the index's, but where the mail cannot be read either.
    fn narrow(&mut self, db: &Connection) -> Result<(), StoreError> {
        // The index first: what comes after it was looked at is behind its cursor.
        let view = self.shelf.lend()?.map(View::new).transpose()?;
        let followed = match &view {
            Some(view) => view.followed(self.folder)?,
            None => None,
        };
        let (Some(view), Some(followed)) = (view, followed) else {
            return self.scan_all(db);
        };
        let mut placed = view.placed(self.folder, &self.uids)?;
        // What went a moment ago is not found any more.
        let there = entries::uids(db, self.folder)?;
        placed.retain(|placed| there.contains(placed.uid));
        let mut scan = view::behind(db, self.folder, &self.uids, followed)?;
        scan.retain(|(uid, _)| placed.binary_search_by_key(uid, |placed| placed.uid).is_err());
        for uid in view.unread(self.folder)?.into_iter().filter(|uid| self.uids.contains(*uid)) {
            scan.extend(view::entry(db, self.folder, uid)?.map(|message| (uid, message)));
        }
        self.lay_out(&placed, scan);
        let place = |placed: &Placed| Some((placed.message, self.found.uids.binary_search(&placed.uid).ok()?));
        let mut places: Vec<(i64, usize)> = placed.iter().filter_map(place).collect();
        places.sort_unstable();
        let narrowed = Narrowed::new(view, followed.mailbox, places, &self.sought)?;
        for key in 0..self.sought.len() {
            if self.sought.any_body(key) {
                (0..self.found.uids.len()).for_each(|place| self.found.hold(key, place));
            }
        }
        self.narrowed = Some(narrowed);
        Ok(())
    }

    /// The index is of no use: everything is looked through as it is.
    fn without_index(&mut self, db: &Connection, error: &StoreError) -> Result<(), StoreError> {
        tracing::warn!(event = "search-index-unusable", %error, "a search goes through the messages themselves");
        if error.kind == crate::ErrorKind::Damaged {
            self.shelf.begin_anew();
        }
        self.narrowed = None;
        self.scan_all(db)
    }

    fn scan_all(&mut self, db: &Connection) -> Result<(), StoreError> {
        let all = view::behind(db, self.folder, &self.uids, Followed::default())?;
        self.lay_out(&[], all);
        Ok(())
    }

    /// Gives each message its place.
    fn lay_out(&mut self, placed: &[Placed], mut scan: Vec<(u32, i64)>) {
        scan.sort_unstable();
        scan.dedup();
        let uids = placed.iter().map(|placed| placed.uid).chain(scan.iter().map(|(uid, _)| *uid));
        let uids: BTreeSet<u32> = uids.collect();
        self.found = Matches::none(uids.into_iter().collect(), self.sought.len());
        let place = |(uid, message): (u32, i64)| Some((self.found.uids.binary_search(&uid).ok()?, message));
        self.scan = scan.into_iter().filter_map(place).collect();
        self.at = 0;
    }

    /// Looks through a message as it is.
    fn look_through(&mut self, db: &Connection, files: &Files, place: usize, message: i64) -> Result<(), StoreError> {
        let Some(message) = projection::read(db, files, MessageId(message))? else { return Ok(()) };
        let head = Head::new(&message.header);
        let texts: Vec<String> = message.texts.iter().map(projection::Text::small).collect();
        for key in 0..self.sought.len() {
            let holds = self.sought.any_body(key)
                || self.sought.in_header(key, &head)
                || texts.iter().any(|text| self.sought.in_text(key, text.as_bytes()));
            if holds {
                self.found.hold(key, place);
            }
        }
        Ok(())
    }
}

impl Narrowed {
    fn new(view: View, mailbox: i64, places: Vec<(i64, usize)>, sought: &Sought) -> Result<Self, StoreError> {
        let (mut texts_for, mut heads_for, mut named) = (Vec::new(), Vec::new(), 0);
        for key in 0..sought.len() {
            let question = sought.question(key).filter(|_| named < NAMED);
            let mut ask = |wanted: bool, among| -> Result<Option<Vec<i64>>, StoreError> {
                match &question {
                    _ if !wanted => Ok(Some(Vec::new())),
                    None => Ok(None),
                    Some(question) => {
                        let mut documents = view.documents(question, among)?;
                        documents.iter_mut().for_each(|number| {
                            let (Doc::Message(own) | Doc::Text(own)) = Doc::of(*number);
                            *number = own;
                        });
                        named += documents.len();
                        Ok(Some(documents))
                    }
                }
            };
            texts_for.push(ask(sought.wants_texts(key), doc::texts(mailbox))?);
            heads_for.push(ask(sought.wants_header(key), doc::messages(mailbox))?);
        }
        let mut narrowed =
            Self { view, places, texts_for, heads_for, texts: Vec::new(), heads: Vec::new(), text_at: 0, head_at: 0 };
        narrowed.texts = narrowed.texts_to_look_at()?;
        let messages = narrowed.places.iter().map(|(message, _)| *message);
        narrowed.heads = match union(&narrowed.heads_for) {
            None => messages.collect(),
            Some(some) => messages.filter(|message| some.binary_search(message).is_ok()).collect(),
        };
        narrowed.heads.dedup();
        Ok(narrowed)
    }

    fn texts_to_look_at(&self) -> Result<Vec<i64>, StoreError> {
        let some = union(&self.texts_for);
        // In a small folder of a large mailbox it is less to ask what its messages hold.
        if let Some(some) = &some
            && some.len() <= self.places.len()
        {
            return Ok(some.clone());
        }
        let mut held = Vec::new();
        for (message, _) in &self.places {
            self.view.texts_of(*message, &mut held)?;
        }
        held.sort_unstable();
        held.dedup();
        held.retain(|text| some.as_ref().is_none_or(|some| some.binary_search(text).is_ok()));
        Ok(held)
    }

    fn go_on(
        &mut self,
        db: &Connection,
        sought: &Sought,
        found: &mut Matches,
        until: Instant,
    ) -> Result<bool, StoreError> {
        while let Some(text) = self.texts.get(self.text_at).copied() {
            if Instant::now() > until {
                return Ok(false);
            }
            self.text_at += 1;
            self.look_at_text(text, sought, found)?;
        }
        while let Some(message) = self.heads.get(self.head_at).copied() {
            if Instant::now() > until {
                return Ok(false);
            }
            self.head_at += 1;
            self.look_at_head(db, message, sought, found)?;
        }
        Ok(true)
    }

    fn look_at_text(&self, text: i64, sought: &Sought, found: &mut Matches) -> Result<(), StoreError> {
        let holders: Vec<usize> =
            self.view.holders(text)?.into_iter().flat_map(|message| self.places_of(message)).collect();
        if holders.is_empty() {
            return Ok(());
        }
        let mut octets = None;
        for key in (0..sought.len()).filter(|key| sought.wants_texts(*key) && may(&self.texts_for, *key, text)) {
            // Where all of them hold it already, nothing needs to be read.
            if holders.iter().all(|place| found.held(key, *place)) {
                continue;
            }
            let octets = match &octets {
                Some(octets) => octets,
                None => octets.insert(self.view.text(text)?),
            };
            if sought.in_text(key, octets) {
                holders.iter().for_each(|place| found.hold(key, *place));
            }
        }
        Ok(())
    }

    fn look_at_head(
        &self,
        db: &Connection,
        message: i64,
        sought: &Sought,
        found: &mut Matches,
    ) -> Result<(), StoreError> {
        let places: Vec<usize> = self.places_of(message).collect();
        let open = |key: &usize| {
            sought.wants_header(*key)
                && may(&self.heads_for, *key, message)
                && !places.iter().all(|place| found.held(*key, *place))
        };
        let keys: Vec<usize> = (0..sought.len()).filter(open).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let Some(id) = self.view.message(message)? else { return Ok(()) };
        let sql = "SELECT header FROM messages WHERE id = ?1";
        let header = db.one("reading what is searched", sql, [id], |row| column::<Vec<u8>>(row, 0))?;
        let Some(header) = header else { return Ok(()) };
        let head = Head::new(&Bytes::from(header));
        for key in keys {
            if sought.in_header(key, &head) {
                places.iter().for_each(|place| found.hold(key, *place));
            }
        }
        Ok(())
    }

    fn places_of(&self, message: i64) -> impl Iterator<Item = usize> + '_ {
        let from = self.places.partition_point(|(own, _)| *own < message);
        let same = self.places.get(from..).unwrap_or_default().iter();
        same.take_while(move |(own, _)| *own == message).map(|(_, place)| *place)
    }
}

/// Whether a document may hold a key.
fn may(documents: &[Option<Vec<i64>>], key: usize, document: i64) -> bool {
    documents.get(key).is_some_and(|some| some.as_ref().is_none_or(|some| some.binary_search(&document).is_ok()))
}

/// The documents that may hold any key, ascending; `None`: any may.
fn union(documents: &[Option<Vec<i64>>]) -> Option<Vec<i64>> {
    let mut all = Vec::new();
    for some in documents {
        all.extend_from_slice(some.as_ref()?);
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}
