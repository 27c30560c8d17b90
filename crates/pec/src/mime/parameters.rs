//! A structured value with parameters: Content-Type, Content-Disposition (RFC 2045 §5.1, RFC 2183, RFC 2231).

use crate::{decode, encoded_word};

use super::comment::comment;

/// A value and its parameters, as they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// What stands before the first semicolon, in lower case, without comments.
    pub value: String,
    list: Vec<Parameter>,
    overlong: bool,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// In lower case, with the asterisks of RFC 2231 (`filename*0*`).
    pub name: String,
    /// What stands between the quotes with its escapes, or the bare text; no control characters but tabs.
    pub raw: Vec<u8>,
    /// Whether it stood in quotes.
    pub quoted: bool,
    /// Whether it is no well-formed token or quoted string, so that programs read it differently: an inner quote that
    /// nobody escaped, a missing closing quote, text after the quotes, blanks or quotes in a bare value.
    pub irregular: bool,
}

/// The most parameters that are read.
const MAX_PARAMETERS: usize = 100;

impl Parameters {
    /// Reads an unfolded value, as leniently as real programs need: bare values may hold blanks, and a quote inside a
    /// quoted name that nobody escaped does not end it. What was lenient is marked [`Parameter::irregular`].
    pub fn read(value: &[u8]) -> Self {
        let mut reader = Reader { rest: value, comments: true };
        let head = reader.bare();
        let value = String::from_utf8_lossy(without_comments(head)).to_ascii_lowercase();
        let mut list = Vec::new();
        while let Some(parameter) = reader.parameter() {
            if list.len() == MAX_PARAMETERS {
                return Self { value, list, overlong: true };
            }
            list.push(parameter);
        }
        Self { value, list, overlong: false }
    }

    /// Parameters that were read before and kept: without quotes and escapes.
    pub(super) fn of(kept: &[(String, Vec<u8>)]) -> Self {
        let parameter = |(name, value): &(String, Vec<u8>)| Parameter {
            name: name.clone(),
            raw: value.clone(),
            quoted: false,
            irregular: false,
        };
        Self { list: kept.iter().map(parameter).collect(), ..Self::default() }
    }

    /// Every parameter, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.list.iter()
    }

    /// Whether there are more parameters than were read.
    pub fn is_overlong(&self) -> bool {
        self.overlong
    }

    /// The first parameter called exactly `name` (in lower case).
    pub fn exact(&self, name: &str) -> Option<&Parameter> {
        self.list.iter().find(|parameter| parameter.name == name)
    }

    /// The continuations of `name` (`name*0`, `name*1*`, …) or its extended form (`name*`) as they stand, joined without
    /// decoding (RFC 2231 §3).
    pub fn joined(&self, name: &str) -> Option<Vec<u8>> {
        if let Some(whole) = self.exact(&format!("{name}*")) {
            return Some(whole.text());
        }
        let mut sections: Vec<(usize, &Parameter)> =
            self.list.iter().filter_map(|parameter| Some((parameter.section(name)?, parameter))).collect();
        sections.sort_by_key(|(index, _)| *index);
        sections.dedup_by_key(|(index, _)| *index);
        // A gap ends the value: what follows it belongs to nothing.
        let whole = sections.iter().enumerate().take_while(|(at, (index, _))| at == index);
        let joined: Vec<u8> = whole.flat_map(|(_, (_, parameter))| parameter.text()).collect();
        (!joined.is_empty()).then_some(joined)
    }

    /// The parameter called `name` as people read it: also in the forms of RFC 2231, and with the encoded words that
    /// RFC 2047 §5 forbids here and programs write.
    pub fn decoded(&self, name: &str) -> Option<String> {
        if let Some(plain) = self.exact(name) {
            return Some(encoded_word::decode(&decode::undeclared(&plain.text())).trim().to_owned());
        }
        let is_extended = self.list.iter().any(|parameter| parameter.base() == name && parameter.name.ends_with('*'));
        let joined = self.joined(name)?;
        Some(if is_extended { extended(&joined) } else { decode::undeclared(&joined) })
    }

    /// How many parameters are called `name`, in any form of RFC 2231.
    pub fn count(&self, name: &str) -> usize {
        self.list.iter().filter(|parameter| parameter.base() == name).count()
    }
}

impl Parameter {
    /// The name without the asterisks of RFC 2231.
    pub fn base(&self) -> &str {
        self.name.split('*').next().unwrap_or_default()
    }

    /// Which continuation of `name` this is.
    fn section(&self, name: &str) -> Option<usize> {
        let index = self.name.strip_prefix(name)?.strip_prefix('*')?;
        let index = index.strip_suffix('*').unwrap_or(index);
        index.parse().ok().filter(|_| index.bytes().all(|b| b.is_ascii_digit()))
    }

