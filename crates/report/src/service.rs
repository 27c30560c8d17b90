//! Service levels: availability [R-L-12-3], and how long deliveries take.

use store::{Outage, OutageCause, Sum};

use crate::counter::What;
use crate::period::Period;

/// Of how much time the law lets a provider be away: two thousandths.
const ALLOWED: u64 = 500;

/// How the service was in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Seconds of the period.
    pub length: u64,
    /// Seconds that the law lets it be away [R-L-12-3].
    pub allowed: u64,
    /// Times without service, clipped to the period, with whether each keeps within the law.
    pub outages: Vec<(Outage, bool)>,
    /// Seconds without service.
    pub away: u64,
    /// Deliveries of what holders sent.
    pub deliveries: u64,
    /// Of deliveries so many of a hundred, and the seconds within which they were made; `None`: in more than a day.
    pub percentiles: Vec<(u8, Option<u64>)>,
}

impl Service {
    /// From what is kept of a period.
    pub fn of(period: Period, sums: &[Sum], outages: Vec<Outage>) -> Self {
        let (from, to) = period.bounds();
        let length = to.unix().abs_diff(from.unix());
        let allowed = length / ALLOWED;
        let mut away = 0;
        let mut judged = Vec::new();
        for outage in outages {
            let outage = Outage { began: outage.began.max(from), ended: outage.ended.min(to), ..outage };
            let lasts = seconds(&outage);
            away += lasts;
            // [R-L-12-5]: one event within half of it; and all of them within it.
            judged.push((outage, lasts <= allowed / 2 && away <= allowed));
        }
        let of = |what: What| {
            let name = what.name();
            sums.iter().filter(|sum| sum.what == name).map(|sum| sum.value).sum::<u64>()
        };
        let within = What::BOUNDS.map(|bound| (Some(bound), of(What::DeliveredWithin(bound))));
        let all: Vec<(Option<u64>, u64)> = within.into_iter().chain([(None, of(What::DeliveredLater))]).collect();
        let deliveries = all.iter().map(|(_, count)| count).sum();
        let percentiles =
            [50, 90, 95, 99, 100].into_iter().filter_map(|share| Some((share, at(&all, deliveries, share)?)));
        Self { length, allowed, outages: judged, away, deliveries, percentiles: percentiles.collect() }
    }

    /// Whether it keeps within the law [R-L-12-3] [R-L-12-5].
    pub fn is_kept(&self) -> bool {
        self.outages.iter().all(|(_, kept)| *kept)
    }

    /// Thousandths of a percent of the time in which it was there.
    pub fn availability(&self) -> u64 {
        (self.length.saturating_sub(self.away)) * 100_000 / self.length.max(1)
    }

    /// Seconds without service for one cause.
    pub fn away_by(&self, cause: OutageCause) -> u64 {
        self.outages.iter().filter(|(outage, _)| outage.cause == cause).map(|(outage, _)| seconds(outage)).sum()
    }
}

/// How long it lasts.
pub(crate) fn seconds(outage: &Outage) -> u64 {
    u64::try_from(outage.ended.unix() - outage.began.unix()).unwrap_or(0)
}

/// Within which bound so many of a hundred are; `None`: there are none at all.
fn at(all: &[(Option<u64>, u64)], count: u64, share: u8) -> Option<Option<u64>> {
    let wanted = (count * u64::from(share)).div_ceil(100);
    let mut so_far = 0;
    (count > 0).then_some(())?;
    all.iter()
        .find(|(_, these)| {
            so_far += these;
            so_far >= wanted
        })
        .map(|(bound, _)| *bound)
}

#[cfg(test)]
mod tests {
    use pec::Moment;

    use super::*;

    fn outage(from: Moment, began: i64, minutes: i64) -> Outage {
        let (began, cause) = (from.plus(began), OutageCause::Incident);
        Outage { began, ended: began.plus(minutes * 60), cause, note: String::new() }
    }

    /// [R-L-12-3] [R-L-12-5]
    #[test]
    fn the_law_allows_two_thousandths_and_half_of_it_at_once() {
        let period = Period::new(2026, 2).unwrap();
        let from = period.bounds().0;
        let of = |outages: Vec<Outage>| Service::of(period, &[], outages);
        // 123 days: 354 minutes and a little.
        assert_eq!(of(Vec::new()).allowed / 60, 354);
        assert_eq!((of(Vec::new()).availability(), of(Vec::new()).is_kept()), (100_000, true));
        assert!(of(vec![outage(from, 0, 177)]).is_kept());
        assert!(!of(vec![outage(from, 0, 178)]).is_kept());
        let three = of((0..3).map(|day| outage(from, day * 86_400, 150)).collect());
        assert_eq!(three.outages.iter().map(|(_, kept)| *kept).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!((three.away, three.availability()), (27_000, 99_745));
        // What began before counts from the period on.
        assert_eq!(of(vec![outage(from, -3600, 90)]).away, 1800);
    }

    #[test]
    fn deliveries_are_told_by_hundredths() {
        let period = Period::new(2026, 2).unwrap();
        let sum = |what: What, value| Sum { day: period.first(), what: what.name(), value };
        let sums = [
            sum(What::DeliveredWithin(1), 50),
            sum(What::DeliveredWithin(60), 45),
            sum(What::DeliveredWithin(3600), 4),
            sum(What::DeliveredLater, 1),
            sum(What::Accepted, 1000),
        ];
        let service = Service::of(period, &sums, Vec::new());
        assert_eq!(service.deliveries, 100);
        let expected = [(50, Some(1)), (90, Some(60)), (95, Some(60)), (99, Some(3600)), (100, None)];
        assert_eq!(service.percentiles, expected);
        assert!(Service::of(period, &[], Vec::new()).percentiles.is_empty());
    }
}
