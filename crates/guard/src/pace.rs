//! How long a message and a session may take.

use std::time::{Duration, Instant};

/// What a message is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For all of a message, from its first octet announced to the last one received, whatever is said in between.
    pub deadline: Duration,
    /// Octets a second below which a message is not worth its room. Zero: no least rate.
    pub rate: u64,
    /// Over what time the rate is averaged.
    pub window: Duration,
    /// How long nothing is measured at first.
    pub grace: Duration,
    /// How long it waits for our own room, each time: shorter than clients wait for us (RFC 5321 §4.5.3.2.5).
    pub room: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(1800),
            // The slowest modem that mail is still sent over does twice as much.
            rate: 1024,
            // With the grace: a client that stalls at first has the five minutes of RFC 5321 §4.5.3.2.7.
            window: Duration::from_secs(180),
            grace: Duration::from_secs(120),
            room: Duration::from_secs(120),
        }
    }
}

/// Why a message is not waited for any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// Its deadline is over.
    Deadline,
    /// It came more slowly than the least rate.
    Slow,
}

/// The time of one message.
#[derive(Clone, Debug)]
pub struct Pace {
    patience: Patience,
    deadline: Instant,
    /// Where the present window ends.
    ends: Instant,
    /// Octets of the present window.
    octets: u64,
}

impl Pace {
    /// A message that begins `now`.
    pub fn new(patience: Patience, now: Instant) -> Self {
        Self { patience, deadline: now + patience.deadline, ends: now + patience.grace + patience.window, octets: 0 }
    }

    /// Octets have come.
    pub fn took(&mut self, octets: usize) {
        self.octets = self.octets.saturating_add(octets as u64);
    }

    /// The client was not read for so long, for a reason of ours (no room): it is not held against its rate. The deadline
    /// stands.
    pub fn kept_waiting(&mut self, time: Duration) {
        self.ends += time;
    }

    /// When the whole message must be here.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// When [`Pace::judge`] has something new to say.
    pub fn next(&self) -> Instant {
        if self.patience.rate == 0 { self.deadline } else { self.deadline.min(self.ends) }
    }

    /// Whether to go on. A window that is over and was fast enough is followed by a new one.
    pub fn judge(&mut self, now: Instant) -> Result<(), Late> {
        if now >= self.deadline {
            return Err(Late::Deadline);
        }
        if self.patience.rate == 0 || now < self.ends {
            return Ok(());
        }
        let least = self.patience.rate.saturating_mul(self.patience.window.as_secs().max(1));
        if self.octets < least {
            return Err(Late::Slow);
        }
        self.octets = 0;
        self.ends = now + self.patience.window;
        Ok(())
    }
}

/// What a session is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLife {
    /// From its first octet to its last; a message under way may finish within its own deadline.
    pub lifetime: Duration,
    /// From its first octet to the login, where one is needed.
    pub login: Duration,
    /// Where none is: from its first octet, or the end of a message, to the beginning of a message's content, whatever is
    /// said in between.
    pub content: Duration,
    /// Commands without a message accepted in between; each message accepted begins the count anew. Zero: no limit.
    pub commands: u32,
}

impl Default for SessionLife {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_secs(2 * 3600),
            login: Duration::from_secs(120),
            // Five hundred recipients, each command answered over the slowest line.
            content: Duration::from_secs(600),
            // Twice what a message to 500 recipients needs, and a relay that keeps its connection open comes again.
            commands: 1200,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        deadline: Duration::from_secs(1000),
        rate: 10,
        window: Duration::from_secs(60),
        grace: Duration::from_secs(30),
        room: Duration::from_secs(20),
    };

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_message_that_dribbles_is_found_slow_at_the_end_of_the_first_window() {
        let start = Instant::now();
        let mut pace = Pace::new(PATIENCE, start);
        assert_eq!(pace.next(), at(start, 90));
        for second in 0..90 {
            assert_eq!(pace.judge(at(start, second)), Ok(()), "{second}");
            pace.took(1);
        }
        assert_eq!(pace.judge(at(start, 90)), Err(Late::Slow));
    }

    #[test]
    fn a_fast_beginning_pays_for_no_later_window() {
        let start = Instant::now();
        let mut pace = Pace::new(PATIENCE, start);
        pace.took(1 << 20);
        assert_eq!(pace.judge(at(start, 90)), Ok(()));
        assert_eq!(pace.next(), at(start, 150));
        assert_eq!(pace.judge(at(start, 150)), Err(Late::Slow));
    }

    #[test]
    fn waiting_for_our_room_is_not_slowness_and_ends_with_the_deadline() {
        let start = Instant::now();
        let mut pace = Pace::new(PATIENCE, start);
        pace.kept_waiting(Duration::from_secs(900));
        assert_eq!(pace.judge(at(start, 989)), Ok(()));
        assert_eq!(pace.judge(at(start, 990)), Err(Late::Slow));
        assert_eq!(pace.judge(at(start, 1000)), Err(Late::Deadline));
        let mut steady = Pace::new(PATIENCE, start);
        for second in 0..1000 {
            steady.took(10);
            assert_eq!(steady.judge(at(start, second)), Ok(()), "{second}");
        }
        assert_eq!(steady.judge(at(start, 1000)), Err(Late::Deadline));
    }

    #[test]
    fn without_a_least_rate_only_the_deadline_counts() {
        let start = Instant::now();
        let mut pace = Pace::new(Patience { rate: 0, ..PATIENCE }, start);
        assert_eq!((pace.next(), pace.judge(at(start, 999))), (at(start, 1000), Ok(())));
        assert_eq!(pace.judge(at(start, 1000)), Err(Late::Deadline));
    }
}
