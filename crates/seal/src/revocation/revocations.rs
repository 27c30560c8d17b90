//! Who knows about revocations and can learn more: the network is elsewhere, and passed in.

use async_trait::async_trait;

use super::status::Revocation;
use crate::certificate::Certificate;

/// Somebody who knows about revocations, and can learn more.
#[async_trait]
pub trait Revocations: Revocation + 'static {
    /// Gets what is missing to tell whether a certificate of `path` is revoked at `at` (seconds since 1970). The path
    /// leads from a signer to a pinned authority, both included: only what such an authority has signed may say which
    /// addresses are fetched. Bounded in time; what could not be had is said by the status that stays unknown.
    async fn learn(&self, path: &[Certificate], at: i64);
}
