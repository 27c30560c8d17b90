//! The fate of each recipient of a message that was accepted here: one row, kept as long as the evidence.
//!
//! Certified recipients go `accepted → taken-in-charge → delivered | not-delivered | virus | expired`; ordinary ones, of
//! whom nothing certified ever comes back (RFC 6109 §3.1.5), `sent → left | failed`. A state that ends is never left:
//! what comes later is noted beside it. [`State::after`] is the whole table.

use pec::{Address, Identifier, Moment};

/// Where a recipient stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Certified: accepted here, and nothing heard since.
    Accepted,
    /// Certified: its provider took the message in charge (§3.2.1).
    TakenInCharge,
    /// Certified: in its mailbox (§3.3.2).
    Delivered,
    /// Certified: its provider, or our relay, said that it cannot be delivered (§3.3.3).
    NotDelivered,
    /// Certified: its provider found a virus (§3.2.4).
    Virus,
    /// Certified: nothing came in twenty-four hours, and the sender was told so (§3.1.6).
    Expired,
    /// Ordinary: accepted here.
    Sent,
    /// Ordinary: handed over to its mail system.
    Left,
    /// Ordinary: could not be handed over.
    Failed,
}

/// What happens to a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Its provider took the message in charge.
    TakeCharge,
    /// It has the message.
    Deliver,
    /// It will not have the message.
    NotDeliver,
    /// A virus was found.
    FindVirus,
    /// The sender was told that nothing came in twelve hours.
    Warn,
    /// The first deadline passed and nothing had to be told.
    Wait,
    /// The sender was told that nothing came in twenty-four hours.
    Expire,
    /// An ordinary mail system took it.
    Leave,
    /// No ordinary mail system took it.
    Fail,
}

/// What a step does to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The state becomes this one.
    Become(State),
    /// The state stays; the deadline moves, and [`Step::Warn`] leaves its mark.
    Stay,
    /// The fate was sealed before: the answer is noted as a late one.
    Late,
    /// It says what is known already.
    Again,
    /// It cannot happen to such a recipient; who decided so is at fault, and nothing is written.
    Wrong,
}

impl State {
    /// Every state.
    pub const ALL: [State; 9] = [
        State::Accepted,
        State::TakenInCharge,
        State::Delivered,
        State::NotDelivered,
        State::Virus,
        State::Expired,
        State::Sent,
        State::Left,
        State::Failed,
    ];

    /// The whole table of transitions.
    pub fn after(self, step: Step) -> Effect {
        use Effect::{Again, Become, Late, Stay, Wrong};
        use State::{Accepted, Delivered, Expired, Failed, Left, NotDelivered, Sent, TakenInCharge, Virus};
        use Step::{Deliver, Expire, Fail, FindVirus, Leave, NotDeliver, TakeCharge, Wait, Warn};
        match (self, step) {
            (Accepted, TakeCharge) => Become(TakenInCharge),
            // A delivery without take-charge is valid and stops everything.
            (Accepted | TakenInCharge, Deliver) => Become(Delivered),
            (Accepted | TakenInCharge, NotDeliver) => Become(NotDelivered),
            (Accepted | TakenInCharge, FindVirus) => Become(Virus),
            (Accepted | TakenInCharge, Expire) => Become(Expired),
            // Who is taken in charge is not missed at twelve hours [R-3.1.6-c].
            (Accepted, Warn) | (Accepted | TakenInCharge, Wait) => Stay,
            (TakenInCharge, Warn) => Wrong,
            (TakenInCharge, TakeCharge) | (Delivered, Deliver) | (NotDelivered, NotDeliver) | (Virus, FindVirus) => {
                Again
            }
            // A delivery may overtake its take-charge: nothing is late.
            (Delivered | NotDelivered | Virus, TakeCharge) => Again,
            (Delivered | NotDelivered | Virus | Expired, Deliver | NotDeliver | FindVirus) => Late,
            (Expired, TakeCharge) => Late,
            (Delivered | NotDelivered | Virus | Expired, Warn | Wait | Expire) => Wrong,
            (Sent, Leave) => Become(Left),
            (Sent, Fail) => Become(Failed),
            (Left, Leave) | (Failed, Fail) => Again,
            // A report that comes back from an ordinary system, and one that was handed over twice.
            (Left, Fail) | (Failed, Leave) => Late,
            (Sent | Left | Failed, _) | (_, Leave | Fail) => Wrong,
        }
    }

    /// Whether nothing more is awaited.
    pub fn is_final(self) -> bool {
        !matches!(self, State::Accepted | State::TakenInCharge | State::Sent)
    }

