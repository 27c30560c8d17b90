//! Octets and times as people write and read them: `"30 MiB"`, `"24 h"`. One reader for configuration and commands.

use std::time::Duration;

/// Units that mean one thing: a "megabyte" has two readings, so it is not among them.
const SIZES: &[(&str, u64)] = &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];

/// Each unit's short name, its word, and its seconds.
const TIMES: &[(&str, &str, u64)] =
    &[("s", "second", 1), ("m", "minute", 60), ("h", "hour", 3600), ("d", "day", 86_400)];

/// What is expected where octets stand.
pub const OCTETS: &str = "octets, as 1048576 or \"30 MiB\"";
/// What is expected where a time stands.
pub const TIME: &str = "a time, as \"90 s\", \"15 m\", \"24 h\" or \"30 days\"; a number alone is seconds";

/// Octets: a whole number, alone or with B, KiB, MiB, GiB or TiB. `None`: it is no such text, or too much.
pub fn octets(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = if unit.is_empty() { 1 } else { SIZES.iter().find(|(name, _)| *name == unit)?.1 };
    number.checked_mul(factor)
}

/// A time: a whole number, of seconds where it stands alone, or with s, m, h or d, or with their words. `None`: it is no such
/// text, or too long.
pub fn time(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let is = |short: &str, word: &str| unit == short || unit.strip_suffix('s').unwrap_or(unit) == word;
    let factor = if unit.is_empty() { 1 } else { TIMES.iter().find(|(short, word, _)| is(short, word))?.2 };
    number.checked_mul(factor).map(Duration::from_secs)
}

/// Octets for a person: at most four digits and a unit, rounded down.
pub fn show_octets(octets: u64) -> String {
    let (name, factor) = SIZES.iter().rev().find(|(_, factor)| octets >= *factor).unwrap_or(&SIZES[0]);
    let whole = octets / factor;
    let tenth = octets % factor * 10 / factor;
    if *factor == 1 || whole >= 10 { format!("{whole} {name}") } else { format!("{whole}.{tenth} {name}") }
}

/// A time for a person: whole units of the largest kind of which there are two, rounded down.
pub fn show_time(seconds: u64) -> String {
    let (_, word, factor) = TIMES.iter().rev().find(|(.., factor)| seconds >= 2 * factor).unwrap_or(&TIMES[0]);
    let count = seconds / factor;
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// The number at the beginning, and the unit after it.
fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_take_units_that_mean_one_thing() {
        for (text, octets) in
            [("0", 0), ("1048576", 1 << 20), ("7 B", 7), ("30 MiB", 30 << 20), ("160MiB", 160 << 20), ("2TiB", 2 << 40)]
        {
            assert_eq!(super::octets(text), Some(octets), "{text}");
        }
        for wrong in
            ["", "GiB", "1GB", "1 mib", "1.5GiB", "-1", "1 MiB.", "99999999999999999999", "18446744073709551615KiB"]
        {
            assert_eq!(super::octets(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_take_short_units_and_words() {
        for (text, seconds) in [
            ("90", 90),
            ("0s", 0),
            ("30 s", 30),
            ("15m", 900),
            ("1 minute", 60),
            ("24 h", 86_400),
            ("24 hours", 86_400),
            ("1 d", 86_400),
            ("90 days", 90 * 86_400),
        ] {
            assert_eq!(time(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "h", "1.5 h", "-1 s", "1 ms", "1 month", "1 D", "5 dayss", "99999999999999999 days"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn quantities_are_shown_in_units_that_fit() {
        let shown = [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1 << 30, "1.0 GiB"), (11_811_160_064, "11 GiB")];
        for (octets, text) in shown {
            assert_eq!(show_octets(octets), text);
        }
        for (seconds, text) in
            [(0, "0 seconds"), (1, "1 second"), (119, "119 seconds"), (7200, "2 hours"), (172_801, "2 days")]
        {
            assert_eq!(show_time(seconds), text);
        }
    }
}
