//! `sigillo import` and `sigillo export`: the command line's words for what is done here.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use control::command::{Common, Ended, On, Place};
use control::transfer::form::{Purpose, TransferRequest};
use control::{Carrier, PasswordFrom, Refused};
use pec::Address;
use store::FolderName;

use crate::archive::Archive;
use crate::export::{ExportOptions, Form, export};
use crate::imap::{ImapAccount, Reached};
use crate::import::{ImportOptions, import};
use crate::maildir::Maildir;
use crate::mbox::{MboxFiles, Quoting};
use crate::source::{Source, Wanted};

/// Where messages come from.
#[derive(Clone, Debug, Subcommand)]
pub enum ImportCommand {
    /// From a Maildir, with its subfolders, flags and dates
    Maildir(On<FromFiles>),
    /// From an mbox file, or a folder of them
    Mbox(On<FromMbox>),
    /// From a ZIP file of .eml files
    Zip(On<FromFiles>),
    /// From another server, by IMAP over TLS
    Imap(On<FromImap>),
}

/// Where messages go.
#[derive(Clone, Debug, Subcommand)]
pub enum ExportCommand {
    /// To a Maildir, with subfolders, flags and dates
    Maildir(On<To>),
    /// To a folder of mbox files (mboxrd), one for each folder
    Mbox(On<To>),
    /// To a ZIP file of .eml files
    Zip(On<To>),
}

/// What is imported, and how.
#[derive(Args, Clone, Debug)]
pub struct How {
    /// Only this folder of the source and what is below it; may be given several times
    #[arg(long, value_name = "NAME")]
    folder: Vec<String>,
    /// Put everything into this folder of the mailbox and below it
    #[arg(long, value_name = "NAME")]
    into: Option<String>,
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
}

/// From files.
#[derive(Args, Clone, Debug)]
pub struct FromFiles {
    /// The mailbox
    address: Address,
    /// Where the messages are
    path: PathBuf,
    /// What, and how.
    #[command(flatten)]
    how: How,
}

/// From mbox files.
#[derive(Args, Clone, Debug)]
pub struct FromMbox {
    /// What all take.
    #[command(flatten)]
    files: FromFiles,
    /// How lines of messages that begin with 'From ' were quoted
    #[arg(long, value_enum, default_value_t)]
    quoting: Quoting,
}

/// From an account at another server.
#[derive(Args, Clone, Debug)]
pub struct FromImap {
    /// The mailbox here
    address: Address,
    /// The server, HOST or HOST:PORT
    server: String,
    /// The login there
    #[arg(long, value_name = "NAME")]
    user: String,
    /// The password there.
    #[command(flatten)]
    password: PasswordFrom,
    /// Begin in the clear and change to TLS (STARTTLS, port 143); without it TLS at once (port 993)
    #[arg(long)]
    starttls: bool,
    /// An authority of the server's certificate besides those of this system, or that certificate itself (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Vec<PathBuf>,
    /// Remember in this file what was imported, so that doing it again fetches only what is new
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// What, and how.
    #[command(flatten)]
    how: How,
}

/// What is exported.
#[derive(Args, Clone, Debug)]
pub struct To {
    /// The mailbox
    address: Address,
    /// Where to; nothing may stand there yet
    path: PathBuf,
    /// Only this folder and what is below it; may be given several times
    #[arg(long, value_name = "NAME")]
    folder: Vec<String>,
}

impl ImportCommand {
    /// What every command takes.
    pub fn common(&self) -> &Common {
        match self {
            ImportCommand::Maildir(on) | ImportCommand::Zip(on) => &on.common,
            ImportCommand::Mbox(on) => &on.common,
            ImportCommand::Imap(on) => &on.common,
        }
    }

    /// Imports.
    pub async fn run(self, place: Place) -> Result<Ended, Refused> {
        let json = self.common().json;
        match self {
            ImportCommand::Maildir(on) => {
                let FromFiles { address, path, how } = on.what;
                from(address, how, json, place, opened(move || Maildir::new(&path)).await?).await
            }
            ImportCommand::Mbox(on) => {
                let FromMbox { files: FromFiles { address, path, how }, quoting } = on.what;
                from(address, how, json, place, opened(move || MboxFiles::new(&path, quoting)).await?).await
            }
            ImportCommand::Zip(on) => {
                let FromFiles { address, path, how } = on.what;
                from(address, how, json, place, opened(move || Archive::new(&path)).await?).await
            }
            ImportCommand::Imap(on) => {
                let FromImap { address, server, user, password, starttls, ca, journal, how } = on.what;
                // What is in one folder is not in another one.
                let to = match &how.into {
                    Some(folder) => format!("{address}, {folder}"),
                    None => address.to_string(),
                };
                let account = opened(move || {
                    let password = password.existing(&format!("{user} at {server}")).map_err(|refused| refused.what)?;
                    ImapAccount::reached(Reached {
                        server: &server,
                        user,
                        password: password.expose().to_owned().into(),
                        starttls,
                        authorities: &ca,
                        journal: journal.as_deref(),
                        to: &to,
                    })
                });
                from(address, how, json, place, account.await?).await
            }
        }
    }
}

async fn opened<T: Send + 'static>(open: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, Refused> {
    tokio::task::spawn_blocking(open).await?.map_err(Refused::missing)
}

async fn from(address: Address, how: How, json: bool, place: Place, source: impl Source) -> Result<Ended, Refused> {
    let How { folder, into, dry_run } = how;
    let into = into.as_deref().map(FolderName::parse).transpose()?;
    let (purpose, other_end) = (Purpose::Import, source.name());
    let request = TransferRequest { address: address.clone(), purpose, other_end };
    let mut carrier = Carrier::open(place, request).await?;
    let options = ImportOptions { address, wanted: Wanted::new(&folder), into, dry_run, json };
    let ended = import(&source, &mut carrier, &options).await;
    let closed = carrier.close().await;
    // Why it ended says more than what came of ending it.
    ended.and_then(|ended| closed.map(|()| ended))
}

impl ExportCommand {
    /// What every command takes.
    pub fn common(&self) -> &Common {
        match self {
            ExportCommand::Maildir(on) | ExportCommand::Mbox(on) | ExportCommand::Zip(on) => &on.common,
        }
    }

    /// Exports.
    pub async fn run(self, place: Place) -> Result<Ended, Refused> {
        let (form, on) = match self {
            ExportCommand::Maildir(on) => (Form::Maildir, on),
            ExportCommand::Mbox(on) => (Form::Mbox, on),
            ExportCommand::Zip(on) => (Form::Zip, on),
        };
        let (json, To { address, path, folder }) = (on.common.json, on.what);
        let request = TransferRequest { address, purpose: Purpose::Export, other_end: path.display().to_string() };
        let mut carrier = Carrier::open(place, request).await?;
        let options = ExportOptions { form, to: path, wanted: Wanted::new(&folder), json };
        let ended = export(&mut carrier, &options).await;
        let closed = carrier.close().await;
        ended.and_then(|ended| closed.map(|()| ended))
    }
}
