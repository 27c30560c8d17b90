//! `sigillo infected`: the special store, also while the provider runs.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use output::printable;
use pec::Moment;
use store::{About, EvidenceRow, InfectedRow, UnreadableRow};

use crate::infected::{Readers, SpecialStore, Wish};
use crate::refused::Refused;

/// The special store.
#[derive(Clone, Debug, Subcommand)]
pub enum InfectedCommand {
    /// List what is kept
    List(Access),
    /// List viruses that other providers found in what our own scan let pass
    Missed(Access),
    /// Save messages as NUMBER.eml: they carry viruses
    Export {
        /// Who looks, and where
        #[command(flatten)]
        access: Access,
        /// Numbers, as `list` shows them
        #[arg(required = true)]
        numbers: Vec<u64>,
        /// The folder to save into
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// Who looks into the special store.
#[derive(Args, Clone, Debug)]
pub struct Access {
    /// The provider's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Who you are: one of `infected.readers` in the configuration; each access is recorded
    #[arg(long = "as", value_name = "NAME")]
    name: String,
}

impl InfectedCommand {
    /// The provider's configuration.
    pub fn config(&self) -> &Path {
        &self.access().config
    }

    /// Does it on the store in `folder`, for the `readers` of the configuration, and shows it on standard output.
    pub async fn run(&self, folder: &Path, readers: &[String], now: Moment) -> Result<(), Refused> {
        let Access { config, name } = self.access();
        let readers = Readers { names: readers, named_in: config };
        let enter = |wish| SpecialStore::enter(folder, readers, name, wish, now);
        match self {
            Self::List(_) => enter(Wish::List)?.kept(|row| show(kept(&row))).await,
            Self::Missed(_) => enter(Wish::Missed)?.missed(tell).await,
            Self::Export { numbers, out, .. } => enter(Wish::Export(numbers))?.export(numbers, out).await,
        }
    }

    fn access(&self) -> &Access {
        match self {
            Self::List(access) | Self::Missed(access) | Self::Export { access, .. } => access,
        }
    }
}

fn show(lines: Vec<String>) {
    lines.into_iter().for_each(|line| output::say!("{line}"));
}

fn kept(row: &InfectedRow) -> Vec<String> {
    let InfectedRow { number, at, point, size, until, virus, identifier, .. } = row;
    let (point, until, virus) = (point.name(), until.day(), printable(virus));
    vec![
        format!("{number:>6}  {at}  {point:8} {size:>9}  kept until {until}  {virus}"),
        format!("        {}", printable(identifier)),
    ]
}

fn tell(row: Result<EvidenceRow, UnreadableRow>) {
    match row {
        Ok(row) => show(missed(&row)),
        Err(bad) => output::tell!("evidence {} of log {}: {}", bad.number, bad.log.0, printable(&bad.what)),
    }
}

fn missed(row: &EvidenceRow) -> Vec<String> {
    let found = &row.evidence;
    let virus = printable(found.error.as_deref().unwrap_or(""));
    let mut lines = vec![format!("{}  {virus}  {}", found.at, printable(&found.provider))];
    if let About::Subject(subject) = &found.about {
        let subject = subject.subject();
        lines.push(format!("        {}  {}", printable(&subject.identifier), printable(&subject.sender)));
    }
    lines
}
