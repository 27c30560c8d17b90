//! What strangers make us do: few steps a second for each address, once a burst of them has brought neither a message nor a
//! login.
//!
//! A command without a login costs little, and a thousand of them a second cost a core. So each address has a measure of
//! steps that fills again at a steady rate, through all doors and sessions together. Who is beyond it waits for the answer,
//! and is never refused: a message that is accepted, or a password that is right, makes the measure full. Relays that bring
//! mail, and offices behind one address that log in, never come to its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Peer;
use crate::table::Table;

/// How much strangers may have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Steps at once.
    pub steps: u32,
    /// Steps a second afterwards. Zero: no limit.
    pub rate: u32,
    /// Addresses that are remembered; the oldest makes room.
    pub entries: usize,
}

impl Default for Measure {
    fn default() -> Self {
        // A message to 500 recipients needs 510 commands; three such may be refused in a row.
        Self { steps: 1600, rate: 50, entries: 50_000 }
    }
}

/// What is done for each address.
pub struct Work {
    measure: Measure,
    /// When each address has its whole measure again. Who is not here has it.
    whole: Mutex<Table<Peer, Instant>>,
}

impl Work {
    /// Nobody has asked for anything yet.
    pub fn new(measure: Measure) -> Arc<Self> {
        Arc::new(Self { measure, whole: Mutex::new(Table::new(measure.entries)) })
    }

    /// Counts `steps` that this address asks for; how long they wait until they are done.
    pub fn ask(&self, peer: Peer, steps: u32, now: Instant) -> Duration {
        let (Ok(wait) | Err(wait)) = self.ask_within(peer, steps, Duration::MAX, now);
        wait
    }

    /// The same where nobody waits longer than `most`: what would is refused, with the time that it would have waited, and not
    /// counted, or who asks again and again would never be answered.
    pub fn ask_within(&self, peer: Peer, steps: u32, most: Duration, now: Instant) -> Result<Duration, Duration> {
        if self.measure.rate == 0 {
            return Ok(Duration::ZERO);
        }
        let time = |steps: u32| Duration::from_secs(1) * steps / self.measure.rate;
        let mut table = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = table.entry(peer, || now);
        let then = (*whole).max(now) + time(steps);
        let wait = then.duration_since(now).saturating_sub(time(self.measure.steps));
        if wait > most {
            return Err(wait);
        }
        *whole = then;
        Ok(wait)
    }

    /// This address brought a message that was accepted, or a password that is right: its measure is full again.
    pub fn bore_fruit(&self, peer: Peer, now: Instant) {
        if let Some(whole) = self.whole.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&peer) {
            *whole = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const MEASURE: Measure = Measure { steps: 100, rate: 10, entries: 2 };

    fn peer(number: u8) -> Peer {
        Peer::from(IpAddr::from(Ipv4Addr::new(192, 0, 2, number)))
    }

    fn ask(work: &Work, number: u8, steps: u32, now: Instant) -> u64 {
        work.ask(peer(number), steps, now).as_millis() as u64
    }

    #[test]
    fn a_burst_is_free_and_then_each_step_has_its_moment() {
        let (work, now) = (Work::new(MEASURE), Instant::now());
        assert!((0..100).all(|_| ask(&work, 1, 1, now) == 0));
        assert_eq!([ask(&work, 1, 1, now), ask(&work, 1, 1, now), ask(&work, 1, 20, now)], [100, 200, 2200]);
        assert_eq!(ask(&work, 2, 1, now), 0, "nobody pays for another address");
    }

    #[test]
    fn what_is_refused_is_not_counted_and_his_turn_comes_however_often_he_asks() {
        let (work, now) = (Work::new(MEASURE), Instant::now());
        let within = |seconds: u64, most, now| {
            work.ask_within(peer(1), 20, Duration::from_secs(most), now + Duration::from_secs(seconds))
        };
        assert!((0..5).all(|_| within(0, 0, now) == Ok(Duration::ZERO)));
        assert!((0..1000).all(|_| within(0, 1, now) == Err(Duration::from_secs(2))));
        assert_eq!((within(1, 1, now), within(1, 1, now)), (Ok(Duration::from_secs(1)), Err(Duration::from_secs(3))));
    }

    #[test]
    fn the_measure_fills_again_and_never_overflows() {
        let (work, now) = (Work::new(MEASURE), Instant::now());
        assert_eq!(ask(&work, 1, 100, now), 0);
        let later = now + Duration::from_secs(4);
        assert_eq!(ask(&work, 1, 40, later), 0);
        assert_eq!(ask(&work, 1, 1, later), 100);
        let days = now + Duration::from_secs(200_000);
        assert_eq!(ask(&work, 1, 100, days), 0);
        assert_eq!(ask(&work, 1, 1, days), 100);
    }

    #[test]
    fn who_brings_something_has_the_whole_measure() {
        let (work, now) = (Work::new(MEASURE), Instant::now());
        assert_eq!(ask(&work, 1, 150, now), 5000);
        work.bore_fruit(peer(1), now);
        assert_eq!(ask(&work, 1, 100, now), 0);
        work.bore_fruit(peer(2), now);
        assert_eq!(ask(&work, 2, 101, now), 100);
    }

    #[test]
    fn memory_is_bounded_and_no_rate_is_no_limit() {
        let (work, now) = (Work::new(MEASURE), Instant::now());
        for number in 0..=255 {
            ask(&work, number, 1000, now);
        }
        assert_eq!(work.whole.lock().unwrap().len(), 2);
        let free = Work::new(Measure { rate: 0, ..MEASURE });
        assert_eq!(ask(&free, 1, u32::MAX, now), 0);
        // The largest request is only a long wait.
        assert!(ask(&work, 1, u32::MAX, now) > 0);
        assert!(ask(&work, 1, u32::MAX, now) > 0);
    }
}
