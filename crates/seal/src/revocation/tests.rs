//! Lists and answers made by `openssl ca` and `openssl ocsp`, which are also asked what they think of ours.

use std::fs;

use proptest::prelude::*;
use rcgen::{CertificateParams, CrlDistributionPoint, CustomExtension, ExtendedKeyUsagePurpose, KeyUsagePurpose};

use super::ocsp::OcspAnswer;
use super::*;
use crate::testing::*;
use crate::{Certificate, Trust, TrustError};

const EMAIL: &str = "posta-certificata@pec.example.it";
/// When the tests' certificate is revoked, and OpenSSL's spelling of it.
const SINCE: i64 = 1_780_272_000;
const SINCE_TEXT: &str = "260601000000Z";
const DAY: i64 = 86_400;

/// An authority with the database of `openssl ca`.
struct Office {
    folder: tempfile::TempDir,
    authority: Authority,
    leaf: Certificate,
}

fn serial_hex(certificate: &Certificate) -> String {
    let digits = crate::certificate::hex(signed::issuer_and_serial(certificate).unwrap().1).to_ascii_uppercase();
    // OpenSSL's database leaves out the zero of a positive number.
    digits.strip_prefix("00").unwrap_or(&digits).to_owned()
}

impl Office {
    fn new(edit_leaf: impl FnOnce(&mut CertificateParams)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = authority("Test PEC Authority", 1, None, |_| {});
        let leaf = leaf(EMAIL, &authority, edit_leaf);
        let office = Self { folder, authority, leaf };
        office.write("ca.pem", &office.authority.certificate.to_pem());
        office.write("ca.key", &key(1).serialize_pem());
        office.write("leaf.pem", &office.leaf.to_pem());
        office.database("V", "");
        office
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap()
    }

    fn issuer(&self) -> &Certificate {
        &self.authority.certificate
    }

    fn openssl(&self, arguments: &str) -> String {
        String::from_utf8(openssl_ok(self.folder.path(), &arguments.split(' ').collect::<Vec<_>>())).unwrap()
    }

    /// The state of the leaf: `V` or `R` with date and reason; another certificate is always revoked.
    fn database(&self, state: &str, revoked: &str) {
        self.write(
            "index.txt",
            &format!(
                "{state}\t360101000000Z\t{revoked}\t{}\tunknown\t/CN=leaf\nR\t360101000000Z\t250101000000Z\t0A\tunknown\t/CN=other\n",
                serial_hex(&self.leaf)
            ),
        );
    }

    fn revoke(&self, reason: &str) {
        self.database("R", &format!("{SINCE_TEXT}{reason}"));
    }

    /// A list issued two days after the revocation and valid for a week, with further extensions.
    fn list(&self, extensions: &str) -> Vec<u8> {
        self.list_from("260603000000Z", "260610000000Z", extensions)
    }

    fn list_from(&self, this_update: &str, next_update: &str, extensions: &str) -> Vec<u8> {
        self.write("number", "07\n");
        self.write(
            "ca.cnf",
            &format!(
                "[ca]\ndefault_ca=a\n[a]\ndatabase=index.txt\ncrlnumber=number\ncertificate=ca.pem\nprivate_key=ca.key\n\
                 default_md=sha256\ncrl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n{extensions}\n"
            ),
        );
        self.openssl(&format!(
            "ca -config ca.cnf -gencrl -crl_lastupdate {this_update} -crl_nextupdate {next_update} -out list.pem"
        ));
        self.openssl("crl -in list.pem -CAfile ca.pem -noout");
        self.file("list.pem")
    }

    fn store(&self, list: Vec<u8>) -> Result<CrlStore, RevocationError> {
        let mut store = CrlStore::new(DAY);
        store.insert(Crl::read(list)?, std::slice::from_ref(self.issuer()))?;
        Ok(store)
    }

    fn status(&self, list: Vec<u8>, at: i64) -> Status {
        self.store(list).unwrap().status(&self.leaf, self.issuer(), at)
    }

