//! `\Recent` (RFC 3501 §2.3.2).

use store::{MailboxChange, MailboxState, Principals, Rights};

use crate::bench::{ANNA, Bench, Client, LETTER, PASSWORD};

/// What a command says of how many messages are recent.
async fn recent(client: &mut Client, command: &str) -> Vec<String> {
    client.ok(command).await.into_iter().filter(|line| line.ends_with(" RECENT")).collect()
}

#[tokio::test]
async fn a_message_is_recent_to_the_first_session_that_is_told_of_it() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let mut one = bench.login().await;
    assert_eq!(recent(&mut one, "SELECT INBOX").await, ["* 2 RECENT"]);
    assert_eq!(one.ok("FETCH 2 FLAGS").await, ["* 2 FETCH (FLAGS (\\Recent))"]);
    assert_eq!(one.ok("STORE 1 +FLAGS (\\Seen)").await, ["* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent))"]);
    assert_eq!(one.ok("FETCH 2 BODY[]<0.1>").await, ["* 2 FETCH (BODY[]<0> {1}\r\nF FLAGS (\\Seen \\Recent))"]);
    one.ok("STORE 2 -FLAGS.SILENT (\\Seen \\Recent)").await;
    for (key, found) in [("RECENT", " 1 2"), ("NEW", " 2"), ("OLD", ""), ("NOT RECENT", ""), ("OR NEW SEEN", " 1 2")] {
        assert_eq!(one.ok(&format!("SEARCH {key}")).await, [format!("* SEARCH{found}")], "{key}");
    }
    let mut other = bench.login().await;
    assert_eq!(recent(&mut other, "SELECT INBOX").await, ["* 0 RECENT"]);
    assert_eq!(other.ok("FETCH 1:2 FLAGS").await, ["* 1 FETCH (FLAGS (\\Seen))", "* 2 FETCH (FLAGS ())"]);
    for (key, found) in [("RECENT", ""), ("NEW", ""), ("OLD", " 1 2")] {
        assert_eq!(other.ok(&format!("SEARCH {key}")).await, [format!("* SEARCH{found}")], "{key}");
    }
    // Selected again, a session is another one (§1.2).
    assert_eq!(recent(&mut one, "SELECT INBOX").await, ["* 0 RECENT"]);
}

#[tokio::test]
async fn what_comes_is_recent_to_who_hears_of_it_first() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let (mut one, mut other) = (bench.at_inbox().await, bench.at_inbox().await);
    let mut reader = bench.login().await;
    reader.ok("EXAMINE INBOX").await;
    bench.deliver(&[LETTER]).await;
    // Who only reads is told of it and takes it from nobody.
    assert_eq!(reader.ok("NOOP").await, ["* 2 EXISTS", "* 1 RECENT"]);
    assert_eq!(reader.ok("SEARCH RECENT").await, ["* SEARCH 2"]);
    assert_eq!(one.ok("NOOP").await, ["* 2 EXISTS", "* 1 RECENT"]);
    assert_eq!(other.ok("NOOP").await, ["* 2 EXISTS"]);
    assert_eq!(other.append("INBOX", LETTER).await.split(' ').next(), Some("OK"));
    assert_eq!(other.ok("FETCH 2:3 FLAGS").await, ["* 2 FETCH (FLAGS ())", "* 3 FETCH (FLAGS (\\Recent))"]);
    assert_eq!(one.ok("COPY 1 INBOX").await, ["* 4 EXISTS", "* 2 RECENT"]);
    assert_eq!(one.ok("SEARCH RECENT").await, ["* SEARCH 2 4"]);
    // A number that goes down is told too.
    other.ok("STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    assert!(other.ok("EXPUNGE").await.iter().all(|line| !line.ends_with("RECENT")));
    assert_eq!(one.ok("NOOP").await, ["* 2 EXPUNGE", "* 1 RECENT"]);
    assert_eq!(one.ok("SEARCH RECENT").await, ["* SEARCH 3"]);
}

