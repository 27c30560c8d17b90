//! Many messages over one connection, with as little waiting as the peer's extensions allow.
//!
//! * without PIPELINING: command, reply, command, reply;
//! * with PIPELINING (RFC 2920): MAIL, RCPT… and DATA in one go, and the next message's behind the end of this one;
//! * with CHUNKING too (RFC 3030): whole transactions one behind the other, several on their way at once.
//!
//! Reading never waits for writing, so neither side can be stuck on a full buffer.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use pec::Cause;
use provider::transport::{Fate, Parcel, Security};
use tokio::time::{Instant, timeout};

use super::config::{RelayConfig, Timeouts};
use super::connection::{Connection, Progress};
use super::content::{Content, STAGE};
use super::verdict::{Asked, accepted, refused};
use crate::Reply;

/// A parcel and its place among those of one call.
pub(super) struct Job {
    pub(super) index: usize,
    pub(super) parcel: Parcel,
}

/// Where jobs come from and fates go to.
pub(super) trait Desk {
    /// The next parcel to send, if any.
    fn next(&mut self) -> Option<Job>;
    /// What became of one.
    fn done(&mut self, index: usize, fates: Vec<Fate>);
}

/// The connection is gone; what was not begun, or certainly not taken, goes over another one.
pub(super) struct Lost {
    pub(super) again: Vec<Job>,
}

/// One thing to write, and later the reply to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Reset,
    Mail,
    Rcpt(usize),
    Data,
    /// The content after 354; its reply is that of the end.
    Body,
    /// BDAT with the whole content.
    Chunk,
}

/// One message on its way.
struct Flight {
    job: Job,
    octets: usize,
    body_parameter: bool,
    /// When its MAIL was written.
    begun: Option<Instant>,
    mail: Option<bool>,
    data: Option<bool>,
    taken: Vec<bool>,
    fates: Vec<Option<Fate>>,
    /// Things not yet written, or written and not yet answered.
    open: usize,
    reported: bool,
}

impl Flight {
    /// Every recipient's fate is known: the content need not go.
    fn is_decided(&self) -> bool {
        self.fates.iter().all(Option::is_some)
    }

    fn fill(&mut self, fate: impl Fn() -> Fate) {
        self.fates.iter_mut().filter(|fate| fate.is_none()).for_each(|slot| *slot = Some(fate()));
    }
}

/// The engine of one connection.
pub(super) struct Pipeline<'a, D> {
    connection: &'a mut Connection,
    config: &'a RelayConfig,
    desk: &'a mut D,
    window: usize,
    flights: VecDeque<Flight>,
    /// Number of the first flight of `flights`.
    base: usize,
    todo: VecDeque<(usize, What)>,
    expected: VecDeque<(usize, What)>,
    out: BytesMut,
    content: Option<Content>,
    /// A transaction may be open at the peer that must be closed before the next.
    dirty: bool,
    /// Messages whose fates are known.
    decided: usize,
    /// The peer said 421: it takes nothing more on this connection.
    closing: bool,
}

impl<'a, D: Desk> Pipeline<'a, D> {
    /// `window`: messages on their way at once, when the peer's extensions allow more than one.
    pub(super) fn new(connection: &'a mut Connection, config: &'a RelayConfig, desk: &'a mut D, window: usize) -> Self {
        let capabilities = &connection.capabilities;
        let window = match (capabilities.pipelining, capabilities.chunking) {
            (true, true) => window.max(1),
            (true, false) => window.clamp(1, 2),
            (false, _) => 1,
        };
        let (flights, todo, expected) = Default::default();
        let out = BytesMut::new();
        // Whoever used a kept connection before may have left a refused transaction open.
        let dirty = connection.messages > 0;
        let (content, base, decided, closing) = (None, 0, 0, false);
        Self { connection, config, desk, window, flights, base, todo, expected, out, content, dirty, decided, closing }
    }