    /// OpenSSL's answer as a responder, with `options` on who signs.
    fn answer(&self, request: &[u8], options: &str) -> Vec<u8> {
        fs::write(self.folder.path().join("request.der"), request).unwrap();
        self.openssl(&format!(
            "ocsp -reqin request.der -index index.txt -CA ca.pem {options} -ndays 2 -respout response.der"
        ));
        self.file("response.der")
    }
}

fn unknown(status: Status, cause: &str) {
    match status {
        Status::Unknown { why } => assert!(why.contains(cause), "{why}"),
        other => panic!("{other:?}"),
    }
}

const REVOKED: Status = Status::Revoked { since: SINCE, reason: Reason::KeyCompromise };

#[test]
fn revoked_at_the_moment_or_before_is_revoked_and_revoked_later_is_good() {
    let office = Office::new(|_| {});
    office.revoke(",keyCompromise");
    for list in [office.list(""), {
        office.openssl("crl -in list.pem -outform DER -out list.der");
        office.file("list.der")
    }] {
        let store = office.store(list).unwrap();
        let status = |at| store.status(&office.leaf, office.issuer(), at);
        assert_eq!(status(SINCE - 1), Status::Good);
        assert_eq!(status(SINCE), REVOKED);
        assert_eq!(status(SINCE + 3 * DAY), REVOKED);
        assert_eq!(status(SINCE + 300 * DAY), REVOKED, "an old list still proves a revocation");
        let list = store.lists().next().unwrap();
        assert_eq!((list.this_update(), list.next_update()), (SINCE + 2 * DAY, Some(SINCE + 9 * DAY)));
        assert_eq!((list.len(), list.number(), list.issuer()), (2, Some(&[7][..]), "CN=Test PEC Authority,C=IT"));
    }
    office.revoke(",certificateHold");
    assert!(matches!(office.status(office.list(""), SINCE), Status::Revoked { reason: Reason::Hold, .. }));
    office.revoke("");
    assert!(matches!(office.status(office.list(""), SINCE), Status::Revoked { reason: Reason::Unspecified, .. }));
}

#[test]
fn a_list_past_its_renewal_and_grace_does_not_prove_that_nothing_is_revoked() {
    let office = Office::new(|_| {});
    let list = office.list("");
    assert_eq!(office.status(list.clone(), SINCE + 10 * DAY), Status::Good, "within the grace");
    unknown(office.status(list.clone(), SINCE + 10 * DAY + 1), "due for renewal");
    // An older list does not replace it, a newer one does.
    let mut store = office.store(list).unwrap();
    let mut insert = |list| store.insert(Crl::read(list).unwrap(), std::slice::from_ref(office.issuer()));
    assert_eq!(insert(office.list_from("260602000000Z", "270602000000Z", "")), Ok(false));
    assert_eq!(insert(office.list_from("260604000000Z", "260620000000Z", "")), Ok(true));
    assert_eq!(store.lists().count(), 1);
    assert_eq!(store.status(&office.leaf, office.issuer(), SINCE + 15 * DAY), Status::Good);
    // A list issued after the certificate expired.
    let late = office.list_from("370101000000Z", "370110000000Z", "");
    unknown(office.status(late, NOW), "expired");
    let archive =
        office.list_from("370101000000Z", "370110000000Z", "2.5.29.60=DER:180f32303230303130313030303030305a");
    assert_eq!(office.status(archive, NOW), Status::Good);
    // Without any list.
    unknown(CrlStore::new(0).status(&office.leaf, office.issuer(), NOW), "no revocation list");
}

