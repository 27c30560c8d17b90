//! Where a notice of ours goes: into the mailbox of a holder of ours, or to another provider.

use directory::Record;
use pec::compose::Draft;
use pec::{Address, Identifier, Kind, Moment, ReversePath};
use store::{Deposit, DepositIn, Dispatch, Event, Handle, Hop};

use crate::elaboration::{Elaboration, Row};

/// Puts a notice in the mailbox of the holder it is for [R-2.1-f]; recorded as emitted and as deposited [R-2.3-a].
pub fn give(to: &mut Elaboration<'_>, notice: Draft, mailbox: &Address) {
    to.record_emitted(&notice);
    let us = &to.context.identity.emitter.name;
    to.record(Row {
        event: Event::Deposited,
        kind: Some(notice.kind),
        message_id: &notice.message_id,
        provider: us,
        concerns: vec![mailbox.to_string()],
        error: None,
    });
    let kind = notice.kind;
    let message = to.draft(notice);
    to.outcome.deposits.push(inbox(message, mailbox, kind, to.moment));
    to.preserve(message, kind, mailbox);
}

/// Queues a notice for an address of another provider, or of our own by the same way [R-3.4-a]. Its reverse path is the
/// service address [R-I-hdr-4]. It is kept for the holder of ours whom it is about, `whose`; one for our own address is kept where
/// it arrives, and not a second time here.
pub fn send(
    from: &mut Elaboration<'_>,
    notice: Draft,
    identifier: &Identifier,
    to: &Address,
    record: &Record,
    whose: &Address,
) {
    from.record_emitted(&notice);
    let kind = notice.kind;
    let message = from.draft(notice);
    let hop = from.context.hop_of(record);
    if hop != Hop::Local {
        from.preserve(message, kind, whose);
    }
    from.outcome.dispatches.push(Dispatch {
        message,
        path: ReversePath::Address(from.context.identity.emitter.address.clone()),
        recipients: vec![to.clone()],
        hop,
        identifier: identifier.clone(),
        about: from.about.clone(),
        kind: Some(kind),
        at: from.moment,
        expires: from.moment.plus(from.context.lifetime),
    });
}

/// A deposit in a mailbox: an envelope in its `INBOX`, a notification where the mailbox has them. Receipts and notices do not
/// count against a quota: they are proof, and nobody chose their size.
pub(crate) fn inbox(message: Handle, mailbox: &Address, kind: Kind, moment: Moment) -> Deposit {
    let counts = matches!(kind, Kind::TransportEnvelope | Kind::AnomalyEnvelope);
    let folder = if counts { DepositIn::inbox() } else { DepositIn::Receipts };
    Deposit { message, mailbox: mailbox.clone(), folder, counts, within_quota: false, at: moment }
}
