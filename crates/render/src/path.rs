//! Where a part stands in its message.

use std::fmt;
use std::str::FromStr;

use pec::mime::Part;

/// The place of a part among its siblings, and theirs among theirs: `2.1` is the first part inside the second. `0` is the
/// message itself, where it has no parts. The same octets have the same places always, so that an address may name one.
///
/// Unlike IMAP's numbers (RFC 9051 §6.4.5.1) these go on through attached messages as through any container.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartPath(Vec<u16>);

/// The deepest place that a reader of MIME gives.
const DEEPEST: usize = 64;

/// A text that names no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPath;

impl fmt::Display for NoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the place of a part is numbers with dots between them, such as 2.1")
    }
}

impl std::error::Error for NoPath {}

impl PartPath {
    /// The place of the child at `index`, counted from 0.
    pub(crate) fn child(&self, index: usize) -> Self {
        let number = u16::try_from(index + 1).unwrap_or(u16::MAX);
        Self(self.0.iter().copied().chain([number]).collect())
    }

    /// The part at this place inside `root`.
    pub(crate) fn find<'a>(&self, root: &'a Part) -> Option<&'a Part> {
        self.0.iter().try_fold(root, |part, number| part.inside().get(usize::from(*number).checked_sub(1)?))
    }
}

impl fmt::Display for PartPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0.as_slice() else { return f.write_str("0") };
        write!(f, "{first}")?;
        rest.iter().try_for_each(|number| write!(f, ".{number}"))
    }
}

impl FromStr for PartPath {
    type Err = NoPath;

    /// Reads the one spelling that [`PartPath`] is printed in.
    fn from_str(text: &str) -> Result<Self, NoPath> {
        if text == "0" {
            return Ok(Self::default());
        }
        let number = |digits: &str| {
            let plain = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
            digits.parse().ok().filter(|_| plain).ok_or(NoPath)
        };
        let numbers: Vec<u16> = text.split('.').take(DEEPEST + 1).map(number).collect::<Result<_, _>>()?;
        if numbers.len() > DEEPEST { Err(NoPath) } else { Ok(Self(numbers)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_spelling() {
        for text in ["0", "1", "2.1", "1000.3.2"] {
            assert_eq!(text.parse::<PartPath>().unwrap().to_string(), text);
        }
        let long = vec!["1"; 65].join(".");
        for text in ["", ".", "1.", "01", "+1", "1.0", "65536", "a", "1 ", "0.1", "-1", &long] {
            assert_eq!(text.parse::<PartPath>(), Err(NoPath), "{text}");
        }
    }
}