    /// Sends what the desk has until it has nothing more, or the connection has carried enough messages.
    pub(super) async fn run(mut self) -> Result<(), Lost> {
        loop {
            self.take_jobs();
            self.stage();
            let idle = self.todo.is_empty() && self.expected.is_empty() && self.content.is_none();
            if idle && self.out.is_empty() && self.flights.is_empty() {
                return Ok(());
            }
            let limit = self.patience();
            let result = match timeout(limit, self.connection.progress(&mut self.out)).await {
                Ok(Ok(Progress::Read)) => self.read(),
                Ok(result) => result.map(|_| ()),
                Err(_) => Err(door::stream::timed_out(self.waiting_for())),
            };
            if let Err(error) = result {
                return Err(self.lost(&error));
            }
        }
    }

    fn take_jobs(&mut self) {
        while self.flights.len() < self.window && self.connection.messages < self.config.messages_per_connection.max(1)
        {
            let Some(job) = self.desk.next() else { return };
            self.begin(job);
        }
    }

    fn begin(&mut self, job: Job) {
        let capabilities = &self.connection.capabilities;
        let octets = job.parcel.message.len();
        let eight_bit = job.parcel.message.chunks().any(|chunk| !chunk.is_ascii());
        let count = job.parcel.recipients.len();
        let impossible = match capabilities.size {
            Some(Some(limit)) if octets as u64 > limit => {
                let peer = &self.connection.peer;
                Some((Cause::MessageTooLarge, format!("{peer} takes {limit} octets at most, the message has {octets}")))
            }
            _ if eight_bit && !capabilities.eight_bit && job.parcel.security == Security::Ordinary => {
                Some((Cause::EightBitRefused, format!("{} does not announce 8BITMIME", self.connection.peer)))
            }
            _ => None,
        };
        if let Some((cause, detail)) = impossible {
            let fate = Fate::Failed { cause, detail };
            self.desk.done(job.index, vec![fate; count]);
            return;
        }
        if count == 0 {
            self.desk.done(job.index, Vec::new());
            return;
        }
        if eight_bit && !capabilities.eight_bit {
            // Certified mail is never re-encoded on its way [R-5.3-c], and refusing it here would lose it.
            metrics::counter!("sigillo_quirks_total", "quirk" => "peer-forgets-8bitmime").increment(1);
            tracing::warn!(
                event = "peer-forgets-8bitmime",
                peer = self.connection.peer,
                "quirk peer-forgets-8bitmime: sending 8-bit content as is"
            );
        }
        let body_parameter = eight_bit && capabilities.eight_bit;
        let chunking = capabilities.chunking;
        let id = self.base + self.flights.len();
        let mut whats = Vec::with_capacity(count + 4);
        // Where a refused transaction may still be open when this one arrives, it is closed first.
        if self.dirty || (chunking && self.window > 1 && self.connection.messages > 0) {
            whats.push(What::Reset);
            self.dirty = false;
        }
        whats.push(What::Mail);
        whats.extend((0..count).map(What::Rcpt));
        whats.extend_from_slice(if chunking { &[What::Chunk] } else { &[What::Data, What::Body] });
        self.connection.messages += 1;
        self.flights.push_back(Flight {
            job,
            octets,
            body_parameter,
            begun: None,
            mail: None,
            data: None,
            taken: vec![false; count],
            fates: vec![None; count],
            open: whats.len(),
            reported: false,
        });
        self.todo.extend(whats.into_iter().map(|what| (id, what)));
    }

    fn flight(&mut self, id: usize) -> Option<&mut Flight> {
        self.flights.get_mut(id.checked_sub(self.base)?)
    }

    /// Moves what may be written now into the buffer.
    fn stage(&mut self) {
        let pipelining = self.connection.capabilities.pipelining;
        while self.out.len() < STAGE {
            if let Some(content) = &mut self.content {
                if content.fill(&mut self.out) {
                    self.content = None;
                }
                continue;
            }
            let Some(&(id, what)) = self.todo.front() else { return };
            if !pipelining && !self.expected.is_empty() {
                return;
            }
            if !self.write(id, what) {
                return;
            }
        }
    }

