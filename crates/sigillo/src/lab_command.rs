//! `sigillo lab`: a laboratory that stays, and the faulty provider in it.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use lab::peer::{self, Play, PlayError};
use lab::{GuestPlan, Lab, LabError, LabPlan};

use crate::cli::{LabCommand, LabOptions};
use crate::exit;
use crate::listener;
use crate::process::told_to_end;

/// Runs the command.
pub async fn run(options: &LabOptions) -> ExitCode {
    if let Some(LabCommand::Revoke { dir, provider }) = &options.command {
        return revoke(dir, provider);
    }
    let Some(dir) = &options.dir else { return exit::fail(exit::USAGE, "expected the laboratory's folder") };
    let plays = options.peer.is_some() || options.send.is_some();
    // Whoever plays need not say again how the laboratory was made.
    if plays && let Ok(lab) = lab::open(dir) {
        return play(&lab, options).await;
    }
    let plan = match plan(options) {
        Ok(plan) => plan,
        Err(error) => return exit::fail(exit::USAGE, error),
    };
    match lab::create(dir, &plan) {
        Ok(lab) => {
            announce(&lab, dir);
            tell_of_taken_ports(&lab);
            if plays { play(&lab, options).await } else { ExitCode::SUCCESS }
        }
        Err(error) => exit::fail(exit::CANT_CREATE, error),
    }
}

/// Plays the peer until it is told to end.
async fn play(lab: &Lab, options: &LabOptions) -> ExitCode {
    // From here on a signal is an orderly end.
    let end = match told_to_end(options.until_stdin_closes) {
        Ok(end) => end,
        Err((code, why)) => return exit::fail(code, why),
    };
    let play = Play {
        name: options.name.clone(),
        conduct: options.peer,
        delay: Duration::from_secs(options.delay),
        send: options.send.zip(options.to.clone()),
    };
    let Err(error) = peer::play(lab, &play, end).await else { return ExitCode::SUCCESS };
    let (code, why) = match error {
        PlayError::Wish(why) => (exit::USAGE, why),
        PlayError::Laboratory(why) => (exit::CONFIG, why),
        PlayError::Port { address, error } => exit::cannot_listen(address, &error),
        PlayError::NotTaken(why) => (exit::UNAVAILABLE, why),
    };
    exit::fail(code, why)
}

/// The providers and guests that were asked for, and the guest whom [`peer`] plays.
fn plan(options: &LabOptions) -> Result<LabPlan, LabError> {
    let now = provider::Clock::now(&provider::SystemClock);
    let names: Vec<&str> = options.providers.iter().map(String::as_str).collect();
    let mut plan = LabPlan::named(now, &names, options.base_port)?;
    for guest in &options.guests {
        plan.guests.push(GuestPlan::parse(guest)?);
    }
    let taken = |folder: &str| folder == peer::NAME;
    if !names.iter().any(|name| taken(name)) && !plan.guests.iter().any(|guest| taken(&guest.provider.folder)) {
        plan = plan.with_peer(options.base_port)?;
    }
    Ok(plan)
}

fn announce(lab: &Lab, dir: &Path) {
    output::say!("Laboratory in {}. Start each provider in a terminal of its own:", dir.display());
    for provider in &lab.providers {
        output::say!("  {} serve --config {}", exit::program(), provider.config.display());
    }
    for guest in &lab.guests {
        let folder = lab.folder.join(&guest.provider.folder);
        output::say!("Whoever plays {} finds keys and a configuration in {}.", guest.provider.name, folder.display());
    }
    if lab.guests.iter().any(|guest| guest.provider.folder == peer::NAME) {
        output::say!("A provider that misbehaves, see --help for the ways:");
        output::say!("  {} lab {} --peer silent", exit::program(), dir.display());
    }
    output::say!("Accounts, ports and examples are in {}.", dir.join("README.txt").display());
}

/// A laboratory may be made beside another that runs; its providers start when the ports are free.
fn tell_of_taken_ports(lab: &Lab) {
    for port in lab.providers.iter().flat_map(|provider| provider.ports.all()) {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err_and(|error| error.kind() == ErrorKind::AddrInUse) {
            let who = listener::of(port).unwrap_or_else(|| "another program".into());
            output::tell!(
                "warning: {who} listens on port {port}, which this laboratory wants; --base-port chooses others"
            );
        }
    }
}

fn revoke(dir: &Path, provider: &str) -> ExitCode {
    let now = provider::Clock::now(&provider::SystemClock);
    match lab::revoke(dir, provider, now) {
        Ok(provider) => {
            output::say!("The signing certificate of {} is revoked since {now}, in pec-ca.crl.", provider.name);
            output::say!("Running providers refuse what it signs within seconds.");
            ExitCode::SUCCESS
        }
        Err(error) => exit::fail(exit::DATA, error),
    }
}
