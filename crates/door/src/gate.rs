//! How many sessions at once, and who goes when there are too many.
//!
//! A door with every place taken must stay open for who comes with something to say. So who comes then takes the place of a
//! session that only waits, nobody logged in and no message under way: the oldest of the peer that has the most. Where all
//! are sending, one of a peer goes that has two more than who comes: its message was not answered, and comes again. A peer
//! that has as many as any other is turned away. Whoever hoards places from a few addresses shuts out himself, and whoever
//! has a thousand addresses must open a thousand connections within the time that a login takes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guard::Peer;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a door that was full is said to be so, and how often it is logged.
const MINUTE: Duration = Duration::from_secs(60);

/// How many sessions a door has at once. Zero is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Of all peers.
    pub sessions: usize,
    /// From one IPv4 address or one /64 of IPv6.
    pub per_peer: usize,
}

/// The sessions of one door.
pub struct Gate {
    name: &'static str,
    places: Places,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    /// By age.
    seats: BTreeMap<u64, Seat>,
    peers: HashMap<Peer, usize>,
    full: Full,
}

struct Seat {
    peer: Peer,
    standing: Standing,
    cut: Arc<Notify>,
}

/// What a session is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody is logged in, and no message is under way.
    Waiting,
    /// A message of a stranger is under way.
    Sending,
    /// Somebody is logged in, or a whole message is being answered: it keeps its place.
    Kept,
}

/// How a door was full lately.
#[derive(Default)]
struct Full {
    /// When clients were last turned away, and sessions ended for others.
    turned_away: Option<Instant>,
    ended: Option<Instant>,
    /// What no line of the log has told yet.
    untold: Untold,
    told: Option<Instant>,
}

#[derive(Clone, Copy, Default)]
struct Untold {
    turned_away: u32,
    ended: u32,
}

/// The place of one session, given back when dropped.
pub struct Place {
    gate: Arc<Gate>,
    number: u64,
    cut: Arc<Notify>,
}

impl Gate {
    /// A door of this name with nobody in it.
    pub fn new(name: &'static str, places: Places) -> Arc<Self> {
        Arc::new(Self { name, places, state: Mutex::default() })
    }

