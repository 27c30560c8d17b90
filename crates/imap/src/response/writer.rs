//! What all responses are made of.

use std::fmt;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use bytes::{Bytes, BytesMut};

use crate::cursor::is_astring_char;
use crate::dialect::Dialect;
use crate::name;

/// Longer strings are literals, which no client has to look through.
const MAX_QUOTED: usize = 1_000;

/// Responses, written one behind the other into memory until they are taken. Each method writes whole responses, but
/// those of [`crate::response::FetchResponse`].
#[derive(Clone, Debug, Default)]
pub struct Writer {
    out: BytesMut,
    dialect: Dialect,
}

impl Writer {
    /// Nothing yet.
    pub fn new(dialect: Dialect) -> Self {
        Self { out: BytesMut::new(), dialect }
    }

    /// How texts beyond ASCII are written from now on.
    pub fn set_dialect(&mut self, dialect: Dialect) {
        self.dialect = dialect;
    }

    /// The dialect.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// How many octets wait to be taken.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// What was written, to be sent.
    pub fn take(&mut self) -> Bytes {
        self.out.split().freeze()
    }

    pub(super) fn raw(&mut self, text: &str) -> &mut Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn show(&mut self, value: impl fmt::Display) -> &mut Self {
        // Writing to memory does not fail.
        let _ = write!(self.out, "{value}");
        self
    }

    pub(super) fn crlf(&mut self) {
        self.raw("\r\n");
    }

    /// `string`: quoted where that can be, else a literal. NUL stands in neither, and is left out.
    pub(super) fn string(&mut self, octets: &[u8]) -> &mut Self {
        let fits = |octet: &u8| octet.is_ascii() && !matches!(octet, b'\r' | b'\n' | 0);
        let utf8 = || {
            self.dialect == Dialect::Utf8
                && octets.iter().all(|octet| fits(octet) || !octet.is_ascii())
                && std::str::from_utf8(octets).is_ok()
        };
        if octets.len() > MAX_QUOTED || !(octets.iter().all(fits) || utf8()) {
            let nuls = octets.iter().filter(|octet| **octet == 0).count();
            self.literal(octets.len() - nuls);
            self.out.extend(octets.iter().filter(|octet| **octet != 0));
            return self;
        }
        self.raw("\"");
        for piece in octets.split_inclusive(|octet| matches!(octet, b'"' | b'\\')) {
            match piece.split_last() {
                Some((last @ (b'"' | b'\\'), before)) => {
                    self.out.extend_from_slice(before);
                    self.out.extend_from_slice(&[b'\\', *last]);
                }
                _ => self.out.extend_from_slice(piece),
            }
        }
        self.raw("\"")
    }

    pub(super) fn octets(&mut self, octets: &[u8]) -> &mut Self {
        self.out.extend_from_slice(octets);
        self
    }

    /// The announcement of so many octets.
    pub(super) fn literal(&mut self, octets: usize) -> &mut Self {
        self.show(format_args!("{{{octets}}}\r\n"))
    }

    /// `nstring`
    pub(super) fn nstring(&mut self, octets: Option<&[u8]>) -> &mut Self {
        match octets {
            None => self.raw("NIL"),
            Some(octets) => self.string(octets),
        }
    }

    /// `astring`: an atom where that can be.
    pub(super) fn astring(&mut self, text: &str) -> &mut Self {
        let atom = !text.is_empty() && text.bytes().all(is_astring_char) && !text.eq_ignore_ascii_case("NIL");
        if atom { self.raw(text) } else { self.string(text.as_bytes()) }
    }

    /// `mailbox`
    pub(super) fn mailbox(&mut self, name: &str) -> &mut Self {
        let name = name::encode(name, self.dialect);
        self.string(name.as_bytes())
    }

    /// Text of a header: octets beyond ASCII are UTF-8 or of an unknown charset. They are shown as UTF-8 where the client
    /// takes it, else in encoded words (RFC 2047).
    pub(super) fn header_text(&mut self, octets: &[u8]) -> &mut Self {
        if octets.is_ascii() {
            return self.string(octets);
        }
        let text = pec::header::undeclared(octets);
        match self.dialect {
            Dialect::Utf8 => self.string(text.as_bytes()),
            Dialect::Ascii => self.string(pec::compose::phrase(&text).as_bytes()),
        }
    }

    /// `sequence-set` of ascending ranges; never empty in any response.
    pub(super) fn set(&mut self, ranges: &[RangeInclusive<u32>]) -> &mut Self {
        for (at, range) in ranges.iter().enumerate() {
            if at > 0 {
                self.raw(",");
            }
            self.show(range.start());
            if range.end() > range.start() {
                self.show(format_args!(":{}", range.end()));
            }
        }
        self
    }

    /// Items between brackets, blanks between them.
    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.raw("(");
        for (at, value) in items.into_iter().enumerate() {
            if at > 0 {
                self.raw(" ");
            }
            item(self, value);
        }
        self.raw(")")
    }

    /// Words between brackets.
    pub(super) fn words<T: AsRef<str>>(&mut self, words: &[T]) -> &mut Self {
        self.list(words, |writer, word| {
            writer.raw(word.as_ref());
        })
    }
}
