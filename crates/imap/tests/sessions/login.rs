use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use holder::testing::House;
use holder::{MailboxState, NotJudged, Rights, TokenJudge};
use imap::Door;
use pec::Address;
use store::{Account, MailboxChange, Principals};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::bench::{ANNA, Bench, PASSWORD};

async fn line(stream: &mut BufReader<tokio::io::DuplexStream>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    line
}

#[tokio::test]
async fn starttls_comes_before_anything_secret_and_nothing_said_before_counts() {
    let bench = Bench::new().await;
    let mut stream = BufReader::new(bench.start(Door::Clear));
    assert!(line(&mut stream).await.contains(" STARTTLS LOGINDISABLED]"));
    stream.write_all(b"1 LOGIN anna x\r\n2 STARTTLS\r\n3 NOOP\r\n").await.unwrap();
    assert!(line(&mut stream).await.starts_with("1 NO [PRIVACYREQUIRED]"));
    assert!(line(&mut stream).await.starts_with("2 OK "));
    let mut client = bench.under_tls(stream.into_inner()).await;
    let offered = client.all("CAPABILITY").await;
    assert!(
        offered[0].contains(" AUTH=PLAIN AUTH=LOGIN"),
        "NOOP of the clear connection was not answered: {offered:?}"
    );
    assert!(!offered[0].contains("STARTTLS") && !offered[0].contains("LOGINDISABLED"));
    client.refused("STARTTLS", "BAD").await;
    client.refused("SELECT INBOX", "BAD").await;
    assert!(client.ask(&format!("LOGIN {ANNA} \"{PASSWORD}\"")).await.starts_with("OK [CAPABILITY IMAP4rev1 "));
    client.refused("LOGIN a b", "BAD").await;
}

#[tokio::test]
async fn each_way_of_saying_the_password_opens_the_mailbox() {
    let bench = Bench::new().await;
    // NUL anna@pec.example NUL due parole €
    let plain = "AGFubmFAcGVjLmV4YW1wbGUAZHVlIHBhcm9sZSDigqw=";
    assert!(bench.connect().await.ask(&format!("AUTHENTICATE PLAIN {plain}")).await.starts_with("OK "));
    let mut client = bench.connect().await;
    client.send("a AUTHENTICATE PLAIN\r\n").await;
    assert_eq!(client.line().await, "+ ");
    client.send(&format!("{plain}\r\n")).await;
    assert!(client.line().await.starts_with("a OK "));
    let mut client = bench.connect().await;
    client.send("a AUTHENTICATE LOGIN\r\n").await;
    assert_eq!(client.line().await, "+ VXNlcm5hbWU6");
    client.send("YW5uYUBwZWMuZXhhbXBsZQ==\r\n").await;
    assert_eq!(client.line().await, "+ UGFzc3dvcmQ6");
    client.send("ZHVlIHBhcm9sZSDigqw=\r\n").await;
    assert!(client.line().await.starts_with("a OK "));
    let mut client = bench.connect().await;
    let answer =
        client.ask(&format!("LOGIN {{{}+}}\r\n{ANNA} {{{}+}}\r\n{PASSWORD}", ANNA.len(), PASSWORD.len())).await;
    assert!(answer.starts_with("OK "), "{answer}");
}

#[tokio::test]
async fn an_exchange_that_is_none_is_told_and_the_session_goes_on() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    client.send("a AUTHENTICATE PLAIN\r\n").await;
    client.line().await;
    client.send("*\r\n").await;
    assert!(client.line().await.starts_with("a BAD "));
    client.refused("AUTHENTICATE CRAM-MD5", "NO [CANNOT]").await;
    client.refused("FROBNICATE", "BAD [CLIENTBUG]").await;
    client.ok("NOOP").await;
    client.ok("ID (\"name\" \"test\")").await;
    assert_eq!(client.all("LOGOUT").await, ["* BYE arrivederci", "OK done"]);
    assert!(client.is_over().await);
}

#[tokio::test]
async fn wrong_passwords_are_told_and_then_throttled() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(client.ask(&format!("LOGIN {ANNA} sbagliata")).await);
    }
    assert_eq!(answers[0], "NO [AUTHENTICATIONFAILED] wrong user name or password");
    assert!(answers[7].starts_with("NO [UNAVAILABLE] too many failed attempts"), "{answers:?}");
}

#[tokio::test]
async fn a_user_opens_the_mailbox_that_it_names() {
    let bench = Bench::new().await;
    bench.house.mailbox("bruno@pec.example", "x").await;
    bench.house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    for mailbox in [ANNA, "bruno@pec.example"] {
        bench.house.store.grant("mario", &Address::parse(mailbox).unwrap(), Rights::ALL).await.unwrap();
    }
    let mut client = bench.connect().await;
    // anna@pec.example NUL mario NUL suo
    let answer = client.ask("AUTHENTICATE PLAIN YW5uYUBwZWMuZXhhbXBsZQBtYXJpbwBzdW8=").await;
    assert!(answer.starts_with("OK "), "{answer}");
    client.ok("SELECT INBOX").await;
    let mut client = bench.connect().await;
    // bruno@pec.example NUL mario NUL suo, without a right to read there any more
    let send = Rights { send: true, ..Rights::default() };
    bench.house.store.grant("mario", &Address::parse("bruno@pec.example").unwrap(), send).await.unwrap();
    client.refused("AUTHENTICATE PLAIN YnJ1bm9AcGVjLmV4YW1wbGUAbWFyaW8Ac3Vv", "NO [AUTHORIZATIONFAILED]").await;
    bench.house.store.grant("mario", &Address::parse(ANNA).unwrap(), send).await.unwrap();
    client.refused("LOGIN mario suo", "NO [AUTHORIZATIONFAILED]").await;
}

