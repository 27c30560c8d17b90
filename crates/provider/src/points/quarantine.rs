//! What is done with an infected message (RFC 6109 §2.2.4, §3.1.3, §3.2.3): it goes no further, those concerned are told
//! without it, and it is kept for thirty months in the special store [R-L-DPR12]. No way leads out of there but the
//! operator's `sigillo infected`.

use bytes::Bytes;
use pec::compose::{self, Certified};
use pec::{Address, Identifier, Kind, Moment, Pieces};
use store::{Actor, Event, Infected, Point};

use super::finding::Certificated;
use super::notice;
use crate::context::Context;
use crate::elaboration::{Elaborated, Elaboration, Remark, Row, subject};

/// Months of the calendar for which an infected message is kept, and evidence at least [R-2.2.4-a] [R-2.3-b].
pub const MONTHS: u16 = 30;

/// §3.1.3: the holder's message is not accepted [R-3.1.3-z]; the notice says why and carries nothing of it
/// [R-3.1.3-a] [R-3.1.3-b] [R-3.1.3-c].
pub fn refuse(
    certified: &Certified,
    message: Bytes,
    virus: &str,
    actor: Actor,
    context: &Context,
    moment: Moment,
) -> Elaborated {
    let emitter = context.emitter_for(&certified.sender);
    let notice = compose::virus_non_acceptance(&emitter, moment, certified, virus, &context.fresh_id(moment));
    let client_id = certified.message_id.as_deref().unwrap_or_default();
    let mut to = Elaboration::new(context, moment, subject(certified, None), actor);
    to.record(Row {
        event: Event::Received,
        kind: None,
        message_id: client_id.trim_start_matches('<').trim_end_matches('>'),
        provider: &emitter.name,
        concerns: Vec::new(),
        error: Some(virus.to_owned()),
    });
    notice::give(&mut to, notice, &certified.sender);
    let identifier = Identifier::from(certified.identifier.as_str());
    to.remarks.push(Remark::VirusFound {
        point: "access",
        of: identifier.to_string(),
        from: certified.sender.to_string(),
        virus: virus.to_owned(),
    });
    put_away(&mut to, Pieces::own(message), None, identifier, virus, Point::Access);
    to.finish()
}

/// §3.2.3: a correct envelope that is infected reaches nobody [R-3.2.3-a]; the sender's provider gets one notice for
/// each recipient of this transaction, whether or not the mailbox exists [R-3.2.3-b], at the service mailbox that the
/// index names [R-3.2.3-c], without the message [R-3.2.3-d] and with the virus's name [R-3.2.3-e]. The elaboration has the
/// take-charge already.
pub fn detect(to: &mut Elaboration<'_>, pieces: Pieces, found: &Certificated, recipients: &[Address], virus: &str) {
    let Certificated { record, pec, certified, .. } = found;
    let (context, moment) = (to.context, to.moment);
    let identifier = Identifier::from(certified.identifier.as_str());
    let emitter = &context.identity.emitter;
    for recipient in recipients {
        let own_id = context.fresh_id(moment);
        let service = &record.mail_receipt;
        let notice = compose::virus_detection(emitter, moment, certified, service, recipient, virus, &own_id);
        notice::send(to, notice, &identifier, service, record, recipient);
    }
    to.remarks.push(Remark::VirusFound {
        point: "incoming",
        of: identifier.to_string(),
        from: record.name.clone(),
        virus: virus.to_owned(),
    });
    put_away(to, pieces, Some(pec.kind), identifier, virus, Point::Incoming);
}

fn put_away(
    to: &mut Elaboration<'_>,
    pieces: Pieces,
    kind: Option<Kind>,
    identifier: Identifier,
    virus: &str,
    point: Point,
) {
    let message = to.keep(kind, Some(identifier.clone()), pieces);
    let at = to.moment;
    to.outcome.infected.push(Infected {
        message,
        identifier,
        at,
        virus: virus.to_owned(),
        point,
        // [R-2.2.4-a] [R-3.2.3-f]
        until: at.plus_months(MONTHS),
    });
}
