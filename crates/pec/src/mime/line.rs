//! Lines: a line ends after its LF, CR before it or not.

use std::io::BufRead as _;

/// Where the line that begins at `from` ends: after its LF, or at the end of `bytes`.
pub fn line_end(bytes: &[u8], from: usize) -> usize {
    let mut rest = bytes.get(from..).unwrap_or_default();
    // `skip_until` searches with the platform's memchr; a slice gives no error.
    from.min(bytes.len()) + rest.skip_until(b'\n').unwrap_or(0)
}
