//! Messages found in the trace, by what people know of them.

use control::{EvidenceRequest, Fault, Item, MessageFilter, Request};
use pec::{Moment, RecipientType};
use store::{About, Actor, Event, Evidence, Ledger, Named, Outcome, SharedSubject, Subject};

use crate::bench::{Bench, NOW};

/// Seven messages, a day after the other, to so many recipients as their number says.
async fn filled() -> Bench {
    let bench = Bench::new().await;
    for number in 0..7 {
        let named = |n| Named { address: format!("ufficio{n}@beta.example"), kind: Some(RecipientType::Certified) };
        let subject = Subject {
            identifier: format!("{number}@alfa.example").into(),
            sender: "anna@alfa.example".into(),
            recipients: (0..number).map(named).collect(),
            subject: format!("Diffida n. {number}"),
            client_id: Some(format!("<c{number}@host>")),
            original: None,
        };
        let row = Evidence {
            at: Moment::from_unix(NOW).plus(number * 86_400),
            event: Event::Received,
            kind: None,
            about: About::Subject(SharedSubject::new(subject)),
            message_id: String::new(),
            provider: String::new(),
            concerns: Vec::new(),
            error: None,
            actor: Actor::Holder,
        };
        bench.store.commit(Outcome { evidence: vec![row], ..Outcome::default() }).await.unwrap();
    }
    bench
}

fn find(filter: MessageFilter) -> Request {
    Request::Evidence(EvidenceRequest::Find(filter))
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_found_page_by_page_and_recipients_are_counted_beyond_five() {
    let bench = filled().await;
    let any = MessageFilter { words: "DIFFIDA".into(), limit: Some(3), ..MessageFilter::default() };
    let (mut filter, mut found) = (any.clone(), Vec::new());
    loop {
        let items = bench.ask(find(filter.clone())).await.unwrap();
        let more = items.iter().find_map(|item| if let Item::More(more) = item { Some(more.before) } else { None });
        found.extend(
            items.into_iter().filter_map(|item| if let Item::Found(found) = item { Some(found) } else { None }),
        );
        filter.before = more;
        if more.is_none() {
            break;
        }
    }
    let identifiers: Vec<&str> = found.iter().map(|found| &*found.subject.identifier).collect();
    assert_eq!(identifiers, (0..7).rev().map(|n| format!("{n}@alfa.example")).collect::<Vec<_>>());
    let json = serde_json::to_value(Item::Found(found[0].clone())).unwrap();
    assert_eq!(
        (&json["type"], &json["identifier"], &json["log"]),
        (&"found".into(), &"6@alfa.example".into(), &1.into())
    );
    assert_eq!(json["recipients"].as_array().unwrap().len(), 6);

    let lines = bench.lines(find(any)).await;
    let at = Moment::from_unix(NOW).plus(6 * 86_400);
    assert_eq!(lines[0], format!("1/7 {at}  message 6@alfa.example"), "{lines:#?}");
    assert_eq!(
        lines[2..8],
        [0, 1, 2, 3, 4]
            .map(|n| format!("  to ufficio{n}@beta.example (certified)"))
            .into_iter()
            .chain(["  and to 1 more".to_owned()])
            .collect::<Vec<_>>()
    );
    assert_eq!(lines[8..10], ["  subject: Diffida n. 6", "  Message-ID of the sender's program: <c6@host>"]);
    assert!(lines.last().unwrap().starts_with("there may be more: --before "), "{lines:#?}");
    // Who looks changes nothing, and leaves nothing.
    assert_eq!(bench.acts().await, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_said_must_hold_and_what_says_nothing_is_refused() {
    let bench = filled().await;
    let found = async |filter: MessageFilter| bench.ask(find(filter)).await.unwrap().len();
    let any = MessageFilter::default;
    let day = |days: i64| Moment::from_unix(NOW).plus(days * 86_400).date();
    assert_eq!(found(any()).await, 7);
    assert_eq!(found(MessageFilter { identifier: Some("<3@alfa.example>".into()), ..any() }).await, 1);
    assert_eq!(found(MessageFilter { client_id: Some("c3@host".into()), ..any() }).await, 1);
    assert_eq!(found(MessageFilter { recipient: Some("ufficio4@beta.example".into()), ..any() }).await, 2);
    assert_eq!(found(MessageFilter { since: Some(day(2)), until: Some(day(4)), ..any() }).await, 3);
    let one =
        MessageFilter { since: Some(day(5)), until: Some(day(5)), sender: Some("ANNA@alfa.example".into()), ..any() };
    assert_eq!(found(MessageFilter { words: "diff* 5".into(), ..one.clone() }).await, 1);
    assert_eq!(found(MessageFilter { words: "diff* 4".into(), ..one }).await, 0);
    let refused = bench.ask(find(MessageFilter { words: "di*".into(), ..any() })).await.unwrap_err();
    assert!(refused.fault == Fault::Request && refused.what.contains("di*"), "{}", refused.what);
}