#[tokio::test]
async fn a_session_ends_with_bye_when_its_password_is_changed() {
    let bench = Bench::new().await;
    let mut client = bench.at_inbox().await;
    let account = Account::Mailbox(Address::parse(ANNA).unwrap());
    bench.house.store.set_password(&account, "altra").await.unwrap();
    assert_eq!(client.line().await, "* BYE this login does not hold any more: log in again");
    assert!(client.is_over().await);
}

#[tokio::test]
async fn a_mailbox_that_is_only_read_is_read() {
    let bench = Bench::new().await;
    bench.deliver(&[crate::bench::LETTER]).await;
    let change = MailboxChange { state: Some(MailboxState::ReadOnly), ..MailboxChange::default() };
    bench.house.store.change_mailbox(&Address::parse(ANNA).unwrap(), change).await.unwrap();
    let mut client = bench.login().await;
    assert!(client.ask("SELECT INBOX").await.starts_with("OK [READ-ONLY]"));
    assert_eq!(client.ok("FETCH 1 (BODY[TEXT] FLAGS)").await.len(), 1);
    client.refused("STORE 1 +FLAGS (\\Deleted)", "NO [READ-ONLY]").await;
    client.refused("CREATE x", "NO [NOPERM]").await;
    client.refused("COPY 1 Cestino", "NO [NOPERM]").await;
    assert!(client.append("INBOX", "x").await.starts_with("NO [NOPERM]"));
}

#[tokio::test]
async fn a_door_that_closes_says_so() {
    let bench = Bench::new().await;
    let mut client = bench.at_inbox().await;
    bench.phase.send_replace(door::Phase::Draining);
    assert!(client.line().await.starts_with("* BYE closing down"));
    assert!(client.is_over().await);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_log_in_is_sent_away_and_who_is_idle_too() {
    let bench = Bench::new().await;
    let begun = tokio::time::Instant::now();
    let mut stream = bench.start(Door::Clear);
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.ends_with("* BYE nothing was said for too long\r\n"), "{said}");
    assert!(begun.elapsed() <= Duration::from_secs(61), "{:?}", begun.elapsed());
    let mut stream = bench.start(Door::Clear);
    for _ in 0..101 {
        stream.write_all(b"a NOOP\r\n").await.unwrap();
    }
    said.clear();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.ends_with("* BYE too many commands: log in\r\n"), "{said}");
}

/// Takes a token for the login that it is.
struct Literal;

#[async_trait]
impl TokenJudge for Literal {
    async fn login(&self, token: &str) -> Result<Option<String>, NotJudged> {
        match token {
            "unknown" => Err(NotJudged("no keys".into())),
            token => Ok(token.strip_prefix("anna").map(|domain| format!("anna@{domain}"))),
        }
    }
}

#[tokio::test]
async fn tokens_are_offered_where_they_are_taken_and_a_bad_one_is_refused_in_two_steps() {
    let mut client = Bench::new().await.connect().await;
    assert!(!client.all("CAPABILITY").await[0].contains("OAUTH"));
    client.refused("AUTHENTICATE OAUTHBEARER bixh", "NO [CANNOT]").await;
    let bench = Bench::of(House::with_tokens(Arc::new(Literal)).await).await;
    let bearer = |token: &str| STANDARD.encode(format!("n,a={ANNA},\x01auth=Bearer {token}\x01\x01"));
    let mut client = bench.connect().await;
    assert!(client.all("CAPABILITY").await[0].contains(" AUTH=OAUTHBEARER AUTH=XOAUTH2"));
    client.send(&format!("a AUTHENTICATE OAUTHBEARER {}\r\n", bearer("bad"))).await;
    let told = client.line().await;
    let told = STANDARD.decode(told.strip_prefix("+ ").unwrap()).unwrap();
    assert_eq!(told, br#"{"status":"invalid_token","schemes":"bearer"}"#);
    client.send("AQ==\r\n").await;
    assert_eq!(client.line().await, "a NO [AUTHENTICATIONFAILED] this token is not good, or not for this login");
    client.refused(&format!("AUTHENTICATE OAUTHBEARER {}", bearer("unknown")), "NO [UNAVAILABLE]").await;
    assert!(client.ask(&format!("AUTHENTICATE OAUTHBEARER {}", bearer("annapec.example"))).await.starts_with("OK "));
    client.ok("SELECT INBOX").await;
}
