//! The formal checks of the Access Point (RFC 6109 §3.1.1).

use std::collections::HashSet;
use std::fmt;

use crate::compose::inherit;
use crate::header::addresses::MAX_ENTRIES;
use crate::header::{Header, MAX_FIELDS};
use crate::mime::{Block, Bounds, Tree, line_end};
use crate::original::Original;
use crate::{Address, ReversePath};
use crate::{decode, limits};

/// What the Access Point holds a message to [R-3.1.1-f] [R-L-12-1]. [`check`] raises each limit to
/// what the law guarantees to every holder, whatever is configured [R-L-12-2].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest message in octets of DATA; never below [`LEGAL_PRODUCT`], which one recipient may fill.
    pub message: usize,
    /// Largest message size × number of recipients, in octets; never below [`LEGAL_PRODUCT`].
    pub product: usize,
    /// Most recipients; never below [`LEGAL_RECIPIENTS`].
    pub recipients: usize,
}

/// 30 megabytes for recipients × size, read as 30 × 2^20 (DM 2/11/2005 art. 12, Q-08) [R-L-12-2].
pub const LEGAL_PRODUCT: usize = 30 << 20;
/// Every provider guarantees sending to this many recipients [R-L-12-2].
pub const LEGAL_RECIPIENTS: usize = 50;

/// One reason why a message is not accepted; `Display` is the Italian text for the notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exception {
    /// No `From`, several, or not exactly one valid mailbox [R-3.1.1-a] (Q-26).
    From(String),
    /// `To` missing or without a valid address [R-3.1.1-b].
    To(String),
    /// The reverse path differs from `From` [R-3.1.1-c].
    ReversePath {
        /// MAIL FROM
        path: String,
        /// From
        from: String,
    },
    /// A RCPT address appears neither in To nor in Cc [R-3.1.1-d].
    NotInToOrCc(Address),
    /// `Bcc` has a value [R-3.1.1-e].
    Bcc,
    /// The holder belongs to a closed group, and this recipient does not (Q-39). [`check`] knows no groups: the
    /// provider finds this one.
    NotAdmitted(Address),
    /// Larger than the limit [R-3.1.1-f].
    TooLarge {
        /// octets
        size: usize,
        /// octets
        limit: usize,
    },
    /// Size × recipients over the limit [R-3.1.1-f].
    ProductTooLarge {
        /// octets
        size: usize,
        /// how many
        recipients: usize,
        /// octets
        limit: usize,
    },
    /// More distinct recipients than the limit [R-L-12-1].
    TooManyRecipients {
        /// how many
        recipients: usize,
        /// how many
        limit: usize,
    },
    /// A line is longer than [`LINE`]: a system on the way may fold it, and every signature over it is void
    /// (RFC 5322 §2.1.1, RFC 5321 §4.5.3.1.6).
    LongLine {
        /// Which line of what the holder sent, the first is 1.
        line: usize,
        /// Its length without its end, octets.
        octets: usize,
        /// Where it stands, in Italian.
        place: String,
    },
    /// An address in To, Cc or Reply-To has octets above 127: the envelope's header cannot carry it. A name that has
    /// some is carried in encoded words (RFC 2047).
    EightBitAddress(&'static str),
    /// The fields that the envelope takes from the original, or the texts that are certified, are larger than what
    /// Incoming Points grant ([`limits`]).
    HeaderTooLarge {
        /// Which, in Italian.
        what: &'static str,
        /// octets
        octets: usize,
        /// octets
        limit: usize,
    },
    /// A field that must be single occurs twice, a header line cannot be read, or a NUL or a bare CR
    /// stands in the message.
    Malformed(String),
}

