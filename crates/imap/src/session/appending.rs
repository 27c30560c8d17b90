//! APPEND (RFC 9051 §6.3.12, MULTIAPPEND of RFC 3502). Messages are kept by the guard until the last of them has come: a slow
//! client holds disk and no memory.

use guard::{Arrival, Class, Pace, Peer, Whole};
use holder::{Folder, Letter};
use tokio::time::Instant;

use super::end::{End, OUT_OF_STEP, Stop};
use super::state::Session;
use super::storing;
use crate::command::{AppendHead, AppendMessage};
use crate::framing::Step;
use crate::response::Code;
use crate::tag::Tag;

/// The most messages of one APPEND.
const MOST: usize = 1_000;

/// An APPEND under way.
struct Appending {
    to: Folder,
    left: u64,
    /// Messages that have come. They ask for memory when the last of them has: until then a client says how long they wait.
    came: Vec<(AppendMessage, Arrival)>,
    coming: Option<(AppendMessage, Arrival)>,
    /// That of the last message, until the APPEND is whole: who sent a message and not the end holds room as well.
    pace: Option<Pace>,
}

impl Session<'_> {
    pub(super) async fn append(&mut self, head: AppendHead, message: AppendMessage) -> Result<(), Stop> {
        let AppendHead { tag, mailbox } = head;
        let mut appending = match self.may_append(&mailbox).await {
            Ok(to) => Ok(Appending { to, left: self.house.limits.append, came: Vec::new(), coming: None, pace: None }),
            Err(stop @ Stop::End(_)) => return Err(stop),
            Err(refused) => Err(refused),
        };
        self.announced(&mut appending, message);
        loop {
            match self.framer.next(&mut self.wire.input, self.out.dialect()) {
                Step::Incomplete => self.wait_for_message(&mut appending).await?,
                Step::Octets(octets) => self.came(&mut appending, &octets).await,
                Step::MessageEnd => is_here(&mut appending),
                Step::AppendNext(message) => self.announced(&mut appending, message),
                Step::AppendEnd => break,
                Step::Refused(refusal) => {
                    // Why it is not taken was known before: that there is too much to read away only ends the session.
                    return match appending {
                        Err(Stop::Refused(condition, code, text)) if refusal.closes => {
                            self.out.status(Some(&tag), condition, code, &text);
                            Err(OUT_OF_STEP.into())
                        }
                        _ => Ok(self.refused(refusal)?),
                    };
                }
                // Nothing else comes within an APPEND.
                _ => {}
            }
        }
        self.put(&tag, appending?).await
    }

    async fn may_append(&mut self, mailbox: &str) -> Result<Folder, Stop> {
        let to = self.target(mailbox).await?;
        self.opened()?.writable()?;
        Ok(to)
    }

    /// A message is announced: the client may go on, or all of the APPEND is read away.
    fn announced(&mut self, appending: &mut Result<Appending, Stop>, message: AppendMessage) {
        if let Ok(under_way) = appending
            && let Err(refused) = under_way.room_for(&message)
        {
            *appending = Err(refused);
        }
        let Ok(under_way) = appending else { return self.framer.refuse() };
        if message.waits {
            self.out.continuation("go on");
        }
        let arrival = self.house.arrivals.begin(Class::Holders, Peer::from(self.peer.ip()));
        under_way.coming = Some((message, arrival));
        under_way.pace = Some(Pace::new(self.house.limits.patience, Instant::now().into_std()));
    }

    /// Reads more of a message, or of what is behind it, if it comes fast enough.
    async fn wait_for_message(&mut self, appending: &mut Result<Appending, Stop>) -> Result<(), End> {
        let Ok(Appending { pace: Some(pace), .. }) = appending else { return self.wait().await };
        while !self.wait_until(pace.next().into()).await? {
            if pace.judge(Instant::now().into_std()).is_err() {
                return Err(End::Bye { reason: "too slow", text: "the message comes too slowly" });
            }
        }
        Ok(())
    }

    async fn came(&mut self, appending: &mut Result<Appending, Stop>, octets: &[u8]) {
        let began = Instant::now();
        let Ok(Appending { coming: Some((message, arrival)), pace: Some(pace), .. }) = appending else { return };
        if message.binary && octets.contains(&0) {
            // What cannot be told as it stands (BODY[] has no NUL) is not kept otherwise (RFC 3516 §4.4).
            let text = "octets that are NUL are not kept: encode the part";
            *appending = Err(Stop::no(Code::UnknownCte, text));
            return self.framer.refuse();
        }
        arrival.recent().extend_from_slice(octets);
        pace.took(octets.len());
        let settled = arrival.settle(began + self.house.limits.patience.room).await;
        pace.kept_waiting(began.elapsed());
        if let Err(error) = settled {
            *appending = Err(no_room(&error));
            self.framer.refuse();
        }
    }

    async fn put(&mut self, tag: &Tag, appending: Appending) -> Result<(), Stop> {
        let Appending { to, came, .. } = appending;
        let now = self.house.clock.now();
        let (mut letters, mut rooms) = (Vec::new(), Vec::new());
        let until = Instant::now() + self.house.limits.patience.room;
        for (message, arrival) in came {
            let Whole { octets, room } = arrival.whole(until).await.map_err(|error| no_room(&error))?;
            letters.push(Letter {
                message: octets,
                flags: storing::flags(&message.flags),
                at: message.at.unwrap_or(now),
            });
            rooms.push(room);
        }
        let count = letters.len() as u64;
        let uids = self.opened()?.append(to.id, letters, now).await?;
        drop(rooms);
        self.appended += count;
        let ranges: Vec<_> = uids.iter().map(|uid| *uid..=*uid).collect();
        let ranges = holder::UidSet::from_ranges(ranges);
        let here = self.selected.as_ref().is_some_and(|selected| selected.folder == to.id);
        self.learn_after(here).await?;
        self.ok(tag, Some(Code::AppendUid(to.uid_validity, ranges.ranges())), "appended");
        Ok(())
    }
}

/// A message has come to its end.
fn is_here(appending: &mut Result<Appending, Stop>) {
    let Ok(under_way) = appending else { return };
    under_way.came.extend(under_way.coming.take());
}

impl Appending {
    fn room_for(&mut self, message: &AppendMessage) -> Result<(), Stop> {
        if message.octets == 0 {
            return Err(Stop::no(Code::Cannot, "nothing is appended"));
        }
        if self.came.len() >= MOST {
            return Err(Stop::no(Code::Limit, "too many messages at once"));
        }
        let left = self.left.checked_sub(message.octets);
        self.left = left.ok_or_else(|| Stop::no(Code::TooBig, "larger than APPENDLIMIT says"))?;
        Ok(())
    }
}

fn no_room(error: &guard::NoRoom) -> Stop {
    tracing::warn!(event = "append-put-off", %error);
    Stop::no(Code::Unavailable, "there is no room for the message now; try again later")
}