    /// Stable name, as interfaces show it.
    pub fn name(self) -> &'static str {
        match self {
            State::Accepted => "accepted",
            State::Delivered => "delivered",
            State::Expired => "expired",
            State::Failed => "failed",
            State::Left => "left",
            State::NotDelivered => "not-delivered",
            State::Sent => "sent",
            State::TakenInCharge => "taken-in-charge",
            State::Virus => "virus",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Step {
    /// Every step.
    pub const ALL: [Step; 9] = [
        Step::TakeCharge,
        Step::Deliver,
        Step::NotDeliver,
        Step::FindVirus,
        Step::Warn,
        Step::Wait,
        Step::Expire,
        Step::Leave,
        Step::Fail,
    ];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Step::Deliver => "deliver",
            Step::Expire => "expire",
            Step::Fail => "fail",
            Step::FindVirus => "find-virus",
            Step::Leave => "leave",
            Step::NotDeliver => "not-deliver",
            Step::TakeCharge => "take-charge",
            Step::Wait => "wait",
            Step::Warn => "warn",
        }
    }

    /// The step with this name.
    pub fn from_name(name: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// A recipient of an accepted message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// PEC msgid.
    pub identifier: Identifier,
    /// Whom, as in RCPT TO.
    pub recipient: Address,
    /// Where it stands.
    pub state: State,
    /// When the message was accepted.
    pub accepted_at: Moment,
    /// Since when it stands there.
    pub since: Moment,
    /// When its provider took the message in charge.
    pub taken_at: Option<Moment>,
    /// When the sender was told that nothing came in twelve hours.
    pub warned_at: Option<Moment>,
    /// Why it ended so: an enhanced status code (RFC 3463), for [`State::NotDelivered`] and [`State::Failed`].
    pub code: Option<String>,
    /// Message-ID of the notification that ended it, without brackets.
    pub receipt: Option<String>,
    /// When something is to be done; `None`: nothing is awaited.
    pub due: Option<Moment>,
    /// The last answer that came after the end.
    pub late: Option<LateAnswer>,
}

/// An answer that came when the fate was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateAnswer {
    /// What it said.
    pub step: Step,
    /// When it came.
    pub at: Moment,
    /// Its Message-ID, without brackets.
    pub receipt: Option<String>,
}

/// A recipient of a message that is being accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAddressee {
    /// Whom.
    pub recipient: Address,
    /// [`State::Accepted`] or [`State::Sent`].
    pub state: State,
    /// First deadline.
    pub due: Option<Moment>,
}

/// A step of one recipient.
#[derive(Clone, Debug)]
pub struct Progress {
    /// PEC msgid; where no such message was accepted here, nothing happens.
    pub about: Identifier,
    /// Whom.
    pub recipient: Address,
    /// What happens.
    pub step: Step,
    /// When.
    pub at: Moment,
    /// Why, where the step has a reason.
    pub code: Option<String>,
    /// Message-ID of the notification that says so.
    pub receipt: Option<String>,
    /// The next deadline, where the state stays open; `None` leaves the one that is there. A state that ends has none.
    pub due: Option<Moment>,
    /// The row as the decision saw it, when the decision rests on it: where state or deadline differ at commit, the Outcome
    /// fails with [`CommitError::Moved`](crate::CommitError::Moved), so that a receipt and a notice of silence never cross.
    pub seen: Option<Box<Addressee>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_state_and_step_has_its_effect() {
        // Rows in the order of State::ALL, columns of Step::ALL. B becomes, S stays, L late, A again, - wrong.
        let table = [
            "BBBBSSB--",
            "ABBB-SB--",
            "AALL-----",
            "ALAL-----",
            "ALLA-----",
            "LLLL-----",
            "-------BB",
            "-------AL",
            "-------LA",
        ];
        for (state, row) in State::ALL.into_iter().zip(table) {
            for (step, expected) in Step::ALL.into_iter().zip(row.chars()) {
                let found = match state.after(step) {
                    Effect::Become(_) => 'B',
                    Effect::Stay => 'S',
                    Effect::Late => 'L',
                    Effect::Again => 'A',
                    Effect::Wrong => '-',
                };
                assert_eq!(found, expected, "{state:?} {step:?}");
            }
        }
    }

    #[test]
    fn what_is_final_is_never_left_and_everything_else_can_end() {
        for state in State::ALL {
            let next = Step::ALL.map(|step| state.after(step));
            assert_eq!(state.is_final(), !next.iter().any(|effect| matches!(effect, Effect::Become(_))), "{state:?}");
        }
    }

    #[test]
    fn names_are_read_back() {
        assert!(State::ALL.iter().all(|state| State::from_name(state.name()) == Some(*state)));
        assert!(Step::ALL.iter().all(|step| Step::from_name(step.name()) == Some(*step)));
    }
}
