//! The one instant of an elaboration (RFC 6109 §4.1) and its spellings.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

/// A point in time in whole seconds. One elaboration has one moment: header Date, text, XML,
/// signingTime and evidence all print it [R-4.1-a], in Italian local legal time [R-4.4-time].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// A moment from seconds since 1970-01-01 UTC; years outside 1970-2999 are clamped, so that
    /// every spelling has its fixed width.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(0, 32_503_680_000 - 1))
    }

    /// Seconds since 1970-01-01 UTC.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// This moment, `seconds` later (or earlier, when negative).
    pub fn plus(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// This moment, so many months of the calendar later, at the same hour of Italian legal time; in a month without
    /// that day, on its last day. For periods of conservation.
    pub fn plus_months(self, months: u16) -> Self {
        let later = self.zoned().checked_add(Span::new().months(i64::from(months)));
        later.map_or(Self::from_unix(i64::MAX), |later| Self::from_unix(later.timestamp().as_second()))
    }

    /// This moment, so many months of the calendar earlier, as [`Moment::plus_months`].
    pub fn minus_months(self, months: u16) -> Self {
        let earlier = self.zoned().checked_sub(Span::new().months(i64::from(months)));
        earlier.map_or(Self::from_unix(0), |earlier| Self::from_unix(earlier.timestamp().as_second()))
    }

    /// The first instant of a day, `yyyy-mm-dd`, in Italian legal time; `None` when the text is no day.
    pub fn midnight(day: &str) -> Option<Self> {
        let day: Date = day.parse().ok().filter(|_| day.len() == "yyyy-mm-dd".len())?;
        let start = day.to_zoned(TimeZone::get("Europe/Rome").ok()?).ok()?;
        Some(Self::from_unix(start.timestamp().as_second()))
    }

    /// The instant that certification data name: `dd/mm/yyyy`, `hh:mm:ss` and `+hhmm` [R-4.4-time]; `None` when they name
    /// none.
    pub fn read(day: &str, time: &str, zone: &str) -> Option<Self> {
        let text = format!("{} {} {}", day.trim(), time.trim(), zone.trim());
        let read = Zoned::strptime("%d/%m/%Y %H:%M:%S %z", &text).ok()?;
        Some(Self::from_unix(read.timestamp().as_second()))
    }

    /// The instant of a header `Date` (RFC 5322 §3.3), comments and old zones understood; `None` when it is none.
    pub fn from_rfc5322(text: &str) -> Option<Self> {
        let read = jiff::fmt::rfc2822::DateTimeParser::new().parse_zoned(text.trim()).ok()?;
        Some(Self::from_unix(read.timestamp().as_second()))
    }

    /// The instant that [`Moment::utc`] writes; `None` when the text is another one.
    pub fn from_utc(text: &str) -> Option<Self> {
        let read = Self::from_unix(text.parse::<Timestamp>().ok()?.as_second());
        (read.utc() == text).then_some(read)
    }

    /// `yyyy-mm-ddThh:mm:ssZ`: what has to be read without the rules of any country.
    pub fn utc(self) -> String {
        let timestamp = Timestamp::from_second(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `yyyy-mm-dd`, local legal time; [`Moment::midnight`] reads it.
    pub fn date(self) -> String {
        self.zoned().strftime("%Y-%m-%d").to_string()
    }

    /// `dd/mm/yyyy`, local legal time [R-4.2-a].
    pub fn day(self) -> String {
        self.zoned().strftime("%d/%m/%Y").to_string()
    }

    /// `hh:mm:ss`, local legal time [R-4.2-a].
    pub fn time(self) -> String {
        self.zoned().strftime("%H:%M:%S").to_string()
    }

    /// `+hhmm` or `-hhmm` [R-4.4-time]; the zone makes the repeated hour of October unambiguous.
    pub fn zone(self) -> String {
        self.zoned().strftime("%z").to_string()
    }

    /// The value of a header `Date` (RFC 5322 §3.3).
    pub fn rfc5322(self) -> String {
        self.zoned().strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
    }

    /// `yyyymmddhhmmss` in local legal time, the head of our identifiers.
    pub fn compact(self) -> String {
        self.zoned().strftime("%Y%m%d%H%M%S").to_string()
    }

    fn zoned(self) -> Zoned {
        // The range is checked by the constructor; the zone is compiled in [R-I-time-1].
        let timestamp = Timestamp::from_second(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        timestamp.to_zoned(TimeZone::get("Europe/Rome").unwrap_or(TimeZone::UTC))
    }
}

impl fmt::Display for Moment {
    /// RFC 3339 with the local offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.zoned().strftime("%Y-%m-%dT%H:%M:%S%:z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [R-I-time-1] [R-4.2-a] [R-4.4-time]
    #[test]
    fn every_spelling_prints_the_same_instant_in_italian_legal_time() {
        let winter = Moment::from_unix(1_733_394_630);
        assert_eq!(
            (winter.day(), winter.time(), winter.zone()),
            ("05/12/2024".into(), "11:30:30".into(), "+0100".into())
        );
        assert_eq!(winter.rfc5322(), "Thu, 05 Dec 2024 11:30:30 +0100");
        let summer = Moment::from_unix(1_720_000_000);
        assert_eq!(summer.zone(), "+0200");
    }

    /// [R-I-time-1]
    #[test]
    fn thirty_months_are_counted_on_the_calendar() {
        let winter = Moment::from_unix(1_733_394_630);
        let later = winter.plus_months(30);
        assert_eq!((later.day(), later.time(), later.zone()), ("05/06/2027".into(), "11:30:30".into(), "+0200".into()));
        let leap = Moment::from_unix(1_725_093_000);
        assert_eq!((leap.day(), leap.plus_months(30).day()), ("31/08/2024".into(), "28/02/2027".into()));
        assert!(Moment::from_unix(i64::MAX).plus_months(30) >= Moment::from_unix(i64::MAX));
        assert_eq!(later.minus_months(30), winter);
    }

    #[test]
    fn a_day_begins_at_italian_midnight() {
        let at = |day| Moment::midnight(day).map(|moment| moment.to_string());
        assert_eq!(at("2014-01-01").as_deref(), Some("2014-01-01T00:00:00+01:00"));
        assert_eq!(at("2026-07-01").as_deref(), Some("2026-07-01T00:00:00+02:00"));
        for text in ["", "2014-1-1", "2014-13-01", "2014-02-30", "01/01/2014", "2014-01-01T00:00:00"] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_in_utc_has_one_form() {
        let winter = Moment::from_unix(1_733_394_630);
        assert_eq!((winter.utc().as_str(), winter.date().as_str()), ("2024-12-05T10:30:30Z", "2024-12-05"));
        assert_eq!(Moment::from_utc("2024-12-05T10:30:30Z"), Some(winter));
        for text in [
            "2024-12-05T10:30:30+00:00",
            "2024-12-05T10:30:30.0Z",
            "2024-12-05 10:30:30Z",
            "now",
            "2024-13-05T10:30:30Z",
        ] {
            assert_eq!(Moment::from_utc(text), None, "{text}");
        }
        // Midnight in Italy is in the evening of the day before.
        let midnight = Moment::from_unix(1_733_353_200);
        assert_eq!((midnight.utc().as_str(), midnight.date().as_str()), ("2024-12-04T23:00:00Z", "2024-12-05"));
    }

    #[test]
    fn the_repeated_hour_of_october_differs_in_its_zone() {
        let first = Moment::from_unix(1_761_438_600);
        let second = first.plus(3600);
        assert_eq!(first.time(), second.time());
        assert_eq!((first.zone(), second.zone()), ("+0200".into(), "+0100".into()));
    }
}
