//! How many sessions at once, and how many messages a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guard::Peer;
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_secs(60);

/// The counts of one door.
#[derive(Default)]
pub(super) struct Gate {
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    sessions: usize,
    peers: HashMap<Peer, usize>,
    messages: HashMap<String, (Instant, u32)>,
}

/// Why a session may not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// Too many sessions.
    Door,
    /// Too many sessions from this peer.
    Peer,
}

/// The place of one session, given back when dropped.
pub(super) struct Place {
    gate: Arc<Gate>,
    peer: Peer,
}

impl Gate {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for a session of `peer`. Zero is no limit.
    pub(super) fn enter(self: &Arc<Self>, peer: Peer, sessions: usize, per_peer: usize) -> Result<Place, Full> {
        let mut counts = self.counts();
        if sessions != 0 && counts.sessions >= sessions {
            return Err(Full::Door);
        }
        let of_peer = counts.peers.entry(peer).or_default();
        if per_peer != 0 && *of_peer >= per_peer {
            return Err(Full::Peer);
        }
        *of_peer += 1;
        counts.sessions += 1;
        Ok(Place { gate: Arc::clone(self), peer })
    }

    /// Counts one message of `who` (a peer or a login); `false` when the minute's measure is full.
    pub(super) fn message(&self, who: &str, per_minute: u32) -> bool {
        if per_minute == 0 {
            return true;
        }
        let now = Instant::now();
        let mut counts = self.counts();
        if counts.messages.len() > 10_000 {
            counts.messages.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
        }
        let (since, count) = counts.messages.entry(who.to_owned()).or_insert((now, 0));
        if now.duration_since(*since) >= MINUTE {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= per_minute
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.gate.counts();
        counts.sessions = counts.sessions.saturating_sub(1);
        if let Some(of_peer) = counts.peers.get_mut(&self.peer) {
            *of_peer = of_peer.saturating_sub(1);
            if *of_peer == 0 {
                counts.peers.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_its_measure_and_the_next_minute_a_new_one() {
        let gate = Gate::default();
        assert!(gate.message("u", 2) && gate.message("u", 2));
        assert!(!gate.message("u", 2));
        assert!(gate.message("v", 2));
        tokio::time::advance(MINUTE).await;
        assert!(gate.message("u", 2));
    }

    #[test]
    fn addresses_of_one_64_are_one_peer() {
        let gate = Arc::new(Gate::default());
        let of = |address: &str| Peer::from(address.parse::<std::net::IpAddr>().unwrap());
        let places: Vec<_> = (0..200).filter_map(|n| gate.enter(of(&format!("2001:db8::{n:x}")), 0, 5).ok()).collect();
        assert_eq!(places.len(), 5);
        assert!(gate.enter(of("2001:db8:0:1::1"), 0, 5).is_ok());
    }

    #[test]
    fn a_place_is_given_back() {
        let gate = Arc::new(Gate::default());
        let peer = Peer::from(std::net::IpAddr::from([127, 0, 0, 1]));
        let place = gate.enter(peer, 1, 0).unwrap_or_else(|_| panic!("full"));
        assert_eq!(gate.enter(peer, 1, 0).err(), Some(Full::Door));
        assert_eq!(gate.enter(peer, 0, 1).err(), Some(Full::Peer));
        drop(place);
        assert!(gate.enter(peer, 1, 1).is_ok());
    }
}
