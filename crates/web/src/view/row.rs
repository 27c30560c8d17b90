//! A message in a list: who, what, when, and how it stands. What is shown of an envelope is the message in it.

use bytes::Bytes;
use holder::{Entry, FateCount, SystemFlags};
use pec::Kind;
use pec::Moment;
use pec::mime::{Content, Part, Structure};

use super::dates::{When, heading, in_row};
use super::mark::{Mark, standing};
use super::people::{Person, people};
use crate::language::Language;
use crate::letter::bare;

/// Characters of a message's beginning.
pub(crate) const SNIPPET: usize = 140;
/// Octets that are read for them.
pub(crate) const READ: usize = 2 << 10;

/// A row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    /// What a form says of it.
    pub(crate) value: String,
    pub(crate) href: String,
    pub(crate) who: String,
    pub(crate) subject: String,
    pub(crate) snippet: String,
    pub(crate) is_unread: bool,
    pub(crate) is_flagged: bool,
    pub(crate) is_answered: bool,
    pub(crate) has_attachments: bool,
    pub(crate) mark: Mark,
    pub(crate) when: When,
}

/// The rows of one day.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    pub(crate) heading: String,
    pub(crate) rows: Vec<Row>,
}

/// In what kind of folder rows stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// What came.
    Came,
    /// What was sent.
    Sent,
    /// What is being written.
    Drafts,
}

/// The subject without what its kind puts before it.
pub(crate) fn subject(subject: &str, kind: Option<Kind>, l: Language) -> String {
    let own = kind.and_then(|kind| subject.strip_prefix(kind.subject_prefix())).unwrap_or(subject).trim();
    if own.is_empty() { l.no_subject().to_owned() } else { own.to_owned() }
}

/// Of an envelope the message in it; otherwise the message itself.
pub(crate) fn original(structure: &Structure, kind: Option<Kind>) -> &Part {
    match kind {
        Some(Kind::TransportEnvelope | Kind::AnomalyEnvelope) => {
            structure.root.first_message().unwrap_or(&structure.root)
        }
        _ => &structure.root,
    }
}

/// How many files are attached to a message.
pub(crate) fn attachments(message: &Part) -> usize {
    let (mut open, mut count) = (vec![message], 0);
    while let Some(part) = open.pop() {
        let is_attached = part.disposition.as_ref().is_some_and(|(name, _)| name.eq_ignore_ascii_case("attachment"));
        match &part.content {
            Content::Multipart(parts) => open.extend(parts),
            Content::Message(_) => count += 1,
            Content::Single if is_attached => count += 1,
            Content::Single if part.main == "text" && ["plain", "html"].contains(&part.sub.as_str()) => {}
            // A picture that stands in the text.
            Content::Single if part.main == "image" && part.id.is_some() => {}
            Content::Single => count += usize::from(!std::ptr::eq(part, message)),
        }
    }
    count
}

/// What the rows of a list are made with.
pub(crate) struct Rows<'a> {
    /// Of which folder's pages: `/c/<mailbox>/f/<folder>`.
    pub(crate) path: &'a str,
    pub(crate) place: Place,
    /// How the recipients of what was sent stand.
    pub(crate) fates: &'a [FateCount],
    pub(crate) l: Language,
}

