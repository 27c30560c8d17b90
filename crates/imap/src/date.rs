//! `date` and `date-time` (RFC 9051 §9).

use pec::Moment;

use crate::cursor::{Cursor, Parsed};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day of the calendar, without an hour or a zone: what SEARCH compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Four digits.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31, as the month has them.
    pub day: u8,
}

impl Date {
    fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(leap),
            _ => 31,
        };
        ((1..=12).contains(&month) && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// When it begins, in Italian legal time, as we show internal dates: SINCE is from then on, BEFORE earlier. Days before
    /// 1970 begin with that year, as all moments do.
    pub fn start(self) -> Moment {
        let Self { year, month, day } = self;
        Moment::midnight(&format!("{year:04}-{month:02}-{day:02}")).unwrap_or(Moment::from_unix(0))
    }

    /// When the next one begins: ON is before then.
    pub fn end(self) -> Moment {
        let Self { year, month, day } = self;
        let next = Self::new(year, month, day + 1).or_else(|| Self::new(year, month + 1, 1));
        next.unwrap_or(Self { year: year.saturating_add(1), month: 1, day: 1 }).start()
    }

    /// The day that a header `Date` names, without regard to its hour and zone (RFC 9051 §6.4.4, SENTON). `None` where it
    /// names none.
    pub fn sent(header: &str) -> Option<Self> {
        let text = header.split_once(',').map_or(header, |(_, text)| text);
        let mut words = text.split_ascii_whitespace();
        let day = words.next()?.parse().ok()?;
        let month = month(words.next()?.get(..3)?)?;
        let year = words.next()?;
        let number: u16 = year.parse().ok()?;
        // RFC 5322 §4.3: years of two and three digits.
        let year = match (year.len(), number) {
            (2, 0..=49) => number + 2000,
            (2 | 3, _) => number + 1900,
            _ => number,
        };
        Self::new(year, month, day)
    }

    /// `date`: `1-Feb-1994`, in quotation marks or not.
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Self> {
        let quoted = cursor.take(b'"');
        let start = cursor.clone();
        let text = cursor.take_while(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        let date = std::str::from_utf8(text).ok().and_then(Self::read);
        let date = date.ok_or(start.expected("a date as 1-Feb-1994"))?;
        if quoted {
            cursor.expect(b'"', "a quotation mark")?;
        }
        Ok(date)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let day = parts.next().filter(|day| (1..=2).contains(&day.len()))?;
        let month = month(parts.next()?)?;
        let year = parts.next().filter(|year| year.len() == 4)?;
        if parts.next().is_some() {
            return None;
        }
        Self::new(year.parse().ok()?, month, day.parse().ok()?)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let month = MONTHS.get(usize::from(self.month) - 1).unwrap_or(&"Jan");
        write!(f, "{}-{month}-{:04}", self.day, self.year)
    }
}

fn month(name: &str) -> Option<u8> {
    let at = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?;
    u8::try_from(at + 1).ok()
}

/// `date-time`: `"17-Jul-1996 02:44:25 -0700"`, a day of one digit after a blank. Instants before 1970 are at its beginning.
pub(crate) fn date_time(cursor: &mut Cursor<'_>) -> Parsed<Moment> {
    let start = cursor.clone();
    let wrong = start.expected("a date and time as \"17-Jul-1996 02:44:25 -0700\"");
    let octets = cursor.string()?;
    let text = std::str::from_utf8(&octets).map_err(|_| wrong.clone())?;
    read_date_time(text).ok_or(wrong)
}

fn read_date_time(text: &str) -> Option<Moment> {
    let (day, rest) = text.split_at_checked(11)?;
    let date = Date::read(day.trim_start())?;
    let (time, zone) = rest.strip_prefix(' ')?.split_once(' ')?;
    let digits =
        |text: &str, at: &[usize]| text.bytes().enumerate().all(|(i, b)| at.contains(&i) || b.is_ascii_digit());
    if time.len() != 8 || !digits(time, &[2, 5]) || zone.len() != 5 || !digits(zone, &[0]) {
        return None;
    }
    Moment::read(&format!("{:02}/{:02}/{:04}", date.day, date.month, date.year), time, zone)
}

/// A moment as `date-time`, without its quotation marks.
pub(crate) fn show_date_time(moment: Moment) -> String {
    // `Thu, 05 Dec 2024 11:30:30 +0100`
    let text = moment.rfc5322();
    let text = text.get(5..).unwrap_or_default();
    text.replacen(' ', "-", 2)
}
