//! The command line.

use std::path::PathBuf;

use bulk::command::{ExportCommand, ImportCommand};
use clap::{Args, Parser, Subcommand};
use control::UnitPath;
use control::command::{
    self, AppPasswordCommand, Common, DomainCommand, InfectedCommand, MessageCommand, Nothing, OfficeCommand, On,
    OrganisationCommand, PeerCommand, PersonErase, QueueCommand, ReconcileCommand, UserCommand,
};
use dossier::command::{DossierCommand, PersonExport, ReceiptsCommand};
use index::command::DirectoryCommand;
use journal::command::ExportOptions;
#[cfg(feature = "lab")]
use lab::command::{DemoOptions, LabOptions};
use report::command::StatisticsCommand;
use sealing::command::SealingCommand;
use setup::command::DnsOptions;
use transparency::command::WatchOptions;
use verify::command::VerifyOptions;

/// Sigillo, a certified-mail (PEC) provider.
#[derive(Debug, Parser)]
#[command(name = "sigillo", version, about, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make and remove secrets for mail programs
    AppPassword(Of<AppPasswordCommand>),
    /// Check a store whole: references, originals against their digests, evidence, counters; it takes long
    Check(On<Nothing>),
    /// Show a certified message travel between two providers on this machine
    #[cfg(feature = "lab")]
    Demo(DemoOptions),
    /// Fetch the index of providers, publish our record in it, or run an index
    Directory(Of<DirectoryCommand>),
    /// Print the DNS records of a domain, check those that are there, write the files for mail programs
    Dns(DnsOptions),
    /// Host domains, and say what holds for their mailboxes
    Domain(Of<DomainCommand>),
    /// Put everything about messages into one ZIP file that explains and proves itself, for a court or whoever asks
    Dossier(DossierCommand),
    /// Read, prove and check the trace that everything leaves
    Evidence(Of<EvidenceCommand>),
    /// Carry messages out of a mailbox: to a Maildir, mbox files, a ZIP file
    Export(Of<ExportCommand>),
    /// Carry messages into a mailbox: from a Maildir, mbox files, a ZIP file, another server
    Import(Of<ImportCommand>),
    /// Look into the special store of infected messages
    Infected(Of<InfectedCommand>),
    /// Create a laboratory: providers, authority, index, configurations, accounts; play a faulty provider in it
    #[cfg(feature = "lab")]
    Lab(LabOptions),
    /// Create, change, close and read mailboxes
    Mailbox(Of<MailboxCommand>),
    /// Show the history of a message
    Message(Of<MessageCommand>),
    /// Make, move and remove offices of organisations, in which mailboxes stand
    Office(Of<OfficeCommand>),
    /// Say whom the provider serves: organisations, with their domains and offices
    Organisation(Of<OrganisationCommand>),
    /// Look after what is remembered of other providers' TLS certificates
    Peer(Of<PeerCommand>),
    /// Answer a person who asks what is kept about it, or wants it erased; for the officers of the configuration
    Person(Of<PersonCommand>),
    /// Look after what is to be carried
    Queue(Of<QueueCommand>),
    /// List what of the messages is not as it must be: without an outcome, with several, contradictory
    Reconcile(ReconcileCommand),
    /// Have the running provider read again certificates, keys and the log's filter
    Reload(On<Nothing>),
    /// Run a provider
    Serve(ServeOptions),
    /// Say how four months were: messages, availability, times; write the files of the supervisor
    Statistics(Of<StatisticsCommand>),
    /// Say how a provider fares, and what waits for whom
    Status(On<Nothing>),
    /// Make a store, copy a store
    Store(Of<StoreCommand>),
    /// Create users, who use mailboxes with a login of their own
    User(Of<UserCommand>),
    /// Say who certified what and when, and whether it holds
    Verify(VerifyOptions),
}

/// A command of several.
#[derive(Args, Debug)]
pub struct Of<T: Subcommand> {
    /// What to do.
    #[command(subcommand)]
    pub command: T,
}

/// `sigillo serve`
#[derive(Args, Debug)]
pub struct ServeOptions {
    /// The provider's configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Read everything that a start reads, say what is found, and start nothing; also beside a provider that runs
    #[arg(long)]
    pub check: bool,
    /// With --check: print one JSON object a line instead of words
    #[arg(long, requires = "check")]
    pub json: bool,
    /// Drain and end when standard input closes; for a parent process that may die
    #[arg(long, hide = true)]
    pub until_stdin_closes: bool,
}

/// `sigillo evidence`
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// What seals rows and proves them.
    #[command(flatten)]
    Seal(SealingCommand),
    /// Write the receipts of a message, also those that their holder removed; in place of those that are gone, a signed attestation
    Receipts(ReceiptsCommand),
    /// What lists and shows rows.
    #[command(flatten)]
    Administer(command::EvidenceCommand),
    /// Write days of the evidence in the customary form, for auditors
    Export(ExportOptions),
    /// Watch from outside that a provider's published evidence only grows; needs nothing but its address
    Watch(WatchOptions),
}

/// `sigillo person`
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Put everything that is kept about a person into one ZIP file that explains itself
    Export(PersonExport),
    /// Say what of a person can be erased, what not and why; with --yes, erase it
    Erase(On<PersonErase>),
}

/// `sigillo mailbox`
#[derive(Debug, Subcommand)]
pub enum MailboxCommand {
    /// List the mailboxes, or the messages in a folder of one and its other folders
    List {
        /// What every command takes.
        #[command(flatten)]
        common: Common,
        /// A mailbox; without it, all mailboxes
        #[arg(conflicts_with_all = ["domain", "organisation", "office", "fuller_than"])]
        address: Option<String>,
        /// Folder
        #[arg(long, default_value = "INBOX")]
        folder: String,
        /// Only the mailboxes of this domain
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<String>,
        /// Only the mailboxes in this organisation
        #[arg(long, value_name = "NAME", conflicts_with = "office")]
        organisation: Option<UnitPath>,
        /// Only the mailboxes in this office and below it: ORGANISATION/OFFICE/…
        #[arg(long, value_name = "PATH")]
        office: Option<UnitPath>,
        /// Only the mailboxes that hold more than so many percent of their quota
        #[arg(long, value_name = "PERCENT")]
        fuller_than: Option<u64>,
    },
    /// Print a message, or save all of them
    Read {
        /// The provider's configuration
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// The mailbox
        address: String,
        /// The message's UID, as `list` shows it
        #[arg(required_unless_present = "out")]
        uid: Option<u64>,
        /// Folder
        #[arg(long, default_value = "INBOX")]
        folder: String,
        /// Save into this folder as UID-KIND.eml: the one message, or all
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// What changes mailboxes.
    #[command(flatten)]
    Administer(command::MailboxCommand),
}

/// `sigillo store`
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Make the store of a provider that has none, and fill it
    Create {
        /// The provider's configuration
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Domains and mailboxes to begin with (TOML), as in docs/configuration.md
        #[arg(long, value_name = "FILE")]
        import: Option<PathBuf>,
    },
    /// What needs a store that is there.
    #[command(flatten)]
    Administer(command::StoreCommand),
}
