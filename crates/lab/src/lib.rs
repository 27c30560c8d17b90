//! Laboratories: providers with certificates, a signed index, configurations and accounts in one folder, ready to run
//! on the loopback interface of one machine.
//!
//! Everything is made for trying: the authorities are born with the laboratory and nobody else knows them. Keys,
//! passwords and the README, which repeats the passwords, can be read by the owner only.
//!
//! ```text
//! lab.toml        what was made; marks the folder as a laboratory
//! README.txt      how to start the providers and send a message
//! ca.pem          root of the signing certificates       tls-ca.pem      authority of the TLS certificates
//! pec-ca.pem      the PEC authority below the root       operator.pem    who signed the index
//! pec-ca.crl      the certificates it has revoked
//! directory.ldif  the index in clear                     directory.p7m   the index signed
//! authority/      the keys of all these
//! <guest>/        signing keys (listed, renewed, unlisted, expired, revoked), tls.key, tls.pem, provider.toml (for `conformance run`)
//! <provider>/     sigillo.toml, accounts.toml, signing.key, signing.pem, tls.key, tls.pem, store/
//! ```
//!
//! Begin with [`create`]; [`peer`] plays a provider that misbehaves as it is told, [`demo`] shows one message travel; [`command`]
//! is what the command line says of them.

pub mod command;
mod create;
pub mod demo;
mod described;
mod disk;
mod error;
mod files;
mod filling;
mod guest;
mod list;
mod mark;
mod open;
pub mod peer;
mod pki;
mod plan;
mod revoke;
pub mod submit;
#[cfg(test)]
mod tests;
mod text;

pub use create::create;
pub use described::{Lab, LabProvider};
pub use error::LabError;
pub use open::open;
pub use plan::{DEFAULT_BASE_PORT, GuestPlan, LabPlan, Ports, ProviderPlan};
pub use revoke::revoke;
pub use text::password;
