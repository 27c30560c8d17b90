//! One round: what came since the last one, judged head by head.

use futures_util::{StreamExt as _, stream};
use pec::Moment;
use proof::file::SignedHead;
use proof::head::{Head, digest_of};
use proof::{Link, LogId};
use serde::Serialize;
use verify::{Authorities, Sources, StampAuthorities, StampStanding, chains_of_heads, examine_head};

use super::discord::{Discord, WatchError};
use super::growth::grown;
use super::heads::{head, heads};
use super::publication::Publication;
use super::state::{Seen, State};
use crate::listing::{FORM, Listed, Listing};
use crate::resource::{ROWS, Resource};

/// Seconds that two clocks may be apart.
const TOLERANCE: i64 = 300;
/// Logs that a provider may have: each restoration makes one.
const LOGS: usize = 1000;
/// Heads after which it is noted how far it is.
const NOTE: u64 = 64;

/// Whom to believe.
pub struct Judges {
    /// Who certifies providers.
    pub authorities: Authorities,
    /// Who stamps.
    pub stamps: StampAuthorities,
    /// Who was revoked.
    pub sources: Sources,
}

/// What was found in a round in which everything holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Watched {
    /// The domain of the provider's service address.
    pub domain: String,
    /// Whether its trees were compared: it publishes their nodes.
    pub tiles: bool,
    /// Its logs.
    pub logs: Vec<WatchedLog>,
    /// Who signed the newest head: the certificate's subject.
    pub signer: Option<String>,
    /// Whether all who signed are providers, by an authority that is believed.
    pub certified: bool,
    /// Heads that came and have stamps of an authority that is believed.
    pub stamped: u64,
    /// Heads that came and have stamps of which nothing says whose they are.
    pub stamped_by_unknown: u64,
}

/// A log in which everything holds.
#[derive(Clone, Debug, Serialize)]
pub struct WatchedLog {
    /// Its number.
    pub log: u32,
    /// The number of its last head.
    pub heads: u64,
    /// Heads that came since the last round.
    pub new: u64,
    /// The number of the last row that its heads have.
    pub rows: u64,
    /// Heads that wait for their time stamp.
    pub unstamped: u64,
}

/// Looks at everything that came since `state`, and notes it there; `note` keeps it again and again. `now` is the watcher's
/// clock. What `others` saw must be what is shown here.
pub async fn round(
    from: &dyn Publication,
    judges: &Judges,
    state: &mut State,
    others: &[State],
    now: Moment,
    note: &(dyn Fn(&State) -> Result<(), WatchError> + Send + Sync),
) -> Result<Watched, WatchError> {
    let listing = listing(from).await?;
    if !state.domain.is_empty() && state.domain != listing.domain {
        let what = format!("another provider: {} is published, {} was seen before", listing.domain, state.domain);
        return Err(Discord { place: "the list of logs".into(), what, seen: None, shown: None }.into());
    }
    if !listing.tiles && std::iter::once(&*state).chain(others).any(|known| known.tiles) {
        let what = "nodes of the trees were published, and are no longer: whether rows are exchanged cannot be seen";
        return Err(Discord { place: "the list of logs".into(), what: what.into(), seen: None, shown: None }.into());
    }
    state.domain.clone_from(&listing.domain);
    state.tiles = listing.tiles;
    for known in std::iter::once(&*state).chain(others) {
        for seen in &known.logs {
            still_there(from, &listing, seen).await?;
        }
    }
    let watched = Watched { domain: listing.domain, tiles: listing.tiles, certified: true, ..Watched::default() };
    let mut round = Round { from, judges, state, now, note, watched };
    for log in listing.logs {
        round.log(log).await?;
    }
    note(round.state)?;
    Ok(round.watched)
}

