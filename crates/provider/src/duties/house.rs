//! What a provider must find in its store before it starts: the domains of its two addresses, and the mailboxes of the house.

use pec::Address;
use store::{NewMailbox, Principals, StoreError};

/// Quota of the operator's mailbox until he gives it another, octets: strangers fill it.
const OPERATOR: u64 = 256 << 20;

/// Why a store cannot be this provider's.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The domain of an address of the provider is not hosted.
    #[error("{0} is in no domain that is hosted: 'sigillo domain add {domain}'", domain = .0.domain_key())]
    NotHosted(Address),
    /// The address of the service mailbox is a holder's.
    #[error("{0} is a holder's mailbox")]
    OfHolder(Address),
    /// The store does not say.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether the store is this provider's; `false`: but for the service mailbox, which is not there yet.
pub async fn fits(store: &dyn Principals, service_address: &Address, mail_receipt: &Address) -> Result<bool, Unfit> {
    let hosted = store.domains().await?;
    // Peers check that the domain of our From is among our managed domains [R-7-a].
    for address in [service_address, mail_receipt] {
        let domain = address.domain_key();
        if !hosted.iter().any(|one| one.name == domain) {
            return Err(Unfit::NotHosted(address.clone()));
        }
    }
    // Take-charge notices need their mailbox [R-2.2.5-a]; nobody logs in to it.
    match store.mailbox(mail_receipt).await? {
        Some(mailbox) if !mailbox.service => Err(Unfit::OfHolder(mail_receipt.clone())),
        found => Ok(found.is_some()),
    }
}

/// Makes the mailboxes of the house that are not there yet, in a store that [`fits`].
pub async fn furnish(store: &dyn Principals, service_address: &Address, mail_receipt: &Address) -> Result<(), Unfit> {
    if !fits(store, service_address, mail_receipt).await? {
        make(store, mail_receipt.clone(), u64::MAX >> 1, true).await?;
    }
    // Mail for the postmaster of any domain reaches the operator (RFC 5321 §4.5.1).
    let operator = service_address.postmaster();
    if store.mailbox(&operator).await?.is_none() {
        make(store, operator, OPERATOR, false).await?;
    }
    Ok(())
}

async fn make(store: &dyn Principals, address: Address, quota: u64, service: bool) -> Result<(), StoreError> {
    store.create_mailbox(NewMailbox { address: address.clone(), password: None, quota, service }).await?;
    tracing::info!(event = "mailbox-created", %address, service);
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::{Domain, Embedded, EmbeddedOptions, Upkeep};

    use super::*;

    #[tokio::test]
    async fn a_store_of_another_provider_is_refused_and_the_mailboxes_of_the_house_are_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Embedded::create(&folder.path().join("store"), EmbeddedOptions::default()).unwrap();
        let [service, receipt] =
            ["posta-certificata@alfa.example", "ricevute@alfa.example"].map(|one| Address::parse(one).unwrap());
        let unfit = fits(&*store, &service, &receipt).await.unwrap_err();
        assert!(unfit.to_string().ends_with("'sigillo domain add alfa.example'"), "{unfit}");
        store.put_domain(Domain::new("alfa.example")).await.unwrap();
        assert!(!fits(&*store, &service, &receipt).await.unwrap());
        for _ in 0..2 {
            furnish(&*store, &service, &receipt).await.unwrap();
            assert!(fits(&*store, &service, &receipt).await.unwrap());
        }
        let operator = store.mailbox(&service.postmaster()).await.unwrap().unwrap();
        assert_eq!((operator.service, operator.quota), (false, OPERATOR));
        let unfit = fits(&*store, &service, &operator.address).await.unwrap_err();
        assert!(matches!(unfit, Unfit::OfHolder(_)), "{unfit}");
        store.close().await.unwrap();
    }
}
