//! Just enough MIME to take a message apart without changing a byte of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A header block and a body: a message or one of its parts. Slices of the original bytes.
#[derive(Clone, Debug)]
pub struct Entity<'a> {
    /// Header fields in order.
    pub fields: Vec<Field>,
    /// What stands after the blank line.
    pub body: &'a [u8],
    /// Header and body as they came.
    pub whole: &'a [u8],
}

/// One header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name as written.
    pub name: String,
    /// Value as written, folds kept, without the line end.
    pub raw: String,
}

/// A media type or disposition with its parameters, names and type in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// `multipart/signed`, `inline`, …
    pub value: String,
    /// Parameters in order; those in the form of RFC 2231 (`name*0*=…; name*1=…`) are put together and decoded.
    pub parameters: Vec<(String, String)>,
}

impl<'a> Entity<'a> {
    /// Takes the bytes apart at the first blank line; CRLF and LF line ends are both understood.
    pub fn parse(whole: &'a [u8]) -> Self {
        let mut fields: Vec<Field> = Vec::new();
        let mut rest = whole;
        while !rest.is_empty() {
            let (line, next) = split_line(rest);
            rest = next;
            let text = String::from_utf8_lossy(line).into_owned();
            if text.is_empty() {
                break;
            }
            if text.starts_with([' ', '\t']) {
                if let Some(last) = fields.last_mut() {
                    last.raw.push_str("\r\n");
                    last.raw.push_str(&text);
                }
            } else if let Some((name, value)) = text.split_once(':') {
                fields.push(Field { name: name.trim_end().to_owned(), raw: value.to_owned() });
            }
        }
        Entity { fields, body: rest, whole }
    }

    /// Every value of a field, unfolded and trimmed, names without regard to case [R-O-hdr-1].
    pub fn all(&self, name: &str) -> Vec<String> {
        self.fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name)).map(Field::value).collect()
    }

    /// The first value of a field, unfolded and trimmed.
    pub fn field(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    /// The media type; absent means `text/plain`.
    pub fn media(&self) -> Media {
        self.field("Content-Type").map_or_else(|| Media::parse("text/plain"), |value| Media::parse(&value))
    }

    /// The disposition, empty when there is none.
    pub fn disposition(&self) -> Media {
        self.field("Content-Disposition").map_or_else(Media::default, |value| Media::parse(&value))
    }

    /// The transfer encoding in lower case; absent means `7bit`.
    pub fn encoding(&self) -> String {
        self.field("Content-Transfer-Encoding").unwrap_or_else(|| "7bit".into()).to_ascii_lowercase()
    }

    /// The file name, of the disposition first.
    pub fn file_name(&self) -> Option<String> {
        self.disposition().parameter("filename").or_else(|| self.media().parameter("name"))
    }

    /// The body with its transfer encoding undone; `Err` says what is wrong with it.
    pub fn decoded(&self) -> Result<Vec<u8>, String> {
        match self.encoding().as_str() {
            "base64" => {
                let text: Vec<u8> = self.body.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
                STANDARD.decode(text).map_err(|error| format!("base64: {error}"))
            }
            "quoted-printable" => Ok(quoted_printable(self.body)),
            _ => Ok(self.body.to_vec()),
        }
    }

    /// The parts of a multipart, empty when it is none. A closing line that never comes ends at the end of the body.
    pub fn parts(&self) -> Vec<Entity<'a>> {
        let media = self.media();
        let Some(boundary) = media.parameter("boundary").filter(|_| media.value.starts_with("multipart/")) else {
            return Vec::new();
        };
        let mark = format!("--{boundary}");
        let mut parts = Vec::new();
        let mut start: Option<usize> = None;
        let mut at = 0;
        while at < self.body.len() {
            let rest = self.body.get(at..).unwrap_or_default();
            let (line, next) = split_line(rest);
            let tail = line.strip_prefix(mark.as_bytes()).map(|tail| tail.trim_ascii_end());
            if let Some(tail) = tail.filter(|tail| tail.is_empty() || *tail == b"--") {
                if let Some(from) = start.take() {
                    parts.push(Entity::parse(without_line_end(self.body.get(from..at).unwrap_or_default())));
                }
                if !tail.is_empty() {
                    return parts;
                }
                start = Some(self.body.len() - next.len());
            }
            at = self.body.len() - next.len();
        }
        if let Some(from) = start {
            parts.push(Entity::parse(self.body.get(from..).unwrap_or_default()));
        }
        parts
    }
}

