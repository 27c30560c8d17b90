//! Status responses (RFC 9051 §7.1) and continuations.

use super::code::{Code, Condition};
use super::writer::Writer;
use crate::dialect::Dialect;
use crate::fault::Fault;
use crate::tag::Tag;

impl Writer {
    /// `tag OK [CODE] text`, or untagged. The text is one line for people.
    pub fn status(&mut self, tag: Option<&Tag>, condition: Condition, code: Option<Code<'_>>, text: &str) {
        self.raw(tag.map_or("*", Tag::as_str)).raw(" ").raw(condition.name()).raw(" ");
        if let Some(code) = code {
            self.raw("[").raw(code.name()).code(code).raw("] ");
        }
        self.text(text).crlf();
    }

    /// The answer to a command that is none.
    pub fn fault(&mut self, tag: Option<&Tag>, fault: &Fault) {
        self.status(tag, fault.condition(), Some(fault.code()), &fault.to_string());
    }

    /// `+ text`: the client may go on.
    pub fn continuation(&mut self, text: &str) {
        self.raw("+ ").text(text).crlf();
    }

    /// `+ base64`: what a SASL mechanism asks; empty for an empty challenge.
    pub fn challenge(&mut self, base64: &str) {
        self.raw("+ ").raw(base64).crlf();
    }

    /// `text`: never empty, in one line; beyond ASCII only what the client takes.
    fn text(&mut self, text: &str) -> &mut Self {
        let utf8 = self.dialect() == Dialect::Utf8;
        let shown: String = text
            .chars()
            .map(|c| match c {
                ' '..='~' => c,
                c if utf8 && !c.is_control() => c,
                c if c.is_control() => ' ',
                _ => '?',
            })
            .collect();
        // A text that begins with a bracket would be read as a code.
        if shown.trim().is_empty() || shown.starts_with('[') {
            self.raw("- ");
        }
        self.raw(&shown)
    }

    fn code(&mut self, code: Code<'_>) -> &mut Self {
        match code {
            Code::AppendUid(validity, uids) => self.show(format_args!(" {validity} ")).set(uids),
            Code::BadCharset(names) | Code::PermanentFlags(names) => self.raw(" ").words(names),
            Code::Capability(names) => {
                names.iter().for_each(|name| {
                    self.raw(" ").raw(name);
                });
                self
            }
            Code::CopyUid(validity, pairs) => {
                self.show(format_args!(" {validity} ")).uids(pairs.iter().map(|(here, _)| *here));
                self.raw(" ").uids(pairs.iter().map(|(_, there)| *there))
            }
            Code::HighestModSeq(number) | Code::MetadataLongEntries(number) | Code::MetadataMaxSize(number) => {
                self.raw(" ").show(number)
            }
            Code::MailboxId(id) => self.raw(" (").raw(id).raw(")"),
            Code::Modified(set) => self.raw(" ").set(set),
            Code::UidNext(number) | Code::UidValidity(number) | Code::Unseen(number) => self.raw(" ").show(number),
            _ => self,
        }
    }

    /// `uid-set` in this order; those that follow each other are a range.
    fn uids(&mut self, uids: impl Iterator<Item = u32>) -> &mut Self {
        let mut ranges: Vec<std::ops::RangeInclusive<u32>> = Vec::new();
        for uid in uids {
            match ranges.last_mut() {
                Some(last) if last.end().checked_add(1) == Some(uid) => *last = *last.start()..=uid,
                _ => ranges.push(uid..=uid),
            }
        }
        self.set(&ranges)
    }
}
