//! How many sessions at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guard::Peer;

/// The sessions of one door.
#[derive(Default)]
pub struct Gate {
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    sessions: usize,
    peers: HashMap<Peer, usize>,
}

/// Why a session may not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Too many sessions.
    Door,
    /// Too many sessions from this peer.
    Peer,
}

impl Full {
    /// What the client is told.
    pub fn reason(self) -> &'static str {
        match self {
            Full::Door => "too many sessions; try again later",
            Full::Peer => "too many sessions from your address; try again later",
        }
    }
}

/// The place of one session, given back when dropped.
pub struct Place {
    gate: Arc<Gate>,
    peer: Peer,
}

impl Gate {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for a session of `peer`. Zero is no limit.
    pub fn enter(self: &Arc<Self>, peer: Peer, sessions: usize, per_peer: usize) -> Result<Place, Full> {
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
