//! The Delivery Point (RFC 6109 §3.3): envelopes into mailboxes, and one receipt per recipient.

use bytes::Bytes;
use pec::brief;
use pec::compose::{self, Addressed, Copy};
use pec::header::Header;
use pec::{Address, Cause, Identifier, Kind, Pieces, ReceiptType, Shared};
use store::{Event, Hop, Keeps, Mailbox};

use super::finding::{Certificated, receives};
use super::notice::{self, inbox};
use super::refused;
use crate::context::Context;
use crate::elaboration::{Elaboration, Row};

/// Puts a correct envelope, `pieces`, in the mailboxes of `recipients` and makes the receipts: a delivery notification for
/// each recipient whose mailbox takes it [R-3.3.2-a] [R-3.3.2-c], a non-delivery for each other [R-3.3.3-a] [R-2.2.3-a];
/// none for a recipient whom the sender's provider does not certify [R-3.1.5-g]. Mailbox and receipt stand in the same
/// Outcome: the one is durable if and only if the other is, and then the message counts as received [R-1.2.3-a].
pub fn deliver(
    to: &mut Elaboration<'_>,
    pieces: Pieces,
    found: &Certificated,
    recipients: &[(&Address, &Option<Mailbox>)],
) {
    let Certificated { record, pec, certified, .. } = found;
    let (context, moment) = (to.context, to.moment);
    // The envelope is stored once for all recipients, unchanged [R-3.3.2-b]; its original is shared with the receipts.
    let original = shared_in(&pieces).or_else(|| pec.original_bytes().map(Shared::new));
    // To or Cc is what the signed original says; the outer header is anybody's.
    let addressed = original.as_ref().map(|original| Addressed::read(&Header::parse(original.bytes())));
    let size = pieces.len() as u64;
    let identifier = Identifier::from(certified.identifier.as_str());
    let message = to.keep(Some(pec.kind), Some(identifier.clone()), pieces);

    // An envelope of ours was kept when it was made, where its sender's domain has that.
    let ours = context.hop_of(record) == Hop::Local && context.hosting.keeps(&certified.sender) >= Keeps::Envelopes;
    let strictest = recipients.iter().max_by_key(|(address, _)| context.hosting.keeps(address));
    if let Some((address, _)) = strictest.filter(|_| !ours) {
        to.preserve(message, pec.kind, address);
    }
    let emitter = context.emitter_for(&certified.sender);
    let mut reduced: Option<Bytes> = None;
    for (address, mailbox) in recipients {
        let own_id = context.fresh_id(moment);
        let row = |event, error| Row {
            event,
            kind: Some(Kind::TransportEnvelope),
            message_id: &certified.identifier,
            provider: &record.name,
            concerns: vec![address.to_string()],
            error,
        };
        let notice = match taken(mailbox, size, &certified.sender, context) {
            Ok(mailbox) => {
                let deposit = inbox(message, &mailbox.address, Kind::TransportEnvelope, moment);
                to.outcome.deposits.push(store::Deposit { within_quota: true, ..deposit });
                to.record(row(Event::Deposited, None));
                let kind = addressed
                    .as_ref()
                    .map_or(certified.receipt, |addressed| addressed.copy_kind(certified.receipt, address));
                let copy = match (kind, &original) {
                    (ReceiptType::Complete, Some(original)) => Copy::Complete(original.clone()),
                    (ReceiptType::Brief, Some(original)) => Copy::Brief(
                        reduced.get_or_insert_with(|| brief::reduce(original.bytes(), context.brief_hash)).clone(),
                    ),
                    _ => Copy::Concise,
                };
                compose::delivery(&emitter, moment, certified, address, copy, &own_id)
            }
            Err(cause) => {
                if let (Cause::MailboxFull, Some(mailbox)) = (&cause, mailbox) {
                    let refusal = refused::certified(&mailbox.address, certified, size, moment);
                    to.outcome.refused.push(refusal);
                }
                compose::non_delivery(&emitter, moment, certified, address, cause, &own_id)
            }
        };
        if certified.certifies(address) {
            notice::send(to, notice, &identifier, &certified.sender, record, address);
        } else if let Some(why) = notice.data.and_then(|data| data.extended_error) {
            to.record(row(Event::RelayFailed, Some(why)));
        }
    }
}

/// The mailbox that takes a certified message of `size` octets from `sender`, or why none does.
pub fn taken<'a>(
    mailbox: &'a Option<Mailbox>,
    size: u64,
    sender: &Address,
    context: &Context,
) -> Result<&'a Mailbox, Cause> {
    match mailbox {
        // The service mailbox takes no envelopes [R-2.2.5-a]; to the outside it is no address at all.
        None => Err(Cause::UnknownMailbox),
        Some(mailbox) if mailbox.service => Err(Cause::UnknownMailbox),
        // taken in charge like every envelope, then not delivered.
        Some(mailbox) if !context.hosting.admit(mailbox, sender, true) => Err(Cause::NotAdmitted),
        Some(mailbox) if !receives(mailbox) => Err(Cause::MailboxDisabled),
        Some(mailbox) if mailbox.counted.saturating_add(size) > mailbox.quota => Err(Cause::MailboxFull),
        Some(mailbox) => Ok(mailbox),
    }
}

/// The original among the pieces of an envelope.
pub(super) fn shared_in(pieces: &Pieces) -> Option<Shared> {
    pieces.iter().find_map(|piece| match piece {
        pec::Piece::Shared(shared) => Some(shared.clone()),
        pec::Piece::Own(_) | pec::Piece::Tail(_) => None,
    })
}
