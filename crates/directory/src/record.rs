//! One record of the index.

use bytes::Bytes;
use pec::Address;
use sha1::{Digest, Sha1};

/// One record of the index: a provider's main or secondary environment (§4.5.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `providerName`
    pub name: String,
    /// `providerUnit`; `None` is the main environment [R-4.5.7-a].
    pub unit: Option<String>,
    /// `providerCertificate;binary`, DER
    pub certificates: Vec<Bytes>,
    /// `mailReceipt`: the service mailbox
    pub mail_receipt: Address,
    /// `managedDomains`, lower case
    pub managed_domains: Vec<String>,
    /// `LDIFLocationURL`
    pub location: Option<String>,
    /// `description`
    pub description: Option<String>,
}

impl Record {
    /// Whether this is the provider's main environment [R-4.5.7-a].
    pub fn is_main(&self) -> bool {
        self.unit.is_none()
    }

    /// Whether the record holds this very certificate, one of several while it is renewed [R-4.5-g]; octets are compared,
    /// not hashes [R-I-dir-2].
    pub fn has_certificate(&self, der: &[u8]) -> bool {
        self.certificates.iter().any(|c| c == der)
    }

    /// Whether the record manages that domain, without regard to case.
    pub fn manages(&self, domain: &str) -> bool {
        self.managed_domains.iter().any(|d| d.eq_ignore_ascii_case(domain))
    }
}

/// The hash of `providerCertificateHash`. SHA-1 by schema (§4.5.1): good to find a certificate, never to trust one.
pub(crate) fn sha1(der: &[u8]) -> [u8; 20] {
    Sha1::digest(der).into()
}
