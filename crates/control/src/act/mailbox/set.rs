//! What of a mailbox is changed.

use pec::Address;
use store::{MailboxChange, MailboxState, OrdinaryMail};

use super::found::{holders, shown};
use crate::act::unit::unit;
use crate::address::leaves;
use crate::control::{Control, Out};
use crate::operator::Operator;
use crate::quota::within_bounds;
use crate::record::Act;
use crate::refused::Refused;
use crate::request::SetMailbox;
use crate::setting::{self, Setting};
use crate::unit::OrNone;

pub(super) async fn set(
    control: &Control,
    change: SetMailbox,
    what: &str,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let SetMailbox {
        address,
        state,
        quota,
        ordinary,
        correspondents,
        sent_copies,
        receipts,
        within,
        switches,
        without,
    } = change;
    let state = state.as_deref().map(setting::state).transpose().map_err(Refused::request)?;
    let told: String = [
        state.map(|state| format!(" state={}", state.name())),
        quota.map(|quota| format!(" quota={quota}")),
        ordinary.as_ref().map(|ordinary| format!(" ordinary={ordinary}")),
        correspondents.as_ref().map(|group| format!(" correspondents={group}")),
        sent_copies.as_ref().map(|copies| format!(" sent-copies={copies}")),
        receipts.map(|receipts| format!(" receipts={receipts}")),
        without.as_ref().map(|without| format!(" without-capability={without}")),
        within.as_ref().map(|within| format!(" office={within}")),
    ]
    .into_iter()
    .flatten()
    .chain(switches.iter().map(|(protocol, on)| format!(" {}={}", protocol.name(), if on { "on" } else { "off" })))
    .collect();
    if told.is_empty() {
        return Err(Refused::request("nothing to change was named"));
    }
    quota.map_or(Ok(()), within_bounds)?;
    if let Some(Setting::To(ordinary)) = &ordinary {
        leaves(ordinary, &control.faces.principals.domains().await?)?;
    }
    let mailbox = holders(control, &address).await?;
    let change = MailboxChange {
        state,
        quota,
        ordinary: ordinary.map(Setting::into_option),
        correspondents: correspondents.map(Setting::into_option),
        sent_copies: sent_copies.map(Setting::into_option),
        receipts,
        unit: match within {
            None => None,
            Some(OrNone(None)) => Some(None),
            Some(OrNone(Some(path))) => Some(Some(unit(control, &path).await?)),
        },
        switch_on: switches.to(true),
        switch_off: switches.to(false),
        without,
    };
    if mailbox.address.is_postmaster() {
        takes_all(&mailbox.address, &change)?;
    }
    let now = control.now();
    let Some(after) = control.faces.principals.change_mailbox(&mailbox.address, change).await? else {
        return Err(Refused::missing(format!("no mailbox {address} any more")));
    };
    control.record(now, who, Act::new(format!("{what}{told}"), [mailbox.address.to_string()])).await?;
    shown(control, &after, out).await
}

/// The operator's mailbox takes what is for the postmaster, from everybody.
fn takes_all(address: &Address, change: &MailboxChange) -> Result<(), Refused> {
    let MailboxChange {
        state,
        quota: _,
        ordinary,
        correspondents,
        sent_copies: _,
        receipts: _,
        unit: _,
        switch_on: _,
        switch_off: _,
        without: _,
    } = change;
    let receives = state.is_none_or(|state| matches!(state, MailboxState::Active | MailboxState::ReceiveOnly));
    let ordinary = !matches!(ordinary, Some(Some(OrdinaryMail::Refuse)));
    if receives && ordinary && correspondents.is_none() {
        return Ok(());
    }
    Err(postmaster(address))
}

pub(super) fn postmaster(address: &Address) -> Refused {
    Refused::request(format!(
        "{address} is the operator's mailbox: every domain's postmaster takes mail from everybody (RFC 5321 §4.5.1)"
    ))
}
