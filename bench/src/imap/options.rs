//! What is asked for on the command line.

use std::path::PathBuf;

use super::dovecot::DovecotOptions;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Messages in the mailbox.
    #[arg(long, default_value_t = 10_000)]
    pub messages: usize,
    /// Messages in the folder of many, which has a gap behind every second one; an even number.
    #[arg(long, default_value_t = 100_000)]
    pub many: usize,
    /// Sessions begun one after the other by each of four clients together.
    #[arg(long, default_value_t = 200)]
    pub logins: usize,
    /// Messages appended.
    #[arg(long, default_value_t = 400)]
    pub appends: usize,
    /// Clients that take nothing of what they asked for.
    #[arg(long, default_value_t = 16)]
    pub slow: usize,
    /// Idle connections at ours.
    #[arg(long, default_value_t = 2_000)]
    pub idle: usize,
    /// Idle connections at Dovecot, where each is two processes.
    #[arg(long, default_value_t = 200)]
    pub idle_dovecot: usize,
    /// Seconds after which a server at rest holds no more than it needs.
    #[arg(long, default_value_t = 12)]
    pub rest: u64,
    /// How often each measurement is done in turn; the medians are told.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Measures these alone, by their names; one that is none is answered with all names.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Measures ours alone.
    #[arg(long)]
    pub alone: bool,
    #[command(flatten)]
    pub dovecot: DovecotOptions,
    /// The program; by default the one beside this one.
    #[arg(long)]
    pub sigillo: Option<PathBuf>,
}
