//! The canonical bytes of subjects and evidence, version 1; `docs/evidence-format.md` is their description.
//!
//! A later format takes another version number and leaves these bytes as they are.

use pec::{Kind, Moment};

use crate::cbor::{Reader, Writer};
use crate::record::{About, Actor, Event, Evidence};
use crate::salt::Salt;
use crate::subject::SubjectHash;
pub use crate::subject::{hash, read as read_subject, write as subject};
pub use crate::version::FormatError;
use crate::version::{self, VERSION};

/// Writes a row of evidence; its log and number are no part of it: they are its place. The salt is drawn for this row alone.
pub fn evidence(evidence: &Evidence, salt: Salt) -> Vec<u8> {
    let Evidence { at, event, kind, about, message_id, provider, concerns, error, actor } = evidence;
    let mut to = Writer::default();
    to.array(11);
    to.unsigned(VERSION);
    to.integer(at.unix());
    to.unsigned(event_number(*event));
    to.optional(*kind, |to, kind| to.unsigned(kind_number(kind)));
    to.optional(about.hash(), |to, hash| to.bytes(&hash.0));
    to.text(message_id);
    to.text(provider);
    to.array(concerns.len());
    concerns.iter().for_each(|concerned| to.text(concerned));
    to.optional(error.as_deref(), Writer::text);
    let (number, name) = match actor {
        Actor::System => (1, None),
        Actor::Holder => (2, None),
        Actor::User(name) => (3, Some(name)),
        Actor::Operator(name) => (4, Some(name)),
        Actor::Peer => (5, None),
    };
    to.array(1 + usize::from(name.is_some()));
    to.unsigned(number);
    name.into_iter().for_each(|name| to.text(name));
    to.bytes(&salt.0);
    to.into_bytes()
}

/// Reads a row of evidence, and its salt; its subject is known by its hash.
pub fn read_evidence(bytes: &[u8]) -> Result<(Evidence, Salt), FormatError> {
    let from = &mut Reader::new(bytes);
    from.array_of(11, "an array of 11 items")?;
    version::read(from)?;
    let evidence = Evidence {
        at: {
            let seconds = from.integer()?;
            let at = Moment::from_unix(seconds);
            if at.unix() == seconds { at } else { return Err("an instant of this millennium".into()) }
        },
        event: {
            let number = from.unsigned()?;
            Event::ALL.into_iter().find(|event| event_number(*event) == number).ok_or("a known event")?
        },
        kind: from.optional(|from| {
            let number = from.unsigned()?;
            Kind::ALL.into_iter().find(|kind| kind_number(*kind) == number).ok_or("a known kind")
        })?,
        about: from.optional(version::digest)?.map_or(About::Nothing, |hash| About::Known(SubjectHash(hash))),
        message_id: from.text()?,
        provider: from.text()?,
        concerns: from.list(Reader::text)?,
        error: from.optional(Reader::text)?,
        actor: actor(from)?,
    };
    let salt = from.bytes()?.try_into().map_err(|_| "a salt of 16 octets")?;
    from.end()?;
    Ok((evidence, Salt(salt)))
}

