use super::*;
use crate::Signer;
use crate::testing::*;

/// A self-signed certificate made by OpenSSL with this subject and these extensions.
fn made(subject: &str, extensions: &str) -> Certificate {
    let directory = tempfile::tempdir().unwrap();
    let settings = format!(
        "[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\nstring_mask=utf8only\n[dn]\n{subject}\n[ext]\n{extensions}\n"
    );
    std::fs::write(directory.path().join("settings"), settings).unwrap();
    std::fs::write(directory.path().join("key.pem"), key(3).serialize_pem()).unwrap();
    let arguments = ["req", "-x509", "-new", "-key", "key.pem", "-sha256", "-config", "settings", "-days", "10"];
    Certificate::from_pem(&openssl_ok(directory.path(), &arguments)).unwrap().remove(0)
}

const SUBJECT: &str = "C=IT\nO=AcmePEC S.p.A\nCN=Posta Certificata";
const GOOD: [(&str, &str); 4] = [
    ("keyUsage", "critical,digitalSignature"),
    ("authorityKeyIdentifier", "keyid:always"),
    ("subjectKeyIdentifier", "hash"),
    ("subjectAltName", "email:posta-certificata@acmepec.it"),
];

/// The good extensions with one replaced, left out or added.
fn with(name: &str, value: Option<&str>) -> String {
    let good = GOOD
        .iter()
        .filter(|(extension, _)| *extension != name)
        .map(|(extension, value)| format!("{extension}={value}\n"));
    good.chain(value.map(|value| format!("{name}={value}\n"))).collect()
}

/// [R-2.1-c]
#[test]
fn a_certificate_as_in_the_norm_has_no_deviation() {
    let good = made(SUBJECT, &with("", None));
    assert_eq!(deviations(&good, Some("AcmePEC S.p.A")), [] as [&str; 0]);
    assert_eq!(deviations(&good, Some("ACMEPEC  s.p.a")), [] as [&str; 0]);
    assert_eq!(deviations(&good, Some("Posta Certificata")), [] as [&str; 0]);
    assert_eq!(deviations(&good, None), [] as [&str; 0]);
    assert_eq!(deviations(network().signer.certificate(), Some("Provider One S.p.A.")), [] as [&str; 0]);
    let more = made(SUBJECT, &with("extendedKeyUsage", Some("emailProtection")));
    assert_eq!(deviations(&more, None), [] as [&str; 0], "optional extensions are allowed");
}

/// [R-5.5.1-a]
#[test]
fn each_rule_on_the_subject_is_checked() {
    let good = made(SUBJECT, &with("", None));
    assert_eq!(
        deviations(&good, Some("Other")),
        ["neither commonName nor organizationName of the subject is the provider's name \"Other\""]
    );
    let nameless = made("C=IT\nL=Roma", &with("", None));
    assert_eq!(deviations(&nameless, None), ["the subject has neither commonName nor organizationName"]);
    let mail = made(&format!("{SUBJECT}\nemailAddress=posta-certificata@acmepec.it"), &with("", None));
    assert_eq!(deviations(&mail, None), ["the subject holds an e-mail address, which belongs in subjectAltName alone"]);
}

/// [R-5.5.2-a] [R-5.5.2-b]
#[test]
fn each_rule_on_the_extensions_is_checked() {
    for (name, value, expected) in [
        ("keyUsage", Some("digitalSignature"), &["the extension keyUsage must be critical"][..]),
        ("keyUsage", Some("critical,keyEncipherment"), &["keyUsage lacks digitalSignature"]),
        ("keyUsage", None, &["the extension keyUsage is missing"]),
        ("authorityKeyIdentifier", Some("none"), &["the extension authorityKeyIdentifier is missing"]),
        ("authorityKeyIdentifier", Some("issuer:always"), &["authorityKeyIdentifier lacks keyIdentifier"]),
        ("subjectKeyIdentifier", Some("none"), &["the extension subjectKeyIdentifier is missing"]),
        ("subjectKeyIdentifier", Some("critical,hash"), &["the extension subjectKeyIdentifier must not be critical"]),
        (
            "subjectAltName",
            None,
            &["subjectAltName holds no e-mail address", "the extension subjectAltName is missing"],
        ),
        ("subjectAltName", Some("DNS:acmepec.it"), &["subjectAltName holds no e-mail address"]),
        ("subjectAltName", Some("critical,email:a@acmepec.it"), &["the extension subjectAltName must not be critical"]),
        ("basicConstraints", Some("CA:FALSE"), &["the extension basicConstraints must not be present"]),
        (
            "extendedKeyUsage",
            Some("critical,emailProtection"),
            &["the additional extension 2.5.29.37 must not be critical"],
        ),
    ] {
        assert_eq!(deviations(&made(SUBJECT, &with(name, value)), None), expected, "{name} {value:?}");
    }
}

#[test]
fn real_certificates_conform_since_2017_and_did_not_before() {
    let Some(folder) = samples() else { return };
    let read = |file: &str| {
        Certificate::from_pem(&std::fs::read(folder.join("certificates").join(file)).unwrap()).unwrap().remove(0)
    };
    assert_eq!(
        deviations(&read("Posta_Certificata_Namirial_S_p_A__20230928.txt"), Some("Namirial S.p.A.")),
        [] as [&str; 0]
    );
    assert_eq!(
        deviations(&read("leaf_ARUBA2014.txt"), Some("ARUBA PEC S.p.A.")),
        ["the extension keyUsage must be critical", "the extension basicConstraints must not be present"]
    );
}
