//! Load generator: what a provider does in a second, beside what its signatures alone would allow.
#![allow(
    clippy::disallowed_macros,
    reason = "a tool of developers: what it prints is its work, and where nobody reads it may end"
)]

mod evidence;
mod exchanges;
mod floor;
mod lab;
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
    /// RSA-2048 signatures per second on all cores, and the exchanges that they would allow.
    Floor {
        /// Seconds to measure.
        #[arg(long, default_value_t = 3)]
        seconds: u64,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Exchanges(options) => exchanges::run(&options),
        Task::Evidence(options) => evidence::run(&options),
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
