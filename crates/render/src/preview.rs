//! How a file can be looked at, by what it is and what it is called.

use crate::limits::Limits;
use crate::name;
use crate::picture::Picture;
use crate::seen::Seen;

/// How a file can be looked at without a program of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preview {
    /// It cannot.
    None,
    /// As a picture of this kind, whatever the message says it is.
    Picture(Picture),
    /// As a PDF document.
    Pdf,
    /// As plain text: [`crate::Message::text_of`].
    Text,
    /// As a message: [`crate::Message::read`] of its octets.
    Message,
    /// As a signed file: [`crate::SignedFile`].
    Signed,
    /// As the list of what is in it: [`crate::list`].
    Archive,
    /// As an electronic invoice: [`crate::Invoice`].
    Invoice,
    /// `segnatura.xml`: what a public body's registry says of the message. As plain text, too.
    Segnatura,
}

impl Preview {
    /// How a file called `name` can be looked at. `told`: its media type in lower case, as somebody says; `head`: its first
    /// octets, which are `seen`.
    pub(crate) fn of(name: &str, told: &str, seen: Option<Seen>, head: &[u8], limits: &Limits) -> Self {
        let extension = name::extension(name);
        let is_text = told.starts_with("text/") && told != "text/html"
            || told.starts_with("message/")
            || matches!(extension.as_str(), "txt" | "csv" | "log" | "ics" | "vcf" | "md" | "json" | "xml");
        match seen {
            Some(Seen::Picture(kind)) if kind.pixels(head).is_none_or(|pixels| pixels <= limits.pixels) => {
                Self::Picture(kind)
            }
            Some(Seen::Pdf) if extension != "p7m" => Self::Pdf,
            Some(Seen::Signed) if extension != "p7s" && told != "application/pkcs7-signature" => Self::Signed,
            Some(Seen::Zip) => Self::Archive,
            Some(Seen::Invoice) => Self::Invoice,
            Some(Seen::Xml) if name.eq_ignore_ascii_case("segnatura.xml") => Self::Segnatura,
            Some(Seen::Xml) => Self::Text,
            None if extension == "eml" && !head.contains(&0) => Self::Message,
            None if is_text && !head.contains(&0) => Self::Text,
            _ => Self::None,
        }
    }
}
