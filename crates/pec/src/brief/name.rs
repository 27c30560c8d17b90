//! File names in MIME parameters (RFC 2045, RFC 2047 as used in parameters, RFC 2231), extended by
//! `.hash` in the form in which they came.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::decode;

const SUFFIX: &str = ".hash";
/// A line this long is split; the limit of RFC 5322 §2.1.1 is 998.
const LONG: usize = 900;

/// The parameters of one field.
#[derive(Default)]
pub(super) struct Parameters(Vec<Parameter>);

struct Parameter {
    /// Lower case, without the asterisks of RFC 2231.
    key: String,
    form: Form,
    /// What stands between the quotes, or the token; control characters removed.
    raw: Vec<u8>,
    quoted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// `name=`
    Plain,
    /// `name*=`
    Extended,
    /// `name*1=` or `name*1*=`
    Continued { index: u32, extended: bool },
}

/// A file name as it stands, in every form in which the sender gave it.
pub(super) struct Name(Vec<(Form, Vec<u8>, bool)>);

impl Parameters {
    /// Splits a field value into its head (lower case, without comment) and parameters. A quote
    /// inside a quoted name that nobody escaped does not end it: real programs write such names.
    pub fn parse(value: &[u8]) -> (String, Self) {
        let value: Vec<u8> = value.iter().copied().filter(|b| !b"\r\n".contains(b)).collect();
        let mut rest = value.as_slice();
        let head = take_until(&mut rest, b";");
        let head = head.split(|&b| b == b'(').next().unwrap_or_default();
        let head = String::from_utf8_lossy(head.trim_ascii()).to_ascii_lowercase();
        let mut all = Vec::new();
        while !rest.is_empty() {
            let before = take_until(&mut rest, b"=;");
            if rest.first() != Some(&b'=') {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            rest = rest.get(1..).unwrap_or_default().trim_ascii_start();
            let quoted = rest.first() == Some(&b'"');
            let raw = if quoted { take_quoted(&mut rest) } else { take_until(&mut rest, b";").trim_ascii() };
            let raw = raw.iter().copied().filter(|b| *b == b'\t' || !b.is_ascii_control()).collect();
            // `before` begins with the semicolon that ended the last parameter.
            let key = before.strip_prefix(b";").unwrap_or(before);
            let key = String::from_utf8_lossy(key.trim_ascii()).to_ascii_lowercase();
            if let Some((key, form)) = split_key(&key) {
                all.push(Parameter { key, form, raw, quoted });
            }
        }
        (head, Self(all))
    }

    /// The value called `key`, unquoted, continuations joined.
    pub fn value(&self, key: &str) -> Option<Vec<u8>> {
        let forms = self.forms(key);
        let one = |wanted| forms.iter().find(|p| p.form == wanted).map(|p| unescape(p));
        one(Form::Plain).or_else(|| one(Form::Extended)).or_else(|| {
            let joined: Vec<u8> =
                forms.iter().filter(|p| matches!(p.form, Form::Continued { .. })).flat_map(|p| unescape(p)).collect();
            (!forms.is_empty()).then_some(joined)
        })
    }

    /// The file name in the parameter called `key`.
    pub fn name(&self, key: &str) -> Option<Name> {
        let forms = self.forms(key);
        (!forms.is_empty()).then(|| Name(forms.into_iter().map(|p| (p.form, p.raw.clone(), p.quoted)).collect()))
    }

    /// Every form of the parameter once, continuations in order.
    fn forms(&self, key: &str) -> Vec<&Parameter> {
        let mut forms: Vec<_> = self.0.iter().filter(|p| p.key == key).collect();
        forms.sort_by_key(|p| p.form);
        forms.dedup_by_key(|p| p.form);
        forms
    }
}

impl Name {
    /// A name of our own.
    pub fn plain(text: &str) -> Self {
        Self(vec![(Form::Plain, text.as_bytes().to_vec(), true)])
    }

