//! Messages and their trace in plain words.

use crate::item::{AddresseeItem, DiscrepancyItem, FoundItem, MessageItem, RowItem, SubjectItem};

/// Recipients of a message that was found which are named one by one.
const NAMED: usize = 5;

pub(super) fn subject(item: &SubjectItem) -> Vec<String> {
    let mut lines = vec![format!("message {}", item.identifier)];
    lines.extend(common(item, usize::MAX));
    lines.extend(item.canonical.as_ref().map(|bytes| format!("  canonical bytes: {bytes}")));
    lines
}

pub(super) fn found(item: &FoundItem) -> Vec<String> {
    let FoundItem { place: _, at, log, number, subject } = item;
    let mut lines = vec![format!("{log}/{number} {at}  message {}", subject.identifier)];
    lines.extend(common(subject, NAMED));
    lines
}

pub(super) fn discrepancy(item: &DiscrepancyItem) -> String {
    let DiscrepancyItem { number: _, identifier, whom, reason, what, found, acknowledged } = item;
    let about = match (identifier, whom) {
        (Some(identifier), Some(whom)) => format!("message {identifier} to {whom}"),
        (Some(identifier), None) => format!("message {identifier}"),
        (None, row) => format!("row {}", row.as_deref().unwrap_or("?")),
    };
    let known = acknowledged.as_ref().map(|at| format!(", acknowledged {at}")).unwrap_or_default();
    format!("{about}: {reason}: {what}; found {found}{known}")
}

/// What is common to all rows about a message, with so many of its recipients at most.
fn common(item: &SubjectItem, most: usize) -> Vec<String> {
    let sender = if item.sender.is_empty() { "nobody (<>)" } else { &item.sender };
    let mut lines = vec![format!("  from {sender}")];
    for named in item.recipients.iter().take(most) {
        let certified = match named.certified {
            Some(true) => "certified",
            Some(false) => "ordinary",
            None => "nothing certified",
        };
        lines.push(format!("  to {} ({certified})", named.address));
    }
    let more = item.recipients.len().saturating_sub(most);
    lines.extend((more > 0).then(|| format!("  and to {more} more")));
    lines.push(format!("  subject: {}", item.subject));
    lines.extend(item.client_id.as_ref().map(|id| format!("  Message-ID of the sender's program: {id}")));
    lines.extend(item.original.as_ref().map(|digest| format!("  SHA-256 of the original: {digest}")));
    lines
}

pub(super) fn message(item: &MessageItem) -> String {
    format!("accepted {} from {}, sent by {}", item.accepted, item.mailbox, person(&item.by))
}

/// Who acted, from `system`, `holder`, `user NAME`, `operator NAME`, `peer`.
fn person(actor: &str) -> String {
    match actor {
        "system" => "the program".into(),
        "holder" => "the holder".into(),
        "peer" => "another mail system".into(),
        named => named.into(),
    }
}

pub(super) fn addressee(item: &AddresseeItem) -> Vec<String> {
    let state = match item.state.as_str() {
        "accepted" => "accepted here, nothing heard of its provider yet",
        "taken-in-charge" => "taken in charge by its provider",
        "delivered" => "delivered",
        "not-delivered" => "not delivered",
        "virus" => "not delivered: its provider found a virus",
        "expired" => "nothing heard in twenty-four hours; the sender was told so",
        "sent" => "ordinary mail, accepted here",
        "left" => "ordinary mail, handed over to its mail system",
        "failed" => "ordinary mail, could not be handed over",
        other => other,
    };
    let code = item.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    let mut lines = vec![format!("to {}: {state}{code}, since {}", item.recipient, item.since)];
    let taken = item.taken_in_charge.as_ref().filter(|at| **at != item.since);
    lines.extend(taken.map(|at| format!("  taken in charge {at}")));
    lines.extend(item.warned.as_ref().map(|at| format!("  told of twelve hours of silence {at}")));
    lines.extend(item.receipt.as_ref().map(|id| format!("  receipt {id}")));
    lines.extend(item.due.as_ref().map(|at| format!("  next deadline {at}")));
    if let Some(late) = &item.late {
        let receipt = late.receipt.as_ref().map(|id| format!(", {id}")).unwrap_or_default();
        lines.push(format!("  a late answer came {}: {}{receipt}", late.at, late.step));
    }
    lines
}

pub(super) fn row(item: &RowItem) -> Vec<String> {
    let kind = item.kind.as_deref().map(|kind| format!("{kind} ")).unwrap_or_default();
    let happened = match item.event.as_str() {
        "administered" => "administered".into(),
        "contradicted" => format!("{kind}contradicts what was done before"),
        "deposited" => format!("{kind}put in a mailbox"),
        "emitted" => format!("{kind}made and signed"),
        "received" => format!("{kind}came"),
        "relayed" => format!("{kind}handed over"),
        "relay-failed" => format!("{kind}not handed over"),
        other => format!("{kind}{other}"),
    };
    let actor = match &item.actor_name {
        Some(name) => format!("{} {name}", item.actor),
        None => person(&item.actor),
    };
    let mut line = format!("{}/{} {}  {happened}, by {actor}", item.log, item.number, item.at);
    if !item.concerns.is_empty() {
        line += &format!(", for {}", item.concerns.join(", "));
    }
    if !item.provider.is_empty() {
        line += &format!(", of {}", item.provider);
    }
    if !item.message_id.is_empty() {
        line += &format!(", {}", item.message_id);
    }
    if let Some(error) = &item.error {
        line += &format!(": {error}");
    }
    let mut lines = vec![line];
    lines.extend(item.canonical.as_ref().map(|bytes| format!("  canonical bytes: {bytes}")));
    lines
}