    /// Writes or skips the first thing to do; `false` when it must wait for a reply.
    fn write(&mut self, id: usize, what: What) -> bool {
        let size = self.connection.capabilities.size.is_some();
        let Some(flight) = self.flights.get_mut(id.wrapping_sub(self.base)) else {
            self.todo.pop_front();
            return true;
        };
        let decided = flight.is_decided();
        let line = match what {
            What::Reset => "RSET".to_owned(),
            What::Mail => {
                flight.begun = Some(Instant::now());
                let mut line = format!("MAIL FROM:<{}>", flight.job.parcel.path.as_str());
                if size {
                    line.push_str(&format!(" SIZE={}", flight.octets));
                }
                if flight.body_parameter {
                    line.push_str(" BODY=8BITMIME");
                }
                line
            }
            What::Rcpt(_) if flight.mail == Some(false) => return self.skip(id),
            What::Rcpt(k) => match flight.job.parcel.recipients.get(k) {
                Some(recipient) => format!("RCPT TO:<{recipient}>"),
                None => return self.skip(id),
            },
            What::Data | What::Chunk if decided => {
                if flight.mail == Some(true) {
                    self.dirty = true;
                }
                if what == What::Data {
                    self.skip(id);
                }
                return self.skip(id);
            }
            What::Data => "DATA".to_owned(),
            What::Body => match flight.data {
                None => return false,
                Some(false) => return self.skip(id),
                Some(true) => {
                    // 354 although every recipient was refused: an empty message ends it (RFC 2920 §3.1).
                    let nothing = pec::Pieces::new();
                    let message = if decided { &nothing } else { &flight.job.parcel.message };
                    self.content = Some(Content::data(message));
                    String::new()
                }
            },
            What::Chunk => {
                self.content = Some(Content::chunk(&flight.job.parcel.message));
                format!("BDAT {} LAST", flight.octets)
            }
        };
        if what != What::Body {
            self.out.extend_from_slice(line.as_bytes());
            self.out.extend_from_slice(b"\r\n");
        }
        self.todo.pop_front();
        self.expected.push_back((id, what));
        true
    }

    /// The first thing to do is not needed any more.
    fn skip(&mut self, id: usize) -> bool {
        self.todo.pop_front();
        self.closed(id);
        if self.dirty && self.todo.front().is_some_and(|(_, what)| *what == What::Mail) {
            self.insert_reset();
        }
        true
    }

    /// Puts RSET before the next transaction, which is waiting already.
    fn insert_reset(&mut self) {
        if let Some(&(next, _)) = self.todo.front() {
            if let Some(flight) = self.flight(next) {
                flight.open += 1;
            }
            self.todo.push_front((next, What::Reset));
            self.dirty = false;
        }
    }

    /// One thing of a flight is over.
    fn closed(&mut self, id: usize) {
        if let Some(flight) = self.flight(id) {
            flight.open = flight.open.saturating_sub(1);
        }
        self.report();
    }

    /// Tells fates as soon as they are known and forgets flights of which nothing is open.
    fn report(&mut self) {
        for flight in &mut self.flights {
            if !flight.reported && flight.is_decided() {
                flight.reported = true;
                self.decided += 1;
                log(self.connection, flight);
                self.desk.done(flight.job.index, flight.fates.iter().flatten().cloned().collect());
            }
        }
        while self.flights.front().is_some_and(|flight| flight.reported && flight.open == 0) {
            self.flights.pop_front();
            self.base += 1;
        }
    }

    fn read(&mut self) -> io::Result<()> {
        while let Some(reply) = self.connection.parse()? {
            self.answer(&reply)?;
        }
        Ok(())
    }

