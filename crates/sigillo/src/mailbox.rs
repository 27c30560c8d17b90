//! `sigillo mailbox`: mailboxes administered, and what stands in them, also while the provider runs.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use config::Config;
use control::reading::{self, Shelf, Shown};
use control::{MailboxRequest, Request};
use output::printable;
use pec::Address;
use store::{Content, Embedded, Mailbox, Principals};

use crate::administer;
use crate::cli::MailboxCommand;
use crate::exit::{self, Failed, store_error};

/// Runs the command.
pub async fn run(command: MailboxCommand) -> ExitCode {
    let done = match command {
        MailboxCommand::Administer(command) => return administer::run(command).await,
        MailboxCommand::List { common, address: None, domain, .. } => {
            return administer::ask(Request::Mailbox(MailboxRequest::List { domain }), &common).await;
        }
        MailboxCommand::List { common, address: Some(address), folder, .. } => {
            list(&common.config, &address, &folder, common.json).await
        }
        MailboxCommand::Read { config, address, uid, folder, out } => {
            read(&config, &address, uid, &folder, out.as_deref()).await
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => exit::fail(code, why),
    }
}

/// Messages read at once.
const PAGE: usize = 1000;

async fn list(config: &Path, address: &str, folder: &str, json: bool) -> Result<(), Failed> {
    let looked = Looked::into(config, address, folder).await?;
    let mut after = 0;
    loop {
        let page = reading::page(looked.store.as_ref(), looked.shelf, after, PAGE).await.map_err(store_error)?;
        let Some(last) = page.last() else { break };
        after = last.number;
        for shown in &page {
            output::say!("{}", if json { as_json(shown) } else { row(shown) });
        }
    }
    for other in &looked.others {
        output::tell!("another folder: --folder '{}'", printable(other));
    }
    Ok(())
}

fn row(shown: &Shown) -> String {
    let kind = shown.summary.kind.map_or("-", |kind| kind.name());
    let subject = printable(&shown.summary.subject);
    format!("{:>6}  {}  {kind:18} {:>9}  {subject}", shown.number, shown.at, shown.size)
}

fn as_json(shown: &Shown) -> String {
    let summary = &shown.summary;
    let value = serde_json::json!({
        "type": "entry",
        "uid": shown.number,
        "at": shown.at.to_string(),
        "kind": summary.kind.map(|kind| kind.name()),
        "identifier": summary.identifier.as_ref().map(|identifier| identifier.as_str()),
        "size": shown.size,
        "from": summary.from,
        "to": summary.to,
        "subject": summary.subject,
        "message_id": summary.message_id,
    });
    value.to_string()
}

async fn read(config: &Path, address: &str, uid: Option<u64>, folder: &str, out: Option<&Path>) -> Result<(), Failed> {
    let Looked { store, mailbox, shelf, .. } = Looked::into(config, address, folder).await?;
    let (mut after, limit) = uid.map_or((0, PAGE), |uid| (uid.saturating_sub(1), 1));
    loop {
        let mut page = reading::page(store.as_ref(), shelf, after, limit).await.map_err(store_error)?;
        if let Some(uid) = uid {
            page.retain(|shown| shown.number == uid);
            if page.is_empty() {
                return Err((exit::NO_INPUT, format!("no message {uid} in {folder} of {}", mailbox.address)));
            }
        }
        let Some(last) = page.last() else { return Ok(()) };
        after = last.number;
        for shown in &page {
            give(store.as_ref(), shown, out).await?;
        }
        if uid.is_some() {
            return Ok(());
        }
    }
}

/// Prints a message, or saves it.
async fn give(store: &Embedded, shown: &Shown, out: Option<&Path>) -> Result<(), Failed> {
    let Some(pieces) = store.read(shown.message).await.map_err(store_error)? else { return Ok(()) };
    match out {
        None => pieces.chunks().for_each(|chunk| output::say_bytes(chunk)),
        Some(dir) => {
            let kind = shown.summary.kind.map_or("message", |kind| kind.name());
            save(dir, &format!("{}-{kind}.eml", shown.number), &pieces.to_bytes())?;
        }
    }
    Ok(())
}

/// A folder of a mailbox, looked into.
struct Looked {
    store: Arc<Embedded>,
    mailbox: Mailbox,
    shelf: Shelf,
    others: Vec<String>,
}

impl Looked {
    async fn into(config: &Path, address: &str, folder: &str) -> Result<Self, Failed> {
        let store = look_into(config)?;
        let address = Address::parse(address).map_err(|error| (exit::USAGE, error.to_string()))?;
        let found = store.mailbox(&address).await.map_err(store_error)?;
        let mailbox = found.ok_or_else(|| (exit::NO_INPUT, format!("no mailbox {address}")))?;
        let mut others = reading::folders(store.as_ref(), &mailbox).await.map_err(store_error)?;
        let Some(shelf) = reading::shelf(store.as_ref(), &mailbox, folder).await.map_err(store_error)? else {
            let there: Vec<_> = others.iter().map(|name| printable(name)).collect();
            return Err((exit::NO_INPUT, format!("{address} has no folder {folder}; it has {}", there.join(", "))));
        };
        others.retain(|name| name != folder && !(name == "INBOX" && folder.eq_ignore_ascii_case("INBOX")));
        Ok(Self { store, mailbox, shelf, others })
    }
}

/// Opens the store of a configuration for reading, beside a provider that may be running.
pub fn look_into(config: &Path) -> Result<Arc<Embedded>, Failed> {
    let config = Config::load(config).map_err(|error| (exit::CONFIG, error.to_string()))?;
    Embedded::look(&config.store.path).map_err(store_error)
}

/// Writes a file into a folder that is made when missing.
pub fn save(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), Failed> {
    let path = dir.join(name);
    let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&path, bytes));
    written.map_err(|error| (exit::CANT_CREATE, format!("{}: {error}", path.display())))
}
