//! What stands outside the signature, held against what stands inside.
//!
//! The outer header of an envelope or notification is not signed: whoever holds a copy can bring it with another Subject,
//! another recipient, another date, and the signature is still intact. Nothing of it is believed [R-I-sec-1]; but a mail
//! program shows it, so what it shows must be what is certified. What providers spell in their own way passes under the
//! name of a [`Quirk`].

mod likeness;

use crate::header::Header;
use crate::quirk::Quirk;
use crate::{Address, Kind, Moment, Words};

use self::likeness::{Likeness, folded, likeness};
use super::PecMessage;

/// A field of the outer header that says something else than the signed data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The field; [`LINE`] for a line that is no field.
    pub field: &'static str,
    /// What it shows, cut to a readable length.
    pub shown: String,
    /// What the signed data say in its place; empty where they say nothing.
    pub signed: String,
}

impl Contradiction {
    fn new(field: &'static str, shown: impl Into<String>, signed: impl Into<String>) -> Self {
        Self { field, shown: readable(shown.into()), signed: readable(signed.into()) }
    }

    /// Half of a sentence in each language.
    pub fn words(&self) -> Words {
        let Self { field, shown, signed } = self;
        if *field == LINE {
            return Words::new(
                format!("una riga dell'intestazione («{shown}») non ha la forma di un campo"),
                format!("a line of the header (\"{shown}\") has not the form of a field"),
            );
        }
        if signed.is_empty() {
            return Words::new(
                format!("il campo {field} («{shown}») non ha riscontro nei dati firmati"),
                format!("the field {field} (\"{shown}\") has nothing in the signed data that it could stand for"),
            );
        }
        Words::new(
            format!("il campo {field} mostra «{shown}», i dati firmati dicono «{signed}»"),
            format!("the field {field} shows \"{shown}\", the signed data say \"{signed}\""),
        )
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// What contradicts.
    pub contradictions: Vec<Contradiction>,
    /// What differs in its spelling only.
    pub quirks: Vec<Quirk>,
}

/// The most seconds between the instant that is shown and the one that is certified: providers print the one when they
/// begin, the other when they end (six seconds apart: Register, 2018).
const CLOCK: i64 = 600;

/// Fields that a mail program shows, or by which it finds its way, and that stand once at most (RFC 5322 §3.6, RFC 2045,
/// RFC 6109 §2.1).
const ONCE: [&str; 12] = [
    "From",
    "Sender",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "X-TipoRicevuta",
    "X-Riferimento-Message-ID",
    "X-VerificaSicurezza",
    "Content-Transfer-Encoding",
];

/// What [`Contradiction::field`] says of a line that programs read differently.
pub const LINE: &str = "";

/// Fields that send replies and receipts elsewhere, or that name people and things beside those that are certified. An
/// envelope inherits them from its original or has none; a notification has none.
const ELSEWHERE: [&str; 16] = [
    "Bcc",
    "Comments",
    "Content-Description",
    "Content-Disposition",
    "Disposition-Notification-To",
    "List-Post",
    "List-Unsubscribe",
    "Mail-Followup-To",
    "Mail-Reply-To",
    "Resent-Bcc",
    "Resent-Cc",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Return-Receipt-To",
    "Organization",
];

/// The other fields that are compared, here or by [`super::read`].
const COMPARED: [&str; 4] = ["To", "Cc", "X-Ricevuta", "X-Trasporto"];

/// Whether a field of this name is held against what is signed, or may not be there. The others prove nothing, and nothing
/// contradicts them.
pub fn is_compared(name: &str) -> bool {
    let names = ONCE.iter().chain(&ELSEWHERE).chain(&COMPARED);
    names.copied().any(|known| known.eq_ignore_ascii_case(name))
}

/// Holds the outer header of a message against its certification data and its original. `signer` are the names in the
/// signing certificate (common name, organisation), which a notification may show as its sender's.
pub fn bind(message: &PecMessage, signer: &[String]) -> Binding {
    let original = message.original_bytes().filter(|_| message.kind == Kind::TransportEnvelope);
    let original = original.map(|bytes| Header::parse(&bytes));
    let mut found = Binding::default();
    found.lines(message, original.as_ref());
    for field in ONCE {
        if message.header.count(field) > 1 {
            let shown: Vec<String> = message.header.values(field).collect();
            found.contradictions.push(Contradiction::new(field, shown.join(" | "), ""));
        }
    }
    found.elsewhere(message, original.as_ref());
    found.subject(message, original.as_ref());
    found.from(message, signer);
    found.date(message);
    found.reference(message);
    match &original {
        Some(original) => {
            found.reply_to(message, original);
            found.recipients(message, original, "To");
            found.recipients(message, original, "Cc");
        }
        None => found.told(message),
    }
    found
}

impl Binding {
    fn quirk(&mut self, quirk: Quirk) {
        if !self.quirks.contains(&quirk) {
            self.quirks.push(quirk);
        }
    }

    fn against(&mut self, field: &'static str, shown: impl Into<String>, signed: impl Into<String>) {
        self.contradictions.push(Contradiction::new(field, shown, signed));
    }

