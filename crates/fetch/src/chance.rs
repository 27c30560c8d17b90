//! Random numbers: for questions that are asked once, and for waits that shall not be everybody's.

use std::time::Duration;

use rustls::crypto::SecureRandom;

/// Octets by chance. Zeros where the system gives no random numbers: waits are less spread, and an old OCSP answer could be
/// played again as long as it counts.
pub fn octets<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    let source: &dyn SecureRandom = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    if source.fill(&mut octets).is_err() {
        tracing::warn!(event = "no-random-numbers", "the system gives no random numbers");
    }
    octets
}

/// A number from 0 to 1.
pub fn fraction() -> f64 {
    f64::from(u32::from_be_bytes(octets())) / f64::from(u32::MAX)
}

/// The wait, less by up to one part in `parts`, where `chance` (from 0 to 1) says how much: not everybody comes at once.
pub fn shortened(wait: Duration, parts: u32, chance: f64) -> Duration {
    wait.saturating_sub((wait / parts.max(1)).mul_f64(chance.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_shortened_by_its_part_at_most() {
        let wait = Duration::from_secs(800);
        assert_eq!(shortened(wait, 8, 0.0), wait);
        assert_eq!(shortened(wait, 8, 1.0), Duration::from_secs(700));
        assert_eq!(shortened(wait, 8, 9.0), Duration::from_secs(700));
        assert!(shortened(Duration::MAX, 8, 0.5) < Duration::MAX);
    }

    #[test]
    fn chance_is_no_constant() {
        assert!((0..8).all(|_| (0.0..=1.0).contains(&fraction())));
        assert!((0..8).map(|_| octets::<16>()).collect::<std::collections::HashSet<_>>().len() == 8);
    }
}
