//! Messages carried into a mailbox and out of it, many at once (`sigillo import`, `sigillo export`).
//!
//! A transfer is a call of the control socket that goes on as a dialogue ([`form`]): the command asks, the end that has the
//! store answers, and messages go past in pieces, so that neither holds a mailbox. While the provider runs it serves the
//! dialogue on its socket; where it does not, the command serves it to itself, with the same code ([`Carrier`]).
//!
//! What a source is, a folder of files or a server, is not known here: room `bulk`.

mod carrier;
pub mod form;
mod known;
mod opened;
pub(crate) mod serve;

pub use carrier::Carrier;
