//! ASN.1 read where it lies (BER) and written out (DER).
//!
//! Half of the real providers send indefinite lengths, and a signature covers exact bytes: this reader gives back
//! slices of what was received and never re-encodes anything behind the caller's back. Depth is bounded, sizes are
//! bounded by the input, and every fault is an error.

use std::borrow::Cow;

use const_oid::ObjectIdentifier;

/// What is wrong with the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(pub &'static str);

/// Universal tags used here; context tags are written as numbers where they occur.
pub(crate) mod tag {
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const OID: u8 = 0x06;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    /// Set in the tag of an element made of elements.
    pub const CONSTRUCTED: u8 = 0x20;
}

/// Deeper nesting than any signature has.
const MAX_DEPTH: usize = 24;

/// One element, as received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    /// Identifier octet.
    pub tag: u8,
    /// Content octets, without the end mark of an indefinite length.
    pub content: &'a [u8],
    /// Everything: identifier, length, content, end mark.
    pub raw: &'a [u8],
    /// Whether the length has the one form that DER allows.
    pub minimal: bool,
}

/// Elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads the elements of `bytes`.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next element, whatever it is.
    pub(crate) fn next(&mut self) -> Result<Element<'a>, Malformed> {
        let (element, rest) = split(self.rest, 0)?;
        self.rest = rest;
        Ok(element)
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        let element = self.next()?;
        if element.tag == tag { Ok(element) } else { Err(Malformed("an element has an unexpected type")) }
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Malformed> {
        if self.rest.first() == Some(&tag) { self.next().map(Some) } else { Ok(None) }
    }

    /// The elements of the next element, which must have this tag.
    pub(crate) fn enter(&mut self, tag: u8) -> Result<Reader<'a>, Malformed> {
        Ok(self.expect(tag)?.elements())
    }

    /// The next element read as an object identifier.
    pub(crate) fn oid(&mut self) -> Result<ObjectIdentifier, Malformed> {
        let content = self.expect(tag::OID)?.content;
        ObjectIdentifier::from_bytes(content).map_err(|_| Malformed("an object identifier cannot be read"))
    }

    /// The next element read as a small non-negative integer.
    pub(crate) fn small_integer(&mut self) -> Result<u32, Malformed> {
        let content = self.expect(tag::INTEGER)?.content;
        let digits = content.strip_prefix(&[0]).unwrap_or(content);
        if content.first().is_none_or(|b| b & 0x80 != 0) || digits.len() > 4 {
            return Err(Malformed("an integer is out of range"));
        }
        Ok(digits.iter().fold(0, |n, b| n << 8 | u32::from(*b)))
    }

    /// The octets of the next element, an OCTET STRING in one piece or in several.
    pub(crate) fn octets(&mut self) -> Result<Cow<'a, [u8]>, Malformed> {
        self.next()?.octets(tag::OCTET_STRING)
    }

    /// Whether nothing follows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(crate) fn elements(&self) -> Reader<'a> {
        Reader::new(self.content)
    }

    /// The octets of a string with the primitive tag `tag`; the pieces of a constructed one are joined (X.690 §8.7.3).
    pub(crate) fn octets(&self, tag: u8) -> Result<Cow<'a, [u8]>, Malformed> {
        if self.tag == tag {
            return Ok(Cow::Borrowed(self.content));
        }
        if self.tag != tag | tag::CONSTRUCTED {
            return Err(Malformed("a string was expected"));
        }
        let mut joined = Vec::with_capacity(self.content.len());
        join(self.content, &mut joined, 0)?;
        Ok(Cow::Owned(joined))
    }
}

