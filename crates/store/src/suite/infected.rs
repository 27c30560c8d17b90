//! Infected messages are put away, and stay [R-2.2.4-a].

use super::engine::Engine;
use super::samples::{ANNA, at, deposit, dispatch, expunge, for_anna, inbox, original, queue, receipt, store, text};
use crate::{Handle, Hop, Infected, InfectedQuery, InfectedRow, Outcome, Point, QueueChange, Store};

fn put_away(message: usize, identifier: &str, point: Point) -> Infected {
    Infected {
        message: Handle(message),
        identifier: identifier.into(),
        at: at(0),
        virus: "Eicar-Test-Signature".into(),
        point,
        until: at(0).plus_months(30),
    }
}

async fn all(store: &dyn Store) -> Vec<InfectedRow> {
    store.infected(InfectedQuery { limit: 100, ..InfectedQuery::default() }).await.unwrap()
}

pub(crate) async fn an_infected_message_is_kept_without_any_mailbox(engine: &dyn Engine) {
    let store = store(engine).await;
    let message = receipt("head", &original(20_000, 3));
    let bytes = message.pieces.to_bytes();
    let infected = vec![put_away(0, "id", Point::Incoming)];
    store.commit(Outcome { messages: vec![message], infected, ..Outcome::default() }).await.unwrap();
    store.close().await.unwrap();
    drop(store);

    let again = engine.open("store").await;
    let rows = all(&*again).await;
    let expected = InfectedRow {
        number: 1,
        message: rows[0].message,
        identifier: "id".into(),
        at: at(0),
        virus: "Eicar-Test-Signature".into(),
        point: Point::Incoming,
        until: at(0).plus_months(30),
        size: bytes.len() as u64,
    };
    assert_eq!(rows, [expected]);
    assert_eq!(again.read(rows[0].message).await.unwrap().unwrap().to_bytes(), bytes);
    assert!(inbox(&*again, ANNA).await.is_empty());
}

pub(crate) async fn it_stays_when_everything_else_that_refers_to_it_goes(engine: &dyn Engine) {
    let store = store(engine).await;
    let message = receipt("head", &original(20_000, 4));
    let outcome = Outcome {
        messages: vec![message],
        deposits: vec![deposit(0, ANNA)],
        dispatches: vec![dispatch(0, &Hop::Local, at(0))],
        infected: vec![put_away(0, "id", Point::Access)],
        ..Outcome::default()
    };
    store.commit(outcome).await.unwrap();
    let entry = inbox(&*store, ANNA).await.remove(0);
    expunge(&*store, ANNA, &[entry.uid]).await;
    let done = QueueChange::Done(queue(&*store).await[0].id);
    store.commit(Outcome { queue: vec![done], ..Outcome::default() }).await.unwrap();
    assert!(store.read(entry.message).await.unwrap().is_some());
    assert_eq!(all(&*store).await[0].point, Point::Access);
    let figures = store.figures().await.unwrap();
    assert_eq!((figures.messages, figures.originals, figures.queued), (1, 1, 0));
}

pub(crate) async fn the_special_store_is_read_page_by_page_and_by_identifier(engine: &dyn Engine) {
    let store = store(engine).await;
    for identifier in ["a", "b", "a", "c"] {
        let infected = vec![put_away(0, identifier, Point::Access)];
        let outcome = Outcome { messages: vec![text(identifier)], infected, ..Outcome::default() };
        store.commit(outcome).await.unwrap();
    }
    let identifiers =
        |rows: Vec<InfectedRow>| rows.into_iter().map(|row| row.identifier.to_string()).collect::<String>();
    let first = store.infected(InfectedQuery { limit: 3, ..InfectedQuery::default() }).await.unwrap();
    let after = first[2].number;
    assert_eq!(identifiers(first), "aba");
    let rest = store.infected(InfectedQuery { after, limit: 3, ..InfectedQuery::default() }).await.unwrap();
    assert_eq!(identifiers(rest), "c");
    let query = InfectedQuery { identifier: Some("a".into()), limit: 9, ..InfectedQuery::default() };
    assert_eq!(identifiers(store.infected(query).await.unwrap()), "aa");
}

pub(crate) async fn an_outcome_that_fails_puts_nothing_away(engine: &dyn Engine) {
    let store = store(engine).await;
    let outside = Outcome { infected: vec![put_away(1, "id", Point::Access)], ..for_anna(text("x")) };
    assert!(store.commit(outside).await.is_err());
    let mut homeless = for_anna(text("x"));
    homeless.infected = vec![put_away(0, "id", Point::Access)];
    homeless.deposits.push(deposit(0, "nobody@pec.example"));
    assert!(store.commit(homeless).await.is_err());
    assert!(all(&*store).await.is_empty());
    assert_eq!(store.figures().await.unwrap().messages, 0);
}
