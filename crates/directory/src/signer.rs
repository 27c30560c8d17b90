//! Who signed a message, as the index knows him, and whether its data say so.

use std::sync::Arc;

use pec::Address;

use crate::index::Directory;
use crate::record::Record;

/// The record of a signer: the one that holds this very certificate [R-2.2.2-d]; of several, the one that manages the domain
/// of From, else the main one.
pub fn record_of(directory: &dyn Directory, certificate: &[u8], from: Option<&Address>) -> Option<Arc<Record>> {
    let mut records = directory.by_certificate(certificate);
    let manages = |record: &Arc<Record>| from.is_some_and(|from| record.managed_domains.contains(&from.domain_key()));
    let at = records.iter().position(manages).unwrap_or(0);
    (!records.is_empty()).then(|| records.swap_remove(at))
}

/// Whose name certification data give as their emitter's, `gestore-emittente`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emitter {
    /// The signer's, but for case and blanks at the ends.
    Signer,
    /// Nobody's in the index, as before a merger.
    Nobody,
    /// Another provider's: nobody emits in another's name.
    Another(Arc<Record>),
}

/// Compares the name that data give, with the record of who signed them.
pub fn emitter(said: &str, signer: &Record, directory: &dyn Directory) -> Emitter {
    if said.trim().eq_ignore_ascii_case(signer.name.trim()) {
        return Emitter::Signer;
    }
    directory.by_name(said).filter(|other| other.name != signer.name).map_or(Emitter::Nobody, Emitter::Another)
}
