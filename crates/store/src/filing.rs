//! Where a mailbox keeps what is about the messages that it sends: values that an operator sets. Nothing is decided here.

use std::fmt;
use std::str::FromStr;

/// Where notifications to a holder go; read by the store in the commit that delivers one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Receipts {
    /// To `INBOX`, where clients show them under their message.
    #[default]
    Inbox,
    /// To [`RECEIPTS`], all of them: a program that folds them looks in one place.
    Folder,
}

/// The folder for notifications, where a mailbox files them apart.
pub const RECEIPTS: &str = "Ricevute";

impl fmt::Display for Receipts {
    /// The text that [`Receipts::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Receipts::Inbox => "inbox",
            Receipts::Folder => "folder",
        })
    }
}

impl FromStr for Receipts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "inbox" => Ok(Receipts::Inbox),
            "folder" => Ok(Receipts::Folder),
            _ => Err(format!("expected inbox or folder, found {text:?}")),
        }
    }
}

/// Whether the provider keeps a copy of what a holder sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SentCopies {
    /// In the folder for `\Sent`, unless the client keeps one itself.
    #[default]
    On,
    /// Only the client does.
    Off,
}

impl fmt::Display for SentCopies {
    /// The text that [`SentCopies::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SentCopies::On => "on",
            SentCopies::Off => "off",
        })
    }
}

impl FromStr for SentCopies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "on" => Ok(SentCopies::On),
            "off" => Ok(SentCopies::Off),
            _ => Err(format!("expected on or off, found {text:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_back_as_it_is_written_and_another_word_is_refused() {
        for text in ["inbox", "folder"] {
            assert_eq!(text.parse::<Receipts>().unwrap().to_string(), text);
        }
        for text in ["on", "off"] {
            assert_eq!(text.parse::<SentCopies>().unwrap().to_string(), text);
        }
        assert!("Inbox".parse::<Receipts>().unwrap_err().starts_with("expected"));
        assert!("true".parse::<SentCopies>().unwrap_err().starts_with("expected"));
    }
}
