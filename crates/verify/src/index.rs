//! The providers' index, as somebody who judges a message has it.

use std::path::Path;

use directory::Index;

use crate::error::VerifyError;

/// Reads an index: plain LDIF, or a signed file (whose signer the caller vouches for by naming the file).
pub fn read_index(file: &Path) -> Result<Index, VerifyError> {
    let bytes = std::fs::read(file).map_err(|error| VerifyError::file(file, error))?;
    let ldif = if file.extension().is_some_and(|extension| extension == "p7m") {
        seal::p7m::open_file(&bytes).map_err(|error| VerifyError::file(file, error))?.content
    } else {
        bytes
    };
    let text = String::from_utf8(ldif).map_err(|error| VerifyError::file(file, error))?;
    Index::from_ldif(&text).map_err(|error| VerifyError::file(file, error))
}
