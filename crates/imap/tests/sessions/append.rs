use std::time::Duration;

use holder::MailboxState;
use pec::Address;
use store::{MailboxChange, Principals};

use crate::bench::{ANNA, Bench, LETTER};

/// 13: UIDVALIDITY first, then the UID.
#[tokio::test]
async fn what_is_appended_comes_back_octet_for_octet() {
    let bench = Bench::new().await;
    let mut client = bench.at_inbox().await;
    let size = LETTER.len();
    client.send(&format!("a APPEND INBOX (\\Seen $x) \"17-Jul-2024 02:44:25 +0200\" {{{size}}}\r\n")).await;
    assert_eq!(client.line().await, "+ go on");
    client.send(&format!("{LETTER}\r\n")).await;
    assert!(client.line().await.ends_with("\\Draft $x)"));
    assert!(client.line().await.starts_with("* OK [PERMANENTFLAGS "));
    assert_eq!(client.line().await, "* 1 EXISTS");
    assert_eq!(client.line().await, "* 1 RECENT");
    let answer = client.line().await;
    let validity = client.ok("STATUS INBOX (UIDVALIDITY)").await[0].clone();
    let validity = validity.trim_start_matches("* STATUS \"INBOX\" (UIDVALIDITY ").trim_end_matches(')').to_owned();
    assert_eq!(answer, format!("a OK [APPENDUID {validity} 1] appended"));
    let lines = client.ok("FETCH 1 (FLAGS INTERNALDATE RFC822)").await;
    let expected = format!(
        "* 1 FETCH (FLAGS (\\Seen \\Recent $x) INTERNALDATE \"17-Jul-2024 02:44:25 +0200\" RFC822 {{{size}}}\r\n{LETTER})"
    );
    assert_eq!(lines, [expected]);
}

#[tokio::test]
async fn several_messages_are_appended_or_none() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    let answer = client.ask("APPEND Bozze {3+}\r\na\r\n (\\Draft) {3+}\r\nb\r\n").await;
    assert!(answer.starts_with("OK [APPENDUID ") && answer.contains(" 1:2]"), "{answer}");
    client.refused("APPEND Bozze {3+}\r\na\r\n {0+}\r\n", "NO [CANNOT]").await;
    client.refused("APPEND Bozze {3+}\r\na\r\n garbage", "BAD").await;
    assert_eq!(client.ok("STATUS Bozze (MESSAGES)").await, ["* STATUS \"Bozze\" (MESSAGES 2)"]);
}

#[tokio::test]
async fn what_is_not_wanted_is_refused_before_it_is_sent() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    client.refused("APPEND Bozze {2000000}", "NO [TOOBIG]").await;
    client.refused("APPEND niente {3}", "NO [TRYCREATE]").await;
    client.refused("APPEND niente {3+}\r\nabc", "NO [TRYCREATE]").await;
    let large = "x".repeat(1000);
    client.refused(&format!("APPEND niente {{{}+}}\r\n{large}", large.len()), "NO [TRYCREATE]").await;
    client.ok("NOOP").await;
}

/// Four gigabytes that nobody waits for end the session, and nothing is lost.
#[tokio::test]
async fn a_literal_of_four_gigabytes_ends_with_bye() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    client.send("a APPEND Bozze {4294967296+}\r\n").await;
    assert!(client.line().await.starts_with("a NO [TOOBIG]"));
    assert!(client.line().await.starts_with("* BYE "));
    assert!(client.is_over().await);
}

#[tokio::test]
async fn a_full_mailbox_says_so() {
    let bench = Bench::new().await;
    let change = MailboxChange { quota: Some(10), ..MailboxChange::default() };
    bench.house.store.change_mailbox(&Address::parse(ANNA).unwrap(), change).await.unwrap();
    let mut client = bench.login().await;
    assert!(client.append("Bozze", LETTER).await.starts_with("NO [OVERQUOTA]"));
    let change = MailboxChange { state: Some(MailboxState::Closed), ..MailboxChange::default() };
    bench.house.store.change_mailbox(&Address::parse(ANNA).unwrap(), change).await.unwrap();
    assert!(client.line().await.starts_with("* BYE "));
}

