//! The one reader of MIME (RFC 2045, 2046, 2231) for every room: fields, parameters, parts, structure.
//!
//! Two readers that differ are two messages: what one room checks, another would show. So all of them stand on these
//! types, and what mail programs would read differently is a named [`Flaw`], never a guess: a signed message with a
//! flaw is refused, an ordinary one degrades to what it surely is.
//!
//! Everything here is total (any bytes give a result), works on offsets without copying a body, takes time linear in
//! the message, and memory within [`Bounds`].
//!
//! * [`Block`] and [`Fields`]: a header block as ranges;
//! * [`Parameters`]: the value of `Content-Type` and its like;
//! * [`Entity`]: what the fields of one part say of its body;
//! * [`Tree`]: the parts of a message, found in one pass;
//! * [`Structure`]: the same as plain data to keep beside a message, as IMAP shows it, and where its [`Text`]s stand.

mod block;
mod bounds;
mod code;
mod comment;
mod delimiter;
mod entity;
mod line;
mod parameters;
mod reading;
mod structure;
#[cfg(test)]
mod tests;
mod texts;
mod tree;

pub use block::{Block, Field, Fields};
pub use bounds::Bounds;
pub use code::StructureError;
pub(crate) use comment::comment;
pub use delimiter::{Delimiter, delimiter, without_line_end};
pub use entity::{Decoder, Disposition, Entity, Flaw, TransferEncoding};
pub use line::line_end;
pub use parameters::{Parameter, Parameters};
pub use structure::{Content, NamedValues, Part, Structure, structure};
pub use texts::{Text, TextKind};
pub use tree::{Node, Tree};
