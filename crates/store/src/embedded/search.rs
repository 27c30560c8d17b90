//! Searches: an index in a file of its own, and what looks through texts themselves.
//!
//! # The index
//!
//! `search.db` beside `sigillo.db` is derived: whatever becomes of it, nothing is lost, and it is made anew. No commit waits
//! for it: the writer only notes in `pending` which folders changed, and a thread of its own (`worker`) follows them with one
//! cursor for each folder (modification sequence and UID; `follow`), in transactions that are never flushed for their own
//! sake. After a crash it goes on from its cursors.
//!
//! A text is kept once, by its digest, in small letters, however many messages and mailboxes hold it. Which three characters
//! in a row stand in it is noted (FTS5, without positions) under a number that begins with the mailbox (`doc`): so a search
//! walks through documents of its own mailbox and of no other. What people look for is noted beside it, by words.
//!
//! # A search
//!
//! `hunt` asks the index which texts may hold a key (`grams`), and lets the texts decide (`sought`); of headers, those of the
//! messages. Folders are never ahead of their cursor: entries that came or changed behind it, and those of whom the index
//! says that they could not be read, are looked through as they are (`projection`). So a search is exact at every moment, also
//! without any index, and the index makes it fast. It works in short steps on the readers' threads, few at a time, so that
//! others have their turn between them.

mod doc;
mod file;
mod follow;
mod grams;
mod html;
mod hunt;
mod projection;
mod seek;
mod shelf;
mod sought;
mod sweep;
mod view;
mod words;
mod worker;

pub(super) use self::file::path;
pub(super) use self::shelf::Shelf;
pub(super) use self::worker::Indexer;
