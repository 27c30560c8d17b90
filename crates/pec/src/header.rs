//! Header blocks of foreign messages, byte for byte.

pub(crate) mod addresses;

use std::ops::Range;

use bytes::Bytes;

use crate::encoded_word;
use crate::mime::{Block, Bounds, Fields};

pub use crate::decode::{escapes, undeclared};
pub use addresses::ListItem;

/// A value for people: octets beyond ASCII read as [`undeclared`] does, encoded words decoded (RFC 2047).
pub fn readable(value: &[u8]) -> String {
    encoded_word::decode(&undeclared(value))
}

/// The header block of a message, indexed; field bytes stay as they came.
#[derive(Clone, Debug)]
pub struct Header {
    message: Bytes,
    block: Block,
}

/// The most fields that are told apart: what follows in the block is one nameless field.
pub const MAX_FIELDS: usize = Bounds::HEADER.fields;

impl Header {
    /// Indexes the header block at the start of `message` (CRLF or bare LF line ends), as [`Block::read`] does.
    /// A line that is no field ends nothing: it is kept as a nameless field.
    pub fn parse(message: &Bytes) -> Self {
        Self { message: message.clone(), block: Block::read(message, 0..message.len(), &Bounds::HEADER) }
    }

    /// Where the body begins: after the empty line, or at the end when there is none.
    pub fn body_start(&self) -> usize {
        self.block.body_start()
    }

    /// Where the fields end: before the empty line, or at the end when there is none.
    pub fn end(&self) -> usize {
        self.block.end()
    }

    /// The whole message whose header this is.
    pub fn message(&self) -> &Bytes {
        &self.message
    }

