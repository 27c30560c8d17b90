//! What is kept, and where, of the messages that a mailbox sends and of what is about them: values that an operator sets. Nothing
//! is decided here.

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

/// What the provider keeps of a domain's certified mail as long as the evidence, outside every mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeps {
    /// Receipts and notices. Of an original that stands in one its digest alone is kept once nobody has it any more: what holders
    /// wrote is gone when they have removed it.
    #[default]
    Receipts,
    /// Transport envelopes too, in the same way.
    Envelopes,
    /// Receipts, notices and envelopes with the originals in them.
    Originals,
}

impl fmt::Display for Keeps {
    /// The text that [`Keeps::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Keeps::Receipts => "receipts",
            Keeps::Envelopes => "envelopes",
            Keeps::Originals => "originals",
        })
    }
}

impl FromStr for Keeps {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Keeps::Receipts, Keeps::Envelopes, Keeps::Originals];
        let found = all.into_iter().find(|keeps| keeps.to_string() == text);
        found.ok_or_else(|| format!("expected receipts, envelopes or originals, found {text:?}"))
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
        for text in ["receipts", "envelopes", "originals"] {
            assert_eq!(text.parse::<Keeps>().unwrap().to_string(), text);
        }
        assert!("all".parse::<Keeps>().unwrap_err().starts_with("expected receipts, envelopes or originals"));
        assert!("Inbox".parse::<Receipts>().unwrap_err().starts_with("expected"));
        assert!("true".parse::<SentCopies>().unwrap_err().starts_with("expected"));
    }
}
