//! What is kept about a person: told to officers alone, erased as far as the law lets it, each on record.

use control::item::Fate;
use control::request::HoldRequest;
use control::{
    AppPasswordRequest, Fault, Item, LoginName, MailboxRequest, PersonAct, PersonRequest, PersonRules, Request,
    RightsWanted, UserRequest,
};
use pec::{Kind, Moment, Pieces};
use store::{
    About, Account, Actor, Deposit, DepositIn, Event, Evidence, EvidenceLog, EvidenceQuery, Handle, Ledger, NewMessage,
    Outcome, Persons, Principals, Protocols, Rights, Summary,
};

use crate::bench::{Bench, NOW, address, good};

const ANNA: &str = "anna@alfa.example";
const OFFICE: &str = "ufficio@alfa.example";

/// A bench whose officer is Maria: Anna has a mailbox with a certified message in INBOX and another one in a folder of hers, and, as the
/// user `anna`, uses the mailbox of an office with Mario.
async fn bench() -> Bench {
    let mut bench = Bench::new().await;
    let officers = vec!["Maria Verdi".to_owned()];
    bench.control = bench.control.clone().with_persons(PersonRules { officers, ..PersonRules::default() });
    for mailbox in [ANNA, OFFICE] {
        bench.ask(add(mailbox)).await.unwrap();
    }
    for name in ["anna", "mario"] {
        let (display, password) = ("Qualcuno".into(), good());
        bench.ask(Request::User(UserRequest::Add { name: name.into(), display, password })).await.unwrap();
        let (mailbox, rights) = (address(OFFICE), RightsWanted(Rights::ALL));
        bench.ask(Request::User(UserRequest::Grant { name: name.into(), mailbox, rights })).await.unwrap();
    }
    for login in [Account::Mailbox(address(ANNA)), Account::User("anna".into())] {
        let (login, protocols) = (LoginName(login), Protocols::ALL);
        let request = AppPasswordRequest::Add { login, name: "telefono".into(), mailbox: None, protocols, ends: None };
        bench.ask(Request::AppPassword(request)).await.unwrap();
    }
    let mut outcome = Outcome::default();
    for (number, folder) in ["INBOX", "Gare/Chiuse"].into_iter().enumerate() {
        let pieces = Pieces::own(format!("Message-ID: <{number}@beta.example>\r\nSubject: x\r\n\r\nx"));
        let summary = Summary::read(Some(Kind::TransportEnvelope), Some(format!("id{number}").into()), &pieces);
        outcome.messages.push(NewMessage { pieces, summary });
        outcome.deposits.push(Deposit {
            message: Handle(number),
            mailbox: address(ANNA),
            folder: DepositIn::Folder(folder.into()),
            counts: true,
            within_quota: false,
            at: Moment::from_unix(NOW),
        });
    }
    bench.store.commit(outcome).await.unwrap();
    bench
}

fn add(text: &str) -> Request {
    Request::Mailbox(MailboxRequest::Add { address: address(text), password: good(), quota: 1 << 30, within: None })
}

fn about(names: &[&str], what: PersonAct) -> Request {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    Request::Person(PersonRequest { names, officer: "Maria Verdi".into(), reason: "richiesta 7".into(), what })
}

fn erase(names: &[&str], contents: bool, carry_out: bool) -> Request {
    about(names, PersonAct::Erase { contents, carry_out })
}

/// What becomes of what: the beginning of each line, and the ground.
async fn fates(bench: &Bench, request: Request) -> Vec<(Fate, String, String)> {
    let items = bench.ask(request).await.unwrap().into_iter();
    let one = |item| match item {
        Item::Erasure(item) => Some((item.fate, item.what, item.ground.unwrap_or_default())),
        _ => None,
    };
    items.filter_map(one).collect()
}

fn of(fates: &[(Fate, String, String)], wanted: Fate) -> Vec<&str> {
    fates.iter().filter(|(fate, ..)| *fate == wanted).map(|(_, what, _)| what.as_str()).collect()
}

fn ground<'a>(fates: &'a [(Fate, String, String)], begin: &str) -> &'a str {
    let found = fates.iter().find(|(_, what, _)| what.starts_with(begin));
    &found.unwrap_or_else(|| panic!("nothing about {begin}: {fates:#?}")).2
}

async fn closed(bench: &Bench) {
    bench.ask(Request::Mailbox(MailboxRequest::Close { address: address(ANNA) })).await.unwrap();
    bench.ask(Request::User(UserRequest::Disable { name: "anna".into() })).await.unwrap();
}