    /// The fields, for [`crate::mime`].
    pub fn fields(&self) -> Fields<'_> {
        self.block.of(&self.message)
    }

    /// The raw bytes (name, colon, value, folding, line end) of every field called `name`,
    /// without regard to case, in order.
    pub fn raw<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> + 'a {
        let fields = self.fields();
        fields.named(name).map(move |field| fields.raw(field))
    }

    /// Where each field called `name` stands, line end included.
    pub(crate) fn ranges<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        self.fields().named(name).map(|field| field.name.start..field.end)
    }

    /// The unfolded, trimmed value of the first field called `name`, lossy UTF-8, encoded words
    /// not decoded.
    pub fn value(&self, name: &str) -> Option<String> {
        self.values(name).next()
    }

    /// The values of all fields called `name`, each as [`Header::value`] gives it.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        let fields = self.fields();
        fields.named(name).map(move |field| String::from_utf8_lossy(&fields.unfolded(field)).into_owned())
    }

    /// How many fields are called `name`.
    pub fn count(&self, name: &str) -> usize {
        self.fields().named(name).count()
    }

    /// The lines (with what is folded under them) that are no fields; more fields than
    /// [`MAX_FIELDS`] count as one such line.
    pub fn nameless(&self) -> impl Iterator<Item = &[u8]> {
        let fields = self.fields();
        fields.iter().filter(|field| field.name.is_empty()).map(move |field| fields.raw(field))
    }

    /// Whether the block has more fields than [`MAX_FIELDS`], so that a name may stand unseen.
    pub fn is_overlong(&self) -> bool {
        self.block.is_overlong()
    }

    /// The value of `Subject` with encoded words decoded (RFC 2047); raw bytes that are not UTF-8
    /// are read as ISO-8859-1. `None` when the field is missing.
    ///
    /// ISO-8859-1 is read in its superset windows-1252. Decoded control characters stay.
    pub fn subject(&self) -> Option<String> {
        let field = self.fields().named("Subject").next()?;
        Some(readable(&self.fields().unfolded(field)))
    }

    /// The addr-specs of every mailbox (groups opened) in the fields called `name`; entries that
    /// do not parse come back as `Err` with their text.
    pub fn addresses(&self, name: &str) -> Vec<Result<crate::Address, String>> {
        self.entries(name).into_iter().map(|entry| entry.address).collect()
    }

    /// What stands in the address lists called `name`, groups and names of people included, as IMAP's ENVELOPE tells it.
    /// Octets beyond ASCII are read as [`undeclared`] does; encoded words stay.
    pub fn list(&self, name: &str) -> Vec<ListItem> {
        let fields = self.fields();
        let mut items = Vec::new();
        fields.named(name).for_each(|field| addresses::read_items(&undeclared(&fields.unfolded(field)), &mut items));
        items
    }

    /// The entries of the address lists called `name`, with what stands inside a group marked.
    pub(crate) fn entries(&self, name: &str) -> Vec<addresses::Entry> {
        let mut entries = Vec::new();
        self.values(name).for_each(|list| addresses::read_list(&list, &mut entries));
        entries
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(text: &'static str) -> Header {
        Header::parse(&Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn fields_come_back_byte_for_byte_and_names_have_no_case() {
        let h = header("To: a@b.it,\r\n\tc@d.it\r\nX-tiporicevuta : breve\r\nto:z@z.it\r\n\r\nTo: body");
        let raw: Vec<_> = h.raw("TO").collect();
        assert_eq!(raw, [&b"To: a@b.it,\r\n\tc@d.it\r\n"[..], b"to:z@z.it\r\n"]);
        assert_eq!(h.value("to").as_deref(), Some("a@b.it,\tc@d.it"));
        assert_eq!(h.value("X-TipoRicevuta").as_deref(), Some("breve"));
        assert_eq!((h.count("To"), h.count("Cc")), (2, 0));
        assert_eq!(&h.message()[h.body_start()..], b"To: body");
    }

    #[test]
    fn bare_line_feeds_end_lines_too() {
        let h = header("A: 1\n 2\nB: 3\n\nbody\n");
        assert_eq!(h.value("a").as_deref(), Some("1 2"));
        assert_eq!(&h.message()[h.body_start()..], b"body\n");
        assert_eq!(h.end(), 13);
    }

    #[test]
    fn a_line_that_is_no_field_is_kept_and_ends_nothing() {
        let h = header("From a@b.it Thu Jan  1 00:00:00 1970\r\nA: 1\r\nnot a field\r\n folded: x\r\nB: 2\r\n\r\n");
        assert_eq!(h.nameless().count(), 2);
        assert_eq!(h.nameless().last(), Some(&b"not a field\r\n folded: x\r\n"[..]));
        assert_eq!((h.value("A").as_deref(), h.value("B").as_deref()), (Some("1"), Some("2")));
        assert_eq!(h.count("folded"), 0);
    }

    #[test]
    fn a_message_may_lack_header_body_or_empty_line() {
        let only = header("A: 1");
        assert_eq!((only.body_start(), only.end(), only.value("A").as_deref()), (4, 4, Some("1")));
        let none = header("\r\nbody");
        assert_eq!((none.body_start(), none.end()), (2, 0));
        let nothing = header("");
        assert_eq!((nothing.body_start(), nothing.end()), (0, 0));
    }

    #[test]
    fn the_subject_is_decoded_from_words_and_from_raw_octets() {
        let h = header("Subject: =?ISO-8859-1?Q?Fattura_n=B0?=\r\n =?utf-8?B?IMOo?= pagata\r\n\r\n");
        assert_eq!(h.subject().as_deref(), Some("Fattura n° è pagata"));
        let raw = Header::parse(&Bytes::from_static(b"Subject: perch\xe9\r\n\r\n"));
        assert_eq!(raw.subject().as_deref(), Some("perché"));
        assert_eq!(header("subject:\r\n\r\n").subject().as_deref(), Some(""));
        assert_eq!(header("A: b\r\n\r\n").subject(), None);
    }

    #[test]
    fn more_fields_than_the_limit_are_one_nameless_line() {
        let full = Header::parse(&Bytes::from("A: b\n".repeat(MAX_FIELDS) + "\nbody"));
        assert!(!full.is_overlong() && full.nameless().next().is_none());
        let text = "A: b\n".repeat(MAX_FIELDS) + "From: x@y.it\nFrom: z@y.it\n\nbody";
        let over = Header::parse(&Bytes::from(text.clone()));
        assert!(over.is_overlong());
        assert_eq!((over.count("A"), over.count("From"), over.nameless().count()), (MAX_FIELDS, 0, 1));
        assert_eq!(&text[over.body_start()..], "body");
        assert_eq!(over.end(), text.len() - 5);
    }

    proptest! {
        #[test]
        fn any_octets_are_read_without_panic_and_no_octet_is_lost(octets in proptest::collection::vec(
            prop_oneof![4 => any::<u8>(), 1 => Just(b'\n'), 1 => Just(b'\r'), 1 => Just(b':'), 1 => Just(b' ')], 0..300)) {
            let message = Bytes::from(octets);
            let h = Header::parse(&message);
            prop_assert!(h.end() <= h.body_start() && h.body_start() <= message.len());
            let mut at = 0;
            for field in h.fields().iter() {
                prop_assert_eq!(field.name.start, at);
                prop_assert!(field.name.end <= field.value.start && field.value.end == field.end);
                at = field.end;
            }
            prop_assert_eq!(at, h.end());
            let _ = (h.subject(), h.addresses("To"), h.value("From"));
        }

        #[test]
        fn any_subject_and_address_list_is_read_without_panic(text in "[ -~\r\n\t<>@,;:\"()\\\\=?à.]{0,120}") {
            let message = Bytes::from(format!("Subject: {text}\r\nTo: {text}\r\n\r\n"));
            let h = Header::parse(&message);
            let _ = (h.subject(), h.addresses("To"));
        }
    }
}