    /// Takes a place for a session of `peer`; the text says why there is none.
    pub fn enter(self: &Arc<Self>, peer: Peer) -> Result<Place, &'static str> {
        let mut state = self.state();
        let of_peer = state.peers.get(&peer).copied().unwrap_or_default();
        if self.places.per_peer != 0 && of_peer >= self.places.per_peer {
            return Err("too many sessions from your address; try again later");
        }
        if self.places.sessions != 0 && state.seats.len() >= self.places.sessions {
            let now = Instant::now();
            let least = state.least(peer);
            match least.and_then(|number| state.leave(number)) {
                Some(seat) => {
                    seat.cut.notify_one();
                    state.full.ended = Some(now);
                    state.full.untold.ended += 1;
                }
                None => {
                    state.full.turned_away = Some(now);
                    state.full.untold.turned_away += 1;
                }
            }
            self.tell(&mut state.full, now);
            if least.is_none() {
                return Err("too many sessions; try again later");
            }
        }
        let (number, cut) = (state.next, Arc::new(Notify::new()));
        state.next += 1;
        state.seats.insert(number, Seat { peer, standing: Standing::Waiting, cut: cut.clone() });
        *state.peers.entry(peer).or_default() += 1;
        Ok(Place { gate: Arc::clone(self), number, cut })
    }

    /// What is wrong, for health. What was not told in the log yet is told here: nobody may come who would have it told.
    pub fn trouble(&self) -> Option<String> {
        let (mut state, now) = (self.state(), Instant::now());
        self.tell(&mut state.full, now);
        let lately = |at: Option<Instant>| at.is_some_and(|at| now.duration_since(at) < MINUTE);
        let name = self.name;
        if lately(state.full.turned_away) {
            return Some(format!("the door {name} is full: clients are turned away"));
        }
        let ended = lately(state.full.ended);
        ended.then(|| format!("the door {name} is full: sessions without a login are ended for others"))
    }

    /// One line a minute at most, with all that came since the last one.
    fn tell(&self, full: &mut Full, now: Instant) {
        let Untold { turned_away, ended } = full.untold;
        if turned_away + ended == 0 || full.told.is_some_and(|told| now.duration_since(told) < MINUTE) {
            return;
        }
        tracing::warn!(
            event = "door-full",
            door = self.name,
            turned_away,
            ended,
            "sessions without a login were ended for others, or clients turned away"
        );
        (full.told, full.untold) = (Some(now), Untold::default());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Who goes for somebody from this peer. Sessions that are kept give nobody a larger share, and take nobody's.
    fn least(&self, newcomer: Peer) -> Option<u64> {
        let mut shares: HashMap<Peer, usize> = HashMap::new();
        for seat in self.seats.values().filter(|seat| seat.standing != Standing::Kept) {
            *shares.entry(seat.peer).or_default() += 1;
        }
        let share = |peer: &Peer| shares.get(peer).copied().unwrap_or_default();
        let of_newcomer = share(&newcomer);
        let goes = |standing, more: usize| {
            let those = self.seats.iter().filter(move |(_, seat)| seat.standing == standing);
            let most =
                those.clone().map(|(_, seat)| share(&seat.peer)).max().filter(|most| *most >= of_newcomer + more)?;
            those.clone().find(|(_, seat)| share(&seat.peer) == most).map(|(number, _)| *number)
        };
        goes(Standing::Waiting, 1).or_else(|| goes(Standing::Sending, 2))
    }

    fn leave(&mut self, number: u64) -> Option<Seat> {
        let seat = self.seats.remove(&number)?;
        if let Some(of_peer) = self.peers.get_mut(&seat.peer) {
            *of_peer = of_peer.saturating_sub(1);
            if *of_peer == 0 {
                self.peers.remove(&seat.peer);
            }
        }
        Some(seat)
    }
}

impl Place {
    /// Says what the session is about now. `false`: the place is somebody else's already, and the session ends.
    pub fn stands(&self, standing: Standing) -> bool {
        let mut state = self.gate.state();
        let seat = state.seats.get_mut(&self.number);
        seat.map(|seat| seat.standing = standing).is_some()
    }

