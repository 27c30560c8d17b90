//! Why a command is refused before anybody has asked what it wants: the client's fault, always.

use crate::name::NameFault;
use crate::response::{Code, Condition};

/// What is wrong with a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The first word is no tag, so that the answer has none either.
    #[error("a command begins with a tag")]
    Tag,
    /// No such command.
    #[error("no such command")]
    Unknown,
    /// Something else was expected.
    #[error("expected {expected} at octet {at} of the command")]
    Syntax {
        /// What, by its name in the RFC.
        expected: &'static str,
        /// Where, from the start of the command.
        at: usize,
    },
    /// The name of a mailbox that cannot be read.
    #[error("{0}")]
    Name(#[from] NameFault),
    /// A charset of SEARCH, SORT or THREAD that is not known.
    #[error("texts are in US-ASCII or UTF-8")]
    Charset,
    /// More pieces than anyone needs.
    #[error("too many {what}, at most {most}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// Brackets within brackets.
    #[error("search keys are nested too deeply, at most {0} levels")]
    TooDeep(usize),
    /// A line without an end.
    #[error("the line is too long, at most {0} octets")]
    LineTooLong(usize),
    /// A literal, or all of them with their lines.
    #[error("the command is too big, at most {0} octets")]
    TooBig(u64),
}

impl Fault {
    /// What stands after the tag: NO where the form is right and we do not do it, else BAD.
    pub fn condition(&self) -> Condition {
        match self {
            Self::Name(_) | Self::Charset | Self::TooBig(_) => Condition::No,
            _ => Condition::Bad,
        }
    }

    /// The response code (RFC 5530, RFC 9051 §7.1).
    pub fn code(&self) -> Code<'static> {
        match self {
            Self::Tag | Self::Unknown | Self::Syntax { .. } => Code::ClientBug,
            Self::Name(_) => Code::Cannot,
            Self::Charset => Code::BadCharset(&["US-ASCII", "UTF-8"]),
            Self::TooMany { .. } | Self::TooDeep(_) => Code::Limit,
            Self::LineTooLong(_) | Self::TooBig(_) => Code::TooBig,
        }
    }
}
