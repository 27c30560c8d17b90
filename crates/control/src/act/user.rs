//! On users.

use pec::Address;
use store::{Account, Grant, GrantedOn, GrantsOf, Rights, Unit, User};

use crate::act::mailbox::holders;
use crate::act::unit::{UnitNames, office};
use crate::address::user_name;
use crate::control::{Control, Out};
use crate::item::Item;
use crate::named::RightsWanted;
use crate::operator::Operator;
use crate::password::NewPassword;
use crate::record::Act;
use crate::refused::Refused;
use crate::request::UserRequest;
use crate::unit::UnitPath;

pub(crate) async fn execute(control: &Control, request: UserRequest, who: &Operator, out: &Out) -> Result<(), Refused> {
    match request {
        UserRequest::List => {
            for user in control.faces.principals.users().await? {
                out.send(&user).await?;
            }
            Ok(())
        }
        UserRequest::Show { name } => {
            let user = existing(control, &name).await?;
            out.send(&user).await?;
            let mut names = UnitNames::default();
            for grant in control.faces.principals.grants(GrantsOf::User(user.name)).await? {
                out.send(names.grant(control, &grant).await?).await?;
            }
            Ok(())
        }
        UserRequest::Add { name, display, password } => add(control, &name, &display, password, who, out).await,
        UserRequest::Enable { name } => enable(control, &name, true, who, out).await,
        UserRequest::Disable { name } => enable(control, &name, false, who, out).await,
        UserRequest::Password { name, password } => set_password(control, &name, &password, who, out).await,
        UserRequest::Grant { name, mailbox, rights } => grant(control, &name, &mailbox, rights.0, who, out).await,
        UserRequest::GrantOffice { name, office, rights } => {
            grant_office(control, &name, &office, rights.0, who, out).await
        }
        UserRequest::RevokeOffice { name, office } => {
            grant_office(control, &name, &office, Rights::default(), who, out).await
        }
        UserRequest::Revoke { name, mailbox } => grant(control, &name, &mailbox, Rights::default(), who, out).await,
    }
}

pub(crate) async fn existing(control: &Control, name: &str) -> Result<User, Refused> {
    let found = control.faces.principals.user(name).await?;
    found.ok_or_else(|| Refused::missing(format!("no user {name}")))
}

/// Characters of a name for people.
const DISPLAY: usize = 200;

async fn add(
    control: &Control,
    name: &str,
    display: &str,
    password: Option<NewPassword>,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let name = user_name(name)?;
    let display = display.trim();
    if display.chars().count() > DISPLAY || display.chars().any(char::is_control) {
        return Err(Refused::request(format!(
            "a name for people has at most {DISPLAY} characters and no control characters"
        )));
    }
    if let Some(password) = &password {
        password.check(&name)?;
    }
    let now = control.now();
    let display = if display.is_empty() { name.as_str() } else { display };
    let made = control.faces.principals.create_user(&name, display, password.as_ref().map(NewPassword::expose)).await?;
    let user = made.ok_or_else(|| {
        Refused::request(format!("user {name} exists already, or was erased and is still named in the evidence"))
    })?;
    let login = if password.is_some() { "" } else { ", without a password" };
    control.record(now, who, Act::new(format!("user add{login}"), [user.name.clone()])).await?;
    out.send(&user).await
}

async fn enable(control: &Control, name: &str, enabled: bool, who: &Operator, out: &Out) -> Result<(), Refused> {
    let user = existing(control, name).await?;
    let now = control.now();
    if !control.faces.principals.enable_user(&user.name, enabled).await? {
        return Err(Refused::missing(format!("no user {name} any more")));
    }
    let what = if enabled { "user enable" } else { "user disable" };
    control.record(now, who, Act::new(what, [user.name.clone()])).await?;
    out.send(&User { enabled, ..user }).await
}

async fn set_password(
    control: &Control,
    name: &str,
    password: &NewPassword,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let user = existing(control, name).await?;
    password.check(&user.name)?;
    let now = control.now();
    if !control.faces.principals.set_password(&Account::User(user.name.clone()), password.expose()).await? {
        return Err(Refused::missing(format!("no user {name} any more")));
    }
    control.record(now, who, Act::new("user password", [user.name.clone()])).await?;
    out.send(Item::done(format!("user {} has a new password", user.name))).await
}

async fn grant(
    control: &Control,
    name: &str,
    mailbox: &Address,
    rights: Rights,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let user = existing(control, name).await?;
    let mailbox = holders(control, mailbox).await?.address;
    let now = control.now();
    if !control.faces.principals.grant(&user.name, &mailbox, rights).await? {
        return Err(Refused::missing(format!("no user {name} or no mailbox {mailbox} any more")));
    }
    let concerns = [user.name.clone(), mailbox.to_string()];
    if rights == Rights::default() {
        control.record(now, who, Act::new("user revoke", concerns)).await?;
        return out.send(Item::done(format!("user {} may no longer use {mailbox}", user.name))).await;
    }
    control.record(now, who, Act::new(format!("user grant {}", RightsWanted(rights)), concerns)).await?;
    let grant = Grant { user, on: GrantedOn::Mailbox(mailbox), rights };
    out.send(UnitNames::default().grant(control, &grant).await?).await
}

async fn grant_office(
    control: &Control,
    name: &str,
    path: &UnitPath,
    rights: Rights,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let (user, id) = (existing(control, name).await?, office(control, path).await?);
    let mut names = UnitNames::default();
    let path = names.path(control, Unit::Office(id)).await?;
    let now = control.now();
    if !control.faces.principals.grant_office(&user.name, id, rights).await? {
        return Err(Refused::missing(format!("no user {name} or no office {path} any more")));
    }
    let concerns = [user.name.clone(), path.clone()];
    if rights == Rights::default() {
        control.record(now, who, Act::new("user revoke", concerns)).await?;
        return out.send(Item::done(format!("user {} has no right on {path} any more", user.name))).await;
    }
    control.record(now, who, Act::new(format!("user grant {}", RightsWanted(rights)), concerns)).await?;
    let grant = Grant { user, on: GrantedOn::Office(id), rights };
    out.send(names.grant(control, &grant).await?).await
}
