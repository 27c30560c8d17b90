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
    let to = header.addresses("To");
    if header.count("To") == 0 {
        exceptions.push(Exception::To("manca".into()));
    } else if !to.iter().any(Result::is_ok) {
        let text = header.value("To").unwrap_or_default();
        exceptions.push(Exception::To(format!("non contiene alcun indirizzo valido: \"{}\"", shown(&text))));
    }

    // What the bound on lists leaves unread cannot be said not to be there.
    for name in ["To", "Cc"] {
        if header.entries(name).len() > MAX_ENTRIES {
            exceptions.push(Exception::Malformed(format!("il campo {name} ha più di {MAX_ENTRIES} indirizzi")));
        }
    }

    // [R-3.1.1-d]
    let mut distinct = HashSet::new();
    let recipients: Vec<&Address> = recipients.iter().filter(|recipient| distinct.insert(*recipient)).collect();
    let named: HashSet<Address> = to.into_iter().chain(header.addresses("Cc")).flatten().collect();
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
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { message: 50 << 20, product: 100 << 20, recipients: 200 };

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    /// The Italian reasons against a message of `text` from `a@b.it` to `recipients`.
    fn reasons_for(text: &str, recipients: &[&str]) -> Vec<String> {
        let original = Original::parse(Bytes::copy_from_slice(text.as_bytes()));
        let path = ReversePath::Address(address("a@b.it"));
        let recipients: Vec<_> = recipients.iter().copied().map(address).collect();
        check(&original, text.len(), &path, &recipients, &LIMITS).iter().map(Exception::to_string).collect()
    }

    fn reasons(fields: &str) -> Vec<String> {
        reasons_for(&format!("{fields}\r\nciao\r\n"), &["c@d.it"])
    }

    fn excess(size: usize, recipients: usize, limits: &Limits) -> Vec<Exception> {
        let list: Vec<String> = (0..recipients).map(|n| format!("u{n}@d.it")).collect();
        let text = format!("From: a@b.it\r\nTo: {}\r\n\r\n", list.join(", "));
        let recipients: Vec<_> = list.iter().map(|text| address(text)).collect();
        let path = ReversePath::Address(address("a@b.it"));
        check(&Original::parse(Bytes::from(text)), size, &path, &recipients, limits)
    }

    #[test]
    fn a_right_message_has_no_exception() {
        for fields in [
            "From: A <a@b.it>\r\nTo: c@d.it\r\n",
            "from:A@B.it\r\nto: Uno <x@y.it>,\r\n Due <C@D.it>\r\nBcc:\r\n",
            "From: a@b.it (x)\r\nTo: altri <z@z.it>\r\nCc: c@d.it\r\n",
            // [R-3.1.1-b]: the members of a group are addresses too.
            "From: a@b.it\r\nTo: Ufficio: c@d.it, e@f.it;\r\n",
            "From: a@b.it\r\nTo: <danneggiato@d it>>, c@d.it\r\n",
        ] {
            assert_eq!(reasons(fields), Vec::<String>::new(), "{fields}");
        }
    }

    #[test]
    fn from_must_be_one_field_with_one_valid_mailbox() {
        // [R-3.1.1-a], Q-26
        for (fields, reason) in [
            ("", "il campo From manca"),
            ("From: a@b.it\r\nFrom: a@b.it\r\n", "il campo From compare 2 volte"),
            ("From:\r\n", "il campo From non contiene alcun indirizzo"),
            ("From: a b@c.it\r\n", "il campo From non contiene un indirizzo valido: \"a b@c.it\""),
            ("From: a@b.it, z@b.it\r\n", "il campo From non contiene un solo indirizzo: \"a@b.it, z@b.it\""),
            ("From: gruppo: a@b.it;\r\n", "il campo From non contiene un solo indirizzo: \"gruppo: a@b.it;\""),
        ] {
            assert_eq!(reasons(&format!("{fields}To: c@d.it\r\n")), [reason]);
        }
    }

    #[test]
    fn to_must_hold_a_valid_address_and_cc_alone_is_not_enough() {
        // [R-3.1.1-b]
        for (fields, reason) in [
            ("", "il campo To manca"),
            ("To:\r\n", "il campo To non contiene alcun indirizzo valido: \"\""),
            (
                "To: undisclosed-recipients:;\r\n",
                "il campo To non contiene alcun indirizzo valido: \"undisclosed-recipients:;\"",
            ),
            ("To: c@d it>\r\n", "il campo To non contiene alcun indirizzo valido: \"c@d it>\""),
        ] {
            assert_eq!(reasons(&format!("From: a@b.it\r\n{fields}Cc: c@d.it\r\n")), [reason]);
        }
    }

    #[test]
    fn the_reverse_path_must_equal_from_but_for_case() {
        // [R-3.1.1-c]
        assert_eq!(
            reasons("From: z@b.it\r\nTo: c@d.it\r\n"),
            ["il mittente SMTP a@b.it è diverso dall'indirizzo z@b.it del campo From"]
        );
        let original = Original::parse(Bytes::from_static(b"From: a@b.it\r\nTo: c@d.it\r\n\r\n"));
        let found = check(&original, 1, &ReversePath::Null, &[address("c@d.it")], &LIMITS);
        assert_eq!(found, [Exception::ReversePath { path: String::new(), from: "a@b.it".into() }]);
        assert_eq!(found[0].to_string(), "il mittente SMTP è vuoto e il campo From contiene a@b.it");
    }

    #[test]
    fn every_recipient_must_appear_in_to_or_cc() {
        // [R-3.1.1-d]
        let text = "From: a@b.it\r\nTo: c@d.it\r\nCc: Uno <E@f.it>\r\n\r\n";
        assert_eq!(
            reasons_for(text, &["C@D.it", "e@f.it", "g@h.it", "G@h.it", "i@l.it"]),
            [
                "l'indirizzo email g@h.it non appare nei campi To o Cc",
                "l'indirizzo email i@l.it non appare nei campi To o Cc"
            ]
        );
    }

    #[test]
    fn bcc_must_have_no_value() {
        // [R-3.1.1-e]
        assert_eq!(reasons("From: a@b.it\r\nTo: c@d.it\r\nBCC: x@y.it\r\n"), ["il campo Bcc contiene un valore"]);
    }

    #[test]
    fn size_and_product_and_recipients_have_limits() {
        // [R-3.1.1-f] [R-L-12-1]
        assert_eq!(excess(50 << 20, 2, &LIMITS), []);
        assert_eq!(
            excess((50 << 20) + 1, 2, &LIMITS),
            [
                Exception::TooLarge { size: (50 << 20) + 1, limit: 50 << 20 },
                Exception::ProductTooLarge { size: (50 << 20) + 1, recipients: 2, limit: 100 << 20 }
            ]
        );
        assert_eq!(excess(10, 201, &LIMITS), [Exception::TooManyRecipients { recipients: 201, limit: 200 }]);
        assert_eq!(excess(usize::MAX, 2, &LIMITS).len(), 2);
    }

    #[test]
    fn no_configured_limit_falls_below_what_the_law_guarantees() {
        // [R-L-12-2]
        let tight = Limits { message: 1, product: 1, recipients: 1 };
        assert_eq!(excess(LEGAL_PRODUCT, 1, &tight), []);
        assert_eq!(excess(LEGAL_PRODUCT / 50, 50, &tight), []);
        assert_eq!(excess(LEGAL_PRODUCT / 50, 51, &tight).len(), 2);
        assert_eq!(excess(LEGAL_PRODUCT + 1, 1, &tight).len(), 2);
    }

    #[test]
    fn duplicates_are_folded_before_counting() {
        // [R-I-ap-1]
        let original = Original::parse(Bytes::from_static(b"From: a@b.it\r\nTo: c@d.it\r\n\r\n"));
        let path = ReversePath::Address(address("a@b.it"));
        let same = vec![address("c@d.it"), address("C@D.IT"), address("c@D.it")];
        assert_eq!(
            check(&original, LEGAL_PRODUCT, &path, &same, &Limits { message: 0, product: 0, recipients: 0 }),
            []
        );
    }

    #[test]
    fn a_damaged_message_is_malformed() {
        for (fields, reason) in [
            ("Subject: x\r\nsubject: y\r\n", "il campo Subject compare 2 volte"),
            ("Message-ID: <x>\r\nMessage-Id: <y>\r\n", "il campo Message-ID compare 2 volte"),
            ("Date: x\r\nDate: x\r\nDate: x\r\n", "il campo Date compare 3 volte"),
            ("To: e@f.it\r\n", "il campo To compare 2 volte"),
            ("Content-Type: a/b\r\nContent-Type: c/d\r\n", "il campo Content-Type compare 2 volte"),
            ("senza nome\r\n", "l'intestazione contiene una riga che non è un campo: \"senza nome\""),
            ("X: a\0b\r\n", "il messaggio contiene caratteri NUL"),
            ("X: a\rb\r\n", "il messaggio contiene caratteri CR isolati"),
        ] {
            let found = reasons(&format!("From: a@b.it\r\nTo: c@d.it\r\n{fields}"));
            assert_eq!(found, [format!("il messaggio non è ben formato: {reason}")], "{fields}");
        }
        let many = format!("From: a@b.it\r\nTo: c@d.it\r\n{}", "X: y\r\n".repeat(MAX_FIELDS));
        assert_eq!(reasons(&many), ["il messaggio non è ben formato: l'intestazione ha più di 10000 campi"]);
    }

    #[test]
    fn a_line_that_a_system_on_the_way_would_fold_is_named() {
        // [R-I-sig-4]
        let head = "From: a@b.it\r\nTo: c@d.it\r\n";
        let fits = format!("{head}Subject: {}\r\n\r\n{}\r\n", "x".repeat(998 - 9), "y".repeat(998));
        assert_eq!(reasons_for(&fits, &["c@d.it"]), Vec::<String>::new());
        for (rest, where_it_is) in [
            (format!("References: {}\r\n\r\n", "x".repeat(998)), "la riga 3 del messaggio (campo References) ha 1010 "),
            (format!("\r\nciao\r\n{}\r\n", "x".repeat(999)), "la riga 5 del messaggio (corpo, text/plain) ha 999 "),
            (
                format!(
                    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{}",
                    "x".repeat(1500)
                ),
                "la riga 10 del messaggio (corpo, parte 2, text/html) ha 1500 ",
            ),
            (
                format!(
                    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: a/b; x={}\r\n\r\n",
                    "y".repeat(1500)
                ),
                "la riga 6 del messaggio (campo Content-Type, parte 1) ha ",
            ),
        ] {
            let found = reasons_for(&format!("{head}{rest}"), &["c@d.it"]);
            assert!(found.len() == 1 && found[0].starts_with(where_it_is), "{found:?}");
        }
        let id = format!("{head}Message-ID:\r\n {}\r\n\r\n", "è".repeat(300));
        assert_eq!(
            reasons_for(&id, &["c@d.it"]),
            ["il campo Message-ID occupa 1802 caratteri e una riga ne può avere al massimo 998"]
        );
    }

    #[test]
    fn bare_line_feeds_are_no_exception() {
        let text = "From: a@b.it\nTo: c@d.it\nSubject: x\n\nciao\n";
        assert_eq!(reasons_for(text, &["c@d.it"]), Vec::<String>::new());
    }

    #[test]
    fn a_first_line_that_continues_nothing_is_damage_also_behind_our_own_field() {
        let sent = " una riga\r\nFrom: a@b.it\r\nTo: c@d.it\r\n\r\n";
        let path = ReversePath::Address(address("a@b.it"));
        for ours in ["", "Received: from x by y; now\r\n"] {
            let original = Original::parse(Bytes::from(format!("{ours}{sent}")));
            let found = check(&original, sent.len(), &path, &[address("c@d.it")], &LIMITS);
            let why = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            assert!(why.contains("la prima riga comincia con uno spazio e non continua alcun campo"), "{why}");
        }
    }

    #[test]
    fn octets_above_127_may_stand_in_names_and_not_in_addresses() {
        let text = |to: &str| format!("From: a@b.it\r\nTo: {to}\r\n\r\n");
        assert_eq!(reasons_for(&text("\"Perché\" <c@d.it>"), &["c@d.it"]), Vec::<String>::new());
        assert_eq!(
            reasons_for(&text("perché@b.it, c@d.it"), &["c@d.it"]),
            ["il campo To contiene un indirizzo con caratteri non ASCII"]
        );
    }

    #[test]
    fn what_grows_beyond_what_incoming_points_grant_is_refused() {
        let many = "è,\r\n ".repeat(40_000);
        let text = format!("From: a@b.it\r\nTo: {many}c@d.it\r\n\r\n");
        let found = reasons_for(&text, &["c@d.it"]);
        assert!(found.len() == 1 && found[0].starts_with("l'intestazione codificata occupa "), "{found:?}");
        let long = "parola ".repeat(10_000);
        let folded = long.as_bytes().chunks(700).map(|line| str::from_utf8(line).unwrap()).collect::<Vec<_>>();
        let text = format!("From: a@b.it\r\nTo: c@d.it\r\nSubject: {}\r\n\r\n", folded.join("\r\n "));
        let found = reasons_for(&text, &["c@d.it"]);
        assert!(found.len() == 1 && found[0].starts_with("l'insieme di oggetto, "), "{found:?}");
    }

    #[test]
    fn every_address_of_a_header_within_the_limit_is_found() {
        let list: Vec<String> = (0..12_000).map(|n| format!("u{n}@e.it")).collect();
        let text = format!("From: a@b.it\r\nTo: {}\r\n\r\n", list.join(",\r\n "));
        assert_eq!(reasons_for(&text, &["u11999@e.it"]), Vec::<String>::new());
        let endless =
            format!("From: a@b.it\r\nTo: {}\r\n\r\n", "a@b.it,\r\n".repeat(MAX_ENTRIES + 2).replace("\r\n", "\r\n "));
        let found = reasons_for(&endless, &["a@b.it"]);
        assert!(
            found.iter().any(|why| why.ends_with(&format!("il campo To ha più di {MAX_ENTRIES} indirizzi"))),
            "{found:?}"
        );
    }

    #[test]
    fn all_reasons_come_at_once_each_with_a_code_of_its_own() {
        // [R-I-ap-2]
        let text = "Bcc: x@y.it\r\nX: \0\r\n\r\n";
        let original = Original::parse(Bytes::from_static(text.as_bytes()));
        let recipients: Vec<_> = (0..51).map(|n| address(&format!("u{n}@d.it"))).collect();
        let tight = Limits { message: 0, product: 0, recipients: 0 };
        let mut found = check(&original, LEGAL_PRODUCT + 1, &ReversePath::Null, &recipients, &tight);
        found.push(Exception::ReversePath { path: "a@b.it".into(), from: "c@d.it".into() });
        found.dedup_by_key(|exception| exception.code());
        let codes: HashSet<_> = found.iter().map(Exception::code).collect();
        assert_eq!((found.len(), codes.len()), (9, 9), "{found:?}");
        assert!(codes.iter().all(|code| code.starts_with("5.") && code.split('.').count() == 3));
    }

    proptest! {
        #[test]
        fn any_octets_are_checked_without_panic_and_reasons_hold_no_control_characters(
            octets in proptest::collection::vec(any::<u8>(), 0..200)
        ) {
            let mut message = b"From: ".to_vec();
            message.extend(octets);
            let original = Original::parse(Bytes::from(message));
            for exception in check(&original, 5, &ReversePath::Null, &[address("c@d.it")], &LIMITS) {
                prop_assert!(!exception.to_string().chars().any(char::is_control));
            }
        }
    }
}
