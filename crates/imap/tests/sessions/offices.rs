//! A user with a right on an office sees whatever stands in it, be it thousands of mailboxes.

use holder::Rights;
use pec::Address;
use store::{Accesses, MailboxChange, NewMailbox, NewOffice, OfficeId, Organisations, Principals, Unit};

use crate::bench::{Bench, Client};

const READ: Rights = Rights { read: true, send: false, manage: false };

fn named(number: usize) -> String {
    format!("m{number:03}@pec.example")
}

/// A town with an office of so many mailboxes and another with one, and Olga who may read those of the first.
async fn town(count: usize) -> (Bench, OfficeId, Client) {
    let bench = Bench::new().await;
    let store = &bench.house.store;
    let comune = Unit::Organisation(store.add_organisation("Comune", None).await.unwrap().id);
    let mut offices = Vec::new();
    for name in ["Protocollo", "Tributi"] {
        let new = NewOffice { under: comune, name: name.into(), aoo: None, uo: None };
        offices.push(store.add_office(new).await.unwrap().id);
    }
    let make = async |address: String, office| {
        let address = Address::parse(&address).unwrap();
        let new = NewMailbox { address, password: None, quota: 1 << 30, service: false };
        store.create_mailbox_in(new, Unit::Office(office)).await.unwrap();
    };
    for number in 0..count {
        make(named(number), offices[0]).await;
    }
    make("tributi@pec.example".into(), offices[1]).await;
    store.create_user("olga", "", Some("suo")).await.unwrap();
    store.grant_office("olga", offices[0], READ).await.unwrap();
    let mut olga = bench.connect().await;
    olga.ok("LOGIN olga suo").await;
    (bench, offices[1], olga)
}

fn folders(lines: &[String], of: &str) -> usize {
    lines.iter().filter(|line| line.contains(&format!("/{of}/"))).count()
}

#[tokio::test]
async fn lists_of_many_mailboxes_come_whole_and_say_what_was_asked() {
    let (_bench, _, mut olga) = town(610).await;
    // More than one page, and more folders than are read together.
    let all = olga.ok("LIST \"\" *").await;
    assert_eq!(all.len(), 1 + 610 * (1 + 4));
    assert_eq!(all[0], "* LIST (\\NoSelect \\HasChildren) \"/\" \"Caselle\"");
    for number in [0, 499, 500, 609] {
        assert_eq!(folders(&all, &named(number)), 4, "{number}");
    }
    assert_eq!(folders(&all, "tributi@pec.example"), 0);
    assert_eq!(olga.ok("LSUB \"\" *").await.len(), 610 * 4);
    assert_eq!(olga.ok("LIST \"\" Caselle/%").await.len(), 610);
    assert_eq!(olga.ok("LIST \"\" %").await, all[..1]);
    assert_eq!(olga.ok("LSUB \"\" %").await, ["* LSUB (\\Noselect) \"/\" \"Caselle\""]);
    assert_eq!(olga.ok("LSUB \"\" Caselle/%").await.len(), 610);
    // One of them, however the pattern says it.
    let one = all.iter().filter(|line| line.contains(&named(321))).cloned().collect::<Vec<_>>();
    assert_eq!(one.len(), 5);
    assert_eq!(olga.ok("LIST \"\" Caselle/m321*").await, one);
    assert_eq!(olga.ok("LIST Caselle/ m321*").await, one);
    assert_eq!(olga.ok("LIST \"\" Cas*m321*").await, one);
    assert_eq!(olga.ok("LIST \"\" (Caselle/m321* Caselle/m321@%)").await, one);
    assert_eq!(olga.ok("LIST \"\" Caselle/m321@pec.example/%").await, one[1..]);
    assert_eq!(olga.ok("LIST \"\" Caselle/M321*").await, [] as [String; 0]);
    assert_eq!(olga.ok("LSUB \"\" Caselle/m321@pec.example/I%").await.len(), 2);
    // What is below is told of the names above it.
    let select = "LIST (SUBSCRIBED RECURSIVEMATCH) \"\"";
    let above = "* LIST (\\NoSelect \\HasChildren) \"/\" \"Caselle\" (\"CHILDINFO\" (\"SUBSCRIBED\"))";
    assert_eq!(olga.ok(&format!("{select} %")).await, [above]);
    assert_eq!(olga.ok(&format!("{select} Caselle/m321%")).await.len(), 1);
    let sent = format!("\"Caselle/{}/Inviata\"", named(321));
    let special = olga.ok("LIST (SPECIAL-USE) \"\" Caselle/m321*").await;
    assert!(special.len() == 3 && special.iter().any(|line| line.ends_with(&sent)), "{special:?}");
    // What is told of the messages too.
    let status = olga.ok("LIST \"\" Caselle/m*/INBOX RETURN (STATUS (MESSAGES DELETED))").await;
    assert_eq!(status.len(), 2 * 610);
    assert_eq!(status[1], format!("* STATUS \"Caselle/{}/INBOX\" (MESSAGES 0 DELETED 0)", named(0)));
}

