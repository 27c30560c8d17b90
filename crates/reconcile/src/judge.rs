//! What may be wrong with a message: the whole table.

use std::collections::HashMap;

use pec::{Moment, RecipientType};
use store::{Addressee, State};

use crate::case::{Case, Known, Party};
use crate::reason::{Flaw, Reason};

/// From the acceptance to the last word that a sender hears of each recipient (RFC 6109 §3.1.6), seconds.
pub(crate) const LAST_WORD: i64 = 24 * 3600;

impl Case {
    /// What is wrong with the message at `now`, given what the store knows of it; empty: nothing is. What is only not there yet
    /// is not wrong before the twenty-four hours and `margin` seconds are over.
    pub fn judge(&self, known: &Known, now: Moment, margin: i64) -> Vec<Flaw> {
        let mut flaws: Vec<Flaw> = self.whole(known).into_iter().map(Flaw::of).collect();
        let key = |one: &Addressee| one.recipient.as_str().to_ascii_lowercase();
        let states: HashMap<String, &Addressee> = known.addressees.iter().map(|one| (key(one), one)).collect();
        for (address, party) in &self.parties {
            let state = states.get(address).copied();
            let reasons = self.party_flaws(party, known, state, now, margin);
            flaws.extend(reasons.into_iter().map(|reason| Flaw { reason, whom: address.clone() }));
        }
        flaws
    }

    /// Whether it was accepted here, by whatever is left of that.
    fn is_ours(&self, known: &Known) -> bool {
        known.sent || self.acceptances > 0 || self.envelopes > 0
    }

    fn whole(&self, known: &Known) -> Vec<Reason> {
        let Self { submitted, acceptances, refusals, envelopes, anomalies, .. } = *self;
        let ours = self.is_ours(known);
        // Only rows of what people do with it later are left, or none.
        let seen = submitted + anomalies + self.certified > 0;
        [
            (submitted > 0 && !ours && refusals == 0, Reason::Unanswered),
            (acceptances > 1, Reason::AcceptedTwice),
            (refusals > 1 || refusals > 0 && ours, Reason::AcceptedAndRefused),
            (seen && (ours || refusals > 0) && submitted == 0, Reason::NotSubmitted),
            (seen && ours && envelopes == 0, Reason::NoEnvelope),
            (envelopes > 1, Reason::TwoEnvelopes),
            (seen && ours && acceptances == 0, Reason::NoAcceptance),
            (self.given.values().any(|given| *given > 0), Reason::NotDeposited),
            (self.two_messages, Reason::TwoMessages),
            (self.notices > 0 && !ours, Reason::NeverAccepted),
            (self.contradictions > 0, Reason::Contradicted),
            (anomalies > 0 && self.certified > 0, Reason::CertifiedAnomaly),
        ]
        .into_iter()
        .filter_map(|(is, reason)| is.then_some(reason))
        .collect()
    }

    fn party_flaws(
        &self,
        party: &Party,
        known: &Known,
        state: Option<&Addressee>,
        now: Moment,
        margin: i64,
    ) -> Vec<Reason> {
        if !party.listed {
            // Named by something certified, or it would not be here.
            return vec![Reason::Stranger];
        }
        if party.kind != Some(RecipientType::Certified) {
            let said = [
                &party.charged,
                &party.charges,
                &party.delivered,
                &party.deliveries,
                &party.detected,
                &party.detections,
                &party.virus_told,
                &party.silences,
            ];
            let is = party.kind.is_some() && said.into_iter().any(|ids| ids.any());
            return is.then_some(Reason::Uncertified).into_iter().collect();
        }
        let made = usize::from(party.delivered.any()) + usize::from(party.detected.any());
        // What our relay could not hand over is no outcome of a mailbox of ours.
        let here = made + usize::from(party.undelivered.any());
        let came = party.came > 0;
        let ours = self.is_ours(known);
        let open = state.is_some_and(|one| !one.state.is_final());
        let late = state.is_some_and(|one| now >= one.accepted_at.plus(LAST_WORD + margin));
        let several = party.outcomes.count() > 1 || party.detected.count() > 1;
        [
            (ours && state.is_none() && self.acceptances + self.envelopes > 0, Reason::NotFollowed),
            (open && late, Reason::Overdue),
            (several || made > 1 || party.detected.any() && party.undelivered.any(), Reason::TwoOutcomes),
            (came && here == 0, Reason::NoOutcome),
            (party.came > 1, Reason::CameTwice),
            (came && party.charged.count() != 1 || !came && party.charged.any(), Reason::TakeCharge),
            (party.delivered.any() != (party.deposited > 0) || party.deposited > 1, Reason::Undelivered),
            (ours && party.detections.any() != party.virus_told.any(), Reason::VirusUnpaired),
            (state.is_some_and(|state| differs(party, state)), Reason::StateDiffers),
        ]
        .into_iter()
        .filter_map(|(is, reason)| is.then_some(reason))
        .collect()
    }
}

/// Whether a recipient stands elsewhere than the evidence says.
fn differs(party: &Party, stands: &Addressee) -> bool {
    let said = match stands.state {
        State::Accepted => return party.outcomes.any() || party.detections.any() || party.charges.any(),
        State::TakenInCharge => return party.outcomes.any() || party.detections.any() || !party.charges.any(),
        State::Delivered | State::NotDelivered => &party.outcomes,
        State::Virus if party.detections.any() => &party.detections,
        State::Virus => &party.virus_told,
        State::Expired => &party.silences,
        // An ordinary recipient to the store, and a certified one to the evidence.
        State::Sent | State::Left | State::Failed => return true,
    };
    // Where nobody could be told there is no notice.
    stands.receipt.as_ref().is_some_and(|receipt| !said.has(receipt))
}

#[cfg(test)]
mod tests;
