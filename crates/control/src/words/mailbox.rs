//! Domains and mailboxes in plain words, and what happened at mailboxes.

use store::Protocol;

use crate::item::{AccessItem, DomainItem, ForecastItem, HoldItem, MailboxItem};

pub(super) fn domain(item: &DomainItem) -> String {
    let mut line = format!("{:30} ordinary mail: {}", item.name, item.ordinary);
    if item.certified_only_from != "never" {
        line += &format!(", certified mail only from {}", item.certified_only_from);
    }
    if item.correspondents != "any" {
        line += &format!(", correspondents: {}", item.correspondents);
    }
    if item.sent_copies != "on" {
        line += &format!(", sent copies: {}", item.sent_copies);
    }
    if item.keeps != "receipts" {
        line += &format!(", keeps {}", item.keeps);
    }
    if let Some(organisation) = &item.organisation {
        line += &format!(", of {organisation}");
    }
    line + if item.english { ", English text too" } else { "" }
}

pub(super) fn mailbox(item: &MailboxItem) -> String {
    let mut line = format!("{:40} {:>12} of {} octets", item.address, item.counted, item.quota);
    if !item.service {
        line += &format!(" ({} %)", item.percent);
    }
    if item.used != item.counted {
        line += &format!(", {} with receipts", item.used);
    }
    line += &format!(", {}", item.state);
    if item.ordinary != "default" {
        line += &format!(", ordinary: {}", item.ordinary);
    }
    if item.correspondents != "default" {
        line += &format!(", correspondents: {}", item.correspondents);
    }
    if item.sent_copies != "default" {
        line += &format!(", sent copies: {}", item.sent_copies);
    }
    if item.receipts != "inbox" {
        line += &format!(", receipts: {}", item.receipts);
    }
    if item.protocols.len() < Protocol::ALL.len() && !item.service {
        let off =
            Protocol::ALL.map(Protocol::name).into_iter().filter(|name| !item.protocols.iter().any(|on| on == name));
        line += &format!(", off: {}", off.collect::<Vec<_>>().join(", "));
    }
    if !item.without.is_empty() {
        line += &format!(", without capabilities: {}", item.without.join(", "));
    }
    if let Some(organisation) = &item.organisation {
        line += &format!(", in {organisation}");
        line += &item.office.as_ref().map(|office| format!("/{office}")).unwrap_or_default();
    }
    line + if item.service { "  (service mailbox)" } else { "" }
}

pub(super) fn forecast(item: &ForecastItem) -> String {
    match (item.outlook.as_str(), item.days) {
        ("full", _) => "  it is full".into(),
        ("growing", Some(1)) => "  full in about a day, if it goes on as in the last four weeks".into(),
        ("growing", Some(days)) => format!("  full in about {days} days, if it goes on as in the last four weeks"),
        ("later", _) => "  not full within two years, if it goes on as in the last four weeks".into(),
        _ => "  when it will be full cannot be said: it has less than a week of messages, or does not grow".into(),
    }
}

pub(super) fn access(item: &AccessItem) -> String {
    let who = match (item.actor.as_str(), &item.user) {
        (_, Some(user)) => format!("user {user}"),
        ("holder", None) => "the holder".to_owned(),
        _ => "somebody".to_owned(),
    };
    let what = match item.outcome.as_str() {
        "logged-in" => "logged in".to_owned(),
        "failed" => "had a wrong password".to_owned(),
        "barred" => "was not let in".to_owned(),
        "sent" => format!("sent {}", item.message.as_deref().unwrap_or("messages")),
        other => other.to_owned(),
    };
    let mut line = format!("{} {who} {what} by {}", item.first, item.protocol);
    line += &item.peer.as_ref().map_or_else(|| " from many addresses".to_owned(), |peer| format!(" from {peer}"));
    line += &item.client.as_ref().map(|client| format!(", {client}")).unwrap_or_default();
    line += &item.app_password.as_ref().map(|name| format!(", app password {name}")).unwrap_or_default();
    if item.count > 1 {
        line += &format!(", {} times until {}", item.count, item.last);
    }
    line
}

pub(super) fn hold(item: &HoldItem) -> String {
    let what = item.identifier.as_ref().map_or_else(|| "everything".to_owned(), |about| format!("message {about}"));
    format!("  legal hold on {what} since {}, by {}: {}", item.since, item.by, item.reason)
}
