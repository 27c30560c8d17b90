//! File names in MIME parameters (RFC 2045, RFC 2047 as used in parameters, RFC 2231), extended by
//! `.hash` in the form in which they came.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::decode;
use crate::mime::Parameters;

const SUFFIX: &str = ".hash";
/// A line this long is split; the limit of RFC 5322 §2.1.1 is 998.
const LONG: usize = 900;

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

impl Name {
    /// The name in the parameter called `key`: every form of it once, continuations in order.
    pub fn of(parameters: &Parameters, key: &str) -> Option<Self> {
        let mut forms: Vec<_> = parameters
            .iter()
            .filter(|parameter| parameter.base() == key)
            .filter_map(|parameter| Some((form(&parameter.name)?, parameter.raw.clone(), parameter.quoted)))
            .collect();
        forms.sort_by_key(|(form, ..)| *form);
        forms.dedup_by_key(|(form, ..)| *form);
        (!forms.is_empty()).then_some(Self(forms))
    }

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
                Form::Extended => {
                    extended(key, &[&token(raw), SUFFIX.as_bytes()].concat()).into_iter().for_each(&mut add)
                }
                Form::Continued { index, extended } => {
                    let mark = if extended { "*" } else { "" };
                    // A line that is full already leaves the end of the name to one of its own.
                    let full = raw.len() > LONG;
                    let end = if last == Some(at) && !full { SUFFIX } else { "" };
                    let value = if extended || !quoted {
                        [&token(raw), end.as_bytes()].concat()
                    } else {
                        [b"\"", escape(raw).as_slice(), end.as_bytes(), b"\""].concat()
                    };
                    add([format!("{key}*{index}{mark}=").as_bytes(), &value].concat());
                    if last == Some(at) && full {
                        add(format!("{key}*{}{mark}={SUFFIX}", index.saturating_add(1)).into_bytes());
                    }
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

/// `key*=text`, or its continuations when it is too long for a line (RFC 2231 §4.1); no escape is cut.
fn extended(key: &str, text: &[u8]) -> Vec<Vec<u8>> {
    if text.len() <= LONG {
        return vec![[key.as_bytes(), b"*=", text].concat()];
    }
    let mut chunks: Vec<Vec<u8>> = vec![Vec::new()];
    let mut escape = 0;
    for &byte in text {
        escape = if byte == b'%' { 3usize } else { escape.saturating_sub(1) };
        let begins = escape == 0 || byte == b'%';
        if begins && chunks.last().is_some_and(|chunk| chunk.len() >= LONG) {
            chunks.push(Vec::new());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(byte);
        }
    }
    chunks.iter().enumerate().map(|(i, chunk)| [format!("{key}*{i}*=").as_bytes(), chunk].concat()).collect()
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

/// The form of a parameter by its name, asterisks included.
fn form(name: &str) -> Option<Form> {
    let (base, extended) = name.strip_suffix('*').map_or((name, false), |base| (base, true));
    Some(match base.split_once('*') {
        Some((_, index)) => Form::Continued { index: index.parse().ok()?, extended },
        None if extended => Form::Extended,
        None => Form::Plain,
    })
}
