//! What subjects and evidence have in common: the version of their canonical bytes, and how bytes of another are refused.

use crate::cbor::Reader;

pub(crate) const VERSION: u64 = 1;

/// Bytes that are no canonical subject or evidence of a version that this program knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical evidence: expected {0}")]
pub struct FormatError(pub &'static str);

impl From<&'static str> for FormatError {
    fn from(expected: &'static str) -> Self {
        Self(expected)
    }
}

pub(crate) fn read(from: &mut Reader<'_>) -> Result<(), &'static str> {
    if from.unsigned()? == VERSION { Ok(()) } else { Err("version 1") }
}

pub(crate) fn digest(from: &mut Reader<'_>) -> Result<[u8; 32], &'static str> {
    from.bytes()?.try_into().map_err(|_| "a digest of 32 octets")
}
