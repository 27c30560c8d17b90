//! A ZIP file of messages, each an `.eml` file; the folders in it are those of the mailbox.

mod path;
mod read;
mod write;

pub use read::Archive;
pub(crate) use write::ArchiveWriter;
pub use write::entry;
