//! The peer's SMTP door.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use holder::{Given, Holder};
use pec::{Address, ReversePath};
use smtp::{Reply, Service, Session};

use super::answers::{self, Came, Letter};
use super::conduct::{Conduct, Way};
use super::player::{Peer, say};
use super::wire::Wire;

/// How often a busy peer puts a message off.
const BUSY: u32 = 2;

/// What stands behind the door.
pub struct PeerDoor {
    peer: Arc<Peer>,
    conduct: Conduct,
    delay: Duration,
    wire: Wire,
    seen: Mutex<Seen>,
}

/// What the peer remembers while it runs.
#[derive(Default)]
struct Seen {
    /// Identifier and recipient of what was taken.
    taken: HashSet<(String, Address)>,
    /// How often a message was hindered in each way, by identifier.
    hindered: HashMap<(String, &'static str), u32>,
}

impl PeerDoor {
    /// A door where all recipients that ask for nothing else get `conduct`.
    pub fn new(peer: Arc<Peer>, conduct: Conduct, delay: Duration, wire: Wire) -> Self {
        Self { peer, conduct, delay, wire, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this message is hindered once more in a way; at most `times` times.
    fn hinders(&self, identifier: &str, way: &'static str, times: u32) -> bool {
        let mut seen = self.seen();
        let count = seen.hindered.entry((identifier.to_owned(), way)).or_default();
        *count += 1;
        *count <= times
    }

    /// The recipients whose answers are still owed, by conduct; from now on they are not.
    fn owed(&self, letter: &Letter, recipients: &[Address]) -> BTreeMap<&'static str, (Conduct, Vec<Address>)> {
        let mut seen = self.seen();
        let mut owed: BTreeMap<&'static str, (Conduct, Vec<Address>)> = BTreeMap::new();
        for recipient in recipients {
            if seen.taken.insert((letter.certified.identifier.clone(), recipient.clone())) {
                let conduct = self.conduct.towards(recipient);
                owed.entry(conduct.name).or_insert((conduct, Vec::new())).1.push(recipient.clone());
            }
        }
        owed
    }

    /// Sends the receipts for some recipients of an envelope, one after the other.
    fn answer(&self, letter: &Letter, conduct: Conduct, recipients: Vec<Address>) {
        let (peer, letter, delay) = (Arc::clone(&self.peer), letter.clone(), self.delay);
        tokio::spawn(async move {
            let receipts = match answers::receipts(&peer, &letter, &recipients, conduct, peer.now()) {
                Ok(receipts) => receipts,
                Err(error) => return say(format!("cannot answer: {error}")),
            };
            for receipt in receipts {
                if conduct.way == Way::Slow {
                    tokio::time::sleep(delay).await;
                }
                let said = peer.post.send(&peer.emitter.address, &receipt.to, &receipt.message).await;
                let said = said.unwrap_or_else(|refused| format!("not taken: {refused}"));
                say(format!("-> {} to {}: {said}", receipt.kind.name(), receipt.to));
            }
        });
    }
}

#[async_trait]
impl Service for PeerDoor {
    async fn authenticate(
        &self,
        _session: &Session,
        _login: &str,
        _password: Given<'_>,
    ) -> Result<Option<Holder>, Reply> {
        Ok(None)
    }

    async fn mail(&self, _session: &Session, _path: &ReversePath, _size: Option<u64>) -> Reply {
        reply(250, "2.1.0", "go on")
    }

    async fn rcpt(&self, _session: &Session, recipient: &Address) -> Reply {
        if !self.peer.hosts(recipient) {
            return reply(550, "5.7.1", "not a domain of the laboratory's peer");
        }
        if self.conduct.towards(recipient).way == Way::Refuse {
            say(format!("<- refused: {recipient}"));
            return reply(554, "5.7.1", "refused, as the laboratory's peer was told to");
        }
        reply(250, "2.1.5", "go on")
    }

    async fn message(&self, session: &Session, message: Bytes, received_len: usize) -> Reply {
        let letter = match answers::read(&message.slice(received_len.min(message.len())..), &self.peer.index) {
            Ok(Came::Envelope(letter)) => letter,
            Ok(Came::Notice(kind, identifier)) => {
                say(format!("<- {} about {identifier}", kind.name()));
                return reply(250, "2.0.0", "taken");
            }
            Err(why) => {
                say(format!("<- refused: {why}"));
                return reply(554, "5.7.1", "certified mail only");
            }
        };
        let identifier = &letter.certified.identifier;
        let ways: Vec<Way> = session.recipients.iter().map(|address| self.conduct.towards(address).way).collect();
        if ways.contains(&Way::Busy) && self.hinders(identifier, "busy", BUSY) {
            say(format!("<- put off: {identifier}"));
            return reply(451, "4.3.2", "busy, as the laboratory's peer was told to be");
        }
        if ways.contains(&Way::Slow) {
            tokio::time::sleep(self.delay).await;
        }
        let owed = self.owed(&letter, &session.recipients);
        if owed.is_empty() {
            say(format!("<- transport-envelope {identifier} once more"));
        }
        for (name, (conduct, recipients)) in owed {
            let shown: Vec<_> = recipients.iter().map(Address::as_str).collect();
            say(format!("<- transport-envelope {identifier} for {}: {name}", shown.join(", ")));
            self.answer(&letter, conduct, recipients);
        }
        if ways.contains(&Way::Cut) && self.hinders(identifier, "cut", 1) {
            say(format!("<- cut: {identifier}"));
            self.wire.cut(session.peer).await;
        }
        if ways.contains(&Way::Hang) && self.hinders(identifier, "hang", 1) {
            say(format!("<- held: {identifier}"));
            self.wire.end(session.peer).await;
        }
        reply(250, "2.0.0", "taken")
    }
}

fn reply(code: u16, enhanced: &str, text: &str) -> Reply {
    Reply { code, enhanced: Some(enhanced.into()), lines: vec![text.into()] }
}
