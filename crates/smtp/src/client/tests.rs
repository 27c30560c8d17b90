//! Peers that misbehave, by script.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pec::Cause;
use provider::transport::{Fate, Security};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::tests::certificate;
use crate::tests::transport::{certified, parcel, relay, route, send};
use door::stream::Stream;

/// What a peer does after a line or a message.
enum Act {
    Say(&'static str),
    /// Says it and closes.
    Last(&'static str),
    Cut,
    /// Says nothing and stays.
    Silence,
}

/// Chooses what to do: number of the connection, and the line (`.` stands for a whole DATA, `BDAT …` for its chunk too).
type Manners = dyn Fn(usize, &str) -> Act + Send + Sync;

/// A peer on loopback.
struct Peer {
    route: Route,
    connections: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    async fn new(manners: impl Fn(usize, &str) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let route = route(listener.local_addr().unwrap());
        let (connections, heard) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (count, log, manners) = (Arc::clone(&connections), Arc::clone(&heard), Arc::new(manners));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (log, manners): (_, Arc<Manners>) = (Arc::clone(&log), manners.clone());
                tokio::spawn(async move { converse(Box::new(stream), number, &*manners, &log).await });
            }
        });
        Self { route, connections, heard }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn heard(&self, what: &str) -> usize {
        self.heard.lock().unwrap().iter().filter(|line| line.starts_with(what)).count()
    }
}

async fn converse(stream: Stream, number: usize, manners: &Manners, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    act(&mut stream, manners(number, "")).await?;
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await.ok().filter(|n| *n > 0)?;
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        log.lock().unwrap().push(line.clone());
        if let Some(octets) = line.strip_prefix("BDAT ") {
            let octets: usize = octets.split(' ').next()?.parse().ok()?;
            stream.read_exact(&mut vec![0; octets]).await.ok()?;
        }
        let said = act(&mut stream, manners(number, &line)).await?;
        if line == "STARTTLS" && said.starts_with("220") {
            let acceptor = tokio_rustls::TlsAcceptor::from(certificate().0);
            let tls = acceptor.accept(stream.into_inner()).await.ok()?;
            stream = BufReader::new(Box::new(tls));
        }
        if said.starts_with("354") {
            let mut message = Vec::new();
            while message != b".\r\n" && !message.ends_with(b"\r\n.\r\n") {
                stream.read_until(b'\n', &mut message).await.ok().filter(|n| *n > 0)?;
            }
            log.lock().unwrap().push(format!(". {}", String::from_utf8_lossy(&message)));
            act(&mut stream, manners(number, ".")).await?;
        }
    }
}

async fn act(stream: &mut BufReader<Stream>, act: Act) -> Option<&'static str> {
    let (text, goes_on) = match act {
        Act::Say(text) => (text, true),
        Act::Last(text) => (text, false),
        Act::Cut => return None,
        Act::Silence => std::future::pending().await,
    };
    stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    goes_on.then_some(text)
}

/// A well-mannered peer without extensions.
fn plain(line: &str) -> Act {
    extended(line, "250 peer")
}

/// A well-mannered peer that says `ehlo` to EHLO.
fn extended(line: &str, ehlo: &'static str) -> Act {
    match line.split(' ').next().unwrap_or_default() {
        "" => Act::Say("220 peer"),
        "EHLO" => Act::Say(ehlo),
        "STARTTLS" => Act::Say("220 go"),
        "DATA" => Act::Say("354 go"),
        "QUIT" => Act::Last("221 bye"),
        _ => Act::Say("250 ok"),
    }
}

const MESSAGE: &[u8] = b"Subject: x\r\n\r\nx\r\n";
const PIPELINING: &str = "250-peer\r\n250 PIPELINING";
const CHUNKING: &str = "250-peer\r\n250-PIPELINING\r\n250 CHUNKING";

fn transport() -> SmtpTransport {
    SmtpTransport::new(RelayConfig { connections_per_route: 1, ..relay() }).unwrap()
}

async fn ordinary(peer: &Peer, recipients: &[&str], message: &[u8]) -> Vec<Fate> {
    send(&transport(), &peer.route, vec![parcel(Security::Ordinary, recipients, message)]).await.remove(0)
}

fn deferred(fate: &Fate, why: &str) -> bool {
    matches!(fate, Fate::Deferred { detail } | Fate::Unreachable { detail } if detail.contains(why))
}

fn failed(fate: &Fate, why: Cause) -> bool {
    matches!(fate, Fate::Failed { cause, .. } if *cause == why)
}

fn accepted(fate: &Fate) -> bool {
    matches!(fate, Fate::Accepted { .. })
}

