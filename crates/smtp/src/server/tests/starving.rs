//! Strangers that dribble, hold, guess and go on for ever, while holders' mail passes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use guard::{Logins, Measure, Patience, SessionLife, Throttle, Work};
use tokio::io::ReadHalf;

use super::*;

pub(super) const PATIENCE: Patience = Patience {
    deadline: Duration::from_secs(600),
    rate: 10,
    window: Duration::from_secs(60),
    grace: Duration::from_secs(30),
    room: Duration::from_secs(100),
};

pub(super) fn patient() -> DoorConfig {
    DoorConfig { patience: PATIENCE, ..door(Door::Incoming, limits()) }
}

/// A session that has sent what comes before a message.
pub(super) async fn before_a_message(config: DoorConfig, service: &Arc<Recorder>) -> Client {
    let mut client = Client::connect(config, Arc::clone(service));
    client.hear().await;
    client.say(format!("EHLO x\r\n{ENVELOPE}")).await;
    assert!(client.hear().await.ends_with("250 2.1.5 recipient ok\r\n"));
    client
}

/// A holder's session under TLS.
pub(super) struct Holder {
    stream: TlsStream<DuplexStream>,
}

impl Holder {
    pub(super) async fn connect(config: DoorConfig, service: &Arc<Recorder>, peer: &str) -> Self {
        let mut holder = Self { stream: under_tls(config, Arc::clone(service), peer).await };
        holder.reply().await;
        holder.say("EHLO x").await;
        holder
    }

    /// Says a line; the last line of what is answered.
    pub(super) async fn say(&mut self, line: &str) -> String {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.reply().await
    }

    async fn reply(&mut self) -> String {
        loop {
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                line.push(self.stream.read_u8().await.unwrap());
            }
            let line = String::from_utf8(line).unwrap();
            if line.get(3..4) != Some("-") {
                return line;
            }
        }
    }

    pub(super) async fn log_in(&mut self, login: &str, password: &str) -> String {
        self.say(&format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{login}\0{password}")))).await
    }
}

/// A keeper with this memory, who holds no answer back.
fn quick(logins: &Arc<Logins>) -> ::door::Keeper {
    let mut keeper = ::door::Keeper::new(Arc::clone(logins));
    keeper.delay = Duration::ZERO;
    keeper
}

#[tokio::test(start_paused = true)]
async fn a_message_that_dribbles_is_cut_however_often_an_octet_comes() {
    let recorder = Recorder::new();
    let mut client = before_a_message(patient(), &recorder).await;
    client.say("DATA\r\n").await;
    client.hear().await;
    let began = Instant::now();
    let (mut read, mut write): (ReadHalf<_>, _) = tokio::io::split(client.stream);
    let dribble = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    });
    let mut text = String::new();
    read.read_to_string(&mut text).await.unwrap();
    dribble.abort();
    assert_eq!(text, "421 4.4.2 the message comes too slowly; closing\r\n");
    assert_eq!(began.elapsed().as_secs(), 90);
}