#[test]
fn a_list_counts_only_with_the_signature_of_its_issuer() {
    let office = Office::new(|_| {});
    let list = office.list("");
    let insert = |list: Vec<u8>, issuers: &[Certificate]| CrlStore::new(0).insert(Crl::read(list).unwrap(), issuers);
    let refused = |list: Vec<u8>, issuer: Certificate, cause: &str| {
        let text = insert(list, &[issuer]).unwrap_err().to_string();
        assert!(text.contains(cause), "{text}");
    };
    refused(list.clone(), authority("Other", 1, None, |_| {}).certificate, "is not the list's issuer");
    refused(list.clone(), authority("Test PEC Authority", 3, None, |_| {}).certificate, "did not sign");
    let no_lists =
        authority("Test PEC Authority", 1, None, |params| params.key_usages = vec![KeyUsagePurpose::KeyCertSign]);
    refused(list.clone(), no_lists.certificate, "cRLSign");
    // An octet of the revocation date of the other entry.
    office.openssl("crl -in list.pem -outform DER -out list.der");
    let mut changed = office.file("list.der");
    let position = changed.windows(12).position(|w| w == b"250101000000").unwrap();
    changed[position + 1] = b'4';
    refused(changed, office.issuer().clone(), "did not sign");
    assert!(matches!(insert(list.clone(), &[]), Err(RevocationError::NotSigned(_))));
    // Another authority's certificate with the same name: another key, so another list.
    let namesake = authority("Test PEC Authority", 3, None, |_| {});
    unknown(office.store(list).unwrap().status(&office.leaf, &namesake.certificate, NOW), "no revocation list");
    // SHA-1.
    office.openssl("ca -config ca.cnf -gencrl -md sha1 -crldays 3 -out old.pem");
    refused(office.file("old.pem"), office.issuer().clone(), "1.2.840.113549.1.1.5");
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let office = Office::new(|_| {});
    for (extension, name) in [
        ("2.5.29.27=critical,DER:020101", "delta CRL"),
        ("1.2.3.4=critical,DER:0500", "the critical extension 1.2.3.4"),
        ("issuingDistributionPoint=critical,@i\n[i]\nindirectCRL=TRUE", "indirect CRL"),
        ("issuingDistributionPoint=critical,@i\n[i]\nonlysomereasons=keyCompromise", "CRL for some reasons only"),
        ("issuingDistributionPoint=critical,@i\n[i]\nonlyAA=TRUE", "CRL of attribute certificates"),
    ] {
        let refused = Crl::read(office.list(extension)).unwrap_err();
        assert_eq!(refused, RevocationError::Unsupported(name.into()));
    }
    office.revoke(",removeFromCRL");
    assert_eq!(Crl::read(office.list("")).unwrap_err(), RevocationError::Unsupported("removeFromCRL".into()));
}

#[test]
fn a_list_for_one_distribution_point_covers_the_certificates_that_name_it() {
    let point = |url: &str| CrlDistributionPoint { uris: vec![url.to_owned()] };
    let office = Office::new(|params| {
        params.crl_distribution_points = vec![
            point("ldap://crl.example.it/cn=1"),
            point("http://crl.example.it/1.crl"),
            point("HTTP://backup.example.it/1.crl"),
            point("https://secure.example.it/1.crl"),
        ];
        let responder = b"http://ocsp.example.it/";
        let access = crate::asn1::tlv(
            0x30,
            &[&crate::asn1::tlv(0x30, &[&crate::asn1::oid(crate::oid::OCSP), &crate::asn1::tlv(0x86, &[responder])])],
        );
        params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access));
    });
    assert_eq!(
        distribution_points(&office.leaf),
        ["http://crl.example.it/1.crl", "HTTP://backup.example.it/1.crl", "https://secure.example.it/1.crl"]
    );
    assert_eq!(ocsp_urls(&office.leaf), ["http://ocsp.example.it/"]);
    assert_eq!(office.openssl("x509 -in leaf.pem -noout -ocsp_uri"), "http://ocsp.example.it/\n");
    assert!(distribution_points(office.issuer()).is_empty() && ocsp_urls(office.issuer()).is_empty());
    assert!(is_published(&office.leaf) && !is_published(office.issuer()));
    let by_ldap = Office::new(|params| params.crl_distribution_points = vec![point("ldap://crl.example.it/cn=1")]);
    assert!(is_published(&by_ldap.leaf) && distribution_points(&by_ldap.leaf).is_empty(), "there is one, out of reach");

    let partition = |number| {
        office.list(&format!(
            "issuingDistributionPoint=critical,@i\n[i]\nfullname=URI:http://crl.example.it/{number}.crl\nonlyuser=TRUE"
        ))
    };
    let (first, second) = (partition(1), partition(2));
    assert_eq!(office.status(first.clone(), NOW), Status::Good);
    unknown(office.status(second.clone(), NOW), "that covers it");
    let mut store = office.store(second).unwrap();
    assert_eq!(store.insert(Crl::read(first).unwrap(), std::slice::from_ref(office.issuer())), Ok(true));
    assert_eq!(store.lists().count(), 2, "each partition has its list");
    assert_eq!(store.status(&office.leaf, office.issuer(), NOW), Status::Good);
    let authorities = office.list("issuingDistributionPoint=critical,@i\n[i]\nonlyCA=TRUE");
    unknown(office.status(authorities, NOW), "that covers it");
}

