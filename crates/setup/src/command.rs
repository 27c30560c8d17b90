//! `sigillo dns`: the command line's words for what a domain needs.

use std::path::{Path, PathBuf};

use clap::Args;
use smtp::Dns;

use crate::check::{State, check};
use crate::files::files;
use crate::offer::Offer;
use crate::records::records;
use crate::told::{outcome, zone};

/// `sigillo dns`
#[derive(Args, Clone, Debug)]
pub struct DnsOptions {
    /// The domain, which need not be hosted yet
    pub domain: String,
    /// The provider's configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Ask DNS for each record, and say whether it is right, missing or another; exit code 1 when what is needed is not right
    #[arg(long, conflicts_with = "files")]
    pub check: bool,
    /// Print one JSON object a line instead of words
    #[arg(long, conflicts_with = "files")]
    pub json: bool,
    /// Write into this folder what a web server needs: Thunderbird's, Outlook's and Apple's files, the MTA-STS policy
    #[arg(long, value_name = "DIR")]
    pub files: Option<PathBuf>,
    /// The host of that web server; without it, the mail host
    #[arg(long, value_name = "HOST")]
    pub web: Option<String>,
    /// Whom other systems send reports about our mail; without it, postmaster at the domain
    #[arg(long, value_name = "ADDRESS")]
    pub reports: Option<String>,
    /// The name by which CAA records allow the authority of the doors' certificate, as letsencrypt.org
    #[arg(long, value_name = "NAME")]
    pub authority: Option<String>,
}

impl DnsOptions {
    /// Prints the records on standard output, or writes the files.
    ///
    /// # Errors
    ///
    /// A file cannot be written, in words that begin with its path.
    pub fn print(&self, offer: &Offer) -> Result<(), String> {
        match &self.files {
            Some(folder) => write(offer, folder)?,
            None if self.json => records(offer).iter().for_each(|record| output::say!("{}", record.json())),
            None => zone(offer).iter().for_each(|line| output::say!("{line}")),
        }
        Ok(())
    }

    /// Asks DNS for each record, and says on standard output how it stands with each; how all stands.
    pub async fn check(&self, offer: &Offer, dns: &Dns) -> State {
        let findings = check(offer, dns).await;
        for finding in &findings {
            output::say!("{}", if self.json { finding.json().to_string() } else { finding.words() });
        }
        outcome(&findings)
    }
}

/// Writes the files of a web server below a folder, and says where each is asked for.
fn write(offer: &Offer, folder: &Path) -> Result<(), String> {
    for file in files(offer) {
        let path = folder.join(&file.path);
        let made =
            path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, &file.text));
        made.map_err(|error| format!("{}: {error}", path.display()))?;
        output::say!("{}  {}  {}", path.display(), file.url, file.media);
    }
    Ok(())
}
