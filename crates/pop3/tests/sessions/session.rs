//! Whole sessions.

use std::time::Duration;

use holder::{Protocol, Rights};
use pec::Address;
use pop3::Door;
use store::{Account, MailboxChange, Mailboxes, Principals, Protocols, Reader};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::bench::{ANNA, Bench, LETTER};

#[tokio::test]
async fn messages_are_listed_fetched_and_deleted_at_quit_alone() {
    let bench = Bench::new().await;
    bench.house.deliver(&bench.anna, &[LETTER, b"Subject: due\r\n\r\n"]).await;
    let mut client = bench.login().await;
    assert_eq!(client.ask("STAT").await, format!("+OK 2 {}", LETTER.len() + 16));
    assert_eq!(client.lines("LIST").await, [format!("1 {}", LETTER.len()), "2 16".into()]);
    let unique = client.lines("UIDL").await;
    assert!(unique[0].starts_with("1 ") && unique[1].starts_with("2 "));
    assert_eq!(client.lines("RETR 1").await, ["Subject: uno", "", "prima", "..seconda", "terza"]);
    assert_eq!(client.lines("TOP 1 1").await, ["Subject: uno", "", "prima"]);
    assert!(client.ask("DELE 2").await.starts_with("+OK"));
    drop(client);
    // A connection that is lost leaves everything.
    let mut client = bench.login().await;
    assert_eq!(client.lines("UIDL").await, unique);
    client.lines("RETR 1").await;
    assert!(client.ask("DELE 2").await.starts_with("+OK"));
    assert_eq!(client.ask("QUIT").await, "+OK bye");
    assert!(client.is_over().await);
    assert_eq!(bench.count().await, 1);
    let inbox = bench.house.store.folders(bench.anna.id, Reader::Owner).await.unwrap().remove(0);
    assert_eq!(inbox.unseen, 0, "what was fetched is seen");
    // What is left keeps what identifies it.
    let mut client = bench.login().await;
    assert_eq!(client.lines("UIDL").await, unique[..1]);
}

#[tokio::test]
async fn commands_that_come_at_once_are_answered_in_order() {
    let bench = Bench::new().await;
    bench.house.deliver(&bench.anna, &[LETTER]).await;
    let mut client = bench.connect().await;
    client.line().await;
    client.send(&format!("USER {ANNA}\r\nPASS due parole €\r\nSTAT\r\nRETR 1\r\nQUIT\r\n")).await;
    let mut answers = Vec::new();
    for _ in 0..11 {
        answers.push(client.line().await);
    }
    assert_eq!(answers[2], format!("+OK 1 {}", LETTER.len()));
    assert_eq!(answers[8..], ["terza", ".", "+OK bye"]);
}

#[tokio::test]
async fn a_large_message_comes_octet_for_octet() {
    let bench = Bench::new().await;
    let line = "x".repeat(70) + "\r\n.";
    let message = format!("Subject: grande\r\n\r\n{}fine\r\n", line.repeat(20_000));
    bench.house.deliver(&bench.anna, &[message.as_bytes()]).await;
    let mut client = bench.login().await;
    let lines = client.lines("RETR 1").await;
    let got: String = lines.iter().map(|line| format!("{}\r\n", line.strip_prefix('.').unwrap_or(line))).collect();
    assert!(got == message, "{} octets instead of {}", got.len(), message.len());
}

#[tokio::test]
async fn stls_comes_before_anything_secret() {
    let bench = Bench::new().await;
    let mut stream = BufReader::new(bench.start(Door::Clear));
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    stream.write_all(b"USER anna\r\nSTLS\r\n").await.unwrap();
    line.clear();
    stream.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("-ERR start TLS first"), "{line}");
    stream.read_line(&mut line).await.unwrap();
    let mut client = bench.under_tls(stream.into_inner()).await;
    assert!(client.lines("CAPA").await.contains(&"SASL PLAIN LOGIN".to_owned()));
    assert!(client.ask(&format!("USER {ANNA}")).await.starts_with("+OK"));
    assert_eq!(client.ask("PASS due parole €").await, "+OK 0 0");
}

#[tokio::test]
async fn octets_behind_stls_end_the_session() {
    let bench = Bench::new().await;
    let mut stream = BufReader::new(bench.start(Door::Clear));
    stream.write_all(b"STLS\r\nUSER anna\r\n").await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(!said.contains("send PASS"), "{said}");
}

#[tokio::test]
async fn wrong_passwords_are_told_and_then_throttled() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    client.line().await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        client.ask(&format!("USER {ANNA}")).await;
        answers.push(client.ask("PASS sbagliata").await);
    }
    assert_eq!(answers[0], "-ERR [AUTH] wrong user name or password");
    assert!(answers[7].starts_with("-ERR [SYS/TEMP] too many failed attempts"), "{answers:?}");
}

#[tokio::test]
async fn a_user_opens_the_mailbox_that_it_names() {
    let bench = Bench::new().await;
    bench.house.mailbox("bruno@pec.example", "x").await;
    bench.house.deliver(&bench.anna, &[LETTER]).await;
    bench.house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    for mailbox in [ANNA, "bruno@pec.example"] {
        bench.house.store.grant("mario", &Address::parse(mailbox).unwrap(), Rights::ALL).await.unwrap();
    }
    let mut client = bench.connect().await;
    client.line().await;
    client.ask("USER mario").await;
    assert!(client.ask("PASS suo").await.starts_with("-ERR [SYS/PERM]"), "two mailboxes, and none was named");
    // anna@pec.example NUL mario NUL suo
    assert_eq!(client.ask("AUTH PLAIN YW5uYUBwZWMuZXhhbXBsZQBtYXJpbwBzdW8=").await, format!("+OK 1 {}", LETTER.len()));
}