    /// Notified when the place was given to somebody else.
    pub(crate) fn cut(&self) -> Arc<Notify> {
        self.cut.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.state().leave(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn gate(sessions: usize, per_peer: usize) -> Arc<Gate> {
        Gate::new("door", Places { sessions, per_peer })
    }

    fn peer(number: u32) -> Peer {
        Peer::from(IpAddr::from(Ipv4Addr::from(0xC000_0200 + number)))
    }

    async fn is_cut(place: &Place) -> bool {
        tokio::time::timeout(Duration::from_millis(1), place.cut.notified()).await.is_ok()
    }

    #[tokio::test]
    async fn addresses_of_one_64_are_one_peer() {
        let gate = gate(0, 5);
        let of = |address: &str| Peer::from(address.parse::<IpAddr>().unwrap());
        let places: Vec<_> = (0..200).filter_map(|n| gate.enter(of(&format!("2001:db8::{n:x}"))).ok()).collect();
        assert_eq!(places.len(), 5);
        assert!(gate.enter(of("2001:db8:0:1::1")).is_ok());
    }

    #[tokio::test]
    async fn a_place_is_given_back() {
        let gate = gate(1, 1);
        let place = gate.enter(peer(1)).ok().unwrap();
        assert!(gate.enter(peer(1)).is_err_and(|why| why.contains("from your address")));
        drop(place);
        assert!(gate.enter(peer(2)).is_ok());
        assert!(gate.state().seats.is_empty() && gate.state().peers.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn who_hoards_shuts_out_himself_and_nobody_else() {
        let gate = gate(100, 50);
        let hoarded: Vec<Place> = (0..100).map(|n| gate.enter(peer(n % 2)).ok().unwrap()).collect();
        assert!(gate.enter(peer(0)).is_err());
        let holder = gate.enter(peer(7)).ok().unwrap();
        assert!(is_cut(&hoarded[0]).await, "the oldest went");
        assert!(!is_cut(&hoarded[1]).await && !is_cut(&holder).await);
        // The session that was cut gives back a place that it has no more.
        drop(hoarded);
        assert_eq!(gate.state().seats.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_kept_stays_and_who_sends_goes_last() {
        let gate = gate(3, 0);
        let places: Vec<Place> = (0..3).map(|n| gate.enter(peer(n)).ok().unwrap()).collect();
        assert!(places[0].stands(Standing::Kept));
        assert!(places[1].stands(Standing::Sending));
        let newcomer = gate.enter(peer(9)).ok().unwrap();
        assert!(!is_cut(&places[0]).await && !is_cut(&places[1]).await && is_cut(&places[2]).await);
        assert!(newcomer.stands(Standing::Sending));
        assert!(gate.enter(peer(10)).is_err(), "everybody has something to say");
    }

    #[tokio::test(start_paused = true)]
    async fn who_dribbles_from_few_addresses_does_not_fill_the_door() {
        let gate = gate(100, 50);
        let dribbling: Vec<Place> = (0..100).map(|n| gate.enter(peer(n % 2)).ok().unwrap()).collect();
        assert!(dribbling.iter().all(|place| place.stands(Standing::Sending)));
        let provider: Vec<Place> = (0..4).map(|_| gate.enter(peer(7)).ok().unwrap()).collect();
        for place in &provider {
            assert!(place.stands(Standing::Sending) && !is_cut(place).await);
        }
        assert!(is_cut(&dribbling[0]).await);
        assert!(gate.enter(peer(0)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_office_that_is_logged_in_is_not_taken_for_one_that_hoards() {
        let gate = gate(100, 0);
        let office: Vec<Place> = (0..40).map(|_| gate.enter(peer(1)).ok().unwrap()).collect();
        assert!(office.iter().all(|place| place.stands(Standing::Kept)));
        let strangers: Vec<Place> = (0..60).map(|n| gate.enter(peer(10 + n % 6)).ok().unwrap()).collect();
        let new = gate.enter(peer(1)).ok().unwrap();
        assert!(is_cut(&strangers[0]).await);
        let _stranger = gate.enter(peer(99)).ok().unwrap();
        assert!(!is_cut(&new).await, "who logs in from the office is not the first to go");
    }

    #[tokio::test(start_paused = true)]
    async fn who_lost_the_place_hears_it_before_anything_is_done() {
        let gate = gate(1, 0);
        let place = gate.enter(peer(1)).ok().unwrap();
        let _other = gate.enter(peer(2)).ok().unwrap();
        assert!(!place.stands(Standing::Kept));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_door_is_told_for_a_minute() {
        let gate = gate(1, 1);
        let one = gate.enter(peer(1)).ok().unwrap();
        assert!(gate.enter(peer(1)).is_err());
        assert_eq!(gate.trouble(), None, "one peer has its measure: the door is not full");
        let other = gate.enter(peer(2)).ok().unwrap();
        assert!(gate.trouble().is_some_and(|what| what.contains("the door door is full: sessions")));
        assert!(!one.stands(Standing::Kept) && other.stands(Standing::Kept));
        assert!(gate.enter(peer(3)).is_err());
        assert!(gate.trouble().is_some_and(|what| what.contains("clients are turned away")));
        tokio::time::advance(MINUTE).await;
        assert_eq!(gate.trouble(), None);
        assert_eq!(gate.state().full.untold.turned_away, 0, "and the rest is in the log");
    }
}