#[tokio::test]
async fn who_is_no_officer_is_told_nothing_and_that_he_asked_is_on_record() {
    let bench = bench().await;
    let before = bench.acts().await.len();
    for what in [PersonAct::Export, PersonAct::Erase { contents: true, carry_out: true }] {
        let Request::Person(request) = about(&[ANNA], what) else { panic!() };
        let request = PersonRequest { officer: "Mario".into(), ..request };
        let refused = bench.ask(Request::Person(request)).await.unwrap_err();
        assert_eq!(refused.fault, Fault::NotYou);
        assert!(refused.what.contains("privacy.officers"), "{refused}");
    }
    let acts = bench.acts().await;
    assert_eq!(
        acts[before..],
        [
            format!("olga: person export as=\"Mario\", refused: richiesta 7 [{ANNA}]"),
            format!("olga: person erase contents as=\"Mario\", refused: richiesta 7 [{ANNA}]"),
        ]
    );
    // A reason is needed, and names that are.
    let Request::Person(request) = about(&[ANNA], PersonAct::Export) else { panic!() };
    assert!(bench.refused(Request::Person(PersonRequest { reason: " ".into(), ..request })).await.contains("reason"));
    assert!(bench.refused(about(&[], PersonAct::Export)).await.contains("1 to 20 names"));
    assert!(bench.refused(about(&["nobody"], PersonAct::Export)).await.contains("no user nobody"));
    let many: Vec<String> = (0..21).map(|number| format!("a{number}@x.example")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(bench.refused(about(&many, PersonAct::Export)).await.contains("1 to 20 names"));
    assert_eq!(bench.acts().await.len(), acts.len(), "nothing was told, and nothing is on record");
}

#[tokio::test]
async fn accounts_are_told_without_secrets_and_without_the_reason_of_a_hold_and_it_is_on_record_first() {
    let bench = bench().await;
    let reason = "procedimento 12".to_owned();
    bench.ask(Request::Hold(HoldRequest::Put { mailbox: address(ANNA), identifier: None, reason })).await.unwrap();
    let items = bench.ask(about(&[ANNA, "anna"], PersonAct::Export)).await.unwrap();
    let text = serde_json::to_string(&items).unwrap();
    assert!(!text.contains("secret") && !text.contains("procedimento"), "{text}");
    let count = |is: fn(&Item) -> bool| items.iter().filter(|item| is(item)).count();
    assert_eq!(count(|item| matches!(item, Item::User(_))), 1);
    assert_eq!(count(|item| matches!(item, Item::Mailbox(_))), 1, "that of the office is not hers");
    assert_eq!(count(|item| matches!(item, Item::Grant(_))), 1);
    assert_eq!(count(|item| matches!(item, Item::AppPassword(_))), 2);
    assert_eq!(count(|item| matches!(item, Item::Hold(_))), 1);
    let last = bench.acts().await.pop().unwrap();
    assert_eq!(last, format!("olga: person export as=\"Maria Verdi\": richiesta 7 [{ANNA} anna]"));
}

#[tokio::test]
async fn nothing_goes_while_the_service_goes_on_and_nothing_without_yes() {
    let bench = bench().await;
    let open = fates(&bench, erase(&[ANNA, "anna"], true, true)).await;
    assert_eq!(of(&open, Fate::Erased), Vec::<&str>::new());
    assert_eq!((ground(&open, "mailbox anna"), ground(&open, "user anna")), ("in-use", "in-use"));
    let acts = bench.acts().await;
    assert!(!acts.iter().any(|act| act.contains("person erase")), "nothing was done: {acts:?}");

    closed(&bench).await;
    let said = fates(&bench, erase(&[ANNA, "anna"], true, false)).await;
    let to_erase = of(&said, Fate::ToErase);
    for part in ["2 messages", "the password", "1 app passwords", "the account", "1 rights"] {
        assert!(to_erase.iter().any(|what| what.contains(part)), "{part}: {to_erase:#?}");
    }
    assert!(of(&said, Fate::Erased).is_empty());
    assert!(bench.store.user("anna").await.unwrap().is_some());
    let lines = bench.lines(erase(&[ANNA], true, false)).await;
    assert!(lines.iter().any(|line| line.contains("person export")), "the export is offered first: {lines:#?}");
    for begin in ["goes by itself until ", "kept: the address anna@alfa.example: ", "to erase: mailbox "] {
        assert!(lines.iter().any(|line| line.starts_with(begin)), "{begin}: {lines:#?}");
    }
}

#[tokio::test]
async fn what_can_go_goes_once_with_its_evidence_and_the_rest_says_why_not() {
    let bench = bench().await;
    closed(&bench).await;
    let done = fates(&bench, erase(&[ANNA, "anna"], true, true)).await;
    assert!(of(&done, Fate::ToErase).is_empty());
    assert!(of(&done, Fate::Erased).iter().any(|what| what.contains("2 messages")), "{done:#?}");
    for (begin, why) in [
        ("the rows of the trace", "evidence"),
        ("receipts and notices", "kept"),
        ("infected", "infected"),
        ("messages sent to others", "others"),
        ("the address anna", "address"),
        ("the login name anna", "name"),
        ("the access history", "accesses"),
        ("messages on their way", "under-way"),
    ] {
        assert_eq!(ground(&done, begin), why);
    }
    assert_eq!(bench.store.user("anna").await.unwrap(), None);
    assert!(bench.store.erased_user("anna").await.unwrap().is_some());
    let mailbox = bench.store.mailbox(&address(ANNA)).await.unwrap().unwrap();
    assert_eq!(mailbox.used, 0);
    let folders = store::Mailboxes::folders(bench.store.as_ref(), mailbox.id, store::Reader::Owner).await.unwrap();
    assert!(folders.iter().all(|folder| !folder.name.starts_with("Gare")), "{folders:#?}");
    let query = EvidenceQuery { event: Some(Event::Removed), limit: 9, ..EvidenceQuery::default() };
    let removed: Vec<Evidence> =
        bench.store.rows(query).await.unwrap().into_iter().map(|row| row.unwrap().evidence).collect();
    assert_eq!(removed.len(), 2);
    assert!(removed.iter().all(|row| row.actor == Actor::Operator("olga".into()) && row.about != About::Nothing));
    // Nobody else's went.
    assert!(bench.store.user("mario").await.unwrap().is_some());
    assert!(bench.refused(add(ANNA)).await.contains("exists already"));
    let again = Request::User(UserRequest::Add { name: "anna".into(), display: "Altra".into(), password: None });
    assert!(bench.refused(again).await.contains("was erased"));

    let acts = bench.acts().await;
    let again = fates(&bench, erase(&[ANNA, "anna"], true, true)).await;
    assert!(of(&again, Fate::Erased).is_empty() && of(&again, Fate::ToErase).is_empty(), "{again:#?}");
    assert_eq!(ground(&again, "the login name anna"), "name");
    assert_eq!(bench.acts().await, acts, "what does nothing is no act");
}

#[tokio::test]
async fn what_is_held_or_of_others_too_stays_and_messages_only_go_when_that_is_asked() {
    let bench = bench().await;
    closed(&bench).await;
    // Not asked for.
    let said = fates(&bench, erase(&[ANNA], false, false)).await;
    assert_eq!(ground(&said, "mailbox anna@alfa.example: 2 messages"), "not-asked");
    // One message is held: the other goes.
    let (mailbox, identifier, reason) = (address(ANNA), Some("id1".to_owned()), "procedimento".to_owned());
    bench.ask(Request::Hold(HoldRequest::Put { mailbox: mailbox.clone(), identifier, reason })).await.unwrap();
    let done = fates(&bench, erase(&[ANNA], true, true)).await;
    assert!(of(&done, Fate::Erased).iter().any(|what| what.contains("1 messages") && what.contains("1 are held")));
    assert_eq!(ground(&done, "what mailbox anna@alfa.example has of message id1"), "legal-hold");
    // All is held.
    let reason = "procedimento".to_owned();
    bench.ask(Request::Hold(HoldRequest::Put { mailbox, identifier: None, reason })).await.unwrap();
    let held = fates(&bench, erase(&[ANNA], true, true)).await;
    assert_eq!(ground(&held, "mailbox anna@alfa.example"), "legal-hold");
    // What others use too is not this person's alone.
    bench.ask(Request::Mailbox(MailboxRequest::Close { address: address(OFFICE) })).await.unwrap();
    let office = fates(&bench, erase(&[OFFICE, "anna"], true, true)).await;
    assert_eq!(ground(&office, "mailbox ufficio"), "shared");
    let grants = bench.store.grants(store::GrantsOf::Mailbox(address(OFFICE))).await.unwrap();
    let users: Vec<&str> = grants.iter().map(|grant| grant.user.name.as_str()).collect();
    assert_eq!(users, ["mario"], "anna's own right went with her account");
    // A stranger has nothing here but what the trace says.
    let stranger = fates(&bench, erase(&["bob@beta.example"], true, true)).await;
    let grounds: Vec<&str> = stranger.iter().map(|(.., ground)| ground.as_str()).collect();
    assert_eq!(grounds, ["evidence", "kept", "infected", "others"]);
}
