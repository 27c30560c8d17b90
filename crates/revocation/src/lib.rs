//! Lists of revoked certificates and answers of OCSP responders: fetched, kept, renewed in time [R-2.2.2-e].
//!
//! Begin with [`RevocationCache`], which the Incoming Point and `verify` ask. What is to be fetched is learnt from the
//! certificates themselves, once their path leads to a pinned authority: the index of providers holds no addresses. From
//! then on a list or an answer is renewed in the background, at the latest `revocation.refresh` after it came and well
//! before it ends. What comes replaces what is there only when it is signed by the right authority, can be read and is
//! newer; else the good one stays, and log, metrics and health say why.
//!
//! A certificate that names neither a list nor a responder, and that no list of the operator covers, counts as not
//! revoked: its authority will never say more about it.
//!
//! * [`Settings`]: what is asked, how often, for how long it counts;
//! * [`OwnCertificate`]: our own signing certificate, how long it lasts and whether it is revoked.

mod cache;
mod disk;
mod error;
mod held;
mod obtain;
mod own;
mod settings;
mod source;
#[cfg(test)]
mod tests;

pub use cache::RevocationCache;
pub use disk::{KeptAnswer, KeptList, kept_answers, kept_lists};
pub use error::ObtainError;
pub use own::{OwnCertificate, Standing};
pub use settings::{ListSource, Mode, Settings};
pub use source::SourceFailure;
