//! What the header of one part says of its body, and where programs would read it differently.

use bytes::Bytes;

use super::block::Fields;
use super::bounds::Bounds;
use super::parameters::Parameters;
use crate::decode;

/// The content of one entity, message or part, as its header describes it.
///
/// Where a field or parameter occurs twice the first counts here; whoever must not guess looks at [`Entity::flaws`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// The main type in lower case (`text`).
    pub main: String,
    /// The subtype in lower case (`plain`).
    pub sub: String,
    /// The value and parameters of `Content-Type`; `None` where there is none or it is no media type, in which case the
    /// type is the default of the place (RFC 2045 §5.2, RFC 2046 §5.1.5).
    pub content: Option<Parameters>,
    /// `Content-Disposition`.
    pub disposition: Option<Parameters>,
    /// `Content-Transfer-Encoding` in lower case; `None` where there is none.
    pub transfer: Option<String>,
    /// What is not the same to every reader.
    pub flaws: Vec<Flaw>,
}

/// What a Content-Transfer-Encoding does to the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferEncoding {
    /// 7bit, 8bit, binary, and whatever is not known.
    Identity,
    /// `base64`
    Base64,
    /// `quoted-printable`
    QuotedPrintable,
}

impl TransferEncoding {
    /// What the name of an encoding (RFC 2045 §6.1, without regard to case) does; `None`: it is not known, so that nobody can
    /// tell the octets behind it.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim_ascii().to_ascii_lowercase().as_str() {
            "7bit" | "8bit" | "binary" => Some(Self::Identity),
            "base64" => Some(Self::Base64),
            "quoted-printable" => Some(Self::QuotedPrintable),
            _ => None,
        }
    }

    /// Decodes a body that comes in pieces.
    pub fn decoder(self) -> Decoder {
        Decoder(match self {
            Self::Identity => Flow::Identity,
            Self::Base64 => Flow::Base64(decode::Base64::default()),
            Self::QuotedPrintable => Flow::QuotedPrintable(decode::QuotedPrintable::default()),
        })
    }

    /// The octets of a body, decoded.
    pub fn decode(self, body: &Bytes) -> Bytes {
        match self {
            Self::Identity => body.clone(),
            Self::Base64 => decode::base64(body).into(),
            Self::QuotedPrintable => decode::quoted_printable(body).into(),
        }
    }
}

/// A body decoded piece by piece: what comes out is what [`TransferEncoding::decode`] makes of the whole. It holds 64 KiB at
/// most, and nearly always some octets.
#[derive(Clone, Debug)]
pub struct Decoder(Flow);

#[derive(Clone, Debug)]
enum Flow {
    Identity,
    Base64(decode::Base64),
    QuotedPrintable(decode::QuotedPrintable),
}

impl Decoder {
    /// The next piece; what is known of its content is added to `out`.
    pub fn take(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        match &mut self.0 {
            Flow::Identity => out.extend_from_slice(piece),
            Flow::Base64(flow) => flow.take(piece, out),
            Flow::QuotedPrintable(flow) => flow.take(piece, out),
        }
    }

    /// The body is over.
    pub fn end(self, out: &mut Vec<u8>) {
        match self.0 {
            Flow::Identity => {}
            Flow::Base64(flow) => flow.end(out),
            Flow::QuotedPrintable(flow) => flow.end(out),
        }
    }
}

/// What a disposition asks of a reader (RFC 2183 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// `inline`, and no disposition.
    Inline,
    /// `attachment`, and whatever is not known (RFC 2183 §2.8).
    Attachment,
}

/// A header that two programs read as two messages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A MIME field occurs more than once.
    #[error("the field {0} is repeated")]
    RepeatedField(&'static str),
    /// A line begins like a MIME field and is none.
    #[error("a line begins like a MIME field and is none")]
    DoubtfulField,
    /// The block, a value or its parameters exceed the bounds.
    #[error("the header is too long")]
    Overlong,
    /// `Content-Type` holds no media type.
    #[error("Content-Type holds no media type")]
    NoMediaType,
    /// A parameter of `Content-Type` occurs more than once.
    #[error("a parameter of Content-Type is repeated: {0}")]
    RepeatedParameter(String),
    /// A multipart without a boundary.
    #[error("the boundary is missing")]
    NoBoundary,
    /// The boundary also has, or only has, a form of RFC 2231, or is no token or quoted string.
    #[error("the boundary can be read in more than one way")]
    DoubtfulBoundary,
    /// A multipart whose body is encoded (RFC 2045 §6.4 forbids it).
    #[error("a multipart is encoded")]
    EncodedMultipart,
}

/// The fields that describe content.
const MIME_FIELDS: [&str; 4] = ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"];

impl Entity {
    /// What a part without `Content-Type` is (RFC 2045 §5.2).
    pub const TEXT: (&'static str, &'static str) = ("text", "plain");
    /// What a part of a digest without `Content-Type` is (RFC 2046 §5.1.5).
    pub const MESSAGE: (&'static str, &'static str) = ("message", "rfc822");

