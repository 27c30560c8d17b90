//! A place in a command, and the productions that every command shares (RFC 9051 §9).

use std::borrow::Cow;

use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::name;
use crate::sequence::{SeqNumber, SequenceSet};

/// What was read, or why it cannot be.
pub(crate) type Parsed<T> = Result<T, Fault>;

/// The most items of any list in a command that says nothing else.
pub(crate) const MAX_ITEMS: usize = 1_000;
/// The most ranges of one set: mail programs that keep no ranges send each UID of a large folder.
const MAX_RANGES: usize = 32 * 1024;

/// How far a command has been read. Nothing is ever read twice but the few octets that tell one alternative from another.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    input: &'a [u8],
    at: usize,
    dialect: Dialect,
}

/// `ATOM-CHAR`
pub(crate) fn is_atom_char(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"(){%*\"\\]".contains(&octet)
}

/// `ASTRING-CHAR`
pub(crate) fn is_astring_char(octet: u8) -> bool {
    is_atom_char(octet) || octet == b']'
}

/// `list-char`
pub(crate) fn is_list_char(octet: u8) -> bool {
    is_astring_char(octet) || octet == b'%' || octet == b'*'
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(input: &'a [u8], dialect: Dialect) -> Self {
        Self { input, at: 0, dialect }
    }

    /// The fault that something else was expected here.
    pub(crate) fn expected(&self, expected: &'static str) -> Fault {
        Fault::Syntax { expected, at: self.at }
    }

    fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// Whether nothing is left.
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// Whether this octet stands here; it is taken.
    pub(crate) fn take(&mut self, octet: u8) -> bool {
        let here = self.peek() == Some(octet);
        self.at += usize::from(here);
        here
    }

    pub(crate) fn expect(&mut self, octet: u8, expected: &'static str) -> Parsed<()> {
        if self.take(octet) { Ok(()) } else { Err(self.expected(expected)) }
    }

    /// `SP`
    pub(crate) fn sp(&mut self) -> Parsed<()> {
        self.expect(b' ', "a blank")
    }

    /// The end of a command: `CRLF`, or a bare LF as people type it into a terminal.
    pub(crate) fn crlf(&mut self) -> Parsed<()> {
        self.take(b'\r');
        self.expect(b'\n', "the end of the line")?;
        if self.is_at_end() { Ok(()) } else { Err(self.expected("nothing more")) }
    }

    pub(crate) fn take_while(&mut self, fits: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let len = rest.iter().position(|octet| !fits(*octet)).unwrap_or(rest.len());
        self.at += len;
        rest.get(..len).unwrap_or_default()
    }

    fn ascii(octets: &[u8]) -> String {
        octets.iter().copied().map(char::from).collect()
    }

    /// A word of a command's own language, in upper case: letters, digits and what binds them. Empty where none stands.
    pub(crate) fn word(&mut self) -> String {
        let word = self.take_while(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_'));
        Self::ascii(word).to_ascii_uppercase()
    }

    /// Whether this word stands here, in any case; it is taken.
    pub(crate) fn keyword(&mut self, keyword: &str) -> bool {
        let mut ahead = self.clone();
        let here = ahead.word() == keyword;
        if here {
            *self = ahead;
        }
        here
    }

    /// `atom`
    pub(crate) fn atom(&mut self) -> Parsed<String> {
        match self.take_while(is_atom_char) {
            [] => Err(self.expected("an atom")),
            atom => Ok(Self::ascii(atom)),
        }
    }

    /// `number64`, at least `least`.
    pub(crate) fn number64(&mut self, least: u64) -> Parsed<u64> {
        let start = self.clone();
        let digits = self.take_while(|octet| octet.is_ascii_digit());
        let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        // RFC 9051 §9: 63 bits.
        number.filter(|number| (least..=u64::MAX >> 1).contains(number)).ok_or(start.expected("a number"))
    }

    /// `number`, at least `least`.
    pub(crate) fn number(&mut self, least: u32) -> Parsed<u32> {
        let start = self.clone();
        u32::try_from(self.number64(u64::from(least))?).map_err(|_| start.expected("a number of 32 bits"))
    }

    /// `quoted`; octets above 127 are let through, because passwords have them whatever was enabled.
    fn quoted(&mut self) -> Parsed<Cow<'a, [u8]>> {
        self.expect(b'"', "a quotation mark")?;
        let plain = |octet| !matches!(octet, b'"' | b'\\' | b'\r' | b'\n' | 0);
        let mut text = Cow::Borrowed(self.take_while(plain));
        loop {
            if self.take(b'"') {
                return Ok(text);
            }
            if !self.take(b'\\') {
                return Err(self.expected("the end of the quoted text"));
            }
            let Some(escaped @ (b'"' | b'\\')) = self.peek() else { return Err(self.expected("\" or \\")) };
            self.at += 1;
            text.to_mut().push(escaped);
            let more = self.take_while(plain);
            text.to_mut().extend_from_slice(more);
        }
    }

    /// `literal`; with `binary` also `literal8` (RFC 3516), which alone may hold NUL.
    fn literal(&mut self, binary: bool) -> Parsed<Cow<'a, [u8]>> {
        let eight = binary && self.take(b'~');
        self.expect(b'{', "a string")?;
        let octets = self.number64(0)?;
        self.take(b'+');
        self.expect(b'}', "the end of the literal's length")?;
        self.take(b'\r');
        self.expect(b'\n', "the end of the line")?;
        let whole = usize::try_from(octets).ok().and_then(|octets| self.rest().get(..octets));
        let content = whole.ok_or_else(|| self.expected("the whole literal"))?;
        if content.contains(&0) && !eight {
            return Err(self.expected("a literal without NUL"));
        }
        self.at += content.len();
        Ok(Cow::Borrowed(content))
    }

    /// `string`
    pub(crate) fn string(&mut self) -> Parsed<Cow<'a, [u8]>> {
        if self.peek() == Some(b'"') { self.quoted() } else { self.literal(false) }
    }

    /// `astring`
    pub(crate) fn astring(&mut self) -> Parsed<Cow<'a, [u8]>> {
        self.string_or(is_astring_char, "an astring")
    }

    /// A string, or a word of such octets.
    fn string_or(&mut self, fits: impl Fn(u8) -> bool, expected: &'static str) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            _ => match self.take_while(fits) {
                [] => Err(self.expected(expected)),
                word => Ok(Cow::Borrowed(word)),
            },
        }
    }

    /// `nstring`
    pub(crate) fn nstring(&mut self) -> Parsed<Option<Cow<'a, [u8]>>> {
        if self.keyword("NIL") { Ok(None) } else { self.string().map(Some) }
    }

    /// `value` of metadata (RFC 5464 §5): a string, a `literal8` or nothing.
    pub(crate) fn value(&mut self) -> Parsed<Option<Cow<'a, [u8]>>> {
        if self.peek() == Some(b'~') { self.literal(true).map(Some) } else { self.nstring() }
    }

    /// An `astring` that is text.
    pub(crate) fn text(&mut self) -> Parsed<String> {
        let start = self.clone();
        let octets = self.astring()?.into_owned();
        String::from_utf8(octets).map_err(|_| start.expected("text in UTF-8"))
    }

    /// `mailbox`; `INBOX` comes back as it is written.
    pub(crate) fn mailbox(&mut self) -> Parsed<String> {
        Ok(name::decode(&self.astring()?, self.dialect)?)
    }

    /// `list-mailbox`
    pub(crate) fn list_mailbox(&mut self) -> Parsed<String> {
        Ok(name::decode(&self.string_or(is_list_char, "a pattern")?, self.dialect)?)
    }

    /// What stands between brackets, one blank between two items.
    pub(crate) fn list<T>(
        &mut self,
        what: &'static str,
        most: usize,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect(b'(', "(")?;
        let mut items = Vec::new();
        if self.take(b')') {
            return Ok(items);
        }
        loop {
            if items.len() >= most {
                return Err(Fault::TooMany { what, most });
            }
            items.push(item(self)?);
            if self.take(b')') {
                return Ok(items);
            }
            self.sp()?;
        }
    }

    /// As [`Cursor::list`], with one item at least.
    pub(crate) fn list1<T>(
        &mut self,
        what: &'static str,
        most: usize,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let start = self.clone();
        let items = self.list(what, most, item)?;
        if items.is_empty() { Err(start.expected("a list with something in it")) } else { Ok(items) }
    }

    /// Whether a sequence set begins here.
    pub(crate) fn is_at_set(&self) -> bool {
        self.peek().is_some_and(|octet| octet.is_ascii_digit() || octet == b'*' || octet == b'$')
    }

    /// `sequence-set`, `$` included (RFC 5182 §3).
    pub(crate) fn sequence_set(&mut self) -> Parsed<SequenceSet> {
        if self.take(b'$') {
            return Ok(SequenceSet::Saved);
        }
        let mut ranges = Vec::new();
        loop {
            if ranges.len() >= MAX_RANGES {
                return Err(Fault::TooMany { what: "ranges", most: MAX_RANGES });
            }
            let from = self.seq_number()?;
            let to = if self.take(b':') { self.seq_number()? } else { from };
            ranges.push((from, to));
            if !self.take(b',') {
                return Ok(SequenceSet::Ranges(ranges));
            }
        }
    }

    /// A set of numbers alone: `known-uids` and its like (RFC 7162 §7).
    pub(crate) fn closed_set(&mut self) -> Parsed<SequenceSet> {
        let start = self.clone();
        let set = self.sequence_set()?;
        if set.is_open() { Err(start.expected("a set without *")) } else { Ok(set) }
    }

    fn seq_number(&mut self) -> Parsed<SeqNumber> {
        if self.take(b'*') { Ok(SeqNumber::Last) } else { self.number(1).map(SeqNumber::Number) }
    }
}
