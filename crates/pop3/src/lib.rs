//! The POP3 doors (RFC 1939): 995 under TLS, 110 with STLS (RFC 2595), for programs that fetch mail and keep it themselves.
//! Also CAPA and response codes (RFC 2449, 3206), SASL (RFC 5034), UTF8 and LANG (RFC 6856).
//!
//! [`command`] reads a line; [`dialogue`] decides every answer without I/O; [`maildrop`] is the `INBOX` as it was at the
//! login; [`stuffing`] is how a message goes over the line; [`session`] moves octets between them, the connection and the
//! holder's [`holder::Desk`]; `removing` is what DELE and QUIT do there. Begin with [`Pop3`].
//!
//! * A message has the number that the login gave it until the session ends, and for ever the identifier that UIDL tells:
//!   UIDVALIDITY and UID of the `INBOX`, which are never given twice.
//! * Nothing is locked: several sessions see what was there at their login, and what one of them deletes is gone for the
//!   others. Only QUIT deletes; a connection that breaks leaves everything.
//! * Messages go out octet for octet, whatever was asked for by UTF8: another form would break their signature.

pub mod command;
pub mod dialogue;
pub mod maildrop;
mod removing;
pub mod session;
pub mod stuffing;
pub mod words;

pub use door::Door;
pub use session::{Limits, Pop3, door_name};
