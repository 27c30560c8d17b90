//! `conformance`: judges certified-mail messages and running providers by the ids of the norm.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use conformance::check::check;
use conformance::judges::Judges;
use conformance::report::{Case, junit, text};
use conformance::run::{Config, messages, run};

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
    /// Drive a running provider through its submission door and judge what comes to the mailboxes.
    Run {
        /// Configuration (TOML), described in docs/conformance.md.
        config: PathBuf,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let cases = match arguments.command {
        Task::Check { dir, ca } => check_folder(&dir, ca.as_deref()),
        Task::Run { config } => run_provider(&config),
    };
    let outcome = cases.and_then(|cases| {
        print!("{}", text(&cases, arguments.verbose));
        if let Some(path) = &arguments.junit {
            std::fs::write(path, junit(&cases))?;
        }
        Ok(cases.iter().all(|case| case.sheet.failures().next().is_none()))
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance: {error}");
            // EX_UNAVAILABLE: nothing is said about the provider.
            ExitCode::from(69)
        }
    }
}

fn check_folder(dir: &std::path::Path, ca: Option<&std::path::Path>) -> io::Result<Vec<Case>> {
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

fn run_provider(path: &std::path::Path) -> io::Result<Vec<Case>> {
    let text = std::fs::read_to_string(path)?;
    let config: Config =
        toml::from_str(&text).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
    run(&config)
}
