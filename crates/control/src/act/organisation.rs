//! On organisations.

use store::{Domain, Organisation, OrganisationChange};

use crate::act::office::tree;
use crate::act::unit::organisation;
use crate::control::{Control, Out};
use crate::item::{Item, OrganisationItem};
use crate::operator::Operator;
use crate::record::Act;
use crate::refused::Refused;
use crate::request::OrganisationRequest;
use crate::unit::sayable;

/// Organisations read at once.
const PAGE: usize = 500;

pub(crate) async fn execute(
    control: &Control,
    request: OrganisationRequest,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    let face = &control.faces.organisations;
    let now = control.now();
    let (made, act) = match request {
        OrganisationRequest::List => return list(control, out).await,
        OrganisationRequest::Show { name } => {
            let shown = organisation(control, &name).await?;
            let domains = control.faces.principals.domains().await?;
            out.send(item(shown.clone(), &domains)).await?;
            return tree(control, &shown, out).await;
        }
        OrganisationRequest::Add { name, ipa } => {
            [Some(&name), ipa.as_ref()].into_iter().flatten().try_for_each(|text| sayable(text))?;
            let made = face.add_organisation(&name, ipa.as_deref()).await?;
            let told = made.ipa.as_ref().map(|ipa| format!(" ipa={ipa}")).unwrap_or_default();
            let act = Act::new(format!("organisation add{told}"), [made.name.clone()]);
            (made, act)
        }
        OrganisationRequest::Set { name, ipa } => {
            let act = format!("organisation set ipa={ipa}");
            ipa.0.iter().try_for_each(|code| sayable(code))?;
            let change = OrganisationChange { name: None, ipa: Some(ipa.0) };
            let made = changed(control, &name, change).await?;
            let act = Act::new(act, [made.name.clone()]);
            (made, act)
        }
        OrganisationRequest::Rename { name, to } => {
            sayable(&to)?;
            let before = organisation(control, &name).await?.name;
            let change = OrganisationChange { name: Some(to), ipa: None };
            let made = changed(control, &name, change).await?;
            let act = Act::new(format!("organisation rename to {}", made.name), [before, made.name.clone()]);
            (made, act)
        }
        OrganisationRequest::Remove { name } => {
            let found = organisation(control, &name).await?;
            if !face.remove_organisation(found.id).await? {
                return Err(Refused::missing(format!("no organisation {name} any more")));
            }
            control.record(now, who, Act::new("organisation remove", [found.name.clone()])).await?;
            return out.send(Item::done(format!("{} is no longer served here", found.name))).await;
        }
    };
    control.record(now, who, act).await?;
    let domains = control.faces.principals.domains().await?;
    out.send(item(made, &domains)).await
}

async fn changed(control: &Control, name: &str, change: OrganisationChange) -> Result<Organisation, Refused> {
    let found = organisation(control, name).await?;
    let made = control.faces.organisations.change_organisation(found.id, change).await?;
    made.ok_or_else(|| Refused::missing(format!("no organisation {name} any more")))
}

async fn list(control: &Control, out: &Out) -> Result<(), Refused> {
    let domains = control.faces.principals.domains().await?;
    let mut after: Option<String> = None;
    loop {
        let page = control.faces.organisations.organisations(after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.name.clone());
        for organisation in page {
            out.send(item(organisation, &domains)).await?;
        }
    }
}

fn item(organisation: Organisation, hosted: &[Domain]) -> Item {
    let its = hosted.iter().filter(|domain| domain.organisation == Some(organisation.id));
    let domains = its.map(|domain| domain.name.clone()).collect();
    Item::Organisation(OrganisationItem::of(organisation, domains))
}
