//! On legal holds.

use pec::{Address, Identifier};
use store::{Hold, Holding};

use crate::act::identifier::identifier;
use crate::act::mailbox::holders;
use crate::control::{Control, Out};
use crate::item::Item;
use crate::operator::Operator;
use crate::record::Act;
use crate::refused::Refused;
use crate::request::HoldRequest;

/// Octets of a reason.
pub(crate) const REASON: usize = 1000;

pub(crate) async fn execute(control: &Control, request: HoldRequest, who: &Operator, out: &Out) -> Result<(), Refused> {
    match request {
        HoldRequest::Put { mailbox, identifier, reason } => {
            put(control, &mailbox, identifier.as_deref(), reason, who, out).await
        }
        HoldRequest::Release { mailbox, identifier } => {
            release(control, &mailbox, identifier.as_deref(), who, out).await
        }
    }
}

/// Puts a hold on a mailbox, or on what it has of one message.
async fn put(
    control: &Control,
    address: &Address,
    about: Option<&str>,
    reason: String,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    if reason.trim().is_empty() || reason.len() > REASON {
        return Err(Refused::request(format!("a legal hold needs a reason, of at most {REASON} octets")));
    }
    let about = about.map(identifier).transpose()?;
    let mailbox = holders(control, address).await?.address;
    let (now, by) = (control.now(), who.name().to_owned());
    let hold = Hold { mailbox: mailbox.clone(), identifier: about.clone(), at: now, by, why: reason.clone() };
    match control.faces.principals.put_hold(hold).await? {
        Holding::Done => {}
        Holding::AsItWas => {
            return Err(Refused::request(format!("{} is held already", what(&mailbox, about.as_ref()))));
        }
        Holding::NoMailbox => return Err(Refused::missing(format!("no mailbox {address} any more"))),
    }
    let act = format!("{} hold: {reason}", if about.is_some() { "message" } else { "mailbox" });
    control.record(now, who, Act::new(act, concerns(&mailbox, about.as_ref()))).await?;
    out.send(Item::done(format!("{} is held until it is released", what(&mailbox, about.as_ref())))).await
}

/// Releases one.
async fn release(
    control: &Control,
    address: &Address,
    about: Option<&str>,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let about = about.map(identifier).transpose()?;
    let mailbox = holders(control, address).await?.address;
    let now = control.now();
    if control.faces.principals.release_hold(&mailbox, about.as_ref()).await? != Holding::Done {
        return Err(Refused::request(format!("{} is not held", what(&mailbox, about.as_ref()))));
    }
    let act = format!("{} release", if about.is_some() { "message" } else { "mailbox" });
    control.record(now, who, Act::new(act, concerns(&mailbox, about.as_ref()))).await?;
    out.send(Item::done(format!("{} is released", what(&mailbox, about.as_ref())))).await
}

fn what(mailbox: &Address, about: Option<&Identifier>) -> String {
    about.map_or_else(|| mailbox.to_string(), |about| format!("message {about} in {mailbox}"))
}

fn concerns(mailbox: &Address, about: Option<&Identifier>) -> Vec<String> {
    [mailbox.to_string()].into_iter().chain(about.map(ToString::to_string)).collect()
}
