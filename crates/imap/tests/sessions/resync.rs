use crate::bench::{Bench, LETTER};

/// The number behind a word of a response.
fn number(lines: &[String], word: &str) -> u64 {
    let line = lines.iter().find(|line| line.contains(word)).unwrap();
    let digits = line.split(word).nth(1).unwrap().trim_start();
    digits.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_client_that_comes_back_hears_what_went_and_what_changed() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER; 5]).await;
    let mut one = bench.login().await;
    one.refused("SELECT INBOX (QRESYNC (1 1))", "BAD").await;
    assert_eq!(one.ok("ENABLE QRESYNC").await, ["* ENABLED QRESYNC"]);
    let lines = one.ok("SELECT INBOX").await;
    let (validity, highest) = (number(&lines, "UIDVALIDITY"), number(&lines, "HIGHESTMODSEQ"));
    one.ok("UNSELECT").await;
    let mut other = bench.at_inbox().await;
    other.ok("STORE 2,4 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Flagged)").await;
    let lines = one.ok(&format!("SELECT INBOX (QRESYNC ({validity} {highest} 1:5))")).await;
    let told: Vec<&String> = lines.iter().skip_while(|line| !line.contains("VANISHED")).collect();
    assert_eq!(told[0], "* VANISHED (EARLIER) 2,4");
    assert!(told[1].starts_with("* 1 FETCH (UID 1 FLAGS (\\Flagged) MODSEQ ("), "{told:?}");
    assert_eq!(told.len(), 2);
    // 27: nothing of nothing.
    let now = number(&lines, "HIGHESTMODSEQ");
    let lines = one.ok(&format!("SELECT INBOX (QRESYNC ({validity} {now}))")).await;
    assert!(lines[0].starts_with("* OK [CLOSED]"));
    assert!(!lines.iter().any(|line| line.contains("VANISHED") || line.contains("FETCH")), "{lines:?}");
    let lines = one.ok(&format!("UID FETCH 1:* (FLAGS) (CHANGEDSINCE {highest} VANISHED)")).await;
    assert_eq!(lines[0], "* VANISHED (EARLIER) 2,4");
    assert_eq!(lines.len(), 2);
    // Also of the last that there was, which `*` does not mean any more.
    other.ok("STORE 3 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    for all in ["1:*", "1:5"] {
        let lines = one.ok(&format!("UID FETCH {all} (FLAGS) (CHANGEDSINCE {highest} VANISHED)")).await;
        assert!(lines.contains(&"* VANISHED (EARLIER) 2,4:5".to_owned()), "{all}: {lines:?}");
    }
    // Another life of the mailbox: nothing that the client knows counts.
    let lines = one.ok(&format!("SELECT INBOX (QRESYNC ({} {highest}))", validity + 1)).await;
    assert!(!lines.iter().any(|line| line.contains("VANISHED")), "{lines:?}");
}

/// More than is read of the store at once: each is told of once, in the order of their UIDs, and nothing else is.
#[tokio::test]
async fn many_that_changed_are_fetched_with_their_headers() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER; 200]).await;
    let mut client = bench.login().await;
    client.ok("ENABLE QRESYNC").await;
    let highest = number(&client.ok("SELECT INBOX").await, "HIGHESTMODSEQ");
    let mut other = bench.at_inbox().await;
    other.ok("STORE 3,7,9 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    // From the last to the first, so that they did not change in the order in which they stand.
    let changed: Vec<u32> = (1..=200).filter(|uid| ![3, 7, 9].contains(uid) && uid % 4 > 0).collect();
    for some in changed.rchunks(50) {
        let set: Vec<String> = some.iter().map(u32::to_string).collect();
        other.ok(&format!("UID STORE {} +FLAGS.SILENT (\\Flagged)", set.join(","))).await;
    }
    client.ok("NOOP").await;
    let since = format!("(CHANGEDSINCE {highest} VANISHED)");
    let lines = client.ok(&format!("UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)]) {since}")).await;
    assert_eq!(lines[0], "* VANISHED (EARLIER) 3,7,9");
    let told: Vec<u64> = lines[1..].iter().map(|line| number(std::slice::from_ref(line), "UID")).collect();
    assert_eq!(told, changed.iter().copied().map(u64::from).collect::<Vec<_>>());
    assert!(lines[1..].iter().all(|line| line.contains("Subject: uno")), "{lines:?}");
    let among = client.ok(&format!("UID FETCH 1:8,150 (UID) (CHANGEDSINCE {highest})")).await;
    assert_eq!(among.len(), 4 + 1, "{among:?}");
}

#[tokio::test]
async fn what_goes_is_told_by_uid_to_who_wants_it_so() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER; 3]).await;
    let mut client = bench.login().await;
    client.ok("ENABLE QRESYNC").await;
    client.ok("SELECT INBOX").await;
    client.ok("STORE 1:2 +FLAGS.SILENT (\\Deleted)").await;
    let lines = client.all("EXPUNGE").await;
    assert_eq!(lines[..2], ["* VANISHED 1:2", "* 1 RECENT"]);
    assert!(lines[2].starts_with("OK [HIGHESTMODSEQ "), "{lines:?}");
    let lines = client.all("UID MOVE 3 Cestino").await;
    assert_eq!(lines[1..], ["* VANISHED 3", "* 0 RECENT", "OK done"]);
    client.refused("FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)", "BAD").await;
}
