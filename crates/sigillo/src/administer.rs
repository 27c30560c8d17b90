//! The commands of administration: on the provider that runs, or on its store.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use bulk::command::{ExportCommand, ImportCommand};
use config::Config;
use control::command::{self, Asks, Common, Ended, InfectedCommand, Place};
use control::{AddressRules, Fault, PersonRules, Refused, Request};
use dossier::Material;
use dossier::command::{DossierCommand, House};
use journal::command::ExportOptions;
use pec::compose::Emitter;
use provider::{Clock, SystemClock};
use report::command::{StatisticsCommand, Whose};
use sealing::Judge;
use transparency::command::{Outcome, WatchFailure, WatchOptions};

use crate::cli::{EvidenceCommand, PersonCommand};
use crate::exit::{self, Failed};
use crate::serve::build;

/// Runs a command.
pub async fn run(command: impl Asks) -> ExitCode {
    let common = command.common().clone();
    // The configuration first: nobody types a password for a file that is not there.
    let config = match load(&common.config) {
        Ok(config) => config,
        Err(failed) => return failed.end(),
    };
    match command.request() {
        Ok(request) => done(execute(request, config, common.json).await),
        Err(refused) => done(Err(refused)),
    }
}

/// Asks what takes nothing but a configuration.
pub async fn ask(request: Request, common: &Common) -> ExitCode {
    match load(&common.config) {
        Ok(config) => done(execute(request, config, common.json).await),
        Err(failed) => failed.end(),
    }
}

/// Looks into the special store.
pub async fn infected(command: InfectedCommand) -> ExitCode {
    let config = match load(command.config()) {
        Ok(config) => config,
        Err(failed) => return failed.end(),
    };
    exit::done(command.run(&config.store.path, &config.infected.readers, SystemClock.now()).await)
}

/// Puts everything about messages into an archive.
pub async fn dossier(command: DossierCommand) -> ExitCode {
    match load(&command.config) {
        Ok(config) => done(command.run(house(config)).await),
        Err(failed) => failed.end(),
    }
}

/// Answers a person.
pub async fn person(command: PersonCommand) -> ExitCode {
    match command {
        PersonCommand::Erase(command) => run(command).await,
        PersonCommand::Export(command) => match load(&command.config) {
            Ok(config) => done(command.run(house(config)).await),
            Err(failed) => failed.end(),
        },
    }
}

/// Lists and shows rows, or looks at what seals them.
pub async fn evidence(command: EvidenceCommand) -> ExitCode {
    let command = match command {
        EvidenceCommand::Administer(command) => return run(command).await,
        EvidenceCommand::Receipts(command) => {
            return match load(&command.config) {
                Ok(config) => done(command.run(house(config)).await),
                Err(failed) => failed.end(),
            };
        }
        EvidenceCommand::Seal(command) => command,
        EvidenceCommand::Export(options) => return days(options).await,
        EvidenceCommand::Watch(options) => return watch(&options).await,
    };
    match load(command.config()) {
        Ok(config) => match build::trust(&config) {
            Ok(trust) => {
                let judge = Judge { now: SystemClock.now(), trust: trust.for_the_past() };
                done(command.run(&config.store.path, judge).await)
            }
            Err(failed) => failed.end(),
        },
        Err(failed) => failed.end(),
    }
}

/// Writes days of the evidence. The key is read only where it signs.
async fn days(options: ExportOptions) -> ExitCode {
    let config = match load(&options.common.config) {
        Ok(config) => config,
        Err(failed) => return failed.end(),
    };
    let signer = options.signs().then(|| build::signer(&config)).transpose();
    match signer {
        Ok(signer) => done(options.run(&config.store.path, signer, Arc::new(SystemClock)).await),
        Err(failed) => failed.end(),
    }
}

