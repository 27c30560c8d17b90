//! Items in plain words, for the terminal.

mod unit;

use store::{Checked, Protocol, Round};

use crate::item::{
    AccessItem, AddresseeItem, AppPasswordItem, CheckItem, DispatchItem, DomainItem, GrantItem, HoldItem, HopItem,
    Item, MailboxItem, MessageItem, PeerItem, ProgressItem, RowItem, StatusItem, SubjectItem, UserItem,
};

/// The lines that show an item. What others wrote is cleared of control characters, so that nothing it holds commands the
/// terminal.
pub fn lines(item: &Item) -> Vec<String> {
    let lines = match item {
        Item::Access(item) => vec![access(item)],
        Item::Addressee(item) => addressee(item),
        Item::AppPassword(item) => app_password(item),
        Item::Check(item) => vec![check(item)],
        Item::Dispatch(item) => dispatch(item),
        Item::Domain(item) => vec![domain(item)],
        Item::Done(item) => vec![item.what.clone()],
        // Only for who waits at a terminal.
        Item::Progress(_) => Vec::new(),
        Item::Fault(item) => vec![format!("fault: {}: {}", item.place, item.what)],
        Item::Grant(item) => vec![grant(item)],
        Item::Hold(item) => vec![hold(item)],
        Item::Hop(item) => vec![hop(item)],
        Item::Mailbox(item) => vec![mailbox(item)],
        Item::Message(item) => vec![message(item)],
        Item::Office(item) => vec![unit::office(item)],
        Item::Organisation(item) => vec![unit::organisation(item)],
        Item::Peer(item) => peer(item),
        Item::Row(item) => row(item),
        Item::Status(item) => status(item),
        Item::Subject(item) => subject(item),
        Item::User(item) => vec![user(item)],
    };
    lines.into_iter().map(|line| line.replace(char::is_control, " ")).collect()
}

fn domain(item: &DomainItem) -> String {
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
    if let Some(organisation) = &item.organisation {
        line += &format!(", of {organisation}");
    }
    line + if item.english { ", English text too" } else { "" }
}

fn mailbox(item: &MailboxItem) -> String {
    let mut line = format!("{:40} {:>12} of {} octets", item.address, item.counted, item.quota);
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

fn access(item: &AccessItem) -> String {
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

fn app_password(item: &AppPasswordItem) -> Vec<String> {
    let mailbox = item.mailbox.as_ref().map(|mailbox| format!(" for {mailbox}")).unwrap_or_default();
    let ends = match (&item.ends, item.ended) {
        (Some(ends), true) => format!(", ended {ends}"),
        (Some(ends), false) => format!(", ends {ends}"),
        (None, _) => String::new(),
    };
    let used = item.used.as_ref().map_or_else(|| "never used".to_owned(), |used| format!("last used {used}"));
    let mut lines = vec![format!(
        "app password {} of {}{mailbox}: {} ({}), made {}{ends}, {used}",
        item.id,
        item.login,
        item.name,
        item.protocols.join(", "),
        item.made
    )];
    if let Some(secret) = &item.secret {
        let opened = item.mailbox.as_ref().unwrap_or(&item.login);
        lines.push(format!("  secret: {secret}"));
        lines.push(format!(
            "  It is shown this once. A mail program takes it as the password, and {opened} as the user name."
        ));
    }
    lines
}

fn user(item: &UserItem) -> String {
    format!("{:30} {}{}", item.name, item.display, if item.enabled { "" } else { "  (disabled)" })
}

fn grant(item: &GrantItem) -> String {
    let rights = [(item.read, "reads"), (item.send, "sends from"), (item.manage, "manages")];
    let rights: Vec<&str> = rights.into_iter().filter(|(has, _)| *has).map(|(_, name)| name).collect();
    let on = match (&item.mailbox, &item.office) {
        (Some(mailbox), _) => mailbox.clone(),
        (None, office) => format!("the mailboxes of {}", office.as_deref().unwrap_or_default()),
    };
    format!("  user {} {} {on}", item.user, rights.join(", "))
}

fn hold(item: &HoldItem) -> String {
    let what = item.identifier.as_ref().map_or_else(|| "everything".to_owned(), |about| format!("message {about}"));
    format!("  legal hold on {what} since {}, by {}: {}", item.since, item.by, item.reason)
}

fn hop(item: &HopItem) -> String {
    let error = item.last_error.as_ref().map(|error| format!("; last: {error}")).unwrap_or_default();
    format!("waits for {}: {} dispatches, the oldest since {}{error}", item.hop, item.dispatches, item.oldest)
}

fn dispatch(item: &DispatchItem) -> Vec<String> {
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

fn subject(item: &SubjectItem) -> Vec<String> {
    let sender = if item.sender.is_empty() { "nobody (<>)" } else { &item.sender };
    let mut lines = vec![format!("message {}", item.identifier), format!("  from {sender}")];
    for named in &item.recipients {
        let certified = match named.certified {
            Some(true) => "certified",
            Some(false) => "ordinary",
            None => "nothing certified",
        };
        lines.push(format!("  to {} ({certified})", named.address));
    }
    lines.push(format!("  subject: {}", item.subject));
    lines.extend(item.client_id.as_ref().map(|id| format!("  Message-ID of the sender's program: {id}")));
    lines.extend(item.original.as_ref().map(|digest| format!("  SHA-256 of the original: {digest}")));
    lines.extend(item.canonical.as_ref().map(|bytes| format!("  canonical bytes: {bytes}")));
    lines
}

fn message(item: &MessageItem) -> String {
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

fn addressee(item: &AddresseeItem) -> Vec<String> {
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

fn row(item: &RowItem) -> Vec<String> {
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

fn status(item: &StatusItem) -> Vec<String> {
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

fn peer(item: &PeerItem) -> Vec<String> {
    let hosts = item.hosts.iter().map(|one| format!("  {:40} valid certificate seen {}", one.host, one.valid));
    std::iter::once(item.provider.clone()).chain(hosts).collect()
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

fn check(item: &CheckItem) -> String {
    let CheckItem { whole, messages, originals, evidence, orphans, faults } = item;
    let result = if *whole { "the store is whole".to_owned() } else { format!("{faults} FAULTS") };
    format!(
        "{result}: {messages} messages, {originals} originals, {evidence} rows of evidence, {orphans} files to sweep"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_commands_no_terminal() {
        let item = Item::done("a\u{1b}[2Jb\nc");
        assert_eq!(lines(&item), ["a [2Jb c"]);
    }

    #[test]
    fn a_recipients_fate_is_told_with_when_why_and_by_which_receipt() {
        let item = Item::Addressee(AddresseeItem {
            identifier: "1@alfa.example".into(),
            recipient: "bob@beta.example".into(),
            state: "not-delivered".into(),
            since: "2026-11-27T10:00:00+01:00".into(),
            taken_in_charge: Some("2026-11-27T09:00:00+01:00".into()),
            warned: None,
            code: Some("5.2.2".into()),
            receipt: Some("9@beta.example".into()),
            due: None,
            late: None,
        });
        assert_eq!(
            lines(&item),
            [
                "to bob@beta.example: not delivered (5.2.2), since 2026-11-27T10:00:00+01:00",
                "  taken in charge 2026-11-27T09:00:00+01:00",
                "  receipt 9@beta.example",
            ]
        );
    }
}
