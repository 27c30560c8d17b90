//! `sigillo verify`: how it ends (room `verify`).

use std::process::ExitCode;
use std::sync::Arc;

use provider::SystemClock;
use verify::Authenticity;
use verify::command::{CommandError, VerifyOptions};

use crate::exit;

/// Runs the command.
pub async fn run(options: &VerifyOptions) -> ExitCode {
    match options.run(Arc::new(SystemClock)).await {
        Ok(Authenticity::Authentic) => ExitCode::SUCCESS,
        Ok(Authenticity::NotAuthentic) => ExitCode::from(1),
        Ok(Authenticity::UnknownAuthority) => ExitCode::from(2),
        Ok(Authenticity::Anomaly) => ExitCode::from(3),
        Ok(Authenticity::AlteredHeader) => ExitCode::from(4),
        Err(error) => {
            let code = match &error {
                CommandError::Message { .. } => exit::NO_INPUT,
                CommandError::Means(_) => exit::DATA,
                CommandError::Original { .. } => exit::CANT_CREATE,
            };
            exit::fail(code, error)
        }
    }
}
