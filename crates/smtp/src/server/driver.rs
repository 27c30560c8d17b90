//! Moves octets between the connection, the dialogue and the service.

mod content;
mod login;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use door::stream::{timed_out, tls_name};
use door::{Line, Phases, Place, Standing, Stream, TURNED_AWAY, Visit, Wire};
use guard::Peer;
use holder::{Holder, Presence, StoreError};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::dialogue::{Dialogue, Step};
use super::incoming::Incoming;
use super::rates::Rates;
use super::{Door, DoorConfig, Service, Session};
use crate::Reply;
use crate::command::Mail;

/// Longest line of an AUTH exchange (RFC 4954 §4).
pub(super) const AUTH_LINE: usize = 12_288;
/// Octets of answers that are gathered at most.
const UNREAD: usize = 16 * 1024;
/// Octets read of the connection at once.
const READ: usize = 64 * 1024;

/// What all sessions of a door share.
pub(super) struct House {
    pub(super) config: DoorConfig,
    pub(super) service: Arc<dyn Service>,
    pub(super) rates: Rates,
    pub(super) acceptor: Option<TlsAcceptor>,
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

struct Driver {
    house: Arc<House>,
    place: Option<Place>,
    wire: Wire,
    dialogue: Dialogue,
    /// Of who is logged in.
    presence: Option<Presence>,
    phases: Phases,
    chunks: Option<Incoming>,
    messages: u32,
    refused: u32,
    begun: Instant,
    /// When the last message ended; at first, when the session began.
    since: Instant,
    /// Commands since a message was accepted.
    commands: u32,
}

/// Serves one session to its end, or says that there is no place for it.
pub(super) async fn serve(stream: Stream, visit: Visit, house: Arc<House>) {
    let Visit { peer, phases, place } = visit;
    let turned_away = place.as_ref().err().copied();
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
    let dialogue = Dialogue::new(
        session,
        &config.hostname,
        &config.limits,
        house.acceptor.is_some(),
        house.service.takes_tokens(),
    );
    let wire = Wire::new(stream, READ);
    let begun = Instant::now();
    let mut driver = Driver {
        house: Arc::clone(&house),
        place: place.ok(),
        wire,
        dialogue,
        presence: None,
        phases,
        chunks: None,
        messages: 0,
        refused: 0,
        begun,
        since: begun,
        commands: 0,
    };
    let end = driver.run(turned_away).await;
    driver.report(&end);
    if let Err(End::Said(_)) = end {
        driver.wire.close().await;
    }
}

impl Driver {
    async fn run(&mut self, turned_away: Option<&'static str>) -> Result<(), End> {
        if turned_away.is_none() {
            self.house.config.keeper.begins(self.dialogue.session.peer).await;
        }
        if self.house.config.door == Door::SubmissionTls {
            self.start_tls().await?;
        }
        if let Some(reason) = turned_away {
            self.push(&Reply::new(421, "4.3.2", reason));
            return Err(End::Said(TURNED_AWAY));
        }
        let greeting = self.dialogue.greeting();
        self.push(&greeting);
        loop {
            // Who does not read what is answered is not listened to any longer.
            if self.wire.output().len() > UNREAD {
                self.flush().await?;
            }
            let line = self.line(self.house.config.limits.line).await?;
            self.commands = self.commands.saturating_add(1);
            if self.commands > self.most_commands() {
                let reply = Reply::new(421, "4.7.0", "too many commands without a message; connect again");
                return self.last_words(reply, "too many commands");
            }
            if self.dialogue.session.login.is_none() {
                self.turn().await?;
            }
            let Some(line) = line else { continue };
            let step = self.dialogue.command(&line);
            self.perform(step).await?;
            self.settle();
            if !self.dialogue.in_chunks() {
                self.chunks = None;
            }
        }
    }

    /// Waits until a command of a stranger has its turn; what was answered until then goes first.
    async fn turn(&mut self) -> Result<(), End> {
        let turn = self.house.config.keeper.command(self.dialogue.session.peer);
        if !turn.is_zero() {
            self.flush().await?;
            tokio::time::sleep(turn).await;
        }
        Ok(())
    }

    /// Says what the session is about between commands.
    fn settle(&self) {
        let _ = self.stands(if self.chunks.is_some() { Standing::Sending } else { Standing::Waiting });
    }

    /// The same of a moment; who is logged in always keeps the place. `false`: the place is somebody else's already.
    fn stands(&self, standing: Standing) -> bool {
        let standing = if self.dialogue.session.login.is_some() { Standing::Kept } else { standing };
        self.place.as_ref().is_none_or(|place| place.stands(standing))
    }