#[tokio::test]
async fn a_session_ends_when_its_password_is_changed() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    assert_eq!(client.ask("STAT").await, "+OK 0 0");
    let account = Account::Mailbox(Address::parse(ANNA).unwrap());
    bench.house.store.set_password(&account, "altra").await.unwrap();
    assert!(client.is_over().await);
}

#[tokio::test]
async fn who_was_deleted_elsewhere_is_told_and_the_others_go_on() {
    let bench = Bench::new().await;
    bench.house.deliver(&bench.anna, &[LETTER, LETTER]).await;
    let (mut one, mut other) = (bench.login().await, bench.login().await);
    one.ask("DELE 1").await;
    assert_eq!(one.ask("QUIT").await, "+OK bye");
    assert_eq!(other.ask("STAT").await, format!("+OK 2 {}", LETTER.len() * 2));
    assert!(other.ask("RETR 1").await.starts_with("-ERR [SYS/PERM] the message is gone"));
    assert_eq!(other.lines("RETR 2").await.len(), 5);
    other.ask("DELE 1").await;
    assert_eq!(other.ask("QUIT").await, "+OK bye");
    assert_eq!(bench.count().await, 1);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_log_in_is_cut_and_who_is_idle_too() {
    let bench = Bench::new().await;
    let mut stream = bench.start(Door::Clear);
    let mut said = Vec::new();
    let begun = tokio::time::Instant::now();
    // A word each five seconds keeps nobody in.
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        if stream.write_all(b"CAPA\r\n").await.is_err() {
            break;
        }
        let mut answer = [0; 4096];
        match stream.read(&mut answer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => said.extend_from_slice(&answer[..read]),
        }
    }
    assert!(begun.elapsed() <= Duration::from_secs(70), "{:?}", begun.elapsed());
    assert!(said.starts_with(b"+OK"));
}

#[tokio::test]
async fn a_mailbox_without_pop3_is_not_fetched_from_and_its_sessions_end() {
    let bench = Bench::new().await;
    let anna = || Address::parse(ANNA).unwrap();
    let (_, secret) = bench.house.app_password(Account::Mailbox(anna()), None, Protocols::ALL).await;
    let (_, reads) = bench.house.app_password(Account::Mailbox(anna()), None, Protocol::Imap.into()).await;
    let mut client = bench.connect().await;
    client.line().await;
    client.ask(&format!("USER {ANNA}")).await;
    let refused = client.ask(&format!("PASS {reads}")).await;
    assert_eq!(refused, "-ERR [AUTH] this app password is not for POP3: ask for one that is");
    client.ask(&format!("USER {ANNA}")).await;
    assert_eq!(client.ask(&format!("PASS {secret}")).await, "+OK 0 0");
    let off = MailboxChange { switch_off: Protocol::Pop3.into(), ..MailboxChange::default() };
    bench.house.store.change_mailbox(&anna(), off).await.unwrap();
    assert!(client.is_over().await);
    let mut client = bench.connect().await;
    client.line().await;
    client.ask("LANG it").await;
    client.ask(&format!("USER {ANNA}")).await;
    let refused = client.ask(&format!("PASS {secret}")).await;
    assert_eq!(refused, "-ERR [AUTH] POP3 è disattivato per questa casella: chiedere a chi la amministra");
}

/// What a legal hold keeps is not deleted: DELE says so, and QUIT where the hold came after it; the rest goes.
#[tokio::test]
async fn what_is_held_stays() {
    let bench = Bench::new().await;
    let about = |number: u32| format!("Message-ID: <{number}@pec.example>\r\n\r\nb\r\n");
    bench.house.deliver(&bench.anna, &[about(1).as_bytes(), about(2).as_bytes()]).await;
    let mut early = bench.login().await;
    assert!(early.ask("DELE 2").await.starts_with("+OK"));
    let hold = store::Hold {
        mailbox: bench.anna.address.clone(),
        identifier: None,
        at: pec::Moment::from_unix(1_790_000_000),
        by: "olga".into(),
        why: "procedimento 7".into(),
    };
    bench.house.store.put_hold(hold).await.unwrap();
    let mut client = bench.login().await;
    for language in ["en", "it"] {
        client.ask(&format!("LANG {language}")).await;
        let answer = client.ask("DELE 1").await;
        let said = if language == "en" { "legal hold: " } else { "blocco legale: " };
        assert!(answer.starts_with(&format!("-ERR [SYS/PERM] {said}")), "{answer}");
    }
    assert_eq!(client.ask("STAT").await, "+OK 2 68", "it is not marked");
    assert_eq!(client.ask("QUIT").await, "+OK arrivederci");
    let answer = early.ask("QUIT").await;
    assert!(answer.starts_with("-ERR [SYS/PERM] legal hold"), "{answer}");
    assert_eq!(bench.count().await, 2);
    // Where nothing is changed, nothing is marked either.
    bench.house.store.release_hold(&bench.anna.address, None).await.unwrap();
    assert!(bench.login().await.ask("DELE 1").await.starts_with("+OK"));
    let change = MailboxChange { state: Some(store::MailboxState::ReadOnly), ..MailboxChange::default() };
    bench.house.store.change_mailbox(&bench.anna.address, change).await.unwrap();
    let mut late = bench.login().await;
    assert!(late.ask("DELE 2").await.starts_with("-ERR [SYS/PERM] this mailbox is only read"));
    assert_eq!(bench.count().await, 2);
}
