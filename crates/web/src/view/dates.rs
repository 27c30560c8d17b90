//! Dates and times as people say them, in Italian legal time.

use std::time::Duration;

use pec::Moment;

use super::words::capital;
use crate::language::Language;

const WEEKDAYS: [(&str, &str); 7] = [
    ("lunedì", "Monday"),
    ("martedì", "Tuesday"),
    ("mercoledì", "Wednesday"),
    ("giovedì", "Thursday"),
    ("venerdì", "Friday"),
    ("sabato", "Saturday"),
    ("domenica", "Sunday"),
];
const MONTHS: [(&str, &str); 12] = [
    ("gennaio", "January"),
    ("febbraio", "February"),
    ("marzo", "March"),
    ("aprile", "April"),
    ("maggio", "May"),
    ("giugno", "June"),
    ("luglio", "July"),
    ("agosto", "August"),
    ("settembre", "September"),
    ("ottobre", "October"),
    ("novembre", "November"),
    ("dicembre", "December"),
];

/// An instant as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct When {
    /// For programs: `2026-11-28T10:42:07+01:00`.
    pub(crate) datetime: String,
    /// For people.
    pub(crate) words: String,
}

/// A day's year, month and number.
fn day(of: Moment) -> (u16, usize, u8) {
    let date = of.date();
    let mut parts = date.split('-').map(|part| part.parse::<u16>().unwrap_or_default());
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    (year.unwrap_or_default(), usize::from(month.unwrap_or(1)), u8::try_from(day.unwrap_or(1)).unwrap_or(1))
}

fn weekday(of: Moment) -> usize {
    // Noon in Italy and in UTC is the same day; the first of January 1970 was a Thursday.
    let noon = Moment::midnight(&of.date()).map_or(of.unix(), |midnight| midnight.unix() + 12 * 3600);
    usize::try_from((noon.div_euclid(86_400) + 3).rem_euclid(7)).unwrap_or_default()
}

fn name(table: &[(&'static str, &'static str)], at: usize, l: Language) -> &'static str {
    table.get(at).map_or("", |(italian, english)| l.of(italian, english))
}

/// `28 novembre`, with the year where it is another one than now.
fn short_day(at: Moment, now: Moment, l: Language) -> String {
    let (year, month, number) = day(at);
    let month = name(&MONTHS, month.saturating_sub(1), l);
    if year == day(now).0 { format!("{number} {month}") } else { format!("{number} {month} {year}") }
}

/// `sabato 28 novembre 2026`.
pub(crate) fn whole_day(at: Moment, l: Language) -> String {
    let (year, month, number) = day(at);
    format!("{} {number} {} {year}", name(&WEEKDAYS, weekday(at), l), name(&MONTHS, month.saturating_sub(1), l))
}

/// `10:42`.
fn minute(at: Moment) -> String {
    at.time().chars().take(5).collect()
}

fn datetime(at: Moment) -> String {
    let zone = at.zone();
    let (hours, minutes) = zone.split_at(zone.len().saturating_sub(2));
    format!("{}T{}{hours}:{minutes}", at.date(), at.time())
}

/// In a row of a list, under the heading of its day: the hour.
pub(crate) fn in_row(at: Moment) -> When {
    When { datetime: datetime(at), words: minute(at) }
}

/// The heading of a day in a list: today, yesterday, `venerdì 20 novembre`.
pub(crate) fn heading(at: Moment, now: Moment, l: Language) -> String {
    let yesterday = Moment::midnight(&now.date()).map(|midnight| midnight.plus(-3600));
    if at.date() == now.date() {
        return l.of("Oggi", "Today").to_owned();
    }
    let words = format!("{} {}", name(&WEEKDAYS, weekday(at), l), short_day(at, now, l));
    match yesterday {
        Some(yesterday) if yesterday.date() == at.date() => format!("{}, {words}", l.of("Ieri", "Yesterday")),
        _ => capital(&words),
    }
}

/// To the second: `27 novembre, 17:30:12`.
pub(crate) fn to_second(at: Moment, now: Moment, l: Language) -> When {
    When { datetime: datetime(at), words: format!("{}, {}", short_day(at, now, l), at.time()) }
}