#[test]
fn openssl_reads_our_question_and_we_read_its_answers() {
    let office = Office::new(|_| {});
    let nonce = [0x5a; 16];
    let request = ocsp::request(&office.leaf, office.issuer(), Some(&nonce)).unwrap();
    let by_authority = "-rsigner ca.pem -rkey ca.key";
    let now = |response: &[u8]| -> OcspAnswer {
        OcspAnswer::read(response.to_vec(), &office.leaf, office.issuer(), Some(&nonce), NOW).unwrap()
    };
    let good = office.answer(&request, by_authority);
    let judged = office.openssl("ocsp -respin response.der -issuer ca.pem -cert leaf.pem -CAfile ca.pem -no_nonce");
    assert!(judged.contains("leaf.pem: good"), "{judged}");
    let shown = office.openssl("ocsp -reqin request.der -req_text");
    assert!(shown.contains(&serial_hex(&office.leaf)) && shown.contains("OCSP Nonce"), "{shown}");
    let answer = now(&good);
    let (from, until) = (answer.this_update(), answer.next_update().unwrap());
    assert_eq!(until - from, 2 * DAY);
    assert_eq!(answer.status(0, until), Status::Good);
    unknown(answer.status(0, until + 1), "due for renewal");
    assert_eq!(answer.status(60, until + 60), Status::Good);

    office.revoke(",keyCompromise");
    let revoked = now(&office.answer(&request, by_authority));
    assert_eq!((revoked.status(0, SINCE - 1), revoked.status(0, SINCE)), (Status::Good, REVOKED));
    let mut store = OcspStore::new(0);
    unknown(store.status(&office.leaf, office.issuer(), from), "no answer");
    assert!(store.insert(revoked) && !store.insert(OcspAnswer::clone(&answer)), "the newer one stays");
    assert_eq!(store.status(&office.leaf, office.issuer(), SINCE), REVOKED);

    office.write("index.txt", "");
    unknown(now(&office.answer(&request, by_authority)).status(0, from), "does not know");
    // By name or by key, with the nonce or without.
    office.database("V", "");
    let plain = ocsp::request(&office.leaf, office.issuer(), None).unwrap();
    let by_key = now(&office.answer(&plain, &format!("{by_authority} -resp_key_id")));
    assert_eq!(by_key.status(0, from), Status::Good);
}

#[test]
fn an_answer_without_a_next_update_counts_for_the_life_it_is_given() {
    let office = Office::new(|_| {});
    let request = ocsp::request(&office.leaf, office.issuer(), None).unwrap();
    fs::write(office.folder.path().join("request.der"), &request).unwrap();
    office.openssl("ocsp -reqin request.der -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -respout now.der");
    let answer = OcspAnswer::read(office.file("now.der"), &office.leaf, office.issuer(), None, NOW).unwrap();
    let (at, none) = (answer.this_update(), answer.next_update());
    assert_eq!(none, None);
    let mut store = OcspStore::new(0).with_life(300);
    store.insert(answer.clone());
    assert_eq!(store.status(&office.leaf, office.issuer(), at + 300), Status::Good);
    unknown(store.status(&office.leaf, office.issuer(), at + 301), "too old");
    let mut strict = OcspStore::new(0);
    strict.insert(answer);
    unknown(strict.status(&office.leaf, office.issuer(), at + 1), "too old");
}

