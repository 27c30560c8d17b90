//! A new store filled: domains and mailboxes, many at once. Everything is held to the rules before the store is made.

use std::collections::BTreeSet;

use store::{Created, Domain, NewMailbox};
use tokio::task::JoinSet;

use crate::address::{AddressRules, domain_name, leaves};
use crate::control::Control;
use crate::operator::Operator;
use crate::password::NewPassword;
use crate::quota::within_bounds;
use crate::record::Act;
use crate::refused::Refused;

/// What a new store is to hold.
#[derive(Clone, Debug, Default)]
pub struct Import {
    domains: Vec<Domain>,
    mailboxes: Vec<NewMailbox>,
}

/// Mailboxes made side by side: their passwords are what takes time.
const BESIDE: usize = 64;

impl Import {
    /// These domains and mailboxes, held to the rules. The domains of the provider's own addresses are hosted in any case,
    /// and its service mailbox [R-2.2.5-a] is always there; nobody logs in to it.
    pub fn new(domains: Vec<Domain>, mailboxes: Vec<NewMailbox>, rules: &AddressRules) -> Result<Self, Refused> {
        let mut import = Self { domains, mailboxes };
        let mut named = BTreeSet::new();
        for domain in &import.domains {
            let name = domain_name(&domain.name)?;
            if !named.insert(name) {
                return Err(Refused::request(format!("domain {} stands there twice", domain.name)));
            }
        }
        for address in rules.own() {
            if named.insert(address.domain_key()) {
                import.domains.push(Domain::new(address.domain_key()));
            }
        }
        for domain in &import.domains {
            leaves(&domain.ordinary, &import.domains)?;
        }
        if let Some(receipt) = rules.mail_receipt() {
            import.mailboxes.retain(|mailbox| !(mailbox.service && mailbox.address == *receipt));
            let service = NewMailbox { address: receipt.clone(), password: None, quota: u64::MAX >> 1, service: true };
            import.mailboxes.push(service);
        }
        let mut seen = BTreeSet::new();
        for mailbox in &import.mailboxes {
            if !seen.insert(mailbox.address.key()) {
                return Err(Refused::request(format!("{} stands there twice", mailbox.address)));
            }
            check(mailbox, rules, &import.domains)?;
        }
        Ok(import)
    }
}

fn check(mailbox: &NewMailbox, rules: &AddressRules, hosted: &[Domain]) -> Result<(), Refused> {
    let NewMailbox { address, password, quota, service } = mailbox;
    if *service {
        let ours = rules.mail_receipt() == Some(address);
        let what = format!("{address} cannot be a service mailbox: that is provider.mail_receipt");
        return if ours { Ok(()) } else { Err(Refused::request(what)) };
    }
    rules.holder(address, hosted)?;
    within_bounds(*quota).map_err(|refused| Refused::request(format!("{address}: {refused}")))?;
    let weak = password.as_ref().map(|password| NewPassword::new(password.clone()).check(address.as_str()));
    weak.unwrap_or(Ok(())).map_err(|weak| Refused::request(format!("{address}: {weak}")))
}

impl Control {
    /// Fills a store that was just made. What fails leaves a store that holds a part: it is made anew.
    pub async fn import(&self, import: Import, who: &Operator) -> Result<(), Refused> {
        let now = self.now();
        for domain in import.domains {
            self.faces.principals.put_domain(domain.clone()).await?;
            self.record(now, who, Act::new("domain add, imported", [domain.name])).await?;
        }
        let mut mailboxes = import.mailboxes.into_iter().peekable();
        while mailboxes.peek().is_some() {
            let mut made = JoinSet::new();
            for mailbox in mailboxes.by_ref().take(BESIDE) {
                made.spawn(make(self.clone(), mailbox, who.clone()));
            }
            while let Some(made) = made.join_next().await {
                made??;
            }
        }
        Ok(())
    }
}

async fn make(control: Control, mailbox: NewMailbox, who: Operator) -> Result<(), Refused> {
    let NewMailbox { address, password, quota, service } = &mailbox;
    let login = if password.is_some() { "" } else { ", without a password" };
    let what = match service {
        true => "service mailbox add, imported".to_owned(),
        false => format!("mailbox add quota={quota}{login}, imported"),
    };
    let address = address.to_string();
    match control.faces.principals.create_mailbox(mailbox).await? {
        Created::Made => control.record(control.now(), &who, Act::new(what, [address])).await,
        Created::Exists | Created::Former => Err(Refused::request(format!("{address} exists already"))),
    }
}
