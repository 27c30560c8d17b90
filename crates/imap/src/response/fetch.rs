//! FETCH responses (RFC 9051 §7.5.2).

use bytes::Bytes;
use pec::Moment;
use pec::header::Header;
use pec::mime::Structure;

use super::writer::Writer;
use crate::command::{Section, SectionText};
use crate::date::show_date_time;

/// One FETCH response under way: its items one by one, in any order, then [`FetchResponse::end`].
///
/// An item with octets of a message writes what stands before them; take what is written, send it, send exactly as many
/// octets, and go on.
#[derive(Debug)]
#[must_use = "a response has an end"]
pub struct FetchResponse<'a> {
    writer: &'a mut Writer,
    first: bool,
}

impl Writer {
    /// `* n FETCH (`
    pub fn fetch(&mut self, number: u32) -> FetchResponse<'_> {
        self.show(format_args!("* {number} FETCH ("));
        FetchResponse { writer: self, first: true }
    }

    /// Goes on with the response that was under way when what was written was taken: one item has been written at least.
    pub fn fetch_on(&mut self) -> FetchResponse<'_> {
        FetchResponse { writer: self, first: false }
    }

    /// The announcement of a `literal8`, and what it holds.
    pub(super) fn binary(&mut self, octets: &[u8]) -> &mut Self {
        self.raw("~").literal(octets.len()).octets(octets)
    }

    fn section(&mut self, section: &Section) -> &mut Self {
        self.raw("[").part(&section.part);
        if let Some(text) = &section.text {
            self.raw(if section.part.is_empty() { "" } else { "." });
            match text {
                SectionText::Header => self.raw("HEADER"),
                SectionText::HeaderFields(names) => self.raw("HEADER.FIELDS ").header_list(names),
                SectionText::HeaderFieldsNot(names) => self.raw("HEADER.FIELDS.NOT ").header_list(names),
                SectionText::Text => self.raw("TEXT"),
                SectionText::Mime => self.raw("MIME"),
            };
        }
        self.raw("]")
    }

    fn header_list(&mut self, names: &[Vec<u8>]) -> &mut Self {
        self.list(names, |writer, name| {
            match std::str::from_utf8(name) {
                Ok(name) => writer.astring(name),
                Err(_) => writer.string(name),
            };
        })
    }

    fn part(&mut self, part: &[u32]) -> &mut Self {
        for (at, number) in part.iter().enumerate() {
            self.raw(if at > 0 { "." } else { "" }).show(number);
        }
        self
    }
}

impl FetchResponse<'_> {
    fn item(&mut self, name: &str) -> &mut Writer {
        let blank = if std::mem::take(&mut self.first) { "" } else { " " };
        self.writer.raw(blank).raw(name)
    }

    /// `)` and the end of the line.
    pub fn end(self) {
        self.writer.raw(")").crlf();
    }

    /// `UID n`
    pub fn uid(&mut self, uid: u32) -> &mut Self {
        self.item("UID ").show(uid);
        self
    }

    /// `FLAGS (…)`
    pub fn flags<T: AsRef<str>>(&mut self, flags: &[T]) -> &mut Self {
        self.item("FLAGS ").words(flags);
        self
    }

    /// `INTERNALDATE "…"`
    pub fn internal_date(&mut self, at: Moment) -> &mut Self {
        self.item("INTERNALDATE \"").raw(&show_date_time(at)).raw("\"");
        self
    }

    /// `SAVEDATE "…"` (RFC 8514)
    pub fn save_date(&mut self, at: Moment) -> &mut Self {
        self.item("SAVEDATE \"").raw(&show_date_time(at)).raw("\"");
        self
    }

    /// `RFC822.SIZE n`
    pub fn size(&mut self, octets: u64) -> &mut Self {
        self.item("RFC822.SIZE ").show(octets);
        self
    }

    /// `MODSEQ (n)`
    pub fn mod_seq(&mut self, number: u64) -> &mut Self {
        self.item("MODSEQ (").show(number).raw(")");
        self
    }

    /// `EMAILID (…)` (RFC 8474)
    pub fn email_id(&mut self, id: &str) -> &mut Self {
        self.item("EMAILID (").raw(id).raw(")");
        self
    }

    /// `THREADID (…)`, or `NIL`.
    pub fn thread_id(&mut self, id: Option<&str>) -> &mut Self {
        match id {
            Some(id) => self.item("THREADID (").raw(id).raw(")"),
            None => self.item("THREADID NIL"),
        };
        self
    }

    /// `PREVIEW "…"` (RFC 8970), or `NIL` where a lazy client is not told.
    pub fn preview(&mut self, text: Option<&str>) -> &mut Self {
        self.item("PREVIEW ").nstring(text.map(str::as_bytes));
        self
    }

    /// `ENVELOPE (…)`
    pub fn envelope(&mut self, header: &Header) -> &mut Self {
        self.item("ENVELOPE ").envelope(header);
        self
    }

    /// `BODY (…)`: without the fields of extensions. `attached`: as for [`FetchResponse::body_structure`].
    pub fn body(&mut self, structure: &Structure, attached: &[Bytes]) -> &mut Self {
        self.item("BODY ").body(structure, attached, false);
        self
    }

    /// `BODYSTRUCTURE (…)`, always with all fields of extensions. `attached` are the header blocks of attached messages,
    /// as [`crate::response::attached_headers`] names them; one that is missing makes an envelope of nothing.
    pub fn body_structure(&mut self, structure: &Structure, attached: &[Bytes]) -> &mut Self {
        self.item("BODYSTRUCTURE ").body(structure, attached, true);
        self
    }

    /// `BODY[section]<origin> {n}`: then exactly `octets` octets, as many as there are and not as many as were asked for.
    /// `origin` where a part was asked for: without the number of octets. `None`: `NIL`, for a section that is not there.
    pub fn body_section(&mut self, section: &Section, origin: Option<u64>, octets: Option<usize>) -> &mut Self {
        self.item("BODY").section(section);
        self.octets(origin, "", octets)
    }

    /// `BINARY[part]<origin> ~{n}`: then the decoded octets.
    pub fn binary(&mut self, part: &[u32], origin: Option<u64>, octets: Option<usize>) -> &mut Self {
        self.item("BINARY[").part(part).raw("]");
        self.octets(origin, "~", octets)
    }

    /// `BINARY.SIZE[part] n`
    pub fn binary_size(&mut self, part: &[u32], octets: u64) -> &mut Self {
        self.item("BINARY.SIZE[").part(part).raw("] ").show(octets);
        self
    }

    /// `RFC822 {n}`: by the name that was asked for, then the octets.
    pub fn rfc822(&mut self, octets: usize) -> &mut Self {
        self.item("RFC822 ").literal(octets);
        self
    }

    /// `RFC822.HEADER {n}`
    pub fn rfc822_header(&mut self, octets: usize) -> &mut Self {
        self.item("RFC822.HEADER ").literal(octets);
        self
    }

    /// `RFC822.TEXT {n}`
    pub fn rfc822_text(&mut self, octets: usize) -> &mut Self {
        self.item("RFC822.TEXT ").literal(octets);
        self
    }

    fn octets(&mut self, origin: Option<u64>, sign: &str, octets: Option<usize>) -> &mut Self {
        if let Some(origin) = origin {
            self.writer.show(format_args!("<{origin}>"));
        }
        self.writer.raw(" ");
        match octets {
            Some(octets) => self.writer.raw(sign).literal(octets),
            None => self.writer.raw("NIL"),
        };
        self
    }
}