/// [R-O-ca-1]
#[test]
fn one_list_serves_every_edition_of_an_authority_that_keeps_its_key() {
    let office = Office::new(|_| {});
    office.revoke(",superseded");
    let newer = authority("Test PEC Authority", 1, None, |params| params.not_after = rcgen::date_time_ymd(2040, 1, 1));
    assert_ne!(&newer.certificate, office.issuer());
    let by_the_new = leaf(EMAIL, &newer, |params| params.serial_number = Some(78u64.into()));
    let store = office.store(office.list("")).unwrap();
    for edition in [office.issuer(), &newer.certificate] {
        assert!(matches!(store.status(&office.leaf, edition, SINCE), Status::Revoked { .. }));
        assert_eq!(store.status(&by_the_new, edition, SINCE), Status::Good);
        let trust = Trust::new(vec![edition.clone()], vec![]).unwrap();
        let check = |leaf| trust.check_certificate_with(leaf, &[], SINCE, &store);
        assert!(matches!(check(&office.leaf), Err(TrustError::Revoked { .. })));
        assert_eq!(check(&by_the_new), Ok(()));
    }
}

#[test]
fn an_answer_given_after_the_certificate_expired_does_not_prove_that_it_was_good() {
    let office = Office::new(|params| params.not_after = rcgen::date_time_ymd(2025, 1, 1));
    let request = ocsp::request(&office.leaf, office.issuer(), None).unwrap();
    let ask = || {
        let response = office.answer(&request, "-rsigner ca.pem -rkey ca.key");
        OcspAnswer::read(response, &office.leaf, office.issuer(), None, NOW).unwrap()
    };
    unknown(ask().status(0, office.leaf.not_after()), "expired");
    office.revoke(",keyCompromise");
    assert_eq!(ask().status(0, SINCE), REVOKED);
}

#[test]
fn an_answer_counts_only_from_the_issuer_or_its_responder() {
    let office = Office::new(|_| {});
    let request = ocsp::request(&office.leaf, office.issuer(), Some(&[1; 16])).unwrap();
    let responder = |over: &Authority, usage: ExtendedKeyUsagePurpose| {
        leaf("ocsp@example.it", over, |params| {
            params.extended_key_usages = vec![usage];
            params.distinguished_name.push(rcgen::DnType::CommonName, "Responder");
        })
    };
    let read = |by: &Certificate, options: &str, at| {
        office.write("responder.pem", &by.to_pem());
        office.write("responder.key", &key(2).serialize_pem());
        let response = office.answer(&request, &format!("-rsigner responder.pem -rkey responder.key{options}"));
        OcspAnswer::read(response, &office.leaf, office.issuer(), Some(&[1; 16]), at)
    };
    let refused = |answer: Result<OcspAnswer, RevocationError>, cause: &str| {
        let text = answer.unwrap_err().to_string();
        assert!(text.contains(cause), "{text}");
    };
    let proper = responder(&office.authority, ExtendedKeyUsagePurpose::OcspSigning);
    for options in ["", " -resp_key_id"] {
        let answer = read(&proper, options, NOW).unwrap();
        assert_eq!(answer.status(0, answer.this_update()), Status::Good);
    }
    refused(read(&proper, " -resp_no_certs", NOW), "whose certificate is enclosed");
    refused(read(&proper, "", proper.not_after() + 1), "not valid at this time");
    refused(read(&proper, " -rmd sha1", NOW), "unsupported: the signature algorithm");
    refused(read(&responder(&office.authority, ExtendedKeyUsagePurpose::EmailProtection), "", NOW), "not for OCSP");
    let stranger = authority("Test PEC Authority", 3, None, |_| {});
    refused(
        read(&responder(&stranger, ExtendedKeyUsagePurpose::OcspSigning), "", NOW),
        "not of the certificate's issuer",
    );

    let good = office.answer(&request, "-rsigner ca.pem -rkey ca.key");
    let again = |nonce: &[u8]| OcspAnswer::read(good.clone(), &office.leaf, office.issuer(), Some(nonce), NOW);
    assert!(again(&[1; 16]).is_ok());
    refused(again(&[2; 16]), "to another request");
    let other = leaf(EMAIL, &office.authority, |params| params.serial_number = Some(77u64.into()));
    refused(OcspAnswer::read(good.clone(), &other, office.issuer(), None, NOW), "about other certificates");
    let mut changed = good.clone();
    // CertID, then the status: good becomes unknown.
    let position = changed.windows(3).position(|w| w == [0x80, 0, 0x18]).unwrap();
    changed[position] = 0x82;
    refused(OcspAnswer::read(changed, &office.leaf, office.issuer(), None, NOW), "not signed by the authority");
    for (code, name) in [(1, "malformedRequest"), (3, "tryLater"), (6, "unauthorized")] {
        let response = vec![0x30, 3, 0x0a, 1, code];
        refused(OcspAnswer::read(response, &office.leaf, office.issuer(), None, NOW), name);
    }
}

