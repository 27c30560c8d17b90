//! Which addresses may be those of holders.

use pec::Address;
use store::{Domain, OrdinaryMail};

use crate::refused::Refused;

/// Why an address belongs to nobody: whoever had it would speak as the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// What everything that the provider generates comes from.
    ServiceAddress,
    /// Where other providers' notices go [R-2.2.5-a].
    MailReceipt,
    /// The provider's certificate names it: what it signs is signed in this name.
    Certificate,
}

impl Reserved {
    fn why(self) -> &'static str {
        match self {
            Reserved::ServiceAddress => "it is the provider's service address (provider.service_address)",
            Reserved::MailReceipt => "it is the provider's address for notices (provider.mail_receipt)",
            Reserved::Certificate => "the provider's own certificate names it",
        }
    }
}

/// The rules for addresses.
#[derive(Clone, Debug, Default)]
pub struct AddressRules {
    reserved: Vec<(Address, Reserved)>,
}

impl AddressRules {
    /// With these addresses for nobody.
    pub fn new(reserved: impl IntoIterator<Item = (Address, Reserved)>) -> Self {
        Self { reserved: reserved.into_iter().collect() }
    }

    /// Those of a provider: its two addresses and whatever its certificates name; what is no address there is nobody's anyway.
    pub fn of_provider<'a>(
        service_address: &Address,
        mail_receipt: &Address,
        certified: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let own = [(service_address.clone(), Reserved::ServiceAddress), (mail_receipt.clone(), Reserved::MailReceipt)];
        let certified = certified.into_iter().filter_map(|text| Address::parse(text).ok());
        Self::new(own.into_iter().chain(certified.map(|address| (address, Reserved::Certificate))))
    }

    /// The provider's own addresses: of a domain that is hosted, both.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Address> {
        self.reserved.iter().filter(|(_, why)| *why != Reserved::Certificate).map(|(address, _)| address)
    }

    /// The service mailbox's address [R-2.2.5-a].
    pub(crate) fn mail_receipt(&self) -> Option<&Address> {
        self.reserved.iter().find(|(_, why)| *why == Reserved::MailReceipt).map(|(address, _)| address)
    }

    /// Whether a holder may have this address at one of these domains, apart from whether it is free.
    pub fn holder(&self, address: &Address, hosted: &[Domain]) -> Result<(), Refused> {
        let no = |why: String| Err(Refused::request(format!("{address} can be nobody's mailbox: {why}")));
        let plain = address.key();
        if address.local().starts_with('"') && !plain.starts_with('"') {
            return Err(Refused::request(format!("write {plain} instead of {address}: they are the same address")));
        }
        let domain = address.domain_key();
        if !hosted.iter().any(|hosted| hosted.name == domain) {
            return no(format!("{domain} is not hosted here; 'sigillo domain add {domain}' makes it so"));
        }
        if let Some((_, reserved)) = self.reserved.iter().find(|(reserved, _)| *reserved == *address) {
            return no(reserved.why().into());
        }
        if address.is_postmaster() {
            return no("every domain's postmaster is the provider's operator (RFC 5321 §4.5.1)".into());
        }
        Ok(())
    }

    /// A domain that the provider itself needs; why.
    pub fn needed(&self, domain: &str) -> Option<String> {
        let needed = |(address, why): &&(Address, Reserved)| {
            *why != Reserved::Certificate && address.domain_key() == domain.to_ascii_lowercase()
        };
        self.reserved.iter().find(needed).map(|(address, why)| format!("{address} stands in it, and {}", why.why()))
    }
}

/// Whether mail that is sent on leaves this provider: a hosted mailbox would get an anomaly envelope within another, and
/// two that forward to each other would never end.
pub(crate) fn leaves(ordinary: &OrdinaryMail, hosted: &[Domain]) -> Result<(), Refused> {
    let OrdinaryMail::Forward(to) = ordinary else { return Ok(()) };
    match hosted.iter().find(|domain| domain.name == to.domain_key()) {
        None => Ok(()),
        Some(domain) => Err(Refused::request(format!(
            "ordinary mail can be forwarded to another provider's address only; {} is hosted here",
            domain.name
        ))),
    }
}

