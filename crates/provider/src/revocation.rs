//! Whether authorities have revoked what providers sign with (RFC 6109 §2.2.2) [R-2.2.2-e].
//!
//! The Incoming Point asks what is known (`seal`'s [`Revocation`], which does not wait). Where that is too little, it finds
//! a message [`crate::incoming::Finding::Unsure`]; the provider then has the missing lists fetched
//! ([`Revocations::learn`]) and examines once more. What is unknown even then is put off with 451: nothing is
//! accepted whose signer might be revoked, and no certified mail is treated as ordinary because a list was out of reach.

use async_trait::async_trait;
pub use seal::Revocations;
use seal::revocation::Status;
use seal::{Certificate, Revocation};

/// Nobody asks: every certificate counts as not revoked. For laboratories; a provider must ask [R-2.2.2-e].
#[derive(Clone, Copy, Debug, Default)]
pub struct Unchecked;

impl Revocation for Unchecked {
    fn status(&self, _certificate: &Certificate, _issuer: &Certificate, _at: i64) -> Status {
        Status::Good
    }
}

#[async_trait]
impl Revocations for Unchecked {
    async fn learn(&self, _path: &[Certificate], _at: i64) {}
}
