use super::*;
use crate::testing::*;

#[test]
fn keys_are_read_in_both_pem_forms_and_certificates_in_any_order() {
    let directory = directory();
    let network = network();
    openssl_ok(directory.path(), &["rsa", "-in", "key.pem", "-traditional", "-out", "pkcs1.pem"]);
    let backwards: String =
        [&network.root, &network.authority, network.signer.certificate()].map(Certificate::to_pem).concat();
    std::fs::write(directory.path().join("backwards.pem"), format!("Text before\n{backwards}")).unwrap();
    for key in ["key.pem", "pkcs1.pem"] {
        let signer =
            FileSigner::from_pem_files(&directory.path().join(key), &directory.path().join("backwards.pem")).unwrap();
        assert_eq!(signer.certificate(), network.signer.certificate(), "{key}");
        assert_eq!(signer.issuers(), std::slice::from_ref(&network.authority), "no root");
        assert_eq!(signer.sign(b"data").unwrap(), network.signer.sign(b"data").unwrap());
    }
}

#[test]
fn a_key_that_does_not_serve_is_refused_in_words() {
    let directory = directory();
    let network = network();
    let chain = network.chain_pem.as_bytes();
    let refused = |key: &[u8], chain: &[u8], cause: &str| {
        let KeyError(text) = FileSigner::from_pem(key, chain).unwrap_err();
        assert!(text.contains(cause), "{text}");
    };
    refused(key(3).serialize_pem().as_bytes(), chain, "belongs to none of the 3 certificates");
    refused(network.key_pem.as_bytes(), b"", "there is no certificate");
    refused(chain, chain, "there is no private key");
    refused(b"", chain, "there is no private key");
    let make = |arguments: &str| openssl_ok(directory.path(), &arguments.split(' ').collect::<Vec<_>>());
    refused(&make("pkey -in key.pem -aes256 -passout pass:secret"), chain, "encrypted");
    refused(&make("rsa -in key.pem -traditional -aes256 -passout pass:secret"), chain, "encrypted");
    refused(&make("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"), chain, "RSA");
    refused(&make("ecparam -name prime256v1 -genkey -noout"), chain, "not RSA");
    refused(&make("genrsa 1024"), chain, "2048");
    refused(network.key_pem.as_bytes(), b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "X.509");
    let missing =
        FileSigner::from_pem_files(Path::new("/nowhere/key.pem"), Path::new("/nowhere/chain.pem")).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/key.pem"), "{missing}");
}

#[test]
fn key_files_of_openssl_open_with_their_password_alone() {
    let directory = directory();
    let file = directory.path().join("file.p12");
    for form in [
        "",
        " -nomac",
        " -keypbe AES-128-CBC -certpbe NONE",
        " -keypbe NONE -certpbe AES-192-CBC -macalg SHA512",
        " -macalg SHA1 -iter 1 -noiter",
    ] {
        let arguments =
            format!("pkcs12 -export -inkey key.pem -in chain.pem -out file.p12 -passout pass:sègreto{form}");
        openssl_ok(directory.path(), &arguments.split(' ').collect::<Vec<_>>());
        let signer = FileSigner::from_pkcs12_file(&file, "sègreto").unwrap_or_else(|e| panic!("{form}: {e}"));
        assert_eq!(signer.certificate(), network().signer.certificate(), "{form}");
        assert_eq!(signer.issuers(), [network().authority.clone()], "{form}");
        let wrong = FileSigner::from_pkcs12_file(&file, "segreto").unwrap_err();
        assert!(wrong.to_string().contains("the password is wrong"), "{form}: {wrong}");
    }
}

#[test]
fn key_files_with_outdated_encryption_are_refused_with_the_remedy() {
    let directory = directory();
    let file = directory.path().join("file.p12");
    for form in ["-legacy", "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg SHA1"] {
        let arguments =
            format!("pkcs12 -export -inkey key.pem -in chain.pem -out file.p12 -passout pass:secret {form}");
        openssl_ok(directory.path(), &arguments.split(' ').collect::<Vec<_>>());
        let refused = FileSigner::from_pkcs12_file(&file, "secret").unwrap_err().to_string();
        assert!(refused.contains("outdated") && refused.contains("openssl pkcs12"), "{form}: {refused}");
    }
}

#[test]
fn damaged_key_files_are_errors_and_no_panics() {
    let directory = directory();
    openssl_ok(
        directory.path(),
        &"pkcs12 -export -inkey key.pem -in leaf.pem -out f -passout pass:x -iter 2 -nomac"
            .split(' ')
            .collect::<Vec<_>>(),
    );
    let file = std::fs::read(directory.path().join("f")).unwrap();
    for end in 0..file.len() {
        assert!(pkcs12::open(&file[..end], "x").is_err(), "{end}");
    }
    for position in 0..file.len() {
        let mut changed = file.clone();
        changed[position] ^= 0x10;
        let _ = pkcs12::open(&changed, "x");
    }
}

#[test]
fn a_certificate_tells_what_the_index_and_people_need() {
    let directory = directory();
    let certificate = network().signer.certificate();
    assert_eq!(certificate.subject(), "O=Provider One S.p.A.,CN=Posta Certificata,C=IT");
    assert_eq!(certificate.issuer(), "CN=Test PEC Authority,C=IT");
    assert_eq!(certificate.emails(), ["posta-certificata@pec.example.it"]);
    assert_eq!((certificate.not_before(), certificate.not_after()), (1_704_067_200, 2_082_758_400));
    let printed = openssl_ok(directory.path(), &["x509", "-in", "leaf.pem", "-noout", "-fingerprint", "-sha1"]);
    let fingerprint = String::from_utf8(printed).unwrap().trim().rsplit('=').next().unwrap().replace(':', "");
    assert_eq!(certificate.sha1_hex(), fingerprint.to_lowercase());
    assert_eq!(Certificate::from_pem(certificate.to_pem().as_bytes()).unwrap(), std::slice::from_ref(certificate));
    let canonical = openssl_ok(directory.path(), &["x509", "-in", "leaf.pem"]);
    assert_eq!(certificate.to_pem().as_bytes(), canonical, "the PEM form is OpenSSL's");
}

#[test]
fn no_octets_make_the_certificate_reader_panic() {
    let der = network().signer.certificate().der();
    for position in 0..der.len() {
        for value in [0, 0x30, 0x7f, 0x80, 0xff] {
            let mut changed = der.to_vec();
            changed[position] = value;
            if let Ok(certificate) = Certificate::from_der(changed) {
                let _ =
                    (certificate.subject(), certificate.emails().len(), crate::profile::deviations(&certificate, None));
            }
        }
        assert!(Certificate::from_der(der.slice(..position)).is_err());
    }
}

#[test]
fn a_secret_key_does_not_print() {
    let printed = format!("{:?}", network().signer);
    assert!(printed.contains("Posta Certificata") && printed.len() < 200, "{printed}");
}
