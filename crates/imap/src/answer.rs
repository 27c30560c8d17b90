//! What a server answers, read by a client: the responses that who fetches mailboxes needs to know (RFC 3501 §7, RFC 9051 §7).
//!
//! A response is read whole, its literals within it, as the line that [`announced`] has shown to go on.

mod form;
mod read;

use std::ops::RangeInclusive;

use crate::cursor::Cursor;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::framing;
use crate::response::Condition;
pub use form::{Fetched, Listed, Namespaces};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `+`: the server waits for what follows.
    Continue,
    /// `OK`, `NO`, `BAD`, `BYE`, `PREAUTH`.
    Status {
        /// The command that it answers; `None`: untagged.
        tag: Option<String>,
        /// Which.
        condition: Condition,
        /// What stands between `[` and `]`; empty where nothing does.
        code: String,
        /// The text for people.
        text: String,
    },
    /// `CAPABILITY`, in upper case.
    Capability(Vec<String>),
    /// `LIST`
    List(Listed),
    /// `NAMESPACE`
    Namespace(Namespaces),
    /// `SEARCH` and `ESEARCH`: ranges of numbers, as they came.
    Search(Vec<RangeInclusive<u32>>),
    /// `FETCH`
    Fetch(Fetched),
    /// Anything else.
    Other,
}

/// The literal that a line announces at its end: how many octets, and how long the line is before it.
pub fn announced(line: &[u8]) -> Option<(u64, usize)> {
    framing::announced(line)
}

impl Answer {
    /// Reads a response with its line end.
    ///
    /// # Errors
    ///
    /// When it is none, with what was expected where.
    pub fn parse(response: &[u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(response, Dialect::Ascii);
        if cursor.take(b'+') {
            return Ok(Answer::Continue);
        }
        let tag = match cursor.take(b'*') {
            true => None,
            false => Some(cursor.atom()?),
        };
        cursor.sp()?;
        let numbered = tag.is_none() && cursor.peek().is_some_and(|octet| octet.is_ascii_digit());
        if numbered {
            cursor.number64(0)?;
            cursor.sp()?;
        }
        let word = cursor.word();
        if let Some(condition) = condition(&word).filter(|_| !numbered) {
            return Ok(status(&mut cursor, tag, condition));
        }
        if tag.is_some() {
            return Err(cursor.expected("OK, NO or BAD"));
        }
        match word.as_str() {
            "CAPABILITY" => read::words(&mut cursor).map(Answer::Capability),
            "FETCH" if numbered => {
                cursor.sp()?;
                read::fetched(&mut cursor).map(Answer::Fetch)
            }
            "LIST" => read::listed(&mut cursor).map(Answer::List),
            "NAMESPACE" => read::namespaces(&mut cursor).map(Answer::Namespace),
            "SEARCH" => read::numbers(&mut cursor).map(Answer::Search),
            "ESEARCH" => read::extended(&mut cursor).map(Answer::Search),
            _ => Ok(Answer::Other),
        }
    }
}

fn condition(word: &str) -> Option<Condition> {
    [Condition::Ok, Condition::No, Condition::Bad, Condition::Bye, Condition::PreAuth]
        .into_iter()
        .find(|condition| condition.name() == word)
}

fn status(cursor: &mut Cursor<'_>, tag: Option<String>, condition: Condition) -> Answer {
    cursor.take(b' ');
    let mut code = String::new();
    if cursor.take(b'[') {
        code = read::rest(cursor, |octet| octet != b']');
        cursor.take(b']');
        cursor.take(b' ');
    }
    Answer::Status { tag, condition, code, text: read::rest(cursor, |_| true) }
}

#[cfg(test)]
mod tests {
    use pec::Moment;
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Answer {
        Answer::parse(format!("{text}\r\n").as_bytes()).unwrap()
    }

    #[test]
    fn what_servers_answer_is_read() {
        let ok = |tag: Option<&str>, code: &str, text: &str| Answer::Status {
            tag: tag.map(str::to_owned),
            condition: Condition::Ok,
            code: code.into(),
            text: text.into(),
        };
        assert_eq!(read("+ go on"), Answer::Continue);
        assert_eq!(read("* OK [UIDVALIDITY 7] UIDs valid"), ok(None, "UIDVALIDITY 7", "UIDs valid"));
        assert_eq!(read("a1 OK done"), ok(Some("a1"), "", "done"));
        assert_eq!(
            read("* CAPABILITY IMAP4rev1 auth=PLAIN"),
            Answer::Capability(vec!["IMAP4REV1".into(), "AUTH=PLAIN".into()])
        );
        assert_eq!(read("* SEARCH 2 3 4 9"), Answer::Search(vec![2..=4, 9..=9]));
        assert_eq!(read("* SEARCH"), Answer::Search(Vec::new()));
        assert_eq!(read("* ESEARCH (TAG \"a\") UID COUNT 3 ALL 2:4,9"), Answer::Search(vec![2..=4, 9..=9]));
        assert_eq!(read("* 3 EXISTS"), Answer::Other);
        let Answer::List(listed) = read("* LIST (\\HasNoChildren \\Sent) \".\" \"Caff&AOg-.Posta\"") else {
            panic!("no LIST")
        };
        assert_eq!((listed.name.as_str(), listed.delimiter), ("Caffè.Posta", Some('.')));
        assert_eq!(listed.attributes, ["\\HasNoChildren", "\\Sent"]);
        let Answer::List(listed) = read("* LIST () NIL {3}\r\na&b") else { panic!("no LIST") };
        assert_eq!((listed.name.as_str(), listed.delimiter), ("a&b", None));
        let text =
            "* NAMESPACE ((\"INBOX.\" \".\")(\"Caff&AOg-\" NIL \"X-P\" (\"a\" \"b\"))) NIL ((\"shared.\" \".\"))";
        let (own, others) = (vec!["INBOX.".into(), "Caffè".into()], vec!["shared.".into()]);
        assert_eq!(read(text), Answer::Namespace(Namespaces { own, others }));
        let text = "* 12 FETCH (FLAGS (\\Seen $Junk) X-OTHER (a (b \"c\")) UID 5 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" \
                    RFC822.SIZE 44 MODSEQ (9) BODY[] {3}\r\nabc)";
        let Answer::Fetch(fetched) = read(text) else { panic!("no FETCH") };
        assert_eq!((fetched.uid, fetched.size, fetched.at.map(Moment::unix)), (Some(5), Some(44), Some(837_596_665)));
        assert_eq!(fetched.flags.unwrap(), ["\\Seen", "$Junk"]);
        assert_eq!(fetched.body, Some(Some(b"abc".to_vec())));
        assert_eq!(announced(b"* 1 FETCH (BODY[] {42}\r\n"), Some((42, 18)));
        assert_eq!(announced(b"* 1 FETCH (BODY[] NIL)\r\n"), None);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(octets in prop::collection::vec(prop::sample::select(b" *+()[]{}\"\\a1FETCH\r\n".to_vec()), 0..60)) {
            let _ = Answer::parse(&octets);
            let _ = Answer::parse(&[b"* 1 FETCH (".as_slice(), &octets].concat());
        }
    }
}
