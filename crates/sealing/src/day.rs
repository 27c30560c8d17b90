//! Which day a row belongs to: days are those of Italian legal time, by which auditors and courts ask.

use pec::Moment;

/// A day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    /// `yyyy-mm-dd`.
    pub(crate) name: String,
    begin: Moment,
    end: Moment,
}

/// How much earlier than its day's beginning a row may be and still stand in that day's tree, seconds: elaborations end in
/// another order than they began. One that is earlier by more is of a clock that was set back.
const EARLIER: i64 = 24 * 3600;
/// How long after its end a day is ended though no later row came, seconds: elaborations under way at midnight still
/// come into its tree.
const GRACE: i64 = 3600;

impl Day {
    /// The day of an instant.
    pub(crate) fn of(at: Moment) -> Self {
        let name = at.date();
        let begin = Moment::midnight(&name).unwrap_or(at);
        // A day has 23 to 25 hours.
        let end = Moment::midnight(&begin.plus(36 * 3600).date()).unwrap_or(begin.plus(24 * 3600));
        Self { name, begin, end }
    }

    /// Whether a row of this instant stands in the day's tree.
    pub(crate) fn takes(&self, at: Moment) -> bool {
        at < self.end && at >= self.begin.plus(-EARLIER)
    }

    /// Whether the day is over at `now`, also for rows that come late.
    pub(crate) fn is_over(&self, now: Moment) -> bool {
        now >= self.end.plus(GRACE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_of_italian_legal_time_and_takes_what_comes_late() {
        // 23:59:59 and midnight of 28 November 2026, +01:00.
        let midnight = Moment::midnight("2026-11-28").unwrap();
        assert_eq!(Day::of(midnight.plus(-1)).name, "2026-11-27");
        let day = Day::of(midnight);
        assert_eq!(day.name, "2026-11-28");
        let next = midnight.plus(24 * 3600);
        assert!(day.takes(midnight) && day.takes(next.plus(-1)) && !day.takes(next));
        assert!(day.takes(midnight.plus(-2)), "an elaboration that began before midnight");
        assert!(!day.takes(midnight.plus(-48 * 3600)), "a clock that was set back");
        assert!(!day.is_over(next.plus(GRACE - 1)) && day.is_over(next.plus(GRACE)));
    }

    #[test]
    fn days_of_23_and_25_hours_end_at_midnight() {
        for (day, hours) in [("2026-03-29", 23), ("2026-10-25", 25)] {
            let begin = Moment::midnight(day).unwrap();
            let day = Day::of(begin.plus(7200));
            assert!(day.takes(begin.plus(hours * 3600 - 1)) && !day.takes(begin.plus(hours * 3600)), "{hours}");
        }
    }
}
