//! Domains, mailboxes as accounts, users, grants.

use super::engine::Engine;
use super::samples::{ANNA, BRUNO, address, at, mailbox, store};
use super::session::Session;
use crate::{
    Capabilities, CommitError, Correspondents, Created, Domain, ErrorKind, GrantedOn, GrantsOf, Keeps, Login, Mailbox,
    MailboxChange, MailboxState, NewMailbox, OrdinaryMail, Protocol, Protocols, Receipts, Renamed, Rights, SentCopies,
};

pub(crate) async fn a_domain_is_added_changed_and_removed_when_it_is_empty(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let plain = Domain::new("PEC.example");
    let other = Domain {
        english: true,
        ordinary: OrdinaryMail::Folder("Posta ordinaria/è=\"x".into()),
        certified_only_from: Some(at(7)),
        correspondents: "certified,@b.example,anna@c.example".parse().unwrap(),
        sent_copies: SentCopies::Off,
        keeps: Keeps::Envelopes,
        ..Domain::new("altra.example")
    };
    assert!(store.put_domain(plain.clone()).await.unwrap() && store.put_domain(other.clone()).await.unwrap());
    assert_eq!(store.domains().await.unwrap(), [other.clone(), plain]);
    let changed = Domain { name: "pec.example".into(), ..other.clone() };
    assert!(!store.put_domain(changed.clone()).await.unwrap());
    assert_eq!(store.domains().await.unwrap(), [other.clone(), changed]);

    store.create_mailbox(mailbox(ANNA, None)).await.unwrap();
    let refused = store.remove_domain("pec.example").await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused);
    assert!(refused.what.contains("has mailboxes"), "{refused}");
    assert!(store.remove_domain("ALTRA.example").await.unwrap());
    assert!(!store.remove_domain("altra.example").await.unwrap());
    assert_eq!(store.domains().await.unwrap().len(), 1);
}

pub(crate) async fn a_mailbox_is_made_once_and_found_without_regard_to_case(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let service = NewMailbox { quota: 77, service: true, ..mailbox(ANNA, None) };
    assert_eq!(store.create_mailbox(service).await.unwrap(), Created::Made);
    assert_eq!(store.create_mailbox(mailbox(&ANNA.to_uppercase(), Some("x"))).await.unwrap(), Created::Exists);
    let found = store.mailbox(&address(&ANNA.to_lowercase())).await.unwrap().unwrap();
    let expected = Mailbox {
        id: found.id,
        address: address(ANNA),
        state: MailboxState::Active,
        quota: 77,
        counted: 0,
        used: 0,
        modseq: found.modseq,
        service: true,
        ordinary: None,
        correspondents: None,
        sent_copies: None,
        receipts: Receipts::Inbox,
        protocols: Protocols::ALL,
        without: Capabilities::default(),
        unit: None,
    };
    assert_eq!(found, expected);
    assert_eq!(found.address.as_str(), ANNA);
    assert_eq!(store.mailbox(&address(BRUNO)).await.unwrap(), None);
}