/// The longest name of a user, octets.
const USER: usize = 64;

/// The name of a user as it is kept: lower case. A name is what mail addresses are not.
pub(crate) fn user_name(name: &str) -> Result<String, Refused> {
    let name = name.to_ascii_lowercase();
    let fits = name.len() <= USER
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|one| one.is_ascii_alphanumeric() || "._-".contains(one));
    if fits {
        Ok(name)
    } else {
        Err(Refused::request(format!(
            "{name:?} cannot be a user's name: expected 1 to {USER} letters, digits, dots, hyphens and underscores, a letter or \
         digit first; an address is a mailbox's login"
        )))
    }
}

/// The name of a domain as it is kept: lower case.
pub(crate) fn domain_name(name: &str) -> Result<String, Refused> {
    // A domain is what stands in an address; one label is no domain of mail.
    let fits = name.contains('.') && !name.starts_with('[') && Address::parse(&format!("a@{name}")).is_ok();
    if fits {
        Ok(name.to_ascii_lowercase())
    } else {
        Err(Refused::request(format!(
            "{name:?} is no domain name: expected one as pec.example.it, in letters, digits and hyphens"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    fn rules() -> AddressRules {
        AddressRules::new([
            (address("posta-certificata@alfa.example"), Reserved::ServiceAddress),
            (address("ricevute@alfa.example"), Reserved::MailReceipt),
            (address("firma@beta.example"), Reserved::Certificate),
        ])
    }

    #[test]
    fn nobody_can_be_given_an_address_in_which_the_provider_speaks() {
        let hosted = [Domain::new("alfa.example"), Domain::new("beta.example")];
        for (text, why) in [
            ("posta-certificata@alfa.example", "service address"),
            ("Posta-Certificata@ALFA.example", "service address"),
            ("ricevute@alfa.example", "notices"),
            ("firma@beta.example", "certificate"),
            ("postmaster@alfa.example", "postmaster"),
            ("PostMaster@beta.example", "postmaster"),
            ("anna@gamma.example", "domain add gamma.example"),
            ("\"posta-certificata\"@alfa.example", "write posta-certificata@alfa.example"),
            ("\"a\\nna\"@alfa.example", "write anna@alfa.example"),
        ] {
            let refused = rules().holder(&address(text), &hosted).unwrap_err();
            assert!(refused.what.contains(why), "{text}: {refused}");
        }
        for text in ["anna@alfa.example", "posta-certificata@beta.example", "\"anna maria\"@alfa.example"] {
            assert_eq!(rules().holder(&address(text), &hosted), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_domains_of_the_providers_own_addresses_are_needed() {
        assert!(rules().needed("ALFA.example").is_some());
        assert_eq!(rules().needed("beta.example"), None);
    }

    #[test]
    fn ordinary_mail_is_forwarded_elsewhere_only() {
        let hosted = [Domain::new("alfa.example")];
        let forward = |to: &str| OrdinaryMail::Forward(address(to));
        assert_eq!(leaves(&forward("a@fuori.example"), &hosted), Ok(()));
        assert_eq!(leaves(&OrdinaryMail::Refuse, &hosted), Ok(()));
        assert!(leaves(&forward("a@Alfa.example"), &hosted).unwrap_err().what.contains("alfa.example is hosted here"));
    }

    #[test]
    fn names_of_users_and_domains_are_kept_in_lower_case() {
        assert_eq!(user_name("Anna.Rossi").unwrap(), "anna.rossi");
        for wrong in ["", "anna@alfa.example", "-anna", "an na", "ànna", &"a".repeat(65)] {
            assert!(user_name(wrong).is_err(), "{wrong}");
        }
        assert_eq!(domain_name("PEC.Example").unwrap(), "pec.example");
        for wrong in ["", "example", "a b.example", "[127.0.0.1]", "pec..example", "@pec.example"] {
            assert!(domain_name(wrong).is_err(), "{wrong}");
        }
    }
}