/// All reasons at once [R-I-ap-2]; empty means the message may enter the circuit. `size` is the
/// length in octets as received by SMTP (without our own `Received`).
///
/// Addresses are compared, and recipients counted, without regard to case and with duplicates
/// folded [R-I-ap-1]. Members of a group in To or Cc count like any other address; a damaged entry
/// there does no harm as long as another one is valid. A line longer than the 998 octets of RFC 5322 §2.1.1 is an
/// exception: a system on the way would fold it, and the sender would hold an acceptance of a message whose signature
/// is void.
pub fn check(
    original: &Original,
    size: usize,
    path: &ReversePath,
    recipients: &[Address],
    limits: &Limits,
) -> Vec<Exception> {
    let header = &original.header;
    let mut exceptions = Vec::new();

    // [R-3.1.1-a] [R-3.1.1-c]
    match author(header) {
        Err(why) => exceptions.push(Exception::From(why)),
        Ok(from) if path.address() != Some(&from) => {
            exceptions.push(Exception::ReversePath { path: path.as_str().to_owned(), from: from.to_string() });
        }
        Ok(_) => {}
    }

    // [R-3.1.1-b]
    let (to, cc) = (header.entries("To"), header.entries("Cc"));
    if header.count("To") == 0 {
        exceptions.push(Exception::To("manca".into()));
    } else if !to.iter().any(|entry| entry.address.is_ok()) {
        let text = header.value("To").unwrap_or_default();
        exceptions.push(Exception::To(format!("non contiene alcun indirizzo valido: \"{}\"", shown(&text))));
    }

    // What the bound on lists leaves unread cannot be said not to be there.
    for (name, entries) in [("To", &to), ("Cc", &cc)] {
        if entries.len() > MAX_ENTRIES {
            exceptions.push(Exception::Malformed(format!("il campo {name} ha più di {MAX_ENTRIES} indirizzi")));
        }
    }

    // [R-3.1.1-d]
    let mut distinct = HashSet::new();
    let recipients: Vec<&Address> = recipients.iter().filter(|recipient| distinct.insert(*recipient)).collect();
    let named: HashSet<Address> = to.into_iter().chain(cc).filter_map(|entry| entry.address.ok()).collect();
    let unnamed = recipients.iter().filter(|recipient| !named.contains(**recipient));
    exceptions.extend(unnamed.map(|recipient| Exception::NotInToOrCc((*recipient).clone())));

    // [R-3.1.1-e]
    if header.values("Bcc").any(|value| !value.is_empty()) {
        exceptions.push(Exception::Bcc);
    }

    exceptions.extend(sizes(size, recipients.len(), limits));
    exceptions.extend(growth(original));
    let received = original.bytes.len().saturating_sub(size);
    exceptions.extend(damage(original, received));
    exceptions.extend(long_line(original, received));
    exceptions
}

/// The one mailbox of the one `From` (Q-26), or what is wrong with it, in Italian.
fn author(header: &Header) -> Result<Address, String> {
    match header.count("From") {
        0 => return Err("manca".into()),
        1 => {}
        several => return Err(format!("compare {several} volte")),
    }
    let entries = header.entries("From");
    let text = || shown(&header.value("From").unwrap_or_default());
    match entries.as_slice() {
        [one] if !one.grouped => {
            one.address.clone().map_err(|_| format!("non contiene un indirizzo valido: \"{}\"", text()))
        }
        [] => Err("non contiene alcun indirizzo".into()),
        _ => Err(format!("non contiene un solo indirizzo: \"{}\"", text())),
    }
}

/// [R-3.1.1-f] [R-L-12-1] within what the law guarantees [R-L-12-2].
fn sizes(size: usize, recipients: usize, limits: &Limits) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    let limit = limits.message.max(LEGAL_PRODUCT);
    if size > limit {
        exceptions.push(Exception::TooLarge { size, limit });
    }
    let limit = limits.product.max(LEGAL_PRODUCT);
    if size.saturating_mul(recipients) > limit {
        exceptions.push(Exception::ProductTooLarge { size, recipients, limit });
    }
    let limit = limits.recipients.max(LEGAL_RECIPIENTS);
    if recipients > limit {
        exceptions.push(Exception::TooManyRecipients { recipients, limit });
    }
    exceptions
}

