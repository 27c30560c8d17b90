//! Makes `docs/norm.md` (`--write`), or says what is wrong with it.
#![allow(
    clippy::disallowed_macros,
    reason = "a tool of developers: what it prints is its work, and where nobody reads it may end"
)]

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

/// The status of every requirement of the norm.
#[derive(Parser)]
struct Arguments {
    /// Write docs/norm.md before checking.
    #[arg(long)]
    write: bool,
    /// Root of the project.
    #[arg(long, default_value = ".")]
    root: std::path::PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.root, arguments.write) {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            for fault in faults {
                eprintln!("{fault}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(root: &Path, write: bool) -> std::io::Result<Vec<String>> {
    if write {
        conformance::norm::write(root)?;
    }
    conformance::norm::survey(root).map(|(faults, _)| faults)
}
