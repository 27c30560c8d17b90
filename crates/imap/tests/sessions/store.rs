use crate::bench::{Bench, LETTER};

#[tokio::test]
async fn flags_are_added_removed_and_replaced() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let mut client = bench.at_inbox().await;
    assert_eq!(
        client.ok("STORE 1:2 +FLAGS (\\Flagged $Label1 \\Recent)").await[2..],
        ["* 1 FETCH (UID 1 FLAGS (\\Flagged $Label1))", "* 2 FETCH (UID 2 FLAGS (\\Flagged $Label1))"]
    );
    assert_eq!(client.ok("UID STORE 2 -FLAGS $label1").await, ["* 2 FETCH (UID 2 FLAGS (\\Flagged))"]);
    assert_eq!(client.ok("STORE 2 FLAGS (\\Seen)").await, ["* 2 FETCH (UID 2 FLAGS (\\Seen))"]);
    assert!(client.ok("STORE 2 FLAGS.SILENT ()").await.is_empty());
    assert!(client.ok("NOOP").await.is_empty(), "what we did ourselves was told");
    assert_eq!(client.ok("FETCH 2 FLAGS").await, ["* 2 FETCH (FLAGS ())"]);
    client.ok("EXAMINE INBOX").await;
    client.refused("STORE 1 +FLAGS (\\Seen)", "NO [READ-ONLY]").await;
}

#[tokio::test]
async fn flags_that_somebody_else_changed_are_left_alone() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let (mut one, mut other) = (bench.login().await, bench.at_inbox().await);
    one.ok("SELECT INBOX (CONDSTORE)").await;
    let lines = one.ok("FETCH 1 MODSEQ").await;
    let seen = lines[0].trim_start_matches("* 1 FETCH (MODSEQ (").trim_end_matches("))").to_owned();
    other.ok("STORE 1 +FLAGS (x)").await;
    let mut lines = one.all(&format!("STORE 1:2 (UNCHANGEDSINCE {seen}) +FLAGS.SILENT (\\Flagged)")).await;
    assert!(lines.last().unwrap().starts_with("OK [MODIFIED 1]"), "{lines:?}");
    lines.extend(one.ok("NOOP").await);
    assert!(lines.iter().any(|line| line.starts_with("* 2 FETCH (UID 2 MODSEQ (")), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("* 1 FETCH (UID 1 FLAGS (x) MODSEQ (")), "{lines:?}");
}
