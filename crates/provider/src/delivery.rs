//! The Delivery Point (RFC 6109 §3.3): envelopes into mailboxes, and one receipt per recipient.

use bytes::Bytes;
use pec::brief::{self, HashInput};
use pec::compose::{self, Copy, copy_kind};
use pec::{Address, Cause, Kind, Moment, Pieces, ReceiptType, Shared};
use seal::KeyError;
use store::{Event, Mailbox, MailboxState, NewMessage, Outcome, Summary};

use crate::evidence;
use crate::incoming::Certificated;
use crate::notice::{self, inbox};
use crate::point::{Knowledge, count_deposit};

/// Puts a correct envelope in the mailboxes of `recipients` and adds the receipts to the outcome: a delivery
/// notification for each recipient whose mailbox takes it [R-3.3.2-a] [R-3.3.2-c], a non-delivery for each other
/// [R-3.3.3-a] [R-2.2.3-a]; none for a recipient whom the sender's provider does not certify [R-3.1.5-g]. Mailbox and receipt stand in the same Outcome: the one is durable if and only if the other is,
/// and then the message counts as received [R-1.2.3-a].
pub fn deliver(
    envelope: &Bytes,
    found: &Certificated,
    recipients: &[(&Address, &Option<Mailbox>)],
    known: &Knowledge,
    moment: Moment,
    outcome: &mut Outcome,
) -> Result<(), KeyError> {
    let Certificated { record, pec, certified } = found;
    // The envelope is stored once for all recipients, unchanged [R-3.3.2-b]; its original is shared with the receipts.
    let pieces = Pieces::split(envelope, pec.original.clone());
    let original = pec.original.clone().map(|range| Shared::new(envelope.slice(range)));
    let original = shared_in(&pieces).or(original);
    let size = envelope.len() as u64;
    let position = outcome.messages.len();
    let summary = Summary::read(Some(pec.kind), Some(certified.identifier.clone()), &pieces);
    outcome.messages.push(NewMessage { pieces, summary });

    let emitter = known.identity.emitter_for(&certified.sender);
    let mut reduced: Option<Bytes> = None;
    for (address, mailbox) in recipients {
        let own_id = known.fresh_id(moment);
        let notice = match taken(mailbox, size, &certified.sender, known) {
            Ok(mailbox) => {
                outcome.deposits.push(inbox(position, &mailbox.address, moment));
                outcome.evidence.push(store::Evidence {
                    concerns: vec![address.to_string()],
                    ..evidence::row(
                        Event::Deposited,
                        Some(Kind::TransportEnvelope),
                        moment,
                        certified,
                        &certified.identifier,
                        &record.name,
                    )
                });
                count_deposit(Kind::TransportEnvelope);
                let copy = match (copy_kind(certified.receipt, &pec.header, address), &original) {
                    (ReceiptType::Complete, Some(original)) => Copy::Complete(original.clone()),
                    (ReceiptType::Brief, Some(original)) => Copy::Brief(
                        reduced.get_or_insert_with(|| brief::reduce(original.bytes(), HashInput::default())).clone(),
                    ),
                    _ => Copy::Concise,
                };
                compose::delivery(&emitter, moment, certified, address, copy, &own_id)
            }
            Err(cause) => compose::non_delivery(&emitter, moment, certified, address, cause, &own_id),
        };
        if certified.certifies(address) {
            notice::send(&notice, certified, &certified.sender, record, known, outcome)?;
        } else if let Some(why) = notice.data.and_then(|data| data.extended_error) {
            outcome.evidence.push(store::Evidence {
                concerns: vec![address.to_string()],
                error: Some(why),
                ..evidence::row(
                    Event::RelayFailed,
                    Some(pec.kind),
                    moment,
                    certified,
                    &certified.identifier,
                    &record.name,
                )
            });
        }
    }
    if outcome.deposits.is_empty() {
        // Nobody has it: the message stays out of the store, and the receipts move up by one.
        outcome.messages.remove(position);
        outcome.dispatches.iter_mut().filter(|d| d.message > position).for_each(|d| d.message -= 1);
    }
    Ok(())
}

/// Whether a mailbox may receive at all.
pub fn receives(mailbox: &Mailbox) -> bool {
    matches!(mailbox.state, MailboxState::Active | MailboxState::ReceiveOnly)
}

/// The mailbox that takes a certified message of `size` octets from `sender`, or why none does.
pub fn taken<'a>(
    mailbox: &'a Option<Mailbox>,
    size: u64,
    sender: &Address,
    known: &Knowledge,
) -> Result<&'a Mailbox, Cause> {
    match mailbox {
        // The service mailbox takes no envelopes [R-2.2.5-a]; to the outside it is no address at all.
        None => Err(Cause::UnknownMailbox),
        Some(mailbox) if mailbox.service => Err(Cause::UnknownMailbox),
        // taken in charge like every envelope, then not delivered.
        Some(mailbox) if !known.rules.admit(mailbox, sender, true) => Err(Cause::NotAdmitted),
        Some(mailbox) if !receives(mailbox) => Err(Cause::MailboxDisabled),
        Some(mailbox) if mailbox.used.saturating_add(size) > mailbox.quota => Err(Cause::MailboxFull),
        Some(mailbox) => Ok(mailbox),
    }
}

fn shared_in(pieces: &Pieces) -> Option<Shared> {
    pieces.iter().find_map(|piece| match piece {
        pec::Piece::Shared(shared) => Some(shared.clone()),
        pec::Piece::Own(_) => None,
    })
}
