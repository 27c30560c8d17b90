//! Which of the two ways of writing texts a client has chosen.

/// How names of mailboxes and other texts beyond ASCII stand in the dialogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// As in IMAP4rev1: names in modified UTF-7 (RFC 3501 §5.1.3), header texts in encoded words, strings in ASCII.
    #[default]
    Ascii,
    /// After `ENABLE UTF8=ACCEPT` (RFC 6855 §3) or `ENABLE IMAP4rev2` (RFC 9051 §5.1): UTF-8 everywhere, and an `&` in a
    /// name is an `&`.
    Utf8,
}