async fn listing(from: &dyn Publication) -> Result<Listing, WatchError> {
    let wrong = |what: String| Discord { place: "the list of logs".into(), what, seen: None, shown: None };
    let octets = from.get(Resource::Logs).await?.ok_or_else(|| wrong("is not published".into()))?;
    let listing: Listing = serde_json::from_slice(&octets).map_err(|error| wrong(error.to_string()))?;
    if listing.form != FORM {
        return Err(wrong(format!("expected {FORM}, found {:.40}", listing.form)).into());
    }
    let mut numbers: Vec<u32> = listing.logs.iter().map(|log| log.log).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() != listing.logs.len() || numbers.len() > LOGS {
        return Err(wrong(format!("names a log twice, or more than {LOGS}")).into());
    }
    Ok(listing)
}

/// Whether a head that was seen is shown as it was.
async fn still_there(from: &dyn Publication, listing: &Listing, seen: &Seen) -> Result<(), WatchError> {
    let last = seen.last()?;
    let (log, number) = (last.log, last.number);
    let listed = listing.logs.iter().find(|listed| listed.log == log.0).map_or(0, |listed| listed.heads);
    let discord = |what: String| WatchError::from(Discord::at(log, number, what).after(&seen.head));
    if last.domain != listing.domain {
        return Err(discord(format!("is of another provider: {}, and here is {}", last.domain, listing.domain)));
    }
    if listed < number {
        return Err(discord(format!("was there, and now {listed} heads are listed: the log was set back")));
    }
    let shown = head(from, log, number).await?;
    let shown = shown.ok_or_else(|| discord("was there, and is gone".into()))?;
    match shown.text == seen.head.text {
        true => Ok(()),
        false => {
            let what = "was exchanged: another one is shown under its number";
            Err(Discord::at(log, number, what).after(&seen.head).showing(&shown).into())
        }
    }
}

struct Round<'a> {
    from: &'a dyn Publication,
    judges: &'a Judges,
    state: &'a mut State,
    now: Moment,
    note: &'a (dyn Fn(&State) -> Result<(), WatchError> + Send + Sync),
    watched: Watched,
}

