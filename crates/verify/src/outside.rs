//! What stands in the file and is not signed.

use std::collections::BTreeSet;

use bytes::Bytes;
use pec::header::Header;
use seal::Opened;
use serde::Serialize;

/// The most names that are told.
const MOST: usize = 40;

/// What most providers' programs write before the signed part, for readers that know no MIME.
const USUAL: &[u8] = b"This is an S/MIME signed message";

/// What stands outside the signed part, and is held against nothing that is signed.
#[derive(Debug, Serialize)]
pub struct Outside {
    /// The names of the header's fields, each once, in alphabetical order.
    pub fields: Vec<String>,
    /// Octets of text before the signed part that no mail program shows.
    pub before: usize,
    /// Octets of text after the signature, likewise.
    pub after: usize,
}

/// Whether a field says nothing but what is signed: which message a notification is about, by identifiers that its
/// certification data have too.
pub(crate) fn says_the_same(name: &str, value: &[u8], data: &pec::CertificationData) -> bool {
    let threads = name.eq_ignore_ascii_case("In-Reply-To") || name.eq_ignore_ascii_case("References");
    let identifier = format!("<{}>", data.identifier);
    let signed = |id: &[u8]| id == identifier.as_bytes() || data.message_id.as_deref().map(str::as_bytes) == Some(id);
    threads && value.split(u8::is_ascii_whitespace).filter(|id| !id.is_empty()).all(signed)
}

impl Outside {
    /// Of a message whose signed part this is, and of whose header the fields that are `compared`, by name and value, were
    /// held against it.
    pub(crate) fn of(message: &Bytes, opened: &Opened, compared: impl Fn(&str, &[u8]) -> bool) -> Self {
        let header = Header::parse(message);
        let fields = header.fields();
        let name = |field: &pec::mime::Field| {
            let name = String::from_utf8_lossy(fields.bytes(field.name.clone())).into_owned();
            (!name.is_empty() && !compared(&name, fields.bytes(field.value.clone()))).then_some(name)
        };
        let names = fields.iter().filter_map(name);
        let mut seen = BTreeSet::new();
        let names: BTreeSet<String> = names.filter(|name| seen.insert(name.to_ascii_lowercase())).collect();

        let part = |from: usize, to: usize| message.get(from..to).unwrap_or_default();
        let preamble = part(header.body_start(), opened.entity.start).trim_ascii_end();
        // Its last line is the delimiter of the signed part.
        let (text, delimiter) = match preamble.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => preamble.split_at(end + 1),
            None => (&[][..], preamble),
        };
        let before = Some(text.trim_ascii()).filter(|text| *text != USUAL).map_or(0, <[u8]>::len);
        let rest = part(opened.entity.end, message.len());
        let closing = [delimiter, b"--"].concat();
        let end = rest.windows(closing.len()).rposition(|window| window == closing).map(|at| at + closing.len());
        let epilogue = end.and_then(|end| rest.get(end..)).unwrap_or_default();
        Self { fields: names.into_iter().take(MOST).collect(), before, after: epilogue.trim_ascii().len() }
    }

    /// In one line, English.
    pub fn words(&self) -> String {
        let mut words = vec![self.fields.join(", ")];
        if self.before + self.after > 0 {
            words.push(format!(
                "{} octets of text before the signed part and {} after it, which mail programs do not show",
                self.before, self.after
            ));
        }
        words.retain(|part| !part.is_empty());
        words.join("; ")
    }
}
