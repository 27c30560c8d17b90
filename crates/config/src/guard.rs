//! `[smtp.guard]`: what keeps strangers from starving the doors.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ::guard::{Measure, Patience, SessionLife, Shares, Spill, Throttle};
use serde::Deserialize;

use crate::folder::Folder;
use crate::limits::DoorLimits;
use crate::source::ConfigError;
use crate::value::{self, DAY};

/// Of the octets in flight, how many times as many messages may hold on disk while they arrive.
const DISK: usize = 8;

/// `[smtp.guard]`. Octets, times, counts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guard {
    /// Of `smtp.limits.in_flight`, what strangers never take; `None`: half.
    #[serde(deserialize_with = "value::optional_size")]
    pub reserve: Option<usize>,
    /// Of `smtp.limits.in_flight`, what the relay may hold; `None`: a quarter.
    #[serde(deserialize_with = "value::optional_size")]
    pub relay: Option<usize>,
    /// Of `smtp.limits.in_flight`, what one peer may hold; `None`: a sixteenth. Zero: no cap.
    #[serde(deserialize_with = "value::optional_size")]
    pub in_flight_per_peer: Option<usize>,
    /// Octets of a message that stay in memory while it arrives; the others go to disk.
    #[serde(deserialize_with = "value::size")]
    pub spill_above: usize,
    /// Octets that messages may hold on disk while they arrive; `None`: eight times `smtp.limits.in_flight`.
    #[serde(deserialize_with = "value::optional_size")]
    pub spill_disk: Option<usize>,
    /// Octets of that disk that stay free.
    #[serde(deserialize_with = "value::size")]
    pub spill_leave_free: usize,
    /// The folder; empty: `arriving` in the store.
    pub spill_folder: PathBuf,
    /// How long a message waits for room of ours.
    #[serde(deserialize_with = "value::duration")]
    pub room_wait: Duration,
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
    /// How long a session may last without a login where one is needed.
    #[serde(deserialize_with = "value::duration")]
    pub login_within: Duration,
    /// How long a session at the incoming door may last before and between messages.
    #[serde(deserialize_with = "value::duration")]
    pub message_within: Duration,
    /// Commands without a message accepted in between. Zero: no limit.
    pub session_commands: u32,
    /// Commands of an address without a login that are answered at once.
    pub free_commands: u32,
    /// And how many a second afterwards. Zero: no limit.
    pub commands_per_second: u32,
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
    /// Failures, and logins that succeeded, that are remembered; the oldest makes room.
    pub logins_remembered: usize,
}

impl Default for Guard {
    fn default() -> Self {
        let (patience, life, throttle) = (Patience::default(), SessionLife::default(), Throttle::default());
        let (spill, measure) = (Spill::default(), Measure::default());
        Self {
            reserve: None,
            relay: None,
            in_flight_per_peer: None,
            spill_above: spill.above,
            spill_disk: None,
            spill_leave_free: usize::try_from(spill.leave_free).unwrap_or(usize::MAX),
            spill_folder: PathBuf::new(),
            room_wait: patience.room,
            least_rate: usize::try_from(patience.rate).unwrap_or(usize::MAX),
            rate_window: patience.window,
            rate_grace: patience.grace,
            session_lifetime: life.lifetime,
            login_within: life.login,
            message_within: life.content,
            session_commands: life.commands,
            free_commands: measure.steps,
            commands_per_second: measure.rate,
            free_failures: throttle.free,
            first_delay: throttle.first,
            longest_delay: throttle.most,
            longest_hold: throttle.most_held_back,
            failures_kept: throttle.memory,
            known_for: throttle.known_for,
            passwords_at_once: throttle.at_once,
            logins_remembered: throttle.entries,
        }
    }
}

impl Guard {
    /// How the octets in flight are divided.
    pub fn shares(&self, limits: &DoorLimits) -> Shares {
        let shares = Shares::of(limits.in_flight);
        Shares {
            reserve: self.reserve.unwrap_or(shares.reserve),
            relay: self.relay.unwrap_or(shares.relay),
            per_party: self.in_flight_per_peer.unwrap_or(shares.per_party),
            ..shares
        }
    }

    /// How the disk of messages that arrive is divided: as the memory, without the relay, which holds none.
    pub fn disk(&self, limits: &DoorLimits) -> Shares {
        let total = self.spill_disk.unwrap_or(limits.in_flight.saturating_mul(DISK));
        Shares { relay: 0, ..self.shares(limits).scaled(total) }
    }

    /// Where that disk is.
    pub fn spill(&self) -> Spill {
        let leave_free = self.spill_leave_free as u64;
        Spill { folder: self.spill_folder.clone(), above: self.spill_above, leave_free }
    }

    /// Refuses what cannot be meant, and completes the folder.
    pub(crate) fn check(&mut self, limits: &DoorLimits, store: &Path, at: &Folder<'_>) -> Result<(), ConfigError> {
        let source = at.source;
        let key = |key: &'static str| ["smtp", "guard", key];
        let refused = |name, what: String| Err(source.error_at(&key(name), what));
        for (name, found) in [("reserve", self.reserve), ("relay", self.relay)] {
            if found.is_some_and(|found| found > limits.in_flight) {
                return refused(name, format!("expected no more than smtp.limits.in_flight, {}", limits.in_flight));
            }
        }
        let largest = limits.refuse_above.max(limits.incoming_refuse_above);
        if let Some(found) = self.spill_disk.filter(|found| *found < largest) {
            return refused(
                "spill_disk",
                format!("expected at least {largest}: the largest message must fit; found {found}"),
            );
        }
        for (name, found) in
            [("passwords_at_once", self.passwords_at_once), ("logins_remembered", self.logins_remembered)]
        {
            if found == 0 {
                return refused(name, "expected at least 1, found 0".into());
            }
        }
        for (name, found) in [
            ("room_wait", self.room_wait),
            ("rate_window", self.rate_window),
            ("session_lifetime", self.session_lifetime),
            ("login_within", self.login_within),
            ("message_within", self.message_within),
        ] {
            value::positive(found, &key(name), source)?;
            value::at_most(found, DAY, &key(name), source)?;
        }
        for (name, found) in [
            ("rate_grace", self.rate_grace),
            ("first_delay", self.first_delay),
            ("longest_delay", self.longest_delay),
            ("longest_hold", self.longest_hold),
        ] {
            value::at_most(found, DAY, &key(name), source)?;
        }
        self.spill_folder = match self.spill_folder.as_os_str().is_empty() {
            true => store.join("arriving"),
            false => at.path.join(&self.spill_folder),
        };
        Ok(())
    }

    /// How long a message may take.
    pub fn patience(&self, limits: &DoorLimits) -> Patience {
        let rate = self.least_rate as u64;
        let (window, grace, room) = (self.rate_window, self.rate_grace, self.room_wait);
        Patience { deadline: limits.data, rate, window, grace, room }
    }

    /// How long a session may go on.
    pub fn life(&self) -> SessionLife {
        SessionLife {
            lifetime: self.session_lifetime,
            login: self.login_within,
            content: self.message_within,
            commands: self.session_commands,
        }
    }

    /// What strangers may have done.
    pub fn measure(&self) -> Measure {
        Measure { steps: self.free_commands, rate: self.commands_per_second, entries: self.logins_remembered }
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
            entries: self.logins_remembered,
        }
    }
}
