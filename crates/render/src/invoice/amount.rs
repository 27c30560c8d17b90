//! A number of an invoice, as it stands there.

use std::fmt;

/// A decimal number with the digits that were written; empty where there was none, or what was written is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amount(String);

/// Digits of a number at most.
const LONGEST: usize = 32;

impl Amount {
    /// Reads `-1234.50`. Programs that write a comma mean the same.
    pub(super) fn read(text: &str) -> Self {
        let text = text.trim().replace(',', ".");
        let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
        let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.matches('.').count() <= 1;
        let is_number = plain && digits.len() <= LONGEST && digits.starts_with(|c: char| c.is_ascii_digit());
        Self(if is_number { text.trim_start_matches('+').to_owned() } else { String::new() })
    }

    /// Whether there is no number.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As Italians write it: `-1.234,50`. What stands behind the second decimal stays where it says something.
    pub fn italian(&self) -> String {
        self.grouped('.', ',')
    }

    /// As the English write it: `-1,234.50`.
    pub fn english(&self) -> String {
        self.grouped(',', '.')
    }

    fn grouped(&self, thousands: char, point: char) -> String {
        let (sign, digits) = self.0.strip_prefix('-').map_or(("", self.0.as_str()), |digits| ("-", digits));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let mut out = sign.to_owned();
        for (at, digit) in whole.char_indices() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                out.push(thousands);
            }
            out.push(digit);
        }
        // Prices have up to eight decimals, most of them noughts.
        let kept = part.trim_end_matches('0');
        let part = part.get(..kept.len().max(2).min(part.len())).unwrap_or_default();
        if !part.is_empty() {
            out.push(point);
            out.push_str(part);
        }
        out
    }
}

impl fmt::Display for Amount {
    /// As it stands in the file, with a point.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (text, italian, english) in [
            ("1234567.50", "1.234.567,50", "1,234,567.50"),
            ("-1000.00", "-1.000,00", "-1,000.00"),
            ("12.34560000", "12,3456", "12.3456"),
            ("5.00000000", "5,00", "5.00"),
            ("7", "7", "7"),
            ("22,00", "22,00", "22.00"),
            (" +3.1 ", "3,1", "3.1"),
            ("12x", "", ""),
            ("1.2.3", "", ""),
            ("-", "", ""),
            ("", "", ""),
        ] {
            let amount = Amount::read(text);
            assert_eq!((amount.italian(), amount.english()), (italian.to_owned(), english.to_owned()), "{text}");
        }
        assert!(Amount::read(&"1".repeat(100)).is_empty());
    }
}