/// The whole: `sabato 28 novembre 2026, 10:41:58`.
pub(crate) fn whole(at: Moment, l: Language) -> When {
    When { datetime: datetime(at), words: format!("{}, {}", whole_day(at, l), at.time()) }
}

/// A day as files write it, `2026-11-28`: `28 novembre 2026`. What is no day stays as it is written.
pub(crate) fn written(date: &str, l: Language) -> When {
    let words = Moment::midnight(date).map(|at| {
        let (year, month, number) = day(at);
        format!("{number} {} {year}", name(&MONTHS, month.saturating_sub(1), l))
    });
    When { datetime: date.to_owned(), words: words.unwrap_or_else(|| date.to_owned()) }
}

/// To the minute, as near as can be: `10:42`, `ieri, 3:12`, `12 ottobre, 9:00`.
pub(crate) fn near(at: Moment, now: Moment, l: Language) -> When {
    let words = if at.date() == now.date() { minute(at) } else { format!("{}, {}", short_day(at, now, l), minute(at)) };
    When { datetime: datetime(at), words }
}

/// A moment that is awaited: `le 14:05 di domani`.
pub(crate) fn by(at: Moment, now: Moment, l: Language) -> String {
    let tomorrow = Moment::midnight(&now.date()).map(|midnight| midnight.plus(36 * 3600));
    let time = minute(at);
    if at.date() == now.date() {
        return l.of(format!("le {time} di oggi"), format!("{time} today"));
    }
    if tomorrow.is_some_and(|tomorrow| tomorrow.date() == at.date()) {
        return l.of(format!("le {time} di domani"), format!("{time} tomorrow"));
    }
    let day = short_day(at, now, l);
    l.of(format!("le {time} del {day}"), format!("{time} on {day}"))
}

/// A while: `20 secondi`, `3 minuti`, `2 ore`.
pub(crate) fn lasting(time: Duration, l: Language) -> String {
    let seconds = time.as_secs().max(1);
    let (count, one, many) = match seconds {
        0..60 => (seconds, ("secondo", "second"), ("secondi", "seconds")),
        60..3600 => (seconds.div_ceil(60), ("minuto", "minute"), ("minuti", "minutes")),
        _ => (seconds.div_ceil(3600), ("ora", "hour"), ("ore", "hours")),
    };
    let (italian, english) = if count == 1 { one } else { many };
    format!("{count} {}", l.of(italian, english))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str, time: &str) -> Moment {
        Moment::read(day, time, "+0100").unwrap_or(Moment::from_unix(0))
    }

    #[test]
    fn days_are_said_as_they_are_near() {
        let now = at("28/11/2026", "10:00:00");
        assert_eq!(heading(at("28/11/2026", "00:00:01"), now, Language::It), "Oggi");
        assert_eq!(heading(at("27/11/2026", "23:59:59"), now, Language::It), "Ieri, venerdì 27 novembre");
        assert_eq!(heading(at("20/11/2026", "12:00:00"), now, Language::It), "Venerdì 20 novembre");
        assert_eq!(heading(at("31/12/2025", "12:00:00"), now, Language::En), "Wednesday 31 December 2025");
        assert_eq!(whole(at("28/11/2026", "10:41:58"), Language::It).words, "sabato 28 novembre 2026, 10:41:58");
        assert_eq!(whole(at("28/11/2026", "10:41:58"), Language::It).datetime, "2026-11-28T10:41:58+01:00");
    }

    #[test]
    fn what_is_awaited_is_said_as_it_is_near() {
        let now = at("28/11/2026", "23:00:00");
        assert_eq!(by(at("28/11/2026", "23:59:00"), now, Language::It), "le 23:59 di oggi");
        assert_eq!(by(at("29/11/2026", "14:05:10"), now, Language::It), "le 14:05 di domani");
        assert_eq!(by(at("30/11/2026", "14:05:10"), now, Language::En), "14:05 on 30 November");
        assert_eq!(lasting(Duration::from_secs(1), Language::It), "1 secondo");
        assert_eq!(lasting(Duration::from_secs(61), Language::It), "2 minuti");
        assert_eq!(lasting(Duration::from_secs(7200), Language::En), "2 hours");
    }
}