pub(crate) async fn mailboxes_are_listed_by_address_page_by_page(engine: &dyn Engine) {
    let store = store(engine).await;
    store.create_mailbox(mailbox("carla@pec.example", None)).await.unwrap();
    let page = async |after: Option<&str>, limit| {
        let list = store.mailboxes(after.map(address).as_ref(), limit).await.unwrap();
        list.into_iter().map(|mailbox| mailbox.address.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [ANNA, BRUNO]);
    assert_eq!(page(Some(BRUNO), 2).await, ["carla@pec.example"]);
    assert_eq!(page(Some(&ANNA.to_uppercase()), 1).await, [BRUNO]);
    assert!(page(Some("zoe@pec.example"), 9).await.is_empty());
}

pub(crate) async fn what_a_mailbox_may_and_takes_is_changed(engine: &dyn Engine) {
    let store = store(engine).await;
    let anna = address(&ANNA.to_uppercase());
    let first = store.mailbox(&anna).await.unwrap().unwrap();
    let mut expected = first.clone();
    let forward = OrdinaryMail::Forward(address("anna@ufficio.example"));
    let group: Correspondents = "certified,@b.example,anna@c.example".parse().unwrap();
    let nothing = MailboxChange::default;
    let mut changes: Vec<MailboxChange> =
        MailboxState::ALL.map(|state| MailboxChange { state: Some(state), ..nothing() }).into();
    changes.push(MailboxChange { quota: Some(5), ..nothing() });
    for ordinary in [OrdinaryMail::Refuse, OrdinaryMail::Anomaly, OrdinaryMail::Folder("è=\"x".into()), forward] {
        changes.push(MailboxChange { ordinary: Some(Some(ordinary)), ..nothing() });
    }
    changes.push(MailboxChange { correspondents: Some(Some(group)), state: Some(MailboxState::Active), ..nothing() });
    changes.push(MailboxChange { correspondents: Some(Some(Correspondents::default())), ..nothing() });
    changes.push(MailboxChange { ordinary: Some(None), correspondents: Some(None), ..nothing() });
    changes.push(MailboxChange { sent_copies: Some(Some(SentCopies::Off)), ..nothing() });
    changes.push(MailboxChange { receipts: Some(Receipts::Folder), sent_copies: Some(None), ..nothing() });
    for protocol in Protocol::ALL {
        changes.push(MailboxChange { switch_off: protocol.into(), ..nothing() });
    }
    changes.push(MailboxChange { switch_on: Protocol::Pop3.into(), switch_off: Protocol::Imap.into(), ..nothing() });
    changes.push(MailboxChange { switch_on: Protocols::ALL, ..nothing() });
    changes.push(MailboxChange { without: Some("CONDSTORE,UTF8=ACCEPT".parse().unwrap()), ..nothing() });
    changes.push(MailboxChange { quota: Some(6), ..nothing() });
    changes.push(MailboxChange { without: Some(Capabilities::default()), ..nothing() });
    for change in changes {
        expected.modseq += 1;
        expected.state = change.state.unwrap_or(expected.state);
        expected.quota = change.quota.unwrap_or(expected.quota);
        expected.ordinary = change.ordinary.clone().unwrap_or(expected.ordinary);
        expected.correspondents = change.correspondents.clone().unwrap_or(expected.correspondents);
        expected.sent_copies = change.sent_copies.unwrap_or(expected.sent_copies);
        expected.receipts = change.receipts.unwrap_or(expected.receipts);
        expected.without = change.without.clone().unwrap_or(expected.without);
        let on = change.switch_on.iter().fold(expected.protocols, Protocols::with);
        expected.protocols = change.switch_off.iter().fold(on.others(), Protocols::with).others();
        assert_eq!(store.change_mailbox(&anna, change).await.unwrap().as_ref(), Some(&expected));
        assert_eq!(store.mailbox(&anna).await.unwrap().as_ref(), Some(&expected));
    }
    assert_eq!(store.change_mailbox(&anna, nothing()).await.unwrap(), Some(expected), "no change is none");
    let bruno = store.mailbox(&address(BRUNO)).await.unwrap().unwrap();
    assert_eq!((bruno.state, bruno.quota, bruno.ordinary), (MailboxState::Active, 1 << 30, None));
    let change = MailboxChange { quota: Some(5), ..nothing() };
    assert_eq!(store.change_mailbox(&address("nobody@pec.example"), change).await.unwrap(), None);
}

pub(crate) async fn a_renamed_mailbox_keeps_everything_and_its_old_address_is_never_given_again(engine: &dyn Engine) {
    let store = store(engine).await;
    let session = Session::of(&store, ANNA).await;
    session.deposit("INBOX", 1).await;
    let (old, new) = (address(ANNA), address("anna.verdi@altra.example"));
    let rename = async |from: &str, to: &str| store.rename_mailbox(&address(from), &address(to), at(0)).await.unwrap();

    assert_eq!(rename(ANNA, BRUNO).await, Renamed::Taken);
    assert_eq!(rename("nobody@pec.example", "somebody@pec.example").await, Renamed::Missing);
    assert_eq!(rename(ANNA, new.as_str()).await, Renamed::Done);
    let found = store.mailbox(&new).await.unwrap().unwrap();
    assert_eq!((found.id, found.used, &found.address), (session.mailbox, 5, &new));
    assert_eq!(store.mailbox(&old).await.unwrap(), None);
    assert!(matches!(store.commit(session.letter("INBOX")).await, Err(CommitError::NoMailbox(_))));
    assert_eq!(store.folders(session.mailbox, session.reader).await.unwrap()[0].messages, 1);

    assert_eq!(store.create_mailbox(mailbox(ANNA, None)).await.unwrap(), Created::Former);
    assert_eq!(rename(BRUNO, ANNA).await, Renamed::Taken);
    // Who had it may have it again, and in another spelling.
    assert_eq!(rename(new.as_str(), &ANNA.to_uppercase()).await, Renamed::Done);
    assert_eq!(rename(ANNA, ANNA).await, Renamed::Done);
    assert_eq!(store.mailbox(&old).await.unwrap().unwrap().address.as_str(), ANNA);
    assert_eq!(store.create_mailbox(mailbox(new.as_str(), None)).await.unwrap(), Created::Former);
    assert!(!store.remove_domain("altra.example").await.unwrap());
}

pub(crate) async fn a_user_is_made_once_and_found_without_regard_to_case(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let mario = store.create_user("Mario.Rossi", "Mario Rossi", Some("x")).await.unwrap().unwrap();
    assert_eq!((mario.name.as_str(), mario.display.as_str(), mario.enabled), ("mario.rossi", "Mario Rossi", true));
    assert_eq!(store.create_user("MARIO.ROSSI", "Another", Some("y")).await.unwrap(), None);
    assert_eq!(store.user("mario.ROSSI").await.unwrap(), Some(mario.clone()));
    let standing = store.authenticate("mario.rossi", "x").await.unwrap().unwrap();
    assert_eq!(standing.who, Login::User(mario.clone()));
    let anna = store.create_user("anna", "Anna", None).await.unwrap().unwrap();
    assert_ne!(anna.id, mario.id);
    assert_eq!(store.users().await.unwrap(), [anna, mario]);
    assert_eq!(store.user("nobody").await.unwrap(), None);
    for name in ["", "mario@pec.example", "mario rossi", "mario\n", &"x".repeat(256)] {
        let refused = store.create_user(name, "", None).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Refused, "{name:?}: {refused}");
    }
}

