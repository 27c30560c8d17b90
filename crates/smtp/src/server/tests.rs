//! Sessions over a pipe in memory, where time is ours.

mod room;
mod starving;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::door::testing::visit;
use ::door::{Gate, Phase, Phases, Places, Visit};
use guard::Peer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use super::driver::{House, serve};
use super::rates::Rates;
use super::*;
use crate::tests::{Recorder, certificate, door, limits};

const PEER: &str = "192.0.2.1:1000";

/// A session under TLS from the first octet, by a client that trusts the door's certificate.
async fn under_tls(mut config: DoorConfig, service: Arc<Recorder>, peer: &str) -> TlsStream<DuplexStream> {
    let (server_tls, root) = certificate();
    config.tls = Some(server_tls);
    let client = Client::connect_from(config, service, peer);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(tls));
    connector.connect("localhost".try_into().unwrap(), client.stream).await.unwrap()
}

/// A client that speaks by hand.
struct Client {
    stream: DuplexStream,
    session: JoinHandle<()>,
    phase: watch::Sender<Phase>,
}

impl Client {
    fn connect(config: DoorConfig, service: Arc<Recorder>) -> Self {
        Self::connect_from(config, service, PEER)
    }

    fn connect_from(config: DoorConfig, service: Arc<Recorder>, peer: &str) -> Self {
        let (stream, server) = tokio::io::duplex(1 << 20);
        let acceptor = config.tls.clone().map(tokio_rustls::TlsAcceptor::from);
        let house = Arc::new(House { config, service, rates: Rates::default(), acceptor });
        let (phase, phases) = Phases::by_hand();
        let peer: SocketAddr = peer.parse().unwrap();
        let session = tokio::spawn(serve(Box::new(server), visit(peer, phases), house));
        Self { stream, session, phase }
    }

    /// An incoming session in clear that has said EHLO.
    async fn greeted(limits: Limits, service: &Arc<Recorder>) -> Self {
        let mut client = Self::connect(door(Door::Incoming, limits), Arc::clone(service));
        assert!(client.hear().await.starts_with("220 "));
        client.say("EHLO x\r\n").await;
        assert!(client.hear().await.starts_with("250-"));
        client
    }

    async fn say(&mut self, text: impl AsRef<[u8]>) {
        self.stream.write_all(text.as_ref()).await.unwrap();
    }

    /// What arrives in one piece; empty at the end.
    async fn hear(&mut self) -> String {
        let mut buffer = vec![0; 1 << 16];
        let n = self.stream.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..n]).into_owned()
    }

    /// Reads to the end.
    async fn rest(mut self) -> String {
        let mut text = String::new();
        self.stream.read_to_string(&mut text).await.unwrap();
        drop(self.stream);
        self.session.await.unwrap();
        text
    }
}

const ENVELOPE: &str = "MAIL FROM:<a@b.it>\r\nRCPT TO:<c@d.it>\r\n";

