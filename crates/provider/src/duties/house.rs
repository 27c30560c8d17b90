//! What a provider must find before it starts: itself in its signing certificate, the domains of its two addresses in its
//! store, and the mailboxes of the house; and itself in the index.

use directory::Directory;
use pec::Address;
use seal::{Certificate, profile};
use store::{NewMailbox, Principals, StoreError};

/// Quota of the operator's mailbox until he gives it another, octets: strangers fill it.
const OPERATOR: u64 = 256 << 20;

/// Why a certificate or a store cannot be this provider's.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The service address is not in the signing certificate.
    #[error("{service} is not in the signing certificate, which names {}", named.join(", "))]
    NotCertified {
        /// The service address.
        service: Address,
        /// The addresses in the certificate.
        named: Vec<String>,
    },
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

/// Whether the signing certificate is this provider's: others refuse a From address that is not in it [R-2.1-d].
pub fn certified(certificate: &Certificate, service_address: &Address) -> Result<(), Unfit> {
    let named = certificate.emails();
    if named.iter().any(|email| email.eq_ignore_ascii_case(service_address.as_str())) {
        return Ok(());
    }
    Err(Unfit::NotCertified { service: service_address.clone(), named: named.to_vec() })
}

/// Whether the index holds this certificate under this provider's name: others refuse what it signs where theirs does not.
pub fn is_listed(name: &str, certificate: &Certificate, index: &dyn Directory) -> bool {
    index.by_certificate(certificate.der()).iter().any(|record| record.name == name)
}

/// Tells the log in what the signing certificate only deviates, and what depends on the index's operator: a provider starts
/// in spite of it.
pub fn warn(name: &str, certificate: &Certificate, index: &dyn Directory) {
    for deviation in profile::deviations(certificate, Some(name)) {
        tracing::warn!(event = "certificate-profile", deviation, "the signing certificate deviates from RFC 6109 §5.5");
    }
    if !is_listed(name, certificate, index) {
        let what = "the index does not hold our certificate under our name: others will refuse us";
        tracing::warn!(event = "not-in-index", "{what}");
    }
}

/// Tells the log of which hosted domains the index does not know that they are this provider's.
pub fn warn_of_domains<'a>(name: &str, hosted: impl Iterator<Item = &'a str>, index: &dyn Directory) {
    for domain in hosted {
        if index.by_domain(domain).is_none_or(|record| record.name != name) {
            tracing::warn!(event = "not-in-index", domain, "the index does not say that this domain is ours");
        }
    }
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
    use directory::{Index, Record};
    use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, SanType};
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

    #[test]
    fn the_signing_certificate_names_the_service_address_and_the_index_holds_it_under_our_name() {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::Rfc822Name("Posta-Certificata@alfa.example".try_into().unwrap())];
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let own = Certificate::from_der(params.self_signed(&key).unwrap().der().to_vec()).unwrap();
        let [service, other] =
            ["posta-certificata@alfa.example", "certificata@alfa.example"].map(|one| Address::parse(one).unwrap());
        certified(&own, &service).unwrap();
        let unfit = certified(&own, &other).unwrap_err().to_string();
        assert!(unfit.ends_with("which names Posta-Certificata@alfa.example"), "{unfit}");

        let record = Record {
            name: "Alfa".into(),
            unit: None,
            certificates: vec![own.der().clone()],
            mail_receipt: other,
            managed_domains: vec!["alfa.example".into()],
            location: None,
            description: None,
        };
        let index = Index::new(vec![record], None).unwrap();
        assert!(is_listed("Alfa", &own, &index) && !is_listed("Beta", &own, &index));
    }
}
