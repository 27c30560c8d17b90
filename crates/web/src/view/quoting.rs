//! A message that is answered or passed on: what of it begins the new one.

use bytes::Bytes;
use holder::Want;
use pec::header::{Header, ListItem};
use pec::mime::structure;
use pec::{Kind, Moment};

use super::dates::whole_day;
use crate::house::House;
use crate::language::Language;
use crate::letter::{Letter, bare};
use crate::mail::Room;
use crate::trouble::Trouble;

/// Octets of a text that is quoted.
const QUOTED: usize = 64 << 10;

/// What is answered.
pub(crate) struct Answered {
    /// The message as it came, whole.
    pub(crate) message: Bytes,
    subject: String,
    from: Vec<String>,
    others: Vec<String>,
    date: Option<Moment>,
    id: Option<String>,
    references: Vec<String>,
    text: String,
}

impl Answered {
    /// The name of its file.
    pub(crate) fn file_name(&self) -> String {
        let subject: String =
            self.subject.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).take(60).collect();
        let subject = subject.trim();
        if subject.is_empty() { "messaggio.eml".to_owned() } else { format!("{subject}.eml") }
    }
}

/// Reads the message in this place; of an envelope what is in it.
pub(crate) async fn answered(house: &House, room: &mut Room, folder: i64, uid: u32) -> Result<Answered, Trouble> {
    let folder = room.folder(folder)?.id;
    let entry = room.entry(folder, uid, Want { summary: true, ..Want::default() }).await?;
    let kind = entry.summary.as_ref().and_then(|summary| summary.kind);
    let _room = house.room_for(2 * entry.size).await;
    let message = room.opened.read(entry.message, 0..entry.size).await?.ok_or(Trouble::NotFound)?;
    Ok(read(message, kind))
}

fn read(message: Bytes, kind: Option<Kind>) -> Answered {
    let tree = structure(&message);
    let inner = match kind {
        Some(Kind::TransportEnvelope | Kind::AnomalyEnvelope) => tree.root.first_message(),
        _ => None,
    };
    let part = inner.unwrap_or(&tree.root);
    let start = part.start.min(message.len());
    let original = message.slice(start..part.end.clamp(start, message.len()));
    let header = Header::parse(&original);
    let addresses = |name: &str| -> Vec<String> {
        let items = header.list(name).into_iter();
        items
            .filter_map(|item| match item {
                ListItem::Mailbox { address: Ok(address), .. } => Some(address.to_string()),
                _ => None,
            })
            .collect()
    };
    let mut from = addresses("Reply-To");
    if from.is_empty() {
        from = addresses("From");
    }
    let others = [addresses("To"), addresses("Cc")].concat();
    let ids = |name: &str| -> Vec<String> {
        let value = header.value(name).unwrap_or_default();
        value.split_whitespace().map(bare).filter(|id| !id.is_empty()).take(50).collect()
    };
    let text = part.first_text().map(|text| {
        let body = text.body();
        let end = body.end.min(message.len()).min(body.start + QUOTED);
        let octets = message.slice(body.start.min(end)..end);
        lines(text, &octets)
    });
    Answered {
        subject: header.subject().unwrap_or_default(),
        from,
        others,
        date: header.value("Date").and_then(|date| Moment::from_rfc5322(&date)),
        id: ids("Message-ID").into_iter().next(),
        references: ids("References"),
        text: text.unwrap_or_default(),
        message,
    }
}

/// A text with its lines; of HTML its words.
fn lines(part: &pec::mime::Part, octets: &Bytes) -> String {
    if part.sub == "html" {
        return part.words(octets, 4000);
    }
    let kind = pec::mime::TextKind::Plain;
    let charset = part.parameters.iter().find(|(name, _)| name == "charset").map(|(_, value)| value.as_slice());
    let charset = charset.map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default();
    let text = pec::mime::Text { range: 0..octets.len(), encoding: part.transfer(), charset, kind };
    text.read(octets).replace("\r\n", "\n")
}

