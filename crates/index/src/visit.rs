//! One fetch of a signed file, and when to come again.

use std::time::Duration;

use bytes::Bytes;
use fetch::chance::shortened;
use fetch::{FetchError, FetchOptions, Fetcher};

use crate::settings::Fetching;

/// Asks for the file at `url`, at most `max_size` octets of it; `None` when the server still has the one whose hash is
/// `sha256`. Our own servers name a version by its hash, others send the whole file again. The files of keys and authorities
/// are read anew each time: a renewed client certificate [R-5.6-a] needs no restart.
pub async fn visit(url: &str, how: &Fetching, sha256: Option<&str>) -> Result<Option<Bytes>, FetchError> {
    let etag = sha256.map(|sha256| format!("\"{sha256}\""));
    client(how)?.get_newer(url, how.max_size, etag.as_deref()).await
}

/// The HTTP client of these settings; fails when a file cannot be used.
pub fn client(how: &Fetching) -> Result<Fetcher, FetchError> {
    Fetcher::new(&FetchOptions {
        roots: how.tls_roots.clone(),
        identity: how.client_certificate.clone().zip(how.client_key.clone()),
        timeout: how.timeout,
    })
}

/// Waits are shortened by up to an eighth.
const SPREAD: u32 = 8;

/// When to come again: daily with jitter, sooner after a failure [R-4.5-e] [R-I-dir-1].
#[derive(Clone, Debug)]
pub struct Rhythm {
    refresh: Duration,
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Rhythm {
    /// The rhythm of these settings.
    pub fn new(how: &Fetching) -> Self {
        Self { refresh: how.refresh, first: how.retry_first, most: how.retry_max, failures: 0 }
    }

    /// The wait after a success: up to an eighth less than `refresh`, never more. `chance` is from 0 to 1; it keeps all
    /// providers from coming in the same second.
    pub fn succeeded(&mut self, chance: f64) -> Duration {
        self.failures = 0;
        shortened(self.refresh, SPREAD, chance)
    }

    /// The wait after a failure: twice the last one, up to `retry_max`, and never beyond `refresh`.
    pub fn failed(&mut self, chance: f64) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        self.failures = self.failures.saturating_add(1).min(31);
        shortened(doubled.min(self.most).min(self.refresh), SPREAD, chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [R-4.5-e] [R-I-dir-1]
    #[test]
    fn a_file_is_fetched_at_least_daily_and_not_by_all_in_the_same_second() {
        let mut rhythm = Rhythm::new(&Fetching::default());
        assert_eq!(rhythm.succeeded(0.0), Duration::from_secs(24 * 3600));
        assert_eq!(rhythm.succeeded(1.0), Duration::from_secs(21 * 3600));
    }

    #[test]
    fn failures_are_tried_again_ever_more_slowly_and_a_success_forgets_them() {
        let mut rhythm = Rhythm::new(&Fetching::default());
        let waits: Vec<u64> = (0..9).map(|_| rhythm.failed(0.0).as_secs()).collect();
        assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        for _ in 0..100 {
            assert_eq!(rhythm.failed(0.0).as_secs(), 3600);
        }
        rhythm.succeeded(0.5);
        assert_eq!(rhythm.failed(0.0).as_secs(), 60);
    }
}
