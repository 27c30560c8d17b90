//! Organisations and offices in plain words.

use crate::item::{OfficeItem, OrganisationItem};

pub(super) fn organisation(item: &OrganisationItem) -> String {
    let OrganisationItem { name, ipa, domains, offices, mailboxes } = item;
    let ipa = ipa.as_ref().map(|ipa| format!(" (IPA {ipa})")).unwrap_or_default();
    let mut line =
        format!("{name}{ipa}: {}, {}", counted(*offices, "office", "s"), counted(*mailboxes, "mailbox", "es"));
    if !domains.is_empty() {
        line += &format!("; domains: {}", domains.join(", "));
    }
    line
}

/// A branch of the tree, or an office alone by its whole name.
pub(super) fn office(item: &OfficeItem) -> String {
    let OfficeItem { path, name, aoo, uo, mailboxes, depth } = item;
    let mut line = match depth {
        Some(depth) => "  ".repeat(usize::try_from(*depth).unwrap_or_default()) + name,
        None => path.clone(),
    };
    let codes = [aoo.as_ref().map(|code| format!("AOO {code}")), uo.as_ref().map(|code| format!("UO {code}"))];
    let codes: Vec<String> = codes.into_iter().flatten().collect();
    if !codes.is_empty() {
        line += &format!(" ({})", codes.join(", "));
    }
    if *mailboxes > 0 {
        line += &format!(": {}", counted(*mailboxes, "mailbox", "es"));
    }
    line
}

fn counted(count: u64, what: &str, plural: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { plural })
}
