use crate::bench::{Bench, LETTER};

#[tokio::test]
async fn a_mailbox_is_selected_with_all_that_clients_keep() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let mut client = bench.login().await;
    let lines = client.all("SELECT inbox").await;
    assert_eq!(lines[0], "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)");
    assert_eq!(lines[2..4], ["* 2 EXISTS", "* 2 RECENT"]);
    assert!(lines[1].starts_with("* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)]"));
    for (line, begins) in lines[4..].iter().zip([
        "* OK [UNSEEN 1]",
        "* OK [UIDVALIDITY ",
        "* OK [UIDNEXT 3]",
        "* OK [HIGHESTMODSEQ ",
        "* OK [MAILBOXID (F",
        "OK [READ-WRITE]",
    ]) {
        assert!(line.starts_with(begins), "{line}");
    }
    // 27: what follows is of another mailbox.
    let lines = client.all("EXAMINE Bozze").await;
    assert!(lines[0].starts_with("* OK [CLOSED]"));
    assert!(lines.last().unwrap().starts_with("OK [READ-ONLY]"));
    client.refused("APPEND niente {1+}\r\nx", "NO [TRYCREATE]").await;
    client.refused("SELECT niente", "NO [NONEXISTENT]").await;
    client.refused("FETCH 1 FLAGS", "BAD").await;
    client.ok("SELECT INBOX").await;
    client.ok("UNSELECT").await;
    client.refused("CLOSE", "BAD").await;
}

#[tokio::test]
async fn keywords_in_use_are_told_of_before_a_message_has_one() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let (mut one, mut other) = (bench.at_inbox().await, bench.at_inbox().await);
    let flags = "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft";
    let lines = one.ok("STORE 1 +FLAGS (\\Seen lavoro)").await;
    assert_eq!(lines[0], format!("{flags} lavoro)"));
    assert!(lines[1].ends_with("\\Draft lavoro \\*)] these are kept"), "{lines:?}");
    assert_eq!(lines[2..], ["* 1 FETCH (UID 1 FLAGS (\\Seen lavoro))"]);
    assert_eq!(one.ok("STORE 2 +FLAGS (lavoro)").await, ["* 2 FETCH (UID 2 FLAGS (lavoro))"]);
    let lines = other.ok("NOOP").await;
    assert_eq!(lines[0], format!("{flags} lavoro)"));
    assert!(lines[2].contains("FLAGS (\\Seen lavoro)"), "{lines:?}");
    let mut lines = one.ok("STORE 2 +FLAGS.SILENT (altro)").await;
    lines.extend(one.ok("FETCH 2 FLAGS").await);
    assert_eq!(lines[0], format!("{flags} altro lavoro)"));
    assert_eq!(lines[2..], ["* 2 FETCH (FLAGS (altro lavoro))"]);
    // Of another folder's keywords, and of who only looks.
    let lines = one.ok("EXAMINE Bozze").await;
    assert!(lines.contains(&format!("{flags})")), "{lines:?}");
    let lines = one.ok("EXAMINE INBOX").await;
    assert!(lines.contains(&format!("{flags} altro lavoro)")), "{lines:?}");
    assert!(lines.contains(&"* OK [PERMANENTFLAGS ()] these are kept".to_owned()), "{lines:?}");
    // The first message is seen.
    assert!(lines.contains(&"* OK [UNSEEN 2] the first unseen".to_owned()), "{lines:?}");
}

/// 26: what is delivered between two looks is there, and told once.
#[tokio::test]
async fn what_comes_is_told_once_and_nothing_after_nothing() {
    let bench = Bench::new().await;
    let mut client = bench.at_inbox().await;
    bench.deliver(&[LETTER]).await;
    assert_eq!(client.ok("NOOP").await, ["* 1 EXISTS", "* 1 RECENT"]);
    // 4: no EXISTS where nothing came.
    assert!(client.ok("NOOP").await.is_empty());
    assert!(client.ok("EXPUNGE").await.is_empty());
    assert!(client.ok("CHECK").await.is_empty());
    bench.deliver(&[LETTER]).await;
    let lines = client.ok("SELECT INBOX").await;
    assert!(lines.contains(&"* 2 EXISTS".to_owned()), "{lines:?}");
    assert!(client.ok("NOOP").await.is_empty());
}

/// 24: UIDs that were not announced yet are usable; unknown ones are no mistake.
#[tokio::test]
async fn uids_are_usable_before_they_are_announced() {
    let bench = Bench::new().await;
    let mut client = bench.at_inbox().await;
    let uid = bench.deliver(&[LETTER]).await[0];
    let lines = client.ok(&format!("UID FETCH {uid} (FLAGS)")).await;
    assert_eq!(lines, ["* 1 EXISTS", "* 1 RECENT", &format!("* 1 FETCH (UID {uid} FLAGS (\\Recent))")]);
    let more = bench.deliver(&[LETTER]).await[0];
    let lines = client.ok("UID FETCH 1:* (UID)").await;
    assert_eq!(lines.last().unwrap(), &format!("* 2 FETCH (UID {more})"));
    for command in ["UID FETCH 99 FLAGS", "UID STORE 99 +FLAGS (x)", "UID COPY 99 Cestino", "UID MOVE 99 Cestino"] {
        assert!(!client.ok(command).await.iter().any(|line| line.contains("COPYUID")), "{command}");
    }
    client.refused("FETCH 3 FLAGS", "BAD").await;
}

/// 1 and 28: commands that come at once are done one after the other.
#[tokio::test]
async fn commands_sent_ahead_are_answered_in_order() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let mut client = bench.login().await;
    client
        .send(
            "1 SELECT INBOX\r\n2 IDLE\r\nDONE\r\n3 STORE 1 +FLAGS.SILENT (\\Deleted)\r\n4 EXPUNGE\r\n5 FETCH 1 UID\r\n",
        )
        .await;
    client.until("1").await;
    assert_eq!(client.until("2").await[0], "+ idling");
    assert_eq!(client.until("3").await, ["OK done"]);
    assert_eq!(client.until("4").await, ["* 1 EXPUNGE", "* 1 RECENT", "OK done"]);
    assert_eq!(client.until("5").await, ["* 1 FETCH (UID 2)", "OK done"]);
}
