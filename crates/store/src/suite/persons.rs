//! What is kept of one person, and what goes when it is erased.

use std::net::IpAddr;

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, address, at, store};
use super::session::Session;
use crate::{
    Access, AccessOutcome, Account, Actor, AppPasswordMade, Expired, ExpiryLimit, FlagOperation, MailboxChange,
    MailboxTraces, NewAppPassword, Note, NotesOf, OrdinaryMail, Protocol, Protocols, Reader, Renamed, Rights, Store,
    UserTraces,
};

async fn app_password(store: &dyn Store, of: Account) {
    let new =
        NewAppPassword { of, mailbox: None, name: "x".into(), protocols: Protocols::ALL, made: at(0), ends: None };
    assert!(matches!(store.make_app_password(new).await.unwrap(), AppPasswordMade::Made(..)));
}

fn note(reader: Reader) -> Note {
    Note { name: "/comment".into(), value: Some(b"mine".to_vec()), reader: Some(reader) }
}

pub(crate) async fn a_user_is_erased_and_the_name_is_nobody_s_as_long_as_evidence_may_name_it(engine: &dyn Engine) {
    let store = store(engine).await;
    let user = store.create_user("Mario", "Mario Rossi", Some("gru-tavolo-melone")).await.unwrap().unwrap();
    let other = store.create_user("olga", "Olga", None).await.unwrap().unwrap();
    store.grant("mario", &address(ANNA), Rights::ALL).await.unwrap();
    store.grant("olga", &address(ANNA), Rights::ALL).await.unwrap();
    app_password(&*store, Account::User("mario".into())).await;
    let anna = Session::of(&store, ANNA).await;
    anna.deposit("INBOX", 3).await;
    for reader in [&user, &other] {
        anna.by(reader.id).flag("INBOX", &[1, 2], FlagOperation::Add, &["\\Seen"]).await;
        let of = NotesOf { mailbox: anna.mailbox, folder: None };
        store.annotate(of, vec![note(Reader::User(reader.id))]).await.unwrap();
    }
    let traces = UserTraces { grants: 1, app_passwords: 1, seen: 2, notes: 1 };
    assert_eq!(store.traces_of_user("MARIO").await.unwrap(), Some(traces));
    assert_eq!(store.erased_user("mario").await.unwrap(), None);

    assert!(store.erase_user("Mario", at(100)).await.unwrap());
    assert_eq!(store.erased_user("Mario").await.unwrap(), Some(at(100)));
    assert!(!store.erase_user("mario", at(200)).await.unwrap(), "once");
    assert_eq!((store.user("mario").await.unwrap(), store.traces_of_user("mario").await.unwrap()), (None, None));
    assert_eq!(store.users().await.unwrap(), std::slice::from_ref(&other));
    assert_eq!(store.authenticate("mario", "gru-tavolo-melone").await.unwrap(), None);
    assert!(!store.grant("mario", &address(ANNA), Rights::ALL).await.unwrap());
    assert!(!store.enable_user("mario", true).await.unwrap());
    assert_eq!(store.create_user("mario", "another one", None).await.unwrap(), None);
    // Of others nothing went.
    let left = UserTraces { grants: 1, app_passwords: 0, seen: 2, notes: 1 };
    assert_eq!(store.traces_of_user("olga").await.unwrap(), Some(left));
    assert_eq!(anna.by(other.id).folder("INBOX").await.unseen, 1);

    let expire = async |before| store.expire(ExpiryLimit { now: before, before, rows: 10 }).await.unwrap();
    assert_eq!(expire(at(100)).await, Expired::default());
    assert_eq!(expire(at(101)).await, Expired { notes: 1, ..Expired::default() });
    assert!(store.create_user("mario", "another one", None).await.unwrap().is_some());
}