fn actor(from: &mut Reader<'_>) -> Result<Actor, &'static str> {
    let items = from.array()?;
    match (items, from.unsigned()?) {
        (1, 1) => Ok(Actor::System),
        (1, 2) => Ok(Actor::Holder),
        (2, 3) => from.text().map(Actor::User),
        (2, 4) => from.text().map(Actor::Operator),
        (1, 5) => Ok(Actor::Peer),
        _ => Err("who acted"),
    }
}

/// The number of an event; never another.
pub fn event_number(event: Event) -> u64 {
    match event {
        Event::Deposited => 1,
        Event::Emitted => 2,
        Event::Received => 3,
        Event::Relayed => 4,
        Event::RelayFailed => 5,
        Event::Administered => 6,
        Event::Contradicted => 7,
        Event::Removed => 8,
        Event::Expired => 9,
    }
}

/// The number of a kind of message; never another.
pub fn kind_number(kind: Kind) -> u64 {
    match kind {
        Kind::Acceptance => 1,
        Kind::NonAcceptance => 2,
        Kind::VirusNonAcceptance => 3,
        Kind::TransportEnvelope => 4,
        Kind::AnomalyEnvelope => 5,
        Kind::TakeCharge => 6,
        Kind::Delivery => 7,
        Kind::NonDelivery => 8,
        Kind::VirusNonDelivery => 9,
        Kind::VirusDetection => 10,
        Kind::Timeout => 11,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use pec::RecipientType;

    use super::*;
    use crate::subject::{Named, RECIPIENTS, SharedSubject, Subject};
    use crate::tree;

    fn subjects() -> impl Strategy<Value = Subject> {
        let named = (any::<String>(), prop::option::of(prop::sample::select(&RECIPIENTS[..])));
        let named = named.prop_map(|(address, kind)| Named { address, kind });
        let texts = (any::<String>(), any::<String>(), any::<String>(), prop::option::of(any::<String>()));
        (texts, prop::collection::vec(named, 0..30), prop::option::of(any::<[u8; 32]>())).prop_map(
            |((identifier, sender, subject, client_id), recipients, original)| Subject {
                identifier: identifier.into(),
                sender,
                recipients,
                subject,
                client_id,
                original,
            },
        )
    }

    fn actors() -> impl Strategy<Value = Actor> {
        prop_oneof![
            Just(Actor::System),
            Just(Actor::Holder),
            Just(Actor::Peer),
            any::<String>().prop_map(Actor::User),
            any::<String>().prop_map(Actor::Operator),
        ]
    }

    fn evidences() -> impl Strategy<Value = Evidence> {
        let about = prop::option::of(any::<[u8; 32]>());
        let words = (any::<String>(), any::<String>(), prop::option::of(any::<String>()));
        let what = (prop::sample::select(&Event::ALL[..]), prop::option::of(prop::sample::select(&Kind::ALL[..])));
        (any::<i32>(), what, about, words, prop::collection::vec(any::<String>(), 0..5), actors()).prop_map(
            |(at, (event, kind), about, (message_id, provider, error), concerns, actor)| Evidence {
                at: Moment::from_unix(at.into()),
                event,
                kind,
                about: about.map_or(About::Nothing, |hash| About::Known(SubjectHash(hash))),
                message_id,
                provider,
                concerns,
                error,
                actor,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(one in subjects(), other in evidences(), salt in any::<[u8; 16]>()) {
            prop_assert_eq!(read_subject(&subject(&one)).unwrap(), one);
            prop_assert_eq!(read_evidence(&evidence(&other, Salt(salt))).unwrap(), (other, Salt(salt)));
        }

        #[test]
        fn whatever_is_read_has_only_these_bytes(
            one in subjects(),
            other in evidences(),
            salt in any::<[u8; 16]>(),
            at in any::<prop::sample::Index>(),
            with in any::<u8>(),
        ) {
            let mut bytes = subject(&one);
            *at.get_mut(&mut bytes) = with;
            if let Ok(read) = read_subject(&bytes) {
                prop_assert_eq!(subject(&read), bytes);
            }
            let mut bytes = evidence(&other, Salt(salt));
            *at.get_mut(&mut bytes) = with;
            if let Ok((read, salt)) = read_evidence(&bytes) {
                prop_assert_eq!(evidence(&read, salt), bytes);
            }
        }
    }

    /// The examples of docs/evidence-format.md: what stands there is what is written for ever.
    #[test]
    fn the_bytes_are_those_of_the_page() {
        const PAGE: &str = include_str!("../../../docs/evidence-format.md");
        let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let example = SharedSubject::new(Subject {
            identifier: "sigillo1.20261127100000.0@alfa.example".into(),
            sender: "anna@alfa.example".into(),
            recipients: vec![
                Named { address: "bob@beta.example".into(), kind: Some(RecipientType::Certified) },
                Named { address: "carla@fuori.example".into(), kind: Some(RecipientType::Ordinary) },
            ],
            subject: "Città".into(),
            client_id: Some("<1@client.example>".into()),
            original: None,
        });
        let row = evidence(&acceptance(About::Subject(example.clone())), SALT);
        let page: String = PAGE.split_whitespace().collect();
        let leaf = tree::leaf(&row);
        for bytes in [example.canonical(), &example.hash().0[..], &row, &SALT.0, &leaf] {
            assert!(page.contains(&hexadecimal(bytes)), "not on the page: {}", hexadecimal(bytes));
        }
        assert!(PAGE.contains(&format!(" {} octets, is\n", row.len())), "it has {} octets", row.len());
    }

    /// That of the page; a row's own is drawn.
    const SALT: Salt =
        Salt([0x9b, 0x1f, 0x6e, 0x02, 0xc4, 0x57, 0xa8, 0x3d, 0x70, 0xee, 0x15, 0x8a, 0x4b, 0xd6, 0x29, 0xf3]);

    /// The row of the page.
    fn acceptance(about: About) -> Evidence {
        Evidence {
            at: Moment::from_unix(1_795_770_000),
            event: Event::Emitted,
            kind: Some(Kind::Acceptance),
            about,
            message_id: "sigillo1.20261127100000.1@alfa.example".into(),
            provider: "Alfa PEC".into(),
            concerns: Vec::new(),
            error: None,
            actor: Actor::System,
        }
    }

    /// What version 1 was never: a row without salt, with a shorter and with a longer one.
    #[test]
    fn a_row_has_its_salt_or_is_none() {
        let whole = evidence(&acceptance(About::Nothing), SALT);
        let (salt, rest) = (whole.len() - 17, &whole[1..]);
        assert_eq!((whole[0], whole[salt]), (0x8b, 0x50));
        let bare = [&[0x8a], &rest[..salt - 1]].concat();
        assert_eq!(read_evidence(&bare), Err(FormatError("an array of 11 items")));
        let short = [&whole[..salt], &[0x4f], &whole[salt + 2..]].concat();
        let long = [&whole[..salt], &[0x51], &whole[salt + 1..], &[0]].concat();
        let empty = [&whole[..salt], &[0x40]].concat();
        for other in [short, long, empty] {
            assert_eq!(read_evidence(&other), Err(FormatError("a salt of 16 octets")), "{}", other.len());
        }
        let text = [&whole[..salt], &[0x70], &[b'a'; 16]].concat();
        assert_eq!(read_evidence(&text), Err(FormatError("a byte string")));
        assert_eq!(read_evidence(&whole[..salt]), Err(FormatError("more bytes")));
        assert!(!format!("{SALT:?}").contains("155"), "what opens a row is not printed");
    }

    #[test]
    fn numbers_are_given_once() {
        let mut events = Event::ALL.map(event_number);
        events.sort_unstable();
        assert!(events.windows(2).all(|pair| pair[0] < pair[1]));
        let mut kinds = Kind::ALL.map(kind_number);
        kinds.sort_unstable();
        assert!(kinds.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn what_is_no_evidence_is_refused_with_what_was_expected() {
        assert_eq!(read_evidence(&[]), Err(FormatError("more bytes")));
        assert_eq!(read_evidence(&[0x8b, 2]), Err(FormatError("version 1")));
        assert_eq!(read_subject(&[0x87, 0x18, 1]), Err(FormatError("the shortest form of a number")));
        assert_eq!(read_subject(&[0x9f, 1]), Err(FormatError("a definite length")));
        assert_eq!(read_subject(&[0x87, 1, 0x60, 0x60, 0x9a, 0xff, 0xff, 0xff, 0xff]), Err(FormatError("more bytes")));
    }
}
