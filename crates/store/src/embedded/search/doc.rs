//! The numbers of documents in the index: mailbox, kind and own number in one, so that those of a mailbox are a range.

use std::ops::RangeInclusive;

/// Bits of the number of a text or a message.
const OWN: u32 = 38;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doc {
    /// What a message has for itself: its header, names of attachments.
    Message(i64),
    /// A text, which other messages may hold too.
    Text(i64),
}

impl Doc {
    /// Its number in a mailbox.
    pub(super) fn number(self, mailbox: i64) -> i64 {
        let (kind, own) = match self {
            Doc::Message(own) => (0, own),
            Doc::Text(own) => (1, own),
        };
        mailbox << (OWN + 1) | kind << OWN | own
    }

    /// The document with this number.
    pub(super) fn of(number: i64) -> Self {
        let own = number & ((1 << OWN) - 1);
        if number >> OWN & 1 == 0 { Doc::Message(own) } else { Doc::Text(own) }
    }
}

/// The numbers of a mailbox's messages.
pub(super) fn messages(mailbox: i64) -> RangeInclusive<i64> {
    Doc::Message(0).number(mailbox)..=Doc::Text(0).number(mailbox) - 1
}

/// The numbers of a mailbox's texts.
pub(super) fn texts(mailbox: i64) -> RangeInclusive<i64> {
    Doc::Text(0).number(mailbox)..=Doc::Message(0).number(mailbox + 1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_what_it_is_and_lies_in_its_mailbox() {
        for mailbox in [1, 2, 70_000] {
            for own in [1, 2, (1 << OWN) - 1] {
                for doc in [Doc::Message(own), Doc::Text(own)] {
                    let number = doc.number(mailbox);
                    assert_eq!(Doc::of(number), doc);
                    assert_eq!(messages(mailbox).contains(&number), doc == Doc::Message(own));
                    assert_eq!(texts(mailbox).contains(&number), doc == Doc::Text(own));
                    assert!(!messages(mailbox + 1).contains(&number) && !texts(mailbox - 1).contains(&number));
                }
            }
        }
    }
}
