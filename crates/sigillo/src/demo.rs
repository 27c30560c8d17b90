//! `sigillo demo`: one certified message between two providers, every step shown.

use std::process::ExitCode;

use lab::demo::{Demo, DemoError, show};

use crate::cli::DemoOptions;
use crate::exit;

/// Runs the command.
pub async fn run(options: DemoOptions) -> ExitCode {
    let demo = Demo { once: options.once, out: options.out, program: exit::program() };
    let Err(error) = show(&demo).await else { return ExitCode::SUCCESS };
    let code = match &error {
        DemoError::Laboratory(_) => exit::CONFIG,
        DemoError::System(_) => exit::OS_ERROR,
        DemoError::Provider(_) => exit::UNAVAILABLE,
        DemoError::Unwritten(_) => exit::CANT_CREATE,
        DemoError::Unread(_) => exit::NO_INPUT,
    };
    exit::fail(code, error)
}
