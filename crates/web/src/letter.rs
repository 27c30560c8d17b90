//! A message that is being written: what its form says, the draft that mail programs see, and what is sent at last.

use std::collections::BTreeSet;

use bytes::Bytes;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Mailbox;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;
use pec::header::Header;
use pec::mime::{Content, Part, structure};
use pec::{Address, Moment, ReceiptType};

use crate::trouble::Trouble;
use crate::view::people::people;

/// What was typed as recipients, in a draft, where it is not all addresses: mail programs know nothing of it.
const TYPED: [&str; 2] = ["X-Sigillo-Typed-To", "X-Sigillo-Typed-Cc"];
/// In which window a draft was saved last.
const WINDOW: &str = "X-Sigillo-Window";
/// How the sender asks for his kind of receipt [R-3.1.5-e].
const RECEIPT: &str = "X-TipoRicevuta";

/// A message that is being written.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// Its Message-ID without brackets: it is the same from the first draft to what is sent.
    pub(crate) id: String,
    /// Who writes.
    pub(crate) from: Address,
    /// As typed.
    pub(crate) to: String,
    /// As typed.
    pub(crate) cc: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) receipt: ReceiptType,
    pub(crate) files: Vec<File>,
    /// The Message-ID that it answers.
    pub(crate) in_reply_to: Option<String>,
    /// Those of the exchange before it.
    pub(crate) references: Vec<String>,
    /// In which window of a browser it was saved last: what that one saves again is no surprise to it.
    pub(crate) window: String,
}

/// A file that is attached.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    /// `application/pdf`
    pub(crate) media: String,
    pub(crate) octets: Bytes,
}

/// Addresses as typed, with commas or semicolons between them: each, or what is none.
pub(crate) fn typed(text: &str) -> Vec<Result<Address, String>> {
    people(text).into_iter().map(|one| Address::parse(&one.address).map_err(|_| one.address)).collect()
}

impl Letter {
    /// An empty one.
    pub(crate) fn new(id: String, from: Address) -> Self {
        Self {
            id,
            from,
            to: String::new(),
            cc: String::new(),
            subject: String::new(),
            body: String::new(),
            receipt: ReceiptType::Complete,
            files: Vec::new(),
            in_reply_to: None,
            references: Vec::new(),
            window: String::new(),
        }
    }

    /// Every recipient once, in order; or what was typed and is no address.
    pub(crate) fn recipients(&self) -> Result<Vec<Address>, Vec<String>> {
        let all = typed(&self.to).into_iter().chain(typed(&self.cc));
        let (mut seen, mut good, mut wrong) = (BTreeSet::new(), Vec::new(), Vec::new());
        for one in all {
            match one {
                Ok(address) if seen.insert(address.key()) => good.push(address),
                Ok(_) => {}
                Err(text) => wrong.push(text),
            }
        }
        if wrong.is_empty() { Ok(good) } else { Err(wrong) }
    }

    /// What is sent.
    pub(crate) fn message(&self, now: Moment) -> std::io::Result<Bytes> {
        self.built(now, false)
    }

    /// What is kept while it is written: also what is not right yet.
    pub(crate) fn draft(&self, now: Moment) -> std::io::Result<Bytes> {
        self.built(now, true)
    }

    fn built(&self, now: Moment, draft: bool) -> std::io::Result<Bytes> {
        let list = |text: &str| {
            let named =
                |(name, address): (String, String)| Mailbox::new_address((!name.is_empty()).then_some(name), address);
            let good = people(text).into_iter().filter(|person| Address::parse(&person.address).is_ok());
            good.map(|person| named((person.name, person.address))).collect::<Vec<_>>()
        };
        let mut message = MessageBuilder::new()
            .date(Date::new(now.unix()))
            .message_id(self.id.clone())
            .from(Mailbox::new_address(None::<String>, self.from.to_string()))
            .subject(self.subject.clone());
        let (to, cc) = (list(&self.to), list(&self.cc));
        if !to.is_empty() {
            message = message.to(Mailbox::new_list(to));
        }
        if !cc.is_empty() {
            message = message.cc(Mailbox::new_list(cc));
        }
        if draft {
            if !self.window.is_empty() {
                message = message.header(WINDOW, Text::new(self.window.clone()));
            }
            for (name, text) in TYPED.into_iter().zip([&self.to, &self.cc]) {
                if typed(text).iter().any(Result::is_err) {
                    message = message.header(name, Text::new(text.clone()));
                }
            }
        }
        if self.receipt != ReceiptType::Complete {
            message = message.header(RECEIPT, Text::new(self.receipt.as_str()));
        }
        if let Some(answered) = &self.in_reply_to {
            message = message.in_reply_to(answered.clone());
        }
        if !self.references.is_empty() {
            message = message.references(MessageId::new_list(self.references.iter().cloned()));
        }
        let text = MimePart::new("text/plain", self.body.replace("\r\n", "\n").replace('\n', "\r\n"));
        let mut parts = vec![text];
        for File { name, media, octets } in &self.files {
            parts.push(MimePart::new(media.clone(), octets.to_vec()).attachment(name.clone()));
        }
        message = match parts.len() {
            1 => message.body(parts.remove(0)),
            _ => message.body(MimePart::new("multipart/mixed", parts)),
        };
        message.write_to_vec().map(Bytes::from)
    }

