//! What a message is and how it stands, as a mark: icon, word, colour; the word always, so that people see after a check what is certified
//! and what is not [R-I-sec-2].

use holder::State;
use pec::Kind;

use crate::language::Language;

/// A mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Its class without `mark-`.
    pub(crate) look: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) word: String,
}

impl Mark {
    pub(crate) fn new(look: &'static str, icon: &'static str, word: impl Into<String>) -> Self {
        Self { look, icon, word: word.into() }
    }

    /// Of a message that came.
    pub(crate) fn of(kind: Option<Kind>, l: Language) -> Self {
        match kind {
            Some(Kind::TransportEnvelope) => Self::new("certified", "certified", l.kind_certified()),
            Some(Kind::AnomalyEnvelope) => Self::new("anomaly", "warning", l.kind_anomaly()),
            Some(kind) if is_bad(kind) => Self::new("failed", "error", notice(kind, l)),
            Some(kind) => Self::new("receipt", "receipt", notice(kind, l)),
            None => Self::new("ordinary", "mail", l.kind_ordinary()),
        }
    }
}

/// Whether a notice says that something failed.
pub(crate) fn is_bad(kind: Kind) -> bool {
    match kind {
        Kind::NonAcceptance
        | Kind::VirusNonAcceptance
        | Kind::NonDelivery
        | Kind::VirusNonDelivery
        | Kind::VirusDetection
        | Kind::Timeout => true,
        Kind::Acceptance | Kind::TakeCharge | Kind::Delivery | Kind::TransportEnvelope | Kind::AnomalyEnvelope => false,
    }
}

/// What a receipt or notice is called.
pub(crate) fn notice(kind: Kind, l: Language) -> &'static str {
    match kind {
        Kind::Acceptance => l.of("accettazione", "acceptance"),
        Kind::NonAcceptance => l.of("non accettata", "not accepted"),
        Kind::VirusNonAcceptance => l.of("non accettata per virus", "not accepted, virus"),
        Kind::TakeCharge => l.of("presa in carico", "taken in charge"),
        Kind::Delivery => l.of("consegna", "delivery"),
        Kind::NonDelivery => l.of("mancata consegna", "not delivered"),
        Kind::VirusNonDelivery => l.of("mancata consegna per virus", "not delivered, virus"),
        Kind::VirusDetection => l.of("virus rilevato", "virus found"),
        Kind::Timeout => l.of("nessuna risposta", "no answer"),
        Kind::TransportEnvelope => l.kind_certified(),
        Kind::AnomalyEnvelope => l.kind_anomaly(),
    }
}

/// The recipients of a message that was sent, in one mark.
pub(crate) fn standing(counts: &[(State, u64)], l: Language) -> Option<Mark> {
    let of = |states: &[State]| -> u64 {
        counts.iter().filter(|(state, _)| states.contains(state)).map(|(_, count)| count).sum()
    };
    let all: u64 = counts.iter().map(|(_, count)| count).sum();
    let failed = of(&[State::NotDelivered, State::Virus, State::Expired, State::Failed]);
    let done = of(&[State::Delivered]);
    let ordinary = of(&[State::Sent, State::Left]);
    let waiting = of(&[State::Accepted, State::TakenInCharge]);
    Some(match (all, failed, waiting) {
        (0, ..) => return None,
        (1, 1, _) => Mark::new("failed", "error", l.of("non consegnata", "not delivered")),
        (_, 1.., _) => Mark::new(
            "failed",
            "error",
            l.of(format!("non consegnata a {failed} di {all}"), format!("not delivered to {failed} of {all}")),
        ),
        (1, _, 1) => Mark::new("waiting", "clock", l.of("in viaggio", "on its way")),
        (_, _, 1..) => Mark::new(
            "waiting",
            "clock",
            l.of(format!("consegnata a {done} di {all}"), format!("delivered to {done} of {all}")),
        ),
        _ if ordinary == all => Mark::new("ordinary", "mail", l.of("spedita, senza ricevute", "sent, no receipts")),
        _ => Mark::new("done", "check-circle", l.of("consegnata", "delivered")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_stand_in_one_mark_and_what_failed_comes_first() {
        let words = |counts: &[(State, u64)]| standing(counts, Language::It).map(|mark| mark.word);
        assert_eq!(words(&[]), None);
        assert_eq!(words(&[(State::Delivered, 1)]).as_deref(), Some("consegnata"));
        assert_eq!(words(&[(State::Accepted, 1)]).as_deref(), Some("in viaggio"));
        assert_eq!(
            words(&[(State::Delivered, 48), (State::TakenInCharge, 2)]).as_deref(),
            Some("consegnata a 48 di 50")
        );
        let mixed = [(State::Delivered, 48), (State::TakenInCharge, 1), (State::NotDelivered, 1)];
        assert_eq!(words(&mixed).as_deref(), Some("non consegnata a 1 di 50"));
        assert_eq!(words(&[(State::Sent, 1)]).as_deref(), Some("spedita, senza ricevute"));
        assert_eq!(words(&[(State::Sent, 1), (State::Delivered, 1)]).as_deref(), Some("consegnata"));
    }
}
