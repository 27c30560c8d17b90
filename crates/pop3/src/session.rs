//! Moves octets between the dialogue, the connection and the holder's desk.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use door::sasl::{Credentials, Kind};
use door::stream::{accept_tls, timed_out};
use door::{Door, Keeper, Line, Phases, Place, Sessions, Standing, Stream, TURNED_AWAY, Tried, Visit, Wire};
use holder::{
    Came, Denied, Desk, Entered, ErrorKind, Given, Holder, Opened, Protocol, StoreError, UidSet, Unproved, Want,
};
use pec::Clock;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use crate::dialogue::{Code, Dialogue, Listing, Step};
use crate::maildrop::{Item, Maildrop};
use crate::stuffing::Stuffing;
use crate::words;

/// Octets of a line (RFC 2449 §4: 255); longer for the exchanges of SASL.
const LINE: usize = 12_288;
/// Octets read of the connection at once, and about what an idle session holds.
const READ: usize = 2048;
/// Octets of a message that are in memory at once.
const RUN: u64 = 64 << 10;
/// Messages asked of the store at once.
const PAGE: usize = 5000;
/// Commands before a login.
const COMMANDS: u32 = 100;

/// The name of a door for logs and metrics.
pub fn door_name(door: Door) -> &'static str {
    match door {
        Door::Clear => "pop3",
        Door::Tls => "pop3-tls",
    }
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the connection to the login.
    pub login: Duration,
    /// Without a command; at least ten minutes (RFC 1939 §3).
    pub idle: Duration,
    /// The whole session.
    pub lifetime: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let [login, idle, lifetime] = [60, 600, 2 * 3600].map(Duration::from_secs);
        Self { login, idle, lifetime }
    }
}

/// A POP3 door over a desk.
pub struct Pop3 {
    /// Which: port 110 with STLS, or 995.
    pub door: Door,
    /// TLS.
    pub acceptor: TlsAcceptor,
    /// Where mailboxes are opened.
    pub desk: Arc<Desk>,
    /// Who lets people in.
    pub keeper: Keeper,
    /// When messages are removed.
    pub clock: Arc<dyn Clock>,
    /// How long things may take.
    pub limits: Limits,
}

#[async_trait]
impl Sessions for Pop3 {
    fn name(&self) -> &'static str {
        door_name(self.door)
    }

    async fn serve(&self, stream: Stream, visit: Visit) {
        let Visit { peer, phases, place } = visit;
        let turned_away = place.as_ref().err().copied();
        let mut session = Session {
            place: place.ok(),
            house: self,
            wire: Wire::new(stream, READ),
            peer,
            phases,
            dialogue: Dialogue::new(self.door == Door::Tls, true, self.desk.entrance().takes_tokens()),
            opened: None,
            inbox: None,
            begun: Instant::now(),
            tls: None,
            sent: 0,
            deleted: 0,
        };
        let end = session.run(turned_away).await;
        session.report(&end);
        if let End::Said(_) = end {
            session.wire.close().await;
        }
    }
}

