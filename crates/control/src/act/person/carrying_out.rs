//! What can be erased, erased.

use pec::Moment;
use store::{Actor, ErrorKind, Mailbox, Reader, Removal, UidSet};

use super::plan::{Plan, Step, is_born_with, item};
use crate::control::{Control, Out};
use crate::item::{Fate, Item};
use crate::operator::Operator;
use crate::refused::Refused;

/// Does it and says what is gone, and what stays. What was begun is gone on with though nobody reads the answer any more; who is
/// interrupted says it again.
pub(super) async fn carry_out(
    control: &Control,
    plan: Plan,
    now: Moment,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let mut erased = Vec::new();
    for step in &plan.steps {
        match step {
            Step::Contents(mailbox, ..) => erased.push(contents(control, mailbox, now, who).await?),
            Step::Mailbox(mailbox, _) => {
                control.faces.persons.erase_traces(&mailbox.address).await?;
                erased.extend(step.lines());
            }
            Step::User(user, _) => {
                control.faces.persons.erase_user(&user.name, now).await?;
                erased.extend(step.lines());
            }
        }
    }
    let nothing = erased.is_empty();
    for what in erased {
        out.send(Item::Erasure(item(what, Fate::Erased))).await?;
    }
    for stays in plan.stays {
        out.send(Item::Erasure(stays)).await?;
    }
    match nothing {
        true => out.send(Item::done("there was nothing to erase")).await,
        false => Ok(()),
    }
}

/// Removes what no legal hold keeps, with the evidence of each certified message, and the folders that are empty then.
async fn contents(control: &Control, mailbox: &Mailbox, now: Moment, who: &Operator) -> Result<String, Refused> {
    let removal = Removal { by: Actor::Operator(who.name().to_owned()), door: "erasure", at: now };
    let mailboxes = &control.faces.mailboxes;
    let (mut gone, mut held) = (0, 0);
    // Those below a folder first.
    for folder in mailboxes.folders(mailbox.id, Reader::Owner).await?.into_iter().rev() {
        let expunged = mailboxes.expunge(folder.id, &UidSet::all(), &removal).await?;
        gone += expunged.gone.len();
        held += expunged.held.len();
        if is_born_with(&folder.name) || !expunged.held.is_empty() {
            continue;
        }
        match mailboxes.delete_folder(folder.id, &removal).await {
            Ok(()) => {}
            // One that is held meanwhile, or has such a one below it.
            Err(error) if matches!(error.kind, ErrorKind::Held | ErrorKind::Refused) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let kept = if held > 0 { format!("; {held} are held") } else { String::new() };
    Ok(format!("mailbox {}: {gone} messages and its folders{kept}", mailbox.address))
}
