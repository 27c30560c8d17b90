//! Which octets of a message a section of FETCH means (RFC 9051 §6.4.5.1).

use std::ops::Range;

use bytes::Bytes;
use pec::header::Header;
use pec::mime::{Content, Part, Structure};

use crate::command::{Partial, Section, SectionText};

/// What a section has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// These octets of the message.
    Range(Range<u64>),
    /// These, which were read already.
    Octets(Bytes),
    /// No such section.
    Missing,
}

impl Piece {
    /// What is wanted of it.
    pub(super) fn cut(self, partial: Option<Partial>) -> Self {
        let Some(Partial { offset, octets }) = partial else { return self };
        match self {
            Self::Range(Range { start, end }) => {
                let from = start.saturating_add(offset).min(end);
                Self::Range(from..from.saturating_add(octets).min(end))
            }
            Self::Octets(all) => {
                let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(all.len());
                Self::Octets(all.slice(at(offset)..at(offset.saturating_add(octets))))
            }
            Self::Missing => Self::Missing,
        }
    }
}

/// What must be known of a message to find a section of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) header: bool,
    pub(super) structure: bool,
}

impl Needs {
    pub(super) fn of(section: &Section) -> Self {
        use SectionText::{Header, HeaderFields, HeaderFieldsNot};
        match (section.part.as_slice(), &section.text) {
            ([], None) => Self::default(),
            ([], Some(Header | HeaderFields(_) | HeaderFieldsNot(_))) => Self { header: true, structure: false },
            _ => Self { header: false, structure: true },
        }
    }
}

/// Whether a section is some fields of a header, which are looked for in it.
pub(super) fn is_fields(section: &Section) -> bool {
    matches!(section.text, Some(SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_)))
}

/// A section whose octets are known by their places; of the fields of an attached message's header, its header.
pub(super) fn find(section: &Section, size: u64, header: Option<&Bytes>, structure: Option<&Structure>) -> Piece {
    if section.part.is_empty() {
        return match (&section.text, header, structure) {
            (None, ..) => Piece::Range(0..size),
            (Some(SectionText::Header), Some(header), _) => Piece::Octets(header.clone()),
            (Some(SectionText::HeaderFields(names)), Some(header), _) => Piece::Octets(fields(header, names, true)),
            (Some(SectionText::HeaderFieldsNot(names)), Some(header), _) => Piece::Octets(fields(header, names, false)),
            (Some(SectionText::Text), _, Some(structure)) => Piece::Range(structure.root.body as u64..size),
            _ => Piece::Missing,
        };
    }
    let Some(part) = structure.and_then(|structure| part(&structure.root, &section.part)) else {
        return Piece::Missing;
    };
    let inside = match &part.content {
        Content::Message(message) => Some(message),
        _ => None,
    };
    let range = match &section.text {
        None => Some(part.body()),
        // The part's own header, not that of the message which it holds.
        Some(SectionText::Mime) => Some(part.header()),
        Some(SectionText::Text) => inside.map(|message| message.body()),
        Some(_) => inside.map(|message| message.header()),
    };
    range.map_or(Piece::Missing, |range| Piece::Range(range.start as u64..range.end as u64))
}

/// The part with these numbers: of a multipart the one so far along, of another message its body is number 1.
pub(super) fn part<'a>(message: &'a Part, path: &[u32]) -> Option<&'a Part> {
    let mut within = Some(message);
    let mut found = None;
    for number in path {
        let at = usize::try_from(*number).ok()?.checked_sub(1)?;
        let here = match (&within?.content, at) {
            (Content::Multipart(parts), at) => parts.get(at)?,
            (_, 0) => within?,
            _ => return None,
        };
        within = match &here.content {
            Content::Message(message) => Some(message),
            Content::Multipart(_) => Some(here),
            Content::Single => None,
        };
        found = Some(here);
    }
    found
}

