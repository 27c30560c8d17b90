//! The announcement of a literal at the end of a line.

/// `{n}` or `{n+}` before a line end; a `~` before it belongs to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// Octets of the line before the `{`.
    pub(super) text: usize,
    /// Octets announced; what has no 64 bits is more than anything.
    pub(super) octets: u64,
    /// Whether the client waits for `+`.
    pub(super) waits: bool,
}

/// More digits than any number of octets has; they are looked at from the end of a line.
pub(super) const MAX_MARKER: usize = 32;

impl Marker {
    /// The announcement at the end of `line`, which ends with its LF.
    pub(super) fn at_end(line: &[u8]) -> Option<Self> {
        let whole = line.strip_suffix(b"\n")?;
        let whole = whole.strip_suffix(b"\r").unwrap_or(whole).strip_suffix(b"}")?;
        let (digits, waits) = whole.strip_suffix(b"+").map_or((whole, true), |digits| (digits, false));
        let tail = digits.len().saturating_sub(MAX_MARKER);
        let text = tail + digits.get(tail..)?.iter().rposition(|octet| *octet == b'{')?;
        let digits = digits.get(text + 1..)?;
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let octets = std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX);
        Some(Self { text, octets, waits })
    }
}
