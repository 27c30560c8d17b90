//! Everything that is kept about one person, in one archive that explains itself (`docs/privacy.md`).
//!
//! Its parts are written one after the other, a line or a message at a time: what is held does not grow with what there is.

mod archive;
mod index;
mod mailbox;
mod trace;

pub(crate) use archive::Archive;
pub(crate) use index::{Told, index};
pub(crate) use mailbox::Holdings;
pub(crate) use trace::{infected, rows};
