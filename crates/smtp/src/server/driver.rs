//! Moves octets between the connection, the dialogue and the service.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use guard::logins::Cause;
use guard::pace::Late;
use guard::{Class, Pace, Peer, Reservation, Wait};
use holder::Holder;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::auth::Turn;
use super::body::{BareLf, Body};
use super::dialogue::{Dialogue, Step, path_text};
use super::gate::Gate;
use super::wire::{Line, Wire};
use super::{Door, DoorConfig, Service, Session, received};
use crate::Reply;
use crate::command::Mail;
use crate::stream::{Stream, tls_name};

/// Longest line of an AUTH exchange (RFC 4954 §4).
const AUTH_LINE: usize = 12_288;
/// Characters of a login in the log.
const LOGIN_SHOWN: usize = 254;
/// How long a login waits for those of its address that came before it, and how often it looks.
const TURN: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How long last words may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// What all sessions of a door share.
pub(super) struct House {
    pub(super) config: DoorConfig,
    pub(super) service: Arc<dyn Service>,
    pub(super) gate: Arc<Gate>,
    pub(super) acceptor: Option<TlsAcceptor>,
}

/// Whether the door is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Sessions are served.
    Open,
    /// Messages under way may finish.
    Draining,
    /// Nothing goes on.
    Closed,
}