#[tokio::test(start_paused = true)]
async fn what_is_held_between_chunks_has_the_deadline_of_the_message() {
    for (patience, after, reply) in [
        (PATIENCE, 90, "421 4.4.2 the message comes too slowly; closing\r\n"),
        (Patience { rate: 0, ..PATIENCE }, 600, "421 4.4.2 the message took too long; closing\r\n"),
    ] {
        let recorder = Recorder::new();
        let mut client = before_a_message(DoorConfig { patience, ..patient() }, &recorder).await;
        let began = Instant::now();
        client.say("BDAT 5\r\n12345").await;
        assert!(client.hear().await.starts_with("250 2.0.0 5 octets taken"));
        let mut heard = String::new();
        while !heard.starts_with("421") {
            tokio::time::sleep(Duration::from_secs(1)).await;
            client.say("NOOP\r\n").await;
            heard = client.hear().await;
        }
        assert_eq!(heard, reply);
        assert!((after..after + 2).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        assert_eq!(client.rest().await, "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_steady_slow_client_is_let_finish() {
    let recorder = Recorder::new();
    let mut client = before_a_message(patient(), &recorder).await;
    client.say("DATA\r\n").await;
    client.hear().await;
    for _ in 0..500 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        client.say("ten octets\r\n").await;
    }
    client.say(".\r\n").await;
    assert!(client.hear().await.starts_with("250 2.6.0"));
}

#[tokio::test(start_paused = true)]
async fn guesses_from_one_address_are_counted_through_all_sessions_and_disturb_nobody_elsewhere() {
    let recorder = Recorder::new();
    let logins = Logins::new(Throttle::default());
    let config = || DoorConfig { keeper: quick(&logins), ..door(Door::SubmissionTls, limits()) };
    let mut known = Holder::connect(config(), &recorder, "203.0.113.1:1000").await;
    assert!(known.log_in("mario", "segreto").await.starts_with("235"));

    let (mut looked_at, mut throttled) = (0, 0);
    for n in 0..120 {
        // Each from another address of one /64, and through another session.
        let mut session = Holder::connect(config(), &recorder, &format!("[2001:db8::{n:x}]:1000")).await;
        for _ in 0..2 {
            let reply = session.log_in("mario", "wrong").await;
            looked_at += usize::from(reply.starts_with("535"));
            throttled += usize::from(reply.starts_with("454 4.7.0 too many failed logins"));
        }
        assert!(session.log_in("mario", "wrong").await.starts_with("421 4.7.0"));
    }
    assert!(looked_at <= 8 && throttled > 200, "{looked_at} {throttled}");
    // Not even the right password is looked at there; where mario is known, and elsewhere, it is at once.
    let mut there = Holder::connect(config(), &recorder, "[2001:db8::1]:1000").await;
    assert!(there.log_in("mario", "segreto").await.starts_with("454 4.7.0"));
    for address in ["203.0.113.1:2000", "198.51.100.1:1000"] {
        let began = Instant::now();
        let mut session = Holder::connect(config(), &recorder, address).await;
        assert!(session.log_in("mario", "segreto").await.starts_with("235"), "{address}");
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn many_addresses_that_guess_for_one_login_only_slow_it_down_for_strangers() {
    let recorder = Recorder::new();
    let logins = Logins::new(Throttle::default());
    let config = || DoorConfig { keeper: quick(&logins), ..door(Door::SubmissionTls, limits()) };
    for n in 0..20 {
        let mut session = Holder::connect(config(), &recorder, &format!("192.0.2.{n}:1000")).await;
        assert!(session.log_in("mario", "wrong").await.starts_with("535"));
    }
    for seconds in [10, 0] {
        let began = Instant::now();
        let mut mario = Holder::connect(config(), &recorder, "198.51.100.1:1000").await;
        assert!(mario.log_in("mario", "segreto").await.starts_with("235"));
        assert_eq!(began.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn many_clients_of_one_address_log_in_one_after_the_other_and_none_is_sent_away() {
    let recorder = Recorder::new();
    let logins = Logins::new(Throttle { at_once: 2, ..Throttle::default() });
    let config = || DoorConfig { keeper: quick(&logins), ..door(Door::SubmissionTls, limits()) };
    for n in 0..20 {
        let mut session = Holder::connect(config(), &recorder, &format!("192.0.2.{n}:1000")).await;
        assert!(session.log_in("mario", "wrong").await.starts_with("535"));
    }
    // Each is held back for what strangers did, until the first one is known there.
    let all: Vec<_> = (0..10)
        .map(|_| {
            let (config, recorder) = (config(), Arc::clone(&recorder));
            tokio::spawn(async move {
                let mut mario = Holder::connect(config, &recorder, "198.51.100.1:1000").await;
                mario.log_in("mario", "segreto").await
            })
        })
        .collect();
    for one in all {
        assert!(one.await.unwrap().starts_with("235"));
    }
}

const LIFE: SessionLife = SessionLife {
    lifetime: Duration::from_secs(1000),
    login: Duration::from_secs(120),
    content: Duration::from_secs(5000),
    commands: 300,
};

/// Says NOOP every so often, as long as it is answered; the seconds that it was, and what came in the end.
async fn keeps_saying_noop(client: &mut Client, seconds: u64) -> (u64, String) {
    let began = Instant::now();
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
            heard = client.hear() => return (began.elapsed().as_secs(), heard),
        }
        client.say("NOOP\r\n").await;
        let heard = client.hear().await;
        if !heard.starts_with("250") {
            return (began.elapsed().as_secs(), heard);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_neither_logs_in_nor_sends_anything_is_sent_away_whatever_he_says() {
    let recorder = Recorder::new();
    let mut submission = DoorConfig { life: LIFE, ..door(Door::Submission, limits()) };
    submission.tls = Some(certificate().0);
    let mut client = Client::connect(submission, Arc::clone(&recorder));
    client.hear().await;
    let (after, heard) = keeps_saying_noop(&mut client, 50).await;
    assert_eq!((after, heard.as_str()), (120, "421 4.7.0 nobody has logged in; connect again\r\n"));

    // Under TLS too, and not who has logged in.
    let config = || DoorConfig { life: LIFE, ..door(Door::SubmissionTls, limits()) };
    let mut guest = Holder::connect(config(), &recorder, PEER).await;
    let began = Instant::now();
    assert!(guest.reply().await.starts_with("421 4.7.0 nobody has logged in"));
    assert_eq!(began.elapsed().as_secs(), 120);
    let mut mario = Holder::connect(config(), &recorder, PEER).await;
    assert!(mario.log_in("mario", "segreto").await.starts_with("235"));
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(299)).await;
        assert!(mario.say("NOOP").await.starts_with("250"));
    }

    let life = SessionLife { content: Duration::from_secs(400), ..LIFE };
    let mut client = before_a_message(DoorConfig { life, ..patient() }, &recorder).await;
    let (after, heard) = keeps_saying_noop(&mut client, 150).await;
    assert_eq!((after, heard.as_str()), (400, "421 4.7.0 no message has come; connect again\r\n"));
    // Each message begins the time anew.
    let mut client = before_a_message(DoorConfig { life, ..patient() }, &recorder).await;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_secs(299)).await;
        client.say(format!("BDAT 3 LAST\r\nabc{ENVELOPE}")).await;
        while !client.hear().await.ends_with("250 2.1.5 recipient ok\r\n") {}
    }
    let (after, _) = keeps_saying_noop(&mut client, 150).await;
    assert_eq!(after, 400);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_when_it_lasts_too_long_or_says_too_much() {
    let recorder = Recorder::new();
    let life = LIFE;
    let mut client = before_a_message(DoorConfig { life, ..patient() }, &recorder).await;
    for _ in 0..9 {
        tokio::time::sleep(Duration::from_secs(100)).await;
        client.say("NOOP\r\n").await;
        assert!(client.hear().await.starts_with("250"));
    }
    // A message under way finishes in its own time.
    client.say("DATA\r\n").await;
    client.hear().await;
    tokio::time::sleep(Duration::from_secs(89)).await;
    client.say("x\r\n").await;
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert!(client.rest().await.starts_with("421 4.4.2 the message comes too slowly"));

    let mut client = before_a_message(DoorConfig { life, ..patient() }, &recorder).await;
    tokio::time::sleep(Duration::from_secs(299)).await;
    client.say("NOOP\r\n".repeat(400)).await;
    let text = client.rest().await;
    assert_eq!(text.matches("250 2.0.0 ok").count(), 297);
    assert!(text.ends_with("421 4.7.0 too many commands without a message; connect again\r\n"), "{text}");

    let client = before_a_message(
        DoorConfig { life: SessionLife { lifetime: Duration::from_secs(99), commands: 0, ..LIFE }, ..patient() },
        &recorder,
    )
    .await;
    assert_eq!(client.rest().await, "421 4.7.0 the session has lasted too long; connect again\r\n");
}

#[tokio::test(start_paused = true)]
async fn who_floods_waits_for_each_answer_and_a_message_ends_it() {
    let recorder = Recorder::new();
    let mut config = patient();
    config.keeper.work = Work::new(Measure { steps: 30, rate: 2, ..Measure::default() });
    let mut client = before_a_message(config, &recorder).await;
    let began = Instant::now();
    client.say(&"NOOP\r\n".repeat(27)).await;
    let mut heard = String::new();
    while heard.matches("250 ").count() < 27 {
        heard += &client.hear().await;
    }
    // Twenty for the session, three before the message: seven are free, and the others have half a second each.
    assert_eq!(began.elapsed().as_secs(), 10);
    client.say("DATA\r\n").await;
    client.hear().await;
    client.say("Subject: x\r\n\r\nx\r\n.\r\n").await;
    assert!(client.hear().await.starts_with("250"));
    let began = Instant::now();
    client.say(&"NOOP\r\n".repeat(20)).await;
    assert_eq!(client.hear().await.matches("250 ").count(), 20);
    assert_eq!(began.elapsed().as_secs(), 0);
}
