//! Who asks.

use std::fmt;

use nix::unistd::{Uid, User};

/// An operator of the provider: a user of this machine's operating system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    name: String,
}

impl Operator {
    /// The user with this number, by name where the system knows one.
    pub fn from_uid(uid: u32) -> Self {
        let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
        Self { name: user.map_or_else(|| format!("uid {uid}"), |user| user.name) }
    }

    /// The user that this process runs as.
    pub fn of_this_process() -> Self {
        Self::from_uid(effective_uid())
    }

    /// An operator whom another face of administration knows by name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The number of the user that this process acts as.
pub(crate) fn effective_uid() -> u32 {
    Uid::effective().as_raw()
}