/// Why a session ended.
#[derive(Debug)]
enum End {
    /// Our last reply is in the buffer; the word names the reason.
    Said(&'static str),
    /// The client closed.
    Gone,
    /// The connection broke.
    Broken(io::Error),
    /// TLS did not come about.
    Handshake(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// A message that arrives in chunks.
struct Incoming {
    id: String,
    body: Body,
    room: Reservation,
    pace: Pace,
}

struct Driver {
    house: Arc<House>,
    wire: Wire,
    dialogue: Dialogue,
    phase: watch::Receiver<Phase>,
    chunks: Option<Incoming>,
    messages: u32,
    refused: u32,
    begun: Instant,
    /// Commands since a message was accepted.
    commands: u32,
}

/// Serves one session to its end. With `turned_away`, says that there is no room instead.
pub(super) async fn serve(
    stream: Stream,
    peer: SocketAddr,
    house: Arc<House>,
    phase: watch::Receiver<Phase>,
    turned_away: Option<&'static str>,
) {
    let config = &house.config;
    let session = Session {
        door: config.door,
        peer,
        helo: String::new(),
        tls: None,
        login: None,
        path: None,
        recipients: Vec::new(),
        eight_bit: false,
    };
    let dialogue = Dialogue::new(session, &config.hostname, &config.limits, house.acceptor.is_some());
    let wire = Wire::new(stream);
    let mut driver = Driver {
        house: Arc::clone(&house),
        wire,
        dialogue,
        phase,
        chunks: None,
        messages: 0,
        refused: 0,
        begun: Instant::now(),
        commands: 0,
    };
    let end = driver.run(turned_away).await;
    driver.report(&end);
    if let Err(End::Said(_)) = end {
        let _ = timeout(FAREWELL, driver.wire.close()).await;
    }
}

impl Driver {
    async fn run(&mut self, turned_away: Option<&'static str>) -> Result<(), End> {
        if self.house.config.door == Door::SubmissionTls {
            self.start_tls().await?;
        }
        if let Some(reason) = turned_away {
            self.wire.push(&Reply::new(421, "4.3.2", reason));
            return Err(End::Said("turned away"));
        }
        self.wire.push(&self.dialogue.greeting());
        loop {
            let line = self.line(self.house.config.limits.line).await?;
            self.commands = self.commands.saturating_add(1);
            if self.commands > self.most_commands() {
                let reply = Reply::new(421, "4.7.0", "too many commands without a message; connect again");
                return self.last_words(reply, "too many commands");
            }
            let Some(line) = line else { continue };
            let step = self.dialogue.command(&line);
            self.perform(step).await?;
            if !self.dialogue.in_chunks() {
                self.chunks = None;
            }
        }
    }

    /// The next line; `None` when it was answered already because it is none.
    async fn line(&mut self, limit: usize) -> Result<Option<BytesMut>, End> {
        let idle = Instant::now() + self.idle();
        let limit = limit.max(512);
        loop {
            // Here and not only when nothing comes: who says NOOP without end keeps neither a message nor a session.
            self.time_is_up()?;
            if *self.phase.borrow() != Phase::Open && self.dialogue.between_messages() {
                return self.last_words(Reply::new(421, "4.3.2", "shutting down; come back later"), "drained");
            }
            let auth = self.wire.input.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH"));
            match self.wire.line(if auth { limit.max(AUTH_LINE) } else { limit }) {
                Some(Line::Whole(line)) => return Ok(Some(line)),
                Some(Line::BareLf) => return self.not_a_line("command lines must end with CRLF"),
                Some(Line::TooLong) => return self.not_a_line("line too long"),
                Some(Line::Absurd) => {
                    return self.last_words(Reply::new(421, "4.7.0", "a line without end; closing"), "absurd line");
                }
                Some(Line::TlsHello) => {
                    let reply = Reply::new(421, "4.7.0", "this port speaks clear text first: use STARTTLS");
                    return self.last_words(reply, "TLS on a clear port");
                }
                None => {}
            }
            self.flush().await?;
            let (drains, until) = (self.dialogue.between_messages(), self.until());
            tokio::select! {
                biased;
                more = self.wire.fill() => if !more? { return Err(End::Gone) },
                () = drained(&mut self.phase), if drains => {}
                () = tokio::time::sleep_until(idle) => return self.idle_end(),
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    /// When a message that comes in chunks, or the session, has to be looked at again.
    fn until(&self) -> Instant {
        match &self.chunks {
            Some(incoming) => Instant::from_std(incoming.pace.next()),
            None => self.begun + self.house.config.life.lifetime,
        }
    }

    /// Between commands: ends the session when its message takes too long, or, when there is none, when itself does.
    fn time_is_up(&mut self) -> Result<(), End> {
        let now = Instant::now();
        match &mut self.chunks {
            Some(incoming) => match incoming.pace.judge(now.into_std()) {
                Ok(()) => Ok(()),
                Err(late) => self.late(late),
            },
            None if now >= self.begun + self.house.config.life.lifetime => self.last_words(
                Reply::new(421, "4.7.0", "the session has lasted too long; connect again"),
                "session too long",
            ),
            None => Ok(()),
        }
    }

    fn late<T>(&mut self, late: Late) -> Result<T, End> {
        let text = match late {
            Late::Deadline => "the message took too long; closing",
            Late::Slow => "the message comes too slowly; closing",
        };
        self.last_words(Reply::new(421, "4.4.2", text), "slow message")
    }

    /// Never fewer than a message to as many recipients as are taken needs twice.
    fn most_commands(&self) -> u32 {
        match self.house.config.life.commands {
            0 => u32::MAX,
            commands => {
                let recipients = u32::try_from(self.house.config.limits.recipients).unwrap_or(u32::MAX);
                commands.max(recipients.saturating_add(10).saturating_mul(2))
            }
        }
    }

    fn not_a_line(&mut self, why: &str) -> Result<Option<BytesMut>, End> {
        let step = self.dialogue.mistake(Reply::new(500, "5.5.2", why));
        self.say(step)?;
        Ok(None)
    }

    async fn perform(&mut self, step: Step) -> Result<(), End> {
        match step {
            step @ (Step::Reply(_) | Step::Close(_)) => self.say(step),
            Step::StartTls(reply) => {
                if !self.wire.input.is_empty() {
                    // Octets sent in clear behind STARTTLS would be taken for octets sent under TLS (CVE-2011-0411).
                    let reply = Reply::new(421, "4.7.0", "nothing may follow STARTTLS before the handshake");
                    return self.last_words(reply, "octets behind STARTTLS");
                }
                self.wire.push(&reply);
                self.flush().await?;
                self.start_tls().await
            }
            Step::Auth(turn) => self.authenticate(turn).await,
            Step::Mail(mail) => self.mail(mail).await,
            Step::Rcpt(recipient) => {
                let reply = self.house.service.rcpt(&self.dialogue.session, &recipient).await;
                self.dialogue.rcpt_answered(recipient, &reply);
                self.wire.push(&reply);
                Ok(())
            }
            Step::Data => self.data().await,
            Step::Chunk { octets, last, refusal } => self.chunk(octets, last, refusal).await,
        }
    }

    fn say(&mut self, step: Step) -> Result<(), End> {
        match step {
            Step::Close(reply) => {
                let reason = match reply.code {
                    221 => "quit",
                    421 => "too many mistakes",
                    _ => "unreadable chunk",
                };
                self.last_words(reply, reason)
            }
            Step::Reply(reply) => {
                self.wire.push(&reply);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn last_words<T>(&mut self, reply: Reply, reason: &'static str) -> Result<T, End> {
        self.wire.push(&reply);
        Err(End::Said(reason))
    }

    fn idle_end<T>(&mut self) -> Result<T, End> {
        self.last_words(Reply::new(421, "4.4.2", "idle too long; closing"), "idle")
    }

    fn idle(&self) -> Duration {
        Duration::from_secs(self.house.config.limits.idle)
    }

    async fn flush(&mut self) -> Result<(), End> {
        let idle = self.idle();
        match timeout(idle, self.wire.flush()).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(End::Broken(crate::stream::timed_out("the client does not read"))),
        }
    }

    async fn start_tls(&mut self) -> Result<(), End> {
        let Some(acceptor) = self.house.acceptor.clone() else {
            return Err(End::Handshake(io::Error::other("the door has no certificate")));
        };
        let clear = std::mem::replace(&mut self.wire.stream, Box::new(tokio::io::empty()));
        let tls = timeout(self.idle(), acceptor.accept(clear))
            .await
            .unwrap_or_else(|_| Err(crate::stream::timed_out("TLS handshake")))
            .map_err(End::Handshake)?;
        let (_, state) = tls.get_ref();
        let name = tls_name(state.protocol_version(), state.negotiated_cipher_suite());
        self.dialogue.tls_started(name);
        self.wire = Wire::new(Box::new(tls));
        Ok(())
    }

    async fn authenticate(&mut self, mut turn: Turn) -> Result<(), End> {
        loop {
            turn = match turn {
                Turn::Challenge(reply, exchange) => {
                    self.wire.push(&reply);
                    match self.line(AUTH_LINE).await? {
                        Some(line) => exchange.answer(&line),
                        // What came was no line and was told so: the exchange is over.
                        None => return Ok(()),
                    }
                }
                Turn::Refused(reply) => {
                    let step = self.dialogue.mistake(reply);
                    return self.say(step);
                }
                Turn::Credentials { login, password } => {
                    let step = self.log_in(&login, &password.0).await;
                    return self.say(step);
                }
            };
        }
    }

    /// Asks the service, unless too many failed before; every failure is one line of the log.
    async fn log_in(&mut self, login: &str, password: &str) -> Step {
        let config = &self.house.config;
        let peer = Peer::from(self.dialogue.session.peer.ip());
        let began = Instant::now();
        let begun = loop {
            match config.logins.begin(login, peer, Instant::now().into_std()) {
                // Many clients behind one address, or of one machine, come at once after a restart: one after the other.
                Err(Wait { cause: Cause::AtOnce, .. }) if began.elapsed() < TURN => {
                    tokio::time::sleep(LOOK_AGAIN).await
                }
                begun => break begun,
            }
        };
        let attempt = match begun {
            Ok(attempt) => attempt,
            Err(wait) => {
                self.login_failed(login, wait.cause.name());
                tokio::time::sleep(config.auth_delay).await;
                return self.dialogue.throttled(wait.after);
            }
        };
        tokio::time::sleep(attempt.held_back()).await;
        let answer = self.house.service.authenticate(&self.dialogue.session, login, password).await;
        match answer {
            Ok(Some(_)) => attempt.succeeded(Instant::now().into_std()),
            Ok(None) => {
                attempt.failed(Instant::now().into_std());
                self.login_failed(login, "wrong-password");
                // Guessing is slowed down; other sessions are not.
                tokio::time::sleep(config.auth_delay).await;
            }
            Err(_) => drop(attempt),
        }
        self.dialogue.authenticated(answer)
    }

    /// `contrib/fail2ban` reads this line: the order of its fields matters.
    fn login_failed(&self, login: &str, reason: &'static str) {
        let session = &self.dialogue.session;
        let (door, peer) = (session.door.name(), session.peer.ip().to_canonical());
        metrics::counter!("sigillo_login_failures_total", "door" => door, "reason" => reason).increment(1);
        tracing::warn!(event = "login-failed", %peer, door, reason, login = printable(login));
    }

    async fn mail(&mut self, mail: Mail) -> Result<(), End> {
        let session = &self.dialogue.session;
        let address = || Peer::from(session.peer.ip()).to_string();
        let who = session.login.as_ref().map_or_else(address, |holder| holder.login().to_owned());
        let reply = if self.house.gate.message(&who, self.house.config.limits.messages_per_minute) {
            self.house.service.mail(session, &mail.path, mail.size).await
        } else {
            Reply::new(450, "4.7.1", "too many messages this minute; try again later")
        };
        self.dialogue.mail_answered(mail, &reply);
        self.wire.push(&reply);
        Ok(())
    }

    fn incoming(&self) -> Incoming {
        let config = &self.house.config;
        let (session, id) = (&self.dialogue.session, (config.ids)());
        let field = received::field(session, self.dialogue.extended, &config.hostname, &id, (config.clock)());
        let bare_lf = if config.door == Door::Incoming { BareLf::Refused } else { BareLf::Mended };
        let class = if session.login.is_some() { Class::Holders } else { Class::Strangers };
        Incoming {
            id,
            body: Body::new(&field, config.limits.message, config.limits.header, bare_lf),
            room: config.budget.reservation(class, Some(Peer::from(session.peer.ip()))),
            pace: Pace::new(config.patience, Instant::now().into_std()),
        }
    }

    /// Octets of one message beyond which the session is not worth its traffic.
    fn bound(&self) -> u64 {
        (self.house.config.limits.message as u64).saturating_mul(4).saturating_add(1024 * 1024)
    }

    async fn data(&mut self) -> Result<(), End> {
        self.wire.push(&Reply::new(354, "", "end with <CRLF>.<CRLF>"));
        let mut incoming = self.incoming();
        loop {
            self.reserve(&mut incoming, self.wire.input.len()).await?;
            let here = self.wire.input.len();
            let ended = incoming.body.data(&mut self.wire.input);
            incoming.pace.took(here - self.wire.input.len());
            if ended {
                return self.complete(incoming).await;
            }
            if incoming.body.octets() > self.bound() {
                return self.far_too_large();
            }
            self.more(&mut incoming.pace).await?;
        }
    }

    async fn chunk(&mut self, octets: u64, last: bool, refusal: Option<Reply>) -> Result<(), End> {
        if octets > self.bound() {
            return self.far_too_large();
        }
        let mut incoming = match self.chunks.take() {
            Some(incoming) => incoming,
            None => self.incoming(),
        };
        let mut left = octets;
        loop {
            let here = left.min(self.wire.input.len() as u64);
            if here > 0 {
                let run = self.wire.input.split_to(here as usize);
                left -= here;
                incoming.pace.took(run.len());
                if refusal.is_none() {
                    self.reserve(&mut incoming, run.len()).await?;
                    incoming.body.chunk(&run);
                }
            }
            if left == 0 {
                break;
            }
            self.more(&mut incoming.pace).await?;
        }
        if let Some(refusal) = refusal {
            self.wire.push(&refusal);
            return Ok(());
        }
        if last || incoming.body.fault().is_some() {
            return self.complete(incoming).await;
        }
        self.dialogue.chunk_kept();
        self.wire.push(&Reply::new(250, "2.0.0", format!("{octets} octets taken")));
        self.chunks = Some(incoming);
        Ok(())
    }

    fn far_too_large(&mut self) -> Result<(), End> {
        self.last_words(Reply::new(421, "4.3.4", "message far larger than the limit; closing"), "message too large")
    }

    /// Room in the memory budget: while there is none the client is not read, so it waits.
    async fn reserve(&mut self, incoming: &mut Incoming, octets: usize) -> Result<(), End> {
        if incoming.body.fault().is_some() {
            return Ok(());
        }
        let began = Instant::now();
        let deadline = Instant::from_std(incoming.pace.deadline());
        if timeout_at(deadline, incoming.room.grow(octets)).await.is_err() {
            return self.last_words(Reply::new(421, "4.3.1", "no memory free; try again later"), "no memory free");
        }
        incoming.pace.kept_waiting(began.elapsed());
        Ok(())
    }

    /// Reads more of a message.
    async fn more(&mut self, pace: &mut Pace) -> Result<(), End> {
        self.flush().await?;
        let idle = Instant::now() + self.idle();
        loop {
            // Here and not only when nothing comes: a client that dribbles is never idle.
            if let Err(late) = pace.judge(Instant::now().into_std()) {
                return self.late(late);
            }
            match timeout_at(idle.min(Instant::from_std(pace.next())), self.wire.fill()).await {
                Ok(Ok(true)) => return Ok(()),
                Ok(Ok(false)) => return Err(End::Gone),
                Ok(Err(error)) => return Err(End::Broken(error)),
                Err(_) if Instant::now() >= idle => return self.idle_end(),
                Err(_) => {}
            }
        }
    }

    /// The last octet is here: hands the message over and answers.
    async fn complete(&mut self, incoming: Incoming) -> Result<(), End> {
        let octets = incoming.body.octets();
        let reply = match incoming.body.finish() {
            Ok((message, received_len)) => {
                // What was answered before must not wait for the disk.
                self.flush().await?;
                self.house.service.message(&self.dialogue.session, message, received_len).await
            }
            Err(fault) => fault.reply(),
        };
        drop(incoming.room);
        let session = &self.dialogue.session;
        let door = session.door.name();
        if reply.is_positive() {
            self.messages += 1;
            self.commands = 0;
        } else {
            self.refused += 1;
        }
        let class = (reply.code / 100).to_string();
        metrics::counter!("sigillo_smtp_server_messages_total", "door" => door, "class" => class).increment(1);
        tracing::info!(
            door,
            id = incoming.id,
            peer = %session.peer,
            login = session.login.as_ref().map(Holder::login),
            path = path_text(session.path.as_ref()),
            recipients = session.recipients.len(),
            octets,
            reply = %reply.summary(200),
            "SMTP message"
        );
        self.dialogue.reset();
        self.wire.push(&reply);
        Ok(())
    }

    fn report(&self, end: &Result<(), End>) {
        let reason = match end {
            Ok(()) | Err(End::Gone) => "closed by client",
            Err(End::Said(reason)) => reason,
            Err(End::Broken(_)) => "connection broken",
            Err(End::Handshake(_)) => "TLS handshake failed",
        };
        let error = match end {
            Err(End::Broken(error) | End::Handshake(error)) => Some(error.to_string()),
            _ => None,
        };
        let session = &self.dialogue.session;
        let door = session.door.name();
        metrics::counter!("sigillo_smtp_server_sessions_total", "door" => door, "end" => reason).increment(1);
        tracing::info!(
            door,
            peer = %session.peer,
            helo = session.helo,
            tls = session.tls.as_deref(),
            login = session.login.as_ref().map(Holder::login),
            messages = self.messages,
            refused = self.refused,
            mistakes = self.dialogue.errors(),
            end = reason,
            error,
            "SMTP session"
        );
    }
}

/// A login as it may stand in a log: one word of bounded length, whatever was sent.
fn printable(login: &str) -> String {
    let shown = login.chars().take(LOGIN_SHOWN);
    shown.map(|c| if c.is_alphanumeric() || "@.-_+=/'!#$%&*?^{|}~:".contains(c) { c } else { '?' }).collect()
}

/// Resolves when the door no longer serves; pending for ever while it does.
pub(super) async fn drained(phase: &mut watch::Receiver<Phase>) {
    if phase.wait_for(|phase| *phase != Phase::Open).await.is_err() {
        std::future::pending::<()>().await;
    }
}
