//! Messages are found in the evidence by what everybody knows of them.

use std::collections::BTreeSet;

use pec::RecipientType;

use super::engine::Engine;
use super::samples::{at, evidence, store};
use crate::{About, Evidence, FoundMessage, MessageQuery, Named, Outcome, SharedSubject, Store, Subject};

/// The `number`th message: of one of three senders, to some of ten recipients, on one of five days.
fn sample(number: usize) -> (Subject, i64) {
    let named = |n: usize| Named {
        address: format!("ufficio{n}@beta.example"),
        kind: Some(if n.is_multiple_of(2) { RecipientType::Certified } else { RecipientType::Ordinary }),
    };
    let words = ["Fattura", "Città", "convocazione", "Re:", "PERCHÉ"];
    let subject = Subject {
        identifier: format!("opec{number}@alfa.example").into(),
        sender: format!("Mario.{}@alfa.example", number % 3),
        recipients: (0..number % 4 + 1).map(|n| named((number + n) % 10)).collect(),
        subject: format!("{} {} n. {number}/2026", words[number % 5], words[(number + 2) % 5]),
        client_id: (!number.is_multiple_of(7)).then(|| format!("<{number}@client.example>")),
        original: None,
    };
    (subject, (number as i64 / 10) * 86_400 + number as i64)
}

async fn write(store: &dyn Store, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let (subject, seconds) = sample(number);
        let row = Evidence { at: at(seconds), about: About::Subject(SharedSubject::new(subject)), ..evidence("") };
        // The second row is later, and counts for nothing.
        let later = Evidence { at: at(seconds + 500_000), ..row.clone() };
        store.commit(Outcome { evidence: vec![row, later], ..Outcome::default() }).await.unwrap();
    }
}

/// The whole answer, page by page; messages by the number in their identifier.
async fn all(store: &dyn Store, query: &MessageQuery) -> Vec<usize> {
    let mut query = query.clone();
    let mut found: Vec<FoundMessage> = Vec::new();
    loop {
        let part = store.find(query.clone()).await.unwrap();
        assert!(part.messages.len() <= query.limit);
        found.extend(part.messages);
        match part.next {
            Some(next) => {
                assert!(query.before.is_none_or(|before| next < before), "an answer goes on");
                query.before = Some(next);
            }
            None => break,
        }
    }
    assert!(found.is_sorted_by(|one, next| one.place > next.place), "the last ones first");
    let number = |found: &FoundMessage| {
        let identifier = found.subject.subject().identifier.to_string();
        let number = identifier.trim_start_matches("opec").split('@').next().unwrap().parse().unwrap();
        assert_eq!((found.subject.subject(), found.at), (&sample(number).0, at(sample(number).1)));
        assert_eq!((found.log.0, found.number), (1, 2 * number as u64 + 1));
        number
    };
    found.iter().map(number).collect()
}

pub(crate) async fn messages_are_found_by_each_of_their_parts_and_all_together(engine: &dyn Engine) {
    const COUNT: usize = 60;
    let store = store(engine).await;
    write(&*store, 0..COUNT).await;
    let any = || MessageQuery { limit: 7, ..MessageQuery::default() };
    let day = 86_400;
    type Is = fn(usize) -> bool;
    let questions: [(MessageQuery, Is); 14] = [
        (any(), |_| true),
        (MessageQuery { identifier: Some("opec17@alfa.example".into()), ..any() }, |n| n == 17),
        (MessageQuery { identifier: Some("opec17@alfa.example".into()), words: "altro".into(), ..any() }, |_| false),
        (MessageQuery { client_id: Some("12@client.example".into()), ..any() }, |n| n == 12),
        (MessageQuery { client_id: Some("<14@client.example>".into()), ..any() }, |_| false),
        (MessageQuery { sender: Some("mario.1@ALFA.example".into()), ..any() }, |n| n % 3 == 1),
        (MessageQuery { recipient: Some("ufficio4@beta.example".into()), ..any() }, |n| {
            (4 + 10 - n % 10) % 10 <= n % 4
        }),
        (MessageQuery { words: "fattura".into(), ..any() }, |n| n % 5 == 0 || n % 5 == 3),
        (MessageQuery { words: "CITTA perche".into(), ..any() }, |n| n % 5 == 4),
        (MessageQuery { words: "fattur* 20/2026".into(), ..any() }, |n| n == 20),
        (MessageQuery { since: Some(at(2 * day)), until: Some(at(3 * day)), ..any() }, |n| (20..30).contains(&n)),
        (MessageQuery { since: Some(at(2 * day + 25)), until: Some(at(3 * day + 32)), ..any() }, |n| {
            (25..32).contains(&n)
        }),
        (MessageQuery { until: Some(at(day)), sender: Some("mario.0@alfa.example".into()), ..any() }, |n| {
            n < 10 && n % 3 == 0
        }),
        (
            MessageQuery {
                sender: Some("mario.2@alfa.example".into()),
                words: "città".into(),
                since: Some(at(day)),
                ..any()
            },
            |n| n % 3 == 2 && (n % 5 == 1 || n % 5 == 4) && n >= 10,
        ),
    ];
    for (query, is) in questions {
        let expected: Vec<usize> = (0..COUNT).rev().filter(|n| is(*n)).collect();
        assert_eq!(all(&*store, &query).await, expected, "{query:?}");
    }
}

pub(crate) async fn a_message_is_found_at_once_and_shown_once(engine: &dyn Engine) {
    let store = store(engine).await;
    let any = MessageQuery { limit: 100, ..MessageQuery::default() };
    for number in 0..30 {
        write(&*store, number..number + 1).await;
        let found = store.find(MessageQuery { limit: 1, ..any.clone() }).await.unwrap();
        let identifier = found.messages[0].subject.subject().identifier.to_string();
        assert_eq!(identifier, format!("opec{number}@alfa.example"), "what is committed is found");
    }
    // Somebody else's words about the same message: another subject under its identifier.
    let other = Subject { subject: "Altro".into(), ..sample(3).0 };
    let row = Evidence { about: About::Subject(SharedSubject::new(other)), ..evidence("") };
    store.commit(Outcome { evidence: vec![row], ..Outcome::default() }).await.unwrap();
    assert_eq!(all(&*store, &any).await.into_iter().collect::<BTreeSet<_>>().len(), 30);
    let altro = store.find(MessageQuery { words: "altro".into(), ..any.clone() }).await.unwrap();
    assert_eq!(altro.messages.len(), 1, "by what stands in it alone it is found");
    assert!(store.find(MessageQuery { words: "nessuno".into(), ..any }).await.unwrap().messages.is_empty());
}
