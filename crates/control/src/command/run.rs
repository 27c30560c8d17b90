//! A command done: by the provider that runs, or here on the store.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;

use pec::Clock;
use store::{Embedded, EmbeddedOptions, Upkeep};

use crate::address::AddressRules;
use crate::client::{self, Answers, Client};
use crate::control::{Control, Faces};
use crate::item::Item;
use crate::operator::Operator;
use crate::person::PersonRules;
use crate::refused::Refused;
use crate::request::Request;
use crate::running::Stopped;
use crate::words;

/// Where a provider is administered.
pub struct Place {
    /// The folder of its store.
    pub folder: PathBuf,
    /// How its store behaves.
    pub options: EmbeddedOptions,
    /// Its control socket.
    pub socket: PathBuf,
    /// The rules for addresses, made when the provider does not run.
    pub addresses: Box<dyn FnOnce() -> Result<AddressRules, Refused> + Send>,
    /// Who answers persons, and how long what is kept.
    pub persons: PersonRules,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// How a command ended that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing was found that is wrong.
    Well,
    /// Something was found that is wrong: by a check, or among what was to be shown.
    Faults,
}

/// Does what is asked and shows it on standard output, in words or as JSON, one object a line.
pub async fn run(request: Request, place: Place, json: bool) -> Result<Ended, Refused> {
    done(request, place, |answers| show(answers, json)).await
}

/// Does what is asked, and shows nothing.
pub async fn quietly(request: Request, place: Place) -> Result<(), Refused> {
    each(request, place, async |_| Ok(())).await
}

/// Does what is asked, and gives each item of the answer to somebody, who may refuse the rest.
pub async fn each(
    request: Request,
    place: Place,
    mut take: impl AsyncFnMut(Item) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let read = async |mut answers: Answers| {
        while let Some(item) = answers.next().await? {
            take(item).await?;
        }
        Ok(())
    };
    done(request, place, read).await
}

async fn done<T>(
    request: Request,
    place: Place,
    read: impl AsyncFnOnce(Answers) -> Result<T, Refused>,
) -> Result<T, Refused> {
    if let Some(client) = Client::reach(&place.socket).await? {
        return read(client.ask(request).await?).await;
    }
    let addresses = (place.addresses)()?;
    let store: Arc<Embedded> = client::open(&place.folder, place.options, &place.socket).await?;
    let control =
        Control::new(Faces::of(store.clone()), addresses, Arc::new(Stopped), place.clock).with_persons(place.persons);
    let read = read(Answers::here(control, request, Operator::of_this_process())).await;
    let closed = store.close().await;
    let ended = read?;
    closed?;
    Ok(ended)
}

async fn show(mut answers: Answers, json: bool) -> Result<Ended, Refused> {
    let (mut ended, mut waiting) = (Ended::Well, false);
    while let Some(item) = answers.next().await? {
        let unknown = matches!(&item, Item::Discrepancy(found) if found.acknowledged.is_none());
        if unknown || matches!(&item, Item::Fault(_)) || matches!(&item, Item::Check(check) if !check.whole) {
            ended = Ended::Faults;
        }
        if let Item::Progress(item) = &item {
            if io::stderr().is_terminal() {
                // Over the line before: a clear to the end of the line, and no line end.
                output::ask(format_args!("\r{}\u{1b}[K", words::progress(item)));
                waiting = true;
            }
            continue;
        }
        if std::mem::take(&mut waiting) {
            output::ask(format_args!("\r\u{1b}[K"));
        }
        if json {
            output::say!("{}", serde_json::to_string(&item).unwrap_or_else(|error| format!("\"{error}\"")));
        } else {
            words::lines(&item).into_iter().for_each(|line| output::say!("{line}"));
        }
    }
    Ok(ended)
}
