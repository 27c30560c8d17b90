//! What to say when nothing comes (RFC 6109 §3.1.6).

use pec::compose::{self, Silence};
use pec::{Cause, Moment};
use store::{About, Actor, Addressee, Progress, Sent, State, Step};

use super::notice;
use super::progress::SECOND;
use crate::context::{Context, facts_of};
use crate::elaboration::{Elaborated, Elaboration, Remark};

/// Decides on a recipient who is due; after the last notice nothing is awaited any more [R-2.1.1-b]. Three scenarios: taken
/// in charge in time, only the second notice [R-3.1.6-c]; delivered after the first, no second [R-3.1.6-d]; nothing, both
/// [R-3.1.6-e].
pub fn decide(addressee: &Addressee, sent: Option<&Sent>, context: &Context, moment: Moment) -> Elaborated {
    let second = addressee.accepted_at.plus(SECOND);
    let last = moment >= second;
    let about = sent.map_or(About::Nothing, |sent| sent.about.clone());
    let mut to = Elaboration::new(context, moment, about, Actor::System);
    let step = match (last, addressee.state) {
        (true, _) => Step::Expire,
        (false, State::Accepted) => Step::Warn,
        (false, _) => Step::Wait,
    };
    let mut progress = Progress {
        about: addressee.identifier.clone(),
        recipient: addressee.recipient.clone(),
        step,
        at: moment,
        code: last.then(|| Cause::Expired.code().to_owned()),
        receipt: None,
        due: (!last).then_some(second),
        seen: Some(Box::new(addressee.clone())),
    };
    if step != Step::Wait {
        match sent.and_then(|sent| Some((sent, facts_of(sent)?))) {
            Some((sent, certified)) => {
                let silence = if last { Silence::TwentyFourHours } else { Silence::TwelveHours };
                let emitter = context.emitter_for(&certified.sender);
                let own_id = context.fresh_id(moment);
                let notice = compose::timeout(&emitter, moment, &certified, &addressee.recipient, silence, &own_id);
                progress.receipt = Some(own_id.to_string());
                notice::give(&mut to, notice, &sent.mailbox);
            }
            // Every recipient is kept together with the facts; one without them cannot be told to anybody.
            None => to.remarks.push(Remark::WithoutFacts { identifier: addressee.identifier.clone() }),
        }
    }
    to.outcome.progress.push(progress);
    to.finish()
}
