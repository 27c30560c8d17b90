//! `sigillo lab`: a laboratory that stays, and the faulty provider in it.

use std::process::ExitCode;

use crate::cli::LabOptions;
use crate::exit;
use crate::lab::{self, GuestPlan, Lab, LabError, LabPlan};
use crate::peer;

/// Runs the command.
pub async fn run(options: &LabOptions) -> ExitCode {
    let plays = options.peer.is_some() || options.send.is_some();
    // Whoever plays need not say again how the laboratory was made.
    if plays && let Ok(lab) = lab::open(&options.dir) {
        return peer::run(&lab, options).await;
    }
    let plan = match plan(options) {
        Ok(plan) => plan,
        Err(error) => return exit::fail(exit::USAGE, error),
    };
    match lab::create(&options.dir, &plan) {
        Ok(lab) => {
            announce(&lab, options);
            if plays { peer::run(&lab, options).await } else { ExitCode::SUCCESS }
        }
        Err(error) => exit::fail(exit::CANT_CREATE, error),
    }
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

fn announce(lab: &Lab, options: &LabOptions) {
    println!("Laboratory in {}. Start each provider in a terminal of its own:", options.dir.display());
    for provider in &lab.providers {
        println!("  {} serve --config {}", exit::program(), provider.config.display());
    }
    for guest in &lab.guests {
        let folder = lab.folder.join(&guest.provider.folder);
        println!("Whoever plays {} finds keys and a configuration in {}.", guest.provider.name, folder.display());
    }
    if lab.guests.iter().any(|guest| guest.provider.folder == peer::NAME) {
        println!("A provider that misbehaves, see --help for the ways:");
        println!("  {} lab {} --peer silent", exit::program(), options.dir.display());
    }
    println!("Accounts, ports and examples are in {}.", options.dir.join("README.txt").display());
}
