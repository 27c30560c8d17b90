//! BODY and BODYSTRUCTURE (RFC 9051 §7.5.2).

use std::ops::Range;

use bytes::Bytes;
use pec::header::Header;
use pec::mime::{Content, NamedValues, Part, Structure};

use super::writer::Writer;

/// The most octets that are read of an attached message's header.
pub const MAX_ATTACHED: usize = 64 << 10;

/// Where the headers of attached messages stand in a message, in the order in which BODYSTRUCTURE tells of them: their
/// first [`MAX_ATTACHED`] octets.
pub fn attached_headers(structure: &Structure) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open = vec![&structure.root];
    while let Some(part) = open.pop() {
        if let Content::Message(message) = &part.content {
            let Range { start, end } = message.header();
            found.push(start..end.min(start + MAX_ATTACHED));
        }
        open.extend(part.inside().iter().rev());
    }
    found
}

impl Writer {
    /// The whole structure; structures are as deep as [`pec::mime::Bounds::STRUCTURE`] lets them be.
    pub(super) fn body(&mut self, structure: &Structure, attached: &[Bytes], extended: bool) {
        self.body_part(&structure.root, &mut attached.iter(), extended);
    }

    fn body_part<'a>(
        &mut self,
        part: &Part,
        attached: &mut impl Iterator<Item = &'a Bytes>,
        extended: bool,
    ) -> &mut Self {
        self.raw("(");
        match &part.content {
            Content::Multipart(parts) => {
                for part in parts {
                    self.body_part(part, attached, extended);
                }
                self.raw(" ").string(part.sub.as_bytes());
                if extended {
                    self.raw(" ").parameters(&part.parameters).extension(part);
                }
            }
            content => {
                self.string(part.main.as_bytes()).raw(" ").string(part.sub.as_bytes()).raw(" ").fields(part);
                if let Content::Message(message) = content {
                    let header = Header::parse(attached.next().unwrap_or(&Bytes::new()));
                    self.raw(" ").envelope(&header).raw(" ").body_part(message, attached, extended);
                }
                if part.main == "text" || matches!(content, Content::Message(_)) {
                    self.raw(" ").show(part.lines);
                }
                if extended {
                    self.raw(" ").optional(part.md5.as_deref()).extension(part);
                }
            }
        }
        self.raw(")")
    }

    /// `body-fields`
    fn fields(&mut self, part: &Part) -> &mut Self {
        self.parameters(&part.parameters).raw(" ").optional(part.id.as_deref()).raw(" ");
        self.optional(part.description.as_deref()).raw(" ");
        self.header_text(part.encoding.as_bytes()).raw(" ").show(part.body().len())
    }

    /// `body-fld-dsp SP body-fld-lang SP body-fld-loc`
    fn extension(&mut self, part: &Part) -> &mut Self {
        self.raw(" ");
        match &part.disposition {
            None => self.raw("NIL"),
            Some((name, parameters)) => {
                self.raw("(").header_text(name.as_bytes()).raw(" ").parameters(parameters).raw(")")
            }
        };
        self.raw(" ");
        match part.language.as_slice() {
            [] => self.raw("NIL"),
            [one] => self.header_text(one),
            several => self.list(several, |writer, tag| {
                writer.header_text(tag);
            }),
        };
        self.raw(" ").optional(part.location.as_deref())
    }

    /// `body-fld-param`
    fn parameters(&mut self, parameters: &NamedValues) -> &mut Self {
        if parameters.is_empty() {
            return self.raw("NIL");
        }
        self.list(parameters, |writer, (name, value)| {
            writer.header_text(name.as_bytes()).raw(" ").header_text(value);
        })
    }

    fn optional(&mut self, octets: Option<&[u8]>) -> &mut Self {
        match octets {
            None => self.raw("NIL"),
            Some(octets) => self.header_text(octets),
        }
    }
}
