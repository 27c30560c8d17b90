//! On secrets for mail programs.

use pec::Address;
use store::{Account, AppPasswordId, AppPasswordMade, NewAppPassword, Protocols};

use crate::act::mailbox::holders;
use crate::act::user::existing;
use crate::control::{Control, Out};
use crate::item::{AppPasswordItem, Item};
use crate::login::LoginName;
use crate::operator::Operator;
use crate::record::Act;
use crate::refused::Refused;
use crate::request::AppPasswordRequest;
use crate::setting::Day;

/// Characters of a name.
const NAME: usize = 100;

pub(crate) async fn execute(
    control: &Control,
    request: AppPasswordRequest,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    match request {
        AppPasswordRequest::Add { login, name, mailbox, protocols, ends } => {
            let new = Wanted { name, mailbox, protocols, ends };
            add(control, &login, new, who, out).await
        }
        AppPasswordRequest::List { login } => {
            let of = account(control, &login).await?;
            let now = control.now();
            for app in control.faces.app_passwords.app_passwords(&of).await? {
                out.send(Item::AppPassword(AppPasswordItem::of(&app, now))).await?;
            }
            Ok(())
        }
        AppPasswordRequest::Remove { login, id } => remove(control, &login, AppPasswordId(id), who, out).await,
    }
}

/// Whose it is, who must exist.
async fn account(control: &Control, login: &LoginName) -> Result<Account, Refused> {
    Ok(match &login.0 {
        Account::Mailbox(address) => Account::Mailbox(holders(control, address).await?.address),
        Account::User(name) => Account::User(existing(control, name).await?.name),
    })
}

/// What an app password shall be.
struct Wanted {
    name: String,
    mailbox: Option<Address>,
    protocols: Protocols,
    ends: Option<Day>,
}

async fn add(control: &Control, login: &LoginName, new: Wanted, who: &Operator, out: &Out) -> Result<(), Refused> {
    let of = account(control, login).await?;
    let now = control.now();
    let Wanted { name, mailbox, protocols, ends } = new;
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(Refused::request(format!(
            "an app password's name has 1 to {NAME} characters and no control characters: it says which program or device it is for"
        )));
    }
    if protocols.is_empty() {
        return Err(Refused::request("an app password that is for no protocol is good for nothing"));
    }
    let ends = ends.map(|Day(day)| day);
    if ends.is_some_and(|ends| ends <= now) {
        return Err(Refused::request("an app password ends on a day that is still to come"));
    }
    let mailbox = match (&of, mailbox) {
        (Account::Mailbox(own), Some(other)) if *own != other => {
            return Err(Refused::request(format!("an app password of {own} opens no other mailbox")));
        }
        (Account::Mailbox(_), _) => None,
        (Account::User(_), mailbox) => mailbox,
    };
    let mut told = format!("app-password add {name:?} protocols={protocols}");
    if let Some(mailbox) = &mailbox {
        told += &format!(" mailbox={mailbox}");
    }
    if let Some(ends) = ends {
        told += &format!(" ends={}", Day(ends));
    }
    let new = NewAppPassword { of, mailbox, name, protocols, made: now, ends };
    let (mailbox, name) = (new.mailbox.clone(), new.name.clone());
    let (made, secret) = match control.faces.app_passwords.make_app_password(new).await? {
        AppPasswordMade::Made(made, secret) => (made, secret),
        AppPasswordMade::NoAccount => return Err(Refused::missing(format!("no {login} any more"))),
        AppPasswordMade::NotGranted => {
            let mailbox = mailbox.map(|mailbox| mailbox.to_string()).unwrap_or_default();
            return Err(Refused::request(format!("user {login} may not use {mailbox}: grant it first")));
        }
        AppPasswordMade::Taken => {
            return Err(Refused::request(format!("{login} has an app password named {name:?} already")));
        }
        AppPasswordMade::TooMany { most } => {
            return Err(Refused::request(format!(
                "{login} has {most} app passwords, as many as one may have: remove some"
            )));
        }
    };
    control.record(now, who, Act::new(told, concerned(&made))).await?;
    let item = AppPasswordItem { secret: Some(secret.expose().to_owned()), ..AppPasswordItem::of(&made, now) };
    out.send(Item::AppPassword(item)).await
}

async fn remove(
    control: &Control,
    login: &LoginName,
    id: AppPasswordId,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let of = account(control, login).await?;
    let now = control.now();
    let Some(gone) = control.faces.app_passwords.remove_app_password(&of, id).await? else {
        return Err(Refused::missing(format!("{login} has no app password {}", id.0)));
    };
    let what = format!("app-password remove {:?}", gone.name);
    control.record(now, who, Act::new(what, concerned(&gone))).await?;
    out.send(Item::done(format!(
        "app password {} of {login} ({}) is removed; its sessions have ended",
        id.0, gone.name
    )))
    .await
}

/// Whom an act on it concerns.
fn concerned(app: &store::AppPassword) -> Vec<String> {
    [Some(LoginName(app.of.clone()).to_string()), app.mailbox.as_ref().map(Address::to_string)]
        .into_iter()
        .flatten()
        .collect()
}
