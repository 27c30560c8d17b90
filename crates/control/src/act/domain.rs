//! On domains.

use pec::Address;
use store::{Domain, Mailbox, OrdinaryMail, OrganisationId};

use crate::act::unit::{UnitNames, organisation};
use crate::address::{domain_name, leaves};
use crate::control::{Control, Out};
use crate::item::Item;
use crate::operator::Operator;
use crate::record::Act;
use crate::refused::{Fault, Refused};
use crate::request::{DomainRequest, DomainSettings};
use crate::unit::OrNone;

pub(crate) async fn execute(
    control: &Control,
    request: DomainRequest,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    match request {
        DomainRequest::List => {
            let mut names = UnitNames::default();
            for domain in control.faces.principals.domains().await? {
                out.send(names.domain(control, &domain).await?).await?;
            }
            Ok(())
        }
        DomainRequest::Show { name } => shown(control, &existing(control, &name).await?.0, out).await,
        DomainRequest::Add { name, settings } => {
            let name = domain_name(&name)?;
            let hosted = control.faces.principals.domains().await?;
            if hosted.iter().any(|domain| domain.name == name) {
                return Err(Refused::request(format!("{name} is hosted here already; 'domain set' changes it")));
            }
            nothing_is_sent_on_to(control, &name, &hosted).await?;
            let whose = owner(control, &name, &settings).await?;
            let domain = with(Domain::new(name), &settings, whose);
            put(control, domain, &hosted, "domain add", &settings, who, out).await
        }
        DomainRequest::Set { name, settings } => {
            let (domain, hosted) = existing(control, &name).await?;
            if settings == DomainSettings::default() {
                return Err(Refused::request("nothing to change was named"));
            }
            let whose = owner(control, &domain.name, &settings).await?;
            let domain = with(domain, &settings, whose);
            put(control, domain, &hosted, "domain set", &settings, who, out).await
        }
        DomainRequest::Remove { name } => remove(control, &name, who, out).await,
    }
}

/// The domain, and all that are hosted.
async fn existing(control: &Control, name: &str) -> Result<(Domain, Vec<Domain>), Refused> {
    let name = name.to_ascii_lowercase();
    let hosted = control.faces.principals.domains().await?;
    match hosted.iter().find(|domain| domain.name == name) {
        Some(domain) => Ok((domain.clone(), hosted)),
        None => Err(Refused::missing(format!("{name} is no domain of this provider"))),
    }
}

async fn shown(control: &Control, domain: &Domain, out: &Out) -> Result<(), Refused> {
    out.send(UnitNames::default().domain(control, domain).await?).await
}

/// Whose the domain shall be; `None`: it is whose it was. The provider's own is nobody else's.
async fn owner(
    control: &Control,
    domain: &str,
    settings: &DomainSettings,
) -> Result<Option<Option<OrganisationId>>, Refused> {
    let Some(OrNone(wanted)) = &settings.organisation else { return Ok(None) };
    let Some(name) = wanted else { return Ok(Some(None)) };
    let organisation = organisation(control, name).await?;
    match control.addresses.needed(domain) {
        None => Ok(Some(Some(organisation.id))),
        Some(why) => Err(Refused::request(format!(
            "{domain} cannot belong to {}: {why}; put its mailboxes there one by one ('mailbox set ADDRESS --office')",
            organisation.name
        ))),
    }
}

fn with(mut domain: Domain, settings: &DomainSettings, owner: Option<Option<OrganisationId>>) -> Domain {
    let DomainSettings { english, ordinary, certified_only_from, correspondents, sent_copies, keeps, organisation: _ } =
        settings.clone();
    domain.organisation = owner.unwrap_or(domain.organisation);
    domain.english = english.unwrap_or(domain.english);
    domain.ordinary = ordinary.unwrap_or(domain.ordinary);
    domain.certified_only_from = certified_only_from.map_or(domain.certified_only_from, |from| from.0);
    domain.correspondents = correspondents.unwrap_or(domain.correspondents);
    domain.sent_copies = sent_copies.unwrap_or(domain.sent_copies);
    domain.keeps = keeps.unwrap_or(domain.keeps);
    domain
}

