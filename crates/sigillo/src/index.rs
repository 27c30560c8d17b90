//! The providers' index on its way: fetched, held against the copy in use, put in its place; our own record; the service
//! of an index's operator (RFC 6109 §4.5, §5.6).
//!
//! * [`copy`]: a signed file, opened and believed;
//! * [`visit`]: one fetch of such a file, and when to come again;
//! * [`place`]: a file takes the place of another whole or not at all;
//! * [`record`]: what a provider publishes of itself;
//! * [`door`]: HTTPS with client certificates, for signed files;
//! * [`operator`]: collects the files of all providers and publishes the whole.

pub mod copy;
pub mod door;
pub mod operator;
pub mod place;
pub mod record;
mod tls;
pub mod visit;