pub(crate) async fn rights_are_given_and_taken_away(engine: &dyn Engine) {
    let store = store(engine).await;
    for name in ["mario", "lucia"] {
        store.create_user(name, "", None).await.unwrap();
    }
    let read = Rights { read: true, ..Rights::default() };
    for (user, holder, rights) in [
        ("Mario", ANNA, Rights::ALL),
        ("mario", BRUNO, Rights { send: true, ..read }),
        ("lucia", ANNA, read),
        ("mario", BRUNO, read),
    ] {
        assert!(store.grant(user, &address(&holder.to_uppercase()), rights).await.unwrap());
    }
    let grants = async |of| {
        let grants = store.grants(of).await.unwrap();
        let on = |on| match on {
            GrantedOn::Mailbox(address) => address.to_string(),
            GrantedOn::Office(office) => panic!("{office:?}"),
        };
        grants.into_iter().map(|grant| (grant.user.name, on(grant.on), grant.rights)).collect::<Vec<_>>()
    };
    let row = |user: &str, holder: &str, rights| (user.to_owned(), holder.to_owned(), rights);
    let of_anna = async || grants(GrantsOf::Mailbox(address(ANNA))).await;
    assert_eq!(
        grants(GrantsOf::User("MARIO".into())).await,
        [row("mario", ANNA, Rights::ALL), row("mario", BRUNO, read)]
    );
    assert_eq!(of_anna().await, [row("lucia", ANNA, read), row("mario", ANNA, Rights::ALL)]);
    let mario = store.user("mario").await.unwrap().unwrap().id;
    let (anna, bruno) = (store.mailbox(&address(ANNA)).await, store.mailbox(&address(BRUNO)).await);
    let both = [(anna.unwrap().unwrap(), Rights::ALL), (bruno.unwrap().unwrap(), read)];
    assert_eq!(store.granted(mario, "", None, 9).await.unwrap(), both);

    assert!(store.grant("mario", &address(ANNA), Rights::default()).await.unwrap());
    assert_eq!(of_anna().await, [row("lucia", ANNA, read)]);
    assert_eq!(store.granted(mario, "", None, 9).await.unwrap().len(), 1);
    assert!(!store.grant("nobody", &address(ANNA), read).await.unwrap());
    assert!(!store.grant("mario", &address("nobody@pec.example"), read).await.unwrap());
    assert!(grants(GrantsOf::User("nobody".into())).await.is_empty());
}
