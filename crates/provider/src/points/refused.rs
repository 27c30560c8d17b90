//! What is noted of a message that a full mailbox refuses, so that its holder hears of it ([`super::filling`]).

use pec::compose::Certified;
use pec::header::Header;
use pec::{Address, Identifier, Moment};
use store::{About, Actor, FullRefusal, Mailbox};

use super::filling::shown;
use super::finding::{Arrival, Decision};
use crate::answer::Refusal;
use crate::context::Context;
use crate::elaboration::Elaboration;

/// Refuses to the peer, and notes it for the holders of the mailboxes that are too full; without any, nothing is noted.
pub fn refuse(refusal: Refusal, full: Vec<FullRefusal>, context: &Context, moment: Moment) -> Decision {
    if full.is_empty() {
        return Decision::Refuse(refusal);
    }
    let mut to = Elaboration::new(context, moment, About::Nothing, Actor::Peer);
    to.outcome.refused = full;
    Decision::Discard { refusal, elaborated: Box::new(to.finish()) }
}

/// A certified message, by what is signed of it. `size` is what it would have taken, octets.
pub fn certified(mailbox: &Address, certified: &Certified, size: u64, at: Moment) -> FullRefusal {
    FullRefusal {
        mailbox: mailbox.clone(),
        at,
        size,
        certified: true,
        identifier: Some(Identifier::from(certified.identifier.as_str())),
        sender: shown(certified.sender.as_str()),
        subject: shown(certified.subject.as_deref().unwrap_or_default()),
    }
}

/// What nobody certifies, by what it says of itself, for each of these mailboxes.
pub fn ordinary<'a>(
    mailboxes: impl IntoIterator<Item = &'a Mailbox>,
    arrival: &Arrival,
    at: Moment,
) -> Vec<FullRefusal> {
    let mut mailboxes = mailboxes.into_iter().map(|mailbox| mailbox.address.clone()).peekable();
    if mailboxes.peek().is_none() {
        return Vec::new();
    }
    let header = Header::parse(&arrival.message);
    let from = header.addresses("From").into_iter().flatten().next();
    let sender = from.as_ref().map_or(arrival.path.as_str(), Address::as_str);
    let identifier = header.value("Message-ID").filter(|id| !id.trim().is_empty());
    let (sender, subject) = (shown(sender), shown(&header.subject().unwrap_or_default()));
    let identifier = identifier.map(|id| Identifier::from(shown(id.trim())));
    let of = |mailbox| FullRefusal {
        mailbox,
        at,
        size: arrival.message.len() as u64,
        certified: false,
        identifier: identifier.clone(),
        sender: sender.clone(),
        subject: subject.clone(),
    };
    mailboxes.map(of).collect()
}
