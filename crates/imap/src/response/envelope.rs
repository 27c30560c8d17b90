//! ENVELOPE (RFC 9051 §7.5.2).

use pec::header::{Header, ListItem};

use super::writer::Writer;
use crate::dialect::Dialect;

impl Writer {
    /// `envelope`: date, subject, from, sender, reply-to, to, cc, bcc, in-reply-to, message-id. Sender and reply-to are
    /// the author where they are not said.
    pub(super) fn envelope(&mut self, header: &Header) -> &mut Self {
        self.raw("(").field(header, "Date").raw(" ").field(header, "Subject");
        let from = header.list("From");
        self.raw(" ").address_list(&from);
        for name in ["Sender", "Reply-To"] {
            let list = header.list(name);
            self.raw(" ").address_list(if list.is_empty() { &from } else { &list });
        }
        for name in ["To", "Cc", "Bcc"] {
            self.raw(" ").address_list(&header.list(name));
        }
        self.raw(" ").field(header, "In-Reply-To").raw(" ").field(header, "Message-ID").raw(")")
    }

    /// The first field of this name, encoded words as they are.
    fn field(&mut self, header: &Header, name: &str) -> &mut Self {
        let fields = header.fields();
        let field = fields.named(name).next();
        match field {
            None => self.raw("NIL"),
            Some(field) => self.header_text(&fields.unfolded(field)),
        }
    }

    fn address_list(&mut self, items: &[ListItem]) -> &mut Self {
        if items.is_empty() {
            return self.raw("NIL");
        }
        self.raw("(");
        items.iter().for_each(|item| self.address(item));
        self.raw(")")
    }

    /// `address`: name, route (never), mailbox, host. A group begins with its name as mailbox and ends with nothing at all.
    fn address(&mut self, item: &ListItem) {
        match item {
            ListItem::Group(name) => {
                self.raw("(NIL NIL ").header_text(name.as_bytes()).raw(" NIL)");
            }
            ListItem::GroupEnd => {
                self.raw("(NIL NIL NIL NIL)");
            }
            ListItem::Mailbox { name, address: Ok(address) } => {
                self.raw("(").name(name).raw(" NIL ").string(unquoted(address.local()).as_bytes()).raw(" ");
                self.string(address.domain().as_bytes()).raw(")");
            }
            // An address beyond ASCII goes to who takes such ones; what is none is shown as a name.
            ListItem::Mailbox { name, address: Err(text) } => match spec(text) {
                Some((local, domain)) if self.dialect() == Dialect::Utf8 => {
                    self.raw("(").name(name).raw(" NIL ").string(local.as_bytes()).raw(" ");
                    self.string(domain.as_bytes()).raw(")");
                }
                _ => {
                    self.raw("(").header_text(text.as_bytes()).raw(" NIL \"\" \"\")");
                }
            },
        }
    }

    fn name(&mut self, name: &str) -> &mut Self {
        if name.is_empty() { self.raw("NIL") } else { self.header_text(name.as_bytes()) }
    }
}

/// The two sides of an address beyond ASCII, bare or in angle brackets.
fn spec(text: &str) -> Option<(&str, &str)> {
    let text = text.split_once('<').map_or(text, |(_, angle)| angle.strip_suffix('>').unwrap_or_default());
    let (local, domain) = text.rsplit_once('@')?;
    let fits = |side: &str| !side.is_empty() && !side.contains(|c: char| c.is_whitespace() || "<>@\"(),:;".contains(c));
    (!text.is_ascii() && fits(local) && fits(domain)).then_some((local, domain))
}

/// A local part without its quotation marks.
fn unquoted(local: &str) -> String {
    let Some(inside) = local.strip_prefix('"').and_then(|local| local.strip_suffix('"')) else {
        return local.to_owned();
    };
    let mut escaped = false;
    inside
        .chars()
        .filter(|c| {
            escaped = *c == '\\' && !escaped;
            !escaped
        })
        .collect()
}