/// Why a session ended.
#[derive(Debug)]
pub(crate) enum End {
    /// Our last answer is in the buffer; the word names the reason.
    Said(&'static str),
    /// It was closed without a word, for this reason.
    Cut(&'static str),
    /// The client closed.
    Gone,
    /// The connection broke.
    Broken(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

pub(crate) struct Session<'a> {
    pub(crate) house: &'a Pop3,
    place: Option<Place>,
    pub(crate) wire: Wire,
    peer: SocketAddr,
    phases: Phases,
    pub(crate) dialogue: Dialogue,
    pub(crate) opened: Option<Opened>,
    pub(crate) inbox: Option<holder::FolderId>,
    begun: Instant,
    tls: Option<String>,
    sent: u64,
    pub(crate) deleted: u32,
}

impl Session<'_> {
    async fn run(&mut self, turned_away: Option<&'static str>) -> End {
        match self.talk(turned_away).await {
            Ok(reason) => End::Said(reason),
            Err(end) => end,
        }
    }

    async fn talk(&mut self, turned_away: Option<&'static str>) -> Result<&'static str, End> {
        if turned_away.is_none() {
            self.house.keeper.begins(self.peer).await;
        }
        if self.house.door == Door::Tls {
            self.start_tls().await?;
        }
        if let Some(reason) = turned_away {
            self.wire.output().extend_from_slice(format!("-ERR [SYS/TEMP] {reason}\r\n").as_bytes());
            return Ok(TURNED_AWAY);
        }
        Dialogue::greeting(self.wire.output());
        let mut commands = 0;
        loop {
            let line = self.line().await?;
            commands += 1;
            let step = match line {
                Line::Whole(line) => self.dialogue.line(&line, self.wire.output()),
                Line::BareLf => self.dialogue.mistake(words::NO_CRLF, self.wire.output()),
                Line::TooLong => self.dialogue.mistake(words::TOO_LONG, self.wire.output()),
                Line::Absurd => return Err(End::Cut("absurd line")),
                Line::TlsHello => return Err(End::Cut("TLS on a clear port")),
            };
            if let Some(reason) = self.perform(step).await? {
                return Ok(reason);
            }
            if self.opened.is_none() && commands >= COMMANDS {
                return Err(End::Cut("too many commands before a login"));
            }
        }
    }

    /// The next line. Changes of the account are heard of while nothing comes.
    async fn line(&mut self) -> Result<Line, End> {
        let idle = Instant::now() + self.house.limits.idle;
        loop {
            if let Some(line) = self.wire.line(LINE) {
                return Ok(line);
            }
            self.flush().await?;
            let login = self.begun + self.house.limits.login;
            let last = self.begun + self.house.limits.lifetime;
            let until = if self.opened.is_none() { idle.min(login) } else { idle.min(last) };
            let ear = self.opened.as_ref().map(Opened::ear);
            let changed = async {
                match ear {
                    Some(mut ear) => ear.changed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                more = self.wire.fill() => if !more? { return Err(End::Gone) },
                () = self.phases.drained() => return Err(End::Cut("drained")),
                () = changed => self.still().await?,
                () = tokio::time::sleep_until(until) => return Err(End::Cut("idle")),
            }
        }
    }

    /// Ends the session when the login does not hold any more. POP3 has no word for it.
    async fn still(&mut self) -> Result<(), End> {
        let Some(opened) = &mut self.opened else { return Ok(()) };
        match opened.still().await {
            Err(Denied::Over) => Err(End::Cut("login is over")),
            // Trouble of the store is told to the next command.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    async fn perform(&mut self, step: Step) -> Result<Option<&'static str>, End> {
        match step {
            Step::Next => {}
            Step::Close(reason) => return Ok(Some(reason)),
            Step::StartTls => {
                // Octets sent in clear behind STLS would be taken for octets sent under TLS (CVE-2011-0411).
                if !self.wire.input.is_empty() {
                    return Err(End::Cut("octets behind STLS"));
                }
                self.flush().await?;
                self.start_tls().await?;
                self.dialogue.tls_started();
            }
            Step::LogIn(credentials) => match self.log_in(credentials).await? {
                Step::Close(reason) => return Ok(Some(reason)),
                _ => return Ok(None),
            },
            Step::Listing(listing) => self.list(listing).await?,
            Step::Send { number, lines } => self.send(number, lines).await?,
            Step::Mark(number) => self.mark(number).await?,
            Step::Update => {
                self.update().await?;
                return Ok(Some("quit"));
            }
        }
        Ok(None)
    }

    async fn start_tls(&mut self) -> Result<(), End> {
        let clear = std::mem::replace(&mut self.wire.stream, Box::new(tokio::io::empty()));
        let (stream, name) = accept_tls(clear, &self.house.acceptor, self.house.limits.login).await?;
        self.wire = Wire::new(stream, READ);
        self.tls = Some(name);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), End> {
        let Limits { login, idle, .. } = self.house.limits;
        // Who has not logged in holds a place for a short time only, also by not reading.
        match timeout(if self.opened.is_none() { login.min(idle) } else { idle }, self.wire.flush()).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(End::Broken(timed_out("the client does not read"))),
        }
    }

    async fn log_in(&mut self, said: Credentials) -> Result<Step, End> {
        let house = self.house;
        let given = match said.kind {
            Kind::Password => Given::Password(&said.secret.0),
            Kind::Token => Given::Token(&said.secret.0),
        };
        let prove = house.desk.entrance().enter(&said.login, given, Came::by(Protocol::Pop3, self.peer.ip()));
        let tried = house.keeper.try_login(house.name(), self.peer, &said.named(), said.kind, prove).await;
        let (code, text) = match tried {
            // RFC 3206 §4: credentials that are right where policy says no are trouble with them all the same.
            Tried::In(Entered::Barred(barred)) => (Code::Auth, words::barred(barred)),
            Tried::In(Entered::In(holder)) => match self.open(&holder, &said.acts_for).await {
                Ok(Some(maildrop)) => {
                    self.dialogue.opened(maildrop, self.wire.output());
                    return Ok(Step::Next);
                }
                Ok(None) => (Code::Permanent, words::SEVERAL),
                Err(denied) => told(&denied),
            },
            Tried::Wrong if said.kind == Kind::Token => return Ok(self.dialogue.token_not_good(self.wire.output())),
            Tried::Wrong => (Code::Auth, words::WRONG),
            Tried::Throttled { .. } => (Code::Temporary, words::THROTTLED),
            Tried::Failed(Unproved::Tokens(_)) => (Code::Temporary, words::NOT_JUDGED),
            Tried::Failed(Unproved::Store(error)) => told(&Denied::Store(error)),
        };
        Ok(self.dialogue.not_in(code, text, self.wire.output()))
    }

    /// The maildrop of the mailbox that was meant. `None`: none, or several.
    async fn open(&mut self, holder: &Holder, acts_for: &str) -> Result<Option<Maildrop>, Denied> {
        let Some(mut opened) = self.house.desk.open_meant(holder, acts_for).await? else { return Ok(None) };
        let folders = opened.folders().await?;
        let Some(inbox) = folders.into_iter().next() else { return Ok(None) };
        let mut items = Vec::with_capacity(inbox.messages as usize);
        let mut next = 1;
        while next < inbox.uid_next {
            let uids = UidSet::from_ranges([next..=inbox.uid_next - 1]);
            let page = opened.entries(inbox.id, &uids, Want::default(), PAGE).await?;
            let Some(last) = page.last() else { break };
            next = last.uid + 1;
            items.extend(page.iter().map(|entry| Item { uid: entry.uid, message: entry.message, size: entry.size }));
        }
        (self.opened, self.inbox) = (Some(opened), Some(inbox.id));
        // Where the place is somebody else's already, the session ends by itself.
        let _ = self.place.as_ref().map(|place| place.stands(Standing::Kept));
        Ok(Some(Maildrop::new(inbox.uid_validity, items)))
    }

    async fn list(&mut self, listing: Listing) -> Result<(), End> {
        self.dialogue.good(words::LIST, self.wire.output());
        let mut next = 1;
        loop {
            let Some(maildrop) = self.dialogue.maildrop() else { return Ok(()) };
            let out = self.wire.output();
            let mut more = None;
            for (number, item) in maildrop.from(next) {
                if out.len() >= RUN as usize {
                    more = Some(number);
                    break;
                }
                out.extend_from_slice(listing.line(maildrop, number, item).as_bytes());
                out.extend_from_slice(b"\r\n");
            }
            match more {
                Some(number) => next = number,
                None => break,
            }
            self.flush().await?;
        }
        self.wire.output().extend_from_slice(b".\r\n");
        Ok(())
    }

    async fn send(&mut self, number: usize, lines: Option<u64>) -> Result<(), End> {
        let found = self.dialogue.maildrop().and_then(|maildrop| maildrop.get(number));
        let (Some(item), Some(opened)) = (found, &mut self.opened) else { return Ok(()) };
        // Read before the good answer: what cannot be read is told so.
        let mut run = match opened.read(item.message, 0..RUN.min(item.size)).await {
            Ok(Some(run)) => run,
            Ok(None) => {
                self.dialogue.refuse(Code::Permanent, words::GONE, self.wire.output());
                return Ok(());
            }
            Err(Denied::Over) => return Err(End::Cut("login is over")),
            Err(denied) => {
                let (code, text) = told(&denied);
                self.dialogue.refuse(code, text, self.wire.output());
                return Ok(());
            }
        };
        self.wire.output().extend_from_slice(format!("+OK {} octets\r\n", item.size).as_bytes());
        let mut stuffing = Stuffing::new(lines);
        let mut at = 0;
        loop {
            at += run.len() as u64;
            let wanted = stuffing.run(&run, self.wire.output());
            if !wanted || at >= item.size {
                break;
            }
            drop(run);
            self.flush().await?;
            let Some(opened) = &mut self.opened else { return Ok(()) };
            run = match opened.read(item.message, at..item.size.min(at + RUN)).await {
                Ok(Some(run)) if !run.is_empty() => run,
                // What was begun cannot be taken back: the client hears that it is not whole.
                Ok(_) => return Err(End::Cut("message gone")),
                Err(denied) => {
                    told(&denied);
                    return Err(End::Cut("message not readable"));
                }
            };
        }
        stuffing.end(self.wire.output());
        self.sent += 1;
        if let Some(maildrop) = self.dialogue.maildrop_mut().filter(|_| lines.is_none()) {
            maildrop.fetched(number);
        }
        Ok(())
    }

    fn report(&self, end: &End) {
        let (reason, error) = match end {
            End::Said(reason) | End::Cut(reason) => (*reason, None),
            End::Gone => ("closed by client", None),
            End::Broken(error) => ("connection broken", Some(error.to_string())),
        };
        let door = self.house.name();
        metrics::counter!("sigillo_pop3_sessions_total", "door" => door, "end" => reason).increment(1);
        metrics::counter!("sigillo_pop3_messages_sent_total").increment(self.sent);
        // Counted, and told by the gate together.
        if reason == TURNED_AWAY {
            return;
        }
        let opened = self.opened.as_ref();
        tracing::info!(
            door,
            peer = %self.peer,
            tls = self.tls.as_deref(),
            login = opened.map(|opened| opened.holder().login()),
            mailbox = opened.map(|opened| opened.mailbox().address.as_str()),
            sent = self.sent,
            deleted = self.deleted,
            end = reason,
            error,
            "POP3 session"
        );
    }
}

/// How a denial is told; what is our fault is logged.
pub(crate) fn told(denied: &Denied) -> (Code, words::Text) {
    match denied {
        Denied::NotYours(_) | Denied::Over => (Code::Auth, words::WRONG),
        Denied::ReadOnly { .. } => (Code::Permanent, words::ONLY_READ),
        Denied::Store(StoreError { kind: ErrorKind::Damaged, .. }) => (Code::Permanent, words::DAMAGED),
        Denied::Store(error) => {
            tracing::error!(event = "mailbox-not-read", %error);
            (Code::Temporary, words::OURS)
        }
    }
}
