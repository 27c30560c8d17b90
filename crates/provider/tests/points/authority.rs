//! The authority under which the providers of a test sign.

use rcgen::{CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use seal::{Certificate, FileSigner};

/// The authority of the world.
pub struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
    name: String,
}

/// A test authority with another name, for signers that nobody knows.
pub fn authority(name: &str) -> Authority {
    Authority::with(KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap(), name, 2080)
}

impl Authority {
    fn with(key: KeyPair, name: &str, until: i32) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, issuer: Issuer::new(params, key), name: name.into() }
    }

    /// The same name and key in another certificate.
    pub fn reissued(&self) -> Self {
        let key = self.issuer.key().serialize_pem();
        Self::with(KeyPair::from_pem_and_sign_algo(&key, &rcgen::PKCS_RSA_SHA256).unwrap(), &self.name, 2095)
    }

    /// A signing key for a service address; the certificate ends at `until` (year) .
    pub fn signer(&self, name: &str, address: &str, until: i32) -> FileSigner {
        let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, name);
        params.distinguished_name.push(DnType::CommonName, format!("Posta Certificata {name}"));
        params.subject_alt_names = vec![SanType::Rfc822Name(address.try_into().unwrap())];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        let chain = format!("{}{}", leaf.pem(), self.certificate.pem());
        FileSigner::from_pem(key.serialize_pem().as_bytes(), chain.as_bytes()).unwrap()
    }

    pub fn certificate(&self) -> Certificate {
        Certificate::from_der(self.certificate.der().to_vec()).unwrap()
    }
}
