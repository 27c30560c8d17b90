//! `sigillo message`.

use clap::{Args, Subcommand};

use super::asks::{Asks, Common, On};
use crate::refused::Refused;
use crate::request::Request;

/// The history of messages.
#[derive(Clone, Debug, Subcommand)]
pub enum MessageCommand {
    /// Show a message's history: accepted when and by whom, each recipient's state, when and why, which receipts
    Show(On<Which>),
}

/// Which message.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// Its PEC identifier, as receipts print it
    identifier: String,
}

impl Asks for MessageCommand {
    fn common(&self) -> &Common {
        let MessageCommand::Show(on) = self;
        &on.common
    }

    fn request(self) -> Result<Request, Refused> {
        let MessageCommand::Show(on) = self;
        Ok(Request::Message { identifier: on.what.identifier })
    }
}
