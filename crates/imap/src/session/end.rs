//! How a session ends, and how a command is refused.

use std::borrow::Cow;
use std::io;

use holder::{Denied, ErrorKind, StoreError};

use crate::response::{Code, Condition};

/// Why a session ended.
#[derive(Debug)]
pub(crate) enum End {
    /// We said BYE.
    Bye {
        /// For the log and the metric.
        reason: &'static str,
        /// For the client.
        text: &'static str,
    },
    /// The client said LOGOUT, and was answered.
    Logout,
    /// It was closed without a word, for this reason.
    Cut(&'static str),
    /// The client closed.
    Gone,
    /// The connection broke.
    Broken(io::Error),
}

/// The end of a login that does not hold any more.
pub(super) const OVER: End =
    End::Bye { reason: "login is over", text: "this login does not hold any more: log in again" };

/// The end of a dialogue in which nobody knows any more what is a command.
pub(super) const OUT_OF_STEP: End = End::Bye { reason: "out of step", text: "what you send cannot be read" };

/// Why a command is not done.
#[derive(Debug)]
pub(super) enum Stop {
    /// The client is told, and goes on.
    Refused(Condition, Option<Code<'static>>, Cow<'static, str>),
    /// The session is over.
    End(End),
}

impl Stop {
    /// Understood, and not done.
    pub(super) fn no(code: Code<'static>, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(Condition::No, Some(code), text.into())
    }

    /// Kept by a legal hold.
    pub(super) fn held() -> Self {
        Self::no(Code::NoPerm, HELD)
    }

    /// Not understood, or not now.
    pub(super) fn bad(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(Condition::Bad, Some(Code::ClientBug), text.into())
    }
}

impl From<End> for Stop {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::End(End::Broken(error))
    }
}

impl From<Denied> for Stop {
    /// What is our fault is logged.
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Over => Self::End(OVER),
            Denied::NotYours(_) => Self::no(Code::NoPerm, "this login may not read that mailbox"),
            Denied::ReadOnly { .. } => Self::no(Code::NoPerm, "this mailbox is only read: nothing in it is changed"),
            Denied::Store(StoreError { kind, what }) => match kind {
                ErrorKind::OverQuota => Self::no(Code::OverQuota, what),
                ErrorKind::Held => Self::held(),
                ErrorKind::Limit => Self::no(Code::Limit, what),
                ErrorKind::Refused => Self::no(Code::Cannot, what),
                kind => {
                    tracing::error!(event = "mailbox-not-read", error = what);
                    match kind {
                        ErrorKind::Damaged => Self::no(Code::Corruption, DAMAGED),
                        ErrorKind::Bug => Self::no(Code::ServerBug, "a fault of ours; try again later"),
                        _ => Self::no(Code::Unavailable, "a fault of ours; try again later"),
                    }
                }
            },
        }
    }
}

/// For the holder, Italian first.
pub(super) const HELD: &str = "blocco legale: il gestore conserva questi messaggi e non li cancella \
                               (legal hold: the provider keeps these messages, and nobody removes them)";

/// A message that is not what was written.
pub(super) const DAMAGED: &str = "a message is damaged here; the operator knows";
