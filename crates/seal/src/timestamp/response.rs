//! What an authority answers: TimeStampResp (RFC 3161 §2.4.2).

use bytes::Bytes;

use super::error::{StampError, unreadable};
use super::stamp::MOST_OCTETS;
use crate::asn1::{Malformed, Reader, tag};

const UTF8_STRING: u8 = 0x0c;
/// Characters of an authority's own words that are told.
const MOST_WORDS: usize = 200;

/// The token in a response, not yet looked at.
pub(super) fn token(response: Bytes) -> Result<Bytes, StampError> {
    if response.len() > MOST_OCTETS {
        return Err(unreadable(&format!("the answer is larger than {MOST_OCTETS} octets")));
    }
    let mut outer = Reader::new(&response);
    let mut fields = outer.enter(tag::SEQUENCE)?;
    let mut info = fields.enter(tag::SEQUENCE)?;
    // 0 granted, 1 granted with modifications: which, the request's own checks find out.
    let status = info.small_integer()?;
    if status > 1 {
        return Err(StampError::Refused(refusal(status, info)?));
    }
    if fields.is_empty() {
        return Err(unreadable("the authority grants a stamp and gives none"));
    }
    let token = fields.expect(tag::SEQUENCE)?.raw;
    if !fields.is_empty() || !outer.is_empty() {
        return Err(unreadable("there are bytes after the answer"));
    }
    Ok(response.slice_ref(token))
}

/// Why, in the authority's code and words.
fn refusal(status: u32, mut info: Reader<'_>) -> Result<String, Malformed> {
    let mut why = match status {
        2 => "rejected".to_owned(),
        3 => "it waits for something".to_owned(),
        4 => "a revocation is imminent".to_owned(),
        5 => "its certificate is revoked".to_owned(),
        other => format!("status {other}"),
    };
    if let Some(texts) = info.optional(tag::SEQUENCE)? {
        let mut texts = texts.elements();
        while !texts.is_empty() {
            let text = String::from_utf8_lossy(texts.expect(UTF8_STRING)?.content).into_owned();
            why = format!("{why}: {}", text.escape_debug());
        }
    }
    if let Some(bits) = info.optional(tag::BIT_STRING)? {
        let octets = bits.content.get(1..).unwrap_or_default();
        let is_set = |bit: usize| octets.get(bit / 8).is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0);
        for (bit, name) in FAILURES {
            if is_set(bit) {
                why = format!("{why} ({name})");
            }
        }
    }
    Ok(why.chars().take(MOST_WORDS).collect())
}

/// PKIFailureInfo, by bit.
const FAILURES: [(usize, &str); 8] = [
    (0, "the digest is not supported"),
    (2, "such a request is not permitted"),
    (5, "the request cannot be read"),
    (14, "its source of time is not available"),
    (15, "the policy is not supported"),
    (16, "an extension is not supported"),
    (17, "something asked for is not available"),
    (25, "a fault of the authority's own"),
];
