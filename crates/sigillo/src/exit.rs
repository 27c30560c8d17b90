//! How the program ends (sysexits.h), how it says why, and what it is called.

use std::fmt::{self, Display};
use std::process::ExitCode;

use config::ConfigError;
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

/// Why a command ended: an exit code, and words that say whose fault it is and what to do.
#[derive(Debug)]
pub struct Failed {
    code: u8,
    why: String,
}

impl Failed {
    /// A command that ends with this code, and why.
    pub fn new(code: u8, why: impl Display) -> Self {
        Self { code, why: why.to_string() }
    }

    /// The code.
    pub fn code(&self) -> u8 {
        self.code
    }

    /// The same with other words, made of those that there are.
    #[must_use]
    pub fn said<T: Display>(self, words: impl FnOnce(String) -> T) -> Self {
        Self::new(self.code, words(self.why))
    }

    /// Says why on standard error and gives the code.
    pub fn end(self) -> ExitCode {
        output::tell!("sigillo: {}", self.why);
        ExitCode::from(self.code)
    }
}

impl Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// Says why on standard error and gives the code.
pub fn fail(code: u8, why: impl Display) -> ExitCode {
    Failed::new(code, why).end()
}

/// Ends a command that was done, or was not.
pub fn done(done: Result<(), impl Into<Failed>>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => failed.into().end(),
    }
}

/// The program as it was called, for commands that are printed to be copied.
pub fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "sigillo".into())
}

impl From<ConfigError> for Failed {
    fn from(error: ConfigError) -> Self {
        Self::new(CONFIG, error)
    }
}

impl From<IndexError> for Failed {
    fn from(error: IndexError) -> Self {
        let code = match &error {
            IndexError::Ours(_) => CONFIG,
            IndexError::Fetch(_) | IndexError::Unsigned(_) => UNAVAILABLE,
            IndexError::Refused(_) => DATA,
            IndexError::Unwritten(_) => CANT_CREATE,
            IndexError::Fault(_) => SOFTWARE,
        };
        Self::new(code, error)
    }
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        let code = match refused.fault {
            Fault::Damaged => DATA,
            Fault::Missing => NO_INPUT,
            Fault::NotYou => NO_PERMISSION,
            Fault::Program => SOFTWARE,
            Fault::Request => USAGE,
            Fault::NotNow | Fault::Unavailable | Fault::Version => UNAVAILABLE,
            Fault::Unwritten => CANT_CREATE,
        };
        Self::new(code, refused.what)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Refused::from(error).into()
    }
}