impl Rows<'_> {
    /// A row; `beginning` are the first octets of its text, with the part that has them.
    pub(crate) fn row(&self, entry: &Entry, structure: Option<&Structure>, beginning: Option<&Bytes>) -> Row {
        let l = self.l;
        let summary = entry.summary.as_deref();
        let kind = summary.and_then(|summary| summary.kind);
        let message = structure.map(|structure| original(structure, kind));
        let text = message.and_then(Part::first_text);
        let snippet = match (text, beginning) {
            // What a receipt says stands in its mark and subject.
            (Some(text), Some(octets)) if kind.is_none_or(is_envelope) => text.words(octets, SNIPPET),
            _ => String::new(),
        };
        let counts: Vec<_> = summary
            .and_then(|summary| summary.identifier.as_ref())
            .map(|identifier| {
                let own = self.fates.iter().filter(|count| count.identifier == *identifier);
                own.map(|count| (count.state, count.recipients)).collect()
            })
            .unwrap_or_default();
        let mark = match self.place {
            Place::Drafts => Mark::new("draft", "pencil", l.kind_draft()),
            Place::Sent if kind.is_none() => {
                standing(&counts, l).unwrap_or_else(|| Mark::new("unverified", "help-circle", l.of("copia", "copy")))
            }
            Place::Sent | Place::Came => Mark::of(kind, l),
        };
        let has = |flag| entry.flags.system.contains(flag);
        Row {
            id: format!("m{}-{}", self.path.rsplit('/').next().unwrap_or_default(), entry.uid),
            value: entry.uid.to_string(),
            href: self.href(entry),
            who: summary.map(|summary| self.who(summary, kind)).unwrap_or_default(),
            subject: subject(summary.map_or("", |summary| &summary.subject), kind, l),
            snippet,
            is_unread: !has(SystemFlags::SEEN),
            is_flagged: has(SystemFlags::FLAGGED),
            is_answered: has(SystemFlags::ANSWERED),
            has_attachments: kind.is_none_or(is_envelope) && message.is_some_and(|message| attachments(message) > 0),
            mark,
            when: in_row(entry.internal_date),
        }
    }

    /// A draft leads to its form, where it has one.
    fn href(&self, entry: &Entry) -> String {
        let id = entry.summary.as_ref().map(|summary| bare(&summary.message_id)).unwrap_or_default();
        let name = id.split('@').next().filter(|name| self.place == Place::Drafts && crate::letter::is_name(name));
        let mailbox = self.path.split("/f/").next().unwrap_or_default();
        match name {
            Some(name) => format!("{mailbox}/scrivi/{name}"),
            None => format!("{}/{}", self.path, entry.uid),
        }
    }

    fn who(&self, summary: &holder::Summary, kind: Option<Kind>) -> String {
        if self.place != Place::Came && kind.is_none() {
            let to: Vec<Person> = people(&summary.to).into_iter().chain(people(&summary.cc)).collect();
            let l = self.l;
            return match to.as_slice() {
                [] => l.of("senza destinatari", "no recipients").to_owned(),
                [one] => l.of(format!("a {}", one.called()), format!("to {}", one.called())),
                [one, others @ ..] => {
                    let more = others.len();
                    let called = one.called();
                    l.of(format!("a {called} e altri {more}"), format!("to {called} and {more} more"))
                }
            };
        }
        let sender = sender(summary, kind);
        match sender.address.rsplit_once('@') {
            // It speaks for itself: nobody knows the names of providers' service addresses.
            Some((_, domain)) if kind.is_some_and(|kind| !is_envelope(kind)) => {
                self.l.of(format!("Gestore {domain}"), format!("Provider {domain}"))
            }
            _ => sender.called().to_owned(),
        }
    }
}

/// Who wrote a message that came: of an envelope who wrote the message in it.
pub(crate) fn sender(summary: &holder::Summary, kind: Option<Kind>) -> Person {
    let first = people(&summary.from).into_iter().next();
    let reply_to = people(&summary.reply_to).into_iter().next();
    let from = first.unwrap_or(Person { name: String::new(), address: String::new() });
    match kind {
        Some(Kind::TransportEnvelope | Kind::AnomalyEnvelope) => {
            let behalf = from.name.strip_prefix("Per conto di:").map(|address| address.trim().to_owned());
            reply_to.or(behalf.map(|address| Person { name: String::new(), address })).unwrap_or(from)
        }
        _ => from,
    }
}

fn is_envelope(kind: Kind) -> bool {
    matches!(kind, Kind::TransportEnvelope | Kind::AnomalyEnvelope)
}

/// Rows in their order, under the headings of their days.
pub(crate) fn days(rows: impl IntoIterator<Item = (Moment, Row)>, now: Moment, l: Language) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for (at, row) in rows {
        let heading = heading(at, now, l);
        match days.last_mut().filter(|day| day.heading == heading) {
            Some(day) => day.rows.push(row),
            None => days.push(Day { heading, rows: vec![row] }),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_loses_what_its_kind_says() {
        let envelope = Some(Kind::TransportEnvelope);
        assert_eq!(subject("POSTA CERTIFICATA: Atti", envelope, Language::It), "Atti");
        assert_eq!(subject("POSTA CERTIFICATA: Atti", None, Language::It), "POSTA CERTIFICATA: Atti");
        assert_eq!(subject("POSTA CERTIFICATA: ", envelope, Language::En), "(no subject)");
    }
}
