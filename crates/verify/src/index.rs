//! The providers' index, as somebody who judges a message has it.

use std::path::Path;

use directory::Index;

use crate::error::VerifyError;

/// Reads an index: plain LDIF, or a signed file (whose signer the caller vouches for by naming the file).
pub fn read_index(file: &Path) -> Result<Index, VerifyError> {
    let bytes = std::fs::read(file).map_err(|error| VerifyError::file(file, error))?;
    if file.extension().is_some_and(|extension| extension == "p7m") {
        signed_index(file, &bytes)
    } else {
        of_ldif(file, bytes)
    }
}

/// The index in the octets of a signed file, whose signer the caller vouches for; `file` is what it is called.
pub fn signed_index(file: &Path, octets: &[u8]) -> Result<Index, VerifyError> {
    of_ldif(file, seal::p7m::open_file(octets).map_err(|error| VerifyError::file(file, error))?.content)
}

fn of_ldif(file: &Path, ldif: Vec<u8>) -> Result<Index, VerifyError> {
    let text = String::from_utf8(ldif).map_err(|error| VerifyError::file(file, error))?;
    Index::from_ldif(&text).map_err(|error| VerifyError::file(file, error))
}