/// Begins a letter with it.
pub(crate) fn begin(letter: &mut Letter, answered: &Answered, is_forward: bool, all: bool, l: Language) {
    let own = letter.from.key();
    let not_own = |address: &&String| address.to_ascii_lowercase() != own;
    let mark = if is_forward { l.of("I: ", "Fwd: ") } else { "Re: " };
    let known = ["Re: ", "R: ", "RE: ", "I: ", "Fwd: ", "FW: "];
    let bare_subject = known.iter().find_map(|known| answered.subject.strip_prefix(known));
    letter.subject = format!("{mark}{}", bare_subject.unwrap_or(&answered.subject));
    let who = answered.from.first().cloned().unwrap_or_default();
    let when = answered.date.map(|date| format!("{}, {}", whole_day(date, l), date.time()));
    let said = match when {
        Some(when) => l.of(format!("{when}, {who} ha scritto:"), format!("{when}, {who} wrote:")),
        None => l.of(format!("{who} ha scritto:"), format!("{who} wrote:")),
    };
    let quoted: String = answered.text.trim_end().lines().map(|line| format!("> {line}\n")).collect();
    letter.body = format!("\n\n{said}\n{quoted}");
    if is_forward {
        return;
    }
    // A message of one's own is answered to those to whom it went.
    let back: Vec<&String> = answered.from.iter().filter(not_own).collect();
    let others: Vec<&String> = answered.others.iter().filter(not_own).collect();
    let join = |list: &[&String]| list.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
    letter.to = if back.is_empty() { join(&others) } else { join(&back) };
    if all && !back.is_empty() {
        letter.cc = join(&others.into_iter().filter(|other| !back.contains(other)).collect::<Vec<_>>());
    }
    letter.in_reply_to.clone_from(&answered.id);
    letter.references = answered.references.iter().chain(&answered.id).cloned().collect();
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]
mod tests {
    use pec::Address;

    use super::*;

    fn begun(is_forward: bool, all: bool) -> Letter {
        let message = Bytes::from_static(
            b"From: \"Per conto di: bruno@beta.example\" <posta-certificata@beta.example>\r\nSubject: POSTA CERTIFICATA: Atti\r\n\
              Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nbusta\r\n--b\r\n\
              Content-Type: message/rfc822\r\n\r\nFrom: Bruno <bruno@beta.example>\r\nTo: anna@alfa.example, carla@x.example\r\n\
              Subject: Re: Atti\r\nMessage-ID: <1@beta.example>\r\nReferences: <0@beta.example>\r\n\
              Date: Fri, 27 Nov 2026 10:00:00 +0100\r\n\r\nEcco.\r\n--b--\r\n",
        );
        let answered = read(message, Some(Kind::TransportEnvelope));
        let mut letter = Letter::new("n@alfa.example".into(), Address::parse("Anna@alfa.example").unwrap());
        begin(&mut letter, &answered, is_forward, all, Language::It);
        letter
    }

    #[test]
    fn an_answer_goes_to_who_wrote_the_message_in_the_envelope() {
        let letter = begun(false, false);
        assert_eq!((letter.to.as_str(), letter.cc.as_str()), ("bruno@beta.example", ""));
        assert_eq!(letter.subject, "Re: Atti");
        assert_eq!(letter.body, "\n\nvenerdì 27 novembre 2026, 10:00:00, bruno@beta.example ha scritto:\n> Ecco.\n");
        assert_eq!((letter.in_reply_to.as_deref(), letter.references.len()), (Some("1@beta.example"), 2));
        assert_eq!(begun(false, true).cc, "carla@x.example");
    }

    #[test]
    fn what_is_passed_on_goes_to_nobody_yet() {
        let letter = begun(true, false);
        assert_eq!((letter.to.as_str(), letter.subject.as_str()), ("", "I: Atti"));
        assert_eq!(letter.in_reply_to, None);
    }
}