impl Round<'_> {
    async fn log(&mut self, listed: Listed) -> Result<(), WatchError> {
        let log = LogId(listed.log);
        let mut before = self.state.of(log)?.map(|(last, seen)| (last, seen.head.clone()));
        let begin = before.as_ref().map_or(0, |(last, _)| last.number);
        if let Some((last, seen)) = &before {
            // Whoever signed it may have been revoked since.
            let judged = self.judge(last, seen).await;
            judged.map_err(|what| Discord::at(log, last.number, what).after(seen))?;
            // Before further heads come: those are judged with the stamps that they come with.
            self.stamps(log).await?;
        }
        let (mut come, mut number) = (heads(self.from, log, begin + 1..=listed.heads), begin);
        while let Some(shown) = come.next().await {
            number += 1;
            let shown = shown?.ok_or_else(|| Discord::at(log, number, "is listed, and not published"))?;
            let read = self.head(log, number, before.as_ref(), &shown).await?;
            self.state.follow(&read, &shown)?;
            before = Some((read, shown));
            if number.is_multiple_of(NOTE) {
                (self.note)(self.state)?;
            }
        }
        let Some((last, seen)) = self.state.of(log)? else { return Ok(()) };
        self.watched.logs.push(WatchedLog {
            log: log.0,
            heads: last.number,
            new: last.number - begin,
            rows: last.end() - 1,
            unstamped: seen.unstamped.map_or(0, |first| last.number + 1 - first),
        });
        Ok(())
    }

    /// Judges a head behind the one before it; gives what it says.
    async fn head(
        &mut self,
        log: LogId,
        number: u64,
        before: Option<&(Head, SignedHead)>,
        shown: &SignedHead,
    ) -> Result<Head, WatchError> {
        let wrong = |what: String| {
            let discord = Discord::at(log, number, what).showing(shown);
            before.map_or(discord.clone(), |(_, seen)| discord.after(seen))
        };
        let read = Head::read(&shown.text.0).map_err(|error| wrong(error.to_string()))?;
        if (read.log, read.number) != (log, number) {
            return Err(wrong("stands in another place than its text says".into()).into());
        }
        // What is read of a tree is bounded by how large one can be.
        if read.end() > ROWS {
            return Err(wrong("has more rows than a log can have".into()).into());
        }
        if read.domain != self.state.domain {
            return Err(wrong(format!("is another provider's: {}", read.domain)).into());
        }
        match before {
            None if read.previous.is_some() => return Err(wrong("is the first, and names one before it".into()).into()),
            None => {}
            Some((before, seen)) => {
                let link = Link::of(before, &seen.text.0);
                link.continued_by(&read, None).map_err(|what| wrong(what.into()))?;
                if read.at < before.at {
                    return Err(
                        wrong(format!("was made at {}, before the one before it: {}", read.at, before.at)).into()
                    );
                }
            }
        }
        if read.at.unix() > self.now.unix() + TOLERANCE {
            return Err(wrong(format!("was made at {}, which is not yet", read.at)).into());
        }
        let standing = self.judge(&read, shown).await.map_err(wrong)?;
        self.count(standing);
        if self.watched.tiles {
            let same = before.map(|(before, _)| before).filter(|before| !before.closed);
            grown(self.from, same, &read).await?;
        }
        Ok(read)
    }

    /// Whose the head is, and its stamp.
    async fn judge(&mut self, read: &Head, shown: &SignedHead) -> Result<StampStanding, String> {
        let Judges { authorities, stamps, sources } = self.judges;
        for (path, at) in chains_of_heads(std::slice::from_ref(shown), authorities, stamps, None) {
            sources.ask(&path, at).await;
        }
        let found = examine_head(read, shown, authorities, stamps, sources)?;
        if let Some(at) = found.stamp.seconds()
            && at + TOLERANCE < read.at.unix()
        {
            return Err(format!("was stamped at {}, before it was made: {}", Moment::from_unix(at), read.at));
        }
        self.watched.certified &= found.is_certified;
        self.watched.signer = Some(found.signer);
        Ok(found.stamp.standing)
    }

    fn count(&mut self, standing: StampStanding) {
        match standing {
            StampStanding::Believed => self.watched.stamped += 1,
            StampStanding::UnknownAuthority => self.watched.stamped_by_unknown += 1,
            StampStanding::Missing | StampStanding::Refused => {}
        }
    }

    /// Looks whether heads that waited have their stamps now, in their order, up to the first that still waits.
    async fn stamps(&mut self, log: LogId) -> Result<(), WatchError> {
        let Some((last, seen)) = self.state.of(log)? else { return Ok(()) };
        let mut seen = seen.clone();
        let Some(first) = seen.unstamped else { return Ok(()) };
        // As a rule it waits still: those behind it are asked for when it does no longer.
        let behind = heads(self.from, log, first + 1..=last.number);
        let mut come = stream::once(Box::pin(head(self.from, log, first))).chain(behind);
        while let Some(number) = seen.unstamped {
            let shown = come.next().await.transpose()?.flatten();
            let shown = shown.ok_or_else(|| Discord::at(log, number, "was there, and is gone"))?;
            let wrong = |what: String| Discord::at(log, number, what).showing(&shown);
            if seen.waiting.front().is_some_and(|digest| digest.0 != digest_of(&shown.text.0)) {
                return Err(wrong("was exchanged: another one is shown under its number".into()).into());
            }
            let read = Head::read(&shown.text.0).map_err(|error| wrong(error.to_string()))?;
            if (read.log, read.number) != (log, number) {
                return Err(wrong("stands in another place than its text says".into()).into());
            }
            if shown.stamp.is_none() {
                break;
            }
            let standing = self.judge(&read, &shown).await.map_err(wrong)?;
            self.count(standing);
            seen.has_stamp(last.number);
        }
        self.state.note(log, seen)
    }
}
