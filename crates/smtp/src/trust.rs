//! Where the relay connects, and what must be true of who answers there.
//!
//! * [`reach`]: the addresses that DNS may lead it to;
//! * [`tlsa`]: DANE, a host's own statement in signed DNS (RFC 7672);
//! * [`sts`], [`policies`]: MTA-STS, a domain's statement over HTTPS (RFC 8461), and the policies that are kept;
//! * [`memory`]: which providers have shown a valid certificate;
//! * [`judge`]: what follows for a certificate that was shown;
//! * [`alarms`]: whose certificate is not as it should be, said once.

pub mod alarms;
pub(crate) mod judge;
pub mod memory;
pub(crate) mod policies;
pub mod reach;
pub(crate) mod sts;
pub mod tlsa;