/// Watches what a provider publishes.
async fn watch(options: &WatchOptions) -> ExitCode {
    match options.run(Arc::new(SystemClock)).await {
        Ok(Outcome::Holds) => ExitCode::SUCCESS,
        Ok(Outcome::Discord) => ExitCode::from(1),
        Ok(Outcome::UnknownAuthority) => ExitCode::from(2),
        Err(error) => {
            let code = match &error {
                WatchFailure::Request(_) => exit::USAGE,
                WatchFailure::Means(_) => exit::DATA,
                WatchFailure::Unreachable(_) => exit::UNAVAILABLE,
                WatchFailure::State(_) => exit::CANT_CREATE,
            };
            exit::fail(code, error)
        }
    }
}

/// Says how four months were.
pub async fn statistics(command: StatisticsCommand) -> ExitCode {
    let config = match load(&command.common().config) {
        Ok(config) => config,
        Err(failed) => return failed.end(),
    };
    let whose = Whose { name: config.provider.name.clone(), code: config.provider.code.clone() };
    done(command.run(&config.store.path, whose, Arc::new(SystemClock)).await)
}

/// The configuration of the provider that is meant.
pub(crate) fn load(path: &Path) -> Result<Config, Failed> {
    Ok(Config::load(path)?)
}

/// Carries messages into a mailbox.
pub async fn import(command: ImportCommand) -> ExitCode {
    match load(&command.common().config) {
        Ok(config) => done(command.run(place(config)).await),
        Err(failed) => failed.end(),
    }
}

/// Carries messages out of a mailbox.
pub async fn export(command: ExportCommand) -> ExitCode {
    match load(&command.common().config) {
        Ok(config) => done(command.run(place(config)).await),
        Err(failed) => failed.end(),
    }
}

async fn execute(request: Request, config: Config, json: bool) -> Result<Ended, Refused> {
    command::run(request, place(config), json).await
}

/// What is shown of messages to others, by the provider of this configuration.
fn house(config: Config) -> House {
    let emitter =
        Emitter { name: config.provider.name.clone(), address: config.provider.service_address.clone(), english: true };
    let key = config.clone();
    let key = move || build::signer(&key).map_err(|failed| Refused::new(Fault::Unavailable, failed.to_string()));
    let stamps = config.timestamps.as_ref().map(|timestamps| timestamps.settings.authorities.iter());
    let material = Material {
        authorities: config.trust.anchors.clone(),
        stamp_authorities: stamps.into_iter().flatten().map(|authority| authority.roots.clone()).collect(),
        index: index::History::beside(&config.directory.file),
        revocations: config.store.path.join("revocation"),
    };
    House { place: place(config), emitter, key: Box::new(key), material }
}

fn place(config: Config) -> Place {
    Place {
        folder: config.store.path.clone(),
        options: config.store_options(),
        socket: config.control.socket.clone(),
        persons: person_rules(&config),
        addresses: Box::new(move || rules(&config)),
        clock: Arc::new(SystemClock),
    }
}

/// Who answers persons, and how long what is kept.
pub(crate) fn person_rules(config: &Config) -> PersonRules {
    PersonRules {
        officers: config.privacy.officers.clone(),
        evidence: config.retention.evidence,
        accesses: config.retention.accesses,
    }
}

/// The rules for addresses of a provider that does not run.
pub(crate) fn rules(config: &Config) -> Result<AddressRules, Refused> {
    let certified = config.signing.source.certified_addresses().map_err(|why| {
        Refused::new(Fault::Unavailable, format!("which addresses the signing certificate names cannot be said: {why}"))
    })?;
    let provider = &config.provider;
    let certified = certified.iter().map(String::as_str);
    Ok(AddressRules::of_provider(&provider.service_address, &provider.mail_receipt, certified))
}

fn done(ended: Result<Ended, Refused>) -> ExitCode {
    match ended {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Faults) => ExitCode::from(exit::DATA),
        Err(refused) => Failed::from(refused).end(),
    }
}