/// What would not fit the envelope.
fn growth(original: &Original) -> Vec<Exception> {
    let header = &original.header;
    let mut exceptions = Vec::new();
    for name in ["To", "Cc", "Reply-To"] {
        let undeclared = header.fields().named(name).map(|field| decode::undeclared(&header.fields().unfolded(field)));
        if undeclared.into_iter().any(|list| inherit::has_eight_bit_address(&list)) {
            exceptions.push(Exception::EightBitAddress(name));
        }
    }
    let octets = inherit::octets(header, original.subject.as_deref());
    let limit = limits::inherited(header.end());
    if octets > limit {
        exceptions.push(Exception::HeaderTooLarge { what: "l'intestazione codificata", octets, limit });
    }
    let texts = [&original.subject, &original.reply_to, &original.message_id];
    let octets = texts.into_iter().flatten().map(String::len).sum();
    if octets > limits::TEXTS {
        let what = "l'insieme di oggetto, Reply-To e Message-ID";
        exceptions.push(Exception::HeaderTooLarge { what, octets, limit: limits::TEXTS });
    }
    exceptions
}

/// The first line that is too long. `received`: where what the holder sent begins, after our own field.
fn long_line(original: &Original, received: usize) -> Option<Exception> {
    let bytes = &original.bytes;
    let mut at = received;
    let mut line = 0;
    while at < bytes.len() {
        let end = line_end(bytes, at);
        line += 1;
        let text = bytes.get(at..end).unwrap_or_default();
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let octets = text.strip_suffix(b"\r").unwrap_or(text).len();
        if octets > limits::LINE {
            return Some(Exception::LongLine { line, octets, place: place(original, at) });
        }
        at = end;
    }
    // What the provider writes anew has to fit a line too.
    let id = original.message_id.as_ref().map(String::len).filter(|octets| *octets >= limits::LINE)?;
    Some(Exception::LongLine { line: 0, octets: id, place: "campo Message-ID".into() })
}

/// Where the line at offset `at` stands: which field, or which part.
fn place(original: &Original, at: usize) -> String {
    let tree = Tree::read(&original.bytes, 0..original.bytes.len(), &Bounds::ORIGINAL, |_, _| {});
    let nodes = tree.nodes();
    // The innermost part that holds it; in a preamble that is the multipart.
    let Some((index, node)) = nodes.iter().enumerate().rfind(|(_, node)| node.range().contains(&at)) else {
        return "corpo".into();
    };
    let mut numbers = Vec::new();
    let mut inner = index;
    while let Some(parent) = nodes.get(inner).and_then(|node| node.parent) {
        let before = nodes.get(..=inner).unwrap_or_default();
        numbers.push(before.iter().filter(|node| node.parent == Some(parent)).count().to_string());
        inner = parent;
    }
    numbers.reverse();
    let part = if numbers.is_empty() { String::new() } else { format!(", parte {}", numbers.join(".")) };
    if !node.header.contains(&at) {
        return format!("corpo{part}, {}/{}", node.entity.main, node.entity.sub);
    }
    let block = Block::read(&original.bytes, node.header.clone(), &Bounds::ORIGINAL);
    let fields = block.of(&original.bytes);
    let field = fields.iter().find(|field| (field.name.start..field.end).contains(&at));
    let name = field.map(|field| String::from_utf8_lossy(fields.bytes(field.name.clone())).into_owned());
    format!("campo {}{part}", shown(&name.unwrap_or_default()))
}

/// Fields that may occur once (RFC 5322 §3.6, RFC 2045) and that certification, delivery or MIME
/// readers depend on: two of them would let two readers see two messages. `From` has its own check.
const SINGLE: [&str; 10] = [
    "To",
    "Cc",
    "Bcc",
    "Sender",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Content-Type",
    "Content-Transfer-Encoding",
];

fn damage(original: &Original, received: usize) -> Vec<Exception> {
    let header = &original.header;
    let mut found = Vec::new();
    // RFC 5322 §2.2.3: only a field can be continued. To us it would continue our own field in front of it.
    if matches!(original.bytes.get(received), Some(b' ' | b'\t')) {
        found.push("la prima riga comincia con uno spazio e non continua alcun campo".into());
    }
    for name in SINGLE {
        let count = header.count(name);
        if count > 1 {
            found.push(format!("il campo {name} compare {count} volte"));
        }
    }
    if header.is_overlong() {
        found.push(format!("l'intestazione ha più di {MAX_FIELDS} campi"));
    } else if let Some(line) = header.nameless().next() {
        found.push(format!(
            "l'intestazione contiene una riga che non è un campo: \"{}\"",
            shown(&String::from_utf8_lossy(line))
        ));
    }
    if original.bytes.contains(&0) {
        found.push("il messaggio contiene caratteri NUL".into());
    }
    if has_bare_cr(&original.bytes) {
        found.push("il messaggio contiene caratteri CR isolati".into());
    }
    found.into_iter().map(Exception::Malformed).collect()
}