#[tokio::test]
async fn a_mailbox_that_is_only_listed_was_not_opened() {
    let (bench, _, mut olga) = town(2).await;
    olga.ok("LIST \"\" * RETURN (STATUS (MESSAGES UNSEEN))").await;
    olga.ok(&format!("SELECT Caselle/{}/INBOX", named(1))).await;
    bench.house.desk.entrance().log().flush().await;
    let mut came = Vec::new();
    for number in 0..2 {
        let address = Address::parse(&named(number)).unwrap();
        came.push(bench.house.store.accesses(&address, 0, 9).await.unwrap().len());
    }
    assert_eq!(came, [0, 1]);
}

#[tokio::test]
async fn of_many_mailboxes_each_is_used_and_the_selected_one_stays_at_hand() {
    let (bench, other, mut olga) = town(40).await;
    let first = format!("Caselle/{}/INBOX", named(0));
    olga.ok(&format!("SELECT {first}")).await;
    assert!(olga.append(&first, "Subject: prima\r\n\r\nuno\r\n").await.starts_with("OK [APPENDUID "));
    for number in 1..40 {
        let inbox = format!("Caselle/{}/INBOX", named(number));
        assert!(olga.ask(&format!("COPY 1 {inbox}")).await.starts_with("OK [COPYUID "), "{number}");
        assert_eq!(
            olga.ok(&format!("STATUS {inbox} (MESSAGES)")).await,
            [format!("* STATUS \"{inbox}\" (MESSAGES 1)")]
        );
    }
    assert!(olga.ok("FETCH 1 BODY.PEEK[TEXT]").await[0].contains("uno"));
    // One that has been let go of is opened again.
    let second = format!("Caselle/{}/INBOX", named(1));
    olga.ok(&format!("SELECT {second}")).await;
    assert!(olga.ok("FETCH 1 BODY.PEEK[TEXT]").await[0].contains("uno"));
    // One that goes to an office that is not hers is not there any more; what is selected goes on.
    let address = |number| Address::parse(&named(number)).unwrap();
    let elsewhere = || MailboxChange { unit: Some(Some(Unit::Office(other))), ..MailboxChange::default() };
    olga.ok(&format!("STATUS {first} (MESSAGES)")).await;
    bench.house.store.change_mailbox(&address(0), elsewhere()).await.unwrap();
    olga.refused(&format!("STATUS {first} (MESSAGES)"), "NO [NONEXISTENT]").await;
    olga.refused(&format!("COPY 1 {first}"), "NO [NONEXISTENT]").await;
    assert_eq!(olga.ok("LIST \"\" Caselle/%").await.len(), 39);
    assert!(olga.ok("FETCH 1 BODY.PEEK[TEXT]").await[0].contains("uno"));
    // With the selected one the session ends, at once.
    bench.house.store.change_mailbox(&address(1), elsewhere()).await.unwrap();
    assert_eq!(olga.line().await, "* BYE this login does not hold any more: log in again");
    assert!(olga.is_over().await);
}

#[tokio::test]
async fn what_one_mailbox_is_used_without_all_are_by_own_name() {
    let (bench, _, mut olga) = town(3).await;
    assert!(olga.ok("CAPABILITY").await[0].contains(" MOVE "));
    let without = MailboxChange { without: Some("MOVE".parse().unwrap()), ..MailboxChange::default() };
    let address = |text: &str| Address::parse(text).unwrap();
    bench.house.store.change_mailbox(&address("tributi@pec.example"), without.clone()).await.unwrap();
    let mut again = bench.connect().await;
    again.ok("LOGIN olga suo").await;
    assert!(again.ok("CAPABILITY").await[0].contains(" MOVE "), "of an office that is not hers");
    bench.house.store.change_mailbox(&address(&named(2)), without).await.unwrap();
    let mut again = bench.connect().await;
    again.ok("LOGIN olga suo").await;
    assert!(!again.ok("CAPABILITY").await[0].contains(" MOVE "));
}
