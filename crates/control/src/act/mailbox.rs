//! On mailboxes.

mod found;
mod set;

use pec::Address;
use store::{Account, Created, GrantsOf, Mailbox, MailboxState, NewMailbox, Renamed};

use self::found::{existing, shown};
use self::set::{postmaster, set};
use crate::act::unit::{UnitNames, unit};
use crate::control::{Control, Out};
use crate::item::{AccessItem, ForecastItem, Item};
use crate::operator::Operator;
use crate::password::NewPassword;
use crate::quota::within_bounds;
use crate::record::Act;
use crate::refused::Refused;
use crate::request::{MailboxRequest, SetMailbox};
use crate::setting::Day;
use crate::unit::UnitPath;

pub(crate) use self::found::holders;

/// Mailboxes read at once.
const PAGE: usize = 1000;

pub(crate) async fn execute(
    control: &Control,
    request: MailboxRequest,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    match request {
        MailboxRequest::List { domain, within, fuller_than } => {
            list(control, domain.as_deref(), within.as_ref(), fuller_than, out).await
        }
        MailboxRequest::Show { address } => show(control, &address, out).await,
        MailboxRequest::Add { address, password, quota, within } => {
            add(control, address, password, quota, within, who, out).await
        }
        MailboxRequest::Set(change) => set(control, change, "mailbox set", who, out).await,
        MailboxRequest::History { address, since } => history(control, &address, since, out).await,
        MailboxRequest::Rename { from, to } => rename(control, &from, &to, who, out).await,
        MailboxRequest::Close { address } => {
            let state = Some(MailboxState::Closed.name().to_owned());
            set(control, SetMailbox { state, ..SetMailbox::of(address) }, "mailbox close", who, out).await
        }
        MailboxRequest::Password { address, password } => set_password(control, &address, &password, who, out).await,
    }
}

async fn list(
    control: &Control,
    domain: Option<&str>,
    within: Option<&UnitPath>,
    fuller_than: Option<u64>,
    out: &Out,
) -> Result<(), Refused> {
    let domain = domain.map(str::to_ascii_lowercase);
    let within = match within {
        Some(path) => Some(unit(control, path).await?),
        None => None,
    };
    let (mut after, mut names): (Option<Address>, _) = (None, UnitNames::default());
    loop {
        let page = match within {
            Some(unit) => control.faces.organisations.mailboxes_in(unit, after.as_ref(), PAGE).await?,
            None => control.faces.principals.mailboxes(after.as_ref(), PAGE).await?,
        };
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.address.clone());
        for mailbox in &page {
            let of_domain = domain.as_ref().is_none_or(|domain| mailbox.address.domain_key() == *domain);
            if of_domain && fuller_than.is_none_or(|percent| is_fuller(mailbox, percent)) {
                out.send(names.item(control, mailbox).await?).await?;
            }
        }
    }
}

/// Whether a mailbox holds more than so many percent of its quota, by the octet.
fn is_fuller(mailbox: &Mailbox, percent: u64) -> bool {
    !mailbox.service && u128::from(mailbox.counted) * 100 > u128::from(percent) * u128::from(mailbox.quota)
}

async fn show(control: &Control, address: &Address, out: &Out) -> Result<(), Refused> {
    let mailbox = existing(control, address).await?;
    let mut names = UnitNames::default();
    out.send(names.item(control, &mailbox).await?).await?;
    if !mailbox.service {
        let now = control.now();
        let forecast =
            control.faces.fullness.growth(mailbox.id, now).await?.forecast(mailbox.counted, mailbox.quota, now);
        out.send(Item::Forecast(ForecastItem::of(&mailbox, forecast))).await?;
    }
    for hold in control.faces.principals.holds(&mailbox.address).await? {
        out.send(&hold).await?;
    }
    for grant in control.faces.principals.grants(GrantsOf::Mailbox(mailbox.address)).await? {
        out.send(names.grant(control, &grant).await?).await?;
    }
    Ok(())
}

async fn history(control: &Control, address: &Address, since: Option<Day>, out: &Out) -> Result<(), Refused> {
    let mailbox = holders(control, address).await?.address;
    let mut after = 0;
    loop {
        let page = control.faces.accesses.accesses(&mailbox, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for row in page.iter().filter(|row| since.is_none_or(|Day(since)| row.last >= since)) {
            out.send(Item::Access(AccessItem::of(&mailbox, row))).await?;
        }
    }
}

async fn add(
    control: &Control,
    address: Address,
    password: Option<NewPassword>,
    quota: u64,
    within: Option<UnitPath>,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let principals = &control.faces.principals;
    control.addresses.holder(&address, &principals.domains().await?)?;
    within_bounds(quota)?;
    if let Some(password) = &password {
        password.check(address.as_str())?;
    }
    let now = control.now();
    let login = if password.is_some() { "" } else { ", without a password" };
    let password = password.map(|password| password.expose().to_owned());
    let new = NewMailbox { address: address.clone(), password, quota, service: false };
    let made = match &within {
        Some(path) => control.faces.organisations.create_mailbox_in(new, unit(control, path).await?).await?,
        None => principals.create_mailbox(new).await?,
    };
    match made {
        Created::Made => {}
        Created::Exists => return Err(Refused::request(format!("{address} exists already"))),
        Created::Former => return Err(never_again(&address)),
    }
    let place = within.map(|path| format!(" office={path}")).unwrap_or_default();
    control
        .record(now, who, Act::new(format!("mailbox add quota={quota}{place}{login}"), [address.to_string()]))
        .await?;
    shown(control, &existing(control, &address).await?, out).await
}

fn never_again(address: &Address) -> Refused {
    Refused::request(format!(
        "{address} was another holder's address and is never given again: who writes to it means him, and his receipts name it"
    ))
}

async fn rename(control: &Control, from: &Address, to: &Address, who: &Operator, out: &Out) -> Result<(), Refused> {
    let mailbox = holders(control, from).await?;
    if mailbox.address.is_postmaster() {
        return Err(postmaster(&mailbox.address));
    }
    control.addresses.holder(to, &control.faces.principals.domains().await?)?;
    if mailbox.address == *to {
        return Err(Refused::request(format!("{to} is the address that it has")));
    }
    let now = control.now();
    match control.faces.principals.rename_mailbox(&mailbox.address, to, now).await? {
        Renamed::Done => {}
        Renamed::Missing => return Err(Refused::missing(format!("no mailbox {from} any more"))),
        Renamed::Taken => return Err(Refused::request(format!("{to} is, or was, another mailbox's address"))),
    }
    let concerns = [mailbox.address.to_string(), to.to_string()];
    control.record(now, who, Act::new(format!("mailbox rename to {to}"), concerns)).await?;
    shown(control, &existing(control, to).await?, out).await
}

async fn set_password(
    control: &Control,
    address: &Address,
    password: &NewPassword,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let mailbox = holders(control, address).await?;
    password.check(mailbox.address.as_str())?;
    let now = control.now();
    let account = Account::Mailbox(mailbox.address.clone());
    if !control.faces.principals.set_password(&account, password.expose()).await? {
        return Err(Refused::missing(format!("no mailbox {address} any more")));
    }
    control.record(now, who, Act::new("mailbox password", [mailbox.address.to_string()])).await?;
    out.send(Item::done(format!("{} has a new password", mailbox.address))).await
}
