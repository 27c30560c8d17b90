//! `sigillo mailbox`: what stands in the mailboxes, also while the provider runs.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use config::Config;
use pec::Address;
use store::{Correspondents, Embedded, Entry, Mailbox, NewMailbox, OrdinaryMail, Store};

use crate::cli::{MailboxCommand, MailboxOptions, MailboxSet};
use crate::exit::{self, Failed};
use output::printable;

/// Runs the command.
pub async fn run(options: MailboxOptions) -> ExitCode {
    let done = match options.command {
        MailboxCommand::List { config, address, folder } => list(&config, address.as_deref(), &folder).await,
        MailboxCommand::Read { config, address, uid, folder, out } => {
            read(&config, &address, uid, &folder, out.as_deref()).await
        }
        MailboxCommand::Add { config, address, quota } => add(&config, &address, quota).await,
        MailboxCommand::Set(change) => set(change).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => exit::fail(code, why),
    }
}

async fn list(config: &Path, address: Option<&str>, folder: &str) -> Result<(), Failed> {
    let store = look_into(config)?;
    let Some(address) = address else {
        for mailbox in store.all_mailboxes().await.map_err(store_error)? {
            output::say!("{}", row(&mailbox));
        }
        return Ok(());
    };
    let address = existing(store.as_ref(), address).await?;
    for entry in all_entries(store.as_ref(), &address, folder).await? {
        let kind = entry.summary.kind.map_or("-", |kind| kind.name());
        output::say!(
            "{:>6}  {}  {:18} {:>9}  {}",
            entry.uid,
            entry.internal_date,
            kind,
            entry.size,
            printable(&entry.summary.subject)
        );
    }
    for other in others(store.as_ref(), &address, folder).await? {
        output::tell!("another folder: --folder '{}'", printable(&other));
    }
    Ok(())
}

/// The mailbox's folders besides this one, which must exist.
async fn others(store: &dyn Store, address: &Address, folder: &str) -> Result<Vec<String>, Failed> {
    let folders = store.folders(address).await.map_err(store_error)?;
    let inbox = |name: &str| name == "INBOX" && folder.eq_ignore_ascii_case(name);
    let (this, others): (Vec<_>, Vec<_>) =
        folders.into_iter().map(|one| one.name).partition(|name| name == folder || inbox(name));
    if this.is_empty() {
        let there: Vec<_> = others.iter().map(|name| printable(name)).collect();
        return Err((exit::NO_INPUT, format!("{address} has no folder {folder}; it has {}", there.join(", "))));
    }
    Ok(others)
}

/// One mailbox, as the list shows it.
fn row(mailbox: &Mailbox) -> String {
    let service = if mailbox.service { "  (service mailbox)" } else { "" };
    let ordinary =
        mailbox.ordinary.as_ref().map(|ordinary| format!(", ordinary: {}", printable(&ordinary.to_string())));
    let group = mailbox.correspondents.as_ref().map(|group| format!(", correspondents: {group}"));
    format!(
        "{:40} {:>12} of {} octets, {}{}{}{service}",
        mailbox.address,
        mailbox.used,
        mailbox.quota,
        mailbox.state.name(),
        ordinary.unwrap_or_default(),
        group.unwrap_or_default(),
    )
}

async fn read(config: &Path, address: &str, uid: Option<u32>, folder: &str, out: Option<&Path>) -> Result<(), Failed> {
    let store = look_into(config)?;
    let address = existing(store.as_ref(), address).await?;
    others(store.as_ref(), &address, folder).await?;
    let mut entries = all_entries(store.as_ref(), &address, folder).await?;
    if let Some(uid) = uid {
        entries.retain(|entry| entry.uid == uid);
        if entries.is_empty() {
            return Err((exit::NO_INPUT, format!("no message {uid} in {folder} of {address}")));
        }
    }
    for entry in entries {
        let Some(pieces) = store.read(entry.message).await.map_err(store_error)? else { continue };
        match out {
            None => {
                pieces.chunks().for_each(|chunk| output::say_bytes(chunk));
            }
            Some(dir) => {
                let kind = entry.summary.kind.map_or("message", |kind| kind.name());
                save(dir, &format!("{}-{kind}.eml", entry.uid), &pieces.to_bytes())?;
            }
        }
    }
    Ok(())
}

