//! THREAD (RFC 5256): which messages are put under which.

use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use holder::{Entry, Want};
use pec::Moment;
use pec::header::Header;

use super::aside::aside;
use super::end::Stop;
use super::sets;
use super::state::{HEAVY_PAGE, Session};
use super::subject::base_subject;
use super::threads::{self, Message};
use crate::command::{Thread, ThreadAlgorithm};
use crate::tag::Tag;

/// The most messages that one refers to: the first, and those right above it, as RFC 5537 §3.4.4 lets references be cut.
const REFERENCES: usize = 16;
/// How a receipt names the message that it is about, by the Message-ID which its sender's client gave.
const ABOUT: &str = "X-Riferimento-Message-ID";

impl Session<'_> {
    pub(super) async fn thread(&mut self, tag: &Tag, uid: bool, thread: Thread) -> Result<(), Stop> {
        let Thread { algorithm, keys } = thread;
        let found = self.find_all(uid, &keys, &[]).await?.uids;
        let folder = self.selected()?.folder;
        let want = Want { header: true, ..Want::default() };
        // Identifiers are known by numbers that nobody can foresee: two alike would be a chance of nothing.
        let (hasher, mut messages) = (RandomState::new(), Vec::new());
        for piece in sets::pieces(&found, HEAVY_PAGE) {
            let page = self.opened()?.entries(folder, &piece, want, HEAVY_PAGE).await?;
            for entry in &page {
                let Some(number) = self.selected()?.numbers.number(entry.uid) else { continue };
                messages.push(read(entry, if uid { entry.uid } else { number }, &hasher));
            }
            tokio::task::yield_now().await;
        }
        let ordered = aside(move || match algorithm {
            ThreadAlgorithm::References => threads::by_references(&messages),
            ThreadAlgorithm::OrderedSubject => threads::by_subject(&messages),
        });
        let nodes = ordered.await?;
        self.out.thread(&nodes);
        self.relieve().await?;
        self.finish(tag, uid, None, "done").await
    }
}

fn read(entry: &Entry, number: u32, hasher: &RandomState) -> Message {
    let nothing = Bytes::new();
    let header = Header::parse(entry.header.as_ref().unwrap_or(&nothing));
    let sent = header.value("Date").and_then(|date| Moment::from_rfc5322(&date)).unwrap_or(entry.internal_date);
    let subject = base_subject(&header.subject().unwrap_or_default());
    let named = |name: &str| header.value(name).map(|value| identifiers(&value)).unwrap_or_default();
    let mut references = named("References");
    if references.is_empty() {
        references = named("In-Reply-To");
        references.truncate(1);
    }
    // A receipt falls under its message, beside the others about it, whatever conversation that belongs to.
    references.extend(named(ABOUT).into_iter().take(1));
    if references.len() > REFERENCES {
        references.drain(1..references.len() - REFERENCES + 1);
    }
    let known = |id: &String| hasher.hash_one(id);
    Message {
        number,
        sent: sent.unix(),
        subject: subject.text,
        answers: subject.answers,
        id: named("Message-ID").first().map(known),
        references: references.iter().map(known).collect(),
    }
}

/// What stands between angle brackets; a local part in quotation marks is the same without them (RFC 5256 §3).
fn identifiers(value: &str) -> Vec<String> {
    let pieces = value.split('<').skip(1).filter_map(|piece| piece.split_once('>'));
    let plain = pieces.map(|(id, _)| id.chars().filter(|c| !c.is_whitespace() && *c != '"' && *c != '\\').collect());
    plain.filter(|id: &String| !id.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_found_in_what_programs_write() {
        assert_eq!(identifiers("<a@b> <\"c d\"@e>\r\n <f@g"), ["a@b", "cd@e"]);
        assert_eq!(identifiers("Anna's message of Monday <a@b> (x)"), ["a@b"]);
        assert!(identifiers("<> a@b >").is_empty());
    }
}
