//! Rows of evidence: which operation on which message (RFC 6109 §2.3) [R-2.3-a]. With each message come exactly the rows that an auditor
//! looks for [R-O-log-2].

use pec::compose::{Certified, Draft};
use pec::{Kind, Moment, RecipientType};
use store::{Event, Evidence};

/// A row about a message whose certified facts are known.
pub fn row(
    event: Event,
    kind: Option<Kind>,
    moment: Moment,
    certified: &Certified,
    message_id: &str,
    provider: &str,
) -> Evidence {
    Evidence {
        at: moment,
        event,
        kind,
        identifier: certified.identifier.clone(),
        message_id: message_id.into(),
        client_id: certified.message_id.clone(),
        sender: certified.sender.to_string(),
        recipients: certified.recipients.iter().map(|r| listed(r.address.as_str(), r.kind)).collect(),
        subject: certified.subject.clone().unwrap_or_default(),
        provider: provider.into(),
        concerns: Vec::new(),
        error: None,
    }
}

/// A row about a notification or envelope that we made.
pub fn emitted(draft: &Draft, certified: &Certified, provider: &str) -> Evidence {
    let data = draft.data.as_ref();
    let concerns = data.map(|d| d.delivery.iter().chain(&d.reception).cloned().collect()).unwrap_or_default();
    Evidence {
        concerns,
        error: data.and_then(|d| d.extended_error.clone()),
        ..row(Event::Emitted, Some(draft.kind), draft.moment, certified, &draft.message_id, provider)
    }
}

fn listed(address: &str, kind: RecipientType) -> String {
    format!("{address} ({})", kind.as_str())
}
