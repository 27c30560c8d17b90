//! The protocols by which mailboxes are used, as switches of mailboxes and scopes of app passwords name them.

use std::fmt;
use std::str::FromStr;

/// How somebody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// IMAP (RFC 9051).
    Imap,
    /// POP3 (RFC 1939).
    Pop3,
    /// Submission of messages (RFC 6409).
    Submission,
    /// The web pages.
    Web,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Protocol; 4] = [Protocol::Imap, Protocol::Pop3, Protocol::Submission, Protocol::Web];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Imap => "imap",
            Protocol::Pop3 => "pop3",
            Protocol::Submission => "submission",
            Protocol::Web => "web",
        }
    }

    /// The protocol with this name.
    pub fn from_name(name: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|protocol| protocol.name() == name)
    }
}

impl fmt::Display for Protocol {
    /// As people call it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Imap => "IMAP",
            Protocol::Pop3 => "POP3",
            Protocol::Submission => "submission (SMTP)",
            Protocol::Web => "web",
        })
    }
}

/// A set of protocols; as text their names with commas between them, `all` or `none`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Protocols(u8);

impl Protocols {
    /// All of them.
    pub const ALL: Protocols = Protocols(0b1111);
    /// None of them.
    pub const NONE: Protocols = Protocols(0);

    /// Whether it is among them.
    pub fn has(self, protocol: Protocol) -> bool {
        self.0 & Self::from(protocol).0 != 0
    }

    /// With this one too.
    #[must_use]
    pub fn with(self, protocol: Protocol) -> Self {
        Self(self.0 | Self::from(protocol).0)
    }

    /// Those that are not among them.
    #[must_use]
    pub fn others(self) -> Self {
        Self(Self::ALL.0 & !self.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// Those that are among them.
    pub fn iter(self) -> impl Iterator<Item = Protocol> {
        Protocol::ALL.into_iter().filter(move |protocol| self.has(*protocol))
    }

    /// The set with these bits; bits that stand for nothing are left out.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// Its bits, as they are stored: 1 IMAP, 2 POP3, 4 submission, 8 web.
    pub fn bits(self) -> u8 {
        self.0
    }
}

impl From<Protocol> for Protocols {
    fn from(protocol: Protocol) -> Self {
        Self(match protocol {
            Protocol::Imap => 1,
            Protocol::Pop3 => 2,
            Protocol::Submission => 4,
            Protocol::Web => 8,
        })
    }
}

impl fmt::Display for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ALL => f.write_str("all"),
            Self::NONE => f.write_str("none"),
            some => f.write_str(&some.iter().map(Protocol::name).collect::<Vec<_>>().join(",")),
        }
    }
}

impl FromStr for Protocols {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => return Ok(Self::ALL),
            "none" => return Ok(Self::NONE),
            _ => {}
        }
        text.split(',').try_fold(Self::NONE, |all, name| {
            let known = Protocol::from_name(name.trim());
            known.map(|protocol| all.with(protocol)).ok_or_else(|| {
                let names = Protocol::ALL.map(Protocol::name).join(", ");
                format!("expected {names} with commas between them, or all, found {text:?}")
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_back_as_it_is_written_and_as_it_is_stored() {
        for bits in 0..=Protocols::ALL.bits() {
            let set = Protocols::from_bits(bits);
            assert_eq!(set.to_string().parse(), Ok(set));
            assert_eq!(set.others().others(), set);
            assert_eq!(set.iter().fold(Protocols::NONE, Protocols::with), set);
        }
        assert!("imap,smtp".parse::<Protocols>().unwrap_err().contains("imap, pop3, submission, web"));
    }
}
