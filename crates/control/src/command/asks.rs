//! What the commands of administration have in common.

use std::path::PathBuf;

use clap::Args;

use crate::refused::Refused;
use crate::request::Request;

/// What every command of administration takes.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// The provider's configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Print JSON, one object a line, instead of words
    #[arg(long)]
    pub json: bool,
}

/// A command with what every one takes.
#[derive(Args, Clone, Debug)]
pub struct On<T: Args> {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What this one takes.
    #[command(flatten)]
    pub what: T,
}

/// Takes nothing more.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Nothing {}

/// A command that becomes a request.
pub trait Asks {
    /// What every command takes.
    fn common(&self) -> &Common;
    /// The request; asks for a password where one is needed.
    fn request(self) -> Result<Request, Refused>;
}
