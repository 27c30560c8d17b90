use crate::bench::{Bench, LETTER};

#[tokio::test]
async fn messages_are_copied_and_moved_with_pairs_of_uids() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER, LETTER]).await;
    let mut client = bench.at_inbox().await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Flagged)").await;
    let answer = client.ask("COPY 1,3 Cestino").await;
    assert!(answer.starts_with("OK [COPYUID ") && answer.contains(" 1,3 1:2]"), "{answer}");
    let lines = client.all("UID MOVE 2 Cestino").await;
    assert!(lines[0].starts_with("* OK [COPYUID ") && lines[0].contains(" 2 3]"), "{lines:?}");
    assert_eq!(lines[1..], ["* 2 EXPUNGE", "OK done"]);
    client.refused("COPY 1 niente", "NO [TRYCREATE]").await;
    client.refused("MOVE 1 niente", "NO [TRYCREATE]").await;
    let lines = client.all("COPY 1 INBOX").await;
    assert_eq!(lines[0], "* 3 EXISTS", "into the selected one");
    client.ok("SELECT Cestino").await;
    assert_eq!(client.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS (\\Flagged \\Recent))"]);
}

/// 14 and 15: UID EXPUNGE removes what it names alone, CLOSE all that is marked, and says nothing.
#[tokio::test]
async fn what_is_marked_goes() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER; 4]).await;
    let mut client = bench.at_inbox().await;
    client.ok("STORE 1:3 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(client.ok("UID EXPUNGE 2,4").await, ["* 2 EXPUNGE"]);
    client.ok("EXAMINE INBOX").await;
    client.refused("EXPUNGE", "NO [READ-ONLY]").await;
    assert!(client.ok("CLOSE").await.is_empty());
    client.ok("SELECT INBOX").await;
    assert_eq!(client.ok("SEARCH ALL").await, ["* SEARCH 1 2 3"], "who only looks removes nothing");
    assert!(client.ok("CLOSE").await.is_empty());
    let lines = client.ok("SELECT INBOX").await;
    assert!(lines.contains(&"* 1 EXISTS".to_owned()), "{lines:?}");
}

/// What a legal hold keeps is not removed, by whatever command, and the client is told.
#[tokio::test]
async fn what_is_held_stays_and_the_client_is_told() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER; 2]).await;
    let mailbox = bench.anna.address.clone();
    let hold = store::Hold {
        mailbox: mailbox.clone(),
        identifier: None,
        at: pec::Moment::from_unix(1_790_000_000),
        by: "olga".into(),
        why: "procedimento 7".into(),
    };
    store::Principals::put_hold(&*bench.house.store, hold).await.unwrap();
    let mut client = bench.at_inbox().await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    client.refused("EXPUNGE", "NO [NOPERM] blocco legale").await;
    client.refused("UID EXPUNGE 1", "NO [NOPERM] blocco legale").await;
    let lines = client.ok("CLOSE").await;
    assert!(lines.len() == 1 && lines[0].starts_with("* NO [NOPERM] blocco legale"), "{lines:?}");
    client.ok("CREATE Causa").await;
    client.ok("SELECT INBOX").await;
    client.ok("MOVE 1 Causa").await;
    client.refused("DELETE Causa", "NO [NOPERM] blocco legale").await;
    assert_eq!(client.ok("STATUS Causa (MESSAGES)").await, ["* STATUS \"Causa\" (MESSAGES 1)"]);
    store::Principals::release_hold(&*bench.house.store, &mailbox, None).await.unwrap();
    client.ok("DELETE Causa").await;
}
