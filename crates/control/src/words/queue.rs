//! The queue in plain words, and the providers to which it leads.

use crate::item::{DispatchItem, HopItem, PeerItem};

pub(super) fn hop(item: &HopItem) -> String {
    let error = item.last_error.as_ref().map(|error| format!("; last: {error}")).unwrap_or_default();
    format!("waits for {}: {} dispatches, the oldest since {}{error}", item.hop, item.dispatches, item.oldest)
}

pub(super) fn dispatch(item: &DispatchItem) -> Vec<String> {
    let kind = item.kind.as_deref().unwrap_or("message");
    let state = if item.under_way { "under way".to_owned() } else { format!("due {}", item.due) };
    let mut lines = vec![
        format!("dispatch {}: {kind} about {} to {}, {} octets", item.id, item.identifier, item.hop, item.size),
        format!("  for {}", item.recipients.join(", ")),
        format!("  queued {}, {} attempts, {state}, given up {}", item.queued, item.attempts, item.expires),
    ];
    lines.extend(item.last_error.as_ref().map(|error| format!("  last attempt: {error}")));
    lines.extend(item.failed_by.as_ref().map(|reason| format!("  an operator wants it given up: {reason}")));
    lines
}

pub(super) fn peer(item: &PeerItem) -> Vec<String> {
    let hosts = item.hosts.iter().map(|one| format!("  {:40} valid certificate seen {}", one.host, one.valid));
    std::iter::once(item.provider.clone()).chain(hosts).collect()
}
