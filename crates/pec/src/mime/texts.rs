//! Where the texts of a message stand, for whoever looks for words in it (RFC 9051 §6.4.4: a server looks into text parts, and
//! decodes them).

use std::ops::Range;

use super::entity::TransferEncoding;
use super::structure::{Content, Part, Structure};

/// A text inside a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Where its octets stand in the whole message.
    pub range: Range<usize>,
    /// How they are encoded.
    pub encoding: TransferEncoding,
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
                Content::Single if part.main == "text" => {
                    let kind = if part.sub == "html" { TextKind::Html } else { TextKind::Plain };
                    found.push(Text { range: part.body(), encoding: part.transfer(), kind });
                }
                Content::Message(message) => {
                    let (range, encoding) = (message.header(), TransferEncoding::Identity);
                    found.push(Text { range, encoding, kind: TextKind::Header });
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

impl Part {
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
