//! Load generator: what a provider does in a second, beside what its signatures alone would allow.
#![allow(
    clippy::disallowed_macros,
    reason = "a tool of developers: what it prints is its work, and where nobody reads it may end"
)]

mod evidence;
mod exchanges;
mod find;
mod floor;
mod group;
mod hostile;
mod imap;
mod lab;
mod load;
mod memory;
mod metrics;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures Sigillo under load, on this machine only.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Certified exchanges per second: two providers, messages from holders of one to holders of the other, counted
    /// when the delivery notification lies in the sender's mailbox.
    Exchanges(exchanges::Options),
    /// What a message to many recipients costs in evidence: octets of each store for each recipient and operation.
    Evidence(evidence::Options),
    /// Messages found in the evidence: the slowest answer to each kind of question among millions of events, and what the index costs.
    Find(find::Options),
    /// What holders feel of strangers who dribble, hold, hoard, guess and flood: the time of acceptance and of the whole exchange
    /// beside them against that in peace. Fails when a message was lost.
    Hostile(hostile::Options),
    /// RSA-2048 signatures per second on all cores, and the exchanges that they would allow.
    Floor {
        /// Seconds to measure.
        #[arg(long, default_value_t = 3)]
        seconds: u64,
    },
    /// Mailboxes as mail clients use them: lists, messages, search, logins, appends, and what connections hold, beside
    /// Debian's Dovecot on the same messages.
    Imap(imap::Options),
    /// What the processes of two providers hold while large messages go from holders of one to a holder of the other and
    /// their receipts come back, against the budget that they are given; and what they hold at rest.
    Memory(memory::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Exchanges(options) => exchanges::run(&options),
        Task::Evidence(options) => evidence::run(&options),
        Task::Find(options) => find::run(&options),
        Task::Imap(options) => imap::run(&options),
        Task::Memory(options) => memory::run(&options),
        Task::Hostile(options) => hostile::run(&options),
        Task::Floor { seconds } => floor::measure(seconds).map(|floor| println!("{floor}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
