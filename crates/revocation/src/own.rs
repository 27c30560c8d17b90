//! Our own signing certificate: how long it lasts, and whether it is revoked.
//!
//! When it has ended nothing is signed any more; when it is revoked, every other provider refuses what we sign. The operator
//! is told in time, in the log, by a metric and by health.

use std::sync::Arc;
use std::time::Duration;

use pec::{Clock, Moment};
use seal::revocation::Status;
use seal::{Certificate, Revocation, Revocations, Signer, Trust};
use tokio::sync::watch;

use crate::cache::RevocationCache;

/// The certificate that signs, and what is asked about it.
pub struct OwnCertificate {
    /// From the signing certificate to the pinned authority; itself alone where nothing leads there.
    path: Vec<Certificate>,
    until: i64,
    warn_before: Vec<Duration>,
    revocation: Arc<RevocationCache>,
    clock: Arc<dyn Clock>,
}

/// How it stands with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its last second, since 1970.
    pub until: i64,
    /// Whole days left; below 0 after its end.
    pub days_left: i64,
    /// Since when it, or an authority above it, is revoked, and why.
    pub revoked: Option<String>,
    /// Whether it is time to say so.
    pub ends_soon: bool,
}

impl Standing {
    /// One line for the operator, if there is something to say.
    pub fn warning(&self) -> Option<String> {
        if let Some(revoked) = &self.revoked {
            return Some(format!("our signing certificate is revoked {revoked}: others refuse what we sign"));
        }
        let until = Moment::from_unix(self.until);
        match self.days_left {
            ..0 => Some(format!("our signing certificate ended on {until}: nothing is signed")),
            0 if self.ends_soon => Some(format!("our signing certificate ends within a day, on {until}")),
            1 if self.ends_soon => Some(format!("our signing certificate ends in a day, on {until}")),
            days if self.ends_soon => Some(format!("our signing certificate ends in {days} days, on {until}")),
            _ => None,
        }
    }
}

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(60);
/// How often the same is said again, seconds.
const SAY_AGAIN: i64 = 24 * 3600;
const DAY: i64 = 24 * 3600;

impl OwnCertificate {
    /// The signer's certificate; so long before its end (`warn_before`) the operator is told.
    pub fn new(
        signer: &dyn Signer,
        trust: &Trust,
        warn_before: &[Duration],
        revocation: Arc<RevocationCache>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let own = signer.certificate();
        // What has ended leads nowhere now: asked for its first second.
        let path = trust.path(own, signer.issuers(), own.not_before()).map_or_else(
            |error| {
                tracing::warn!(event = "not-our-authority", %error, "our own trust does not hold our certificate");
                vec![own.clone()]
            },
            |path| path.into_iter().cloned().collect(),
        );
        Self { until: own.not_after(), path, warn_before: warn_before.to_vec(), revocation, clock }
    }

    /// How it stands at `now`, seconds since 1970, by what is known.
    pub fn standing(&self, now: i64) -> Standing {
        let mut revoked = None;
        for (certificate, issuer) in self.path.iter().zip(self.path.iter().skip(1)) {
            if let Status::Revoked { since, reason } = self.revocation.status(certificate, issuer, now) {
                revoked.get_or_insert_with(|| format!("since {} ({reason})", Moment::from_unix(since)));
            }
        }
        let days_left = self.until.saturating_sub(now).div_euclid(DAY);
        let ends_soon = passed(&self.warn_before, self.until.saturating_sub(now)) > 0;
        Standing { until: self.until, days_left, revoked, ends_soon }
    }

    /// The strictest of the limits that are passed: what was said at one is said again at the next.
    fn stage(&self, standing: &Standing, now: i64) -> (bool, usize) {
        let left = self.until.saturating_sub(now);
        (standing.revoked.is_some(), passed(&self.warn_before, left) + usize::from(left < 0))
    }

    /// Has its revocations looked up, and says what is to be said, until `stop` becomes true.
    pub async fn keep_watch(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut said = None;
        while !*stop.borrow() {
            let now = self.clock.now().unix();
            tokio::select! {
                () = self.revocation.learn(&self.path, now) => {}
                _ = stop.changed() => return,
            }
            let standing = self.standing(now);
            let stage = self.stage(&standing, now);
            let is_news = said.is_none_or(|(before, at)| before != stage || now >= at + SAY_AGAIN);
            if let Some(warning) = standing.warning().filter(|_| is_news) {
                said = Some((stage, now));
                let days_left = standing.days_left;
                if standing.revoked.is_some() || days_left < 1 {
                    tracing::error!(event = "own-certificate", days_left, warning);
                } else {
                    tracing::warn!(event = "own-certificate", days_left, warning);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

/// How many of these times are longer than what is left, seconds.
fn passed(times: &[Duration], left: i64) -> usize {
    times.iter().filter(|time| left <= i64::try_from(time.as_secs()).unwrap_or(i64::MAX)).count()
}

#[cfg(test)]
mod tests {
    use seal::testing::{NOW, network};

    use super::*;
    use crate::settings::Settings;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Moment {
            Moment::from_unix(NOW)
        }
    }

    #[test]
    fn the_operator_hears_of_the_end_of_the_certificate_in_time() {
        let network = network();
        let signer = &network.signer;
        let trust = Trust::new(vec![network.root.clone()], Vec::new()).unwrap();
        let revocation = Arc::new(RevocationCache::new(Settings::default(), &[], Arc::new(Still)).unwrap());
        let before = [30, 7, 1].map(|days| Duration::from_secs(days * DAY as u64));
        let own = OwnCertificate::new(signer, &trust, &before, revocation, Arc::new(Still));
        assert_eq!(own.path.len(), 3);
        let end = signer.certificate().not_after();
        let at = |left: i64| {
            let standing = own.standing(end - left);
            (standing.warning(), own.stage(&standing, end - left).1)
        };
        assert_eq!(at(30 * DAY + 1), (None, 0));
        let said = |left, stage, words: &str| {
            let (warning, found) = at(left);
            assert_eq!(found, stage);
            assert!(warning.as_ref().is_some_and(|text| text.contains(words)), "{warning:?}");
        };
        said(30 * DAY, 1, "ends in 30 days");
        said(8 * DAY, 1, "ends in 8 days");
        said(7 * DAY, 2, "ends in 7 days");
        said(DAY, 3, "ends in a day");
        said(0, 3, "ends within a day");
        said(-1, 4, "ended on");
    }
}
