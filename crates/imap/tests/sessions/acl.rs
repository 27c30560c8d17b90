use holder::{MailboxState, Rights};
use pec::Address;
use store::{MailboxChange, Principals};

use crate::bench::{ANNA, Bench};

#[tokio::test]
async fn rights_are_told_and_not_changed_here() {
    let bench = Bench::new().await;
    let anna = Address::parse(ANNA).unwrap();
    for (name, rights) in
        [("mario", Rights { read: true, ..Rights::default() }), ("carla", Rights { send: true, ..Rights::default() })]
    {
        bench.house.store.create_user(name, name, Some("suo")).await.unwrap();
        bench.house.store.grant(name, &anna, rights).await.unwrap();
    }
    let mut owner = bench.login().await;
    assert_eq!(owner.ok("MYRIGHTS inbox").await, ["* MYRIGHTS \"INBOX\" lrswikxtea"]);
    // Who may only send reads nothing, and has no letter.
    let acl = "* ACL \"Bozze\" anna@pec.example lrswikxtea mario lrswikxte";
    assert_eq!(owner.ok("GETACL Bozze").await, [acl]);
    assert_eq!(owner.ok("LISTRIGHTS INBOX mario").await, ["* LISTRIGHTS \"INBOX\" mario lrswikxte"]);
    assert_eq!(owner.ok("LISTRIGHTS INBOX nessuno").await, ["* LISTRIGHTS \"INBOX\" nessuno \"\""]);
    owner.refused("SETACL INBOX mario +a", "NO [NOPERM]").await;
    owner.refused("DELETEACL INBOX mario", "NO [NOPERM]").await;
    owner.refused("MYRIGHTS niente", "NO [NONEXISTENT]").await;
    let mut user = bench.connect().await;
    user.ok("LOGIN mario suo").await;
    let inbox = format!("Caselle/{ANNA}/INBOX");
    assert_eq!(user.ok(&format!("MYRIGHTS {inbox}")).await, [format!("* MYRIGHTS \"{inbox}\" lrswikxte")]);
    for asked in ["GETACL", "LISTRIGHTS", "SETACL", "DELETEACL"] {
        let rest = match asked {
            "GETACL" => "",
            "SETACL" => " mario lr",
            _ => " mario",
        };
        user.refused(&format!("{asked} {inbox}{rest}"), "NO [NOPERM]").await;
    }
    let change = MailboxChange { state: Some(MailboxState::ReadOnly), ..MailboxChange::default() };
    bench.house.store.change_mailbox(&anna, change).await.unwrap();
    let mut user = bench.connect().await;
    user.ok("LOGIN mario suo").await;
    // Where nothing is changed, nobody keeps a \Seen of his own, and nobody is told that he may.
    assert_eq!(user.ok(&format!("MYRIGHTS {inbox}")).await, [format!("* MYRIGHTS \"{inbox}\" lr")]);
    assert_eq!(bench.login().await.ok("MYRIGHTS INBOX").await, ["* MYRIGHTS \"INBOX\" lra"]);
}