/// Says the same of everybody with this name.
struct Says(&'static str, Status);

impl Revocation for Says {
    fn status(&self, certificate: &Certificate, _: &Certificate, _: i64) -> Status {
        if certificate.subject().contains(self.0) { self.1.clone() } else { Status::Good }
    }
}

#[test]
fn trust_asks_about_every_certificate_below_the_anchor() {
    let network = network();
    let trust = Trust::new(vec![network.root.clone()], vec![network.authority.clone()]).unwrap();
    let opened = {
        let message = crate::seal(&draft(ORIGINAL), &network.signer).unwrap();
        crate::open(&message.to_bytes()).unwrap()
    };
    let check = |revocation: &dyn Revocation| trust.check_with(&opened, NOW, revocation);
    let not_known = || Status::Unknown { why: "nobody answers".into() };
    for (name, subject) in
        [("Posta Certificata", opened.signer.subject()), ("Test PEC Authority", network.authority.subject())]
    {
        let revoked = TrustError::Revoked { subject: subject.clone(), since: SINCE, reason: Reason::KeyCompromise };
        assert_eq!(check(&Says(name, REVOKED)), Err(revoked));
        let why = format!("{subject}: nobody answers");
        assert_eq!(check(&Says(name, not_known())), Err(TrustError::RevocationUnknown(why)));
    }
    assert_eq!(check(&Says("Test Root", REVOKED)), Ok(()), "the anchor is trusted as it is");
    // What is wrong with the path comes first.
    assert!(matches!(trust.check_with(&opened, 0, &Says("Posta Certificata", REVOKED)), Err(TrustError::Expired(_))));
    assert_eq!(trust.check(&opened, NOW), Ok(()));
    // The signer itself pinned: nothing to ask.
    let pinned = Trust::new(vec![opened.signer.clone()], vec![]).unwrap();
    assert_eq!(pinned.check_with(&opened, NOW, &Says("", REVOKED)), Ok(()));

    // A revoked authority counts more than an unknown signer; several sources complete each other.
    struct Mixed;
    impl Revocation for Mixed {
        fn status(&self, certificate: &Certificate, _: &Certificate, _: i64) -> Status {
            if certificate.subject().contains("Authority") { REVOKED } else { Status::Unknown { why: "?".into() } }
        }
    }
    assert!(matches!(check(&Mixed), Err(TrustError::Revoked { .. })));
    let (silent, good, revoked) = (Says("", not_known()), Says("", Status::Good), Says("", REVOKED));
    assert_eq!(check(&AnyOf(&[&silent, &good])), Ok(()));
    assert!(matches!(check(&AnyOf(&[&silent, &good, &revoked])), Err(TrustError::Revoked { .. })));
    assert!(matches!(check(&AnyOf(&[&silent, &silent])), Err(TrustError::RevocationUnknown(_))));
    assert!(matches!(check(&AnyOf(&[])), Err(TrustError::RevocationUnknown(_))));
    let revoked = TrustError::Revoked { subject: "CN=x".into(), since: SINCE, reason: Reason::Hold }.to_string();
    assert!(revoked.contains("CN=x is revoked since") && revoked.ends_with("(suspended)"), "{revoked}");
}

/// A list and an answer of OpenSSL, made once, with the question's certificates.
fn specimens() -> &'static (Vec<u8>, Vec<u8>, Certificate, Certificate) {
    static MADE: std::sync::OnceLock<(Vec<u8>, Vec<u8>, Certificate, Certificate)> = std::sync::OnceLock::new();
    MADE.get_or_init(|| {
        let office = Office::new(|_| {});
        office.revoke(",keyCompromise");
        office.list("issuingDistributionPoint=critical,@i\n[i]\nfullname=URI:http://crl.example.it/1.crl");
        office.openssl("crl -in list.pem -outform DER -out list.der");
        let request = ocsp::request(&office.leaf, office.issuer(), Some(&[1; 16])).unwrap();
        let response = office.answer(&request, "-rsigner ca.pem -rkey ca.key");
        (office.file("list.der"), response, office.leaf.clone(), office.issuer().clone())
    })
}

