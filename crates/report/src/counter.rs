//! Rows of evidence as sums of days.

use std::collections::BTreeMap;

use pec::{Identifier, Kind, Moment};
use store::{About, Event, EvidenceRow, Sum};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Acceptances that were emitted: `MsgUscita`.
    Accepted,
    /// Take-charges that were emitted to other providers: `MsgIngresso`.
    TakenInCharge,
    /// Infected messages that came for our holders: `VirusIngresso`.
    VirusesIn,
    /// Infected messages that our holders would have sent: `VirusUscita`.
    VirusesOut,
    /// Deliveries of what our holders sent, within so many seconds of its acceptance and not within fewer of [`What::BOUNDS`].
    DeliveredWithin(u64),
    /// Those that took longer.
    DeliveredLater,
}

impl What {
    /// Up to so many seconds deliveries are counted apart.
    pub const BOUNDS: [u64; 14] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 2 * 3600, 6 * 3600, 24 * 3600];

    /// The name under which it is kept.
    pub fn name(self) -> String {
        match self {
            Self::Accepted => "accepted".into(),
            Self::TakenInCharge => "taken-in-charge".into(),
            Self::VirusesIn => "viruses-in".into(),
            Self::VirusesOut => "viruses-out".into(),
            Self::DeliveredWithin(seconds) => format!("delivered-within-{seconds}"),
            Self::DeliveredLater => "delivered-later".into(),
        }
    }

    /// A delivery that took so long.
    fn delivered(seconds: i64) -> Self {
        let seconds = u64::try_from(seconds).unwrap_or(0);
        Self::BOUNDS.into_iter().find(|bound| seconds <= *bound).map_or(Self::DeliveredLater, Self::DeliveredWithin)
    }
}

/// Counts rows of one log in their order.
#[derive(Debug, Default)]
pub struct Counter {
    /// The row before: rows of one elaboration follow each other.
    before: Option<EvidenceRow>,
    sums: BTreeMap<(String, What), u64>,
    /// Deliveries whose acceptance is not known yet: when, and of what.
    deliveries: Vec<(Moment, Identifier)>,
}

impl Counter {
    /// Begins behind this row, which is counted.
    pub fn behind(row: Option<EvidenceRow>) -> Self {
        Self { before: row, ..Self::default() }
    }

    /// Counts the next row.
    pub fn row(&mut self, row: EvidenceRow) {
        let (evidence, before) = (&row.evidence, self.before.as_ref().map(|row| &row.evidence));
        let follows = |event: Event, kind: Kind| {
            before.filter(|before| {
                before.event == event && before.kind == Some(kind) && before.about.hash() == evidence.about.hash()
            })
        };
        let what = match (evidence.event, evidence.kind) {
            (Event::Emitted, Some(Kind::Acceptance)) => Some(What::Accepted),
            // What it takes in charge came just before; of our own it is no message between providers.
            (Event::Emitted, Some(Kind::TakeCharge)) => follows(Event::Received, Kind::TransportEnvelope)
                .filter(|came| came.provider != evidence.provider)
                .map(|_| What::TakenInCharge),
            // A notice for each recipient of one infected message.
            (Event::Emitted, Some(Kind::VirusDetection)) => {
                follows(Event::Emitted, Kind::VirusDetection).is_none().then_some(What::VirusesIn)
            }
            (Event::Emitted, Some(Kind::VirusNonAcceptance)) => Some(What::VirusesOut),
            (Event::Received, Some(Kind::Delivery)) => {
                if let About::Subject(subject) = &evidence.about {
                    self.deliveries.push((evidence.at, subject.subject().identifier.clone()));
                }
                None
            }
            _ => None,
        };
        if let Some(what) = what {
            *self.sums.entry((evidence.at.date(), what)).or_default() += 1;
        }
        self.before = Some(row);
    }

