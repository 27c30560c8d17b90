//! Certificates of the laboratory: test authorities and what they issue.
//!
//! Two families that have nothing to do with each other: certified mail (a root, below it a PEC authority with name
//! constraints as the real one has [R-O-ca-2], below that the providers' signing certificates) and TLS (one authority,
//! below it the servers' certificates).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use pec::{Address, Moment};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_RSA_SHA256,
    RsaKeySize, SanType, date_time_ymd,
};

/// What could not be made, in the words of the certificate library.
pub(crate) type Failure = rcgen::Error;

/// Who a certificate is about: `C`, `ST`, `L`, `O`, `CN`, as in the subjects that the real authority issues.
pub(crate) struct Subject<'a> {
    pub organization: &'a str,
    pub common_name: &'a str,
}

/// A key and the certificate that names it.
pub(crate) struct Identity {
    /// PKCS#8, PEM.
    pub key: String,
    pub certificate: Certificate,
}

impl Identity {
    /// The certificate, PEM.
    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }
}

/// An authority that issues.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub certificate: Certificate,
}

impl Authority {
    /// The root of certified mail: signs authorities below it.
    pub(crate) fn root(key: KeyPair, now: Moment) -> Result<Self, Failure> {
        let mut params = authority("Laboratorio PEC", "Autorità radice di prova", now)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        let certificate = params.self_signed(&key)?;
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// The authority that certifies providers, for mail addresses in these domains only.
    pub(crate) fn pec(&self, key: KeyPair, domains: &[String], now: Moment) -> Result<Self, Failure> {
        let mut params = authority(PEC.0, PEC.1, now)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::EmailProtection];
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: domains.iter().cloned().map(GeneralSubtree::Rfc822Name).collect(),
            excluded_subtrees: Vec::new(),
        });
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// What signs lists in the name of a PEC authority made before, of which only the key is needed: its name is always
    /// the same.
    pub(crate) fn pec_again(key: KeyPair, now: Moment) -> Result<Issuer<'static, KeyPair>, Failure> {
        Ok(Issuer::new(authority(PEC.0, PEC.1, now)?, key))
    }

    /// The authority of TLS server certificates.
    pub(crate) fn tls(now: Moment) -> Result<Self, Failure> {
        let key = KeyPair::generate()?;
        let mut params = authority("Laboratorio PEC", "Autorità TLS di prova", now)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let certificate = params.self_signed(&key)?;
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// A certificate that signs certified mail, as RFC 6109 §5.5 wants it: the address in subjectAltName and not in
    /// the subject [R-5.5.1-a]; key usage critical, digitalSignature only; both key identifiers [R-5.5.2-a]; no basic
    /// constraints [R-5.5.2-b].
    pub(crate) fn signing(
        &self,
        key: KeyPair,
        subject: &Subject<'_>,
        address: &Address,
        now: Moment,
    ) -> Result<Identity, Failure> {
        let mut params = leaf(subject, now)?;
        params.subject_alt_names = vec![SanType::Rfc822Name(address.as_str().try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
        // The library writes a subject key identifier only beside basic constraints.
        let identifier = params.key_identifier(&key);
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 14], octet_string(&identifier))];
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Identity { key: key.serialize_pem(), certificate })
    }

    /// A TLS certificate for this machine and for `hostname`: as a server, and as a client of an index [R-5.6-a].
    pub(crate) fn server(&self, hostname: &str, now: Moment) -> Result<Identity, Failure> {
        let key = KeyPair::generate()?;
        let mut params = leaf(&Subject { organization: "Laboratorio PEC", common_name: hostname }, now)?;
        params.subject_alt_names = vec![
            SanType::DnsName(hostname.try_into()?),
            SanType::DnsName("localhost".try_into()?),
            SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Identity { key: key.serialize_pem(), certificate })
    }

    /// What signs in its name.
    pub(crate) fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }

    /// Its key, PKCS#8, PEM.
    pub(crate) fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }
}

/// RSA 2048 keys, made at the same time: each takes a while.
pub(crate) fn rsa_keys(count: usize) -> Result<Vec<KeyPair>, Failure> {
    std::thread::scope(|scope| {
        let makers: Vec<_> = (0..count)
            .map(|_| scope.spawn(|| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)))
            .collect();
        makers.into_iter().map(|maker| maker.join().unwrap_or(Err(Failure::RingUnspecified))).collect()
    })
}

pub(crate) const DAY: i64 = 24 * 3600;
/// Organization and common name of the authority that certifies providers.
const PEC: (&str, &str) = ("Laboratorio PEC", "PEC CA di prova");
/// The life of what signs mail and serves TLS: three years, as the real authority gives.
const LEAF_DAYS: i64 = 3 * 365;
/// Authorities outlive what they issue.
pub(crate) const AUTHORITY_DAYS: i64 = 10 * 365;
/// Longest organization and common name (X.520 upper bounds).
const UPPER_BOUND: usize = 64;

fn authority(organization: &str, common_name: &str, now: Moment) -> Result<CertificateParams, Failure> {
    let mut params = leaf(&Subject { organization, common_name }, now)?;
    params.not_after = date_time_ymd(1970, 1, 1) + since_1970(now.plus(AUTHORITY_DAYS * DAY));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf(subject: &Subject<'_>, now: Moment) -> Result<CertificateParams, Failure> {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(1970, 1, 1) + since_1970(now.plus(-DAY));
    params.not_after = date_time_ymd(1970, 1, 1) + since_1970(now.plus(LEAF_DAYS * DAY));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params.is_ca = IsCa::NoCa;
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, DnValue::PrintableString("IT".try_into()?));
    name.push(DnType::StateOrProvinceName, "RM");
    name.push(DnType::LocalityName, "Roma");
    name.push(DnType::OrganizationName, bounded(subject.organization));
    name.push(DnType::CommonName, bounded(subject.common_name));
    params.distinguished_name = name;
    Ok(params)
}

fn bounded(text: &str) -> String {
    text.chars().take(UPPER_BOUND).collect()
}

/// What makes a moment of the first day of 1970, as certificates are dated.
pub(crate) fn since_1970(moment: Moment) -> Duration {
    Duration::from_secs(moment.unix().unsigned_abs())
}

/// DER of a short OCTET STRING.
fn octet_string(octets: &[u8]) -> Vec<u8> {
    // Key identifiers have 20 octets: the short form of the length always does.
    let mut der = vec![0x04, octets.len() as u8];
    der.extend_from_slice(octets);
    der
}
