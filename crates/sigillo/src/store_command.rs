//! `sigillo store`: a store made and filled.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use config::{Account, Config, Filling, read_filling};
use control::{Control, Faces, Import, Operator, Stopped};
use provider::SystemClock;
use store::{Embedded, EmbeddedOptions, Upkeep};

use crate::administer::{self, rules};
use crate::cli::StoreCommand;
use crate::exit::{self, Failed};

/// Runs the command.
pub async fn run(command: StoreCommand) -> ExitCode {
    match command {
        StoreCommand::Administer(command) => administer::run(command).await,
        StoreCommand::Create { config, import } => exit::done(create(&config, import.as_deref()).await),
    }
}

async fn create(config: &Path, import: Option<&Path>) -> Result<(), Failed> {
    let config = Config::load(config)?;
    // Whatever is wrong with what it is to hold is said before anything is made.
    let own = [&config.provider.service_address, &config.provider.mail_receipt].map(|address| address.domain_key());
    let filling = match import {
        Some(file) => read_filling(file, &own).map_err(|error| Failed::new(exit::DATA, error))?,
        None => Filling::default(),
    };
    let rules = rules(&config)?;
    let mailboxes = filling.accounts.iter().map(Account::mailbox).collect();
    let import = Import::new(filling.domains, mailboxes, &rules)?;
    let folder = &config.store.path;
    let store = Embedded::create(folder, EmbeddedOptions::default())?;
    let control = Control::new(Faces::of(store.clone()), rules, Arc::new(Stopped), Arc::new(SystemClock));
    let filled = control.import(import, &Operator::of_this_process()).await;
    let closed = store.close().await.map_err(Failed::from);
    filled.map_err(|refused| {
        let folder = folder.display();
        let todo = format!("the new store {folder} holds only a part: remove the folder and make it again");
        Failed::from(refused).said(|why| format!("{why}; {todo}"))
    })?;
    closed?;
    output::say!("{} is a new store; 'sigillo serve' opens it", folder.display());
    Ok(())
}
