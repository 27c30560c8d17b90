//! The checks of an original's parts, so that a part that is read can be trusted without reading the rest.

use std::ops::Range;

use super::checks::{Check, check};

/// Octets that one check covers. A range costs at most this much more at each end.
pub(super) const CHUNK: usize = 32 * 1024;

/// The checks of all chunks, one after the other.
pub(super) fn of(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(CHUNK).flat_map(|chunk| check(&[chunk])).collect()
}

/// Of an original in a row, which is short enough to be read whole.
pub(super) fn none() -> &'static [u8] {
    &[]
}

/// The whole chunks that cover a range of an original of `size` octets.
pub(super) fn covering(range: &Range<u64>, size: u64) -> Range<u64> {
    let chunk = CHUNK as u64;
    let end = range.end.div_ceil(chunk).saturating_mul(chunk).min(size);
    range.start / chunk * chunk..end
}

/// Whether these bytes, which begin with a chunk at `start`, are what the checks say.
pub(super) fn hold(checks: &[u8], start: u64, bytes: &[u8]) -> bool {
    let first = usize::try_from(start).unwrap_or(usize::MAX) / CHUNK;
    let checks = checks.chunks_exact(size_of::<Check>()).skip(first);
    let parts = bytes.chunks(CHUNK);
    checks.len() >= parts.len() && parts.zip(checks).all(|(part, known)| check(&[part]) == known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_told_from_a_changed_one() {
        let bytes: Vec<u8> = (0..3 * CHUNK + 10).map(|n| (n / 5 % 251) as u8).collect();
        let checks = of(&bytes);
        assert_eq!(checks.len(), 4 * 16);
        for range in [0..1, 5..40_000, 32_768..65_536, 98_304..98_314, 0..98_314] {
            let whole = covering(&range, bytes.len() as u64);
            assert!(whole.start <= range.start && whole.end >= range.end);
            assert!(whole.end - whole.start < range.end - range.start + 2 * CHUNK as u64);
            let (start, end) = (whole.start as usize, whole.end as usize);
            assert!(hold(&checks, whole.start, &bytes[start..end]), "{range:?}");
            let mut changed = bytes[start..end].to_vec();
            *changed.last_mut().unwrap() ^= 1;
            assert!(!hold(&checks, whole.start, &changed), "{range:?}");
        }
        assert!(!hold(&checks[..16], 0, &bytes), "checks are missing");
    }
}