#[tokio::test]
async fn who_only_looks_takes_nothing_and_changes_nothing() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let mut client = bench.login().await;
    let highest = client.ok("STATUS INBOX (RECENT HIGHESTMODSEQ)").await;
    assert!(highest[0].starts_with("* STATUS \"INBOX\" (RECENT 2 HIGHESTMODSEQ "), "{highest:?}");
    for _ in 0..2 {
        assert_eq!(recent(&mut client, "EXAMINE INBOX").await, ["* 2 RECENT"]);
        assert_eq!(client.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS (\\Recent))"]);
    }
    // What is told as recent is no change.
    assert_eq!(recent(&mut client, "SELECT INBOX").await, ["* 2 RECENT"]);
    client.ok("UNSELECT").await;
    assert_eq!(client.ok("STATUS INBOX (RECENT HIGHESTMODSEQ)").await, [highest[0].replace("RECENT 2", "RECENT 0")]);
    bench.deliver(&[LETTER]).await;
    let listed = client.ok("LIST \"\" INBOX RETURN (STATUS (RECENT MESSAGES))").await;
    assert_eq!(listed[1], "* STATUS \"INBOX\" (RECENT 1 MESSAGES 3)");
    client.ok("SELECT INBOX").await;
    assert_eq!(client.ok("STATUS INBOX (RECENT)").await, ["* STATUS \"INBOX\" (RECENT 1)"], "its own");
}

#[tokio::test]
async fn a_mailbox_that_is_only_read_keeps_what_is_recent() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let state = async |state| {
        let change = MailboxChange { state: Some(state), ..MailboxChange::default() };
        bench.house.store.change_mailbox(&bench.anna.address, change).await.unwrap();
    };
    state(MailboxState::ReadOnly).await;
    let mut client = bench.login().await;
    for _ in 0..2 {
        assert_eq!(recent(&mut client, "SELECT INBOX").await, ["* 1 RECENT"]);
    }
    state(MailboxState::Active).await;
    let mut client = bench.login().await;
    assert_eq!(recent(&mut client, "SELECT INBOX").await, ["* 1 RECENT"]);
    assert_eq!(recent(&mut client, "SELECT INBOX").await, ["* 0 RECENT"]);
}

/// Of all who share a mailbox one session is the first.
#[tokio::test]
async fn what_one_user_was_told_of_is_recent_to_no_other() {
    let bench = Bench::new().await;
    bench.house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    let read = Rights { read: true, ..Rights::default() };
    bench.house.store.grant("mario", &bench.anna.address, read).await.unwrap();
    bench.deliver(&[LETTER]).await;
    let mut user = bench.connect().await;
    user.ok("LOGIN mario suo").await;
    assert_eq!(recent(&mut user, &format!("SELECT Caselle/{ANNA}/INBOX")).await, ["* 1 RECENT"]);
    assert_eq!(recent(&mut bench.login().await, "SELECT INBOX").await, ["* 0 RECENT"]);
}

/// RFC 9051, appendix E.
#[tokio::test]
async fn the_later_revision_knows_nothing_of_it() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let mut later = bench.login().await;
    later.ok("ENABLE IMAP4rev2").await;
    assert!(recent(&mut later, "SELECT INBOX").await.is_empty());
    assert_eq!(later.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS ())"]);
    assert_eq!(later.ok("STATUS INBOX (RECENT)").await, ["* STATUS \"INBOX\" (RECENT 0)"]);
    bench.deliver(&[LETTER]).await;
    assert_eq!(later.ok("NOOP").await, ["* 2 EXISTS"]);
    let mut earlier = bench.login().await;
    assert_eq!(recent(&mut earlier, "SELECT INBOX").await, ["* 2 RECENT"], "it took none");
    // Who changes over knows nothing of it any more.
    earlier.ok("ENABLE IMAP4rev2").await;
    assert_eq!(earlier.ok("FETCH 1 FLAGS").await, ["* 1 FETCH (FLAGS ())"]);
    earlier.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(earlier.ok("EXPUNGE").await, ["* 1 EXPUNGE"]);
}

/// Numbers that clients keep are durable: also what was recent to a session that is gone.
#[tokio::test]
async fn what_a_session_took_stays_taken_when_its_connection_breaks() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let mut client = bench.connect().await;
    client.ok(&format!("LOGIN {ANNA} \"{PASSWORD}\"")).await;
    assert_eq!(recent(&mut client, "SELECT INBOX").await, ["* 1 RECENT"]);
    drop(client);
    assert_eq!(recent(&mut bench.login().await, "SELECT INBOX").await, ["* 0 RECENT"]);
}
