//! `sigillo lab`: a laboratory that stays.

use std::process::ExitCode;

use crate::cli::LabOptions;
use crate::exit;
use crate::lab::{self, GuestPlan, LabPlan};

/// Runs the command.
pub fn run(options: &LabOptions) -> ExitCode {
    let now = provider::Clock::now(&provider::SystemClock);
    let names: Vec<&str> = options.providers.iter().map(String::as_str).collect();
    let guests = options.guests.iter().map(|text| GuestPlan::parse(text)).collect::<Result<Vec<_>, _>>();
    let plan = match (LabPlan::named(now, &names, options.base_port), guests) {
        (Ok(plan), Ok(guests)) => LabPlan { guests, ..plan },
        (Err(error), _) | (_, Err(error)) => return exit::fail(exit::USAGE, error),
    };
    match lab::create(&options.dir, &plan) {
        Ok(lab) => {
            println!("Laboratory in {}. Start each provider in a terminal of its own:", options.dir.display());
            for provider in &lab.providers {
                println!("  {} serve --config {}", exit::program(), provider.config.display());
            }
            for guest in &lab.guests {
                let folder = lab.folder.join(&guest.provider.folder);
                println!(
                    "Whoever plays {} finds keys and a configuration in {}.",
                    guest.provider.name,
                    folder.display()
                );
            }
            println!("Accounts, ports and examples are in {}.", options.dir.join("README.txt").display());
            ExitCode::SUCCESS
        }
        Err(error) => exit::fail(exit::CANT_CREATE, error),
    }
}