    /// Reads the fields of one entity; `default` is what it is without `Content-Type`.
    pub fn read(fields: Fields<'_>, default: (&str, &str), bounds: &Bounds) -> Self {
        let mut flaws = Vec::new();
        if fields.is_overlong() {
            flaws.push(Flaw::Overlong);
        }
        let mut value = |name: &'static str| {
            let mut found = fields.named(name);
            let field = found.next()?;
            if found.next().is_some() {
                flaws.push(Flaw::RepeatedField(name));
            }
            if field.value.len() > bounds.value {
                flaws.push(Flaw::Overlong);
                return None;
            }
            Some(fields.unfolded(field))
        };
        let [content, transfer, disposition, _] = MIME_FIELDS.map(&mut value);
        let content = content.map(|value| Parameters::read(&value));
        let disposition = disposition.map(|value| Parameters::read(&value));
        let transfer = transfer.map(|value| Parameters::read(&value).value).filter(|value| !value.is_empty());
        let doubtful = |line: &[u8]| {
            MIME_FIELDS.iter().any(|name| {
                let start = line.get(..name.len()).unwrap_or_default();
                start.eq_ignore_ascii_case(name.as_bytes())
            })
        };
        if fields.iter().any(|field| field.name.is_empty() && doubtful(fields.raw(field).trim_ascii_start())) {
            flaws.push(Flaw::DoubtfulField);
        }

        let media = content.as_ref().and_then(|content| media_type(&content.value));
        let (main, sub) = media.unwrap_or(default);
        let (main, sub) = (main.to_owned(), sub.to_owned());
        let content = match (media.is_some(), content) {
            (false, Some(_)) => {
                flaws.push(Flaw::NoMediaType);
                None
            }
            (_, content) => content,
        };
        let mut entity = Self { main, sub, content, disposition, transfer, flaws };
        entity.find_flaws();
        entity
    }

    /// Whether the media type is `main/sub` (in lower case).
    pub fn is(&self, main: &str, sub: &str) -> bool {
        self.main == main && self.sub == sub
    }

    /// Whether the media type is multipart, opened or not.
    pub fn is_multipart(&self) -> bool {
        self.main == "multipart"
    }

    /// What the transfer encoding does.
    pub fn encoding(&self) -> TransferEncoding {
        self.transfer.as_deref().and_then(TransferEncoding::named).unwrap_or(TransferEncoding::Identity)
    }

    /// What the disposition asks.
    pub fn asked(&self) -> Disposition {
        match self.disposition.as_ref().map_or("inline", |disposition| disposition.value.as_str()) {
            "inline" | "" => Disposition::Inline,
            _ => Disposition::Attachment,
        }
    }

    /// The boundary of a multipart; the plain parameter before its other forms. Without one it cannot be opened.
    pub fn boundary(&self) -> Option<Vec<u8>> {
        if !self.is_multipart() {
            return None;
        }
        let content = self.content.as_ref()?;
        let mut boundary = match content.exact("boundary") {
            Some(plain) => plain.value(),
            None => content.joined("boundary")?,
        };
        // A boundary ends with no blank (RFC 2046 §5.1.1), whatever its parameter says.
        boundary.truncate(boundary.trim_ascii_end().len());
        (!boundary.is_empty()).then_some(boundary)
    }

    /// The names that a part has: `name` of Content-Type and `filename` of Content-Disposition, as people read them.
    pub fn names(&self) -> Vec<String> {
        let name = self.content.as_ref().and_then(|content| content.decoded("name"));
        let filename = self.disposition.as_ref().and_then(|disposition| disposition.decoded("filename"));
        [name, filename].into_iter().flatten().collect()
    }

    fn find_flaws(&mut self) {
        let Some(content) = &self.content else { return };
        let flaws = &mut self.flaws;
        if content.is_overlong() {
            flaws.push(Flaw::Overlong);
        }
        let mut seen = std::collections::HashSet::new();
        let repeated = content.iter().find(|parameter| !seen.insert(parameter.name.as_str()));
        flaws.extend(repeated.map(|parameter| Flaw::RepeatedParameter(parameter.name.clone())));
        if self.main == "multipart" {
            match content.exact("boundary") {
                None if content.count("boundary") == 0 => flaws.push(Flaw::NoBoundary),
                Some(plain) if content.count("boundary") == 1 && !plain.irregular => {}
                _ => flaws.push(Flaw::DoubtfulBoundary),
            }
            if !matches!(self.transfer.as_deref(), None | Some("7bit" | "8bit" | "binary")) {
                flaws.push(Flaw::EncodedMultipart);
            }
        }
    }
}

/// `type/subtype`, both tokens of at most 127 octets (RFC 6838 §4.2).
fn media_type(value: &str) -> Option<(&str, &str)> {
    let (main, sub) = value.split_once('/')?;
    let (main, sub) = (main.trim(), sub.trim());
    let token = |text: &str| {
        (1..=127).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_graphic() && !br#"()<>@,;:\"/[]?="#.contains(&b))
    };
    (token(main) && token(sub)).then_some((main, sub))
}