async fn add(config: &Path, address: &str, quota: u64) -> Result<(), Failed> {
    let config = Config::load(config).map_err(|error| (exit::CONFIG, error.to_string()))?;
    let address = Address::parse(address).map_err(|error| (exit::USAGE, error.to_string()))?;
    if !config.provider.domains.contains(&address.domain_key()) {
        return Err((exit::USAGE, format!("{} is not a domain of this provider", address.domain())));
    }
    let mut password = String::new();
    if std::io::stdin().is_terminal() {
        output::ask(format_args!("Password for {address}, shown as you type: "));
    }
    std::io::stdin().read_line(&mut password).map_err(|error| (exit::NO_INPUT, error.to_string()))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err((exit::USAGE, "the password on standard input is empty".into()));
    }
    let store = Embedded::open(&config.store.path, store::EmbeddedOptions::default()).map_err(store_error)?;
    let mailbox = NewMailbox { address: address.clone(), password: Some(password), quota, service: false };
    let created = store.create_mailbox(mailbox).await.map_err(store_error)?;
    store.close().await.map_err(store_error)?;
    if created { Ok(()) } else { Err((exit::USAGE, format!("mailbox {address} exists already"))) }
}

async fn set(change: MailboxSet) -> Result<(), Failed> {
    let usage = |what: String| (exit::USAGE, what);
    let config = Config::load(&change.config).map_err(|error| (exit::CONFIG, error.to_string()))?;
    let address = Address::parse(&change.address).map_err(|error| usage(error.to_string()))?;
    // Everything is read before anything is changed.
    let ordinary: Option<Option<OrdinaryMail>> = read_change("--ordinary", change.ordinary.as_deref())?;
    let group: Option<Option<Correspondents>> = read_change("--correspondents", change.correspondents.as_deref())?;
    if let Some(Some(ordinary)) = &ordinary {
        config::elsewhere(ordinary, &config.provider.domains).map_err(|what| usage(format!("--ordinary: {what}")))?;
    }
    let store = Embedded::open(&config.store.path, store::EmbeddedOptions::default()).map_err(store_error)?;
    let found = store.mailboxes(std::slice::from_ref(&address)).await.map_err(store_error)?;
    let changed = match found.into_iter().flatten().next() {
        None => Err((exit::NO_INPUT, format!("no mailbox {address}"))),
        Some(mailbox) if mailbox.service => {
            Err(usage(format!("{address} is the service mailbox, which takes what the norm says")))
        }
        Some(_) => async {
            if let Some(ordinary) = ordinary {
                store.set_ordinary(&address, ordinary).await?;
            }
            if let Some(group) = group {
                store.set_correspondents(&address, group).await?;
            }
            let now = store.mailboxes(std::slice::from_ref(&address)).await?;
            now.into_iter().flatten().for_each(|mailbox| output::say!("{}", row(&mailbox)));
            Ok(())
        }
        .await
        .map_err(store_error),
    };
    store.close().await.map_err(store_error).and(changed)
}

/// A value of the command line; `default` takes back what was set.
fn read_change<T: FromStr<Err = String>>(option: &str, text: Option<&str>) -> Result<Option<Option<T>>, Failed> {
    match text {
        None => Ok(None),
        Some("default") => Ok(Some(None)),
        Some(text) => {
            let value = text.parse().map_err(|what| (exit::USAGE, format!("{option}: {what}, or default")))?;
            Ok(Some(Some(value)))
        }
    }
}

/// Opens the store of a configuration for reading, beside a provider that may be running.
pub fn look_into(config: &Path) -> Result<Arc<Embedded>, Failed> {
    let config = Config::load(config).map_err(|error| (exit::CONFIG, error.to_string()))?;
    Embedded::look(&config.store.path).map_err(store_error)
}

/// Every entry of a folder.
pub async fn all_entries(store: &dyn Store, address: &Address, folder: &str) -> Result<Vec<Entry>, Failed> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let after = entries.last().map_or(0, |entry| entry.uid);
        let page = store.list(address, folder, after, 1000).await.map_err(store_error)?;
        if page.is_empty() {
            return Ok(entries);
        }
        entries.extend(page);
    }
}

async fn existing(store: &dyn Store, address: &str) -> Result<Address, Failed> {
    let address = Address::parse(address).map_err(|error| (exit::USAGE, error.to_string()))?;
    let found = store.mailboxes(std::slice::from_ref(&address)).await.map_err(store_error)?;
    match found.into_iter().flatten().next() {
        Some(mailbox) => Ok(mailbox.address),
        None => Err((exit::NO_INPUT, format!("no mailbox {address}"))),
    }
}

/// Writes a file into a folder that is made when missing.
pub fn save(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), Failed> {
    let path = dir.join(name);
    let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&path, bytes));
    written.map_err(|error| (exit::CANT_CREATE, format!("{}: {error}", path.display())))
}

pub(crate) fn store_error(error: store::StoreError) -> Failed {
    (exit::UNAVAILABLE, error.to_string())
}
