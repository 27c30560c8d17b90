//! `sigillo message`.

use clap::{Args, Subcommand};
use pec::Address;

use super::asks::{Asks, Common, On};
use crate::refused::Refused;
use crate::request::{HoldRequest, Request};

/// The history of messages, and what keeps them.
#[derive(Clone, Debug, Subcommand)]
pub enum MessageCommand {
    /// Show a message's history: accepted when and by whom, each recipient's state, when and why, which receipts
    Show(On<Which>),
    /// Keep a message in a mailbox with its receipts: nobody removes them until it is released
    Hold(On<Hold>),
    /// Release a message in a mailbox from its legal hold
    Release(On<Release>),
}

/// Which message.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// Its PEC identifier, as receipts print it
    identifier: String,
}

/// What to keep, and why.
#[derive(Args, Clone, Debug)]
pub struct Hold {
    /// Its PEC identifier, as receipts print it
    identifier: String,
    /// Whose mailbox
    #[arg(long, value_name = "ADDRESS")]
    mailbox: Address,
    /// Why, for the evidence
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// What to release.
#[derive(Args, Clone, Debug)]
pub struct Release {
    /// Its PEC identifier, as receipts print it
    identifier: String,
    /// Whose mailbox
    #[arg(long, value_name = "ADDRESS")]
    mailbox: Address,
}

impl Asks for MessageCommand {
    fn common(&self) -> &Common {
        match self {
            MessageCommand::Show(on) => &on.common,
            MessageCommand::Hold(on) => &on.common,
            MessageCommand::Release(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(match self {
            MessageCommand::Show(on) => Request::Message { identifier: on.what.identifier },
            MessageCommand::Hold(on) => {
                let Hold { identifier, mailbox, reason } = on.what;
                Request::Hold(HoldRequest::Put { mailbox, identifier: Some(identifier), reason })
            }
            MessageCommand::Release(on) => {
                let Release { identifier, mailbox } = on.what;
                Request::Hold(HoldRequest::Release { mailbox, identifier: Some(identifier) })
            }
        })
    }
}
