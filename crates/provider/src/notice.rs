//! Where a notice of ours goes: into the mailbox of a holder of ours, or to another provider.

use directory::Record;
use pec::compose::{Certified, Draft};
use pec::{Address, Moment, ReversePath};
use seal::KeyError;
use store::{Deposit, Dispatch, Event, Outcome};

use crate::evidence;
use crate::point::{Knowledge, count_deposit};

/// Signs a notice and puts it in the mailbox of the holder it is for [R-2.1-f]; recorded as emitted and as deposited
/// [R-2.3-a].
pub fn give(
    notice: &Draft,
    certified: &Certified,
    mailbox: &Address,
    known: &Knowledge,
    outcome: &mut Outcome,
) -> Result<(), KeyError> {
    let us = &known.identity.emitter.name;
    outcome.evidence.push(evidence::emitted(notice, certified, us));
    outcome.evidence.push(store::Evidence {
        concerns: vec![mailbox.to_string()],
        ..evidence::row(Event::Deposited, Some(notice.kind), notice.moment, certified, &notice.message_id, us)
    });
    outcome.deposits.push(inbox(outcome.messages.len(), mailbox, notice.moment));
    outcome.messages.push(known.close(notice)?);
    count_deposit(notice.kind);
    Ok(())
}

/// Signs a notice and queues it for an address of another provider, or of our own by the same way [R-3.4-a]. Its reverse
/// path is the service address [R-I-hdr-4].
pub fn send(
    notice: &Draft,
    certified: &Certified,
    to: &Address,
    record: &Record,
    known: &Knowledge,
    outcome: &mut Outcome,
) -> Result<(), KeyError> {
    let us = &known.identity.emitter;
    outcome.evidence.push(evidence::emitted(notice, certified, &us.name));
    outcome.dispatches.push(Dispatch {
        message: outcome.messages.len(),
        path: ReversePath::Address(us.address.clone()),
        recipients: vec![to.clone()],
        hop: known.hop_of(record),
        identifier: certified.identifier.clone(),
        kind: Some(notice.kind),
        at: notice.moment,
        expires: notice.moment.plus(known.lifetime),
    });
    outcome.messages.push(known.close(notice)?);
    Ok(())
}

/// A deposit, unread, in a mailbox's `INBOX`.
pub(crate) fn inbox(message: usize, mailbox: &Address, moment: Moment) -> Deposit {
    Deposit { message, mailbox: mailbox.clone(), folder: "INBOX".into(), flags: Vec::new(), at: moment }
}