#[test]
fn whatever_octet_is_changed_nothing_panics_and_no_signature_holds() {
    let (list, response, leaf, issuer) = specimens();
    assert!(Crl::read(list.clone()).unwrap().verify(issuer).is_ok());
    for position in 0..list.len() {
        assert!(Crl::read(list[..position].to_vec()).is_err());
        for value in [0, 0x30, 0x7f, 0x80, 0xff] {
            let mut changed = list.clone();
            changed[position] = value;
            // The parameters of the outer algorithm are covered by nothing (RFC 5280 §5.1.1.2).
            if let (true, Ok(crl)) = (changed != *list, Crl::read(changed)) {
                let status = crl.status(leaf, 0, SINCE);
                assert!(crl.verify(issuer).is_err() || status == REVOKED, "{position} {value}");
            }
        }
    }
    for position in 0..response.len() {
        let read = |response| OcspAnswer::read(response, leaf, issuer, None, NOW);
        assert!(read(response[..position].to_vec()).is_err());
        for value in [0, 0x30, 0x80, 0xff] {
            let mut changed = response.clone();
            changed[position] = value;
            if let Ok(answer) = read(changed) {
                assert_eq!(answer.status(0, SINCE), REVOKED, "{position} {value}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes: Vec<u8>) {
        let (_, _, leaf, issuer) = specimens();
        if let Ok(crl) = Crl::read(bytes.clone()) {
            let _ = (crl.verify(issuer), crl.status(leaf, 0, NOW));
        }
        let _ = OcspAnswer::read(bytes, leaf, issuer, None, NOW);
    }

    #[test]
    fn no_bytes_inside_a_list_or_an_answer_make_the_readers_panic(
        position: prop::sample::Index,
        piece in prop::collection::vec(any::<u8>(), 0..40),
        removed in 0usize..40,
    ) {
        let (list, response, leaf, issuer) = specimens();
        let mixed = |whole: &[u8]| {
            let start = position.index(whole.len());
            let end = (start + removed).min(whole.len());
            [&whole[..start], &piece, &whole[end..]].concat()
        };
        if let Ok(crl) = Crl::read(mixed(list)) {
            let _ = (crl.verify(issuer), crl.status(leaf, 0, NOW), crl.covers(leaf));
        }
        let _ = OcspAnswer::read(mixed(response), leaf, issuer, None, NOW);
    }
}
