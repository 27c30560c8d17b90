//! Where the texts of a message stand, for whoever looks for words in it (RFC 9051 §6.4.4: a server looks into text parts, and
//! decodes them).

use std::ops::Range;

use bytes::Bytes;

use super::entity::TransferEncoding;
use super::parameters::Parameters;
use super::structure::{Content, Part, Structure};
use crate::decode::declared;

/// A text inside a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Where its octets stand in the whole message.
    pub range: Range<usize>,
    /// How they are encoded.
    pub encoding: TransferEncoding,
    /// The charset that is declared for them; empty: none.
    pub charset: String,
    /// What it is.
    pub kind: TextKind,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// The header of an attached message.
    Header,
    /// `text/html`
    Html,
    /// Any other `text`.
    Plain,
}

impl Structure {
    /// The texts of the body in their order: those of parts, those of attached messages with their headers.
    pub fn texts(&self) -> Vec<Text> {
        let (mut found, mut open) = (Vec::new(), vec![&self.root]);
        while let Some(part) = open.pop() {
            match &part.content {
                Content::Single if part.main == "text" => found.push(part.text()),
                Content::Message(message) => {
                    let (range, encoding) = (message.header(), TransferEncoding::Identity);
                    found.push(Text { range, encoding, charset: String::new(), kind: TextKind::Header });
                }
                _ => {}
            }
            open.extend(part.inside().iter().rev());
        }
        found
    }

    /// The parts that have a header of their own, the message itself left out.
    pub fn parts(&self) -> Vec<&Part> {
        let (mut found, mut open) = (Vec::new(), vec![&self.root]);
        while let Some(part) = open.pop() {
            found.extend(part.inside());
            open.extend(part.inside());
        }
        found
    }
}

impl Text {
    /// The text in these octets from its beginning, which may be cut anywhere behind it. Never fails: what is not in the
    /// charset is replaced, and one that nobody knows is none.
    pub fn read(&self, octets: &Bytes) -> String {
        let decoded = self.encoding.decode(octets);
        let is_whole = octets.len() >= self.range.len();
        declared(if is_whole { &decoded } else { without_half_a_character(&decoded) }, &self.charset)
    }
}

/// Octets of UTF-8 up to the last whole character.
fn without_half_a_character(octets: &[u8]) -> &[u8] {
    match std::str::from_utf8(octets) {
        Err(error) if error.error_len().is_none() => octets.get(..error.valid_up_to()).unwrap_or_default(),
        _ => octets,
    }
}

impl Part {
    /// Its octets as a text, whatever its type is.
    pub fn text(&self) -> Text {
        let kind = if self.sub == "html" { TextKind::Html } else { TextKind::Plain };
        Text { range: self.body(), encoding: self.transfer(), charset: self.charset(), kind }
    }

    /// The charset that is declared for its octets; empty: none. Programs that declare ASCII and send more mean nothing by it.
    fn charset(&self) -> String {
        let said = self.parameters.iter().find(|(name, _)| name == "charset").map(|(_, value)| value.as_slice());
        let said = said.map(String::from_utf8_lossy).unwrap_or_default();
        if said.trim().eq_ignore_ascii_case("us-ascii") { String::new() } else { said.into_owned() }
    }

    /// The names that it has: `filename` of Content-Disposition and `name` of Content-Type, as people read them.
    pub fn names(&self) -> Vec<String> {
        let disposition = self.disposition.as_ref().map(|(_, list)| list);
        let filename = disposition.and_then(|list| Parameters::of(list).decoded("filename"));
        let name = Parameters::of(&self.parameters).decoded("name");
        [filename, name].into_iter().flatten().filter(|name| !name.is_empty()).collect()
    }

    /// What its transfer encoding does.
    pub fn transfer(&self) -> TransferEncoding {
        match self.encoding.to_ascii_lowercase().as_str() {
            "base64" => TransferEncoding::Base64,
            "quoted-printable" => TransferEncoding::QuotedPrintable,
            _ => TransferEncoding::Identity,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::mime::structure;

    #[test]
    fn a_text_is_read_in_its_charset_wherever_it_is_cut() {
        let read = |charset: &str, octets: &[u8]| {
            let head = format!("Content-Type: text/plain; charset={charset}\r\n\r\n");
            let message = Bytes::from([head.as_bytes(), octets].concat());
            let text = structure(&message).texts().remove(0);
            let all = message.slice(text.range.clone());
            (text.read(&all), text.read(&all.slice(..all.len() - 1)))
        };
        assert_eq!(read("ISO-8859-1", b"citt\xe0 \xc3\xa8").0, "città Ã¨");
        assert_eq!(read("\"iso-8859-2\"", b"\xa3\xf3d\xbc").0, "Łódź");
        assert_eq!(read("iso-8859-15", b"\xa4 5").0, "€ 5");
        for undeclared in ["us-ascii", "x-none", "utf-8"] {
            assert_eq!(read(undeclared, "città".as_bytes()), ("città".to_owned(), "citt".to_owned()));
        }
        assert_eq!(read("us-ascii", b"perch\xe9").0, "perché");
    }

    #[test]
    fn a_part_has_its_names_in_every_form_that_programs_write() {
        let names = |field: &str| structure(format!("{field}\r\n\r\n").as_bytes()).root.names();
        assert_eq!(names("Content-Type: a/b; name=\"=?utf-8?Q?citt=C3=A0.pdf?=\""), ["città.pdf"]);
        assert_eq!(
            names("Content-Disposition: attachment; filename*0*=utf-8''citt%C3%A0; filename*1=\" uno.pdf\""),
            ["città uno.pdf"]
        );
        let both = "Content-Type: a/b; name=due.pdf\r\nContent-Disposition: attachment; filename=\"u\\\"no.pdf\"";
        assert_eq!(names(both), ["u\"no.pdf", "due.pdf"]);
        assert_eq!(names("Content-Type: a/b; name=\"\""), Vec::<String>::new());
    }

    #[test]
    fn the_texts_of_parts_and_of_attached_messages_are_found_in_order() {
        let message = Bytes::from_static(
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nuno\r\n--b\r\nContent-Type: text/html\r\n\
              Content-Transfer-Encoding: BASE64\r\n\r\nZHVl\r\n--b\r\nContent-Type: application/pdf\r\n\r\nno\r\n--b\r\n\
              Content-Type: message/rfc822\r\n\r\nSubject: tre\r\n\r\nquattro\r\n--b--\r\n",
        );
        let structure = structure(&message);
        let found: Vec<_> = structure
            .texts()
            .into_iter()
            .map(|text| (text.kind, text.encoding.decode(&message.slice(text.range.clone()))))
            .collect();
        let text = |text: &'static str| Bytes::from_static(text.as_bytes());
        assert_eq!(
            found,
            [
                (TextKind::Plain, text("uno")),
                (TextKind::Html, text("due")),
                (TextKind::Header, text("Subject: tre\r\n\r\n")),
                (TextKind::Plain, text("quattro")),
            ]
        );
        assert_eq!(structure.parts().len(), 5);
    }
}
