//! APPEND (RFC 9051 §6.3.12, MULTIAPPEND of RFC 3502) up to its messages.

use pec::Moment;

use crate::cursor::{Cursor, Parsed};
use crate::date::date_time;
use crate::dialect::Dialect;
use crate::flag::Flag;
use crate::tag::Tag;

/// What stands before the first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendHead {
    /// What the answer begins with.
    pub tag: Tag,
    /// Where to.
    pub mailbox: String,
}

/// What stands before each message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendMessage {
    /// Flags it starts with.
    pub flags: Vec<Flag>,
    /// Its internal date, if the client says one.
    pub at: Option<Moment>,
    /// Octets that follow. None takes the whole APPEND back (RFC 3502 §6.3.11).
    pub octets: u64,
    /// Whether the client waits for `+` before it sends them.
    pub waits: bool,
    /// Whether they may hold NUL (`literal8`, RFC 3516 and 6855).
    pub binary: bool,
    /// Whether the message stands in `UTF8 (…)` (RFC 6855 §4).
    pub utf8: bool,
}

/// Whether these octets, a line up to its literal, are an APPEND whose message follows; then its head, and the cursor
/// stands before what belongs to the message. `None`: another command, or an APPEND whose mailbox is the literal.
pub(crate) fn append_head(line: &[u8], dialect: Dialect) -> Option<Parsed<(AppendHead, Cursor<'_>)>> {
    let mut cursor = Cursor::new(line, dialect);
    let tag = Tag::parse(&mut cursor).ok()?;
    cursor.sp().ok()?;
    if !cursor.keyword("APPEND") {
        return None;
    }
    let rest = cursor.sp();
    if cursor.is_at_end() {
        return None;
    }
    let mailbox = rest.and_then(|()| cursor.mailbox());
    let read = mailbox.and_then(|mailbox| {
        cursor.sp()?;
        Ok((AppendHead { tag, mailbox }, cursor))
    });
    Some(read)
}

/// `append-message` up to its literal, which `octets`, `waits` and `binary` tell of.
pub(crate) fn append_message(cursor: &mut Cursor<'_>, octets: u64, waits: bool) -> Parsed<AppendMessage> {
    let mut message = AppendMessage { flags: Vec::new(), at: None, octets, waits, binary: false, utf8: false };
    if cursor.peek() == Some(b'(') {
        message.flags = Flag::list(cursor)?;
        cursor.sp()?;
    }
    if cursor.peek() == Some(b'"') {
        message.at = Some(date_time(cursor)?);
        cursor.sp()?;
    }
    if cursor.keyword("UTF8") {
        cursor.sp()?;
        cursor.expect(b'(', "(")?;
        message.utf8 = true;
    }
    message.binary = cursor.take(b'~');
    if cursor.is_at_end() && (message.binary || !message.utf8) {
        Ok(message)
    } else {
        Err(cursor.expected("the literal of the message"))
    }
}
