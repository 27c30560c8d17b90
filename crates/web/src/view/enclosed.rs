//! A message that is attached to another: read like one, and judged where it is one of certified mail.

use bytes::Bytes;
use pec::Kind;
use render::{Limits, Message, Person};

use super::body::{Stretch, stretches};
use super::dates::{When, whole};
use super::sizes::size;
use super::verdict::{Verdict, verdict};
use crate::house::Judge;
use crate::language::Language;

/// An attached message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Enclosed {
    pub(crate) subject: String,
    /// Who certified what; `None`: nobody says that he did.
    pub(crate) verdict: Option<Verdict>,
    pub(crate) people: Vec<(&'static str, Vec<Person>)>,
    pub(crate) date: Option<When>,
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) is_cut: bool,
    /// What is attached to it: its name and how large it is.
    pub(crate) files: Vec<(String, String)>,
}

/// Reads it and has it judged; it costs a signature's check, for a thread that may wait.
pub(crate) fn enclosed(octets: &Bytes, judge: &Judge, l: Language) -> Enclosed {
    let (found, original) = judge.judge(octets);
    let is = |kind: Kind| found.kind == Some(kind.name());
    let is_envelope = is(Kind::TransportEnvelope) || is(Kind::AnomalyEnvelope);
    // Of an envelope people look at what is in it.
    let looked_at = original.filter(|_| is_envelope).unwrap_or_else(|| octets.clone());
    let shown = Message::read(looked_at, Limits::default()).shown();
    let stretches = stretches(&shown);
    let mut people = vec![(l.from(), shown.from), (l.to(), shown.to), (l.cc(), shown.cc)];
    people.retain(|(_, people)| !people.is_empty());
    let files = shown.attachments.into_iter().map(|file| (file.name, size(file.length, l)));
    Enclosed {
        subject: if shown.subject.trim().is_empty() { l.no_subject().to_owned() } else { shown.subject },
        verdict: found.kind.is_some().then(|| verdict(&found, l)),
        people,
        date: shown.date.map(|date| whole(date, l)),
        stretches,
        is_cut: shown.cut || shown.text.cut,
        files: files.collect(),
    }
}
