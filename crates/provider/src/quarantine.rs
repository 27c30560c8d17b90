//! What is done with an infected message (RFC 6109 §2.2.4, §3.1.3, §3.2.3): it goes no further, those concerned are told
//! without it, and it is kept for thirty months in the special store [R-L-DPR12]. No way leads out of there but the
//! operator's `sigillo infected`.

use bytes::Bytes;
use pec::compose::{self, Certified};
use pec::{Address, Kind, Moment, Pieces};
use seal::KeyError;
use store::{Event, Infected, NewMessage, Outcome, Point, Summary};

use crate::evidence;
use crate::incoming::Certificated;
use crate::notice;
use crate::point::Knowledge;
use crate::retention::MONTHS;

/// §3.1.3: the holder's message is not accepted [R-3.1.3-z]; the notice says why and carries nothing of it
/// [R-3.1.3-a] [R-3.1.3-b] [R-3.1.3-c].
pub fn refuse(
    certified: &Certified,
    message: Bytes,
    virus: &str,
    known: &Knowledge,
    moment: Moment,
) -> Result<Outcome, KeyError> {
    let emitter = known.identity.emitter_for(&certified.sender);
    let notice = compose::virus_non_acceptance(&emitter, moment, certified, virus, &known.fresh_id(moment));
    let client_id = certified.message_id.as_deref().unwrap_or("");
    let received = store::Evidence {
        error: Some(virus.to_owned()),
        ..evidence::row(Event::Received, None, moment, certified, client_id, &emitter.name)
    };
    let mut outcome = Outcome { evidence: vec![received], ..Outcome::default() };
    notice::give(&notice, certified, &certified.sender, known, &mut outcome)?;
    put_away(Pieces::own(message), None, &certified.identifier, virus, Point::Access, moment, &mut outcome);
    Ok(outcome)
}

/// §3.2.3: a correct envelope that is infected reaches nobody [R-3.2.3-a]; the sender's provider gets one notice for
/// each recipient of this transaction, whether or not the mailbox exists [R-3.2.3-b], at the service mailbox that the
/// index names [R-3.2.3-c], without the message [R-3.2.3-d] and with the virus's name [R-3.2.3-e]. `outcome` has the
/// take-charge already.
pub fn detect(
    envelope: &Bytes,
    found: &Certificated,
    recipients: &[Address],
    virus: &str,
    known: &Knowledge,
    moment: Moment,
    outcome: &mut Outcome,
) -> Result<(), KeyError> {
    let Certificated { record, pec, certified } = found;
    let emitter = &known.identity.emitter;
    for recipient in recipients {
        let own_id = known.fresh_id(moment);
        let to = &record.mail_receipt;
        let notice = compose::virus_detection(emitter, moment, certified, to, recipient, virus, &own_id);
        notice::send(&notice, certified, to, record, known, outcome)?;
    }
    tracing::warn!(
        event = "virus-found",
        point = "incoming",
        identifier = certified.identifier,
        provider = record.name,
        virus
    );
    let pieces = Pieces::split(envelope, pec.original.clone());
    put_away(pieces, Some(pec.kind), &certified.identifier, virus, Point::Incoming, moment, outcome);
    Ok(())
}

fn put_away(
    pieces: Pieces,
    kind: Option<Kind>,
    identifier: &str,
    virus: &str,
    point: Point,
    moment: Moment,
    outcome: &mut Outcome,
) {
    let summary = Summary::read(kind, Some(identifier.to_owned()), &pieces);
    outcome.infected.push(Infected {
        message: outcome.messages.len(),
        identifier: identifier.to_owned(),
        at: moment,
        virus: virus.to_owned(),
        point,
        // [R-2.2.4-a] [R-3.2.3-f]
        until: moment.plus_months(MONTHS),
    });
    outcome.messages.push(NewMessage { pieces, summary });
}
