//! `sigillo lab DIR --peer KIND` and `--send KIND`: another provider of the laboratory, which misbehaves as it is told.
//!
//! It is one of the laboratory's guests: the index holds its certificates, and mail for its domains comes to it. It keeps
//! nothing on disk, has no mailboxes, and believes what it is sent: it is there to try other providers with, Sigillo or
//! any other. Its receipts are composed and signed as Sigillo's own, and spoilt where [`conduct`] says so.

pub mod conduct;
pub mod sample;

mod answers;
mod damage;
mod door;
mod error;
mod play;
mod player;
mod post;
#[cfg(test)]
mod tests;
mod wire;

pub use crate::plan::PEER as NAME;
pub use error::PlayError;
pub use play::{Play, play};
