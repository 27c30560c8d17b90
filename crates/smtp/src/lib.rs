//! SMTP (RFC 5321): protocol sessions that hold no rule of the norm.
//!
//! * [`command`], [`reply`]: syntax, sans-I/O;
//! * [`server`]: sessions for submission (465, 587) and for incoming mail (25);
//! * [`points`]: what stands behind those sessions, and the numbers of its answers;
//! * [`client`]: the relay's connections, pipelined and kept open;
//! * [`route`]: where a domain's mail goes: static table first, then MX;
//! * [`trust`]: where the relay connects, and what must be true of who answers there;
//! * [`authentication`]: SPF, DKIM and DMARC of ordinary mail;
//! * [`dns`], [`resolver`], [`records`]: whom to ask, and what.

pub mod authentication;
pub mod client;
pub mod command;
pub mod dns;
pub mod points;
pub mod records;
pub mod reply;
pub mod resolver;
pub mod route;
pub mod server;
pub mod trust;

#[cfg(test)]
mod tests;

pub use authentication::MailAuthenticator;
pub use client::{RelayConfig, SmtpTransport, Timeouts};
pub use dns::{Dns, Proofs};
/// A type of records in DNS.
pub use hickory_resolver::proto::rr::RecordType;
pub use points::Points;
pub use records::Listed;
pub use reply::Reply;
pub use resolver::{DnsResolver, Resolver};
pub use route::RouteTable;
pub use server::{Door, DoorConfig, Limits, Server, Service, Session, open};
