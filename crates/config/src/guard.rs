//! `[smtp.guard]`: what keeps strangers from starving the doors.

use std::time::Duration;

use ::guard::{Patience, SessionLife, Shares, Throttle};
use serde::Deserialize;

use crate::limits::DoorLimits;
use crate::value;

/// `[smtp.guard]`. Octets, times, counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guard {
    /// Of `smtp.limits.in_flight`, what strangers never take; `None`: half.
    #[serde(deserialize_with = "value::optional_size")]
    pub reserve: Option<usize>,
    /// Of `smtp.limits.in_flight`, what one peer may hold; `None`: a quarter. Zero: no cap.
    #[serde(deserialize_with = "value::optional_size")]
    pub in_flight_per_peer: Option<usize>,
    /// Octets a second below which a message is cut. Zero: none.
    #[serde(deserialize_with = "value::size")]
    pub least_rate: usize,
    /// Over what time that is averaged.
    #[serde(deserialize_with = "value::duration")]
    pub rate_window: Duration,
    /// How long it is not measured at first.
    #[serde(deserialize_with = "value::duration")]
    pub rate_grace: Duration,
    /// How long a session may last.
    #[serde(deserialize_with = "value::duration")]
    pub session_lifetime: Duration,
    /// Commands without a message accepted in between. Zero: no limit.
    pub session_commands: u32,
    /// Failed logins that cost nothing.
    pub free_failures: u32,
    /// The delay after the first failure beyond; it doubles.
    #[serde(deserialize_with = "value::duration")]
    pub first_delay: Duration,
    /// No address waits longer.
    #[serde(deserialize_with = "value::duration")]
    pub longest_delay: Duration,
    /// No attempt is held back longer for what strangers did with its login.
    #[serde(deserialize_with = "value::duration")]
    pub longest_hold: Duration,
    /// Failures are forgotten after so long.
    #[serde(deserialize_with = "value::duration")]
    pub failures_kept: Duration,
    /// Who succeeded from an address is known there for so long.
    #[serde(deserialize_with = "value::duration")]
    pub known_for: Duration,
    /// Passwords of one address that are looked at at once.
    pub passwords_at_once: usize,
}

impl Default for Guard {
    fn default() -> Self {
        let (patience, life, throttle) = (Patience::default(), SessionLife::default(), Throttle::default());
        Self {
            reserve: None,
            in_flight_per_peer: None,
            least_rate: usize::try_from(patience.rate).unwrap_or(usize::MAX),
            rate_window: patience.window,
            rate_grace: patience.grace,
            session_lifetime: life.lifetime,
            session_commands: life.commands,
            free_failures: throttle.free,
            first_delay: throttle.first,
            longest_delay: throttle.most,
            longest_hold: throttle.most_held_back,
            failures_kept: throttle.memory,
            known_for: throttle.known_for,
            passwords_at_once: throttle.at_once,
        }
    }
}

impl Guard {
    /// How the octets in flight are divided.
    pub fn shares(&self, limits: &DoorLimits) -> Shares {
        let shares = Shares::of(limits.in_flight);
        Shares {
            reserve: self.reserve.unwrap_or(shares.reserve),
            per_peer: self.in_flight_per_peer.unwrap_or(shares.per_peer),
            ..shares
        }
    }

    /// How long a message may take.
    pub fn patience(&self, limits: &DoorLimits) -> Patience {
        let rate = self.least_rate as u64;
        Patience { deadline: limits.data, rate, window: self.rate_window, grace: self.rate_grace }
    }

    /// How long a session may go on.
    pub fn life(&self) -> SessionLife {
        SessionLife { lifetime: self.session_lifetime, commands: self.session_commands }
    }

    /// How guessing passwords is slowed.
    pub fn throttle(&self) -> Throttle {
        Throttle {
            free: self.free_failures,
            first: self.first_delay,
            most: self.longest_delay,
            most_held_back: self.longest_hold,
            memory: self.failures_kept,
            known_for: self.known_for,
            at_once: self.passwords_at_once,
            ..Throttle::default()
        }
    }
}