#[tokio::test]
async fn a_message_larger_than_memory_keeps_is_whole() {
    let bench = Bench::new().await;
    let mut client = bench.at_inbox().await;
    let line = "Ogni riga di questo messaggio conta.\r\n";
    let message = format!("Subject: grande\r\n\r\n{}", line.repeat(20_000));
    assert!(client.append("INBOX", &message).await.starts_with("OK "));
    let whole = client.ok("FETCH 1 BODY.PEEK[]").await;
    assert!(whole[0] == format!("* 1 FETCH (BODY[] {{{}}}\r\n{message})", message.len()));
    let part = client.ok("FETCH 1 BODY.PEEK[TEXT]<500000.76>").await;
    let text = line.repeat(20_000);
    assert_eq!(part[0], format!("* 1 FETCH (BODY[TEXT]<500000> {{76}}\r\n{})", &text[500_000..500_076]));
}

/// Who has sent a message, and not the end of the command, holds no memory that others wait for.
#[tokio::test]
async fn memory_is_for_appends_that_are_whole() {
    let mut bench = Bench::new().await.with_memory(8 << 20);
    bench.limits.patience.room = Duration::from_millis(500);
    let message = format!("Subject: grande\r\n\r\n{}", "Ogni riga conta.\r\n".repeat(50_000));
    let (mut late, mut other) = (bench.login().await, bench.login().await);
    late.send(&format!("a APPEND Bozze {{{}+}}\r\n{message}", message.len())).await;
    for uid in 1..=3 {
        let answer = other.append("Bozze", &message).await;
        assert!(answer.starts_with("OK [APPENDUID ") && answer.contains(&format!(" {uid}]")), "{answer}");
    }
    late.send("\r\n").await;
    let answer = late.line().await;
    assert!(answer.starts_with("a OK [APPENDUID ") && answer.contains(" 4]"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_come_is_not_waited_for() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    client.send("a APPEND Bozze {1000}\r\n").await;
    assert_eq!(client.line().await, "+ go on");
    client.send("Subject: x\r\n").await;
    assert_eq!(client.late_line().await, "* BYE the message comes too slowly");
    assert!(client.is_over().await);
    // Nor is the end behind a message that is all here.
    let mut client = bench.login().await;
    client.send("a APPEND Bozze {12+}\r\nSubject: x\r\n").await;
    assert_eq!(client.late_line().await, "* BYE the message comes too slowly");
    assert!(client.is_over().await);
}

/// The client's copy of what it has sent takes the place of ours, and its UID is one that can be fetched.
#[tokio::test]
async fn a_copy_of_what_was_sent_is_there_once() {
    let bench = Bench::new().await;
    let anna = Address::parse(ANNA).unwrap();
    let submitted = format!("From: {ANNA}\r\nMessage-ID: <1@client.example>\r\nSubject: prova\r\n\r\nciao\r\n");
    let pieces = pec::Pieces::own(submitted.clone());
    let summary = store::Summary::read(None, Some("pec1".into()), &pieces);
    let key = store::CopyKey::of(&pieces, &summary);
    let mut outcome = store::Outcome::default();
    let message = outcome.add(store::NewMessage { pieces, summary });
    let (at, by) = (pec::Moment::from_unix(1_790_000_000), store::Actor::Holder);
    outcome.sent_copy = Some(store::SentCopy { message, mailbox: anna, by, key, at });
    store::Ledger::commit(&*bench.house.store, outcome).await.unwrap();

    let mut client = bench.login().await;
    client.ok("SELECT Inviata").await;
    let own = submitted.replace("Subject", "Bcc: b@x\r\nSubject");
    client.send(&format!("a APPEND Inviata (\\Seen) {{{}+}}\r\n{own}\r\n", own.len())).await;
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.starts_with("a ")) {
        lines.push(client.line().await);
    }
    assert!(
        lines.last().unwrap().starts_with("a OK [APPENDUID ") && lines.last().unwrap().contains(" 2]"),
        "{lines:?}"
    );
    client.ok("NOOP").await;
    let fetched = client.ok("UID FETCH 1:* BODY.PEEK[]").await;
    assert_eq!(fetched, [format!("* 1 FETCH (UID 2 BODY[] {{{}}}\r\n{own})", own.len())]);
}
