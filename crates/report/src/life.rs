//! Times in which the provider did not serve, from one moment at which that was known to the next.

use pec::Moment;
use store::{Beat, Outage, OutageCause};

/// How often it is noted that the provider serves, seconds.
pub(crate) const EVERY: i64 = 60;
/// A shorter time is none: clients come again.
const LEAST: i64 = 60;
/// What is noted when all is well.
pub(crate) const WELL: &str = "well";
/// What is noted when it was told to end.
pub(crate) const ENDED: &str = "ended";

/// What lies between the last note and now; `before` are times without service that end with that note.
pub(crate) fn between(last: &Beat, now: Moment, before: &[Outage]) -> Option<Outage> {
    let (cause, note) = match last.standing.as_str() {
        WELL if now.unix() - last.at.unix() <= 3 * EVERY => return None,
        WELL => (OutageCause::Incident, "the program did not run"),
        ENDED => (OutageCause::Planned, "the program was told to end"),
        why => (OutageCause::Malfunction, why),
    };
    // It goes on.
    let same = before.iter().find(|outage| outage.ended == last.at && outage.cause == cause);
    let began = same.filter(|_| cause == OutageCause::Malfunction).map_or(last.at, |outage| outage.began);
    let lasts = now.unix() - began.unix() >= LEAST;
    lasts.then(|| Outage { began, ended: now, cause, note: note.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Moment {
        Moment::from_unix(1_780_000_000 + second)
    }

    fn found(standing: &str, seconds: i64, before: &[Outage]) -> Option<(i64, i64, OutageCause)> {
        let last = Beat { at: at(0), standing: standing.into() };
        let second = |moment: Moment| moment.unix() - at(0).unix();
        between(&last, at(seconds), before).map(|one| (second(one.began), second(one.ended), one.cause))
    }

    #[test]
    fn what_was_not_noted_was_not_served() {
        assert_eq!(found(WELL, 60, &[]), None);
        assert_eq!(found(WELL, 180, &[]), None, "a busy machine notes late");
        assert_eq!(found(WELL, 181, &[]), Some((0, 181, OutageCause::Incident)));
        assert_eq!(found(ENDED, 59, &[]), None, "a restart");
        assert_eq!(found(ENDED, 600, &[]), Some((0, 600, OutageCause::Planned)));
        assert_eq!(found(WELL, -5000, &[]), None, "the clock was set back");
    }

    #[test]
    fn a_malfunction_that_goes_on_is_one() {
        let first = between(&Beat { at: at(0), standing: "no key".into() }, at(60), &[]).unwrap();
        assert_eq!((first.began, first.ended, first.note.as_str()), (at(0), at(60), "no key"));
        let last = Beat { at: at(60), standing: "no key".into() };
        let second = between(&last, at(120), std::slice::from_ref(&first)).unwrap();
        assert_eq!((second.began, second.ended), (at(0), at(120)));
        // After it another one.
        let other = Outage { ended: at(30), ..first };
        assert_eq!(between(&last, at(120), &[other]).unwrap().began, at(60));
    }
}
