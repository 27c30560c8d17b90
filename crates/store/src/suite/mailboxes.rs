//! Mailboxes, folders, entries.

use super::Engine;
use super::samples::{ANNA, BRUNO, address, at, deposit, for_anna, inbox, mailbox, message, original, store, text};
use crate::{
    CommitError, Correspondents, Folder, Mailbox, MailboxState, MessageId, NewMailbox, OrdinaryMail, Outcome, Store,
};

async fn used(store: &dyn Store, holder: &str) -> u64 {
    store.mailboxes(&[address(holder)]).await.unwrap()[0].as_ref().unwrap().used
}

async fn folder(store: &dyn Store, name: &str) -> Folder {
    store.folders(&address(ANNA)).await.unwrap().into_iter().find(|folder| folder.name == name).unwrap()
}

pub(crate) async fn a_mailbox_is_made_once_and_found_without_regard_to_case(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let service = NewMailbox { quota: 77, service: true, ..mailbox(ANNA, None) };
    assert!(store.create_mailbox(service).await.unwrap());
    assert!(!store.create_mailbox(mailbox(&ANNA.to_uppercase(), Some("x"))).await.unwrap());
    let found = store.mailboxes(&[address(&ANNA.to_lowercase())]).await.unwrap().remove(0).unwrap();
    let expected = Mailbox {
        address: address(ANNA),
        state: MailboxState::Active,
        quota: 77,
        used: 0,
        service: true,
        ordinary: None,
        correspondents: None,
    };
    assert_eq!(found, expected);
    assert_eq!(found.address.as_str(), ANNA);
    assert_eq!(store.authenticate(ANNA, "x").await.unwrap(), None);
    let inbox = folder(&*store, "INBOX").await;
    assert_eq!((inbox.uid_next, inbox.messages, inbox.unseen), (1, 0, 0));
    assert!(inbox.uid_validity > 0 && inbox.highest_modseq > 0);
}

pub(crate) async fn mailboxes_come_in_the_order_asked(engine: &dyn Engine) {
    let store = store(engine).await;
    let asked = [BRUNO, "nobody@pec.example", ANNA, BRUNO].map(address);
    let found = store.mailboxes(&asked).await.unwrap();
    let names: Vec<_> = found.iter().map(|found| found.as_ref().map(|mailbox| mailbox.address.as_str())).collect();
    assert_eq!(names, [Some(BRUNO), None, Some(ANNA), Some(BRUNO)]);
    let all = store.all_mailboxes().await.unwrap();
    assert_eq!(all.iter().map(|mailbox| mailbox.address.as_str()).collect::<Vec<_>>(), [ANNA, BRUNO]);
}

pub(crate) async fn state_and_quota_change_and_unknown_mailboxes_are_told(engine: &dyn Engine) {
    let store = store(engine).await;
    for state in MailboxState::ALL {
        assert!(store.set_state(&address(&ANNA.to_uppercase()), state).await.unwrap());
        assert!(store.set_quota(&address(ANNA), 5).await.unwrap());
        let found = store.mailboxes(&[address(ANNA), address(BRUNO)]).await.unwrap();
        assert_eq!(found[0].as_ref().map(|mailbox| (mailbox.state, mailbox.quota)), Some((state, 5)));
        assert_eq!(found[1].as_ref().map(|mailbox| mailbox.state), Some(MailboxState::Active));
    }
    let nobody = address("nobody@pec.example");
    assert!(!store.set_state(&nobody, MailboxState::Closed).await.unwrap());
    assert!(!store.set_quota(&nobody, 5).await.unwrap());
}