    /// The next line; `None` when it was answered already because it is none.
    async fn line(&mut self, limit: usize) -> Result<Option<BytesMut>, End> {
        let idle = Instant::now() + self.idle();
        let limit = limit.max(512);
        loop {
            // Here and not only when nothing comes: who says NOOP without end keeps neither a message nor a session.
            self.time_is_up()?;
            if !self.phases.is_open() && self.dialogue.between_messages() {
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
            let over = async {
                match &mut self.presence {
                    Some(presence) => presence.over().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                over = over => return self.login_over(over),
                more = self.wire.fill() => if !more? { return Err(End::Gone) },
                () = self.phases.drained(), if drains => {}
                () = tokio::time::sleep_until(idle) => return self.idle_end(),
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    /// When a message that comes in chunks, or the session, has to be looked at again.
    fn until(&self) -> Instant {
        match &self.chunks {
            Some(incoming) => Instant::from_std(incoming.pace.next()),
            None => self.end_between_messages().0,
        }
    }

    /// Between commands: ends the session when its message takes too long, or, when there is none, when itself does.
    fn time_is_up(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if let Some(incoming) = &mut self.chunks {
            return match incoming.pace.judge(now.into_std()) {
                Ok(()) => Ok(()),
                Err(late) => self.late(late),
            };
        }
        let (end, text, reason) = self.end_between_messages();
        if now < end { Ok(()) } else { self.last_words(Reply::new(421, "4.7.0", text), reason) }
    }

    /// When the session ends if no message begins, whatever is said until then; what is said of it, and its name.
    fn end_between_messages(&self) -> (Instant, &'static str, &'static str) {
        let life = &self.house.config.life;
        let whole = (self.begun + life.lifetime, "the session has lasted too long; connect again", "session too long");
        let session = &self.dialogue.session;
        let of_strangers = match session.door {
            _ if session.login.is_some() => return whole,
            Door::Incoming => (self.since + life.content, "no message has come; connect again", "no message"),
            Door::Submission | Door::SubmissionTls => {
                (self.begun + life.login, "nobody has logged in; connect again", "no login")
            }
        };
        if of_strangers.0 < whole.0 { of_strangers } else { whole }
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
                self.push(&reply);
                self.flush().await?;
                self.start_tls().await
            }
            Step::Auth(turn) => self.authenticate(turn).await,
            Step::Mail(mail) => self.mail(mail).await,
            Step::Rcpt(recipient) => {
                let reply = self.house.service.rcpt(&self.dialogue.session, &recipient).await;
                self.dialogue.rcpt_answered(recipient, &reply);
                self.push(&reply);
                Ok(())
            }
            Step::Data => self.data().await,
            Step::Chunk { octets, last, refusal } => self.chunk(octets, last, refusal).await,
        }
    }

    /// Adds a reply to what goes out at the next flush: replies to pipelined commands leave together (RFC 2920).
    fn push(&mut self, reply: &Reply) {
        reply.write(self.wire.output());
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
                self.push(&reply);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn last_words<T>(&mut self, reply: Reply, reason: &'static str) -> Result<T, End> {
        self.push(&reply);
        Err(End::Said(reason))
    }

    /// What was logged in is not any more, or nobody can say whether it is.
    fn login_over<T>(&mut self, over: Result<(), StoreError>) -> Result<T, End> {
        if let Err(error) = over {
            tracing::error!(event = "login-not-known", %error);
            let reply = Reply::new(421, "4.3.0", "whether this login still holds cannot be said; connect again");
            return self.last_words(reply, "login not known");
        }
        let reply = Reply::new(421, "4.7.0", "this login does not hold any more: log in again");
        self.last_words(reply, "login is over")
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
            Err(_) => Err(End::Broken(timed_out("the client does not read"))),
        }
    }

    async fn start_tls(&mut self) -> Result<(), End> {
        let Some(acceptor) = self.house.acceptor.clone() else {
            return Err(End::Handshake(io::Error::other("the door has no certificate")));
        };
        let clear = std::mem::replace(&mut self.wire.stream, Box::new(tokio::io::empty()));
        let until = self.until().min(Instant::now() + self.idle());
        let tls = timeout_at(until, acceptor.accept(clear))
            .await
            .unwrap_or_else(|_| Err(timed_out("TLS handshake")))
            .map_err(End::Handshake)?;
        let (_, state) = tls.get_ref();
        let name = tls_name(state.protocol_version(), state.negotiated_cipher_suite());
        self.dialogue.tls_started(name);
        self.wire = Wire::new(Box::new(tls), READ);
        Ok(())
    }

    async fn mail(&mut self, mail: Mail) -> Result<(), End> {
        let session = &self.dialogue.session;
        let address = || Peer::from(session.peer.ip()).to_string();
        let who = session.login.as_ref().map_or_else(address, |holder| holder.login().to_owned());
        let reply = if self.house.rates.message(&who, self.house.config.limits.messages_per_minute) {
            self.house.service.mail(session, &mail.path, mail.size).await
        } else {
            Reply::new(450, "4.7.1", "too many messages this minute; try again later")
        };
        self.dialogue.mail_answered(mail, &reply);
        self.push(&reply);
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
        // Counted, and told by the gate together.
        if reason == TURNED_AWAY {
            return;
        }
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