    /// The prefix of the kind and the certified subject; where the data have none, that of the signed original.
    fn subject(&mut self, message: &PecMessage, original: Option<&Header>) {
        let shown = message.header.subject().unwrap_or_default();
        let signed = message.data.subject.clone().or_else(|| original.and_then(Header::subject)).unwrap_or_default();
        let expected = format!("{}{signed}", message.kind.subject_prefix());
        match likeness(&shown, &expected) {
            Likeness::Same => {}
            Likeness::Charset => self.quirk(Quirk::SpelledOtherwise),
            Likeness::Different => self.against("Subject", shown, expected),
        }
    }

    /// Lines that one program takes for a field, for the end of the header, or for two lines, and another does not. What the
    /// original has too, an envelope inherits.
    fn lines(&mut self, message: &PecMessage, original: Option<&Header>) {
        let fields = message.header.fields();
        for (at, field) in fields.iter().enumerate() {
            let raw = fields.raw(field);
            // Mailboxes kept in one file begin each message so.
            let separator = at == 0 && (raw.starts_with(b"From ") || raw.starts_with(b">From "));
            let nameless = field.name.is_empty() && !separator;
            let breaks = raw.iter().zip(raw.iter().skip(1)).any(|(one, next)| *one == b'\r' && *next != b'\n');
            let odd = raw.contains(&0) || breaks || raw.split(|byte| *byte == b'\n').rev().skip(1).any(is_blank);
            let inherited = |original: &Header| {
                let name = String::from_utf8_lossy(fields.bytes(field.name.clone())).into_owned();
                original.raw(&name).any(|other| other.trim_ascii_end() == raw.trim_ascii_end())
            };
            if nameless || odd && !original.is_some_and(inherited) {
                self.against(LINE, String::from_utf8_lossy(raw), "");
            }
        }
    }

    /// [`ELSEWHERE`]
    fn elsewhere(&mut self, message: &PecMessage, original: Option<&Header>) {
        for field in ELSEWHERE {
            for shown in message.header.values(field) {
                let inherited = |original: &Header| {
                    original.values(field).any(|signed| likeness(&shown, &signed) != Likeness::Different)
                };
                if !shown.is_empty() && !original.is_some_and(inherited) {
                    self.against(field, crate::encoded_word::decode(&shown), "");
                }
            }
        }
    }

    /// An envelope speaks for its sender [R-3.1.5-f]; a notification for its provider. One mailbox and nothing beside it:
    /// that its address is the signer's is another test [R-2.1-d].
    fn from(&mut self, message: &PecMessage, signer: &[String]) {
        let Some(value) = message.header.value("From") else { return };
        let Some((phrase, address)) = mailbox(&value) else {
            return self.against("From", crate::encoded_word::decode(&value), "");
        };
        if message.kind == Kind::TransportEnvelope {
            let expected = format!("Per conto di: {}", message.data.sender);
            if likeness(&phrase, &expected) != Likeness::Same {
                self.against("From", phrase, expected);
            }
        } else if !phrase.is_empty() && !own_name(&phrase, &address, message, signer) {
            self.against("From", phrase, message.data.provider.as_str());
        }
        // [R-2.1-e]: who hands it on is the service address or nobody.
        for sender in message.header.values("Sender") {
            let same =
                sender == value || mailbox(&sender).is_some_and(|(name, other)| name.is_empty() && other == address);
            if !same {
                self.against("Sender", crate::encoded_word::decode(&sender), "");
            }
        }
    }

    fn date(&mut self, message: &PecMessage) {
        let Some(shown) = message.header.value("Date") else { return };
        let time = &message.data.time;
        let signed = Moment::read(&time.day, &time.time, &time.zone);
        let near = |signed: Moment| {
            Moment::from_rfc5322(&shown).is_some_and(|shown| (shown.unix() - signed.unix()).abs() <= CLOCK)
        };
        if !signed.is_some_and(near) {
            self.against("Date", shown, format!("{} {} {}", time.day, time.time, time.zone));
        }
    }

    /// The client's Message-ID, by which mail programs put a receipt under its message.
    fn reference(&mut self, message: &PecMessage) {
        let signed = message.data.message_id.as_deref().unwrap_or_default();
        let bare = |id: &str| super::bare(id).split_whitespace().collect::<String>();
        for shown in message.header.values("X-Riferimento-Message-ID") {
            if !shown.is_empty() && bare(&shown) != bare(signed) {
                self.against("X-Riferimento-Message-ID", shown, signed);
            }
        }
    }

