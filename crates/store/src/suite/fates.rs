//! What became of messages, as the mailbox that sent them is shown it; pages of a folder, with receipts and without.

use pec::Kind;

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, address, at, deposit, sent, store, text};
use crate::{
    FateCount, FolderId, Listed, MailboxId, NewMessage, Outcome, Page, Progress, Reader, Renamed, State, Step, Store,
    Summary, Want,
};

const CARLA: &str = "Carla@altra.example";

async fn id(store: &dyn Store, holder: &str) -> MailboxId {
    store.mailbox(&address(holder)).await.unwrap().unwrap().id
}

pub(crate) async fn what_became_of_a_message_is_told_to_who_sent_it(engine: &dyn Engine) {
    let store = store(engine).await;
    let recipients =
        [(CARLA, State::Accepted, Some(at(100))), (BRUNO, State::Accepted, None), ("d@x.example", State::Sent, None)];
    store.commit(Outcome { sent: Some(sent("one", &recipients)), ..Outcome::default() }).await.unwrap();
    store.commit(Outcome { sent: Some(sent("two", &recipients[..1])), ..Outcome::default() }).await.unwrap();
    let progress = Progress {
        about: "one".into(),
        recipient: address(CARLA),
        step: Step::Deliver,
        at: at(9),
        code: None,
        receipt: None,
        due: None,
        seen: None,
    };
    store.commit(Outcome { progress: vec![progress], ..Outcome::default() }).await.unwrap();
    let (anna, bruno) = (id(&*store, ANNA).await, id(&*store, BRUNO).await);
    let fates = store.fates(anna, &"one".into()).await.unwrap();
    let told: Vec<_> = fates.iter().map(|fate| (fate.recipient.as_str(), fate.state)).collect();
    assert_eq!(told, [(CARLA, State::Delivered), (BRUNO, State::Accepted), ("d@x.example", State::Sent)]);
    assert_eq!(store.fates(bruno, &"one".into()).await.unwrap(), []);
    let all = || vec!["one".into(), "two".into(), "three".into()];
    let mut counted = store.fates_counted(anna, all()).await.unwrap();
    counted.sort_by_key(|count| (count.identifier.to_string(), count.state.name()));
    let count = |identifier: &str, state, recipients| FateCount { identifier: identifier.into(), state, recipients };
    let expected = [
        count("one", State::Accepted, 1),
        count("one", State::Delivered, 1),
        count("one", State::Sent, 1),
        count("two", State::Accepted, 1),
    ];
    assert_eq!(counted, expected);
    assert_eq!(store.fates_counted(bruno, all()).await.unwrap(), []);
    let found = store.correspondents(anna, "ALTRA", 10).await.unwrap();
    assert_eq!(found, [address(CARLA)]);
    assert_eq!(store.correspondents(anna, "", 2).await.unwrap().len(), 2);
    assert_eq!(store.correspondents(bruno, "", 10).await.unwrap(), []);
    // Under another name it is the same mailbox.
    let renamed = store.rename_mailbox(&address(ANNA), &address("anna.neri@pec.example"), at(0)).await.unwrap();
    assert_eq!(renamed, Renamed::Done);
    assert_eq!(store.fates(anna, &"one".into()).await.unwrap(), fates);
    assert_eq!(store.correspondents(anna, "altra", 10).await.unwrap(), found);
}

pub(crate) async fn what_lies_in_a_mailbox_about_a_message_is_found(engine: &dyn Engine) {
    let store = store(engine).await;
    let about = |kind, id: &str| {
        let message_id = format!("<{id}>");
        let summary = Summary { kind, identifier: Some("one".into()), message_id, ..Summary::default() };
        NewMessage { summary, ..text(id) }
    };
    let messages = vec![about(None, "copy"), about(Some(Kind::Acceptance), "acceptance")];
    let deposits = vec![deposit(0, ANNA), deposit(1, ANNA), deposit(1, BRUNO)];
    store.commit(Outcome { messages, deposits, ..Outcome::default() }).await.unwrap();
    let (anna, bruno) = (id(&*store, ANNA).await, id(&*store, BRUNO).await);
    let ids = |filed: Vec<crate::Filed>| filed.into_iter().map(|one| (one.message_id, one.kind)).collect::<Vec<_>>();
    let acceptance = ("acceptance".to_owned(), Some(Kind::Acceptance));
    let all = store.filed(anna, &"one".into(), 10).await.unwrap();
    assert_eq!(all[0].uid, 1);
    assert_eq!(ids(all), [("copy".to_owned(), None), acceptance.clone()]);
    assert_eq!(store.filed(anna, &"one".into(), 1).await.unwrap().len(), 1);
    assert_eq!(ids(store.filed(bruno, &"one".into(), 10).await.unwrap()), [acceptance]);
    assert_eq!(store.filed(anna, &"two".into(), 10).await.unwrap(), []);
}

async fn page(store: &dyn Store, folder: FolderId, below: Option<u32>, listed: Listed) -> (Vec<u32>, Option<u32>) {
    let want = Want { summary: true, ..Want::default() };
    let page = Page { folder, below, listed, want, reader: Reader::Owner, limit: 3 };
    let newest = store.newest(page).await.unwrap();
    assert!(newest.entries.iter().all(|entry| entry.summary.is_some()));
    (newest.entries.iter().map(|entry| entry.uid).collect(), newest.next)
}

pub(crate) async fn a_folder_is_paged_from_its_newest_message_on(engine: &dyn Engine) {
    let store = store(engine).await;
    // Every third one is a receipt.
    let message = |number: usize| {
        let kind = number.is_multiple_of(3).then_some(Kind::Delivery);
        NewMessage { summary: Summary { kind, ..Summary::default() }, ..text(&format!("{number}")) }
    };
    let messages = (1..=7).map(message).collect();
    let deposits = (0..7).map(|number| deposit(number, ANNA)).collect();
    store.commit(Outcome { messages, deposits, ..Outcome::default() }).await.unwrap();
    let inbox = store.folders(id(&*store, ANNA).await, Reader::Owner).await.unwrap().remove(0).id;
    assert_eq!(page(&*store, inbox, None, Listed::All).await, (vec![7, 6, 5], Some(5)));
    assert_eq!(page(&*store, inbox, Some(5), Listed::All).await, (vec![4, 3, 2], Some(2)));
    assert_eq!(page(&*store, inbox, Some(2), Listed::All).await, (vec![1], None));
    assert_eq!(page(&*store, inbox, None, Listed::Messages).await, (vec![7, 5, 4], Some(4)));
    assert_eq!(page(&*store, inbox, Some(4), Listed::Messages).await, (vec![2, 1], None));
    assert_eq!(page(&*store, inbox, None, Listed::Receipts).await, (vec![6, 3], None));
    assert_eq!(page(&*store, inbox, Some(1), Listed::All).await, (vec![], None));
}
