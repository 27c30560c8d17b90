//! `conformance`: judges certified-mail messages and running providers by the ids of the norm.
#![allow(
    clippy::disallowed_macros,
    reason = "a tool of developers: what it prints is its work, and where nobody reads it may end"
)]

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use conformance::check::check;
use conformance::config::Config;
use conformance::judges::Judges;
use conformance::mailbox::messages;
use conformance::report::{Case, junit, text};
use conformance::suite::{Choice, run, tests};
use conformance::verdicts::Findings;

/// Judges certified-mail messages and running providers by the ids of the norm (docs/requirements.tsv).
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
    /// Write the findings as JUnit XML too.
    #[arg(long, global = true)]
    junit: Option<PathBuf>,
    /// Print also what passes.
    #[arg(long, short, global = true)]
    verbose: bool,
}

#[derive(Subcommand)]
enum Task {
    /// Judge every .eml file of a folder; the kind is read from each message.
    Check {
        /// The folder.
        dir: PathBuf,
        /// PEM file of the authority that issues signing certificates; without it chains are not judged.
        #[arg(long)]
        ca: Option<PathBuf>,
    },
    /// Verify a file that proves rows of a provider's trace, from its published form alone.
    Proof {
        /// The file.
        file: PathBuf,
        /// PEM file of the authority of the provider; without it only the signature itself is judged.
        #[arg(long)]
        ca: Option<PathBuf>,
        /// PEM file of the authority for time stamps; without it only the stamp itself is judged.
        #[arg(long)]
        tsa: Option<PathBuf>,
    },
    /// Audit the daily log of a provider: one log, its files as text, day after day.
    Log {
        /// Whose log it is, as its lines name it.
        #[arg(long)]
        provider: String,
        /// The files, in their order.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Test a running provider through its doors and mailboxes, playing another provider against it.
    Run {
        /// Configuration (TOML), described in docs/conformance.md.
        config: PathBuf,
        /// Only the tests with this name, group or requirement; may be given several times.
        #[arg(long, value_name = "ID|NAME")]
        only: Vec<String>,
        /// Also the tests that wait for 12 to 24 hours.
        #[arg(long)]
        patient: bool,
    },
    /// List the tests of `run`: name, requirements, what they need.
    List,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Task::Check { dir, ca } => check_folder(dir, ca.as_deref()).map(|cases| {
            let good = cases.iter().all(|case| case.sheet.failures().next().is_none());
            (text(&cases, arguments.verbose), junit(&cases), good)
        }),
        Task::Run { config, only, patient } => {
            let choice = Choice { only: only.clone(), patient: *patient };
            test(config, &choice).map(|found| (found.text(arguments.verbose), found.junit(), found.good()))
        }
        Task::Proof { file, ca, tsa } => {
            let read = std::fs::read(file).map_err(|error| error.to_string());
            let judged = read.and_then(|file| conformance::proof::verify(&file, ca.as_deref(), tsa.as_deref()));
            return match judged {
                Ok(rows) => {
                    rows.iter().for_each(|row| println!("{row}"));
                    ExitCode::SUCCESS
                }
                Err(wrong) => {
                    eprintln!("{}: {wrong}", file.display());
                    ExitCode::FAILURE
                }
            };
        }
        Task::Log { provider, files } => return audit(provider, files),
        Task::List => {
            print!("{}", list());
            return ExitCode::SUCCESS;
        }
    };
    let written = outcome.and_then(|(text, junit, good)| {
        print!("{text}");
        if let Some(path) = &arguments.junit {
            std::fs::write(path, junit)
                .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        }
        Ok(good)
    });
    match written {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance: {error}");
            // EX_UNAVAILABLE: nothing is said about the provider.
            ExitCode::from(69)
        }
    }
}

fn audit(provider: &str, files: &[PathBuf]) -> ExitCode {
    let read = |file: &PathBuf| std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    let texts = match files.iter().map(read).collect::<Result<Vec<_>, _>>() {
        Ok(texts) => texts,
        Err(error) => {
            eprintln!("conformance: {error}");
            return ExitCode::from(69);
        }
    };
    let found = conformance::daylog::audit(provider, &texts);
    found.anomalies.iter().for_each(|what| println!("anomaly: {what}"));
    found.open.iter().for_each(|what| println!("open: {what}"));
    let (anomalies, open) = (found.anomalies.len(), found.open.len());
    println!("{} lines about {} messages: {anomalies} anomalies, {open} open", found.lines, found.messages);
    if found.anomalies.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check_folder(dir: &Path, ca: Option<&Path>) -> io::Result<Vec<Case>> {
    let judges = Judges::new(ca)?;
    let paths = messages(dir)?;
    if paths.is_empty() {
        return Err(io::Error::other(format!("no .eml file in {}", dir.display())));
    }
    let judged = paths.into_iter().map(|path| {
        let sheet = check(&judges, &std::fs::read(&path)?, None)?;
        Ok(Case { name: path.strip_prefix(dir).unwrap_or(&path).display().to_string(), sheet })
    });
    judged.collect()
}

fn test(config: &Path, choice: &Choice) -> io::Result<Findings> {
    if !tests().iter().any(|test| choice.takes(test)) {
        return Err(io::Error::other(format!("no test is named {}: see `conformance list`", choice.only.join(" or "))));
    }
    // People who wait like to see that something goes on.
    let shown = io::stderr().is_terminal();
    let progress = |done: usize, of: usize| {
        if shown {
            eprint!("\r{done} of {of} tests {}", if done == of { "\n" } else { "" });
        }
    };
    Ok(Findings::new(run(Config::load(config)?, choice, progress)?, choice))
}

fn list() -> String {
    let row = |test: &conformance::suite::Test| {
        let needs: Vec<&str> = test.needs.iter().map(|need| need.name()).collect();
        let needs = if needs.is_empty() { String::new() } else { format!("    needs {}\n", needs.join(", ")) };
        format!("{}\n    {}\n    {}\n{needs}", test.name, test.title, test.ids.join(" "))
    };
    tests().iter().map(row).collect()
}
