//! Keys, certificates and judges for the tests of this crate.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use bytes::Bytes;
use pec::compose::Draft;
use pec::{Kind, Moment, Pieces, Shared};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SanType, date_time_ymd,
};

use crate::{Certificate, FileSigner};

/// A moment at which every certificate made here is valid, unless it says otherwise.
pub(crate) const NOW: i64 = 1_780_000_000;

/// One of a few RSA keys, made once.
pub(crate) fn key(number: usize) -> &'static KeyPair {
    static KEYS: [OnceLock<KeyPair>; 5] = [const { OnceLock::new() }; 5];
    KEYS[number].get_or_init(|| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap())
}

/// An authority that issues.
pub(crate) struct Authority {
    pub certificate: Certificate,
    issuer: Issuer<'static, &'static KeyPair>,
}

/// An authority named `name` with key `number`, under `over` or under itself.
pub(crate) fn authority(
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
pub(crate) fn leaf(email: &str, over: &Authority, edit: impl FnOnce(&mut CertificateParams)) -> Certificate {
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
pub(crate) struct Network {
    pub root: Certificate,
    pub authority: Certificate,
    pub signer: FileSigner,
    /// Everything in one PEM text: leaf, authority, root.
    pub chain_pem: String,
    pub key_pem: String,
}

/// The one network of most tests.
pub(crate) fn network() -> &'static Network {
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
pub(crate) fn draft(original: &[u8]) -> Draft {
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
pub(crate) const ORIGINAL: &[u8] = b"From: a@pec.example.it\r\nSubject: x\r\n\r\nDear all,\r\n\r\n.\r\n  trailing \r\n";

/// Runs OpenSSL in `directory`.
pub(crate) fn openssl(directory: &Path, arguments: &[&str]) -> Output {
    harness::output(Command::new("openssl").args(arguments).current_dir(directory)).unwrap()
}

/// Runs OpenSSL and expects success; gives standard output.
pub(crate) fn openssl_ok(directory: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = openssl(directory, arguments);
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A directory with the network's files: `key.pem`, `leaf.pem`, `authority.pem`, `root.pem`, `chain.pem`.
pub(crate) fn directory() -> tempfile::TempDir {
    use crate::Signer;
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
pub(crate) fn samples() -> Option<PathBuf> {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/samples");
    folder.is_dir().then_some(folder)
}
