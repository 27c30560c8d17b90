//! Keys, certificates and judges for tests, of this crate and (feature `testing`) of the rooms above it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests that cannot go on fail")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use bytes::Bytes;
use pec::compose::Draft;
use pec::{Kind, Moment, Pieces, Shared};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RevocationReason,
    RevokedCertParams, RsaKeySize, SanType, SerialNumber, date_time_ymd,
};

use crate::key::{Certificate, FileSigner, Signer};

/// A moment at which every certificate made here is valid, unless it says otherwise.
pub const NOW: i64 = 1_780_000_000;

/// One of a few RSA keys, made once.
pub fn key(number: usize) -> &'static KeyPair {
    static KEYS: [OnceLock<KeyPair>; 5] = [const { OnceLock::new() }; 5];
    KEYS[number].get_or_init(|| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap())
}

/// An authority that issues.
pub struct Authority {
    /// Its certificate.
    pub certificate: Certificate,
    issuer: Issuer<'static, &'static KeyPair>,
}

/// An authority named `name` with key `number`, under `over` or under itself.
pub fn authority(
    name: &str,
    number: usize,
    over: Option<&Authority>,
    edit: impl FnOnce(&mut CertificateParams),
) -> Authority {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    edit(&mut params);
    let key = key(number);
    let certificate = match over {
        Some(over) => params.signed_by(key, &over.issuer),
        None => params.self_signed(key),
    };
    let certificate = Certificate::from_der(certificate.unwrap().der().to_vec()).unwrap();
    Authority { certificate, issuer: Issuer::new(params, key) }
}

/// A certificate that conforms to RFC 6109 §5.5, for key 2, unless edited.
pub fn leaf(email: &str, over: &Authority, edit: impl FnOnce(&mut CertificateParams)) -> Certificate {
    let mut params = params("Posta Certificata");
    params.distinguished_name.push(DnType::OrganizationName, "Provider One S.p.A.");
    params.subject_alt_names = vec![SanType::Rfc822Name(email.try_into().unwrap())];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    params.use_authority_key_identifier_extension = true;
    let mut identifier = vec![4, 20];
    identifier.extend([0x5e; 20]);
    params.custom_extensions = vec![CustomExtension::from_oid_content(&[2, 5, 29, 14], identifier)];
    edit(&mut params);
    let certificate = params.signed_by(key(2), &over.issuer).unwrap();
    Certificate::from_der(certificate.der().to_vec()).unwrap()
}

/// A certificate named `name` for `key`, edited from one that says nothing of its use.
pub fn certificate(
    name: &str,
    key: &KeyPair,
    over: &Authority,
    edit: impl FnOnce(&mut CertificateParams),
) -> Certificate {
    let mut params = params(name);
    edit(&mut params);
    Certificate::from_der(params.signed_by(key, &over.issuer).unwrap().der().to_vec()).unwrap()
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "IT");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2036, 1, 1);
    params
}

/// A root, the authority below it and a provider.
pub struct Network {
    /// The root.
    pub root: Certificate,
    /// The authority below it.
    pub authority: Certificate,
    /// The provider's key.
    pub signer: FileSigner,
    /// Everything in one PEM text: leaf, authority, root.
    pub chain_pem: String,
    /// The provider's key.
    pub key_pem: String,
}

/// The one network of most tests.
pub fn network() -> &'static Network {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    NETWORK.get_or_init(|| {
        let root = authority("Test Root", 0, None, |_| {});
        let below = authority("Test PEC Authority", 1, Some(&root), |_| {});
        let leaf = leaf("posta-certificata@pec.example.it", &below, |_| {});
        let chain_pem = [&leaf, &below.certificate, &root.certificate].map(Certificate::to_pem).concat();
        let key_pem = key(2).serialize_pem();
        let signer = FileSigner::from_pem(key_pem.as_bytes(), chain_pem.as_bytes()).unwrap();
        Network { root: root.certificate, authority: below.certificate, signer, chain_pem, key_pem }
    })
}

/// A small acceptance whose entity consists of three pieces, one of them shared.
pub fn draft(original: &[u8]) -> Draft {
    let mut entity = Pieces::own(
        "Content-Type: multipart/mixed; boundary=\"inner\"\r\n\r\n--inner\r\n\
         Content-Type: text/plain; charset=iso-8859-1\r\n\r\nText for people\r\n\r\n--inner\r\n\
         Content-Type: message/rfc822; name=\"postacert.eml\"\r\n\r\n",
    );
    entity.push_shared(Shared::new(Bytes::copy_from_slice(original)));
    entity.push("\r\n--inner--\r\n");
    Draft {
        kind: Kind::Acceptance,
        moment: Moment::from_unix(NOW),
        message_id: "1.2.3@pec.example.it".into(),
        header: Bytes::from_static(
            b"X-Ricevuta: accettazione\r\nFrom: posta-certificata@pec.example.it\r\nTo: a@pec.example.it\r\n\
              Subject: ACCETTAZIONE: x\r\nMessage-ID: <1.2.3@pec.example.it>\r\n",
        ),
        entity,
        data: None,
    }
}

/// An original as a client sends it.
pub const ORIGINAL: &[u8] = b"From: a@pec.example.it\r\nSubject: x\r\n\r\nDear all,\r\n\r\n.\r\n  trailing \r\n";

/// Runs OpenSSL in `directory`.
pub fn openssl(directory: &Path, arguments: &[&str]) -> Output {
    harness::output(Command::new("openssl").args(arguments).current_dir(directory)).unwrap()
}

/// Runs OpenSSL and expects success; gives standard output.
pub fn openssl_ok(directory: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = openssl(directory, arguments);
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A directory with the network's files: `key.pem`, `leaf.pem`, `authority.pem`, `root.pem`, `chain.pem`.
pub fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let network = network();
    for (name, text) in [
        ("key.pem", network.key_pem.clone()),
        ("leaf.pem", network.signer.certificate().to_pem()),
        ("authority.pem", network.authority.to_pem()),
        ("root.pem", network.root.to_pem()),
        ("chain.pem", network.chain_pem.clone()),
    ] {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

/// The folder of real messages, where it exists.
pub fn samples() -> Option<PathBuf> {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/samples");
    folder.is_dir().then_some(folder)
}

/// The list of an authority named `name` with key `number`, of the moment `at`: these serial numbers (hexadecimal) are
/// revoked since the moments beside them for a compromised key. Due for renewal after a hundred years.
pub fn list(name: &str, number: usize, at: i64, revoked: &[(&str, i64)]) -> Vec<u8> {
    let moment = |unix: i64| date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(unix.unsigned_abs());
    let octets = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|index| u8::from_str_radix(&hex[index..index + 2], 16).unwrap()).collect()
    };
    let entries = revoked.iter().map(|(serial, since)| RevokedCertParams {
        serial_number: SerialNumber::from(octets(serial)),
        revocation_time: moment(*since),
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    });
    let list = CertificateRevocationListParams {
        this_update: moment(at),
        next_update: moment(at + 100 * 365 * 24 * 3600),
        crl_number: SerialNumber::from(at.unsigned_abs()),
        issuing_distribution_point: None,
        revoked_certs: entries.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let mut authority = params(name);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    list.signed_by(&Issuer::new(authority, key(number))).unwrap().der().to_vec()
}
