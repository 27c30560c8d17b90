//! How the program ends (sysexits.h), how it says why, and what it is called.

use std::fmt::Display;
use std::process::ExitCode;

use control::{Fault, Refused};
use index::IndexError;
use store::StoreError;

/// The command line is wrong.
pub const USAGE: u8 = 64;
/// A file's content is wrong.
pub const DATA: u8 = 65;
/// A file is not there.
pub const NO_INPUT: u8 = 66;
/// A service that is needed does not answer.
pub const UNAVAILABLE: u8 = 69;
/// A fault of the program itself.
pub const SOFTWARE: u8 = 70;
/// The operating system refuses (a port in use, no permission).
pub const OS_ERROR: u8 = 71;
/// An output file cannot be made.
pub const CANT_CREATE: u8 = 73;
/// This operator may not.
pub const NO_PERMISSION: u8 = 77;
/// The configuration is wrong.
pub const CONFIG: u8 = 78;

/// Why a command ended: exit code and words.
pub type Failed = (u8, String);

/// Says why on standard error and gives the code.
pub fn fail(code: u8, why: impl Display) -> ExitCode {
    output::tell!("sigillo: {why}");
    ExitCode::from(code)
}

/// Ends a command that was done, or was not.
pub fn done(done: Result<(), Refused>) -> ExitCode {
    match done.map_err(refusal) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => fail(code, why),
    }
}

/// The program as it was called, for commands that are printed to be copied.
pub fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "sigillo".into())
}

/// What the index's errors end a command with.
pub fn index_error(error: IndexError) -> Failed {
    let code = match &error {
        IndexError::Ours(_) => CONFIG,
        IndexError::Fetch(_) | IndexError::Unsigned(_) => UNAVAILABLE,
        IndexError::Refused(_) => DATA,
        IndexError::Unwritten(_) => CANT_CREATE,
        IndexError::Fault(_) => SOFTWARE,
    };
    (code, error.to_string())
}

/// What a refusal ends a command with.
pub fn refusal(refused: Refused) -> Failed {
    let code = match refused.fault {
        Fault::Damaged => DATA,
        Fault::Missing => NO_INPUT,
        Fault::NotYou => NO_PERMISSION,
        Fault::Program => SOFTWARE,
        Fault::Request => USAGE,
        Fault::NotNow | Fault::Unavailable | Fault::Version => UNAVAILABLE,
        Fault::Unwritten => CANT_CREATE,
    };
    (code, refused.what)
}

/// What the store's errors end a command with.
pub fn store_error(error: StoreError) -> Failed {
    refusal(error.into())
}
