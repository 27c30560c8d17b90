//! `sigillo evidence`.

use clap::{Args, Subcommand};

use super::asks::{Asks, Common, On};
use crate::refused::Refused;
use crate::request::{EvidenceFilter, EvidenceRequest, MessageFilter, Request};
use crate::setting::Day;

/// The trace that everything leaves.
#[derive(Clone, Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Find messages by what is known of them, those that came last first
    Find(On<Find>),
    /// List evidence in its order; with --json, as JSON Lines
    List(On<List>),
    /// Show a row with the canonical bytes that are its proof (docs/evidence-format.md)
    Show(On<Row>),
}

/// Which messages; all that is said must hold.
#[derive(Args, Clone, Debug)]
pub struct Find {
    /// Words of the subject, in any order; 'fattur*' stands for all that begin so
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// With this PEC identifier, as receipts print it
    #[arg(long, value_name = "IDENTIFIER")]
    identifier: Option<String>,
    /// With this Message-ID, which the sender's program gave
    #[arg(long, value_name = "MESSAGE-ID")]
    message_id: Option<String>,
    /// From this address
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// To this address, among others
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// That came on this day in Italy: yyyy-mm-dd
    #[arg(long, value_name = "DAY", conflicts_with_all = ["since", "until"])]
    on: Option<Day>,
    /// That came on this day or later
    #[arg(long, value_name = "DAY")]
    since: Option<Day>,
    /// That came on this day or earlier
    #[arg(long, value_name = "DAY")]
    until: Option<Day>,
    /// Go on where an answer ended
    #[arg(long, value_name = "PLACE")]
    before: Option<u64>,
    /// At most this many messages
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
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

impl Find {
    fn filter(self) -> MessageFilter {
        let Find { words, identifier, message_id, from, to, on, since, until, before, limit } = self;
        let text = |day: Day| day.to_string();
        MessageFilter {
            identifier,
            client_id: message_id,
            sender: from,
            recipient: to,
            words: words.join(" "),
            since: on.or(since).map(text),
            until: on.or(until).map(text),
            before,
            limit: Some(limit),
        }
    }
}

fn place(text: &str) -> Result<(u32, u64), String> {
    let read = text.split_once('/').and_then(|(log, number)| Some((log.parse().ok()?, number.parse().ok()?)));
    read.ok_or_else(|| format!("expected log and number, as 1/4711, found {text:?}"))
}

impl Asks for EvidenceCommand {
    fn common(&self) -> &Common {
        match self {
            EvidenceCommand::Find(on) => &on.common,
            EvidenceCommand::List(on) => &on.common,
            EvidenceCommand::Show(on) => &on.common,
        }
    }

    fn request(self) -> Result<Request, Refused> {
        Ok(Request::Evidence(match self {
            EvidenceCommand::Find(on) => EvidenceRequest::Find(on.what.filter()),
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
