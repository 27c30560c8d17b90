//! Extensions as they stand in what an authority signed (RFC 5280 §4.2).

use const_oid::ObjectIdentifier;

use crate::asn1::{Malformed, Reader, tag};

/// Gives out each extension of an `Extensions`: what it is, whether it is critical, its value.
pub(crate) fn extensions<'a, E: From<Malformed>>(
    mut list: Reader<'a>,
    mut give: impl FnMut(ObjectIdentifier, bool, &'a [u8]) -> Result<(), E>,
) -> Result<(), E> {
    while !list.is_empty() {
        let mut extension = list.enter(tag::SEQUENCE)?;
        let kind = extension.oid()?;
        let critical = extension.optional(0x01)?.is_some_and(|flag| flag.content != [0]);
        let value = extension.expect(tag::OCTET_STRING)?;
        give(kind, critical, value.content)?;
    }
    Ok(())
}
