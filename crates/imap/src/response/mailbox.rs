//! Mailboxes and the state of the selected one (RFC 9051 §7.3, §7.4).

use super::writer::Writer;
use crate::command::StatusItem;

/// What LIST or LSUB tells of one mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListEntry<'a> {
    /// `\HasChildren`, `\Drafts` and so on. Special uses are told whether or not the client asks: mail programs of Apple
    /// never do.
    pub attributes: &'a [&'a str],
    /// Its name.
    pub name: &'a str,
    /// `CHILDINFO ("SUBSCRIBED")` (RFC 5258 §3.5): something below it fits, though perhaps not it.
    pub child_info: bool,
    /// `OLDNAME` (RFC 9051 §6.3.9.7), after it was renamed or its name was put into its right form.
    pub old_name: Option<&'a str>,
}

/// A value of STATUS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusValue<'a> {
    /// A number.
    Number(StatusItem, u64),
    /// `APPENDLIMIT NIL`
    NoAppendLimit,
    /// `MAILBOXID (…)`
    MailboxId(&'a str),
}

impl Writer {
    /// `* LIST …`; levels are separated by `/`.
    pub fn list_entry(&mut self, entry: &ListEntry<'_>) {
        self.entry("LIST", entry);
    }

    /// `* LSUB …`
    pub fn lsub_entry(&mut self, entry: &ListEntry<'_>) {
        self.entry("LSUB", &ListEntry { child_info: false, old_name: None, ..*entry });
    }

    fn entry(&mut self, response: &str, entry: &ListEntry<'_>) {
        self.raw("* ").raw(response).raw(" ").words(entry.attributes).raw(" \"/\" ").mailbox(entry.name);
        if entry.child_info || entry.old_name.is_some() {
            self.raw(" (");
            if entry.child_info {
                self.raw("\"CHILDINFO\" (\"SUBSCRIBED\")");
            }
            if let Some(old) = entry.old_name {
                self.raw(if entry.child_info { " " } else { "" }).raw("\"OLDNAME\" (").mailbox(old).raw(")");
            }
            self.raw(")");
        }
        self.crlf();
    }

    /// What an empty pattern asks for: `* LIST (\Noselect) "/" ""`.
    pub fn separator(&mut self, lsub: bool) {
        self.raw(if lsub { "* LSUB" } else { "* LIST" }).raw(" (\\Noselect) \"/\" \"\"").crlf();
    }

    /// `* STATUS mailbox (…)`
    pub fn mailbox_status(&mut self, name: &str, values: &[StatusValue<'_>]) {
        self.raw("* STATUS ").mailbox(name).raw(" ");
        self.list(values, |writer, value| {
            match value {
                StatusValue::Number(item, number) => writer.raw(item.name()).raw(" ").show(number),
                StatusValue::NoAppendLimit => writer.raw("APPENDLIMIT NIL"),
                StatusValue::MailboxId(id) => writer.raw("MAILBOXID (").raw(id).raw(")"),
            };
        });
        self.crlf();
    }

    /// `* NAMESPACE` (RFC 2342): prefixes of own mailboxes, of other users' and of shared ones.
    pub fn namespace(&mut self, personal: &[&str], others: &[&str], shared: &[&str]) {
        self.raw("* NAMESPACE");
        for prefixes in [personal, others, shared] {
            self.raw(" ");
            if prefixes.is_empty() {
                self.raw("NIL");
                continue;
            }
            self.raw("(");
            for prefix in prefixes {
                self.raw("(").mailbox(prefix).raw(" \"/\")");
            }
            self.raw(")");
        }
        self.crlf();
    }

    /// `* FLAGS (…)`
    pub fn flags(&mut self, flags: &[&str]) {
        self.raw("* FLAGS ").words(flags).crlf();
    }

    /// `* n EXISTS`
    pub fn exists(&mut self, messages: u32) {
        self.show(format_args!("* {messages} EXISTS\r\n"));
    }

    /// `* n RECENT` (RFC 3501)
    pub fn recent(&mut self, messages: u32) {
        self.show(format_args!("* {messages} RECENT\r\n"));
    }

    /// `* n EXPUNGE`: a message number, never 0.
    pub fn expunge(&mut self, number: u32) {
        self.show(format_args!("* {number} EXPUNGE\r\n"));
    }
}
