//! The content of a message, from its first octet to its answer.

use std::time::Duration;

use door::Standing;
use door::stream::timed_out;
use guard::pace::Late;
use guard::{Class, NoRoom, Pace, Peer};
use holder::Holder;
use tokio::time::{Instant, timeout, timeout_at};

use super::super::body::{BareLf, Body};
use super::super::dialogue::path_text;
use super::super::incoming::Incoming;
use super::super::{Door, received};
use super::{Driver, End};
use crate::Reply;

/// How long a client may take to read the answer to a message.
const ANSWER: Duration = Duration::from_secs(30);

impl Driver {
    fn incoming(&self) -> Incoming {
        let config = &self.house.config;
        let (session, id) = (&self.dialogue.session, (config.ids)());
        let field = received::field(session, self.dialogue.extended, &config.hostname, &id, (config.clock)());
        let bare_lf = if config.door == Door::Incoming { BareLf::Refused } else { BareLf::Mended };
        let class = if session.login.is_some() { Class::Holders } else { Class::Strangers };
        let body = Body::new(config.limits.message, config.limits.header, bare_lf);
        let arrival = config.arrivals.begin(class, Peer::from(session.peer.ip()));
        Incoming::new(id, &field, body, arrival, Pace::new(config.patience, Instant::now().into_std()))
    }

    /// Octets of one message beyond which the session is not worth its traffic.
    fn bound(&self) -> u64 {
        (self.house.config.limits.message as u64).saturating_mul(4).saturating_add(1024 * 1024)
    }

    pub(super) async fn data(&mut self) -> Result<(), End> {
        self.push(&Reply::new(354, "", "end with <CRLF>.<CRLF>"));
        let _ = self.stands(Standing::Sending);
        let mut incoming = self.incoming();
        loop {
            if incoming.data(&mut self.wire.input) {
                return self.complete(incoming).await;
            }
            self.find_room(&mut incoming).await?;
            if incoming.body.octets() > self.bound() {
                return self.far_too_large();
            }
            self.more(&mut incoming.pace).await?;
        }
    }

    pub(super) async fn chunk(&mut self, octets: u64, last: bool, refusal: Option<Reply>) -> Result<(), End> {
        if octets > self.bound() {
            return self.far_too_large();
        }
        if let Some(refusal) = refusal {
            return self.pass_over(octets, refusal).await;
        }
        let _ = self.stands(Standing::Sending);
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
                incoming.chunk(&run);
                if !(last && left == 0) {
                    self.find_room(&mut incoming).await?;
                }
            }
            if left == 0 {
                break;
            }
            self.more(&mut incoming.pace).await?;
        }
        if last || incoming.is_refused() {
            return self.complete(incoming).await;
        }
        self.dialogue.chunk_kept();
        self.push(&Reply::new(250, "2.0.0", format!("{octets} octets taken")));
        self.chunks = Some(incoming);
        Ok(())
    }

    /// Reads a chunk that was refused away, within the time of a session without a message.
    async fn pass_over(&mut self, octets: u64, refusal: Reply) -> Result<(), End> {
        let mut left = octets;
        while left > 0 {
            let here = left.min(self.wire.input.len() as u64);
            let _ = self.wire.input.split_to(here as usize);
            left -= here;
            if left == 0 {
                break;
            }
            self.flush().await?;
            self.time_is_up()?;
            let until = self.until().min(Instant::now() + self.idle());
            match timeout_at(until, self.wire.fill()).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return Err(End::Gone),
                Ok(Err(error)) => return Err(End::Broken(error)),
                Err(_) => {
                    self.time_is_up()?;
                    return self.idle_end();
                }
            }
        }
        // No mistake: what is pipelined behind a refused recipient is refused too.
        self.push(&refusal);
        Ok(())
    }

    fn far_too_large(&mut self) -> Result<(), End> {
        self.last_words(Reply::new(421, "4.3.4", "message far larger than the limit; closing"), "message too large")
    }

    pub(super) fn late<T>(&mut self, late: Late) -> Result<T, End> {
        let text = match late {
            Late::Deadline => "the message took too long; closing",
            Late::Slow => "the message comes too slowly; closing",
        };
        self.last_words(Reply::new(421, "4.4.2", text), "slow message")
    }

    /// Room for what has come: while there is none the client is not read, so it waits, and is not slow meanwhile. When
    /// none comes free, the message is refused at its end.
    async fn find_room(&mut self, incoming: &mut Incoming) -> Result<(), End> {
        if incoming.is_refused() || incoming.arrival.try_settle() {
            return Ok(());
        }
        // What was answered before must not wait for the disk.
        self.flush().await?;
        let began = Instant::now();
        let until = began + self.house.config.patience.room;
        let found = incoming.arrival.settle(until.min(Instant::from_std(incoming.pace.deadline()))).await;
        incoming.pace.kept_waiting(began.elapsed());
        if let Err(why) = found {
            incoming.refuse();
            self.count(&why);
        }
        Ok(())
    }

    /// Each is a message put off; what the disk said stands in the log already.
    fn count(&self, why: &NoRoom) {
        let what = match why {
            NoRoom::Memory => "memory",
            NoRoom::Disk => "disk",
            NoRoom::Failed(_) => "disk-failed",
        };
        let door = self.house.config.door.name();
        metrics::counter!("sigillo_no_room_total", "door" => door, "what" => what).increment(1);
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
        let (id, octets) = (incoming.id.clone(), incoming.body.octets());
        let reply = self.hand_over(incoming).await?;
        let session = &self.dialogue.session;
        let door = session.door.name();
        if reply.is_positive() {
            self.messages += 1;
            self.commands = 0;
            self.house.config.keeper.accepted(session.peer);
        } else {
            self.refused += 1;
        }
        self.since = Instant::now();
        let class = (reply.code / 100).to_string();
        metrics::counter!("sigillo_smtp_server_messages_total", "door" => door, "class" => class).increment(1);
        tracing::info!(
            door,
            id,
            peer = %session.peer,
            login = session.login.as_ref().map(Holder::login),
            path = path_text(session.path.as_ref()),
            recipients = session.recipients.len(),
            octets,
            reply = %reply.summary(200),
            "SMTP message"
        );
        self.dialogue.reset();
        self.push(&reply);
        // Who hears it at once does not send again when the place goes to somebody else.
        match timeout(ANSWER, self.flush()).await {
            Ok(flushed) => flushed,
            Err(_) => Err(End::Broken(timed_out("the client does not read"))),
        }
    }

    /// The answer to a message that has ended. Its room is given back with it.
    async fn hand_over(&mut self, incoming: Incoming) -> Result<Reply, End> {
        if incoming.lacks_room() {
            return Ok(no_room());
        }
        if let Err(fault) = incoming.body.finish() {
            return Ok(fault.reply());
        }
        // What was answered before must wait neither for room nor for the disk.
        self.flush().await?;
        // Nothing more is expected of the client: its deadline is over, ours begins.
        let until = Instant::now() + self.house.config.patience.room;
        match incoming.arrival.whole(until).await {
            Ok(whole) => {
                let _room = whole.room;
                // From here on the message may become durable: nobody takes the place until it is answered.
                if !self.stands(Standing::Kept) {
                    return Err(End::Gone);
                }
                let service = &self.house.service;
                Ok(service.message(&self.dialogue.session, whole.octets, incoming.received_len).await)
            }
            Err(why) => {
                self.count(&why);
                Ok(no_room())
            }
        }
    }
}

/// Whatever there was no room in, the client tries again later.
fn no_room() -> Reply {
    Reply::new(452, "4.3.1", "no room for the message now; try again later")
}
