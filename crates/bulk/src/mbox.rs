//! mbox files: one for each folder, messages one behind the other, each after a line that begins with `From ` (RFC 4155). Lines of
//! messages that begin so are quoted with a `>`, as many as they have already (mboxrd), so that nothing is lost.

mod from_line;
mod quoting;
mod read;
mod status;
mod write;

pub use quoting::Quoting;
pub use read::MboxFiles;
pub(crate) use write::MboxWriter;