/// Puts the pieces of a constructed OCTET STRING together.
fn join(content: &[u8], into: &mut Vec<u8>, depth: usize) -> Result<(), Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed("nested too deeply"));
    }
    let mut pieces = Reader::new(content);
    while !pieces.is_empty() {
        let piece = pieces.next()?;
        match piece.tag {
            tag::OCTET_STRING => into.extend_from_slice(piece.content),
            t if t == tag::OCTET_STRING | tag::CONSTRUCTED => join(piece.content, into, depth + 1)?,
            _ => return Err(Malformed("a string has a piece of another type")),
        }
    }
    Ok(())
}

/// Takes one element off the front of `bytes`.
fn split(bytes: &[u8], depth: usize) -> Result<(Element<'_>, &[u8]), Malformed> {
    const SHORT: Malformed = Malformed("the encoding ends too early");
    if depth > MAX_DEPTH {
        return Err(Malformed("nested too deeply"));
    }
    let [tag, first, after @ ..] = bytes else { return Err(SHORT) };
    if tag & 0x1f == 0x1f {
        return Err(Malformed("a tag is too large"));
    }
    let (length, after, minimal) = match *first {
        0x80 => {
            if tag & tag::CONSTRUCTED == 0 {
                return Err(Malformed("a simple element has no length"));
            }
            let mut rest = after;
            loop {
                if let [0, 0, beyond @ ..] = rest {
                    let content = &after[..after.len() - rest.len()];
                    let raw = &bytes[..bytes.len() - beyond.len()];
                    return Ok((Element { tag: *tag, content, raw, minimal: false }, beyond));
                }
                rest = split(rest, depth + 1)?.1;
            }
        }
        short @ 0..0x80 => (usize::from(short), after, true),
        long => {
            let (digits, after) = after.split_at_checked(usize::from(long & 0x7f)).ok_or(SHORT)?;
            let significant = digits.iter().position(|b| *b != 0).map_or(&[][..], |i| &digits[i..]);
            if significant.len() > 4 {
                return Err(SHORT);
            }
            let length = significant.iter().fold(0usize, |n, b| n << 8 | usize::from(*b));
            (length, after, significant.len() == digits.len() && length >= 0x80)
        }
    };
    let (content, rest) = after.split_at_checked(length).ok_or(SHORT)?;
    let raw = &bytes[..bytes.len() - rest.len()];
    Ok((Element { tag: *tag, content, raw, minimal }, rest))
}

/// Rewrites elements with definite, minimal lengths and strings in one piece; order and values stay.
pub(crate) fn to_der(elements: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut der = Vec::with_capacity(elements.len());
    rewrite(elements, &mut der, 0)?;
    Ok(der)
}

fn rewrite(elements: &[u8], der: &mut Vec<u8>, depth: usize) -> Result<(), Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed("nested too deeply"));
    }
    let mut reader = Reader::new(elements);
    while !reader.is_empty() {
        let element = reader.next()?;
        if element.tag == tag::OCTET_STRING | tag::CONSTRUCTED {
            write(der, tag::OCTET_STRING, &[&element.octets(tag::OCTET_STRING)?]);
        } else if element.tag & tag::CONSTRUCTED != 0 {
            let mut inner = Vec::with_capacity(element.content.len());
            rewrite(element.content, &mut inner, depth + 1)?;
            write(der, element.tag, &[&inner]);
        } else {
            write(der, element.tag, &[element.content]);
        }
    }
    Ok(())
}

/// One DER element whose content is `parts` one after the other.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut der = Vec::with_capacity(length + 6);
    write(&mut der, tag, parts);
    der
}

/// A DER object identifier.
pub(crate) fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    tlv(tag::OID, &[oid.as_bytes()])
}

/// A DER set (or a context tag in its place): the elements in the order that DER asks for (X.690 §11.6).
pub(crate) fn set_of(tag: u8, mut elements: Vec<&[u8]>) -> Vec<u8> {
    elements.sort_unstable();
    tlv(tag, &elements)
}

fn write(der: &mut Vec<u8>, tag: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    begin(der, tag, length as u64);
    parts.iter().for_each(|part| der.extend_from_slice(part));
}

