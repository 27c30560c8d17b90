//! What listed providers sign that is not as the norm says: how much of it is taken in an hour, and what health tells of it.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pec::{Identifier, Moment, ProviderKey};

use crate::elaboration::Remark;

/// Seconds over which messages are measured, and for which a signer that was put off stays in health.
const HOUR: i64 = 3600;
/// Seconds for which a contradiction stays in health.
const DAY: i64 = 24 * HOUR;
/// Seconds after which the same signer is named again in the log.
const SAY: i64 = 60;

/// What is remembered of each signer. Only signers of the index come in, and only as long as there is something to say.
pub(super) struct Signers {
    per_hour: NonZeroU32,
    table: Mutex<HashMap<ProviderKey, Signer>>,
}

#[derive(Default)]
struct Signer {
    measure: Measure,
    /// The last message that was put off.
    put_off: Option<Moment>,
    /// When that was last logged, and how many messages were put off since.
    said: Option<Moment>,
    unsaid: u64,
    /// The last contradiction, and how many there were before it within a day each.
    contradicted: Option<(Moment, Identifier, u64)>,
}

/// How much of an hour's measure is used up: up to which instant, in microseconds since 1970, the messages of the past reach
/// when they stand evenly behind each other.
#[derive(Default)]
struct Measure(i64);

impl Measure {
    /// Takes one more, if it fits: `per_hour` at once, and as many in each hour that follows.
    fn take(&mut self, now: Moment, per_hour: NonZeroU32) -> bool {
        let now = now.unix().saturating_mul(1_000_000);
        let end = now.saturating_add(HOUR * 1_000_000);
        // A clock that was set back must not shut anybody out for longer.
        self.0 = self.0.clamp(now, end);
        let used = self.0.saturating_add((HOUR * 1_000_000 / i64::from(per_hour.get())).max(1));
        let fits = used <= end;
        if fits {
            self.0 = used;
        }
        fits
    }

    fn is_empty(&self, now: Moment) -> bool {
        self.0 <= now.unix().saturating_mul(1_000_000)
    }
}

impl Signers {
    pub(super) fn new(per_hour: NonZeroU32) -> Self {
        Self { per_hour, table: Mutex::default() }
    }

    /// Whether one more irregular message of this signer is taken now. What is not is counted, and logged once a minute.
    pub(super) fn admit(&self, signer: &ProviderKey, now: Moment) -> bool {
        let mut table = self.lock(now);
        let one = table.entry(signer.clone()).or_default();
        if one.measure.take(now, self.per_hour) {
            return true;
        }
        one.put_off = Some(now);
        one.unsaid += 1;
        metrics::counter!("sigillo_irregular_put_off_total").increment(1);
        if !within(one.said, now, SAY) {
            let times = std::mem::take(&mut one.unsaid);
            one.said = Some(now);
            tracing::warn!(
                event = "irregular-put-off",
                %signer,
                times,
                per_hour = self.per_hour,
                "a provider sends too much that is not formally correct: put off"
            );
        }
        false
    }

    /// Remembers what an elaboration found out about signers.
    pub(super) fn note(&self, remarks: &[Remark], now: Moment) {
        for remark in remarks {
            if let Remark::Contradicted { signer, identifier, .. } = remark {
                let mut table = self.lock(now);
                let one = table.entry(signer.clone()).or_default();
                let before = one.contradicted.take().map_or(0, |(_, _, count)| count);
                one.contradicted = Some((now, identifier.clone(), before + 1));
            }
        }
    }

    /// What an operator should look at, a line each.
    pub(super) fn warnings(&self, now: Moment) -> Vec<String> {
        let table = self.lock(now);
        let mut lines = Vec::new();
        for (signer, one) in table.iter() {
            if let Some((at, identifier, count)) = &one.contradicted {
                lines.push(format!(
                    "{signer} signed other messages under names that were used before: {count}, the last {identifier} on {at}"
                ));
            }
            if one.put_off.is_some() {
                lines.push(format!("irregular messages of {signer} are put off"));
            }
        }
        lines.sort();
        lines
    }

    /// The table without what is over.
    fn lock(&self, now: Moment) -> MutexGuard<'_, HashMap<ProviderKey, Signer>> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, one| {
            one.put_off = one.put_off.filter(|at| within(Some(*at), now, HOUR));
            one.contradicted = one.contradicted.take().filter(|(at, ..)| within(Some(*at), now, DAY));
            one.put_off.is_some() || one.contradicted.is_some() || !one.measure.is_empty(now)
        });
        table
    }
}

/// Whether that was less than so many seconds ago.
fn within(at: Option<Moment>, now: Moment, seconds: i64) -> bool {
    at.is_some_and(|at| now.unix() - at.unix() < seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_unix(1_800_000_000 + seconds)
    }

    fn signers(per_hour: u32) -> Signers {
        Signers::new(NonZeroU32::new(per_hour).unwrap())
    }

    #[test]
    fn an_hour_s_measure_may_come_at_once_and_returns_evenly() {
        let (signers, alfa, beta) = (signers(6), ProviderKey::primary("Alfa"), ProviderKey::primary("Beta"));
        let taken = |from: i64, count: usize| (0..count).filter(|_| signers.admit(&alfa, at(from))).count();
        assert_eq!(taken(0, 100), 6);
        // One in ten minutes.
        assert_eq!((taken(599, 5), taken(600, 5), taken(1800, 5)), (0, 1, 2));
        assert!(signers.admit(&beta, at(1800)), "each has a measure of its own");
        assert_eq!(taken(1800 + 3600, 100), 6);
        // Whoever sets the clock back shuts nobody out for longer than an hour.
        assert_eq!(taken(-86_400, 100), 0);
        assert_eq!(taken(-86_400 + 3600, 100), 6);
    }

    #[test]
    fn what_is_over_is_forgotten_and_health_is_silent_again() {
        let (signers, alfa) = (signers(1), ProviderKey::primary("Alfa"));
        assert!(signers.admit(&alfa, at(0)) && !signers.admit(&alfa, at(1)));
        assert_eq!(signers.warnings(at(2)), ["irregular messages of Alfa are put off"]);
        assert!(signers.warnings(at(3602)).is_empty() && signers.table.lock().unwrap().is_empty());

        let contradicted = |identifier: &str| Remark::Contradicted {
            signer: alfa.clone(),
            kind: pec::Kind::TransportEnvelope,
            identifier: identifier.into(),
            recipients: vec![],
            signed: String::new(),
            first: String::new(),
        };
        signers.note(&[contradicted("1@alfa"), contradicted("2@alfa")], at(0));
        let warnings = signers.warnings(at(DAY - 1));
        assert!(warnings.len() == 1 && warnings[0].contains("before: 2, the last 2@alfa"), "{warnings:?}");
        assert!(signers.warnings(at(DAY)).is_empty());
    }
}
