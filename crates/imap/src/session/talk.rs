//! Commands come, changes are heard of, answers go.

use std::mem::replace;

use door::stream::accept_tls;
use door::{Door, TURNED_AWAY};
use tokio::time::{Instant, sleep_until};

use super::end::{End, OUT_OF_STEP, Stop};
use super::state::Session;
use crate::command::Request;
use crate::framing::{Refusal, Step};
use crate::response::{Code, Condition};
use crate::tag::Tag;

/// Commands that are none, before a client is sent away.
const MISTAKES: u32 = 100;

impl Session<'_> {
    /// The whole session; last words are in the buffer.
    pub(crate) async fn talk(&mut self, turned_away: Option<&'static str>) -> End {
        let end = match self.serve(turned_away).await {
            Err(end) => end,
            Ok(never) => match never {},
        };
        if let End::Bye { text, .. } = &end {
            self.out.status(None, Condition::Bye, None, text);
        }
        end
    }

    async fn serve(&mut self, turned_away: Option<&'static str>) -> Result<std::convert::Infallible, End> {
        if turned_away.is_none() {
            self.house.keeper.begins(self.peer).await;
        }
        if self.house.door == Door::Tls {
            self.start_tls().await?;
        }
        if let Some(text) = turned_away {
            return Err(End::Bye { reason: TURNED_AWAY, text });
        }
        self.greet();
        loop {
            match self.framer.next(&mut self.wire.input, self.out.dialect()) {
                Step::Incomplete => self.wait().await?,
                Step::Continue => self.out.continuation("go on"),
                Step::Command(octets) => self.command(&octets).await?,
                Step::Done => self.end_idle().await?,
                Step::Append(head, message) => {
                    self.counted()?;
                    self.end_idle().await?;
                    let tag = head.tag.clone();
                    let done = self.append(head, message).await;
                    self.answered(&tag, done).await?;
                }
                Step::Refused(refusal) => {
                    self.end_idle().await?;
                    self.refused(refusal)?;
                }
                // These come where they are waited for, and nowhere else.
                Step::AppendNext(_) | Step::Octets(_) | Step::MessageEnd | Step::AppendEnd | Step::Line(_) => {}
            }
        }
    }

    async fn command(&mut self, octets: &[u8]) -> Result<(), End> {
        self.counted()?;
        // Mail programs on telephones send a command where DONE is expected.
        self.end_idle().await?;
        match Request::parse(octets, self.out.dialect()) {
            Ok(Request { tag, command }) => {
                let done = self.perform(&tag, command).await;
                self.answered(&tag, done).await
            }
            Err(bad) => {
                self.out.fault(bad.tag.as_ref(), &bad.fault);
                self.mistaken()
            }
        }
    }

    /// What was not done is told.
    async fn answered(&mut self, tag: &Tag, done: Result<(), Stop>) -> Result<(), End> {
        match done {
            Ok(()) => {}
            Err(Stop::End(end)) => return Err(end),
            Err(Stop::Refused(condition, code, text)) => self.out.status(Some(tag), condition, code, &text),
        }
        self.relieve().await
    }

    /// A stranger has few commands.
    fn counted(&mut self) -> Result<(), End> {
        self.commands = self.commands.saturating_add(1);
        if self.mine.is_none() && self.commands > self.house.limits.commands {
            return Err(End::Bye { reason: "too many commands before a login", text: "too many commands: log in" });
        }
        Ok(())
    }

    fn mistaken(&mut self) -> Result<(), End> {
        self.mistakes += 1;
        if self.mistakes >= MISTAKES {
            return Err(End::Bye { reason: "too many mistakes", text: "too many mistakes" });
        }
        Ok(())
    }

    pub(super) fn refused(&mut self, refusal: Refusal) -> Result<(), End> {
        let Refusal { tag, fault, closes } = refusal;
        self.out.fault(tag.as_ref(), &fault);
        if closes {
            return Err(OUT_OF_STEP);
        }
        self.mistaken()
    }

    /// Reads more; who says nothing for too long is sent away.
    pub(super) async fn wait(&mut self) -> Result<(), End> {
        let idle = Instant::now() + self.house.limits.idle;
        let until = match self.mine {
            None => idle.min(self.begun + self.house.limits.login),
            Some(_) => idle,
        };
        match self.wait_until(until).await? {
            true => Ok(()),
            false => Err(End::Bye { reason: "idle", text: "nothing was said for too long" }),
        }
    }

    /// Reads more; `false`: nothing came. Meanwhile changes of the account are heard of, and those of the mailbox where the
    /// client idles.
    pub(super) async fn wait_until(&mut self, until: Instant) -> Result<bool, End> {
        self.flush().await?;
        loop {
            let Self { wire, phases, mine, .. } = self;
            let heard = async {
                match mine {
                    Some(mine) => mine.heard().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                more = wire.fill() => return match more {
                    Ok(true) => Ok(true),
                    Ok(false) => Err(End::Gone),
                    Err(error) => Err(End::Broken(error)),
                },
                () = phases.drained() => return Err(End::Bye { reason: "drained", text: "closing down: connect again" }),
                heard = heard => {
                    heard?;
                    self.hear().await?;
                }
                () = sleep_until(until) => return Ok(false),
            }
        }
    }

    /// Something has changed: whether the login still holds; to who idles, what it is.
    async fn hear(&mut self) -> Result<(), End> {
        let Some(mine) = &mut self.mine else { return Ok(()) };
        mine.still().await?;
        if self.idling.is_some() {
            self.learn_after(false).await?;
            self.flush().await?;
        }
        Ok(())
    }

    /// IDLE is over, if there was one.
    async fn end_idle(&mut self) -> Result<(), End> {
        let Some(tag) = self.idling.take() else { return Ok(()) };
        let done = self.finish(&tag, true, None, "idle no more").await;
        self.answered(&tag, done).await
    }

    /// Tells what has changed, then that the command is done.
    pub(super) async fn finish(
        &mut self,
        tag: &Tag,
        expunges: bool,
        code: Option<Code<'_>>,
        text: &str,
    ) -> Result<(), Stop> {
        self.learn(expunges, false).await?;
        self.ok(tag, code, text);
        Ok(())
    }

    /// The handshake. What was read before it is thrown away.
    pub(super) async fn start_tls(&mut self) -> Result<(), End> {
        let clear = replace(&mut self.wire.stream, Box::new(tokio::io::empty()));
        let (stream, name) =
            accept_tls(clear, &self.house.acceptor, self.house.limits.login).await.map_err(End::Broken)?;
        self.go_on_with(stream);
        self.tls = Some(name);
        Ok(())
    }
}
