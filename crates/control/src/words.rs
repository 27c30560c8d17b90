//! Items in plain words, for the terminal.

mod mailbox;
mod message;
mod person;
mod queue;
mod unit;
mod upkeep;
mod user;

use crate::item::Item;

pub use upkeep::checked;
pub(crate) use upkeep::progress;

/// The lines that show an item. What others wrote is cleared of control characters, so that nothing it holds commands the
/// terminal.
pub fn lines(item: &Item) -> Vec<String> {
    let lines = match item {
        Item::Access(item) => vec![mailbox::access(item)],
        Item::Addressee(item) => message::addressee(item),
        Item::AppPassword(item) => user::app_password(item),
        Item::Check(item) => vec![upkeep::check(item)],
        Item::Discrepancy(item) => vec![message::discrepancy(item)],
        Item::Dispatch(item) => queue::dispatch(item),
        Item::Domain(item) => vec![mailbox::domain(item)],
        Item::Done(item) => vec![item.what.clone()],
        // Only for who waits at a terminal.
        Item::Progress(_) => Vec::new(),
        Item::Erasure(item) => vec![person::erasure(item)],
        Item::Fault(item) => vec![format!("fault: {}: {}", item.place, item.what)],
        Item::Found(item) => message::found(item),
        Item::Forecast(item) => vec![mailbox::forecast(item)],
        Item::Grant(item) => vec![user::grant(item)],
        Item::Hold(item) => vec![mailbox::hold(item)],
        Item::Hop(item) => vec![queue::hop(item)],
        Item::Mailbox(item) => vec![mailbox::mailbox(item)],
        Item::Message(item) => vec![message::message(item)],
        Item::More(item) => vec![format!("there may be more: --before {}", item.before)],
        Item::Office(item) => vec![unit::office(item)],
        Item::Organisation(item) => vec![unit::organisation(item)],
        Item::Peer(item) => queue::peer(item),
        Item::Row(item) => message::row(item),
        Item::Status(item) => upkeep::status(item),
        Item::Subject(item) => message::subject(item),
        Item::User(item) => vec![user::user(item)],
    };
    lines.into_iter().map(|line| line.replace(char::is_control, " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::AddresseeItem;

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
