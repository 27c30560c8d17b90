//! `sigillo lab`: a laboratory that stays.

use std::process::ExitCode;

use crate::cli::{LabCommand, LabOptions};
use crate::exit;
use crate::lab::{self, LabPlan};

/// Runs the command.
pub fn run(options: &LabOptions) -> ExitCode {
    let now = provider::Clock::now(&provider::SystemClock);
    if let Some(LabCommand::Revoke { dir, provider }) = &options.command {
        return match lab::revoke(dir, provider, now) {
            Ok(provider) => {
                println!("The signing certificate of {} is revoked since {now}, in pec-ca.crl.", provider.name);
                println!("Running providers refuse what it signs within seconds.");
                ExitCode::SUCCESS
            }
            Err(error) => exit::fail(exit::DATA, error),
        };
    }
    let Some(dir) = &options.dir else { return exit::fail(exit::USAGE, "expected the laboratory's folder") };
    let names: Vec<&str> = options.providers.iter().map(String::as_str).collect();
    let plan = match LabPlan::named(now, &names, options.base_port) {
        Ok(plan) => plan,
        Err(error) => return exit::fail(exit::USAGE, error),
    };
    match lab::create(dir, &plan) {
        Ok(lab) => {
            println!("Laboratory in {}. Start each provider in a terminal of its own:", dir.display());
            for provider in &lab.providers {
                println!("  {} serve --config {}", exit::program(), provider.config.display());
            }
            println!("Accounts, ports and examples are in {}.", dir.join("README.txt").display());
            ExitCode::SUCCESS
        }
        Err(error) => exit::fail(exit::CANT_CREATE, error),
    }
}