    fn answer(&mut self, reply: &Reply) -> io::Result<()> {
        if reply.code == 421 {
            self.closing = true;
            return Err(io::Error::other(reply.summary(400)));
        }
        let Some((id, what)) = self.expected.pop_front() else {
            return Err(io::Error::other(format!("the peer answers what nobody asked: {}", reply.summary(100))));
        };
        if reply.code / 100 == 3 && what != What::Data {
            return Err(io::Error::other(format!("the peer's answer is out of order: {}", reply.summary(100))));
        }
        let mut dirty = false;
        let mut index = None;
        if let Some(flight) = self.flight(id) {
            index = Some(id);
            match what {
                What::Reset => {}
                What::Mail => {
                    flight.mail = Some(reply.is_positive());
                    if !reply.is_positive() {
                        flight.fill(|| refused(Asked::Mail, reply));
                    }
                }
                What::Rcpt(k) if reply.is_positive() => flight.taken.get_mut(k).into_iter().for_each(|t| *t = true),
                What::Rcpt(k) => {
                    if let Some(slot) = flight.fates.get_mut(k).filter(|slot| slot.is_none()) {
                        *slot = Some(refused(Asked::Rcpt, reply));
                    }
                }
                What::Data => {
                    flight.data = Some(reply.code == 354);
                    if reply.code != 354 {
                        flight.fill(|| refused(Asked::Content, reply));
                        dirty = flight.mail == Some(true);
                    }
                }
                What::Body | What::Chunk if reply.is_positive() => flight.fill(|| accepted(reply)),
                What::Body | What::Chunk => {
                    flight.fill(|| refused(Asked::Content, reply));
                    dirty = what == What::Chunk;
                }
            }
        }
        self.dirty |= dirty;
        if let Some(id) = index {
            self.closed(id);
        }
        if self.dirty && self.todo.front().is_some_and(|(_, what)| *what == What::Mail) {
            self.insert_reset();
        }
        Ok(())
    }

    /// How long the peer may take now (RFC 5321 §4.5.3.2).
    fn patience(&self) -> Duration {
        let Timeouts { mail, rcpt, data, block, end, .. } = self.config.timeouts;
        let reply = match self.expected.front() {
            Some((_, What::Reset | What::Mail)) => mail,
            Some((_, What::Rcpt(_))) => rcpt,
            Some((_, What::Data)) => data,
            Some((_, What::Body | What::Chunk)) => end,
            None => block,
        };
        if self.out.is_empty() { reply } else { reply.max(block) }
    }

    fn waiting_for(&self) -> &'static str {
        match self.expected.front() {
            Some((_, What::Reset)) => "reply to RSET",
            Some((_, What::Mail)) => "reply to MAIL",
            Some((_, What::Rcpt(_))) => "reply to RCPT",
            Some((_, What::Data)) => "reply to DATA",
            Some((_, What::Body | What::Chunk)) => "reply to the end of the message",
            None => "the peer does not read",
        }
    }

    /// The connection is gone. A message that was begun is deferred: the peer may have taken it without our hearing of
    /// it, and recognises it when it comes again. At once, over a fresh connection, goes what was not begun, what was
    /// on a kept connection that died before it answered anything, and what a peer that had enough of this connection
    /// left lying after it took something.
    fn lost(&mut self, error: &io::Error) -> Lost {
        let stale = self.connection.stale;
        let enough = self.closing && self.decided > 0;
        let detail = format!("{}: {error}", self.connection.peer);
        tracing::debug!(peer = self.connection.peer, %error, stale, "connection lost");
        let mut again = Vec::new();
        for mut flight in self.flights.drain(..) {
            if flight.reported {
                continue;
            }
            if stale || enough || flight.begun.is_none() {
                again.push(flight.job);
                continue;
            }
            flight.fill(|| Fate::Deferred { detail: detail.chars().take(400).collect() });
            log(self.connection, &flight);
            self.desk.done(flight.job.index, flight.fates.into_iter().flatten().collect());
        }
        Lost { again }
    }
}

/// One event for each message; no content.
fn log(connection: &Connection, flight: &Flight) {
    let count = |wanted: fn(&Fate) -> bool| flight.fates.iter().flatten().filter(|fate| wanted(fate)).count();
    let accepted = count(|fate| matches!(fate, Fate::Accepted { .. }));
    let failed = count(|fate| matches!(fate, Fate::Failed { .. }));
    let deferred = count(|fate| matches!(fate, Fate::Deferred { .. }));
    if let Some(begun) = flight.begun {
        metrics::histogram!("sigillo_smtp_client_transaction_seconds").record(begun.elapsed());
    }
    for (fate, recipients) in [("accepted", accepted), ("failed", failed), ("deferred", deferred)] {
        metrics::counter!("sigillo_smtp_client_recipients_total", "fate" => fate).increment(recipients as u64);
    }
    tracing::info!(
        peer = connection.peer,
        tls = connection.tls.as_deref(),
        path = flight.job.parcel.path.as_str(),
        octets = flight.octets,
        accepted,
        failed,
        deferred,
        "SMTP message sent"
    );
}