pub(crate) async fn what_a_mailbox_takes_is_set_and_taken_back(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = address(&ANNA.to_uppercase());
    let set = async || {
        let mailbox = store.mailboxes(&[address(ANNA)]).await.unwrap().remove(0).unwrap();
        (mailbox.ordinary, mailbox.correspondents)
    };
    assert_eq!(set().await, (None, None));
    let forward = OrdinaryMail::Forward(address("anna@ufficio.example"));
    for ordinary in [OrdinaryMail::Refuse, OrdinaryMail::Anomaly, OrdinaryMail::Folder("è=\"x".into()), forward] {
        assert!(store.set_ordinary(&anna, Some(ordinary.clone())).await.unwrap());
        assert_eq!(set().await, (Some(ordinary), None));
    }
    for rules in ["any", "certified,@b.example,anna@c.example"] {
        let group: Correspondents = rules.parse().unwrap();
        assert!(store.set_correspondents(&anna, Some(group.clone())).await.unwrap());
        assert_eq!(set().await.1, Some(group));
    }
    assert!(store.set_ordinary(&anna, None).await.unwrap() && store.set_correspondents(&anna, None).await.unwrap());
    assert_eq!(set().await, (None, None));
    let nobody = address("nobody@pec.example");
    assert!(!store.set_ordinary(&nobody, None).await.unwrap());
    assert!(!store.set_correspondents(&nobody, None).await.unwrap());
    let others = store.all_mailboxes().await.unwrap();
    assert!(others.iter().all(|mailbox| mailbox.ordinary.is_none() && mailbox.correspondents.is_none()));
}

pub(crate) async fn used_octets_follow_deposits_and_expunges(engine: &dyn Engine) {
    let store = store(engine).await;
    let mut pieces = pec::Pieces::own("head");
    pieces.push_shared(original(10_000, 1));
    let outcome = Outcome {
        messages: vec![message(pieces), text("five!")],
        deposits: vec![deposit(0, ANNA), deposit(1, ANNA), deposit(0, BRUNO), deposit(1, ANNA)],
        ..Outcome::default()
    };
    store.commit(outcome).await.unwrap();
    assert_eq!((used(&*store, ANNA).await, used(&*store, BRUNO).await), (10_004 + 5 + 5, 10_004));
    assert_eq!(store.expunge(&address(ANNA), "INBOX", &[1, 3, 3, 99]).await.unwrap(), 2);
    assert_eq!((used(&*store, ANNA).await, used(&*store, BRUNO).await), (5, 10_004));
    assert_eq!(store.expunge(&address(BRUNO), "inbox", &[1]).await.unwrap(), 1);
    assert_eq!(used(&*store, BRUNO).await, 0);
}

pub(crate) async fn a_quota_is_not_enforced_by_the_store(engine: &dyn Engine) {
    let store = store(engine).await;
    store.set_quota(&address(ANNA), 3).await.unwrap();
    store.commit(for_anna(text("a receipt that must not be lost"))).await.unwrap();
    assert_eq!(inbox(&*store, ANNA).await.len(), 1);
}

