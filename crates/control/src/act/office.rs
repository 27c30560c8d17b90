//! On offices.

use std::fmt::Display;

use store::{GrantsOf, NewOffice, Office, OfficeChange, OfficeId, Organisation, Unit};

use crate::act::unit::{UnitNames, office, organisation, unit};
use crate::control::{Control, Out};
use crate::item::{Item, OfficeItem};
use crate::operator::Operator;
use crate::record::Act;
use crate::refused::Refused;
use crate::request::OfficeRequest;
use crate::unit::{UnitPath, sayable};

pub(crate) async fn execute(
    control: &Control,
    request: OfficeRequest,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let face = &control.faces.organisations;
    let now = control.now();
    let (made, act) = match request {
        OfficeRequest::List { organisation: name } => {
            return tree(control, &organisation(control, &name).await?, out).await;
        }
        OfficeRequest::Show { office: path } => return show(control, &path, out).await,
        OfficeRequest::Add { office: path, aoo, uo } => {
            let Some((above, name)) = path.split() else {
                return Err(Refused::request(format!(
                    "{path} names an organisation alone: the new office's name comes after it, as '{path}/NAME'"
                )));
            };
            [&aoo, &uo].into_iter().flatten().try_for_each(|code| sayable(code))?;
            let act = format!("office add{}", codes(aoo.as_ref(), uo.as_ref()));
            let under = unit(control, &above).await?;
            (face.add_office(NewOffice { under, name: name.to_owned(), aoo, uo }).await?, act)
        }
        OfficeRequest::Set { office: path, aoo, uo } => {
            if aoo.is_none() && uo.is_none() {
                return Err(Refused::request("nothing to change was named"));
            }
            [&aoo, &uo].into_iter().flatten().filter_map(|code| code.0.as_ref()).try_for_each(|code| sayable(code))?;
            let act = format!("office set{}", codes(aoo.as_ref(), uo.as_ref()));
            let change =
                OfficeChange { aoo: aoo.map(|code| code.0), uo: uo.map(|code| code.0), ..OfficeChange::default() };
            (changed(control, &path, change).await?, act)
        }
        OfficeRequest::Rename { office: path, to } => {
            let change = OfficeChange { name: Some(to), ..OfficeChange::default() };
            (changed(control, &path, change).await?, format!("office rename from {path}"))
        }
        OfficeRequest::Move { office: path, under } => {
            let under = unit(control, &under).await?;
            let change = OfficeChange { under: Some(under), ..OfficeChange::default() };
            (changed(control, &path, change).await?, format!("office move from {path}"))
        }
        OfficeRequest::Remove { office: path } => {
            let id = office(control, &path).await?;
            let name = named(control, id).await?;
            if !face.remove_office(id).await? {
                return Err(Refused::missing(format!("no office {path} any more")));
            }
            control.record(now, who, Act::new("office remove", [name.clone()])).await?;
            return out.send(Item::done(format!("there is no office {name} any more"))).await;
        }
    };
    let path = named(control, made.id).await?;
    control.record(now, who, Act::new(act, [path.clone()])).await?;
    out.send(Item::Office(OfficeItem::of(made, path))).await
}

/// Codes as the evidence tells them.
fn codes(aoo: Option<impl Display>, uo: Option<impl Display>) -> String {
    let told = [aoo.map(|code| format!(" aoo={code}")), uo.map(|code| format!(" uo={code}"))];
    told.into_iter().flatten().collect()
}

async fn named(control: &Control, id: OfficeId) -> Result<String, Refused> {
    UnitNames::default().path(control, Unit::Office(id)).await
}

async fn changed(control: &Control, path: &UnitPath, change: OfficeChange) -> Result<Office, Refused> {
    let id = office(control, path).await?;
    let made = control.faces.organisations.change_office(id, change).await?;
    made.ok_or_else(|| Refused::missing(format!("no office {path} any more")))
}

async fn show(control: &Control, path: &UnitPath, out: &Out) -> Result<(), Refused> {
    let id = office(control, path).await?;
    let found = control.faces.organisations.office(id).await?;
    let found = found.ok_or_else(|| Refused::missing(format!("no office {path} any more")))?;
    out.send(Item::Office(OfficeItem::of(found, named(control, id).await?))).await?;
    let mut names = UnitNames::default();
    for one in control.faces.principals.grants(GrantsOf::Office(id)).await? {
        out.send(names.grant(control, &one).await?).await?;
    }
    Ok(())
}

/// The offices of an organisation, each before those below it.
pub(crate) async fn tree(control: &Control, of: &Organisation, out: &Out) -> Result<(), Refused> {
    let mut names = vec![of.name.clone()];
    for office in control.faces.organisations.offices(of.id).await? {
        let depth = office.depth;
        names.truncate(usize::try_from(depth).unwrap_or(usize::MAX));
        names.push(office.name.clone());
        let item = OfficeItem { depth: Some(depth), ..OfficeItem::of(office, names.join("/")) };
        out.send(Item::Office(item)).await?;
    }
    Ok(())
}
