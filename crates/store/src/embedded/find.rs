//! Messages found in the evidence, by an index in a file of its own.
//!
//! `find.db` beside `sigillo.db` is derived: whatever becomes of it, nothing is lost, and it is made anew. No commit waits for
//! it, and none writes a word for it: subjects are numbered in the order in which they are committed, and a thread of its own
//! (`worker`) follows their numbers (`follow`), in transactions that are never flushed for their own sake.
//!
//! The index says which terms stand in which subject (`terms`: sender, recipients, Message-ID, words) and between which
//! numbers the subjects of a day stand. A question (`seek`) takes what it names, newest first, and compares each with the
//! subject itself: so what is found is what is in the evidence. Subjects behind the index are looked at as they are, so an
//! answer is complete at every moment, also without any index.

mod file;
mod follow;
mod seek;
mod terms;
mod trail;
mod worker;

pub(super) use self::file::path;
pub(super) use self::seek::part;
pub(super) use self::trail::Trail;
pub(super) use self::worker::Finder;
