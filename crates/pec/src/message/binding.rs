//! What stands outside the signature, held against what stands inside.
//!
//! The outer header of an envelope or notification is not signed: whoever holds a copy can bring it with another Subject,
//! another recipient, another date, and the signature is still intact. Nothing of it is believed [R-I-sec-1]; but a mail
//! program shows it, so what it shows must be what is certified. What providers spell in their own way passes under the
//! name of a [`Quirk`].

use crate::header::Header;
use crate::quirk::Quirk;
use crate::{Address, Kind, Moment, Words};

use super::PecMessage;

/// A field of the outer header that says something else than the signed data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The field.
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

/// Holds the outer header of a message against its certification data and its original. `signer` are the names in the
/// signing certificate (common name, organisation), which a notification may show as its sender's.
pub fn bind(message: &PecMessage, signer: &[String]) -> Binding {
    let original = message.original_bytes().filter(|_| message.kind == Kind::TransportEnvelope);
    let original = original.map(|bytes| Header::parse(&bytes));
    let mut found = Binding::default();
    for field in ONCE {
        if message.header.count(field) > 1 {
            let shown: Vec<String> = message.header.values(field).collect();
            found.contradictions.push(Contradiction::new(field, shown.join(" | "), ""));
        }
    }
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

    /// An envelope speaks for its sender [R-3.1.5-f]; a notification for its provider. That the address is the signer's is
    /// another test [R-2.1-d].
    fn from(&mut self, message: &PecMessage, signer: &[String]) {
        let Some(value) = decoded(&message.header, "From") else { return };
        let phrase = value.rsplit_once('<').map_or("", |(phrase, _)| phrase);
        let phrase = phrase.trim().trim_matches('"').trim();
        let address = message.header.addresses("From").into_iter().flatten().next();
        if message.kind == Kind::TransportEnvelope {
            let expected = format!("Per conto di: {}", message.data.sender);
            if likeness(phrase, &expected) != Likeness::Same {
                self.against("From", phrase, expected);
            }
        } else if !phrase.is_empty() && !own_name(phrase, message, signer) {
            self.against("From", phrase, message.data.provider.as_str());
        }
        // [R-2.1-e]: who hands it on is the service address or nobody.
        for sender in message.header.addresses("Sender") {
            if sender.as_ref().ok() != address.as_ref() {
                self.against("Sender", sender.map_or_else(|text| text, |other| other.to_string()), "");
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
fn own_name(phrase: &str, message: &PecMessage, signer: &[String]) -> bool {
    let phrase = folded(phrase);
    let names = signer.iter().map(String::as_str).chain([message.data.provider.as_str()]).map(folded);
    let address = message.header.addresses("From").into_iter().flatten().next();
    let address = address.map(|address| folded(address.as_str()));
    let mut names =
        names.chain(address).chain(["postacertificata".to_owned(), "postaelettronicacertificata".to_owned()]);
    names.any(|name| !name.is_empty() && (name == phrase || name.starts_with(&phrase)))
}

/// How alike two texts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    /// But for blanks, control characters and case of the prefix.
    Same,
    /// But for characters outside ASCII, which a provider lost or misread.
    Charset,
    Different,
}

fn likeness(shown: &str, signed: &str) -> Likeness {
    let (shown, signed) = (folded(shown), folded(signed));
    if shown == signed {
        return Likeness::Same;
    }
    // A lost character leaves nothing, a question mark or a replacement in its place.
    let ascii = |text: &str| text.chars().filter(|c| c.is_ascii() && *c != '?').collect::<String>();
    let lossy = !(shown.is_ascii() && signed.is_ascii());
    if lossy && ascii(&shown) == ascii(&signed) { Likeness::Charset } else { Likeness::Different }
}

/// Without blanks and control characters, in lower case.
fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).flat_map(char::to_lowercase).collect()
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
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::compose::{self, Certified, Emitter};
    use crate::original::Original;
    use crate::{Pieces, ReceiptType, Recipient, RecipientType};

    const ORIGINAL: &str = "From: Anna <anna@alfa.example>\r\nTo: \"Bianchi, Bruno\" <bruno@beta.example>,\r\n \
        carla@beta.example\r\nCc: =?utf-8?q?Citt=C3=A0?= <citta@beta.example>\r\nSubject: =?utf-8?q?perch=C3=A9?= 10,00\r\n\
        Message-ID: <1@client.example>\r\nDate: Fri, 27 Nov 2026 10:00:00 +0100\r\n\r\ntesto\r\n";

    fn moment() -> Moment {
        Moment::from_unix(1_795_770_000)
    }

    fn emitter() -> Emitter {
        let address = Address::parse("posta-certificata@alfa.example").unwrap();
        Emitter { name: "Alfa PEC S.p.A.".into(), address, english: false }
    }

    fn certified(original: &Original) -> Certified {
        let recipient = |text| Recipient { address: Address::parse(text).unwrap(), kind: RecipientType::Certified };
        Certified {
            sender: Address::parse("anna@alfa.example").unwrap(),
            recipients: ["bruno@beta.example", "carla@beta.example", "citta@beta.example"].map(recipient).into(),
            reply_to: "anna@alfa.example".into(),
            subject: original.subject.clone(),
            identifier: "x1@alfa.example".into(),
            message_id: original.message_id.clone(),
            receipt: ReceiptType::Complete,
        }
    }

    /// A message as it would be read, its signed entity being what stands below the header.
    fn read(header: &[u8], entity: &Pieces) -> PecMessage {
        let mut message = header.to_vec();
        let at = message.len() + 2;
        // The signature's own header is not looked at here: one blank line stands for it.
        message.extend_from_slice(b"\r\n");
        message.extend_from_slice(&entity.to_bytes());
        let end = message.len();
        super::super::read(&Bytes::from(message), at..end).unwrap()
    }

    fn envelope() -> (Bytes, Pieces) {
        let original = Original::parse(Bytes::from_static(ORIGINAL.as_bytes()));
        let certified = certified(&original);
        let postacert = original.certified(&certified.identifier);
        let draft = compose::transport_envelope(&emitter(), moment(), &certified, &original, postacert);
        (draft.header, draft.entity)
    }

    fn acceptance() -> (Bytes, Pieces) {
        let original = Original::parse(Bytes::from_static(ORIGINAL.as_bytes()));
        let draft = compose::acceptance(&emitter(), moment(), &certified(&original), "own@alfa.example");
        (draft.header, draft.entity)
    }

    fn names() -> Vec<String> {
        vec!["Alfa PEC S.p.A.".into()]
    }

    fn changed(header: &Bytes, from: &str, to: &str) -> Vec<u8> {
        let text = String::from_utf8(header.to_vec()).unwrap();
        assert!(text.contains(from), "{from} not in\n{text}");
        text.replacen(from, to, 1).into_bytes()
    }

    #[test]
    fn what_we_compose_contradicts_itself_nowhere() {
        for (header, entity) in [envelope(), acceptance()] {
            assert_eq!(bind(&read(&header, &entity), &names()), Binding::default());
        }
    }

    #[test]
    fn whatever_is_shown_and_not_signed_is_told_with_its_field() {
        let (header, entity) = envelope();
        let add = |line: &str| ("Date: ", format!("{line}\r\nDate: "));
        for (field, (from, to)) in [
            ("Subject", ("POSTA CERTIFICATA: ", "POSTA CERTIFICATA: Sfratto ".to_owned())),
            ("Subject", add("Subject: POSTA CERTIFICATA: altro")),
            ("From", ("Per conto di: anna@alfa", "Per conto di: sindaco@alfa".to_owned())),
            ("Reply-To", ("Reply-To: anna@", "Reply-To: ladro@".to_owned())),
            ("To", ("carla@beta.example", "dario@beta.example".to_owned())),
            ("To", ("Bianchi, Bruno", "Rossi, Bruno".to_owned())),
            ("Cc", ("citta@beta.example", "altri@beta.example".to_owned())),
            ("Cc", add("Cc: dario@beta.example")),
            ("Date", ("27 Nov 2026", "26 Nov 2026".to_owned())),
            ("Sender", add("Sender: ladro@altrove.example")),
            ("X-Riferimento-Message-ID", ("<1@client", "<2@client".to_owned())),
            ("Message-ID", add("Message-ID: <x1@alfa.example>")),
            ("X-TipoRicevuta", add("X-TipoRicevuta: breve")),
        ] {
            let found = bind(&read(&changed(&header, from, &to), &entity), &names()).contradictions;
            let fields: Vec<&str> = found.iter().map(|one| one.field).collect();
            assert!(fields.contains(&field), "{field}: {fields:?} after {from:?} became {to:?}");
        }
    }

    #[test]
    fn a_recipient_moved_from_to_to_cc_is_told() {
        let (header, entity) = envelope();
        let moved = changed(&header, ",\r\n carla@beta.example", "");
        let moved = changed(&moved.into(), "Cc: ", "Cc: carla@beta.example, ");
        let found = bind(&read(&moved, &entity), &names()).contradictions;
        assert_eq!(found.iter().map(|one| one.field).collect::<Vec<_>>(), ["To", "Cc"]);
    }

    #[test]
    fn a_notification_speaks_to_its_holder_in_its_provider_s_name() {
        let (header, entity) = acceptance();
        let from = "From: posta-certificata@alfa.example";
        for (phrase, fields) in [
            ("Tribunale di Roma <posta-certificata@alfa.example>", &["From"][..]),
            ("Alfa PEC <posta-certificata@alfa.example>", &[]),
            ("\"Posta Certificata\" <posta-certificata@alfa.example>", &[]),
        ] {
            let found = bind(&read(&changed(&header, from, &format!("From: {phrase}")), &entity), &names());
            assert_eq!(found.contradictions.iter().map(|one| one.field).collect::<Vec<_>>(), fields, "{phrase}");
        }
        let other = changed(&header, "To: anna@alfa.example", "To: bruno@beta.example\r\nCc: carla@beta.example");
        let found = bind(&read(&other, &entity), &names()).contradictions;
        assert_eq!(found.iter().map(|one| one.field).collect::<Vec<_>>(), ["To", "Cc"]);
    }

    #[test]
    fn blanks_quotes_folding_and_lost_characters_are_no_contradiction() {
        let (header, entity) = envelope();
        let quotes = changed(
            &header,
            "\"Bianchi, Bruno\" <bruno@beta.example>,\r\n carla",
            "\"Bianchi,  Bruno\" <bruno@beta.example>, carla",
        );
        assert_eq!(bind(&read(&quotes, &entity), &names()), Binding::default());
        let text = String::from_utf8(header.to_vec()).unwrap();
        let subject = text.lines().find(|line| line.starts_with("Subject:")).unwrap();
        let lost = changed(&header, subject, "Subject: POSTA CERTIFICATA: perch? 10,00");
        assert_eq!(bind(&read(&lost, &entity), &names()).quirks, [Quirk::SpelledOtherwise]);
        // A point or comma is no lost character.
        let amount = changed(&header, subject, "Subject: POSTA CERTIFICATA: perch? 1000");
        assert_eq!(bind(&read(&amount, &entity), &names()).contradictions.len(), 1);
    }

    #[test]
    fn a_sentence_stays_readable_whatever_was_shown() {
        let words = Contradiction::new("Subject", format!("a\r\n{}", "x".repeat(5000)), "b").words();
        assert!(words.italian.chars().count() < 300 && !words.english.contains('\n'), "{words:?}");
    }
}
