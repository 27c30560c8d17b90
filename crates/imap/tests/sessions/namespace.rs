//! A user who logs in by own name, and sees the mailboxes of others.

use holder::{MailboxState, Rights};
use pec::Address;
use store::{Account, MailboxChange, Principals, Protocols};

use crate::bench::{ANNA, Bench, Client, LETTER};

const BRUNO: &str = "bruno@pec.example";
const READ: Rights = Rights { read: true, send: false, manage: false };

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// Anna's mailbox with a letter, Bruno's with none; Mario and Lucia may use both.
async fn office() -> Bench {
    let bench = Bench::new().await;
    bench.house.mailbox(BRUNO, "x").await;
    bench.deliver(&[LETTER]).await;
    for user in ["mario", "lucia"] {
        bench.house.store.create_user(user, "", Some("suo")).await.unwrap();
        for mailbox in [ANNA, BRUNO] {
            bench.house.store.grant(user, &address(mailbox), READ).await.unwrap();
        }
    }
    bench
}

async fn by_name(bench: &Bench, user: &str) -> Client {
    let mut client = bench.connect().await;
    client.ok(&format!("LOGIN {user} suo")).await;
    client
}

#[tokio::test]
async fn every_granted_mailbox_stands_in_the_namespace() {
    let bench = office().await;
    let mut client = by_name(&bench, "mario").await;
    assert_eq!(client.ok("NAMESPACE").await, ["* NAMESPACE NIL ((\"Caselle/\" \"/\")) NIL"]);
    assert_eq!(client.ok("LIST \"\" %").await, ["* LIST (\\NoSelect \\HasChildren) \"/\" \"Caselle\""]);
    assert_eq!(
        client.ok("LIST \"\" Caselle/%").await,
        [
            format!("* LIST (\\NoSelect \\HasChildren) \"/\" \"Caselle/{ANNA}\""),
            format!("* LIST (\\NoSelect \\HasChildren) \"/\" \"Caselle/{BRUNO}\""),
        ]
    );
    let all = client.ok("LIST \"\" *").await;
    assert_eq!(all.len(), 3 + 2 * 4, "{all:?}");
    assert!(all.contains(&format!("* LIST (\\HasNoChildren \\Sent) \"/\" \"Caselle/{BRUNO}/Inviata\"")), "{all:?}");
    let told = client.ok("LIST \"\" Caselle/*/INBOX RETURN (STATUS (MESSAGES))").await;
    assert_eq!(told[1], format!("* STATUS \"Caselle/{ANNA}/INBOX\" (MESSAGES 1)"));
    assert_eq!(told[3], format!("* STATUS \"Caselle/{BRUNO}/INBOX\" (MESSAGES 0)"));
    // There is none of his own, and none by another name.
    for name in ["INBOX", "Caselle", "Caselle/nobody@pec.example/INBOX", &format!("Caselle/{ANNA}"), "Inviata"] {
        client.refused(&format!("SELECT {name}"), "NO [NONEXISTENT]").await;
        client.refused(&format!("STATUS {name} (MESSAGES)"), "NO [NONEXISTENT]").await;
    }
    client.refused("GETQUOTA \"\"", "NO [NONEXISTENT]").await;
    // One that is granted, or switched off, while the session is open.
    bench.house.mailbox("carla@pec.example", "x").await;
    client.refused("SELECT Caselle/carla@pec.example/INBOX", "NO [NONEXISTENT]").await;
    bench.house.store.grant("mario", &address("carla@pec.example"), READ).await.unwrap();
    client.ok("SELECT Caselle/CARLA@pec.example/inbox").await;
    // The holder, and a user by the address, see their mailbox at the root as ever.
    assert_eq!(bench.login().await.ok("NAMESPACE").await, ["* NAMESPACE ((\"\" \"/\")) NIL NIL"]);
    let (_, secret) = bench.house.app_password(Account::User("mario".into()), None, Protocols::ALL).await;
    let mut client = bench.connect().await;
    client.ok(&format!("LOGIN {ANNA} {secret}")).await;
    assert_eq!(client.ok("LIST \"\" *").await.len(), 4);
    client.ok("SELECT INBOX").await;
}

