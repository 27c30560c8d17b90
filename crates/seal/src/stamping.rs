//! Authorities for time stamps in tests, of this crate and (feature `testing`) of the rooms above it: `openssl ts` answers.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests that cannot go on fail")]

use std::fs;
use std::path::Path;

use rcgen::{
    CertificateParams, CustomExtension, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA256, RsaKeySize,
};

use crate::key::Certificate;
use crate::testing::{authority, certificate, openssl_ok};
use crate::trust::Trust;

/// The policy under which these authorities stamp.
pub const POLICY: &str = "1.3.6.1.4.1.99999.1";
/// Another that they offer.
pub const OTHER_POLICY: &str = "1.3.6.1.4.1.99999.2";

/// The kind of an authority's key.
#[derive(Clone, Copy, Debug)]
pub enum KeyKind {
    /// RSA of 2048 bits.
    Rsa,
    /// The curve P-256.
    P256,
    /// The curve P-384.
    P384,
}

/// How an authority is made.
pub struct Making {
    /// Its name, and the beginning of those above it.
    pub name: &'static str,
    /// Its key.
    pub key: KeyKind,
    /// The digest under its signatures, as OpenSSL names it.
    pub digest: &'static str,
    /// The digest of its certificate in what it signs: `sha1` for ESSCertID, another for ESSCertIDv2.
    pub bound_by: &'static str,
    /// What is changed in its certificate.
    pub edit: fn(&mut CertificateParams),
}

impl Default for Making {
    fn default() -> Self {
        Self { name: "Test TSA", key: KeyKind::Rsa, digest: "sha256", bound_by: "sha256", edit: |_| {} }
    }
}

/// An authority for time stamps, below another, below a root.
pub struct StampAuthority {
    folder: tempfile::TempDir,
    /// The root.
    pub root: Certificate,
    /// Whose key stamps.
    pub signer: Certificate,
}

impl StampAuthority {
    /// Makes one.
    pub fn new(making: &Making) -> Self {
        let Making { name, key, digest, bound_by, edit } = making;
        let root = authority(&format!("{name} Root"), 0, None, |_| {});
        let below = authority(&format!("{name} Authority"), 1, Some(&root), |_| {});
        let key = match key {
            KeyKind::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
            KeyKind::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            KeyKind::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
        };
        let key = key.unwrap();
        let signer = certificate(name, &key, &below, |params| {
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.custom_extensions = vec![usage(true)];
            edit(params);
        });
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=signer.pem\nsigner_key=key.pem\ncerts=below.pem\n\
             signer_digest={digest}\ndefault_policy={POLICY}\nother_policies={OTHER_POLICY}\ndigests=sha256\n\
             accuracy=secs:1,millisecs:500\nordering=yes\ntsa_name=yes\ness_cert_id_chain=no\ness_cert_id_alg={bound_by}\n"
        );
        for (file, text) in [
            ("root.pem", root.certificate.to_pem()),
            ("below.pem", below.certificate.to_pem()),
            ("signer.pem", signer.to_pem()),
            ("key.pem", key.serialize_pem()),
            ("ts.conf", settings),
            ("serial", "0100\n".into()),
        ] {
            fs::write(folder.path().join(file), text).unwrap();
        }
        Self { folder, root: root.certificate, signer }
    }

    /// Its answer to a request, granted or not.
    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        fs::write(self.folder().join("request"), request).unwrap();
        openssl_ok(self.folder(), &["ts", "-reply", "-config", "ts.conf", "-queryfile", "request", "-out", "answer"]);
        fs::read(self.folder().join("answer")).unwrap()
    }

    /// Where its files are: `root.pem`, `below.pem`, `signer.pem`, `key.pem`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Who believes it, and nobody else.
    pub fn believed(&self) -> Trust {
        Trust::new(vec![self.root.clone()], Vec::new()).unwrap().for_time_stamps()
    }
}

/// The extended key usage of time stamps.
pub fn usage(is_critical: bool) -> CustomExtension {
    let time_stamping = vec![0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
    let mut usage = CustomExtension::from_oid_content(&[2, 5, 29, 37], time_stamping);
    usage.set_criticality(is_critical);
    usage
}