    /// A draft, also one that a mail program wrote.
    pub(crate) fn read(draft: &Bytes, from: Address) -> Self {
        let header = Header::parse(draft);
        let tree = structure(draft);
        let shown = |field: &str, typed: &str| header.value(typed).or_else(|| header.value(field)).unwrap_or_default();
        let text = tree.root.first_text();
        let body = text.map(|text| self::text(text, draft)).unwrap_or_default();
        let ids = |name: &str| -> Vec<String> {
            let value = header.value(name).unwrap_or_default();
            value.split_whitespace().map(bare).filter(|id| !id.is_empty()).collect()
        };
        let receipt = header.value(RECEIPT).and_then(|value| ReceiptType::from_wire(value.trim()));
        let mut files = Vec::new();
        collect(&tree.root, text, draft, &mut files);
        Self {
            id: ids("Message-ID").into_iter().next().unwrap_or_default(),
            from,
            to: shown("To", TYPED[0]),
            cc: shown("Cc", TYPED[1]),
            subject: header.subject().unwrap_or_default(),
            body,
            receipt: receipt.unwrap_or(ReceiptType::Complete),
            files,
            in_reply_to: ids("In-Reply-To").into_iter().next(),
            references: ids("References"),
            window: header.value(WINDOW).unwrap_or_default().trim().to_owned(),
        }
    }

    /// Whether another letter says the same to the same people with the same files, however both were written down.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        let files = |letter: &Self| {
            letter.files.iter().map(|file| (file.name.clone(), file.octets.clone())).collect::<Vec<_>>()
        };
        let words =
            |letter: &Self| (letter.subject.trim().to_owned(), letter.body.trim_end().to_owned(), letter.receipt);
        let recipients =
            |letter: &Self| letter.recipients().map(|all| all.iter().map(Address::key).collect::<Vec<_>>());
        words(self) == words(other) && recipients(self) == recipients(other) && files(self) == files(other)
    }

    /// Whether its text speaks of a file, and none is attached.
    pub(crate) fn forgets_a_file(&self) -> bool {
        // What is quoted speaks of files of others.
        let own = self.body.lines().filter(|line| !line.starts_with('>')).collect::<Vec<_>>().join("\n").to_lowercase();
        let words = ["allegat", "in allegato", "attach", "enclos"];
        self.files.is_empty() && words.iter().any(|word| own.contains(word))
    }
}

/// Octets of the random beginning of a Message-ID.
const NAME: usize = 16;

/// Draws a name.
pub(crate) fn draw_name() -> Result<String, Trouble> {
    let mut drawn = [0; NAME];
    getrandom::fill(&mut drawn).map_err(|error| {
        tracing::error!(event = "page-failed", %error, "the system gives no random numbers");
        Trouble::Us
    })?;
    Ok(hex::encode(drawn))
}

/// Whether a text is the beginning of a Message-ID of ours: the name of a message while it is written.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() == 2 * NAME && text.bytes().all(|octet| octet.is_ascii_hexdigit())
}

/// A Message-ID without its brackets.
pub(crate) fn bare(id: &str) -> String {
    id.trim().trim_start_matches('<').trim_end_matches('>').to_owned()
}

fn octets(part: &Part, of: &Bytes) -> Bytes {
    let range = part.body();
    let end = range.end.min(of.len());
    part.transfer().decode(&of.slice(range.start.min(end)..end))
}

fn text(part: &Part, of: &Bytes) -> String {
    let text = pec::mime::Text {
        range: part.body(),
        encoding: part.transfer(),
        charset: part
            .parameters
            .iter()
            .find(|(name, _)| name == "charset")
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .unwrap_or_default(),
        kind: pec::mime::TextKind::Plain,
    };
    let range = part.body();
    let end = range.end.min(of.len());
    text.read(&of.slice(range.start.min(end)..end)).replace("\r\n", "\n")
}