pub(crate) async fn uids_ascend_and_are_never_given_again(engine: &dyn Engine) {
    let store = store(engine).await;
    for _ in 0..3 {
        store.commit(for_anna(text("x"))).await.unwrap();
    }
    assert_eq!(store.expunge(&address(ANNA), "INBOX", &[2, 3]).await.unwrap(), 2);
    assert!(matches!(
        store
            .commit(Outcome {
                messages: vec![text("x")],
                deposits: vec![deposit(0, ANNA), deposit(0, "nobody@pec.example")],
                ..Outcome::default()
            })
            .await,
        Err(CommitError::NoMailbox(_))
    ));
    store.commit(for_anna(text("x"))).await.unwrap();
    assert_eq!(inbox(&*store, ANNA).await.iter().map(|entry| entry.uid).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(folder(&*store, "INBOX").await.uid_next, 5);
}

pub(crate) async fn every_change_advances_the_modification_sequence(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = address(ANNA);
    let mut last = folder(&*store, "INBOX").await.highest_modseq;
    store.commit(for_anna(text("a"))).await.unwrap();
    store.commit(for_anna(text("b"))).await.unwrap();
    let entries = inbox(&*store, ANNA).await;
    assert!(last < entries[0].modseq && entries[0].modseq < entries[1].modseq);
    last = folder(&*store, "INBOX").await.highest_modseq;
    assert_eq!(last, entries[1].modseq);

    assert!(store.set_flags(&anna, "INBOX", 1, &["\\Flagged".into()]).await.unwrap());
    let changed = inbox(&*store, ANNA).await;
    assert!(changed[0].modseq > last);
    assert_eq!(changed[1].modseq, entries[1].modseq);
    last = folder(&*store, "INBOX").await.highest_modseq;
    assert_eq!(last, changed[0].modseq);

    assert_eq!(store.expunge(&anna, "INBOX", &[2]).await.unwrap(), 1);
    let expunged = folder(&*store, "INBOX").await.highest_modseq;
    assert!(expunged > last);
    assert_eq!(store.expunge(&anna, "INBOX", &[2]).await.unwrap(), 0);
    assert!(!store.set_flags(&anna, "INBOX", 2, &[]).await.unwrap());
    assert_eq!(folder(&*store, "INBOX").await.highest_modseq, expunged);
}

pub(crate) async fn flags_are_replaced_and_unseen_is_counted(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = address(ANNA);
    let mut read = for_anna(text("read already"));
    read.deposits[0].flags = vec!["\\seen".into(), "$Forwarded".into(), "$forwarded".into()];
    store.commit(read).await.unwrap();
    store.commit(for_anna(text("new"))).await.unwrap();
    let flags = async || inbox(&*store, ANNA).await.into_iter().map(|entry| entry.flags).collect::<Vec<_>>();
    assert_eq!(flags().await, [vec!["\\seen", "$Forwarded"], vec![]]);
    assert_eq!(folder(&*store, "INBOX").await.unseen, 1);
    for (uid, new, unseen) in [(2, vec!["\\Seen"], 0), (2, vec!["\\Seen", "è"], 0), (1, vec![], 1), (2, vec![], 2)] {
        let new: Vec<String> = new.into_iter().map(str::to_owned).collect();
        assert!(store.set_flags(&anna, "INBOX", uid, &new).await.unwrap());
        assert_eq!(flags().await[uid as usize - 1], new);
        assert_eq!(folder(&*store, "INBOX").await.unseen, unseen);
    }
    store.expunge(&anna, "INBOX", &[1]).await.unwrap();
    assert_eq!(folder(&*store, "INBOX").await.unseen, 1);
}

pub(crate) async fn a_folder_is_made_by_its_first_deposit_and_the_inbox_has_one_name(engine: &dyn Engine) {
    let store = store(engine).await;
    let mut outcome = for_anna(text("x"));
    for name in ["Ricevute/2024 è", "inbox", "ricevute/2024 È", "Ricevute/2024 è"] {
        outcome.deposits[0].folder = name.into();
        store.commit(outcome.clone()).await.unwrap();
    }
    let folders = store.folders(&address(ANNA)).await.unwrap();
    let counts: Vec<_> = folders.iter().map(|folder| (folder.name.as_str(), folder.messages)).collect();
    assert_eq!(counts, [("INBOX", 1), ("Ricevute/2024 è", 2), ("ricevute/2024 È", 1)]);
    let mut validities: Vec<_> = folders.iter().map(|folder| folder.uid_validity).collect();
    validities.sort_unstable();
    validities.dedup();
    assert_eq!(validities.len(), 3, "each folder has a UIDVALIDITY of its own");
    assert_eq!(store.list(&address(ANNA), "InBoX", 0, 10).await.unwrap().len(), 1);
}

pub(crate) async fn a_list_is_read_page_by_page(engine: &dyn Engine) {
    let store = store(engine).await;
    for n in 0..5 {
        let mut outcome = for_anna(text(&"x".repeat(n)));
        outcome.deposits[0].at = at(10 - n as i64);
        store.commit(outcome).await.unwrap();
    }
    let page = async |after, limit| {
        let entries = store.list(&address(ANNA), "INBOX", after, limit).await.unwrap();
        entries.into_iter().map(|entry| (entry.uid, entry.size, entry.internal_date)).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 2).await, [(1, 0, at(10)), (2, 1, at(9))]);
    assert_eq!(page(2, 2).await, [(3, 2, at(8)), (4, 3, at(7))]);
    assert_eq!(page(4, 2).await, [(5, 4, at(6))]);
    assert_eq!(page(5, 2).await, []);
}

pub(crate) async fn what_does_not_exist_is_empty(engine: &dyn Engine) {
    let store = store(engine).await;
    let (anna, nobody) = (address(ANNA), address("nobody@pec.example"));
    assert_eq!(store.folders(&nobody).await.unwrap(), []);
    for (mailbox, folder) in [(&nobody, "INBOX"), (&anna, "Nowhere")] {
        assert!(store.list(mailbox, folder, 0, 10).await.unwrap().is_empty());
        assert!(!store.set_flags(mailbox, folder, 1, &[]).await.unwrap());
        assert_eq!(store.expunge(mailbox, folder, &[1]).await.unwrap(), 0);
    }
    assert!(store.read(MessageId(1)).await.unwrap().is_none());
}