    /// A whole field: `head`, then this name with `.hash` added as parameter `key`, one form to a
    /// line [R-3.3.2.2-d]. The names of RFC 2231 and RFC 2047 keep their form and character set.
    pub fn field(&self, head: &str, key: &str, eol: &str) -> Vec<u8> {
        let mut out = head.as_bytes().to_vec();
        let mut add = |parameter: Vec<u8>| {
            out.extend_from_slice(format!(";{eol} ").as_bytes());
            out.extend(parameter);
        };
        let last = self.0.iter().rposition(|(form, ..)| matches!(form, Form::Continued { .. }));
        for (at, (form, raw, quoted)) in self.0.iter().enumerate() {
            match *form {
                Form::Plain => plain(key, raw).into_iter().for_each(&mut add),
                Form::Extended => add([key.as_bytes(), b"*=", &token(raw), SUFFIX.as_bytes()].concat()),
                Form::Continued { index, extended } => {
                    let mark = if extended { "*" } else { "" };
                    let end = if last == Some(at) { SUFFIX } else { "" };
                    let value = if extended || !quoted {
                        [&token(raw), end.as_bytes()].concat()
                    } else {
                        [b"\"", escape(raw).as_slice(), end.as_bytes(), b"\""].concat()
                    };
                    add([format!("{key}*{index}{mark}=").as_bytes(), &value].concat());
                }
            }
        }
        out.extend_from_slice(eol.as_bytes());
        out
    }
}

/// `key="raw.hash"`, or its continuations when it is too long for a line.
fn plain(key: &str, raw: &[u8]) -> Vec<Vec<u8>> {
    let text = suffixed_word(raw).unwrap_or_else(|| [raw, SUFFIX.as_bytes()].concat());
    let text = escape(&text);
    if text.len() <= LONG {
        return vec![[key.as_bytes(), b"=\"", &text, b"\""].concat()];
    }
    let mut chunks: Vec<Vec<u8>> = vec![Vec::new()];
    let mut escaped = false;
    for byte in text {
        if !escaped && chunks.last().is_some_and(|c| c.len() >= LONG) {
            chunks.push(Vec::new());
        }
        escaped = byte == b'\\' && !escaped;
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(byte);
        }
    }
    chunks.iter().enumerate().map(|(i, c)| [format!("{key}*{i}=\"").as_bytes(), c, b"\""].concat()).collect()
}

/// A name that ends with an encoded word, with `.hash` inside that word: not every reader joins the
/// words of a parameter. Character sets are taken to contain ASCII.
fn suffixed_word(raw: &[u8]) -> Option<Vec<u8>> {
    let inside = raw.trim_ascii_end().strip_suffix(b"?=")?;
    let start = inside.windows(2).rposition(|w| w == b"=?")?;
    let mut frame = inside.get(start..)?.splitn(5, |&b| b == b'?').skip(2);
    let (encoding, coded) = (frame.next()?, frame.next()?);
    let (head, text) = match encoding {
        b"Q" | b"q" => (inside, SUFFIX.to_owned()),
        b"B" | b"b" => {
            let whole = [decode::base64(coded).as_slice(), SUFFIX.as_bytes()].concat();
            (inside.strip_suffix(coded)?, STANDARD.encode(whole))
        }
        _ => return None,
    };
    Some([head, text.as_bytes(), b"?="].concat())
}

/// Makes the content of a quoted string well formed without touching the escapes it has.
fn escape(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut escaped = false;
    for &byte in raw {
        if byte == b'"' && !escaped {
            out.push(b'\\');
        }
        escaped = byte == b'\\' && !escaped;
        out.push(byte);
    }
    if escaped {
        out.push(b'\\');
    }
    out
}

fn unescape(parameter: &Parameter) -> Vec<u8> {
    let mut out = Vec::with_capacity(parameter.raw.len());
    let mut bytes = parameter.raw.iter();
    while let Some(&byte) = bytes.next() {
        out.push(if byte == b'\\' && parameter.quoted { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    out
}

/// What may stand unquoted.
fn token(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    for &byte in raw {
        match byte {
            b' ' | b'\t' | b';' | b'"' | b',' | b'(' | b')' | b'\\' | 128.. => {
                out.extend(format!("%{byte:02X}").into_bytes())
            }
            _ => out.push(byte),
        }
    }
    out
}

fn split_key(key: &str) -> Option<(String, Form)> {
    let (base, extended) = key.strip_suffix('*').map_or((key, false), |base| (base, true));
    let (base, form) = match base.split_once('*') {
        Some((name, index)) => (name, Form::Continued { index: index.parse().ok()?, extended }),
        None if extended => (base, Form::Extended),
        None => (base, Form::Plain),
    };
    (!base.is_empty()).then(|| (base.to_owned(), form))
}

fn take_until<'a>(rest: &mut &'a [u8], stops: &[u8]) -> &'a [u8] {
    // The first octet may itself be the stop that ended what came before.
    let skip = usize::from(rest.first() == Some(&b';') && stops.contains(&b'='));
    let end = rest.iter().skip(skip).position(|b| stops.contains(b)).map_or(rest.len(), |at| at + skip);
    let (taken, after) = rest.split_at(end);
    *rest = after;
    taken
}

/// The content of a quoted string at the start of `rest`. Its end is the quote after which the
/// parameter ends; failing that, the end of the field.
fn take_quoted<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let text = rest.get(1..).unwrap_or_default();
    let mut escaped = false;
    for (at, &byte) in text.iter().enumerate() {
        if byte == b'"' && !escaped {
            let after = text.get(at + 1..).unwrap_or_default().trim_ascii_start();
            if matches!(after.first(), None | Some(b';' | b'(')) {
                *rest = after;
                take_until(rest, b";");
                return text.get(..at).unwrap_or_default();
            }
        }
        escaped = byte == b'\\' && !escaped;
    }
    *rest = &[];
    text.strip_suffix(b"\"").unwrap_or(text)
}
