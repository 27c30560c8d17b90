//! Whether an authority has revoked a certificate (RFC 6109 §2.2.2: validity includes the CRL) [R-2.2.2-e].
//!
//! * [`Crl`], [`CrlStore`]: lists of revoked certificates (RFC 5280 §5);
//! * [`ocsp`]: questions about one certificate (RFC 6960);
//! * [`distribution_points`], [`ocsp_urls`]: where a certificate says that both are to be had.
//!
//! Nothing here speaks to the network: what was fetched, by whatever means, is handed in. Lists and answers are signed,
//! so plain HTTP serves.
//!
//! **The rule.** A signature made at the moment `at` counts with what is known about `at`: revoked then or before is
//! [`Status::Revoked`]; revoked later is [`Status::Good`]. Information that was due for renewal before `at` (`nextUpdate`
//! and a grace) still proves a revocation, but no longer that there is none: [`Status::Unknown`].

mod address;
mod crl;
pub mod ocsp;
mod revocations;
mod signed;
mod status;
mod store;
#[cfg(test)]
mod tests;

pub use address::{distribution_points, is_published, ocsp_urls};
pub use crl::Crl;
pub use ocsp::OcspStore;
pub use revocations::Revocations;
pub use status::{AnyOf, Reason, Revocation, RevocationError, Status};
pub use store::CrlStore;