    /// Replies go where the data say, where the original asked for, or to its sender.
    fn reply_to(&mut self, message: &PecMessage, original: &Header) {
        let data = &message.data;
        let certified =
            data.reply_to.split(',').chain([data.sender.as_str()]).filter_map(|a| Address::parse(a.trim()).ok());
        let asked = ["Reply-To", "From"].into_iter().flat_map(|name| original.addresses(name)).flatten();
        let allowed: Vec<Address> = certified.chain(asked).collect();
        let names = |header: &Header, field| header.values(field).map(|value| names_in(&value)).collect::<String>();
        let named = names(&message.header, "Reply-To");
        let signed = [String::new(), names(original, "Reply-To"), names(original, "From")];
        if signed.iter().all(|signed| likeness(&named, signed) == Likeness::Different) {
            self.against("Reply-To", decoded(&message.header, "Reply-To").unwrap_or_default(), data.reply_to.as_str());
        }
        for shown in message.header.addresses("Reply-To") {
            if !shown.as_ref().is_ok_and(|address| allowed.contains(address)) {
                let said = |field: &str| original.value(field).filter(|value| !value.is_empty());
                // One that cannot be read stands for what cannot be read inside either.
                let copied = shown.is_err() && said("Reply-To") == message.header.value("Reply-To");
                if !copied {
                    self.against("Reply-To", shown.map_or_else(|text| text, |a| a.to_string()), data.reply_to.as_str());
                }
            }
        }
    }

    /// To and Cc of an envelope are those of the signed original, damaged ones too.
    fn recipients(&mut self, message: &PecMessage, original: &Header, field: &'static str) {
        let list = |header: &Header| {
            let all: Vec<String> = header.values(field).map(|value| crate::encoded_word::decode(&value)).collect();
            all.join(",")
        };
        let (shown, signed) = (list(&message.header), list(original));
        match likeness(&unquoted(&shown), &unquoted(&signed)) {
            Likeness::Same => {}
            Likeness::Charset => self.quirk(Quirk::SpelledOtherwise),
            Likeness::Different => self.against(field, shown, signed),
        }
    }

    /// A notification to a holder goes to the certified sender and shows nobody else; what goes from provider to provider
    /// is read by nobody.
    fn told(&mut self, message: &PecMessage) {
        if matches!(message.kind, Kind::TakeCharge | Kind::VirusDetection) {
            return;
        }
        let sender = Address::parse(&message.data.sender).ok();
        for shown in message.header.addresses("To") {
            if shown.as_ref().ok() != sender.as_ref() {
                self.against("To", shown.map_or_else(|text| text, |a| a.to_string()), message.data.sender.as_str());
            }
        }
        // Nothing signed has the holder's name.
        if message.header.values("To").any(|value| !names_in(&value).is_empty()) {
            self.quirk(Quirk::UnsignedName);
        }
        let from: Vec<Address> = message.header.addresses("From").into_iter().flatten().collect();
        for (field, allowed) in [("Cc", &[][..]), ("Reply-To", from.as_slice())] {
            for shown in message.header.addresses(field) {
                if !shown.as_ref().is_ok_and(|address| allowed.contains(address)) {
                    self.against(field, shown.map_or_else(|text| text, |a| a.to_string()), "");
                }
            }
        }
    }
}

/// Whether a phrase is a name of the emitting provider: of its data, of its certificate, or no name at all but the
/// service's (Legalmail writes `Posta Certificata Legalmail`, 2015).
fn own_name(phrase: &str, address: &Address, message: &PecMessage, signer: &[String]) -> bool {
    let phrase = folded(phrase);
    let names = signer.iter().map(String::as_str).chain([message.data.provider.as_str(), address.as_str()]).map(folded);
    let mut names = names.chain(["postacertificata".to_owned(), "postaelettronicacertificata".to_owned()]);
    names.any(|name| !name.is_empty() && name.starts_with(&phrase))
}

/// The only mailbox of a field, its name decoded; `None` where anything else stands beside it, as a second mailbox, a group
/// or a comment.
fn mailbox(value: &str) -> Option<(String, Address)> {
    let Some((name, rest)) = value.rsplit_once('<') else {
        return Some((String::new(), Address::parse(value.trim()).ok()?));
    };
    let address = Address::parse(rest.trim_end().strip_suffix('>')?.trim()).ok()?;
    let name = crate::encoded_word::decode(name);
    Some((name.trim().trim_matches('"').trim().to_owned(), address))
}

/// What an address list shows beside its addresses: names, comments, groups; folded.
fn names_in(value: &str) -> String {
    let mut text = folded(&unquoted(&crate::encoded_word::decode(value)));
    let mut addresses = Vec::new();
    crate::header::addresses::read_list(value, &mut addresses);
    for address in addresses.into_iter().filter_map(|entry| entry.address.ok()) {
        text = text.replacen(&folded(&unquoted(address.as_str())), "", 1);
    }
    text.retain(|c| !matches!(c, '<' | '>' | ',' | ';'));
    text
}

/// A line of nothing but blanks.
fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

/// Without the quotes that a display name may or may not have.
fn unquoted(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '"' | '\\')).collect()
}

fn decoded(header: &Header, field: &str) -> Option<String> {
    header.value(field).map(|value| crate::encoded_word::decode(&value))
}

/// What a text of others shows of itself in a sentence.
const READABLE: usize = 200;

fn readable(text: String) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(READABLE + 1).collect();
    if clean.chars().count() > READABLE { clean.chars().take(READABLE).chain(['…']).collect() } else { clean }
}

#[cfg(test)]
mod tests;
