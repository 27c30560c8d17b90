//! Whether authorities have revoked what providers sign with (RFC 6109 §2.2.2) [R-2.2.2-e].
//!
//! The Incoming Point asks what is known (`seal`'s [`Revocation`], which does not wait). Where that is too little, it finds
//! a message [`crate::incoming::Finding::Unsure`]; the provider then has the missing lists fetched
//! ([`Revocations::learn`]) and examines once more. What is unknown even then is put off with 451: nothing is
//! accepted whose signer might be revoked, and no certified mail is treated as ordinary because a list was out of reach.

use async_trait::async_trait;
use seal::revocation::Status;
use seal::{Certificate, Revocation};

/// Somebody who knows about revocations, and can learn more.
#[async_trait]
pub trait Revocations: Revocation + 'static {
    /// Gets what is missing to tell whether a certificate of `path` is revoked at `at` (seconds since 1970). The path
    /// leads from a signer to a pinned authority, both included: only what such an authority has signed may say which
    /// addresses are fetched. Bounded in time; what could not be had is said by the status that stays unknown.
    async fn learn(&self, path: &[Certificate], at: i64);
}

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
