//! Everything that can be wrong with a message, or with a log.

use store::Wrong;

/// What is wrong. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// A submission has neither an acceptance nor a refusal.
    Unanswered,
    /// It has several acceptances.
    AcceptedTwice,
    /// It was accepted and refused, or refused several times.
    AcceptedAndRefused,
    /// It was accepted or refused, and nobody submitted it.
    NotSubmitted,
    /// It was accepted and has no transport envelope.
    NoEnvelope,
    /// It has several transport envelopes.
    TwoEnvelopes,
    /// An envelope was made of what was not accepted.
    NoAcceptance,
    /// A notice for a holder was made and not put in his mailbox.
    NotDeposited,
    /// Two messages stand under one identifier: other senders, or other recipients.
    TwoMessages,
    /// Notices came about a message that was not accepted here.
    NeverAccepted,
    /// Something came that contradicts what was done before under the same name.
    Contradicted,
    /// An anomaly envelope was made of what was certified.
    CertifiedAnomaly,
    /// Something certified was said of an address that is no recipient.
    Stranger,
    /// Something certified was said of a recipient to whom nothing is certified.
    Uncertified,
    /// A certified recipient is followed by nobody: the store does not know where he stands.
    NotFollowed,
    /// No outcome within twenty-four hours and a margin, and the sender was not told.
    Overdue,
    /// Several final outcomes.
    TwoOutcomes,
    /// An envelope came for a recipient and nothing says whether he has it.
    NoOutcome,
    /// An envelope came for a recipient several times.
    CameTwice,
    /// An envelope came for a recipient and was not taken in charge, or several times.
    TakeCharge,
    /// A delivery was certified and nothing was put in the mailbox, or the other way round.
    Undelivered,
    /// A virus detection without its notice to the sender, or the other way round.
    VirusUnpaired,
    /// Where the store says that a recipient stands is not what the evidence says.
    StateDiffers,
    /// A row of a log is missing.
    MissingRow,
    /// A row of a log cannot be read.
    UnreadableRow,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 25] = [
        Reason::Unanswered,
        Reason::AcceptedTwice,
        Reason::AcceptedAndRefused,
        Reason::NotSubmitted,
        Reason::NoEnvelope,
        Reason::TwoEnvelopes,
        Reason::NoAcceptance,
        Reason::NotDeposited,
        Reason::TwoMessages,
        Reason::NeverAccepted,
        Reason::Contradicted,
        Reason::CertifiedAnomaly,
        Reason::Stranger,
        Reason::Uncertified,
        Reason::NotFollowed,
        Reason::Overdue,
        Reason::TwoOutcomes,
        Reason::NoOutcome,
        Reason::CameTwice,
        Reason::TakeCharge,
        Reason::Undelivered,
        Reason::VirusUnpaired,
        Reason::StateDiffers,
        Reason::MissingRow,
        Reason::UnreadableRow,
    ];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Reason::AcceptedAndRefused => "accepted-and-refused",
            Reason::AcceptedTwice => "accepted-twice",
            Reason::CameTwice => "came-twice",
            Reason::CertifiedAnomaly => "certified-anomaly",
            Reason::Contradicted => "contradicted",
            Reason::MissingRow => "missing-row",
            Reason::NeverAccepted => "never-accepted",
            Reason::NoAcceptance => "no-acceptance",
            Reason::NoEnvelope => "no-envelope",
            Reason::NoOutcome => "no-outcome",
            Reason::NotDeposited => "not-deposited",
            Reason::NotFollowed => "not-followed",
            Reason::NotSubmitted => "not-submitted",
            Reason::Overdue => "overdue",
            Reason::StateDiffers => "state-differs",
            Reason::Stranger => "stranger",
            Reason::TakeCharge => "take-charge",
            Reason::TwoEnvelopes => "two-envelopes",
            Reason::TwoMessages => "two-messages",
            Reason::TwoOutcomes => "two-outcomes",
            Reason::Unanswered => "unanswered",
            Reason::Uncertified => "uncertified",
            Reason::Undelivered => "undelivered",
            Reason::UnreadableRow => "unreadable-row",
            Reason::VirusUnpaired => "virus-unpaired",
        }
    }

    /// In English words.
    pub fn words(self) -> &'static str {
        match self {
            Reason::AcceptedAndRefused => "it was accepted and refused, or refused several times",
            Reason::AcceptedTwice => "it has several acceptances",
            Reason::CameTwice => "its envelope was taken for this recipient several times",
            Reason::CertifiedAnomaly => "something certified and an anomaly envelope have the same identifier",
            Reason::Contradicted => "something came under its name that says something else",
            Reason::MissingRow => "a row of the evidence is missing",
            Reason::NeverAccepted => "notices came about it, and it was not accepted here",
            Reason::NoAcceptance => "it has an envelope and no acceptance",
            Reason::NoEnvelope => "it was accepted and has no envelope",
            Reason::NoOutcome => "its envelope came, and nothing says whether this recipient has it",
            Reason::NotDeposited => "a notice about it was made and not put in the holder's mailbox",
            Reason::NotFollowed => "the store does not know where this certified recipient stands",
            Reason::NotSubmitted => "it was answered, and nobody submitted it",
            Reason::Overdue => "no outcome came in twenty-four hours, and the sender was not told",
            Reason::StateDiffers => "where this recipient stands is not what the evidence says",
            Reason::Stranger => "something certified was said of this address, which is no recipient",
            Reason::TakeCharge => "its envelope was not taken in charge for this recipient exactly once",
            Reason::TwoEnvelopes => "it has several envelopes",
            Reason::TwoMessages => "two messages have this identifier",
            Reason::TwoOutcomes => "this recipient has several final outcomes",
            Reason::Unanswered => "it was submitted, and neither accepted nor refused",
            Reason::Uncertified => "something certified was said of this recipient, to whom nothing is certified",
            Reason::Undelivered => "delivery to this recipient was certified without a deposit, or the other way round",
            Reason::UnreadableRow => "a row of the evidence cannot be read",
            Reason::VirusUnpaired => "a virus detection has no notice to the sender, or the other way round",
        }
    }
}

/// What is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// What.
    pub reason: Reason,
    /// The recipient, in ASCII lower case; empty where it is about the whole message.
    pub whom: String,
}

impl Flaw {
    /// Of the whole message.
    pub(crate) fn of(reason: Reason) -> Self {
        Self { reason, whom: String::new() }
    }

    /// As the store keeps it.
    pub(crate) fn kept(self) -> Wrong {
        Wrong { whom: self.whom, reason: self.reason.name(), what: self.reason.words().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Reason::ALL.into_iter().map(Reason::name).collect();
        assert_eq!(names.len(), Reason::ALL.len());
    }
}