/// The fields with these names, or those with others, and the empty line.
pub(super) fn fields(block: &Bytes, names: &[Vec<u8>], with: bool) -> Bytes {
    let header = Header::parse(block);
    let fields = header.fields();
    let mut found = Vec::new();
    for field in fields.iter() {
        let name = fields.bytes(field.name.clone());
        if names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)) == with {
            found.extend_from_slice(fields.raw(field));
        }
    }
    found.extend_from_slice(b"\r\n");
    found.into()
}

#[cfg(test)]
mod tests {
    use pec::mime::structure;

    use super::*;

    const ENVELOPE: &str = "Subject: fuori\r\nContent-Type: multipart/mixed; boundary=\"a\"\r\n\r\n\
        --a\r\nContent-Type: text/plain\r\n\r\nuno\r\n\
        --a\r\nContent-Type: message/rfc822; name=\"postacert.eml\"\r\n\r\n\
        Subject: dentro\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\ndue\r\n--b--\r\n\r\n--a--\r\n";

    fn section(part: &[u32], text: Option<SectionText>) -> Section {
        Section { part: part.to_vec(), text }
    }

    fn told(message: &str, section: &Section) -> Option<String> {
        let found = structure(message.as_bytes());
        let head = Header::parse(&Bytes::copy_from_slice(message.as_bytes())).body_start();
        let header = Bytes::copy_from_slice(&message.as_bytes()[..head]);
        match find(section, message.len() as u64, Some(&header), Some(&found)) {
            Piece::Range(range) => Some(message[range.start as usize..range.end as usize].to_owned()),
            Piece::Octets(octets) => Some(String::from_utf8(octets.to_vec()).unwrap()),
            Piece::Missing => None,
        }
    }

    /// 9: `BODY[2.MIME]` of `postacert.eml` is the part's own header.
    #[test]
    fn each_section_is_found_in_an_envelope() {
        let is = |part: &[u32], text, expected: &str| {
            assert_eq!(told(ENVELOPE, &section(part, text)).as_deref(), Some(expected), "{part:?}");
        };
        is(&[], None, ENVELOPE);
        is(&[1], None, "uno");
        is(&[1], Some(SectionText::Mime), "Content-Type: text/plain\r\n\r\n");
        is(&[2], Some(SectionText::Mime), "Content-Type: message/rfc822; name=\"postacert.eml\"\r\n\r\n");
        let header = "Subject: dentro\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n";
        is(&[2], Some(SectionText::Header), header);
        is(&[2, 1], None, "due");
        is(&[], Some(SectionText::HeaderFields(vec![b"SUBJECT".to_vec()])), "Subject: fuori\r\n\r\n");
        for missing in [&[3][..], &[1, 1], &[2, 2], &[2, 1, 1]] {
            assert_eq!(told(ENVELOPE, &section(missing, None)), None, "{missing:?}");
        }
        assert_eq!(told(ENVELOPE, &section(&[1], Some(SectionText::Header))), None);
    }

    #[test]
    fn the_body_of_a_message_of_one_part_is_number_one() {
        let message = "Subject: x\r\n\r\nciao\r\n";
        assert_eq!(told(message, &section(&[1], None)).as_deref(), Some("ciao\r\n"));
        assert_eq!(told(message, &section(&[], Some(SectionText::Text))).as_deref(), Some("ciao\r\n"));
        assert_eq!(told(message, &section(&[2], None)), None);
    }

    #[test]
    fn a_part_of_a_section_is_within_it() {
        let cut = |offset, octets| Piece::Range(10..20).cut(Some(Partial { offset, octets }));
        assert_eq!(cut(0, 5), Piece::Range(10..15));
        assert_eq!(cut(8, u64::MAX), Piece::Range(18..20));
        assert_eq!(cut(30, 5), Piece::Range(20..20));
        let octets = Piece::Octets(Bytes::from_static(b"abc"));
        assert_eq!(octets.cut(Some(Partial { offset: 1, octets: 1 })), Piece::Octets(Bytes::from_static(b"b")));
    }
}
