//! `sigillo directory`: the command line's words for the index, and what a fetch by hand says.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use pec::Moment;

use crate::error::IndexError;
use crate::once;
use crate::settings::Settings;

/// The commands of the index.
#[derive(Clone, Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Fetch the index now, verify it whole, and put it in the place of our copy
    Fetch(FetchOptions),
    /// Write the signed file with our own record, for the operator of the index
    Publish(PublishOptions),
    /// Be the operator of an index: collect each provider's file, publish the whole
    Serve(OperatorOptions),
}

/// `sigillo directory fetch`
#[derive(Args, Clone, Debug)]
pub struct FetchOptions {
    /// The provider's configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Only print what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Take it although it has less than half of the records
    #[arg(long)]
    pub force: bool,
}

/// `sigillo directory publish`
#[derive(Args, Clone, Debug)]
pub struct PublishOptions {
    /// The provider's configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// The file to write (.p7m)
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// A further signing certificate of ours (PEM), as the next one before it is used
    #[arg(long, value_name = "FILE")]
    pub also_certificate: Vec<PathBuf>,
}

/// `sigillo directory serve`
#[derive(Args, Clone, Debug)]
pub struct OperatorOptions {
    /// The operator's configuration (TOML), as in docs/index-operator.md
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Collect once, write the index into the state folder and end
    #[arg(long)]
    pub once: bool,
    /// End when standard input closes; for a parent process that may die
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
}

impl FetchOptions {
    /// One fetch by hand: the same checks as the daily one, and every change printed on standard output.
    pub async fn run(&self, settings: &Settings, now: Moment) -> Result<(), IndexError> {
        let fetched = once::by_hand(settings, now).await?;
        for change in &fetched.changes {
            output::say!("{change}");
        }
        let (records, signed) = (fetched.copy.index.records().len(), Moment::from_unix(fetched.copy.signed));
        output::say!("{records} records, {} changes, signed {signed}", fetched.changes.len());
        if !self.force {
            fetched.check()?;
        }
        if self.dry_run {
            output::say!("nothing was written: this is a dry run");
            return Ok(());
        }
        fetched.keep()?;
        output::say!("{}", settings.file.display());
        Ok(())
    }
}
