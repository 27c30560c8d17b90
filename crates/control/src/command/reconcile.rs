//! `sigillo reconcile`.

use clap::Args;

use super::asks::{Asks, Common};
use crate::refused::Refused;
use crate::request::{ReconcileRequest, Request};

/// What of the messages is not as it must be.
#[derive(Args, Clone, Debug)]
pub struct ReconcileCommand {
    /// What every command takes.
    #[command(flatten)]
    common: Common,
    /// About this message only, by its PEC identifier
    #[arg(value_name = "IDENTIFIER")]
    identifier: Option<String>,
    /// List the recipients of whom something is awaited, and who need not have it yet
    #[arg(long, conflicts_with_all = ["identifier", "acknowledge"])]
    open: bool,
    /// Say that what was found is known: health tells of it no more
    #[arg(long)]
    acknowledge: bool,
}

impl Asks for ReconcileCommand {
    fn common(&self) -> &Common {
        &self.common
    }

    fn request(self) -> Result<Request, Refused> {
        let Self { common: _, identifier, open, acknowledge } = self;
        Ok(Request::Reconcile(match (open, acknowledge) {
            (true, _) => ReconcileRequest::Open,
            (false, true) => ReconcileRequest::Acknowledge { identifier },
            (false, false) => ReconcileRequest::List { identifier },
        }))
    }
}
