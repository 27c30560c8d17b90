use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rcgen::{CertificateParams, DnType};
use seal::testing::{authority, certificate, key, openssl_ok};

use super::*;

const PDF: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";

/// A lawyer and a clerk, with their files in a folder.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let over = authority("Firma Qualificata Uno", 0, None, |params| {
        params.distinguished_name.push(DnType::OrganizationName, "Certificatore S.p.A.");
    });
    let edit = |number: &'static str, organization: Option<&'static str>| {
        move |params: &mut CertificateParams| {
            params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), number);
            if let Some(organization) = organization {
                params.distinguished_name.push(DnType::OrganizationName, organization);
            }
        }
    };
    let lawyer = certificate("Maria Rossi", key(1), &over, edit("TINIT-RSSMRA80A01H501U", None));
    let clerk = certificate("Luca Bianchi", key(2), &over, edit("IT:BNCLCU75B02F205X", Some("Comune di Uno")));
    for (name, octets) in [
        ("doc.pdf", PDF.to_vec()),
        ("lawyer.pem", lawyer.to_pem().into_bytes()),
        ("clerk.pem", clerk.to_pem().into_bytes()),
        ("lawyer.key", key(1).serialize_pem().into_bytes()),
        ("clerk.key", key(2).serialize_pem().into_bytes()),
    ] {
        std::fs::write(folder.path().join(name), octets).unwrap();
    }
    folder
}

/// What OpenSSL makes of `doc.pdf`, signed by these.
fn signed(folder: &std::path::Path, file: &str, signers: &[&str], more: &str) -> Bytes {
    let signers: String = signers.iter().map(|name| format!(" -signer {name}.pem -inkey {name}.key")).collect();
    let arguments = format!("cms -sign -nodetach -binary -cades -in {file}{signers} {more}");
    openssl_ok(folder, &arguments.split_whitespace().collect::<Vec<_>>()).into()
}

fn open(name: &str, octets: &Bytes) -> Result<SignedFile, NotOpened> {
    SignedFile::open(name, octets, &Limits::default())
}

#[test]
fn a_signed_file_opens_in_every_form_and_names_who_signed() {
    let folder = folder();
    let der = signed(folder.path(), "doc.pdf", &["lawyer"], "-outform DER");
    let ber = signed(folder.path(), "doc.pdf", &["lawyer"], "-outform DER -stream");
    let pem = signed(folder.path(), "doc.pdf", &["lawyer"], "-outform PEM");
    let base64 = Bytes::from(STANDARD.encode(&der));
    for octets in [&der, &ber, &pem, &base64] {
        assert_eq!(seen::of(octets), Some(Seen::Signed));
        let file = open("doc.pdf.P7M", octets).unwrap();
        assert_eq!((file.name.as_str(), &file.content[..], file.preview), ("doc.pdf", PDF, Preview::Pdf));
        let [signature] = file.signatures.as_slice() else { panic!() };
        assert_eq!((signature.name.as_str(), signature.tax_code.as_str()), ("Maria Rossi", "RSSMRA80A01H501U"));
        assert_eq!((signature.issuer.as_str(), signature.organization.as_str()), ("Firma Qualificata Uno", ""));
        assert_eq!((&signature.outcome, signature.was_in_time()), (&Fit::Fits, Some(true)));
        assert!(!file.cut);
    }
    assert_eq!(open("documento", &der).unwrap().name, "documento.pdf");
}

#[test]
fn several_signers_and_signed_files_inside_each_other_are_all_named() {
    let folder = folder();
    let both = signed(folder.path(), "doc.pdf", &["lawyer", "clerk"], "-outform DER");
    let file = open("doc.pdf.p7m", &both).unwrap();
    let mut names: Vec<_> =
        file.signatures.iter().map(|one| (one.layer, one.name.as_str(), one.outcome.clone())).collect();
    names.sort_by_key(|(_, name, _)| *name);
    assert_eq!(names, [(0, "Luca Bianchi", Fit::Fits), (0, "Maria Rossi", Fit::Fits)]);

    std::fs::write(folder.path().join("doc.pdf.p7m"), &both).unwrap();
    let around = signed(folder.path(), "doc.pdf.p7m", &["clerk"], "-outform DER");
    let file = open("doc.pdf.p7m.p7m", &around).unwrap();
    assert_eq!((file.name.as_str(), &file.content[..]), ("doc.pdf", PDF));
    let layers: Vec<_> = file.signatures.iter().map(|one| one.layer).collect();
    assert_eq!(layers, [0, 1, 1]);
    assert_eq!(
        (file.signatures[0].tax_code.as_str(), file.signatures[0].organization.as_str()),
        ("BNCLCU75B02F205X", "Comune di Uno")
    );
    let one = SignedFile::open("doc.pdf.p7m.p7m", &around, &Limits { layers: 1, ..Limits::default() }).unwrap();
    assert!(one.cut && one.content == both && one.preview == Preview::Signed);
}

#[test]
fn what_was_changed_or_is_missing_is_said() {
    let folder = folder();
    let der = signed(folder.path(), "doc.pdf", &["lawyer"], "-outform DER");
    let at = der.windows(PDF.len()).position(|window| window == PDF).unwrap();
    let mut changed = der.to_vec();
    changed[at + 7] ^= 1;
    let file = open("doc.pdf.p7m", &changed.into()).unwrap();
    assert_eq!((&file.signatures[0].outcome, file.signatures[0].name.as_str()), (&Fit::Changed, "Maria Rossi"));
    let mut forged = der.to_vec();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(open("doc.pdf.p7m", &forged.into()).unwrap().signatures[0].outcome, Fit::Forged);
    let bare = signed(folder.path(), "doc.pdf", &["lawyer"], "-outform DER -nocerts");
    let file = open("doc.pdf.p7m", &bare).unwrap();
    assert!(matches!(file.signatures[0].outcome, Fit::Untried(_)) && file.signatures[0].name.is_empty());
    assert_eq!(&file.content[..], PDF);
    for other in [&b"%PDF-1.4"[..], b"", b"0\x80", b"MII!", &der[..der.len() / 2]] {
        assert!(open("x.p7m", &Bytes::copy_from_slice(other)).is_err());
    }
    assert!(SignedFile::open("x.p7m", &der, &Limits { signed: 10, ..Limits::default() }).is_err());
}

proptest! {
    #[test]
    fn any_octets_are_opened_or_refused(octets: Vec<u8>) {
        let _ = open("x.p7m", &Bytes::from([&[0x30, 0x80][..], &octets].concat()));
        prop_assert!(tax_code(&String::from_utf8_lossy(&octets)).is_none_or(|code| code.is_ascii()));
    }
}
