//! What is told of a person's accounts: the accounts themselves, rights, secrets without what is secret in them, legal holds, and the
//! accesses.

use pec::Moment;
use store::{Account, GrantsOf, Hold};

use crate::act::unit::UnitNames;
use crate::control::{Control, Out};
use crate::item::{AccessItem, AppPasswordItem, Item};
use crate::person::Person;
use crate::refused::Refused;

/// Rows read at once.
const PAGE: usize = 1000;

/// Accounts first, then accesses.
pub(super) async fn tell(control: &Control, person: &Person, now: Moment, out: &Out) -> Result<(), Refused> {
    let mut names = UnitNames::default();
    let principals = &control.faces.principals;
    for user in &person.users {
        out.send(user).await?;
        for grant in principals.grants(GrantsOf::User(user.name.clone())).await? {
            out.send(names.grant(control, &grant).await?).await?;
        }
        app_passwords(control, Account::User(user.name.clone()), now, out).await?;
    }
    for mailbox in &person.mailboxes {
        out.send(names.item(control, mailbox).await?).await?;
        for hold in principals.holds(&mailbox.address).await? {
            // Who put it and why may be an inquiry's.
            out.send(&Hold { by: String::new(), why: String::new(), ..hold }).await?;
        }
        for grant in principals.grants(GrantsOf::Mailbox(mailbox.address.clone())).await? {
            out.send(names.grant(control, &grant).await?).await?;
        }
        app_passwords(control, Account::Mailbox(mailbox.address.clone()), now, out).await?;
    }
    accesses(control, person, out).await
}

async fn app_passwords(control: &Control, of: Account, now: Moment, out: &Out) -> Result<(), Refused> {
    for app in control.faces.app_passwords.app_passwords(&of).await? {
        out.send(Item::AppPassword(AppPasswordItem::of(&app, now))).await?;
    }
    Ok(())
}

/// Everything that happened at the person's own mailboxes, and what it did at those of others.
async fn accesses(control: &Control, person: &Person, out: &Out) -> Result<(), Refused> {
    for mailbox in &person.mailboxes {
        let mut after = 0;
        loop {
            let page = control.faces.accesses.accesses(&mailbox.address, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for row in &page {
                out.send(Item::Access(AccessItem::of(&mailbox.address, row))).await?;
            }
        }
    }
    let users = person.users.iter().map(|user| user.name.as_str()).chain(person.erased.keys().map(String::as_str));
    for user in users {
        let mut after = 0;
        loop {
            let page = control.faces.persons.accesses_by(user, after, PAGE).await?;
            let Some((_, last)) = page.last() else { break };
            after = last.id;
            for (whose, row) in page.iter().filter(|(whose, _)| !person.has(whose.as_str())) {
                out.send(Item::Access(AccessItem::of(whose, row))).await?;
            }
        }
    }
    Ok(())
}