#[tokio::test]
async fn a_peer_without_extensions_is_spoken_to_step_by_step() {
    let peer = Peer::new(|_, line| plain(line)).await;
    let fates = ordinary(&peer, &["a@x.it", "b@x.it"], b".dot\r\n").await;
    assert!(fates.iter().all(accepted), "{fates:?}");
    let heard = peer.heard.lock().unwrap().clone();
    let expected =
        ["EHLO relay.pec.it", "MAIL FROM:<mario@mittente.it>", "RCPT TO:<a@x.it>", "RCPT TO:<b@x.it>", "DATA"];
    assert_eq!(heard[..5], expected);
    assert_eq!(heard[5], ". ..dot\r\n.\r\n");
}

#[tokio::test]
async fn a_peer_that_knows_only_helo_is_spoken_to() {
    let peer = Peer::new(|_, line| if line.starts_with("EHLO") { Act::Say("502 what?") } else { plain(line) }).await;
    assert!(accepted(&ordinary(&peer, &["a@x.it"], MESSAGE).await[0]));
}

/// [R-5.3-d] [R-5.3-a] [R-I-tls-1]
#[tokio::test]
async fn certified_mail_never_goes_in_clear() {
    let peer = Peer::new(|_, line| plain(line)).await;
    let fates = send(&transport(), &peer.route, vec![parcel(certified(), &["a@x.it"], MESSAGE)]).await;
    assert!(deferred(&fates[0][0], "peer offers no TLS"), "{fates:?}");
    let refusing = Peer::new(|_, line| match line {
        "STARTTLS" => Act::Say("454 4.7.0 not now"),
        line => extended(line, "250-peer\r\n250 STARTTLS"),
    });
    let refusing = refusing.await;
    let fates = send(&transport(), &refusing.route, vec![parcel(certified(), &["a@x.it"], MESSAGE)]).await;
    assert!(deferred(&fates[0][0], "peer refuses TLS: 454 4.7.0 not now"), "{fates:?}");
    assert_eq!(peer.heard("MAIL") + refusing.heard("MAIL"), 0);
    // Ordinary mail goes on in clear over a fresh connection.
    assert!(accepted(&ordinary(&refusing, &["a@x.it"], MESSAGE).await[0]));
}

#[tokio::test]
async fn octets_behind_the_reply_to_starttls_are_not_believed() {
    let peer = Peer::new(|_, line| match line {
        "STARTTLS" => Act::Say("220 go\r\n250 injected"),
        line => extended(line, "250-peer\r\n250 STARTTLS"),
    });
    let peer = peer.await;
    let fates = send(&transport(), &peer.route, vec![parcel(certified(), &["a@x.it"], MESSAGE)]).await;
    assert!(deferred(&fates[0][0], "between STARTTLS and the handshake"), "{fates:?}");
}

#[tokio::test]
async fn eight_bit_content_passes_certified_peers_that_forget_to_announce_it() {
    // [R-5.3-c] quirk peer-forgets-8bitmime
    let message = "Subject: x\r\n\r\nperché\r\n".as_bytes();
    let forgetful = Peer::new(|_, line| extended(line, "250-peer\r\n250 STARTTLS")).await;
    let fates = send(&transport(), &forgetful.route, vec![parcel(certified(), &["a@x.it"], message)]).await;
    assert!(accepted(&fates[0][0]), "{fates:?}");
    assert_eq!(forgetful.heard("MAIL FROM:<mario@mittente.it> BODY"), 0);
    assert_eq!(forgetful.heard(". Subject: x\r\n\r\nperché"), 1);
    assert!(failed(&ordinary(&forgetful, &["a@x.it"], message).await[0], Cause::EightBitRefused));
    assert!(accepted(&ordinary(&forgetful, &["a@x.it"], MESSAGE).await[0]));

    let able = Peer::new(|_, line| extended(line, "250-peer\r\n250-SIZE\r\n250 8BITMIME")).await;
    assert!(accepted(&ordinary(&able, &["a@x.it"], message).await[0]));
    assert_eq!(able.heard("MAIL FROM:<mario@mittente.it> SIZE=23 BODY=8BITMIME"), 1);
}

#[tokio::test]
async fn a_cut_after_the_end_of_a_message_defers_it() {
    for ehlo in ["250 peer", PIPELINING, CHUNKING] {
        let peer = Peer::new(move |_, line| match line.split(' ').next() {
            Some("." | "BDAT") => Act::Cut,
            _ => extended(line, ehlo),
        });
        let peer = peer.await;
        let fates = ordinary(&peer, &["a@x.it", "b@x.it"], MESSAGE).await;
        assert!(fates.iter().all(|fate| deferred(fate, "closed")), "{ehlo}: {fates:?}");
        assert_eq!(peer.connections(), 1, "sent once");
    }
}

