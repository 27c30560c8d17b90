//! The mailbox that is meant, and how it is shown.

use pec::Address;
use store::Mailbox;

use crate::act::unit::UnitNames;
use crate::control::{Control, Out};
use crate::refused::Refused;

pub(super) async fn shown(control: &Control, mailbox: &Mailbox, out: &Out) -> Result<(), Refused> {
    out.send(UnitNames::default().item(control, mailbox).await?).await
}

pub(super) async fn existing(control: &Control, address: &Address) -> Result<Mailbox, Refused> {
    let found = control.faces.principals.mailbox(address).await?;
    found.ok_or_else(|| Refused::missing(format!("no mailbox {address}")))
}

/// A holder's mailbox: the service mailbox takes what the norm says.
pub(crate) async fn holders(control: &Control, address: &Address) -> Result<Mailbox, Refused> {
    let mailbox = existing(control, address).await?;
    if mailbox.service {
        return Err(Refused::request(format!(
            "{address} is the provider's service mailbox: nobody logs in to it, and it takes what the norm says"
        )));
    }
    Ok(mailbox)
}
