//! How full mailboxes are, what they refuse, and whom to tell.

use std::sync::Arc;

use pec::{Identifier, Moment};

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, SERVICE, address, at, store, text, with_service};
use super::session::{Session, set};
use crate::{
    Append, CommitError, Flags, Forecast, FullRefusal, Growth, LevelReached, MailboxChange, MailboxId, MailboxState,
    NewMessage, Outcome, Reader, Refusals, Store, Telling,
};

const DAY: i64 = 24 * 3600;

/// A session of Anna's, whose mailbox may hold so many octets.
async fn small(store: &Arc<dyn Store>, octets: u64) -> Session {
    quota(store.as_ref(), octets).await;
    Session::of(store, ANNA).await
}

async fn quota(store: &dyn Store, quota: u64) {
    let change = MailboxChange { quota: Some(quota), ..MailboxChange::default() };
    store.change_mailbox(&address(ANNA), change).await.unwrap();
}

async fn reached(store: &dyn Store) -> Vec<LevelReached> {
    store.levels_reached(MailboxId(0), 10).await.unwrap()
}

/// The levels of which holders are to be told.
async fn levels(store: &dyn Store) -> Vec<u8> {
    reached(store).await.into_iter().map(|reached| reached.level).collect()
}

/// Tells Anna of a level.
async fn tell(store: &dyn Store, level: u8) -> Result<(), CommitError> {
    let told = vec![Telling::Level { mailbox: address(ANNA), level }];
    store.commit(Outcome { told, ..Outcome::default() }).await.map(drop)
}

pub(crate) async fn a_level_is_told_once_for_each_time_that_it_is_reached(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = small(&store, 200).await;
    // Five octets each.
    anna.deposit("INBOX", 27).await;
    assert_eq!(levels(&*store).await, [0; 0]);
    let committed = store.commit(anna.letter("INBOX")).await.unwrap();
    assert!(committed.fills, "who commits hears that somebody is to be told");
    let mailbox = anna.mailbox;
    assert_eq!(
        reached(&*store).await,
        [LevelReached { mailbox, address: address(ANNA), level: 70, counted: 140, quota: 200 }]
    );
    tell(&*store, 70).await.unwrap();
    assert_eq!(levels(&*store).await, [0; 0]);
    let again = tell(&*store, 70).await.unwrap_err();
    assert!(matches!(again, CommitError::AlreadyTold(of) if of == address(ANNA)));
    // One message goes and another one comes; then two go, and the level is left.
    anna.expunge("INBOX", &[1]).await;
    assert!(!store.commit(anna.letter("INBOX")).await.unwrap().fills);
    anna.expunge("INBOX", &[2, 3]).await;
    anna.deposit("INBOX", 2).await;
    assert_eq!(levels(&*store).await, [70]);
    // What was not told in time is told as it stands.
    anna.deposit("INBOX", 10).await;
    assert_eq!(levels(&*store).await, [95]);
    tell(&*store, 95).await.unwrap();
    anna.expunge("INBOX", &[4, 5]).await;
    assert_eq!(levels(&*store).await, [0; 0], "who falls from a level reaches none");
    let figures = store.figures().await.unwrap().fullness;
    assert_eq!(figures.into_iter().collect::<Vec<_>>(), [(70, 0), (80, 0), (90, 1), (95, 0)]);
    anna.deposit("INBOX", 1).await;
    assert_eq!(levels(&*store).await, [0; 0]);
    anna.deposit("INBOX", 1).await;
    assert_eq!(levels(&*store).await, [95]);
}

pub(crate) async fn whatever_fills_a_mailbox_reaches_its_levels(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = small(&store, 100).await;
    let (inbox, other) = (anna.id("INBOX").await, anna.id("Bozze").await);
    let told = async |level: u8| {
        assert_eq!(levels(&*store).await, [level]);
        tell(&*store, level).await.unwrap();
    };
    let draft = |message: NewMessage| Append {
        folder: inbox,
        message,
        flags: Flags::default(),
        reader: Reader::Owner,
        at: at(0),
        saved: at(0),
        own: false,
    };
    store.append(vec![draft(text(&"x".repeat(40)))]).await.unwrap();
    store.copy(inbox, &set(&[1]), other, at(0)).await.unwrap();
    told(80).await;
    quota(&*store, 85).await;
    told(90).await;
    // What does not count fills nothing, and what an administrator gives empties.
    let mut receipt = anna.letter("INBOX");
    receipt.deposits[0].counts = false;
    assert!(!store.commit(receipt).await.unwrap().fills);
    quota(&*store, 1000).await;
    assert!(
        levels(&*store).await.is_empty() && store.figures().await.unwrap().fullness.values().all(|count| *count == 0)
    );
    quota(&*store, 80).await;
    told(95).await;
    // A mailbox that nobody reads waits.
    quota(&*store, 1000).await;
    quota(&*store, 80).await;
    let state = |state| MailboxChange { state: Some(state), ..MailboxChange::default() };
    store.change_mailbox(&address(ANNA), state(MailboxState::Closed)).await.unwrap();
    assert_eq!(levels(&*store).await, [0; 0]);
    store.change_mailbox(&address(ANNA), state(MailboxState::Active)).await.unwrap();
    told(95).await;
}

pub(crate) async fn what_moves_within_a_mailbox_fills_it_no_more(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = small(&store, 200).await;
    // Five octets each.
    anna.deposit("INBOX", 27).await;
    let (inbox, bin) = (anna.id("INBOX").await, anna.id("Cestino").await);
    let some: Vec<u32> = (1..=20).collect();
    store.move_to(inbox, &set(&some), bin, at(0)).await.unwrap();
    assert_eq!(levels(&*store).await, [0; 0], "135 of 200 octets, also while twenty letters stood in both folders");
    let mailbox = anna.look().await;
    assert_eq!((mailbox.used, mailbox.counted), (135, 135));
    assert_eq!((anna.folder("INBOX").await.size, anna.folder("Cestino").await.size), (35, 100));
}

