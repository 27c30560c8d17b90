//! `sigillo evidence`.

use clap::{Args, Subcommand};

use super::asks::{Asks, Common, On};
use crate::refused::Refused;
use crate::request::{EvidenceFilter, EvidenceRequest, Request};

/// The trace that everything leaves.
#[derive(Clone, Debug, Subcommand)]
pub enum EvidenceCommand {
    /// List evidence in its order; with --json, as JSON Lines
    List(On<List>),
    /// Show a row with the canonical bytes that are its proof (docs/evidence-format.md)
    Show(On<Row>),
}

/// Which rows.
#[derive(Args, Clone, Debug)]
pub struct List {
    /// About this message, by its PEC identifier
    #[arg(long, value_name = "IDENTIFIER")]
    identifier: Option<String>,
    /// About messages of this kind, as acceptance, transport-envelope, delivery
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Of this event: deposited, emitted, received, relayed, relay-failed, administered, contradicted, removed, expired
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// After this number of each log
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,
    /// Of this log only
    #[arg(long, value_name = "LOG")]
    log: Option<u32>,
    /// At most this many rows
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,
}

/// Which row.
#[derive(Args, Clone, Debug)]
pub struct Row {
    /// Log and number, as `list` shows them: 1/4711
    #[arg(value_name = "LOG/NUMBER", value_parser = place)]
    row: (u32, u64),
}

fn place(text: &str) -> Result<(u32, u64), String> {
    let read = text.split_once('/').and_then(|(log, number)| Some((log.parse().ok()?, number.parse().ok()?)));
    read.ok_or_else(|| format!("expected log and number, as 1/4711, found {text:?}"))
}

impl Asks for EvidenceCommand {
    fn common(&self) -> &Common {
        match self {
            EvidenceCommand::List(on) => &on.common,
            EvidenceCommand::Show(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(Request::Evidence(match self {
            EvidenceCommand::List(on) => {
                let List { identifier, kind, event, after, log, limit } = on.what;
                EvidenceRequest::List(EvidenceFilter { log, after, identifier, kind, event, limit })
            }
            EvidenceCommand::Show(on) => {
                let (log, number) = on.what.row;
                EvidenceRequest::Show { log, number }
            }
        }))
    }
}