fn has_bare_cr(message: &[u8]) -> bool {
    let mut at = 0;
    while at < message.len() {
        let end = line_end(message, at);
        let line = message.get(at..end).unwrap_or_default();
        if line.strip_suffix(b"\r\n").unwrap_or(line).contains(&b'\r') {
            return true;
        }
        at = end;
    }
    false
}

/// Foreign text as it may stand in a notice.
fn shown(text: &str) -> String {
    let plain = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text.trim().chars().take(200).map(plain).collect()
}

impl Exception {
    /// The stable code of this reason (RFC 3463 form), the same in notice, log and metric.
    pub fn code(&self) -> &'static str {
        match self {
            Exception::From(_) => "5.1.7",
            Exception::To(_) => "5.1.3",
            Exception::ReversePath { .. } => "5.1.8",
            Exception::NotInToOrCc(_) => "5.1.0",
            Exception::Bcc | Exception::NotAdmitted(_) => "5.7.1",
            Exception::TooLarge { .. } | Exception::HeaderTooLarge { .. } => "5.3.4",
            Exception::LongLine { .. } => "5.6.2",
            Exception::EightBitAddress(_) => "5.6.7",
            Exception::ProductTooLarge { .. } => "5.2.3",
            Exception::TooManyRecipients { .. } => "5.5.3",
            Exception::Malformed(_) => "5.6.0",
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exception::From(why) => write!(f, "il campo From {why}"),
            Exception::To(why) => write!(f, "il campo To {why}"),
            Exception::ReversePath { path, from } if path.is_empty() => {
                write!(f, "il mittente SMTP è vuoto e il campo From contiene {from}")
            }
            Exception::ReversePath { path, from } => {
                write!(f, "il mittente SMTP {path} è diverso dall'indirizzo {from} del campo From")
            }
            Exception::NotInToOrCc(address) => {
                write!(f, "l'indirizzo email {address} non appare nei campi To o Cc")
            }
            Exception::LongLine { line: 0, octets, place } => {
                write!(f, "il {place} occupa {octets} caratteri e una riga ne può avere al massimo {}", limits::LINE)
            }
            Exception::LongLine { line, octets, place } => {
                let cure = if place.starts_with("campo") {
                    "il programma di posta deve mandare a capo il campo"
                } else {
                    "il programma di posta deve codificare questa parte (quoted-printable o base64) o mandarla a capo"
                };
                write!(
                    f,
                    "la riga {line} del messaggio ({place}) ha {octets} caratteri, più di {}: altri sistemi la \
                     spezzerebbero e la firma non varrebbe più; {cure}",
                    limits::LINE
                )
            }
            Exception::EightBitAddress(field) => {
                write!(f, "il campo {field} contiene un indirizzo con caratteri non ASCII")
            }
            Exception::HeaderTooLarge { what, octets, limit } => {
                write!(f, "{what} occupa {octets} byte e il limite è {limit}")
            }
            Exception::Bcc => f.write_str("il campo Bcc contiene un valore"),
            Exception::NotAdmitted(address) => {
                write!(
                    f,
                    "la casella non è abilitata a scrivere a {address}, che è fuori dal suo gruppo di corrispondenti"
                )
            }
            Exception::TooLarge { size, limit } => {
                write!(f, "la dimensione del messaggio ({size} byte) supera il limite di {limit} byte")
            }
            Exception::ProductTooLarge { size, recipients, limit } => write!(
                f,
                "la dimensione del messaggio ({size} byte) moltiplicata per il numero dei destinatari ({recipients}) \
                 supera il limite di {limit} byte"
            ),
            Exception::TooManyRecipients { recipients, limit } => {
                write!(f, "il numero dei destinatari ({recipients}) supera il limite di {limit}")
            }
            Exception::Malformed(why) => write!(f, "il messaggio non è ben formato: {why}"),
        }
    }
}

#[cfg(test)]
mod tests;
