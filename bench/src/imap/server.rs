//! A server that is measured, and ours.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use conformance::client::trust;
use harness::{Block, Running};
use rustls::ClientConfig;
use rustls::client::Resumption;
use tempfile::TempDir;

use super::client::Place;
use crate::lab::{Lab, program};
use crate::metrics::Page;

/// Connections that each server is told to allow at once.
pub const SESSIONS: usize = 20_000;
/// Octets of the mailbox: a message counts in each folder that has it.
const QUOTA: u64 = 64 << 30;

/// How long what was filled in may take to be in the index for searches.
const INDEXED: Duration = Duration::from_secs(600);

/// A server under way, with its files in a folder of its own.
pub struct Server {
    /// What it is called in the tables.
    pub name: &'static str,
    /// Where to log in.
    pub place: Place,
    /// Where it tells how it stands.
    pub(super) metrics: Option<String>,
    /// Where its certificate (`tls.pem`) and the key of that (`tls.key`) are.
    pub identity: PathBuf,
    pub(super) running: Running,
    pub(super) _scratch: TempDir,
    pub(super) _ports: Block,
}

impl Server {
    /// The number of its first process.
    pub fn process(&self) -> u32 {
        self.running.id()
    }

    /// A provider of a laboratory, with its door of IMAP.
    pub fn sigillo(named: Option<&Path>) -> io::Result<Self> {
        let sigillo = program(named)?;
        let (scratch, ports) = (tempfile::tempdir()?, Block::take()?);
        let lab = Lab::make(&sigillo, &scratch.path().join("lab"), ports.base())?;
        let none = || io::Error::other("the lab's provider has no mailbox");
        let provider = lab.provider.first().ok_or_else(none)?;
        let account = provider.account.first().ok_or_else(none)?;
        let most = format!("sessions = {SESSIONS}\nsessions_per_peer = {SESSIONS}\n\n[pop3]");
        lab.change(provider, "sigillo.toml", "sessions_per_peer = 500\n\n[pop3]", &most)?;
        let running = provider.start(&sigillo, &lab.folder)?;
        let set = ["mailbox", "set", &account.address, "--quota", &QUOTA.to_string()];
        provider.operate(&sigillo, &lab.folder, &set)?;
        let place = Place {
            address: format!("127.0.0.1:{}", provider.ports.imap_tls),
            name: provider.hostname.clone(),
            trust: without_resumption(&lab.folder.join("tls-ca.pem"))?,
            login: account.address.clone(),
            password: account.password.clone(),
        };
        let identity = lab.folder.join(&provider.folder);
        let metrics = Some(provider.admin());
        Ok(Self { name: "Sigillo", place, metrics, identity, running, _scratch: scratch, _ports: ports })
    }

    /// Waits until nothing of what was filled in is left to be done: the index for searches has it.
    pub fn settled(&self) -> io::Result<()> {
        let Some(metrics) = &self.metrics else { return Ok(()) };
        let until = Instant::now() + INDEXED;
        while Page::read(metrics)?.sum("sigillo_search_folders_waiting", None) > 0.0 {
            if Instant::now() >= until {
                return Err(io::Error::other(format!("the index for searches is not ready after {INDEXED:?}")));
            }
            thread::park_timeout(Duration::from_millis(200));
        }
        Ok(())
    }
}

/// Trust in the certificates of a PEM file. Every handshake is a whole one: the two servers offer resumption in different
/// ways, and a mail client that comes anew has nothing to resume.
fn without_resumption(authority: &Path) -> io::Result<Arc<ClientConfig>> {
    let mut config = ClientConfig::clone(&*trust(authority)?);
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}