/// Everything that is no text of the message itself, as files.
fn collect(part: &Part, shown: Option<&Part>, of: &Bytes, files: &mut Vec<File>) {
    match &part.content {
        Content::Multipart(parts) => {
            // Another form of the same text is no file.
            let alternatives = part.sub == "alternative";
            parts
                .iter()
                .filter(|inside| !alternatives || inside.main != "text")
                .for_each(|inside| collect(inside, shown, of, files));
        }
        _ if shown.is_some_and(|shown| std::ptr::eq(shown, part)) => {}
        _ => {
            let header = Header::parse(&of.slice(part.start.min(of.len())..part.body.min(of.len())));
            let entity = pec::mime::Entity::read(header.fields(), ("text", "plain"), &pec::mime::Bounds::STRUCTURE);
            let name = entity.names().pop().unwrap_or_else(|| format!("allegato-{}", files.len() + 1));
            let media = format!("{}/{}", part.main, part.sub);
            let media = if part.main == "message" { "application/octet-stream".to_owned() } else { media };
            files.push(File { name, media, octets: octets(part, of) });
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]
mod tests {
    use super::*;

    fn letter() -> Letter {
        let from = Address::parse("anna@alfa.example").unwrap();
        Letter {
            to: "Bruno Città <bruno@beta.example>, carla@gamma.example".into(),
            cc: "bruno@beta.example".into(),
            subject: "Città: relazione n. 7".into(),
            body: "Buongiorno,\nè tutto qui.\n\n> vecchio testo allegato\n".into(),
            receipt: ReceiptType::Brief,
            files: vec![
                File {
                    name: "perché.pdf".into(),
                    media: "application/pdf".into(),
                    octets: Bytes::from(vec![0xff; 5000]),
                },
                File { name: "b.txt".into(), media: "text/plain".into(), octets: Bytes::from_static(b"una riga\r\n") },
            ],
            in_reply_to: Some("1@beta.example".into()),
            references: vec!["0@beta.example".into(), "1@beta.example".into()],
            ..Letter::new("abc@alfa.example".into(), from)
        }
    }

    #[test]
    fn a_draft_is_read_back_as_it_was_written() {
        let draft = letter().draft(Moment::from_unix(1_790_000_000)).unwrap();
        let read = Letter::read(&draft, letter().from);
        assert_eq!((&read.id, &read.subject, read.receipt), (&letter().id, &letter().subject, letter().receipt));
        assert_eq!(read.body.trim_end(), letter().body.trim_end());
        assert_eq!((&read.in_reply_to, &read.references), (&letter().in_reply_to, &letter().references));
        assert_eq!(read.recipients().unwrap(), letter().recipients().unwrap());
        let files: Vec<_> = read.files.iter().map(|file| (file.name.as_str(), file.octets.len())).collect();
        assert_eq!(files, [("perché.pdf", 5000), ("b.txt", 10)]);
        assert!(read.files[0].octets == letter().files[0].octets && read.files[1].octets == letter().files[1].octets);
    }

    #[test]
    fn what_was_sent_says_the_same_as_what_was_written() {
        let written = letter();
        let sent = Letter::read(&written.message(Moment::from_unix(1_790_000_000)).unwrap(), written.from.clone());
        assert!(written.says_the_same(&sent) && sent.says_the_same(&written));
        for other in [
            Letter { body: "Altro".into(), ..written.clone() },
            Letter { cc: "dario@beta.example".into(), ..written.clone() },
            Letter { files: Vec::new(), ..written.clone() },
            Letter { subject: "Altro".into(), ..written.clone() },
        ] {
            assert!(!other.says_the_same(&sent));
        }
    }

    #[test]
    fn what_is_no_address_stays_in_the_draft_and_is_not_sent() {
        let letter = Letter { to: "bruno@beta.example, procura@, x".into(), files: Vec::new(), ..letter() };
        assert_eq!(letter.recipients().unwrap_err(), ["procura@", "x"]);
        let now = Moment::from_unix(1_790_000_000);
        let read = Letter::read(&letter.draft(now).unwrap(), letter.from.clone());
        assert_eq!(read.to, letter.to);
        let sent = letter.message(now).unwrap();
        assert!(!String::from_utf8_lossy(&sent).contains("procura"));
    }

    #[test]
    fn a_file_that_is_spoken_of_and_not_attached_is_missed() {
        let letter = Letter { files: Vec::new(), ..letter() };
        assert!(!letter.forgets_a_file(), "what is quoted speaks of others' files");
        assert!(Letter { body: "In allegato la relazione".into(), ..letter }.forgets_a_file());
    }

    #[test]
    fn no_typed_text_makes_another_header() {
        let letter = Letter {
            subject: "a\r\nBcc: x@y.example".into(),
            to: "\"x\r\nBcc: y\" <a@b.example>".into(),
            files: vec![File { name: "a\r\nX: y\".pdf".into(), media: "application/pdf".into(), octets: Bytes::new() }],
            ..letter()
        };
        let sent = letter.message(Moment::from_unix(1_790_000_000)).unwrap();
        let header = Header::parse(&sent);
        assert_eq!((header.count("Bcc"), header.count("X")), (0, 0), "{}", String::from_utf8_lossy(&sent));
    }
}
