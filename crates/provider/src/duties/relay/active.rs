//! Who is at work for which hop, and which hops nobody reaches.

use std::collections::HashMap;

use pec::Moment;
use store::Hop;

use super::policy::Policy;

/// The workers of each hop: their numbers, and since when each is at its lot; and the hops that are away.
#[derive(Default)]
pub(super) struct Active {
    hops: HashMap<Hop, Vec<(u64, Moment)>>,
    away: HashMap<Hop, Away>,
    last: u64,
}

/// Seconds after its last question at which a hop that is away is forgotten: the longest life of a dispatch.
const FORGET: i64 = crate::context::LIFETIME;

/// A hop that could not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Away {
    /// Since when.
    pub(super) since: Moment,
    /// When one dispatch asks whether it is back.
    pub(super) probe: Moment,
    attempts: u32,
}

impl Active {
    /// A worker for a hop that has something due; `None` when those that it has are enough, or when the hop is away and it
    /// is not time to ask.
    pub(super) fn enter(&mut self, hop: &Hop, policy: &Policy, now: Moment) -> Option<u64> {
        let away = self.away.get(hop);
        if away.is_some_and(|away| now < away.probe) {
            return None;
        }
        let workers = self.hops.entry(hop.clone()).or_default();
        let stuck = |(_, since): &(u64, Moment)| since.plus(policy.patience) <= now;
        let further = matches!(hop, Hop::Provider(_))
            && away.is_none()
            && workers.len() < policy.workers
            && workers.iter().all(stuck);
        (workers.is_empty() || further).then(|| {
            self.last += 1;
            workers.push((self.last, now));
            self.last
        })
    }

    /// A worker begins a lot.
    pub(super) fn begins(&mut self, hop: &Hop, number: u64, now: Moment) {
        let worker = self.hops.get_mut(hop).and_then(|workers| workers.iter_mut().find(|(own, _)| *own == number));
        if let Some((_, since)) = worker {
            *since = now;
        }
    }

    /// A worker has ended.
    pub(super) fn leave(&mut self, hop: &Hop, number: u64) {
        if let Some(workers) = self.hops.get_mut(hop) {
            workers.retain(|(own, _)| *own != number);
            if workers.is_empty() {
                self.hops.remove(hop);
            }
        }
    }

    /// Whether a hop is away, and since when.
    pub(super) fn away(&self, hop: &Hop) -> Option<Away> {
        self.away.get(hop).copied()
    }

    /// Nobody was there; when it is asked next. `true` with it: it was there before.
    pub(super) fn missed(&mut self, hop: &Hop, policy: &Policy, now: Moment) -> (Moment, bool) {
        // Whom nobody asked for so long has nothing waiting: mistyped domains must not gather here, nor their waits last.
        self.away.retain(|_, away| now < away.probe.plus(FORGET));
        let new = !self.away.contains_key(hop);
        let away = self.away.entry(hop.clone()).or_insert(Away { since: now, probe: now, attempts: 0 });
        away.probe = now.plus(policy.backoff.wait(away.attempts));
        away.attempts += 1;
        (away.probe, new)
    }

    /// Whoever is away is asked now.
    pub(super) fn ask_all(&mut self, now: Moment) {
        self.away.values_mut().for_each(|away| away.probe = away.probe.min(now));
    }

    /// Somebody answered; since when nobody had.
    pub(super) fn reached(&mut self, hop: &Hop) -> Option<Moment> {
        self.away.remove(hop).map(|away| away.since)
    }
}

#[cfg(test)]
mod tests {
    use pec::ProviderKey;

    use super::*;

    fn at(second: i64) -> Moment {
        Moment::from_unix(1_800_000_000 + second)
    }

    fn provider(name: &str) -> Hop {
        Hop::Provider(ProviderKey::primary(name))
    }

    #[test]
    fn a_provider_that_keeps_its_worker_waiting_gets_another_and_no_more_than_the_policy_allows() {
        let policy = Policy { workers: 3, patience: 5, ..Policy::default() };
        let (slow, other) = (provider("Lenta"), provider("Altra"));
        let mut active = Active::default();
        let first = active.enter(&slow, &policy, at(0)).unwrap();
        assert_eq!(active.enter(&slow, &policy, at(4)), None, "the first may be about to take what is due");
        assert!(active.enter(&other, &policy, at(4)).is_some());
        let second = active.enter(&slow, &policy, at(5)).unwrap();
        assert_eq!(active.enter(&slow, &policy, at(9)), None);
        // The second goes from lot to lot: it is there for what comes.
        active.begins(&slow, second, at(9));
        assert_eq!(active.enter(&slow, &policy, at(13)), None);
        assert!(active.enter(&slow, &policy, at(14)).is_some());
        assert_eq!(active.enter(&slow, &policy, at(100)), None, "three are the most");
        active.leave(&slow, first);
        assert!(active.enter(&slow, &policy, at(100)).is_some());
    }

    #[test]
    fn our_own_point_and_ordinary_hosts_have_one_worker_each() {
        let policy = Policy::default();
        for hop in [Hop::Local, Hop::Ordinary("fuori.example".into())] {
            let mut active = Active::default();
            let only = active.enter(&hop, &policy, at(0)).unwrap();
            assert_eq!(active.enter(&hop, &policy, at(1000)), None);
            active.leave(&hop, only);
            assert!(active.enter(&hop, &policy, at(1000)).is_some());
        }
    }

    #[test]
    fn who_is_away_is_asked_by_one_worker_ever_more_seldom_until_he_is_back() {
        let policy = Policy { backoff: crate::points::handover::Backoff { first: 10, most: 25 }, ..Policy::default() };
        let (gone, other) = (provider("Spenta"), provider("Altra"));
        let mut active = Active::default();
        assert_eq!(active.missed(&gone, &policy, at(0)), (at(10), true));
        assert_eq!(active.enter(&gone, &policy, at(9)), None);
        assert!(active.enter(&other, &policy, at(9)).is_some());
        let probe = active.enter(&gone, &policy, at(10)).unwrap();
        assert_eq!(active.enter(&gone, &policy, at(1000)), None, "one asks, however long it takes");
        assert_eq!(active.missed(&gone, &policy, at(12)), (at(32), false));
        active.ask_all(at(13));
        assert_eq!(active.away(&gone).map(|away| away.probe), Some(at(13)), "an operator does not wait");
        assert_eq!(active.missed(&gone, &policy, at(32)), (at(57), false), "not more seldom than the policy says");
        active.leave(&gone, probe);
        assert_eq!(active.reached(&gone), Some(at(0)));
        assert!(active.enter(&gone, &policy, at(33)).is_some());
    }

    #[test]
    fn who_was_away_and_has_had_nothing_to_get_since_is_forgotten() {
        let policy = Policy::default();
        let mut active = Active::default();
        active.missed(&Hop::Ordinary("erorre.example".into()), &policy, at(0));
        active.missed(&provider("Altra"), &policy, at(10));
        assert_eq!(active.away.len(), 2);
        active.missed(&provider("Altra"), &policy, at(FORGET + 30));
        let since = active.away(&provider("Altra")).map(|away| away.since);
        assert_eq!((active.away.len(), since), (1, Some(at(10))));
    }
}
