//! When a mailbox will be full: a guess from how it grew, for its holder and its administrator.

use pec::Moment;

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// How a mailbox grew lately: what counts against its quota and is there still, by internal date. So what is imported with
/// the dates that it has is no growth of today, and what was removed is none at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// The internal date of the oldest message that counts; `None`: there is none.
    pub since: Option<Moment>,
    /// Octets of those that came within the [`Growth::WINDOW`].
    pub octets: u64,
}

/// When a mailbox will be full, if nothing is removed and it goes on as in the last four weeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forecast {
    /// It is full.
    Full,
    /// In so many days, one at least.
    Days(u16),
    /// Not within two years.
    Later,
    /// That cannot be said: it has too short a past, or does not grow.
    Unknown,
}

impl Growth {
    /// Seconds that are looked back.
    pub const WINDOW: i64 = 28 * DAY;
    /// Seconds that a mailbox must have been in use before anything is said.
    pub const LEAST: i64 = 7 * DAY;

    /// When it will be full, holding so much of its quota now.
    pub fn forecast(self, counted: u64, quota: u64, now: Moment) -> Forecast {
        const FAR: u128 = 730;
        if counted >= quota {
            return Forecast::Full;
        }
        let past = self.since.map_or(0, |since| now.unix().saturating_sub(since.unix())).min(Self::WINDOW);
        let Ok(past) = u128::try_from(past) else { return Forecast::Unknown };
        if past < Self::LEAST.unsigned_abs().into() || self.octets == 0 {
            return Forecast::Unknown;
        }
        let seconds = u128::from(quota - counted) * past / u128::from(self.octets);
        match seconds / u128::from(DAY.unsigned_abs()) {
            days if days > FAR => Forecast::Later,
            days => Forecast::Days(u16::try_from(days).unwrap_or(u16::MAX).max(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn forecast(days: i64, octets: u64, counted: u64, quota: u64) -> Forecast {
        let now = Moment::from_unix(1_780_000_000);
        Growth { since: Some(now.plus(-days * DAY)), octets }.forecast(counted, quota, now)
    }

    #[test]
    fn what_came_in_four_weeks_says_when_the_rest_is_full() {
        // 10 a day for 28 days, and 120 are left.
        assert_eq!(forecast(400, 280, 880, 1000), Forecast::Days(12));
        // A younger mailbox grew for as long as it is there.
        assert_eq!(forecast(7, 70, 880, 1000), Forecast::Days(12));
        assert_eq!(forecast(400, 280, 995, 1000), Forecast::Days(1), "less than a day is one");
        assert_eq!(forecast(400, 28, 270, 1000), Forecast::Days(730));
        assert_eq!(forecast(400, 28, 269, 1000), Forecast::Later);
    }

    #[test]
    fn of_a_short_past_and_of_what_does_not_grow_nothing_is_said() {
        assert_eq!(forecast(6, 70, 880, 1000), Forecast::Unknown);
        assert_eq!(forecast(400, 0, 880, 1000), Forecast::Unknown);
        assert_eq!(forecast(-400, 70, 880, 1000), Forecast::Unknown, "dates of the future are no past");
        assert_eq!(Growth::default().forecast(0, 1000, Moment::from_unix(0)), Forecast::Unknown);
        assert_eq!(forecast(6, 0, 1000, 1000), Forecast::Full);
        assert_eq!(forecast(6, 0, 7, 0), Forecast::Full);
    }

    proptest! {
        #[test]
        fn more_room_is_never_full_earlier_and_no_number_is_too_large(
            days in any::<i32>(), octets in any::<u64>(), counted in any::<u64>(), quotas in any::<(u64, u64)>(),
        ) {
            let when = |quota| match forecast(days.into(), octets, counted, quota) {
                Forecast::Full => Some(0),
                Forecast::Days(days) => Some(days.into()),
                Forecast::Later => Some(u32::MAX),
                Forecast::Unknown => None,
            };
            let (small, large) = (quotas.0.min(quotas.1), quotas.0.max(quotas.1));
            if let (Some(small), Some(large)) = (when(small), when(large)) {
                prop_assert!(small <= large);
            }
        }
    }
}