    /// The value without quotes and escapes; a comment after a bare value goes.
    pub fn value(&self) -> Vec<u8> {
        if !self.quoted {
            return without_comments(&self.raw).to_vec();
        }
        self.text()
    }

    /// The value without quotes and escapes; parentheses in a bare value stay, as in file names without quotes.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.raw.len());
        let mut bytes = self.raw.iter();
        while let Some(&byte) = bytes.next() {
            out.push(if byte == b'\\' && self.quoted { bytes.next().copied().unwrap_or(byte) } else { byte });
        }
        out
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Cleared when a comment has no end, so that its end is not searched again and again.
    comments: bool,
}

impl<'a> Reader<'a> {
    /// The next parameter; a word without a value is none.
    fn parameter(&mut self) -> Option<Parameter> {
        loop {
            while let [b' ' | b'\t' | b';', rest @ ..] = self.rest {
                self.rest = rest;
            }
            if self.rest.is_empty() {
                return None;
            }
            let stop = self.rest.iter().position(|b| matches!(b, b'=' | b';')).unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at(stop);
            self.rest = rest;
            let Some(rest) = rest.strip_prefix(b"=") else { continue };
            self.rest = rest.trim_ascii_start();
            let name = String::from_utf8_lossy(without_comments(name)).to_ascii_lowercase();
            let quoted = self.rest.first() == Some(&b'"');
            let (raw, irregular) = if quoted {
                self.quoted()
            } else {
                let bare = self.bare().trim_ascii();
                let odd = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'=') || !b.is_ascii();
                (bare, without_comments(bare).iter().any(odd))
            };
            let raw = raw.iter().copied().filter(|b| *b == b'\t' || !b.is_ascii_control()).collect();
            if !name.is_empty() {
                return Some(Parameter { name, raw, quoted, irregular });
            }
        }
    }

    /// Up to the next semicolon outside comments.
    fn bare(&mut self) -> &'a [u8] {
        let mut at = 0;
        while let Some(&byte) = self.rest.get(at) {
            match byte {
                b';' => break,
                b'(' if self.comments => match comment(self.rest.get(at..).unwrap_or_default()) {
                    Some(len) => at += len,
                    None => {
                        self.comments = false;
                        at += 1;
                    }
                },
                _ => at += 1,
            }
        }
        let (bare, rest) = self.rest.split_at(at);
        self.rest = rest;
        bare
    }

    /// The content of the quoted string at the start, and whether it is irregular. Its end is the quote after which the
    /// parameter ends; failing that, the end of the field.
    fn quoted(&mut self) -> (&'a [u8], bool) {
        let text = self.rest.get(1..).unwrap_or_default();
        let (mut escaped, mut inner) = (false, false);
        for (at, &byte) in text.iter().enumerate() {
            if byte == b'"' && !escaped {
                let after = text.get(at + 1..).unwrap_or_default();
                let blanks = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                if matches!(after.get(blanks), None | Some(b';' | b'(')) {
                    self.rest = after;
                    let tail = without_comments(self.bare()).is_empty();
                    return (text.get(..at).unwrap_or_default(), inner || !tail);
                }
                inner = true;
            }
            escaped = byte == b'\\' && !escaped;
        }
        self.rest = &[];
        (text.strip_suffix(b"\"").unwrap_or(text), true)
    }
}

/// `charset'language'percent-encoded` (RFC 2231 §4).
fn extended(value: &[u8]) -> String {
    let mut sections = value.splitn(3, |&b| b == b'\'');
    let (Some(charset), Some(_), Some(text)) = (sections.next(), sections.next(), sections.next()) else {
        return decode::undeclared(value);
    };
    let mut octets = Vec::with_capacity(text.len());
    decode::escapes(text, b'%', &mut octets);
    decode::declared(&octets, &String::from_utf8_lossy(charset))
}

/// The text without the comments around it. Parentheses inside are no comments: names without quotes hold them.
fn without_comments(text: &[u8]) -> &[u8] {
    let mut text = text.trim_ascii();
    while text.first() == Some(&b'(') {
        let Some(rest) = comment(text).and_then(|len| text.get(len..)) else { return text };
        text = rest.trim_ascii_start();
    }
    let Some(start) = text.iter().position(|&b| b == b'(') else { return text };
    let mut rest = text.get(start..).unwrap_or_default();
    while rest.first() == Some(&b'(') {
        let Some(len) = comment(rest) else { return text };
        rest = rest.get(len..).unwrap_or_default().trim_ascii_start();
    }
    if rest.is_empty() { text.get(..start).unwrap_or_default().trim_ascii_end() } else { text }
}
