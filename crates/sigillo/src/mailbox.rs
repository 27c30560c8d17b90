//! `sigillo mailbox`: mailboxes administered, and what stands in them.

use std::process::ExitCode;

use control::command::reading;
use control::{MailboxRequest, Request};

use crate::administer::{self, load};
use crate::cli::MailboxCommand;
use crate::exit;

/// Runs the command.
pub async fn run(command: MailboxCommand) -> ExitCode {
    let done = match command {
        MailboxCommand::Administer(command) => return administer::run(command).await,
        MailboxCommand::List { common, address: None, domain, organisation, office, fuller_than, .. } => {
            let list = MailboxRequest::List { domain, within: office.or(organisation), fuller_than };
            return administer::ask(Request::Mailbox(list), &common).await;
        }
        MailboxCommand::List { common, address: Some(address), folder, .. } => match load(&common.config) {
            Ok(config) => reading::list(&config.store.path, &address, &folder, common.json).await,
            Err(failed) => return failed.end(),
        },
        MailboxCommand::Read { config, address, uid, folder, out } => match load(&config) {
            Ok(config) => reading::read(&config.store.path, &address, uid, &folder, out.as_deref()).await,
            Err(failed) => return failed.end(),
        },
    };
    exit::done(done)
}
