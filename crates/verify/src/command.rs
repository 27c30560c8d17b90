//! `sigillo verify`: the command line's words for what is judged here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use clap::Args;
use pec::Clock;
use proof::file::ProofFile;
use serde::Serialize;

use crate::authority::Authorities;
use crate::error::VerifyError;
use crate::examination::Authenticity;
use crate::examine::{chains_of, examine};
use crate::index::read_index;
use crate::proved::{chains_of_proof, examine_proof};
use crate::revoked::Sources;
use crate::stamps::StampAuthorities;

const VERDICTS: &str = "Exit code (docs/verify.md):
   0  authentic
   1  proves nothing: not signed, changed, not by a provider, revoked before, or its form is wrong
   2  the signature is intact, and nothing says whether its maker is a certified-mail provider
   3  an authentic anomaly envelope: it certifies nothing of what is in it
   4  the signed data are authentic, and the header that mail programs show was changed
  64, 65, 66, 73  nothing was judged: the command line, --ca --directory --crl, the message, --original";

/// `sigillo verify`
#[derive(Args, Clone, Debug)]
#[command(after_help = VERDICTS)]
pub struct VerifyOptions {
    /// The message, as the mail client saves it (.eml), or a file of `evidence prove`
    pub file: PathBuf,
    /// Authorities to trust (PEM); without it, Italy's certified-mail authorities, by their keys
    #[arg(long, value_name = "FILE")]
    pub ca: Vec<PathBuf>,
    /// Authorities for time stamps to trust (PEM), for a file of `evidence prove`
    #[arg(long, value_name = "FILE")]
    pub tsa: Vec<PathBuf>,
    /// The providers' index: a verified LDIF, or the signed .p7m
    #[arg(long, value_name = "FILE")]
    pub directory: Option<PathBuf>,
    /// Lists of revoked certificates (DER or PEM)
    #[arg(long, value_name = "FILE")]
    pub crl: Vec<PathBuf>,
    /// Ask the authority's servers whether certificates are revoked (HTTP, to public addresses only)
    #[arg(long)]
    pub online: bool,
    /// Judge the certificate at this time (seconds since 1970) instead of the time of signing
    #[arg(long, value_name = "SECONDS")]
    pub at: Option<i64>,
    /// A file of `evidence prove` about the message: whether the provider's trace says the same, and since when
    #[arg(long, value_name = "FILE")]
    pub proof: Option<PathBuf>,
    /// Leave the original message here, if the file carries it
    #[arg(long, value_name = "FILE")]
    pub original: Option<PathBuf>,
    /// Print one JSON object instead of words
    #[arg(long)]
    pub json: bool,
}

/// Why a command judged nothing, or left no original.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The message cannot be read.
    #[error("{}: {why}", path.display())]
    Message {
        /// Which.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// What it is to be judged by is wrong.
    #[error(transparent)]
    Means(#[from] VerifyError),
    /// The original cannot be written.
    #[error("{}: {why}", path.display())]
    Original {
        /// Where to.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
}

impl VerifyOptions {
    /// Judges, and says on standard output what was found.
    pub async fn run(&self, clock: Arc<dyn Clock>) -> Result<Authenticity, CommandError> {
        let read = |path: &Path| {
            std::fs::read(path).map(Bytes::from).map_err(|why| CommandError::Message { path: path.to_owned(), why })
        };
        let octets = read(&self.file)?;
        let authorities = Authorities::read(&self.ca)?;
        let index = self.directory.as_deref().map(read_index).transpose()?;
        let sources = Sources::new(&self.crl, self.online.then(|| clock.clone()))?;
        if ProofFile::is_one(&octets) {
            let stamped_by = StampAuthorities::read(&self.tsa)?;
            for (path, at) in chains_of_proof(&octets, &authorities, &stamped_by, self.at) {
                sources.ask(&path, at).await;
            }
            let found = examine_proof(&octets, &authorities, &stamped_by, &sources, self.at);
            self.tell(&found, || found.words());
            return Ok(found.verdict);
        }
        for (path, at) in chains_of(&octets, &authorities, self.at) {
            sources.ask(&path, at).await;
        }
        let (mut found, original) = examine(&octets, &authorities, index.as_ref(), &sources, self.at);
        let proof = match &self.proof {
            Some(path) => {
                let stamped_by = StampAuthorities::read(&self.tsa)?;
                Some(examine_proof(&read(path)?, &authorities, &stamped_by, &sources, None))
            }
            None => None,
        };
        found.hold_against(clock.now(), proof.as_ref());
        if let (Some(path), Some(original)) = (&self.original, &original) {
            leave(path, original)?;
        }
        self.tell(&found, || found.words());
        if !self.json && self.original.is_some() && original.is_none() {
            output::say!("  This message carries no original.");
        }
        Ok(found.verdict)
    }

    fn tell(&self, found: &impl Serialize, words: impl FnOnce() -> String) {
        if self.json {
            output::say!("{}", serde_json::to_string_pretty(found).unwrap_or_else(|error| format!("\"{error}\"")));
        } else {
            output::say_bytes(words().as_bytes());
        }
    }
}

fn leave(path: &Path, original: &[u8]) -> Result<(), CommandError> {
    std::fs::write(path, original).map_err(|why| CommandError::Original { path: path.to_owned(), why })
}