async fn put(
    control: &Control,
    domain: Domain,
    hosted: &[Domain],
    what: &str,
    settings: &DomainSettings,
    who: &Operator,
    out: &Out,
) -> Result<(), Refused> {
    leaves(&domain.ordinary, hosted)?;
    if matches!(&domain.ordinary, OrdinaryMail::Forward(to) if to.domain_key() == domain.name) {
        return Err(Refused::request(format!("ordinary mail cannot be forwarded to {} itself", domain.name)));
    }
    let now = control.now();
    control.faces.principals.put_domain(domain.clone()).await?;
    let recorded = control.record(now, who, Act::new(format!("{what}{}", told(settings)), [domain.name.clone()])).await;
    changed(control).await?;
    recorded?;
    shown(control, &domain, out).await
}

/// The settings as the evidence tells them.
fn told(settings: &DomainSettings) -> String {
    let DomainSettings { english, ordinary, certified_only_from, correspondents, sent_copies, keeps, organisation } =
        settings;
    let values = [
        english.map(|english| format!(" english={english}")),
        ordinary.as_ref().map(|ordinary| format!(" ordinary={ordinary}")),
        certified_only_from.map(|from| format!(" certified-only-from={from}")),
        correspondents.as_ref().map(|group| format!(" correspondents={group}")),
        sent_copies.map(|copies| format!(" sent-copies={copies}")),
        keeps.map(|keeps| format!(" keeps={keeps}")),
        organisation.as_ref().map(|name| format!(" organisation={name}")),
    ];
    values.into_iter().flatten().collect()
}

async fn remove(control: &Control, name: &str, who: &Operator, out: &Out) -> Result<(), Refused> {
    let (domain, _) = existing(control, name).await?;
    if let Some(why) = control.addresses.needed(&domain.name) {
        return Err(Refused::request(format!("{} cannot be removed: {why}", domain.name)));
    }
    let now = control.now();
    let in_it = |mailbox: &Mailbox| mailbox.address.domain_key() == domain.name;
    if let Some(mailbox) = first(control, in_it).await? {
        return Err(Refused::request(format!(
            "{} cannot be removed: {} and perhaps others stand in it; mailboxes are closed, never removed, so a domain that \
             had holders stays",
            domain.name, mailbox.address
        )));
    }
    if !control.faces.principals.remove_domain(&domain.name).await? {
        return Err(Refused::missing(format!("{} is no domain of this provider any more", domain.name)));
    }
    let recorded = control.record(now, who, Act::new("domain remove", [domain.name.clone()])).await;
    changed(control).await?;
    recorded?;
    out.send(Item::done(format!("{} is no longer hosted here", domain.name))).await
}

async fn changed(control: &Control) -> Result<(), Refused> {
    let told = |why| {
        let what = format!("it is done, but the running provider could not read its domains again: {why}; restart it");
        Refused::new(Fault::Unavailable, what)
    };
    control.running.domains_changed().await.map_err(told)
}

/// A domain to which mail is sent on today cannot become ours: it would come back.
async fn nothing_is_sent_on_to(control: &Control, name: &str, hosted: &[Domain]) -> Result<(), Refused> {
    let to_it = |ordinary: &OrdinaryMail| matches!(ordinary, OrdinaryMail::Forward(to) if to.domain_key() == name);
    let whose = match hosted.iter().find(|domain| to_it(&domain.ordinary)) {
        Some(domain) => Some(format!("domain {}", domain.name)),
        None => first(control, |mailbox| mailbox.ordinary.as_ref().is_some_and(to_it))
            .await?
            .map(|mailbox| format!("mailbox {}", mailbox.address)),
    };
    match whose {
        None => Ok(()),
        Some(whose) => Err(Refused::request(format!(
            "ordinary mail of {whose} is forwarded to {name}: change that first, mail is forwarded to other providers only"
        ))),
    }
}

/// Mailboxes read at once.
const PAGE: usize = 1000;

/// The first mailbox of which this holds.
async fn first(control: &Control, holds: impl Fn(&Mailbox) -> bool) -> Result<Option<Mailbox>, Refused> {
    let mut after: Option<Address> = None;
    loop {
        let page = control.faces.principals.mailboxes(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        after = Some(last.address.clone());
        if let Some(found) = page.into_iter().find(&holds) {
            return Ok(Some(found));
        }
    }
}
