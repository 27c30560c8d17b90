//! `sigillo lab` and `sigillo demo`: how they end (room `lab`).

use std::process::ExitCode;

use door::port::cannot_listen;
use lab::command::{CommandError, DemoOptions, LabOptions};
use lab::demo::{Demo, DemoError, show};
use lab::peer::{self, PlayError};

use crate::exit::{self, Failed};
use crate::process::told_to_end;

/// Runs `sigillo lab`; a faulty provider plays until it is told to end.
pub async fn lab(options: &LabOptions) -> ExitCode {
    exit::done(prepare_and_play(options).await)
}

async fn prepare_and_play(options: &LabOptions) -> Result<(), Failed> {
    let prepared = options.run(&exit::program()).map_err(|error| match &error {
        CommandError::Wish(_) => Failed::new(exit::USAGE, error),
        CommandError::NotMade(_) => Failed::new(exit::CANT_CREATE, error),
        CommandError::NotRevoked(_) => Failed::new(exit::DATA, error),
    })?;
    let Some((lab, play)) = prepared else { return Ok(()) };
    // From here on a signal is an orderly end.
    let end = told_to_end(options.until_stdin_closes)?;
    peer::play(&lab, &play, end).await.map_err(|error| match error {
        PlayError::Wish(why) => Failed::new(exit::USAGE, why),
        PlayError::Laboratory(why) => Failed::new(exit::CONFIG, why),
        PlayError::Port { address, error } => Failed::new(exit::OS_ERROR, cannot_listen(address, &error)),
        PlayError::NotTaken(why) => Failed::new(exit::UNAVAILABLE, why),
    })
}

/// Runs `sigillo demo`: one certified message between two providers, every step shown.
pub async fn demo(options: DemoOptions) -> ExitCode {
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
