//! Who is at work for which hop.

use std::collections::HashMap;

use pec::Moment;
use store::Hop;

use super::Policy;

/// The workers of each hop: their numbers, and since when each is at its lot.
#[derive(Default)]
pub(super) struct Active {
    hops: HashMap<Hop, Vec<(u64, Moment)>>,
    last: u64,
}

impl Active {
    /// A worker for a hop that has something due; `None` when those that it has are enough.
    pub(super) fn enter(&mut self, hop: &Hop, policy: &Policy, now: Moment) -> Option<u64> {
        let workers = self.hops.entry(hop.clone()).or_default();
        let stuck = |(_, since): &(u64, Moment)| since.plus(policy.patience) <= now;
        let further = matches!(hop, Hop::Provider(_)) && workers.len() < policy.workers && workers.iter().all(stuck);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Moment {
        Moment::from_unix(1_800_000_000 + second)
    }

    #[test]
    fn a_provider_that_keeps_its_worker_waiting_gets_another_and_no_more_than_the_policy_allows() {
        let policy = Policy { workers: 3, patience: 5, ..Policy::default() };
        let (slow, other) = (Hop::Provider("Lenta".into()), Hop::Provider("Altra".into()));
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
}
