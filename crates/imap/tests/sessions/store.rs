use crate::bench::{Bench, Client, LETTER};

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

/// RFC 5530 §3: what others have removed is not passed over in silence.
#[tokio::test]
async fn that_others_removed_some_is_told_and_the_rest_is_set() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let (mut one, mut other) = (bench.at_inbox().await, bench.at_inbox().await);
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    let lines = one.all("STORE 1:2 +FLAGS (\\Flagged)").await;
    assert!(lines.contains(&"* 2 FETCH (UID 2 FLAGS (\\Flagged))".to_owned()), "{lines:?}");
    assert!(lines.last().unwrap().starts_with("OK [EXPUNGEISSUED]"), "{lines:?}");
    assert!(one.all("UID STORE 1 +FLAGS (\\Flagged)").await.last().unwrap().starts_with("OK done"));
}

/// FLAGS and PERMANENTFLAGS name the keywords that messages have. One that is taken from a message which never had it, or given
/// to messages that are gone, is none; one that a message gets is told of before the message is, by who gives it and to others.
#[tokio::test]
async fn a_keyword_that_no_message_gets_is_not_told_of() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let (mut one, mut other) = (bench.at_inbox().await, bench.at_inbox().await);
    assert_eq!(one.ok("STORE 1 -FLAGS ($Label1)").await, ["* 1 FETCH (UID 1 FLAGS ())"]);
    other.ok("STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    let lines = one.all("STORE 2 +FLAGS ($Label1)").await;
    assert!(matches!(&lines[..], [only] if only.starts_with("OK [EXPUNGEISSUED]")), "{lines:?}");
    let told = [
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1)",
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1 \\*)] these are kept",
        "* 1 FETCH (UID 1 FLAGS ($Label1))",
    ];
    assert_eq!(one.ok("STORE 1 +FLAGS ($Label1)").await, told);
    assert_eq!(other.ok("NOOP").await, told);
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

/// FLAGS of what only this client changed are not told after .SILENT, whatever others do beside it; what they changed is.
#[tokio::test]
async fn nothing_is_told_of_what_is_stored_in_silence() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER, LETTER]).await;
    let (mut one, mut other) = (bench.at_inbox().await, bench.at_inbox().await);
    let told = async |client: &mut Client, command: &str| {
        let mut lines = client.ok(command).await;
        lines.extend(client.ok("NOOP").await);
        lines.retain(|line| line.contains(" FETCH "));
        lines
    };
    let silent = "+FLAGS.SILENT (\\Flagged)";
    // Something happens in another folder.
    other.append("Bozze", LETTER).await;
    assert!(told(&mut one, &format!("STORE 1 {silent}")).await.is_empty());
    assert_eq!(told(&mut other, "NOOP").await, ["* 1 FETCH (UID 1 FLAGS (\\Flagged))"]);
    // Another message is changed by another client, which hears of ours.
    other.ok("STORE 2 +FLAGS.SILENT (\\Answered)").await;
    assert_eq!(told(&mut one, &format!("STORE 3 {silent}")).await, ["* 2 FETCH (UID 2 FLAGS (\\Answered))"]);
    assert_eq!(told(&mut other, "NOOP").await, ["* 3 FETCH (UID 3 FLAGS (\\Flagged))"]);
    // The same message is.
    other.ok("STORE 2 +FLAGS.SILENT (\\Draft)").await;
    let both = ["* 2 FETCH (UID 2 FLAGS (\\Answered \\Draft \\Flagged))"];
    let lines = told(&mut one, &format!("STORE 2:3 {silent}")).await;
    assert_eq!(lines.iter().map(|line| sorted(line)).collect::<Vec<_>>(), both.map(sorted));
    // Who follows modification sequences is told those, and no FLAGS.
    one.ok("ENABLE CONDSTORE").await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Answered)").await;
    let lines = told(&mut one, "STORE 3 -FLAGS.SILENT (\\Flagged)").await;
    let (ours, theirs): (Vec<String>, Vec<String>) = lines.into_iter().partition(|line| line.starts_with("* 3 "));
    assert!(matches!(&ours[..], [line] if line.starts_with("* 3 FETCH (UID 3 MODSEQ (")), "{ours:?}");
    assert!(
        matches!(&theirs[..], [line] if line.starts_with("* 1 FETCH (UID 1 FLAGS (") && line.contains("MODSEQ")),
        "{theirs:?}"
    );
}

/// The words of a line in an order that flags may have.
fn sorted(line: &str) -> Vec<String> {
    let mut words: Vec<String> = line.split([' ', '(', ')']).map(str::to_owned).collect();
    words.sort();
    words
}
