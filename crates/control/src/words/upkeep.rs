//! In plain words, how the provider and its store fare.

use store::{Checked, Round};

use crate::item::{CheckItem, ProgressItem, StatusItem};

pub(super) fn status(item: &StatusItem) -> Vec<String> {
    let mut lines = item.health.clone();
    if !item.running {
        lines.push("the provider does not run".into());
    }
    lines.push(format!("version: {}", item.version));
    for (name, value) in [
        ("domains", item.domains),
        ("mailboxes", item.mailboxes),
        ("messages", item.messages),
        ("originals", item.originals),
        ("recipients awaited", item.awaited),
        ("dispatches queued", item.queued),
    ] {
        lines.push(format!("{name}: {value}"));
    }
    let free = item.disk_free.map_or_else(|| "unknown".into(), |free| free.to_string());
    lines.push(format!("octets free on the disk: {free}"));
    lines.extend(item.trouble.as_ref().map(|why| format!("the last transaction failed: {why}")));
    lines.extend(item.damage.as_ref().map(|what| format!("damaged: {what}")));
    if item.damaged > 0 {
        lines.push(format!("damaged places that the check found: {}", item.damaged));
    }
    // A provider that runs says it among its health.
    if !item.running {
        lines.push(format!("store-checked: {}", item.checked));
    }
    lines
}

/// How the rounds of the check beside running work stand.
pub fn checked(checked: &Checked) -> String {
    let last = match &checked.last {
        Some(Round { ended: Some(ended), messages, faults, .. }) => {
            format!("the last full round ended {ended}: {messages} messages, {faults} damaged places")
        }
        _ => "no full round has ended".to_owned(),
    };
    let open = checked.open.as_ref();
    let open =
        open.map(|round| format!("; one is under way since {}: {} messages so far", round.began, round.messages));
    last + &open.unwrap_or_default()
}

/// How far a check is, in one line.
pub(crate) fn progress(item: &ProgressItem) -> String {
    let ProgressItem { messages, originals, evidence, faults } = item;
    format!("{messages} messages, {originals} originals, {evidence} rows of evidence, {faults} faults so far")
}

pub(super) fn check(item: &CheckItem) -> String {
    let CheckItem { whole, messages, originals, evidence, orphans, faults } = item;
    let result = if *whole { "the store is whole".to_owned() } else { format!("{faults} FAULTS") };
    format!(
        "{result}: {messages} messages, {originals} originals, {evidence} rows of evidence, {orphans} files to sweep"
    )
}