impl Field {
    /// The value, unfolded and trimmed.
    pub fn value(&self) -> String {
        self.raw.replace("\r\n", "").trim().to_owned()
    }
}

impl Media {
    /// Reads `value; name=token; name="quoted"`.
    pub fn parse(text: &str) -> Self {
        let mut pieces = split_outside_quotes(text, ';').into_iter();
        let value = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut parameters: Vec<(String, String)> = Vec::new();
        for piece in pieces {
            let Some((key, value)) = piece.split_once('=') else { continue };
            let (key, marks) = key.split_once('*').unwrap_or((key, ""));
            let (key, value) = (key.trim().to_ascii_lowercase(), unquoted(value.trim()));
            let value = if piece.split('=').next().is_some_and(|key| key.trim_end().ends_with('*')) {
                // Charset and language stand before the first segment only.
                percent_decoded(value.splitn(3, '\'').last().unwrap_or_default())
            } else {
                value
            };
            match parameters.last_mut() {
                Some((known, text)) if *known == key && marks.starts_with(|mark: char| mark.is_ascii_digit()) => {
                    text.push_str(&value);
                }
                _ => parameters.push((key, value)),
            }
        }
        Media { value, parameters }
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

/// The addr-spec of a field that holds one mailbox: what stands in the last angle brackets, else the whole value.
pub fn address(value: &str) -> String {
    let inner = value.rfind('<').and_then(|from| {
        let tail = value.get(from + 1..)?;
        tail.get(..tail.find('>')?)
    });
    inner.unwrap_or(value).trim().to_owned()
}

/// A field's text with its encoded words (RFC 2047) decoded; words in a charset we do not know stay as they are.
pub fn decode_words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    let mut after_word = false;
    while let Some(from) = rest.find("=?") {
        let (before, word) = (rest.get(..from).unwrap_or_default(), rest.get(from..).unwrap_or_default());
        match decode_word(word) {
            Some((text, length)) => {
                if !(after_word && before.trim().is_empty()) {
                    out.push_str(before);
                }
                out.push_str(&text);
                rest = word.get(length..).unwrap_or_default();
                after_word = true;
            }
            None => {
                out.push_str(before);
                out.push_str("=?");
                rest = word.get(2..).unwrap_or_default();
                after_word = false;
            }
        }
    }
    out + rest
}

/// ISO-8859-1 octets as text.
pub fn latin1(octets: &[u8]) -> String {
    octets.iter().map(|octet| char::from(*octet)).collect()
}

fn decode_word(word: &str) -> Option<(String, usize)> {
    let mut pieces = word.get(2..)?.splitn(4, '?');
    let (charset, encoding, text, tail) = (pieces.next()?, pieces.next()?, pieces.next()?, pieces.next()?);
    tail.strip_prefix('=')?;
    let octets = match encoding {
        "B" | "b" => STANDARD.decode(text).ok()?,
        "Q" | "q" => quoted_printable(text.replace('_', " ").as_bytes()),
        _ => return None,
    };
    let decoded = match charset.split('*').next()?.to_ascii_lowercase().as_str() {
        "utf-8" | "us-ascii" => String::from_utf8(octets).ok()?,
        "iso-8859-1" | "windows-1252" => latin1(&octets),
        _ => return None,
    };
    Some((decoded, 2 + charset.len() + 1 + encoding.len() + 1 + text.len() + 2))
}

/// `%C3%A0` undone, read as UTF-8.
fn percent_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut octets = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(octet) => {
                octets.push(octet);
                octets.extend_from_slice(piece.get(2..).unwrap_or_default().as_bytes());
            }
            None => octets.extend_from_slice(format!("%{piece}").as_bytes()),
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&octet, next)) = rest.split_first() {
        rest = next;
        if octet != b'=' {
            out.push(octet);
            continue;
        }
        let pair = next.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        if let Some(octet) = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            out.push(octet);
            rest = next.get(2..).unwrap_or_default();
        } else {
            // A soft line break; blanks before the line end are transport padding.
            rest = split_line(next).1;
        }
    }
    out
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|octet| *octet == b'\n') {
        Some(end) => {
            let (line, next) = bytes.split_at(end);
            (line.strip_suffix(b"\r").unwrap_or(line), next.get(1..).unwrap_or_default())
        }
        None => (bytes, &[]),
    }
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in text.chars() {
        let ends = letter == separator && !quoted;
        if escaped {
            escaped = false;
        } else {
            escaped = letter == '\\' && quoted;
            quoted ^= letter == '"';
        }
        match pieces.last_mut() {
            Some(piece) if !ends => piece.push(letter),
            _ => pieces.push(String::new()),
        }
    }
    pieces
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        return value.split_whitespace().next().unwrap_or_default().to_owned();
    };
    let mut out = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.extend(letters.next()),
            '"' => break,
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_exactly_the_bytes_between_two_boundary_lines() {
        let text = b"Content-Type: multipart/mixed; boundary=\"a;b\"\r\n\r\npreamble\r\n--a;b\r\nX: 1\r\n\r\nbody\r\n\r\n--a;b\r\n\r\nsecond\r\n--a;b--\r\nepilogue";
        let message = Entity::parse(text);
        let parts = message.parts();
        assert_eq!(parts.iter().map(|part| part.body).collect::<Vec<_>>(), [&b"body\r\n"[..], b"second"]);
        assert_eq!(parts[0].whole, b"X: 1\r\n\r\nbody\r\n");
    }

    #[test]
    fn a_boundary_that_only_begins_like_ours_is_content() {
        let message = Entity::parse(b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--xy\nb\n--x--\n");
        assert_eq!(message.parts()[0].body, b"a\n--xy\nb");
    }

    #[test]
    fn fields_are_found_without_regard_to_case_and_unfolded() {
        let message = Entity::parse(b"x-TIPORICEVUTA: breve\r\nSubject: one\r\n two\r\n\r\n");
        assert_eq!(message.field("X-TipoRicevuta").as_deref(), Some("breve"));
        assert_eq!(message.field("subject").as_deref(), Some("one two"));
    }

    #[test]
    fn a_name_in_the_form_of_rfc_2231_is_put_together() {
        let media = Media::parse("text/plain; name*0*=utf-8''citt%C3%A0; name*1=\".p\"; name*2=df; x=1");
        assert_eq!(media.parameter("name").as_deref(), Some("città.pdf"));
        assert_eq!(media.parameter("x").as_deref(), Some("1"));
        assert_eq!(Media::parse("a/b; name*=us-ascii'en'50%25.txt").parameter("name").as_deref(), Some("50%.txt"));
        assert_eq!(Media::parse("a/b; name=o'b'c").parameter("name").as_deref(), Some("o'b'c"));
    }

    #[test]
    fn encoded_words_read_as_their_text() {
        assert_eq!(decode_words("=?UTF-8?Q?POSTA_CERTIFICATA=3A_citt=C3=A0?="), "POSTA CERTIFICATA: città");
        assert_eq!(decode_words("CONSEGNA: =?ISO-8859-1?B?Y2l0dOA=?= =?utf-8?q?_x?="), "CONSEGNA: città x");
        assert_eq!(decode_words("=?klingon?Q?x?= stays"), "=?klingon?Q?x?= stays");
    }

    #[test]
    fn the_address_of_an_envelope_is_the_one_in_brackets() {
        assert_eq!(address("\"Per conto di: a@b.it\" <posta-certificata@c.it>"), "posta-certificata@c.it");
        assert_eq!(address(" a@b.it "), "a@b.it");
    }

    #[test]
    fn quoted_printable_and_base64_are_undone() {
        let part = Entity::parse(b"Content-Transfer-Encoding: Quoted-Printable\n\n=E8 lun=\nga =3D");
        assert_eq!(part.decoded().unwrap(), b"\xe8 lunga =");
        let part = Entity::parse(b"Content-Transfer-Encoding: base64\n\naGVs\r\nbG8=\r\n");
        assert_eq!(part.decoded().unwrap(), b"hello");
    }

    #[test]
    fn foreign_bytes_of_any_shape_are_taken_apart_without_a_panic() {
        for text in
            [&b""[..], b":", b"\n", b"=", b"Content-Type: multipart/x; boundary=", b"Subject: =?", b"\xff\xfe\n"]
        {
            let message = Entity::parse(text);
            message.parts();
            message.decoded().ok();
            message.field("Subject").map(|value| decode_words(&value));
        }
    }
}
