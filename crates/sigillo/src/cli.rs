//! The command line.

use std::path::PathBuf;

use bulk::command::{ExportCommand, ImportCommand};
use clap::{Args, Parser, Subcommand};
use control::UnitPath;
use control::command::{
    self, AppPasswordCommand, Common, DomainCommand, InfectedCommand, MessageCommand, Nothing, OfficeCommand, On,
    OrganisationCommand, PeerCommand, QueueCommand, UserCommand,
};
#[cfg(feature = "lab")]
use lab::command::{DemoOptions, LabOptions};

/// Sigillo, a certified-mail (PEC) provider.
#[derive(Debug, Parser)]
#[command(name = "sigillo", version, about, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const VERDICTS: &str = "Exit code (docs/verify.md):
   0  authentic
   1  proves nothing: not signed, changed, not by a provider, revoked before, or its form is wrong
   2  the signature is intact, and nothing says whether its maker is a certified-mail provider
   3  an authentic anomaly envelope: it certifies nothing of what is in it
   4  the signed data are authentic, and the header that mail programs show was changed
  64, 65, 66, 73  nothing was judged: the command line, --ca --directory --crl, the message, --original";

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
    Directory(DirectoryOptions),
    /// Print the DNS records of a domain, check those that are there, write the files for mail programs
    Dns(DnsOptions),
    /// Host domains, and say what holds for their mailboxes
    Domain(Of<DomainCommand>),
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
    /// Look after what is to be carried
    Queue(Of<QueueCommand>),
    /// Have the running provider read again certificates, keys and the log's filter
    Reload(On<Nothing>),
    /// Run a provider
    Serve(ServeOptions),
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

/// `sigillo directory`
#[derive(Args, Debug)]
pub struct DirectoryOptions {
    /// What to do.
    #[command(subcommand)]
    pub command: DirectoryCommand,
}

/// The commands of the index.
#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Fetch the index now, verify it whole, and put it in the place of our copy
    Fetch(FetchIndexOptions),
    /// Write the signed file with our own record, for the operator of the index
    Publish(PublishOptions),
    /// Be the operator of an index: collect each provider's file, publish the whole
    Serve {
        /// The operator's configuration (TOML), as in docs/index-operator.md
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Collect once, write the index into the state folder and end
        #[arg(long)]
        once: bool,
        /// End when standard input closes; for a parent process that may die
        #[arg(long, hide = true)]
        until_stdin_closes: bool,
    },
}

/// `sigillo directory fetch`
#[derive(Args, Debug)]
pub struct FetchIndexOptions {
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
#[derive(Args, Debug)]
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

/// `sigillo dns`
#[derive(Args, Debug)]
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

/// `sigillo verify`
#[derive(Args, Debug)]
#[command(after_help = VERDICTS)]
pub struct VerifyOptions {
    /// The message, as the mail client saves it (.eml), or a file of `evidence prove`
    pub file: PathBuf,
    /// Authorities to trust (PEM); without it, Italy's certified-mail authorities, by their keys
    #[arg(long, value_name = "FILE")]
    pub ca: Vec<PathBuf>,
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
    /// Leave the original message here, if the file carries it
    #[arg(long, value_name = "FILE")]
    pub original: Option<PathBuf>,
    /// Print one JSON object instead of words
    #[arg(long)]
    pub json: bool,
}

/// `sigillo evidence`
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Check all rows against the signed heads that seal them; names what was altered, is missing or was added
    Check {
        /// What every command takes.
        #[command(flatten)]
        common: Common,
    },
    /// List the signed heads that seal the evidence
    Heads {
        /// What every command takes.
        #[command(flatten)]
        common: Common,
        /// Of this log only
        #[arg(long, value_name = "LOG")]
        log: Option<u32>,
    },
    /// Write a file that proves to anybody what the trace has: 'sigillo verify FILE' says what, without this provider
    Prove {
        /// The provider's configuration
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// A message, by its PEC identifier, or one row as `list` shows it: 1/4711
        #[arg(value_name = "IDENTIFIER|LOG/NUMBER")]
        what: String,
        /// The file to write, which does not exist yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// What lists and shows rows.
    #[command(flatten)]
    Administer(command::EvidenceCommand),
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