#[tokio::test]
async fn each_recipient_has_its_own_fate() {
    for ehlo in ["250 peer", PIPELINING, CHUNKING] {
        let peer = Peer::new(move |_, line| match line {
            "RCPT TO:<u@x.it>" => Act::Say("550 5.1.1 who?"),
            "RCPT TO:<l@x.it>" => Act::Say("450 4.2.1 greylisted"),
            "RCPT TO:<f@x.it>" => Act::Say("552 5.2.2 full"),
            "RCPT TO:<d@x.it>" => Act::Say("550 5.2.1 disabled"),
            line => extended(line, ehlo),
        });
        let peer = peer.await;
        let fates = ordinary(&peer, &["u@x.it", "a@x.it", "l@x.it", "f@x.it", "d@x.it"], MESSAGE).await;
        assert!(failed(&fates[0], Cause::UnknownMailbox) && accepted(&fates[1]), "{fates:?}");
        assert!(deferred(&fates[2], "450 4.2.1 greylisted") && failed(&fates[3], Cause::MailboxFull));
        assert!(failed(&fates[4], Cause::MailboxDisabled));
    }
}

/// A peer that keeps a refused transaction open until RSET, as the standard allows.
fn stubborn(ehlo: &'static str) -> impl Fn(usize, &str) -> Act + Send + Sync + 'static {
    let open = Mutex::new((false, false));
    move |_, line| {
        let mut state = open.lock().unwrap();
        match line.split(' ').next().unwrap_or_default() {
            "MAIL" if state.0 => return Act::Say("503 5.5.1 nested MAIL"),
            "MAIL" => *state = (true, false),
            "RSET" => *state = (false, false),
            "RCPT" if line.contains("nobody") => return Act::Say("550 5.1.1 who?"),
            "RCPT" => state.1 = true,
            "DATA" | "BDAT" if !state.1 => return Act::Say("554 5.5.1 no valid recipients"),
            "." | "BDAT" => *state = (false, false),
            _ => {}
        }
        extended(line, ehlo)
    }
}

#[tokio::test]
async fn a_message_without_accepted_recipients_does_not_harm_the_next() {
    for ehlo in ["250 peer", PIPELINING, CHUNKING] {
        let peer = Peer::new(stubborn(ehlo)).await;
        let transport = transport();
        for round in 0..2 {
            let tos = ["nobody@x.it", "a@x.it", "nobody@x.it", "nobody@x.it", "b@x.it"];
            let parcels = tos.iter().map(|to| parcel(Security::Ordinary, &[to], MESSAGE)).collect();
            let fates = send(&transport, &peer.route, parcels).await;
            for (to, fates) in tos.iter().zip(&fates) {
                let as_expected = if to.starts_with("nobody") {
                    failed(&fates[0], Cause::UnknownMailbox)
                } else {
                    accepted(&fates[0])
                };
                assert!(as_expected, "{ehlo} {round} {to}: {fates:?}");
            }
        }
        assert_eq!(peer.connections(), 1);
    }
}

#[tokio::test]
async fn a_354_for_nobody_is_answered_with_an_empty_message() {
    let peer = Peer::new(|_, line| match line.split(' ').next() {
        Some("RCPT") => Act::Say("550 5.1.1 who?"),
        _ => extended(line, PIPELINING),
    });
    let peer = peer.await;
    assert!(failed(&ordinary(&peer, &["a@x.it"], MESSAGE).await[0], Cause::UnknownMailbox));
    assert_eq!(peer.heard(". .\r\n"), 1);
}

#[tokio::test]
async fn garbage_instead_of_replies_defers() {
    for at in ["", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let peer = Peer::new(move |_, line| match line.split(' ').next() {
            Some(verb) if verb == at => Act::Say("HTTP/1.1 400 Bad Request"),
            _ => plain(line),
        });
        let peer = peer.await;
        let fates = ordinary(&peer, &["a@x.it"], MESSAGE).await;
        assert!(deferred(&fates[0], "not an SMTP reply"), "{at}: {fates:?}");
    }
}

#[tokio::test]
async fn refusals_before_rcpt_hold_for_all_recipients() {
    for (at, reply, cause) in [
        ("MAIL", "550 5.7.1 go away", Some(Cause::PeerRefused)),
        ("MAIL", "451 4.3.0 later", None),
        ("MAIL", "552 5.3.4 too large", Some(Cause::MessageTooLarge)),
        ("DATA", "554 no", Some(Cause::PeerRefused)),
        (".", "552 too large", Some(Cause::MessageTooLarge)),
        (".", "452 4.3.1 disk full", None),
        ("MAIL", "421 4.3.2 closing", None),
    ] {
        for ehlo in ["250 peer", PIPELINING] {
            let peer = Peer::new(move |_, line| match line.split(' ').next() {
                Some(verb) if verb == at => Act::Say(reply),
                _ => extended(line, ehlo),
            });
            let peer = peer.await;
            let fates = ordinary(&peer, &["a@x.it", "b@x.it"], MESSAGE).await;
            for fate in &fates {
                assert!(cause.map_or(deferred(fate, reply), |cause| failed(fate, cause)), "{at} {reply}: {fates:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_silent_peer_is_not_waited_for_for_ever() {
    for at in ["", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let peer = Peer::new(move |_, line| match line.split(' ').next() {
            Some(verb) if verb == at => Act::Silence,
            _ => plain(line),
        });
        let peer = peer.await;
        let short = Duration::from_millis(300);
        let timeouts = Timeouts {
            greeting: short,
            command: short,
            mail: short,
            rcpt: short,
            data: short,
            end: short,
            ..Timeouts::default()
        };
        let transport = SmtpTransport::new(RelayConfig { timeouts, ..relay() }).unwrap();
        let fates = send(&transport, &peer.route, vec![parcel(Security::Ordinary, &["a@x.it"], MESSAGE)]).await;
        assert!(deferred(&fates[0][0], "no answer in time"), "{at}: {fates:?}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_closes_on_the_next_message_is_replaced_at_once() {
    let seen = AtomicUsize::new(0);
    let peer = Peer::new(move |number, line| {
        // The first connection dies at the first command of its second message.
        let again = line.starts_with("RSET") && number == 0;
        if again && seen.fetch_add(1, Ordering::SeqCst) == 0 { Act::Last("421 4.4.2 idle") } else { plain(line) }
    });
    let peer = peer.await;
    let transport = transport();
    for _ in 0..2 {
        let fates = send(&transport, &peer.route, vec![parcel(Security::Ordinary, &["a@x.it"], MESSAGE)]).await;
        assert!(accepted(&fates[0][0]), "{fates:?}");
    }
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn a_peer_that_has_enough_after_some_messages_gets_the_rest_over_another_connection() {
    for ehlo in ["250 peer", PIPELINING, CHUNKING] {
        let counts = Mutex::new(vec![0; 100]);
        let peer = Peer::new(move |number, line| {
            let mut counts = counts.lock().unwrap();
            if line.starts_with("MAIL") {
                counts[number] += 1;
                if counts[number] > 3 {
                    return Act::Last("421 4.7.0 three are enough");
                }
            }
            extended(line, ehlo)
        });
        let peer = peer.await;
        let parcels = (0..10).map(|_| parcel(Security::Ordinary, &["a@x.it"], MESSAGE)).collect();
        let fates = send(&transport(), &peer.route, parcels).await;
        assert!(fates.iter().all(|fates| accepted(&fates[0])), "{ehlo}: {fates:?}");
        assert_eq!(peer.connections(), 4);
    }
}

#[tokio::test]
async fn our_own_measure_of_messages_per_connection_is_kept() {
    let peer = Peer::new(|_, line| extended(line, CHUNKING)).await;
    let config = RelayConfig { connections_per_route: 1, messages_per_connection: 4, ..relay() };
    let parcels = (0..10).map(|_| parcel(Security::Ordinary, &["a@x.it"], MESSAGE)).collect();
    let fates = send(&SmtpTransport::new(config).unwrap(), &peer.route, parcels).await;
    assert!(fates.iter().all(|fates| accepted(&fates[0])));
    assert_eq!(peer.connections(), 3);
}

#[tokio::test]
async fn each_fate_is_told_before_the_next_is_known() {
    let peer = Peer::new(|_, line| match line {
        "RCPT TO:<slow@x.it>" => Act::Silence,
        line => extended(line, CHUNKING),
    });
    let peer = peer.await;
    let parcels =
        vec![parcel(Security::Ordinary, &["a@x.it"], MESSAGE), parcel(Security::Ordinary, &["slow@x.it"], MESSAGE)];
    let (done, mut fates) = tokio::sync::mpsc::unbounded_channel();
    let (transport, route) = (transport(), peer.route.clone());
    let sending = tokio::spawn(async move { transport.send(&route, parcels, done).await });
    let (index, fate) = fates.recv().await.unwrap();
    assert!(index == 0 && accepted(&fate[0]));
    assert!(!sending.is_finished());
    sending.abort();
}