pub(crate) async fn a_level_that_was_reached_is_there_after_a_restart(engine: &dyn Engine) {
    let store = store(engine).await;
    small(&store, 100).await.deposit("INBOX", 20).await;
    store.close().await.unwrap();
    let store = engine.open("store").await;
    assert_eq!(levels(&*store).await, [95]);
    tell(&*store, 95).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(levels(&*engine.open("store").await).await, [0; 0]);
}

/// A message that Anna's mailbox refused.
fn refusal(number: usize) -> FullRefusal {
    FullRefusal {
        mailbox: address(ANNA),
        at: at(number as i64),
        size: 7,
        certified: number.is_multiple_of(2),
        identifier: Some(Identifier::from(format!("{number}@altra.example"))),
        sender: "carla@altra.example".into(),
        subject: format!("Città {number}"),
    }
}

async fn refuse(store: &dyn Store, numbers: impl IntoIterator<Item = usize>) {
    for number in numbers {
        store.commit(Outcome { refused: vec![refusal(number)], ..Outcome::default() }).await.unwrap();
    }
}

async fn refusals(store: &dyn Store, before: Moment) -> Vec<Refusals> {
    store.refusals(before, MailboxId(0), 10).await.unwrap()
}

fn telling(refusals: &Refusals, at: Moment) -> Outcome {
    let Refusals { address: mailbox, told, count, last, .. } = refusals.clone();
    Outcome { told: vec![Telling::Refusals { mailbox, told, count, last, at }], ..Outcome::default() }
}

pub(crate) async fn what_a_full_mailbox_refuses_is_kept_until_its_holder_is_told(engine: &dyn Engine) {
    let store = with_service(engine).await;
    let anna = Session::of(&store, ANNA).await;
    refuse(&*store, [0, 1, 1, 0]).await;
    let unnamed = FullRefusal { identifier: None, ..refusal(2) };
    for _ in 0..2 {
        store.commit(Outcome { refused: vec![unnamed.clone()], ..Outcome::default() }).await.unwrap();
    }
    let [first] = refusals(&*store, at(0)).await.try_into().unwrap();
    let listed = vec![refusal(0), refusal(1), unnamed.clone(), unnamed];
    assert_eq!((first.mailbox, first.count, &first.listed), (anna.mailbox, 4, &listed), "the same message once");
    // One more comes while he is told.
    refuse(&*store, [5]).await;
    store.commit(telling(&first, at(100))).await.unwrap();
    let again = store.commit(telling(&first, at(101))).await.unwrap_err();
    assert!(matches!(again, CommitError::AlreadyTold(_)), "{again}");
    assert_eq!(refusals(&*store, at(99)).await, [], "he was told lately");
    let [later] = refusals(&*store, at(100)).await.try_into().unwrap();
    assert_eq!((later.told, later.count, later.listed.as_slice()), (at(100), 1, [refusal(5)].as_slice()));
    // The same message again is news once he was told of it.
    refuse(&*store, [0]).await;
    assert_eq!(refusals(&*store, at(100)).await[0].count, 2);
    let nobody = [address(SERVICE), address("nessuno@pec.example")];
    for mailbox in nobody {
        let refused = vec![FullRefusal { mailbox, ..refusal(9) }];
        let error = store.commit(Outcome { refused, ..Outcome::default() }).await.unwrap_err();
        assert!(matches!(error, CommitError::NoMailbox(_)), "{error}");
    }
}

pub(crate) async fn of_many_refusals_the_first_are_kept_and_the_others_counted(engine: &dyn Engine) {
    let store = store(engine).await;
    let many = Refusals::LISTED + 7;
    refuse(&*store, 0..many).await;
    let [flood] = refusals(&*store, at(0)).await.try_into().unwrap();
    assert_eq!((flood.count, flood.listed.len()), (many as u64, Refusals::LISTED));
    // Of what is only counted the holder is told too.
    refuse(&*store, [many]).await;
    store.commit(telling(&flood, at(5))).await.unwrap();
    let [rest] = refusals(&*store, at(5)).await.try_into().unwrap();
    assert_eq!((rest.count, rest.listed.len()), (1, 0));
    store.commit(telling(&rest, at(6))).await.unwrap();
    assert_eq!(refusals(&*store, at(6)).await, []);
}

pub(crate) async fn growth_is_what_counts_and_came_lately(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, bruno) = (Session::of(&store, ANNA).await, Session::of(&store, BRUNO).await);
    let now = at(100 * DAY);
    let growth = async |session: &Session| store.growth(session.mailbox, now).await.unwrap();
    assert_eq!(growth(&anna).await, Growth::default());
    for (days, counts) in [(200, false), (50, true), (27, true), (3, true), (2, false)] {
        let mut outcome = anna.letter("INBOX");
        (outcome.deposits[0].at, outcome.deposits[0].counts) = (now.plus(-days * DAY), counts);
        store.commit(outcome).await.unwrap();
    }
    bruno.deposit("INBOX", 1).await;
    let grown = growth(&anna).await;
    assert_eq!(grown, Growth { since: Some(now.plus(-50 * DAY)), octets: 10 });
    assert_eq!(grown.forecast(15, 20, now), Forecast::Days(14));
    // What is moved stays as old as it is, and what goes is no growth.
    store.move_to(anna.id("INBOX").await, &set(&[3]), anna.id("Bozze").await, now).await.unwrap();
    assert_eq!(growth(&anna).await, grown);
    anna.expunge("Bozze", &[1]).await;
    assert_eq!(growth(&anna).await.octets, 5);
}