#[tokio::test(start_paused = true)]
async fn pipelined_commands_are_answered_in_order_and_in_one_piece() {
    let recorder = Recorder::new();
    let mut client = Client::greeted(limits(), &recorder).await;
    client
        .say("MAIL FROM:<a@b.it>\r\nRCPT TO:<nobody@d.it>\r\nRCPT TO:<c@d.it>\r\nRCPT TO:<full@d.it>\r\nDATA\r\n")
        .await;
    let codes: Vec<String> = client.hear().await.lines().map(|line| line[..3].to_owned()).collect();
    assert_eq!(codes, ["250", "550", "250", "552", "354"]);
    client
        .say("S: x\r\n\r\n..\r\n.\r\nMAIL FROM:<a@b.it>\r\nRCPT TO:<c@d.it>\r\nBDAT 4\r\na\r\nbBDAT 0 LAST\r\nQUIT\r\n")
        .await;
    let text = client.rest().await;
    let codes: Vec<&str> = text.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "250", "250", "250", "250", "221"], "{text}");
    let all = recorder.all();
    assert_eq!((all[0].content(), all[1].content()), (&b"S: x\r\n\r\n.\r\n"[..], &b"a\r\nb"[..]));
    assert_eq!(all[0].session.recipients.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_may_stand_behind_starttls() {
    let mut config = door(Door::Submission, limits());
    config.tls = Some(certificate().0);
    let mut client = Client::connect(config, Recorder::new());
    client.hear().await;
    client.say("EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@x.it>\r\n").await;
    let text = client.rest().await;
    assert!(text.contains("421 4.7.0") && !text.contains("220 "), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_cut_within_a_message_leaves_nothing() {
    for wire in ["DATA\r\nS: x\r\n\r\nhalf", "DATA\r\nS: x\r\n\r\nhalf\r\n.\r", "BDAT 10\r\n12345", "BDAT 5\r\n12345"] {
        let recorder = Recorder::new();
        let mut client = Client::greeted(limits(), &recorder).await;
        client.say(ENVELOPE).await;
        client.say(wire).await;
        client.stream.shutdown().await.unwrap();
        client.rest().await;
        assert!(recorder.all().is_empty(), "{wire:?}");
        assert_eq!(*recorder.arrived.borrow(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn line_ends_other_than_crlf_are_refused_and_the_session_goes_on() {
    let recorder = Recorder::new();
    let mut client = Client::greeted(limits(), &recorder).await;
    for (content, reply) in [
        ("S: x\r\n\r\nbare\nlf\r\n.\r\n", "550 5.6.0 lines must end with CRLF: the message has an LF without CR"),
        ("S: x\r\n\r\nbare\rcr\r\n.\r\n", "550 5.6.0 lines must end with CRLF: the message has a CR without LF"),
        ("S: x\r\n\r\nnul\0\r\n.\r\n", "550 5.6.0 the message has an octet of value zero"),
        ("S: x\r\n\r\nfirst\n.\nMAIL FROM:<evil@x.it>\r\n.\r\n", "550 5.6.0"),
    ] {
        client.say(ENVELOPE).await;
        client.hear().await;
        client.say("DATA\r\n").await;
        assert!(client.hear().await.ends_with("354 end with <CRLF>.<CRLF>\r\n"));
        client.say(content).await;
        let text = client.hear().await;
        assert!(text.starts_with(reply), "{text}");
    }
    client.say("NOOP\nNOOP\r\nQUIT\r\n").await;
    let text = client.rest().await;
    assert!(text.starts_with("500 5.5.2 command lines must end with CRLF\r\n250 "), "{text}");
    assert!(recorder.all().is_empty());
}

/// [R-3.1.1-h]
#[tokio::test(start_paused = true)]
async fn too_large_is_read_to_its_end_and_refused_and_far_too_large_ends_the_session() {
    let recorder = Recorder::new();
    let small = Limits { message: 1000, header: 100, ..limits() };
    let mut client = Client::greeted(small.clone(), &recorder).await;
    let large = "x".repeat(5000);
    client.say("MAIL FROM:<a@b.it> SIZE=1001\r\n").await;
    assert!(client.hear().await.starts_with("552 5.3.4"));
    client.say(format!("{ENVELOPE}DATA\r\n")).await;
    client.hear().await;
    client.say(format!("S: x\r\n\r\n{large}\r\n.\r\n")).await;
    assert!(client.hear().await.starts_with("552 5.3.4 message larger than 1000 octets"));
    client.say(format!("{ENVELOPE}BDAT 5000\r\n{large}BDAT 3 LAST\r\nabcNOOP\r\n")).await;
    let text = client.hear().await;
    let codes: Vec<&str> = text.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "250", "552", "503", "250"], "{text}");
    client.say(format!("{ENVELOPE}BDAT 204 LAST\r\nh: {}\r\n\r\n", "x".repeat(197))).await;
    assert!(client.hear().await.contains("552 5.3.4 header larger than 100 octets"));
    client.say(format!("{ENVELOPE}BDAT 99999999999 LAST\r\n")).await;
    assert!(client.rest().await.contains("421 4.3.4"));

    let mut client = Client::greeted(small, &recorder).await;
    client.say(format!("{ENVELOPE}DATA\r\n")).await;
    client.say(vec![b'x'; 1_020_000]).await;
    client.hear().await;
    client.say(vec![b'x'; 100_000]).await;
    assert!(client.rest().await.contains("421 4.3.4"));
    assert!(recorder.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_half_sent_command_is_waited_for_as_long_as_idleness_allows() {
    let recorder = Recorder::new();
    let mut client = Client::greeted(limits(), &recorder).await;
    let began = Instant::now();
    client.say("MAIL FR").await;
    // One octet now and then does not prolong the time a command may take.
    tokio::time::advance(Duration::from_secs(200)).await;
    client.say("O").await;
    let text = client.rest().await;
    assert_eq!(text, "421 4.4.2 idle too long; closing\r\n");
    assert_eq!(began.elapsed().as_secs(), 300);
    assert_eq!(*recorder.arrived.borrow(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_trickles_or_stops_ends_in_421() {
    let recorder = Recorder::new();
    let mut client = Client::greeted(limits(), &recorder).await;
    client.say(format!("{ENVELOPE}DATA\r\nS: x\r\n")).await;
    assert!(client.hear().await.contains("354"));
    assert!(client.rest().await.contains("421 4.4.2 idle"));

    let mut client = Client::greeted(limits(), &recorder).await;
    client.say(format!("{ENVELOPE}DATA\r\n")).await;
    assert!(client.hear().await.contains("354"));
    let began = Instant::now();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(199)).await;
        client.say("x\r\n").await;
    }
    assert!(client.rest().await.contains("421 4.4.2 the message took too long"));
    assert_eq!(began.elapsed().as_secs(), 600);
    assert!(recorder.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn garbage_is_answered_a_few_times_and_then_no_more() {
    let recorder = Recorder::new();
    let mut client = Client::greeted(limits(), &recorder).await;
    client.say("GET / HTTP/1.1\r\nHost: x\r\n\0\r\n".repeat(10)).await;
    let text = client.rest().await;
    assert_eq!(text.matches("500 5.5.2").count(), 5);
    assert!(text.ends_with("421 4.7.0 too many errors; closing\r\n"));

    let mut client = Client::greeted(limits(), &recorder).await;
    client.say([0x16, 0x03, 0x01, 0x02, 0x00]).await;
    assert!(client.rest().await.contains("421 4.7.0 this port speaks clear text first: use STARTTLS"));

    let mut client = Client::greeted(limits(), &recorder).await;
    client.say(format!("NOOP {}\r\nNOOP\r\n", "x".repeat(3000))).await;
    assert!(client.hear().await.starts_with("500 5.5.2 line too long\r\n250"));
    client.say(vec![b'x'; 1_048_576]).await;
    client.say(vec![b'x'; 100_000]).await;
    assert!(client.rest().await.contains("421 4.7.0 a line without end"));
}

#[tokio::test(start_paused = true)]
async fn the_measure_of_a_minute_is_kept() {
    let recorder = Recorder::new();
    let mut client = Client::greeted(Limits { messages_per_minute: 1, ..limits() }, &recorder).await;
    client.say("MAIL FROM:<a@b.it>\r\nRSET\r\nMAIL FROM:<a@b.it>\r\n").await;
    assert!(client.hear().await.ends_with("450 4.7.1 too many messages this minute; try again later\r\n"));
    tokio::time::advance(Duration::from_secs(60)).await;
    client.say("MAIL FROM:<a@b.it>\r\n").await;
    assert!(client.hear().await.starts_with("250"));
}

#[tokio::test(start_paused = true)]
async fn guessing_passwords_is_slow_and_ends() {
    let recorder = Recorder::new();
    let mut config = door(Door::SubmissionTls, limits());
    config.keeper.delay = Duration::from_secs(7);
    let mut stream = under_tls(config, recorder, PEER).await;
    let began = Instant::now();
    // "down" cannot be checked now: no failure, no delay.
    stream.write_all(b"EHLO x\r\nAUTH PLAIN AGRvd24AeA==\r\n").await.unwrap();
    stream.write_all(&b"AUTH PLAIN AG1hcmlvAHg=\r\n".repeat(3)).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("454 4.7.0"), "{text}");
    assert_eq!(text.matches("535 5.7.8").count(), 2);
    assert!(text.ends_with("421 4.7.0 too many failed authentications; closing\r\n"));
    assert_eq!(began.elapsed().as_secs(), 21);
}

#[tokio::test(start_paused = true)]
async fn a_token_logs_in_and_a_bad_one_is_refused_in_two_steps_and_counted() {
    let recorder = Recorder::new();
    let mut stream = under_tls(door(Door::SubmissionTls, limits()), recorder, PEER).await;
    // n,a=mario, ^A auth=Bearer bad.token ^A ^A
    let bad = "AUTH OAUTHBEARER bixhPW1hcmlvLAFhdXRoPUJlYXJlciBiYWQudG9rZW4BAQ==\r\nAQ==\r\n";
    // user=mario ^A auth=Bearer good.token ^A ^A
    let good = "AUTH XOAUTH2 dXNlcj1tYXJpbwFhdXRoPUJlYXJlciBnb29kLnRva2VuAQE=\r\n";
    stream.write_all(format!("EHLO x\r\n{bad}{good}QUIT\r\n").as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("AUTH PLAIN LOGIN OAUTHBEARER XOAUTH2\r\n"), "{text}");
    let codes: Vec<&str> = text.lines().filter(|line| !line.starts_with("250")).map(|line| &line[..3]).collect();
    assert_eq!(codes, ["220", "334", "535", "235", "221"], "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_none_ends_an_authentication_with_one_reply() {
    let recorder = Recorder::new();
    let mut config = door(Door::Submission, limits());
    config.tls = Some(certificate().0);
    let (stream, server) = tokio::io::duplex(1 << 20);
    let acceptor = config.tls.clone().map(tokio_rustls::TlsAcceptor::from);
    let house = Arc::new(House { config, service: recorder, rates: Rates::default(), acceptor });
    let (_phase, phases) = Phases::by_hand();
    tokio::spawn(serve(Box::new(server), visit("192.0.2.1:1000".parse().unwrap(), phases), house));
    let policy = crate::client::tls::TlsPolicy::new(rustls::RootCertStore::empty()).unwrap();
    let mut stream = stream;
    stream.write_all(b"EHLO x\r\nSTARTTLS\r\n").await.unwrap();
    let mut clear = Vec::new();
    while !clear.ends_with(b"220 2.0.0 begin TLS\r\n") {
        clear.push(stream.read_u8().await.unwrap());
    }
    let connector = tokio_rustls::TlsConnector::from(Arc::new(policy.handshake().unwrap().0));
    let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    stream.write_all(b"EHLO x\r\nAUTH LOGIN\r\nbare\nAUTH LOGIN\r\n*\r\nQUIT\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let codes: Vec<&str> = text.lines().filter(|line| !line.starts_with("250")).map(|line| &line[..3]).collect();
    // No second greeting under TLS (RFC 3207 §4.2).
    assert_eq!(codes, ["334", "500", "334", "501", "221"], "{text}");
}

#[tokio::test(start_paused = true)]
async fn draining_lets_a_message_finish_and_sends_the_others_away() {
    let recorder = Recorder::new();
    let mut idle = Client::greeted(limits(), &recorder).await;
    idle.phase.send_replace(Phase::Draining);
    assert_eq!(idle.hear().await, "421 4.3.2 shutting down; come back later\r\n");

    let mut busy = Client::greeted(limits(), &recorder).await;
    busy.say(format!("{ENVELOPE}DATA\r\n")).await;
    assert!(busy.hear().await.contains("354"));
    busy.phase.send_replace(Phase::Draining);
    busy.say("S: x\r\n\r\nx\r\n.\r\n").await;
    let text = busy.rest().await;
    assert!(text.starts_with("250 2.6.0") && text.contains("421 4.3.2"), "{text}");
    assert_eq!(recorder.all().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_of_a_session_that_lost_its_place_is_not_taken() {
    let recorder = Recorder::new();
    let config = door(Door::Incoming, limits());
    let house = House { config, service: recorder.clone(), rates: Rates::default(), acceptor: None };
    let gate = Gate::new("door", Places { sessions: 1, per_peer: 0 });
    let peer: SocketAddr = PEER.parse().unwrap();
    let (_phase, phases) = Phases::by_hand();
    let place = gate.enter(Peer::from(peer.ip()));
    let (mut stream, server) = tokio::io::duplex(1 << 20);
    let session = tokio::spawn(serve(Box::new(server), Visit { peer, phases, place }, Arc::new(house)));
    let other: SocketAddr = "198.51.100.1:1000".parse().unwrap();
    let _other = gate.enter(Peer::from(other.ip())).ok().unwrap();
    stream.write_all(format!("EHLO x\r\n{ENVELOPE}BDAT 5 LAST\r\n12345").as_bytes()).await.unwrap();
    session.await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(!text.contains("250 2.6.0"), "{text}");
    assert!(recorder.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_chunk_that_is_refused_has_no_time_of_its_own() {
    // A message under way would have half an hour.
    let config = door(Door::Submission, limits());
    let login = config.life.login;
    let mut client = Client::connect(config, Recorder::new());
    client.hear().await;
    let began = Instant::now();
    client.say("EHLO x\r\nBDAT 10000\r\n").await;
    client.hear().await;
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        if client.stream.write_all(b"x").await.is_err() {
            break;
        }
        assert!(began.elapsed() < login + Duration::from_secs(60), "{:?}", began.elapsed());
    }
}

async fn tcp(server: &Server) -> TcpStream {
    TcpStream::connect(server.address()).await.unwrap()
}

async fn read_line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        match stream.read_u8().await {
            Ok(b) => line.push(b),
            Err(_) => break,
        }
    }
    String::from_utf8(line).unwrap()
}

#[tokio::test]
async fn a_full_door_says_so_and_has_room_again_when_one_leaves() {
    let recorder = Recorder::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = door(Door::Incoming, Limits { sessions: 2, sessions_per_peer: 1, ..limits() });
    let server = open(listener, config, recorder).unwrap();
    let mut first = tcp(&server).await;
    assert!(read_line(&mut first).await.starts_with("220"));
    assert!(read_line(&mut tcp(&server).await).await.starts_with("421 4.3.2 too many sessions from your address"));
    first.write_all(b"QUIT\r\n").await.unwrap();
    let mut rest = String::new();
    first.read_to_string(&mut rest).await.unwrap();
    drop(first);
    let mut answer = String::new();
    for _ in 0..1000 {
        answer = read_line(&mut tcp(&server).await).await;
        if answer.starts_with("220") {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(answer.starts_with("220"), "{answer}");
}

#[tokio::test]
async fn a_drained_door_is_closed_and_what_outlives_the_grace_is_cut() {
    let recorder = Recorder::holding();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let service: Arc<dyn Service> = Arc::clone(&recorder) as _;
    let server = open(listener, door(Door::Incoming, limits()), service).unwrap();
    let mut client = tcp(&server).await;
    client.write_all(format!("EHLO x\r\n{ENVELOPE}BDAT 5 LAST\r\n12345").as_bytes()).await.unwrap();
    recorder.arrived.subscribe().wait_for(|n| *n == 1).await.unwrap();
    server.drain(Duration::from_millis(1)).await;
    assert!(TcpStream::connect(server.address()).await.is_err());
    let mut text = String::new();
    let _ = client.read_to_string(&mut text).await;
    assert!(!text.contains("2.6.0"), "{text}");
    assert!(recorder.all().is_empty());

    let recorder = Recorder::holding();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let service: Arc<dyn Service> = Arc::clone(&recorder) as _;
    let server = open(listener, door(Door::Incoming, limits()), service).unwrap();
    let mut client = tcp(&server).await;
    client.write_all(format!("EHLO x\r\n{ENVELOPE}BDAT 5 LAST\r\n12345").as_bytes()).await.unwrap();
    recorder.arrived.subscribe().wait_for(|n| *n == 1).await.unwrap();
    let finish = async {
        recorder.answers.add_permits(1);
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        text
    };
    let ((), text) = tokio::join!(server.drain(Duration::from_secs(60)), finish);
    assert!(text.contains("250 2.6.0"), "{text}");
    assert_eq!(recorder.all().len(), 1);
}

#[tokio::test]
async fn a_door_that_needs_tls_does_not_open_without() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = open(listener, door(Door::Submission, limits()), Recorder::new()).err().unwrap();
    assert!(error.to_string().contains("needs a TLS certificate"));
}
