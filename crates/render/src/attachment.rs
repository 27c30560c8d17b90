//! What is attached to a message.

use bytes::Bytes;
use pec::mime::{Content, Part};

use crate::limits::Limits;
use crate::name;
use crate::path::PartPath;
use crate::plain;
use crate::preview::Preview;
use crate::seen::{self, Seen};

/// Something attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Where it stands: [`crate::Message::part`] gives its octets by this.
    pub path: PartPath,
    /// Its name, safe for a file system and for a header; a number and an extension where it has none.
    pub name: String,
    /// The media type that the message says, in lower case.
    pub told: String,
    /// What its first octets are; `None`: nothing that is recognised, or a message.
    pub seen: Option<Seen>,
    /// How many octets it has, decoded.
    pub length: u64,
    /// Its id without brackets, by which the HTML names it (RFC 2392).
    pub content_id: Option<String>,
    /// Whether the HTML shows it, so that it need not be listed.
    pub inline: bool,
    /// How it can be looked at.
    pub preview: Preview,
}

impl Attachment {
    /// Describes the part at `path`. `message`: the octets that it stands in.
    pub(crate) fn of(path: PartPath, part: &Part, message: &Bytes, limits: &Limits) -> Self {
        let told = format!("{}/{}", part.main, part.sub);
        let (head, length) = measured(part, message);
        let is_message = matches!(part.content, Content::Message(_));
        let seen = if is_message { None } else { seen::of(&head) };
        let name = part.names().iter().find_map(|name| name::safe(name));
        let name = name.unwrap_or_else(|| format!("allegato-{path}.{}", extension(&told, seen, is_message)));
        let content_id = part.id.as_ref().map(|id| crate::link::bare_id(&String::from_utf8_lossy(id)));
        let content_id = content_id.map(|id| plain::line(&id, limits.line)).filter(|id| !id.is_empty());
        let preview = if is_message { Preview::Message } else { Preview::of(&name, &told, seen, &head, limits) };
        Self { path, name, told, seen, length, content_id, inline: false, preview }
    }

    /// The `Content-Disposition` under which it is given out.
    pub fn disposition(&self) -> String {
        name::disposition(&self.name)
    }

    /// Whether its name says another thing than its first octets: a program called a document.
    pub fn is_disguised(&self) -> bool {
        let extension = name::extension(&self.name);
        let says = |extensions: &[&str]| extensions.contains(&extension.as_str());
        match self.seen {
            Some(Seen::Program) => !says(&[
                "exe", "dll", "com", "scr", "msi", "sys", "sh", "py", "pl", "rb", "bin", "run", "so", "dylib", "",
            ]),
            Some(Seen::Html) => says(&["pdf", "doc", "docx", "xls", "xlsx", "p7m", "jpg", "jpeg", "png", "gif", "zip"]),
            _ => false,
        }
    }
}

/// The first octets and how many there are, decoded piece by piece.
fn measured(part: &Part, message: &Bytes) -> (Vec<u8>, u64) {
    const PIECE: usize = 64 << 10;
    let body = message.get(part.body()).unwrap_or_default();
    let mut decoder = part.transfer().decoder();
    let (mut head, mut out, mut length) = (Vec::new(), Vec::with_capacity(PIECE), 0u64);
    let mut keep = |out: &mut Vec<u8>| {
        length += out.len() as u64;
        let missing = seen::LOOKED_AT.saturating_sub(head.len()).min(out.len());
        head.extend_from_slice(out.get(..missing).unwrap_or_default());
        out.clear();
    };
    for piece in body.chunks(PIECE) {
        decoder.take(piece, &mut out);
        keep(&mut out);
    }
    decoder.end(&mut out);
    keep(&mut out);
    (head, length)
}

/// The extension of something without a name.
fn extension(told: &str, seen: Option<Seen>, is_message: bool) -> &'static str {
    match (seen, told) {
        _ if is_message => "eml",
        (_, "application/pkcs7-signature") => "p7s",
        (Some(seen), _) => seen.extension(),
        (None, "text/html") => "html",
        (None, "text/calendar") => "ics",
        (None, "text/csv") => "csv",
        _ if told.starts_with("text/") || told.starts_with("message/") => "txt",
        _ => "bin",
    }
}
