//! `sigillo lab` and `sigillo demo`: the command line's words for what is done here.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use door::port::taken_by;
use provider::{Clock, SystemClock};

use crate::create::create;
use crate::described::Lab;
use crate::error::LabError;
use crate::open::open;
use crate::peer::{self, Play, conduct::Conduct, sample::Sample};
use crate::plan::{DEFAULT_BASE_PORT, GuestPlan, LabPlan};
use crate::revoke::revoke;

/// `sigillo demo`
#[derive(Args, Debug)]
pub struct DemoOptions {
    /// End when every receipt is there, instead of staying up
    #[arg(long)]
    pub once: bool,
    /// Leave the messages and the laboratory's authority (ca.pem) in this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `sigillo lab`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct LabOptions {
    /// Where to create it; must be empty or not exist, or hold a laboratory of the same plan
    #[arg(required = true)]
    pub dir: Option<PathBuf>,
    /// Providers by name; each hosts NAME.example
    #[arg(long = "provider", value_name = "NAME", default_values_t = ["alfa".to_owned(), "beta".to_owned()])]
    pub providers: Vec<String>,
    /// A provider that somebody else runs, as the conformance suite: it gets keys, a record in the index and a route
    #[arg(long = "guest", value_name = "NAME=HOST:PORT")]
    pub guests: Vec<String>,
    /// First TCP port; each provider takes ten from there
    #[arg(long, default_value_t = DEFAULT_BASE_PORT)]
    pub base_port: u16,
    /// Play the other provider in this way until Ctrl-C
    #[arg(long, value_name = "KIND", help_heading = "A faulty provider")]
    pub peer: Option<Conduct>,
    /// Seconds that a slow peer lets pass before each reply and receipt
    #[arg(long, value_name = "SECONDS", default_value_t = 20, help_heading = "A faulty provider")]
    pub delay: u64,
    /// Send a message of this kind as the other provider
    #[arg(long, value_name = "KIND", requires = "to", help_heading = "A faulty provider")]
    pub send: Option<Sample>,
    /// Whom to send it to: a holder of one of the providers
    #[arg(long, value_name = "ADDRESS", requires = "send", help_heading = "A faulty provider")]
    pub to: Option<String>,
    /// Which of the laboratory's guests to play
    #[arg(long = "as", value_name = "NAME", default_value = peer::NAME, help_heading = "A faulty provider")]
    pub name: String,
    /// End when standard input closes; for a parent process that may die
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
    /// What to do with one that exists.
    #[command(subcommand)]
    pub command: Option<LabCommand>,
}

/// What to do with a laboratory.
#[derive(Debug, Subcommand)]
pub enum LabCommand {
    /// Revoke the signing certificate of a provider, as after a theft of its key
    Revoke {
        /// The laboratory
        dir: PathBuf,
        /// The provider's folder, as alfa
        provider: String,
    },
}

/// Why a command on a laboratory was not done, by blame.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// What was asked for cannot be.
    #[error("{0}")]
    Wish(String),
    /// The laboratory was not made.
    #[error(transparent)]
    NotMade(LabError),
    /// The certificate was not revoked.
    #[error(transparent)]
    NotRevoked(LabError),
}

impl LabOptions {
    /// Makes or opens the laboratory, or changes it, and says so; `program` is what the program is called, for commands that
    /// are printed to be copied. Gives back what is then to be played, and where. Blocks.
    ///
    /// # Errors
    ///
    /// The wish cannot be fulfilled, or a file of the laboratory not be written or read.
    pub fn run(&self, program: &str) -> Result<Option<(Lab, Play)>, CommandError> {
        if let Some(LabCommand::Revoke { dir, provider }) = &self.command {
            revoke_and_tell(dir, provider).map_err(CommandError::NotRevoked)?;
            return Ok(None);
        }
        let Some(dir) = &self.dir else { return Err(CommandError::Wish("expected the laboratory's folder".into())) };
        let play = self.play();
        // Whoever plays need not say again how the laboratory was made.
        if let Some(play) = &play
            && let Ok(lab) = open(dir)
        {
            return Ok(Some((lab, play.clone())));
        }
        let plan = self.plan().map_err(|error| CommandError::Wish(error.to_string()))?;
        let lab = create(dir, &plan).map_err(CommandError::NotMade)?;
        announce(&lab, dir, program);
        tell_of_taken_ports(&lab);
        Ok(play.map(|play| (lab, play)))
    }

    /// What is to be played; `None`: nothing.
    fn play(&self) -> Option<Play> {
        let send = self.send.zip(self.to.clone());
        let plays = self.peer.is_some() || send.is_some();
        let delay = Duration::from_secs(self.delay);
        plays.then(|| Play { name: self.name.clone(), conduct: self.peer, delay, send })
    }

    /// The providers and guests that were asked for, and the guest whom [`peer`] plays.
    fn plan(&self) -> Result<LabPlan, LabError> {
        let now = SystemClock.now();
        let names: Vec<&str> = self.providers.iter().map(String::as_str).collect();
        let mut plan = LabPlan::named(now, &names, self.base_port)?;
        for guest in &self.guests {
            plan.guests.push(GuestPlan::parse(guest)?);
        }
        let taken = |folder: &str| folder == peer::NAME;
        if !names.iter().any(|name| taken(name)) && !plan.guests.iter().any(|guest| taken(&guest.provider.folder)) {
            plan = plan.with_peer(self.base_port)?;
        }
        Ok(plan)
    }
}

fn announce(lab: &Lab, dir: &Path, program: &str) {
    output::say!("Laboratory in {}. Start each provider in a terminal of its own:", dir.display());
    for provider in &lab.providers {
        output::say!("  {program} serve --config {}", provider.config.display());
    }
    for guest in &lab.guests {
        let folder = lab.folder.join(&guest.provider.folder);
        output::say!("Whoever plays {} finds keys and a configuration in {}.", guest.provider.name, folder.display());
    }
    if lab.guests.iter().any(|guest| guest.provider.folder == peer::NAME) {
        output::say!("A provider that misbehaves, see --help for the ways:");
        output::say!("  {program} lab {} --peer silent", dir.display());
    }
    output::say!("Accounts, ports and examples are in {}.", dir.join("README.txt").display());
}

/// A laboratory may be made beside another that runs; its providers start when the ports are free.
fn tell_of_taken_ports(lab: &Lab) {
    for port in lab.providers.iter().flat_map(|provider| provider.ports.all()) {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err_and(|error| error.kind() == ErrorKind::AddrInUse) {
            let who = taken_by(port).unwrap_or_else(|| "another program".into());
            output::tell!(
                "warning: {who} listens on port {port}, which this laboratory wants; --base-port chooses others"
            );
        }
    }
}

fn revoke_and_tell(dir: &Path, provider: &str) -> Result<(), LabError> {
    let now = SystemClock.now();
    let provider = revoke(dir, provider, now)?;
    output::say!("The signing certificate of {} is revoked since {now}, in pec-ca.crl.", provider.name);
    output::say!("Running providers refuse what it signs within seconds.");
    Ok(())
}