    /// The messages of which it must be known when they were accepted.
    pub fn delivered(&self) -> Vec<Identifier> {
        let mut all: Vec<Identifier> = self.deliveries.iter().map(|(_, identifier)| identifier.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// What it came to, with what [`Counter::delivered`] asked for: deliveries of others' messages are not counted.
    pub fn sums(mut self, accepted: impl Fn(&Identifier) -> Option<Moment>) -> Vec<Sum> {
        for (at, identifier) in std::mem::take(&mut self.deliveries) {
            if let Some(since) = accepted(&identifier) {
                let what = What::delivered(at.unix() - since.unix());
                *self.sums.entry((at.date(), what)).or_default() += 1;
            }
        }
        let sum = |((day, what), value): ((String, What), u64)| Sum { day, what: what.name(), value };
        self.sums.into_iter().map(sum).collect()
    }
}

#[cfg(test)]
mod tests {
    use store::{Actor, Evidence, LogId, SharedSubject, Subject};

    use super::*;

    fn row(event: Event, kind: Kind, provider: &str, identifier: &str) -> EvidenceRow {
        let subject = SharedSubject::new(Subject {
            identifier: identifier.into(),
            sender: "anna@alfa.example".into(),
            recipients: Vec::new(),
            subject: String::new(),
            client_id: None,
            original: None,
        });
        let evidence = Evidence {
            at: Moment::from_unix(1_780_000_000),
            event,
            kind: Some(kind),
            about: About::Subject(subject),
            message_id: String::new(),
            provider: provider.into(),
            concerns: Vec::new(),
            error: None,
            actor: Actor::System,
        };
        EvidenceRow { log: LogId(1), number: 1, evidence }
    }

    fn counted(rows: Vec<EvidenceRow>) -> Vec<(String, u64)> {
        let mut counter = Counter::default();
        rows.into_iter().for_each(|row| counter.row(row));
        let accepted = Moment::from_unix(1_780_000_000 - 45);
        let sums = counter.sums(|identifier| (&**identifier == "ours").then_some(accepted));
        assert!(sums.iter().all(|sum| sum.day == "2026-05-28"));
        sums.into_iter().map(|sum| (sum.what, sum.value)).collect()
    }

    #[test]
    fn what_is_asked_for_is_counted_and_nothing_else() {
        use Event::{Emitted, Received};
        let (us, other) = ("Alfa", "Beta");
        let rows = vec![
            row(Emitted, Kind::Acceptance, us, "ours"),
            row(Emitted, Kind::TransportEnvelope, us, "ours"),
            // Within the house.
            row(Received, Kind::TransportEnvelope, us, "ours"),
            row(Emitted, Kind::TakeCharge, us, "ours"),
            row(Received, Kind::TakeCharge, us, "ours"),
            // From another provider.
            row(Received, Kind::TransportEnvelope, other, "theirs"),
            row(Emitted, Kind::TakeCharge, us, "theirs"),
            row(Received, Kind::TransportEnvelope, other, "infected"),
            row(Emitted, Kind::TakeCharge, us, "infected"),
            row(Emitted, Kind::VirusDetection, us, "infected"),
            row(Emitted, Kind::VirusDetection, us, "infected"),
            row(Emitted, Kind::VirusNonAcceptance, us, "refused"),
            row(Received, Kind::Delivery, other, "ours"),
            row(Received, Kind::Delivery, other, "nobody's"),
        ];
        let expected = [
            ("accepted", 1),
            ("taken-in-charge", 2),
            ("viruses-in", 1),
            ("viruses-out", 1),
            ("delivered-within-60", 1),
        ];
        assert_eq!(counted(rows), expected.map(|(what, value)| (what.to_owned(), value)));
    }

    #[test]
    fn whoever_goes_on_behind_a_row_counts_the_same() {
        let rows = [
            row(Event::Received, Kind::TransportEnvelope, "Beta", "theirs"),
            row(Event::Emitted, Kind::TakeCharge, "Alfa", "theirs"),
        ];
        let mut counter = Counter::behind(Some(rows[0].clone()));
        counter.row(rows[1].clone());
        assert_eq!(counter.sums(|_| None).len(), 1);
    }

    #[test]
    fn a_delivery_is_counted_by_how_long_it_took() {
        let of = |seconds| What::delivered(seconds).name();
        assert_eq!(
            [of(-3), of(0), of(1), of(2)],
            ["delivered-within-1", "delivered-within-1", "delivered-within-1", "delivered-within-2"]
        );
        assert_eq!([of(86_400), of(86_401)], ["delivered-within-86400", "delivered-later"]);
    }
}
