//! What stands behind the words of an answer.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::form::{Fetched, Listed, Namespaces};
use crate::cursor::{Cursor, Parsed};
use crate::date;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::name;
use crate::sequence::{SeqNumber, SequenceSet};

/// The most words of a list of flags, attributes or capabilities.
const WORDS: usize = 1_000;
/// The deepest brackets that are passed over.
const DEEPEST: usize = 16;

/// What is left of the line, as far as it fits.
pub(super) fn rest(cursor: &mut Cursor<'_>, fits: impl Fn(u8) -> bool) -> String {
    String::from_utf8_lossy(cursor.take_while(|octet| !matches!(octet, b'\r' | b'\n') && fits(octet))).into_owned()
}

pub(super) fn words(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    let text = rest(cursor, |_| true).to_ascii_uppercase();
    let words: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
    if words.len() > WORDS { Err(Fault::TooMany { what: "capabilities", most: WORDS }) } else { Ok(words) }
}

/// `flag` as servers write them: also `\*` and the attributes of mailboxes.
fn flag(cursor: &mut Cursor<'_>) -> Parsed<String> {
    if cursor.take(b'\\') {
        return if cursor.take(b'*') { Ok("\\*".into()) } else { cursor.atom().map(|atom| format!("\\{atom}")) };
    }
    // Some servers have keywords with a bracket.
    let word = cursor.take_while(|octet| octet.is_ascii_graphic() && !b"(){\"\\".contains(&octet));
    if word.is_empty() { Err(cursor.expected("a flag")) } else { Ok(String::from_utf8_lossy(word).into_owned()) }
}

pub(super) fn listed(cursor: &mut Cursor<'_>) -> Parsed<Listed> {
    cursor.sp()?;
    let attributes = cursor.list("attributes", WORDS, flag)?;
    cursor.sp()?;
    let delimiter = cursor.nstring()?.and_then(|text| text.first().map(|octet| char::from(*octet)));
    cursor.sp()?;
    let raw = cursor.astring()?.into_owned();
    let name = decoded(&raw);
    Ok(Listed { attributes, delimiter, raw, name })
}

fn decoded(raw: &[u8]) -> String {
    name::decode(raw, Dialect::Ascii).unwrap_or_else(|_| String::from_utf8_lossy(raw).into_owned())
}

pub(super) fn namespaces(cursor: &mut Cursor<'_>) -> Parsed<Namespaces> {
    cursor.sp()?;
    let own = namespace(cursor)?;
    cursor.sp()?;
    let mut others = namespace(cursor)?;
    cursor.sp()?;
    others.extend(namespace(cursor)?);
    Ok(Namespaces { own, others })
}

/// `namespace`: the prefixes; nothing stands between two of them.
fn namespace(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    let mut prefixes = Vec::new();
    if cursor.keyword("NIL") {
        return Ok(prefixes);
    }
    cursor.expect(b'(', "( or NIL")?;
    while cursor.take(b'(') {
        prefixes.push(decoded(&cursor.string()?));
        cursor.sp()?;
        cursor.nstring()?;
        while cursor.take(b' ') {
            cursor.string()?;
            cursor.sp()?;
            cursor.list("values", WORDS, |cursor| cursor.string().map(drop))?;
        }
        cursor.expect(b')', ")")?;
    }
    cursor.expect(b')', ")")?;
    Ok(prefixes)
}

pub(super) fn numbers(cursor: &mut Cursor<'_>) -> Parsed<Vec<RangeInclusive<u32>>> {
    let mut found: Vec<RangeInclusive<u32>> = Vec::new();
    while cursor.take(b' ') && cursor.peek().is_some_and(|octet| octet.is_ascii_digit()) {
        let number = cursor.number(1)?;
        match found.last_mut() {
            Some(last) if last.end().checked_add(1) == Some(number) => *last = *last.start()..=number,
            _ => found.push(number..=number),
        }
    }
    Ok(found)
}

/// `ESEARCH`: what stands behind `ALL`.
pub(super) fn extended(cursor: &mut Cursor<'_>) -> Parsed<Vec<RangeInclusive<u32>>> {
    let mut found = Vec::new();
    while cursor.take(b' ') {
        if cursor.peek() == Some(b'(') {
            skip(cursor, 0)?;
            continue;
        }
        let word = cursor.word();
        if word == "UID" {
            continue;
        }
        cursor.sp()?;
        match word.as_str() {
            "ALL" => {
                let SequenceSet::Ranges(ranges) = cursor.closed_set()? else { return Err(cursor.expected("a set")) };
                found.extend(ranges.into_iter().filter_map(|range| match range {
                    (SeqNumber::Number(one), SeqNumber::Number(other)) => Some(one.min(other)..=one.max(other)),
                    _ => None,
                }));
            }
            _ => skip(cursor, 0)?,
        }
    }
    Ok(found)
}

pub(super) fn fetched(cursor: &mut Cursor<'_>) -> Parsed<Fetched> {
    cursor.expect(b'(', "(")?;
    let mut fetched = Fetched::default();
    loop {
        match cursor.word().as_str() {
            "UID" => {
                cursor.sp()?;
                fetched.uid = Some(cursor.number(1)?);
            }
            "RFC822.SIZE" => {
                cursor.sp()?;
                fetched.size = Some(cursor.number64(0)?);
            }
            "FLAGS" => {
                cursor.sp()?;
                fetched.flags = Some(cursor.list("flags", WORDS, flag)?);
            }
            "INTERNALDATE" => {
                cursor.sp()?;
                fetched.at = Some(date::date_time(cursor)?);
            }
            "BODY" => {
                cursor.expect(b'[', "[")?;
                cursor.expect(b']', "]")?;
                cursor.sp()?;
                fetched.body = Some(cursor.nstring()?.map(Cow::into_owned));
            }
            "" => return Err(cursor.expected("an item")),
            _ => {
                cursor.sp()?;
                skip(cursor, 0)?;
            }
        }
        if cursor.take(b')') {
            return Ok(fetched);
        }
        cursor.sp()?;
    }
}

/// A value that was not asked for.
fn skip(cursor: &mut Cursor<'_>, depth: usize) -> Parsed<()> {
    match cursor.peek() {
        Some(b'(') if depth < DEEPEST => {
            cursor.take(b'(');
            while !cursor.take(b')') {
                skip(cursor, depth + 1)?;
                cursor.take(b' ');
            }
            Ok(())
        }
        Some(b'"' | b'{') => cursor.string().map(drop),
        _ => match cursor.take_while(|octet| !matches!(octet, b' ' | b'(' | b')' | b'\r' | b'\n')) {
            [] => Err(cursor.expected("a value")),
            _ => Ok(()),
        },
    }
}
