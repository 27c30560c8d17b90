//! Which rows of the trace are about a person, and what of them is others'.
//!
//! A row is about who sent the message or was to get it, about whom it concerns, and about who acted. What a row tells of others is
//! shown as far as the person's own messages show it: who sent a message has a receipt of each recipient, who gets one reads in it
//! to whom it went. Who of an office acted, which operator did what, and for what reason, is others'.

use std::borrow::Cow;

use store::{About, Actor, Event, Evidence, SharedSubject, Subject};

use super::found::Person;

/// The row as the person may have it; `None`: it is not about it.
pub fn named(row: &Evidence, person: &Person) -> Option<Evidence> {
    let acts = matches!(&row.actor, Actor::User(name) if person.is_user(name));
    let is = |name: &String| person.has(name) || (row.event == Event::Administered && person.is_user(name));
    let concerned = row.concerns.iter().any(is);
    let subject = match &row.about {
        About::Subject(subject) => Some(subject.subject()),
        About::Nothing | About::Known(_) => None,
    };
    let sent = subject.is_some_and(|subject| person.has(&subject.sender));
    let got = subject.is_some_and(|subject| subject.recipients.iter().any(|named| person.has(&named.address)));
    // What became of a message in somebody else's mailbox, and what operators did with it, is not of its sender or recipient.
    let of_the_way = !matches!(row.event, Event::Deposited | Event::Removed | Event::Administered | Event::Expired);
    let about = acts || concerned || (of_the_way && (sent || (got && row.concerns.is_empty())));
    if !about {
        return None;
    }
    let mut shown = row.clone();
    if !sent && row.event != Event::Administered {
        shown.concerns.retain(|name| person.has(name));
    }
    if !sent && !got && !concerned {
        shown.about = only_that_it_was(&row.about);
    }
    match &mut shown.actor {
        Actor::User(name) if !person.is_user(name) => name.clear(),
        Actor::Operator(name) => name.clear(),
        Actor::System | Actor::Holder | Actor::User(_) | Actor::Peer => {}
    }
    if row.event == Event::Administered {
        shown.error = row.error.as_deref().map(|act| without_reason(act).into_owned());
    }
    Some(shown)
}

/// Of a message in the name of others: which it was.
fn only_that_it_was(about: &About) -> About {
    let About::Subject(subject) = about else { return about.clone() };
    let Subject { identifier, sender, .. } = subject.subject().clone();
    About::Subject(SharedSubject::new(Subject {
        identifier,
        sender,
        recipients: Vec::new(),
        subject: String::new(),
        client_id: None,
        original: None,
    }))
}

/// An act without the reason that an operator gave: it may name others, or an inquiry.
fn without_reason(act: &str) -> Cow<'_, str> {
    match act.split_once(": ") {
        Some((act, _)) => Cow::Owned(act.to_owned()),
        None => Cow::Borrowed(act),
    }
}

#[cfg(test)]
mod tests {
    use pec::{Kind, Moment};
    use store::Named;

    use super::*;

    const ANNA: &str = "Anna@alfa.example";
    const BOB: &str = "bob@beta.example";
    const CARL: &str = "carl@beta.example";

    fn row(event: Event, concerns: &[&str], actor: Actor) -> Evidence {
        let named = |address: &str| Named { address: address.into(), kind: None };
        Evidence {
            at: Moment::from_unix(1_795_770_000),
            event,
            kind: Some(Kind::Delivery),
            about: About::Subject(SharedSubject::new(Subject {
                identifier: "1@alfa.example".into(),
                sender: ANNA.into(),
                recipients: vec![named(BOB), named(CARL)],
                subject: "Gara".into(),
                client_id: None,
                original: None,
            })),
            message_id: "2@alfa.example".into(),
            provider: "Alfa".into(),
            concerns: concerns.iter().map(|&name| name.to_owned()).collect(),
            error: None,
            actor,
        }
    }

    fn recipients(row: &Evidence) -> usize {
        let About::Subject(subject) = &row.about else { panic!("{row:?}") };
        subject.subject().recipients.len()
    }

    #[test]
    fn who_sent_sees_the_fate_of_every_recipient_and_not_their_mailboxes() {
        let anna = Person::of(&["anna@alfa.example"], &[]);
        let delivered = row(Event::Received, &[BOB], Actor::Peer);
        assert_eq!(named(&delivered, &anna), Some(delivered.clone()));
        for event in [Event::Deposited, Event::Removed, Event::Administered] {
            assert_eq!(named(&row(event, &[BOB], Actor::System), &anna), None, "{event:?}");
        }
        assert!(named(&row(Event::Deposited, &[ANNA], Actor::System), &anna).is_some());
    }

    #[test]
    fn who_was_to_get_it_sees_what_is_about_him_and_about_the_whole() {
        let bob = Person::of(&[BOB], &[]);
        assert!(named(&row(Event::Received, &[], Actor::Peer), &bob).is_some());
        assert_eq!(named(&row(Event::Emitted, &[CARL], Actor::System), &bob), None);
        let both = named(&row(Event::Emitted, &[BOB, CARL], Actor::System), &bob).unwrap();
        assert_eq!(both.concerns, [BOB]);
        assert_eq!(named(&row(Event::Received, &[], Actor::Peer), &Person::of(&["x@y.example"], &[])), None);
    }

    #[test]
    fn who_acted_for_others_sees_that_he_did_and_nothing_of_theirs() {
        let mario = Person::of(&[], &["mario"]);
        let sent = named(&row(Event::Received, &[], Actor::User("Mario".into())), &mario).unwrap();
        assert_eq!(
            (sent.actor, recipients(&row(Event::Received, &[], Actor::System))),
            (Actor::User("Mario".into()), 2)
        );
        let About::Subject(subject) = &sent.about else { panic!() };
        let Subject { identifier, subject, recipients, .. } = subject.subject().clone();
        assert_eq!((&*identifier, subject.as_str(), recipients.len()), ("1@alfa.example", "", 0));
        assert_eq!(named(&row(Event::Received, &[], Actor::User("olga".into())), &mario), None);
        // A colleague who acted is not named.
        let anna = Person::of(&["anna@alfa.example"], &[]);
        let by_olga = named(&row(Event::Received, &[], Actor::User("olga".into())), &anna).unwrap();
        assert_eq!(by_olga.actor, Actor::User(String::new()));
    }

    #[test]
    fn an_act_is_shown_without_its_reason_and_without_who_did_it() {
        let mut act = row(Event::Administered, &["mario", "ufficio@alfa.example"], Actor::Operator("root".into()));
        act.error = Some("mailbox hold: procedimento 12/2026".into());
        act.about = About::Nothing;
        let shown = named(&act, &Person::of(&[], &["mario"])).unwrap();
        assert_eq!(shown.error.as_deref(), Some("mailbox hold"));
        assert_eq!((shown.actor, shown.concerns.len()), (Actor::Operator(String::new()), 2));
        // A user's name is no address, and stands nowhere else.
        let received = row(Event::Received, &["mario"], Actor::Peer);
        assert_eq!(named(&received, &Person::of(&[], &["mario"])), None);
    }
}
