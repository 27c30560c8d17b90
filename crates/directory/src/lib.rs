//! Who the providers are: the index of RFC 6109 §4.5, read from LDIF, asked by domain and by certificate.
//!
//! Signatures of the file are `seal`'s work; this room gets LDIF that was already verified.
//!
//! * [`Index`]: the whole index in memory, checked whole before anybody may ask it [R-I-dir-1];
//! * [`Reloadable`]: the index that is asked while a newer one is fetched [R-4.5-e];
//! * [`differences`]: what a newer one would change;
//! * [`ldif`]: the file format (RFC 2849).

mod check;
mod difference;
mod dn;
mod error;
mod index;
pub mod ldif;
mod record;
mod reload;
mod schema;
mod signer;

pub use difference::{Difference, differences};
pub use error::DirectoryError;
pub use index::{Directory, Index};
pub use record::Record;
pub use reload::{Change, Collapse, Reloadable};
pub use signer::{Emitter, emitter, record_of};

#[cfg(test)]
mod tests;