#[tokio::test]
async fn folders_are_made_and_messages_copied_from_one_mailbox_to_another() {
    let bench = office().await;
    let mut client = by_name(&bench, "mario").await;
    let (anna, bruno) = (format!("Caselle/{ANNA}"), format!("Caselle/{BRUNO}"));
    client.ok(&format!("CREATE {bruno}/Pratiche/2026")).await;
    client.refused(&format!("RENAME {bruno}/Pratiche {anna}/Pratiche"), "NO [CANNOT]").await;
    client.ok(&format!("RENAME {bruno}/Pratiche {bruno}/Fascicoli")).await;
    client.ok(&format!("SUBSCRIBE {bruno}/Fascicoli/2026")).await;
    assert!(client.ok("LSUB \"\" *").await.iter().any(|line| line.ends_with(&format!("\"{bruno}/Fascicoli/2026\""))));
    client.ok(&format!("SELECT {anna}/INBOX")).await;
    let copied = client.ask(&format!("COPY 1 {bruno}/Fascicoli/2026")).await;
    assert!(copied.starts_with("OK [COPYUID "), "{copied}");
    assert!(client.ok("FETCH 1 BODY.PEEK[TEXT]").await[0].contains("prima riga"), "what is selected is at hand again");
    let status = client.ok(&format!("STATUS {bruno}/Fascicoli/2026 (MESSAGES UNSEEN)")).await;
    assert_eq!(status, [format!("* STATUS \"{bruno}/Fascicoli/2026\" (MESSAGES 1 UNSEEN 1)")]);
    client.ok(&format!("MOVE 1 {bruno}/INBOX")).await;
    client.ok(&format!("SELECT {bruno}/INBOX")).await;
    assert!(client.ok("FETCH 1 BODY.PEEK[TEXT]").await[0].contains("prima riga"));
    assert!(client.append(&format!("{anna}/INBOX"), "Subject: a\r\n\r\nb").await.starts_with("OK [APPENDUID "));
    client.refused(&format!("COPY 1 {anna}/Nuova"), "NO [TRYCREATE]").await;
    client.ok(&format!("DELETE {bruno}/Fascicoli/2026")).await;
    let quota = client.ok(&format!("GETQUOTAROOT {anna}/INBOX")).await;
    assert_eq!(quota[0], format!("* QUOTAROOT \"{anna}/INBOX\" {anna}"));
    assert!(client.ok(&format!("GETQUOTA {bruno}")).await[0].starts_with(&format!("* QUOTA {bruno} (STORAGE ")));
}

#[tokio::test]
async fn rights_and_notes_are_those_of_the_mailbox_that_is_named() {
    let bench = office().await;
    bench.house.store.grant("mario", &address(BRUNO), Rights { manage: true, ..READ }).await.unwrap();
    let mut client = by_name(&bench, "mario").await;
    let (anna, bruno) = (format!("Caselle/{ANNA}/INBOX"), format!("Caselle/{BRUNO}/INBOX"));
    // Whichever is selected.
    client.ok(&format!("SELECT {anna}")).await;
    for (inbox, letters) in [(&anna, "lrswikxte"), (&bruno, "lrswikxtea")] {
        assert_eq!(client.ok(&format!("MYRIGHTS {inbox}")).await, [format!("* MYRIGHTS \"{inbox}\" {letters}")]);
    }
    client.refused(&format!("GETACL {anna}"), "NO [NOPERM]").await;
    let acl = format!("* ACL \"{bruno}\" {BRUNO} lrswikxtea lucia lrswikxte mario lrswikxtea");
    assert_eq!(client.ok(&format!("GETACL {bruno}")).await, [acl]);
    let lucia = format!("* LISTRIGHTS \"{bruno}\" lucia lrswikxte");
    assert_eq!(client.ok(&format!("LISTRIGHTS {bruno} lucia")).await, [lucia]);
    client.ok(&format!("SETMETADATA {bruno} (/shared/comment \"di Bruno\")")).await;
    for (inbox, note) in [(&anna, "NIL"), (&bruno, "\"di Bruno\"")] {
        let told = format!("* METADATA \"{inbox}\" (/shared/comment {note})");
        assert_eq!(client.ok(&format!("GETMETADATA {inbox} /shared/comment")).await, [told]);
    }
    // The server is no single mailbox to him, also while one is selected.
    client.refused("GETMETADATA \"\" /shared/comment", "NO [CANNOT]").await;
    client.refused("SETMETADATA \"\" (/shared/comment \"x\")", "NO [CANNOT]").await;
}

#[tokio::test]
async fn each_mailbox_is_used_under_its_own_state_and_a_right_that_goes_ends_the_session() {
    let bench = office().await;
    let mut client = by_name(&bench, "mario").await;
    let (anna, bruno) = (format!("Caselle/{ANNA}"), format!("Caselle/{BRUNO}"));
    let change = MailboxChange { state: Some(MailboxState::ReadOnly), ..MailboxChange::default() };
    bench.house.store.change_mailbox(&address(BRUNO), change).await.unwrap();
    client.ok(&format!("SELECT {anna}/INBOX")).await;
    client.refused(&format!("COPY 1 {bruno}/INBOX"), "NO [NOPERM]").await;
    client.refused(&format!("CREATE {bruno}/x"), "NO [NOPERM]").await;
    assert!(client.append(&format!("{bruno}/INBOX"), "x").await.starts_with("NO [NOPERM]"));
    client.ok(&format!("CREATE {anna}/x")).await;
    // The right on the selected mailbox goes: at once.
    bench.house.store.grant("mario", &address(ANNA), Rights::default()).await.unwrap();
    assert_eq!(client.line().await, "* BYE this login does not hold any more: log in again");
    assert!(client.is_over().await);
    // He comes again and sees what is left; and when he is shut out, nothing selected, that is told at once too.
    let mut client = by_name(&bench, "mario").await;
    assert_eq!(client.ok("LIST \"\" Caselle/%").await.len(), 1);
    bench.house.store.enable_user("mario", false).await.unwrap();
    assert_eq!(client.line().await, "* BYE this login does not hold any more: log in again");
    assert!(client.is_over().await);
}