pub(crate) async fn what_a_mailbox_has_besides_messages_is_erased_and_nothing_of_another(engine: &dyn Engine) {
    let store = store(engine).await;
    store.create_user("olga", "Olga", None).await.unwrap();
    for holder in [ANNA, BRUNO] {
        let session = Session::of(&store, holder).await;
        let whose = session.address.clone();
        store.set_password(&Account::Mailbox(whose.clone()), "gru-tavolo-melone").await.unwrap();
        app_password(&*store, Account::Mailbox(whose.clone())).await;
        store.grant("olga", &whose, Rights::ALL).await.unwrap();
        let ordinary = Some(Some(OrdinaryMail::Anomaly));
        store.change_mailbox(&whose, MailboxChange { ordinary, ..MailboxChange::default() }).await.unwrap();
        session.append("INBOX", &["Casa", "Lavoro"]).await;
        let inbox = session.id("INBOX").await;
        for folder in [None, Some(inbox)] {
            let of = NotesOf { mailbox: session.mailbox, folder };
            store.annotate(of, vec![note(Reader::Owner)]).await.unwrap();
        }
        store.subscribe(session.mailbox, "Gare", true).await.unwrap();
    }
    let traces = async |holder| store.traces_of_mailbox(&address(holder)).await.unwrap();
    let before = traces(BRUNO).await.unwrap();
    assert!(before.password && before.rules && before.subscriptions > 0, "{before:?}");
    assert_eq!((before.app_passwords, before.grants, before.labels, before.notes), (1, 1, 2, 2));
    assert_eq!(traces(ANNA).await, Some(before));

    assert!(store.erase_traces(&address(ANNA)).await.unwrap());
    assert_eq!(traces(ANNA).await, Some(MailboxTraces::default()));
    assert_eq!(traces(BRUNO).await, Some(before));
    assert_eq!(store.authenticate(ANNA, "gru-tavolo-melone").await.unwrap(), None);
    let anna = Session::of(&store, ANNA).await;
    let list = anna.list("INBOX").await;
    assert!(list.len() == 1 && list[0].flags.keywords.is_empty(), "the message stays, without its labels");
    assert_eq!(traces("nobody@pec.example").await, None);
    assert!(!store.erase_traces(&address("nobody@pec.example")).await.unwrap());
}

pub(crate) async fn what_a_user_did_is_found_in_every_mailbox_and_former_addresses_are_told(engine: &dyn Engine) {
    let store = store(engine).await;
    let access = |mailbox, who, peer| Access {
        at: at(0),
        mailbox: address(mailbox),
        who,
        app_password: None,
        peer: Some(IpAddr::from([192, 0, 2, peer])),
        client: None,
        protocol: Protocol::Imap,
        outcome: AccessOutcome::LoggedIn,
        message: None,
        count: 1,
    };
    let mario = || Some(Actor::User("mario".into()));
    let all = vec![
        access(ANNA, mario(), 1),
        access(ANNA, Some(Actor::Holder), 2),
        access(BRUNO, None, 3),
        access(BRUNO, mario(), 4),
        access(BRUNO, Some(Actor::User("olga".into())), 5),
    ];
    store.note_accesses(all).await.unwrap();
    let first = store.accesses_by("Mario", 0, 1).await.unwrap();
    let rest = store.accesses_by("Mario", first[0].1.id, 9).await.unwrap();
    let of = |rows: &[(pec::Address, crate::AccessRow)]| {
        rows.iter().map(|(whose, row)| (whose.to_string(), row.peer.unwrap().to_string())).collect::<Vec<_>>()
    };
    assert_eq!(of(&first), [(ANNA.to_owned(), "192.0.2.1".to_owned())]);
    assert_eq!(of(&rest), [(BRUNO.to_owned(), "192.0.2.4".to_owned())]);
    // The holder is no user, whatever is asked.
    assert_eq!(store.accesses_by("@", 0, 9).await.unwrap(), []);
    assert_eq!(store.accesses_by("", 0, 9).await.unwrap(), []);

    let anna = store.mailbox(&address(ANNA)).await.unwrap().unwrap().id;
    assert_eq!(store.former_addresses(anna).await.unwrap(), []);
    let new = address("anna.verdi@pec.example");
    assert_eq!(store.rename_mailbox(&address(ANNA), &new, at(7)).await.unwrap(), Renamed::Done);
    assert_eq!(store.former_addresses(anna).await.unwrap(), [(address(&ANNA.to_lowercase()), at(7))]);
}