/// Tag and length of an element.
fn begin(der: &mut Vec<u8>, tag: u8, length: u64) {
    der.push(tag);
    match u8::try_from(length) {
        Ok(short @ 0..0x80) => der.push(short),
        _ => {
            let digits = length.to_be_bytes();
            let zeros = digits.iter().take_while(|b| **b == 0).count();
            der.push(0x80 | (digits.len() - zeros) as u8);
            der.extend_from_slice(&digits[zeros..]);
        }
    }
}

/// What stands before and behind something of `length` octets that is not here.
pub(crate) struct Around {
    length: u64,
    before: Vec<u8>,
    behind: Vec<u8>,
}

impl Around {
    pub(crate) fn new(length: u64) -> Self {
        Self { length, before: Vec::new(), behind: Vec::new() }
    }

    /// An element of this tag around it all, whose content has `before` before and `behind` behind what is there.
    pub(crate) fn within(self, tag: u8, before: &[&[u8]], behind: &[&[u8]]) -> Self {
        let more: usize = before.iter().chain(behind).map(|part| part.len()).sum();
        let inside = self.length + (self.before.len() + self.behind.len() + more) as u64;
        let mut head = Vec::new();
        begin(&mut head, tag, inside);
        before.iter().for_each(|part| head.extend_from_slice(part));
        head.extend_from_slice(&self.before);
        Self { length: self.length, before: head, behind: [self.behind, behind.concat()].concat() }
    }

    pub(crate) fn into_parts(self) -> (Vec<u8>, Vec<u8>) {
        (self.before, self.behind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn indefinite_lengths_and_string_pieces_are_read_in_place_and_rewritten_as_der() {
        // SEQUENCE { OCTET STRING in two pieces, INTEGER 5 with a padded length }
        let ber = [0x30, 0x80, 0x24, 0x80, 4, 1, b'a', 4, 0x81, 1, b'b', 0, 0, 2, 0x81, 1, 5, 0, 0];
        let mut sequence = Reader::new(&ber).enter(tag::SEQUENCE).unwrap();
        assert_eq!(sequence.octets().unwrap().as_ref(), b"ab");
        assert_eq!(sequence.small_integer(), Ok(5));
        assert!(sequence.is_empty());
        assert_eq!(to_der(&ber).unwrap(), [0x30, 7, 4, 2, b'a', b'b', 2, 1, 5]);
    }

    #[test]
    fn nesting_without_end_is_refused_and_does_not_exhaust_the_stack() {
        let bomb = [0x30, 0x80].repeat(100_000);
        assert!(Reader::new(&bomb).next().is_err());
        let mut nested = vec![];
        for _ in 0..1000 {
            nested = tlv(tag::SEQUENCE, &[&nested]);
        }
        assert_eq!(to_der(&nested), Err(Malformed("nested too deeply")));
    }

    #[test]
    fn lengths_are_written_in_their_only_der_form() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let der = tlv(tag::OCTET_STRING, &[&content]);
            let element = Reader::new(&der).next().unwrap();
            assert!(element.minimal && element.content == content && element.raw == der, "{length}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while let Ok(element) = reader.next() {
                let _ = (element.octets(tag::OCTET_STRING), to_der(element.raw));
            }
        }

        #[test]
        fn what_is_written_is_read_back(parts in proptest::collection::vec(any::<Vec<u8>>(), 0..5)) {
            let elements: Vec<_> = parts.iter().map(|part| tlv(tag::OCTET_STRING, &[part])).collect();
            let der = tlv(tag::SEQUENCE, &elements.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let mut reader = Reader::new(&der).enter(tag::SEQUENCE).unwrap();
            for part in &parts {
                prop_assert_eq!(&reader.octets().unwrap().into_owned(), part);
            }
            prop_assert!(reader.is_empty());
            prop_assert_eq!(to_der(&der).unwrap(), der);
        }
    }
}