#[tokio::test]
async fn what_one_has_seen_the_others_have_not() {
    let bench = office().await;
    let inbox = format!("Caselle/{ANNA}/INBOX");
    let (mut mario, mut lucia, mut holder) =
        (by_name(&bench, "mario").await, by_name(&bench, "lucia").await, bench.at_inbox().await);
    for client in [&mut mario, &mut lucia] {
        client.ok(&format!("SELECT {inbox}")).await;
    }
    mario.ok("FETCH 1 BODY[TEXT]").await;
    assert_eq!(mario.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS (\\Seen))"]);
    let flags = async |client: &mut Client| {
        client.ok("NOOP").await;
        client.ok("FETCH 1 FLAGS").await.pop().unwrap()
    };
    for client in [&mut lucia, &mut holder] {
        assert!(client.ok("NOOP").await.is_empty(), "to nobody else has anything changed");
        assert_eq!(flags(client).await, "* 1 FETCH (FLAGS ())");
    }
    for (client, name, unseen) in
        [(&mut mario, inbox.as_str(), 0), (&mut lucia, inbox.as_str(), 1), (&mut holder, "INBOX", 1)]
    {
        let status = client.ok(&format!("STATUS {name} (UNSEEN)")).await;
        assert!(status[0].ends_with(&format!(" (UNSEEN {unseen})")), "{status:?}");
        let found = client.ok("SEARCH UNSEEN").await;
        assert_eq!(found, [if unseen == 1 { "* SEARCH 1" } else { "* SEARCH" }]);
    }
    // The other flags are everybody's.
    lucia.ok("STORE 1 +FLAGS (\\Flagged)").await;
    assert_eq!(flags(&mut mario).await, "* 1 FETCH (FLAGS (\\Flagged \\Seen))");
    holder.ok("STORE 1 +FLAGS (\\Seen)").await;
    mario.ok("STORE 1 -FLAGS (\\Seen)").await;
    assert_eq!(flags(&mut mario).await, "* 1 FETCH (FLAGS (\\Flagged))");
    assert_eq!(flags(&mut holder).await, "* 1 FETCH (FLAGS (\\Flagged \\Seen))");
}

/// RFC 7162: to who has read it a message has changed, in whichever session; others read nothing again.
#[tokio::test]
async fn what_one_has_seen_is_a_change_for_him_alone() {
    let bench = office().await;
    let inbox = format!("Caselle/{ANNA}/INBOX");
    let mut clients = Vec::new();
    for user in ["mario", "mario", "lucia"] {
        let mut client = by_name(&bench, user).await;
        client.ok("ENABLE QRESYNC").await;
        client.ok(&format!("SELECT {inbox}")).await;
        clients.push(client);
    }
    let status = async |client: &mut Client| {
        let line = client.ok(&format!("STATUS {inbox} (UIDVALIDITY HIGHESTMODSEQ)")).await.pop().unwrap();
        let digits = line.rsplit_once(" (").unwrap().1.split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<u64> = digits.filter_map(|digits| digits.parse().ok()).collect();
        (numbers[0], numbers[1])
    };
    let (validity, before) = status(&mut clients[0]).await;
    clients[0].ok("UID FETCH 1 BODY[TEXT]").await;
    let now = status(&mut clients[0]).await.1;
    assert!(now > before);
    for (client, told) in clients.iter_mut().zip([false, true, false]) {
        let lines = client.ok("NOOP").await;
        let changed = format!("* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ ({now}))");
        assert_eq!(lines, if told { vec![changed] } else { Vec::new() });
    }
    let changed = format!("UID FETCH 1:* (FLAGS) (CHANGEDSINCE {before} VANISHED)");
    for (client, highest) in clients.iter_mut().zip([now, now, before]) {
        assert_eq!(status(client).await.1, highest);
        let lines = client.ok(&changed).await;
        assert_eq!(lines.len(), usize::from(highest > before), "{lines:?}");
        // So does who comes back, and whoever is there changes flags on what he knows.
        let lines = client.ok(&format!("SELECT {inbox} (QRESYNC ({validity} {before}))")).await;
        assert_eq!(lines.iter().any(|line| line.contains("FETCH")), highest > before, "{lines:?}");
        let answer = client.ask(&format!("UID STORE 1 (UNCHANGEDSINCE {before}) +FLAGS.SILENT (\\Seen)")).await;
        assert_eq!(answer.contains("[MODIFIED 1]"), highest > before, "{answer}");
    }
}
