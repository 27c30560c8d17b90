//! Dates of APPEND, SEARCH and FETCH.

use pec::Moment;
use proptest::prelude::*;

use super::{assert_syntax, read};
use crate::command::{Command, Search, SearchKey};
use crate::date::{Date, show_date_time};

fn day(line: &str) -> Date {
    match read(&format!("SEARCH ON {line}")) {
        Command::Search { search: Search { keys, .. }, .. } => match keys[..] {
            [SearchKey::On(date)] => date,
            _ => panic!("{keys:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn days_are_read_with_one_digit_or_two_and_in_quotation_marks() {
    let date = Date { year: 1994, month: 2, day: 1 };
    for line in ["1-Feb-1994", "01-feb-1994", "\"1-FEB-1994\""] {
        assert_eq!(day(line), date);
    }
    assert_eq!(day("29-Feb-2024").to_string(), "29-Feb-2024");
    assert_syntax(&[
        "SEARCH ON 0-Feb-1994",
        "SEARCH ON 30-Feb-2024",
        "SEARCH ON 29-Feb-2023",
        "SEARCH ON 1-Feb-94",
        "SEARCH ON 1-Fev-1994",
        "SEARCH ON \"1-Feb-1994",
        "SEARCH ON 001-Feb-1994",
        "SEARCH ON 31-Apr-2024",
    ]);
}

#[test]
fn the_day_of_a_header_is_what_stands_there() {
    for (header, date) in [
        ("Thu, 05 Dec 2024 23:30:30 -0500", Some((2024, 12, 5))),
        ("5 December 2024 11:30 GMT", Some((2024, 12, 5))),
        ("Fri, 21 Nov 97 09:55:06 -0600", Some((1997, 11, 21))),
        ("1 Jan 07", Some((2007, 1, 1))),
        ("yesterday", None),
        ("", None),
        ("31 Jun 2024", None),
        ("5 \u{e8}\u{e8}\u{e8} 2024", None),
    ] {
        let date = date.map(|(year, month, day)| Date { year, month, day });
        assert_eq!(Date::sent(header), date, "{header}");
    }
}

#[test]
fn an_internal_date_is_shown_in_italian_time_with_its_zone() {
    let winter = Moment::from_unix(1_733_394_630);
    assert_eq!(show_date_time(winter), "05-Dec-2024 11:30:30 +0100");
    assert_eq!(show_date_time(Moment::from_unix(0)), "01-Jan-1970 01:00:00 +0100");
}

#[test]
fn a_day_begins_and_ends_at_italian_midnight() {
    let times = |year, month, day| {
        let date = Date { year, month, day };
        (date.start().to_string(), date.end().to_string())
    };
    // The clocks go forward on that day.
    assert_eq!(times(2024, 3, 31), ("2024-03-31T00:00:00+01:00".into(), "2024-04-01T00:00:00+02:00".into()));
    assert_eq!(times(2024, 12, 31).1, "2025-01-01T00:00:00+01:00");
    assert_eq!(times(2024, 2, 28).1, "2024-02-29T00:00:00+01:00");
    let (start, end) = times(1960, 1, 1);
    assert_eq!(start, end, "nothing is of that day");
}

proptest! {
    #[test]
    fn a_moment_that_is_shown_is_read_as_itself(seconds in 0i64..4_000_000_000) {
        let moment = Moment::from_unix(seconds);
        let line = format!("a APPEND x \"{}\" {{1}}\r\n", show_date_time(moment));
        let steps = super::steps(line.as_bytes(), crate::Bounds::HOLDER);
        let read = match &steps[..] {
            [crate::framing::Step::Append(_, message)] => message.at,
            _ => None,
        };
        prop_assert_eq!(read, Some(moment));
    }
}
