//! SEARCH (RFC 9051 §6.4.4; RFC 4731, 5182, 7162).

use holder::{TextKey, UidSet, Want};

use super::end::Stop;
use super::ends::{self, ModSeqs};
use super::matching::{Candidate, Frame, leaves, wants_header, wants_mod_seq};
use super::sets;
use super::sorting::{self, Row};
use super::state::{HEAVY_PAGE, PAGE, Session};
use crate::command::{Search, SearchKey, SearchReturn, SortCriterion};
use crate::response::Esearch;
use crate::tag::Tag;

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) uids: UidSet,
    /// Their modification sequences, where one was asked for.
    pub(super) mod_seqs: Option<ModSeqs>,
    /// Of each what it is put in order by, where that is wanted.
    pub(super) rows: Vec<Row>,
}

impl Session<'_> {
    pub(super) async fn search(&mut self, tag: &Tag, uid: bool, search: Search) -> Result<(), Stop> {
        let Search { mut returns, keys } = search;
        self.selected()?;
        if self.enabled.rev2 && returns.is_none() {
            returns = Some(vec![SearchReturn::All]);
        }
        let saves = returns.as_ref().is_some_and(|returns| returns.contains(&SearchReturn::Save));
        let found = match self.find_all(uid, &keys, &[]).await {
            Ok(found) => found,
            Err(stop) => {
                // What was saved before must not be taken for what was looked for now (RFC 5182 §2.1).
                if let Some(selected) = self.selected.as_mut().filter(|_| saves) {
                    selected.saved = UidSet::default();
                }
                return Err(stop);
            }
        };
        let numbers = &self.selected()?.numbers;
        let ranges = if uid { found.uids.ranges().to_vec() } else { numbers.numbers(&found.uids) };
        let saved = match &returns {
            Some(returns) => ends::saved(returns, [found.uids.first(), found.uids.last()], found.uids),
            None => found.uids,
        };
        match returns {
            None => {
                let highest = found.mod_seqs.map(|mod_seqs| mod_seqs.highest);
                self.out.search();
                self.tell_numbers(ranges.iter().cloned().flatten(), highest).await?;
            }
            Some(returns) => self.tell_found(tag, uid, &returns, &ranges, found.mod_seqs),
        }
        if saves {
            self.selected()?.saved = saved;
        }
        self.finish(tag, uid, None, "done").await
    }

    /// The numbers of an answer that has begun, and its end.
    pub(super) async fn tell_numbers(
        &mut self,
        numbers: impl Iterator<Item = u32>,
        mod_seq: Option<u64>,
    ) -> Result<(), Stop> {
        for number in numbers {
            self.out.number(number);
            self.relieve().await?;
        }
        self.out.numbers_end(mod_seq);
        Ok(())
    }

    pub(super) fn tell_found(
        &mut self,
        tag: &Tag,
        uid: bool,
        returns: &[SearchReturn],
        ranges: &[std::ops::RangeInclusive<u32>],
        mod_seqs: Option<ModSeqs>,
    ) {
        if returns == [SearchReturn::Save] {
            return;
        }
        let wanted = |item| returns.contains(&item);
        let count: u64 = ranges.iter().map(|range| u64::from(range.end() - range.start()) + 1).sum();
        let found = Esearch {
            uid,
            min: ranges.first().map(|range| *range.start()).filter(|_| wanted(SearchReturn::Min)),
            max: ranges.last().map(|range| *range.end()).filter(|_| wanted(SearchReturn::Max)),
            count: wanted(SearchReturn::Count).then_some(u32::try_from(count).unwrap_or(u32::MAX)),
            all: wanted(SearchReturn::All).then_some(ranges),
            mod_seq: mod_seqs.map(|mod_seqs| mod_seqs.told(returns)),
        };
        self.out.esearch(tag, &found);
    }

    /// Looks at every message; those that fit, with their values for `criteria`.
    pub(super) async fn find_all(
        &mut self,
        uid: bool,
        keys: &[SearchKey],
        criteria: &[SortCriterion],
    ) -> Result<Found, Stop> {
        let mod_seq = keys.iter().any(wants_mod_seq);
        if mod_seq {
            self.enable_condstore();
        }
        if uid {
            self.learn(true, false).await?;
        }
        let frame = self.frame(keys).await?;
        let header = keys.iter().any(wants_header) || sorting::wants_header(criteria);
        let want = Want { header, ..Want::default() };
        let limit = if header { HEAVY_PAGE } else { PAGE };
        let selected = self.selected()?;
        let (folder, among) = (selected.folder, frame.narrowed(keys, selected.numbers.set().clone()));
        let mut found = Found::default();
        for piece in sets::pieces(&among, limit) {
            let page = self.opened()?.entries(folder, &piece, want, limit).await?;
            for entry in &page {
                // Other sessions go on beside a long search.
                tokio::task::yield_now().await;
                if frame.all(keys, &Candidate::new(entry)) {
                    found.uids.insert(entry.uid);
                    if mod_seq {
                        found.mod_seqs = Some(ModSeqs::with(found.mod_seqs, entry.modseq));
                    }
                    if !criteria.is_empty() {
                        let values = sorting::values(criteria, entry);
                        found.rows.push(Row { values, uid: entry.uid, mod_seq: entry.modseq });
                    }
                }
            }
        }
        Ok(found)
    }

    /// What is known of the keys before any message is looked at: which messages sets mean, and which hold texts.
    async fn frame(&mut self, keys: &[SearchKey]) -> Result<Frame, Stop> {
        let recent = self.selected()?.recent.uids().clone();
        let mut frame = Frame::new(self.house.clock.now(), recent);
        let (mut named, mut texts) = (Vec::new(), Vec::new());
        leaves(keys, &mut named, &mut texts);
        let selected = self.selected()?;
        let (folder, all) = (selected.folder, selected.numbers.set().clone());
        for (key, by_uid, set) in named {
            let last = if by_uid { selected.numbers.last_uid() } else { selected.numbers.len() };
            let uids = match (by_uid, set.resolve(last)) {
                (_, None) => selected.saved.clone(),
                (true, Some(uids)) => UidSet::from_ranges(uids),
                (false, Some(numbers)) => selected.numbers.uids(&numbers),
            };
            frame.means(key, uids);
        }
        if !texts.is_empty() {
            let among = frame.narrowed(keys, all);
            let (places, texts): (Vec<&SearchKey>, Vec<TextKey>) = texts.into_iter().unzip();
            let matches = self.opened()?.matches(folder, &among, &texts).await?;
            frame.found(places.into_iter(), matches);
        }
        Ok(frame)
    }
}
