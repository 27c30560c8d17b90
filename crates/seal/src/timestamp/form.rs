//! The octets of a stamp that no signature covers, held to the one form that RFC 3161 and RFC 5652 leave them: what is kept for
//! years can then not be changed anywhere unnoticed.

use const_oid::ObjectIdentifier;

use super::error::{StampError, unreadable};
use crate::asn1::{Malformed, Reader, tag};

/// Checks versions, algorithm identifiers and that nothing stands where nothing belongs. Unsigned attributes and certificates
/// are looked at elsewhere.
pub(super) fn check(token: &[u8]) -> Result<(), StampError> {
    let mut outer = Reader::new(token);
    let mut data = outer.enter(tag::SEQUENCE)?;
    if !outer.is_empty() {
        return Err(unreadable("there are bytes after it"));
    }
    data.oid()?;
    let mut data = data.enter(0xa0)?.enter(tag::SEQUENCE)?;
    // 3: the content is none of CMS's own kinds; 4 and 5 where there are newer kinds of certificates and lists.
    if !(3..=5).contains(&data.small_integer()?) {
        return Err(unreadable("the signature is of an unknown version"));
    }
    let mut named = Vec::new();
    let mut algorithms = data.enter(tag::SET)?;
    while !algorithms.is_empty() {
        named.push(algorithm(&mut algorithms)?);
    }
    data.expect(tag::SEQUENCE)?;
    data.optional(0xa0)?;
    data.optional(0xa1)?;
    let mut signer = data.enter(tag::SET)?.enter(tag::SEQUENCE)?;
    if !data.is_empty() {
        return Err(unreadable("there is something after the signer"));
    }
    let version = signer.small_integer()?;
    let id = signer.next()?;
    if (version, id.tag) != (1, tag::SEQUENCE) && (version, id.tag) != (3, 0x80) {
        return Err(unreadable("the signer's version does not fit how he is named"));
    }
    if !named.contains(&algorithm(&mut signer)?) {
        return Err(unreadable("the signer's digest is none of those that are announced"));
    }
    signer.optional(0xa0)?;
    algorithm(&mut signer)?;
    signer.octets()?;
    signer.optional(0xa1)?;
    match signer.is_empty() {
        true => Ok(()),
        false => Err(unreadable("there is something after the signature")),
    }
}

/// AlgorithmIdentifier without parameters, or with NULL: none that is taken here has any.
fn algorithm(reader: &mut Reader<'_>) -> Result<ObjectIdentifier, Malformed> {
    let mut fields = reader.enter(tag::SEQUENCE)?;
    let kind = fields.oid()?;
    match fields.rest() {
        [] | [5, 0] => Ok(kind),
        _ => Err(Malformed("an algorithm has unknown parameters")),
    }
}
