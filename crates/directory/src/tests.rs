use std::process::Command;

use proptest::prelude::*;

use bytes::Bytes;
use pec::Address;

use super::*;
use crate::record::sha1;

/// Two providers of example domains; the first has a secondary environment with the same certificate.
const INDEX: &str = include_str!("../fixtures/index.ldif");

fn index() -> Index {
    Index::from_ldif(INDEX).unwrap()
}

fn record(name: &str, unit: Option<&str>, domains: &[&str]) -> Record {
    Record {
        name: name.into(),
        unit: unit.map(str::to_owned),
        certificates: vec![Bytes::copy_from_slice(name.as_bytes())],
        mail_receipt: Address::parse("ricevute@a.example").unwrap(),
        managed_domains: domains.iter().map(|d| (*d).to_owned()).collect(),
        location: None,
        description: None,
    }
}

fn refusal(records: Vec<Record>) -> String {
    Index::new(records, None).unwrap_err().what
}

/// The error of the fixture with one text put in place of another.
fn spoilt(old: &str, new: &str) -> DirectoryError {
    assert!(INDEX.contains(old), "the fixture has no {old:?}");
    Index::from_ldif(&INDEX.replacen(old, new, 1)).unwrap_err()
}

fn line_of(text: &str, part: &str) -> usize {
    text.lines().position(|l| l.contains(part)).unwrap() + 1
}

#[test]
fn the_index_knows_its_records_and_its_own_location() {
    let index = index();
    assert_eq!(index.location(), Some("https://indice.example/indice.ldif.p7m"));
    let names: Vec<_> = index.records().iter().map(|r| (r.name.as_str(), r.unit.as_deref())).collect();
    assert_eq!(
        names,
        [("Posta a S.p.A.", None), ("Posta a S.p.A.", Some("Secondo Ambiente")), ("Posta b S.p.A.", None)]
    );
    let a = &index.records()[0];
    assert_eq!(a.managed_domains, ["pec.a.example", "cert.impresa.example"]);
    assert_eq!(a.mail_receipt.as_str(), "ricevute@pec.a.example");
    assert_eq!(a.location.as_deref(), Some("https://pec.a.example/a.ldif.p7m"));
    assert_eq!(a.description.as_deref(), Some("Servizi di posta certificata per le imprese"));
}

/// [R-2.2.1-f]
#[test]
fn a_domain_is_found_without_regard_to_case() {
    let index = index();
    assert_eq!(index.by_domain("CERT.impresa.EXAMPLE").unwrap().name, "Posta a S.p.A.");
    assert_eq!(index.by_domain("interni.a.example").unwrap().unit.as_deref(), Some("Secondo Ambiente"));
    assert!(index.by_domain("a.example").is_none(), "a parent domain is another domain");
}

/// [R-2.2.2-d], Q-42
#[test]
fn a_certificate_in_two_records_gives_both_the_main_environment_first() {
    let mut records: Vec<Record> = index().records().iter().map(|r| (**r).clone()).collect();
    records.reverse();
    let index = Index::new(records, None).unwrap();
    let der = index.records()[1].certificates[0].clone();
    let units: Vec<_> = index.by_certificate(&der).iter().map(|r| r.unit.clone()).collect();
    assert_eq!(units, [None, Some("Secondo Ambiente".into())]);
    assert!(index.by_certificate(&der[1..]).is_empty());
    assert!(index.by_certificate(b"").is_empty());
}

#[test]
fn openssl_reads_the_certificates_and_computes_the_same_hashes() {
    for record in index().records() {
        let der = &record.certificates[0];
        let mut openssl = Command::new("openssl");
        openssl.args(["x509", "-inform", "DER", "-noout", "-fingerprint", "-sha1"]);
        let output = harness::output_of(&mut openssl, der).unwrap();
        let said = String::from_utf8(output.stdout).unwrap().replace(':', "").to_lowercase();
        assert!(said.contains(&hex::encode(sha1(der))), "{said}");
    }
}

#[test]
fn a_written_index_is_read_back_the_same() {
    let index = index();
    let text = index.to_ldif();
    let again = Index::from_ldif(&text).unwrap();
    assert_eq!(again.records(), index.records());
    assert_eq!(again.location(), index.location());
    assert_eq!(again.to_ldif(), text);
    assert!(text.starts_with("version: 1\n\ndn: o=postacert\n"));
    assert!(text.lines().all(|l| l.len() <= 76));
}

/// [R-4.5-c]
#[test]
fn a_providers_own_file_has_no_root_entry() {
    let text = index().to_ldif();
    let own = &text[text.find("dn: providerName=Posta b").unwrap()..];
    let index = Index::from_ldif(own).unwrap();
    assert_eq!((index.records().len(), index.location()), (1, None));
}

/// [R-I-dir-1] [R-I-dir-2]
#[test]
fn a_hash_that_fits_no_certificate_of_its_record_is_refused() {
    let b = "providerCertificateHash: faed0ca4";
    let error = spoilt(b, "providerCertificateHash: faed0ca5");
    assert_eq!(error.line, line_of(INDEX, b));
    assert!(error.what.contains("not the SHA-1 of any certificate of this record"), "{error}");
    assert!(spoilt(b, "providerCertificateHash: x").what.contains("40 hex digits"));
}

/// [R-4.5-g]
#[test]
fn a_record_may_hold_the_old_and_the_new_certificate() {
    let mut b = (*index().records()[2]).clone();
    b.certificates.push(Bytes::from_static(b"renewed"));
    let index = Index::from_ldif(&Index::new(vec![b], None).unwrap().to_ldif()).unwrap();
    assert_eq!(index.by_certificate(b"renewed").len(), 1);
    assert_eq!(index.records()[0].certificates.len(), 2);
}

/// [R-I-dir-1]
#[test]
fn a_domain_claimed_by_two_records_is_refused_at_the_second_claim() {
    let error = spoilt("managedDomains: pec.b.example", "managedDomains: PEC.A.example");
    assert_eq!(error.line, line_of(INDEX, "managedDomains: pec.b.example"));
    let first = line_of(INDEX, "managedDomains: pec.a.example");
    assert!(
        error.what.contains(&format!("claimed by 'Posta a S.p.A.' (line {first}) and by 'Posta b S.p.A.'")),
        "{error}"
    );
    let twice = vec![record("A", None, &["a.example"]), record("B", None, &["A.Example"])];
    assert!(refusal(twice).contains("claimed by 'A' and by 'B'"));
}

/// [R-4.5-h]
#[test]
fn every_obligatory_attribute_is_demanded_at_the_record_that_lacks_it() {
    for (name, line) in [
        ("providerName", "providerName: Posta b S.p.A."),
        ("providerCertificateHash", "providerCertificateHash: faed0ca"),
        ("mailReceipt", "mailReceipt: ricevute@pec.b.example"),
        ("managedDomains", "managedDomains: pec.b.example"),
        ("objectClass", "objectclass: provider\nproviderName: Posta b"),
    ] {
        let error = spoilt(line, &line.replace(name, "x").replace("objectclass", "x"));
        assert_eq!(error.line, line_of(INDEX, "dn: providerName=Posta b"), "{error}");
        assert!(
            error.what.contains(&format!("expected a {name}")) || error.what.contains("objectClass: provider"),
            "{error}"
        );
    }
    let mut bare = record("A", None, &["a.example"]);
    bare.certificates.clear();
    assert!(refusal(vec![bare]).contains("providerCertificate;binary"));
    assert!(refusal(vec![record(" ", None, &["a.example"])]).contains("providerName"));
    assert!(refusal(vec![record("A", None, &[])]).contains("managedDomains"));
}

/// [R-4.5-h]
#[test]
fn single_valued_attributes_are_single() {
    for line in [
        "mailReceipt: ricevute@pec.b.example",
        "providerName: Posta b S.p.A.",
        "LDIFLocationURL: https://pec.a.example/a.ldif.p7m",
    ] {
        let error = spoilt(&format!("\n{line}\n"), &format!("\n{line}\n{line}\n"));
        assert_eq!(error.line, line_of(INDEX, line) + 1);
        assert!(error.what.contains("single-valued"), "{error}");
    }
}

#[test]
fn values_have_their_form() {
    let receipt = "mailReceipt: ricevute@pec.b.example";
    assert!(spoilt(receipt, "mailReceipt: pec.b.example").what.contains("no @"));
    assert!(spoilt(receipt, "mailReceipt: \"a b\"@pec.b.example").what.contains("dot-atoms"));
    assert!(spoilt(receipt, "mailReceipt: a@[127.0.0.1]").what.contains("dot-atoms"));
    for bad in ["pec..example", "a@b.example", "[127.0.0.1]", "", "pec b.example"] {
        let error = spoilt("managedDomains: pec.b.example", &format!("managedDomains: {bad}"));
        assert!(error.what.contains("expected a domain name"), "{bad}: {error}");
    }
    let url = "LDIFLocationURL: https://pec.a.example/a.ldif.p7m";
    let error = spoilt(url, "LDIFLocationURL: http://pec.a.example/a.ldif.p7m");
    assert_eq!(error.line, line_of(INDEX, url));
    assert!(error.what.contains("https"), "{error}");
    assert!(spoilt("https://indice.example", "ftp://indice.example").what.contains("https"));
    assert!(spoilt("providerCertificate;binary", "providerCertificate;der").what.contains(";binary"));
    assert!(spoilt("managedDomains: pec.b", "managedDomains;lang-it: pec.b").what.contains("without options"));
}

/// [R-4.5.7-a]
/// [R-4.5-f]
#[test]
fn every_secondary_environment_has_its_main_record() {
    let alone = vec![record("A", Some("due"), &["a.example"]), record("B", None, &["b.example"])];
    assert!(refusal(alone).contains("main record"));
    let twice = vec![record("A", None, &["a.example"]), record("a", None, &["b.example"])];
    assert!(refusal(twice).contains("'a' has a record already"));
    let fits = vec![record("A", Some("due"), &["a.example"]), record("A", None, &["b.example"])];
    assert_eq!(Index::new(fits, None).unwrap().records().len(), 2);
}

/// [R-4.5.6-b]
#[test]
fn a_secondary_record_has_no_location() {
    let error =
        spoilt("mailReceipt: ricevute@interni", "LDIFLocationURL: https://x.example/\nmailReceipt: ricevute@interni");
    assert_eq!(error.line, line_of(INDEX, "mailReceipt: ricevute@interni"));
    assert!(error.what.contains("R-4.5.6-b"), "{error}");
}

/// The names in the RFC's own example disagree (§4.5.10); its DN attribute is `providerUnits` in one place (§4.5.7).
#[test]
fn the_distinguished_name_and_the_record_say_the_same() {
    let error = spoilt("providerName: Posta a S.p.A.\nproviderUnit", "providerName: S.p.A.\nproviderUnit");
    assert!(error.what.contains("expected providerName 'Posta a S.p.A.', as in the dn, found 'S.p.A.'"), "{error}");
    assert!(spoilt("providerUnit: Secondo Ambiente\n", "").what.contains("expected providerUnit 'Secondo Ambiente'"));
    assert!(
        spoilt("mailReceipt: ricevute@pec.b", "providerUnit: x\nmailReceipt: ricevute@pec.b")
            .what
            .contains("not in the dn")
    );
    assert!(spoilt("providerUnit=Secondo", "providerUnits=Secondo").what.contains("expected dn"));
    assert!(spoilt("Posta b S.p.A.,o=postacert", "Posta b S.p.A.,o=altro").what.contains("expected dn"));
    assert!(
        spoilt("dn: o=postacert\n", "dn: o=postacert\nobjectClass: organization\n\ndn: o=postacert\n")
            .what
            .contains("already")
    );
    assert_eq!(
        Index::from_ldif(&INDEX.replace("providerName: Posta a S.p.A.", "providerName: POSTA A  S.p.A."))
            .unwrap()
            .records()
            .len(),
        3
    );
}

/// The examples of §4.5.10 miss blank lines between records and have some within values; each is told with its line.
#[test]
fn the_defects_of_the_rfcs_examples_are_told_with_their_line() {
    let error = spoilt("\n\ndn: providerUnit", "\ndn: providerUnit");
    assert_eq!(error.line, line_of(INDEX, "dn: providerUnit") - 1);
    assert!(error.what.contains("expected a blank line before a new record"), "{error}");

    let certificate = line_of(INDEX, "providerCertificate;binary");
    let mut lines: Vec<&str> = INDEX.lines().collect();
    lines.insert(certificate + 1, "");
    let error = Index::from_ldif(&lines.join("\n")).unwrap_err();
    assert_eq!(error.line, certificate + 3);
    assert!(error.what.contains("expected no blank line within a folded value"), "{error}");

    let indented: String = INDEX.lines().skip(3).map(|l| format!("    {l}\n")).collect();
    assert!(Index::from_ldif(&indented).unwrap_err().what.contains("nothing to continue"));

    let mut damaged: Vec<&str> = INDEX.lines().collect();
    damaged.remove(certificate);
    let error = Index::from_ldif(&damaged.join("\n")).unwrap_err();
    assert!(error.line <= certificate, "{error}");
}

#[test]
fn a_new_copy_takes_the_place_of_the_old_unless_it_has_collapsed() {
    let many = |n: usize| {
        Index::new((0..n).map(|i| record(&format!("P{i}"), None, &[&format!("p{i}.example")])).collect(), None).unwrap()
    };
    let held = Reloadable::new(many(10));
    assert_eq!(held.replace(many(4)), Err(Collapse { held: 10, offered: 4 }));
    assert!(held.by_domain("p9.example").is_some(), "the old copy stays");
    assert_eq!(held.replace(many(5)), Ok(Change { before: 10, after: 5 }));
    assert!(held.by_domain("p9.example").is_none());
    assert_eq!(held.replace_forced(many(1)), Change { before: 5, after: 1 });
    assert_eq!(held.by_certificate(b"P0").len(), 1);
    assert_eq!(Reloadable::default().replace(many(1)), Ok(Change { before: 0, after: 1 }));
    assert_eq!(held.replace(Index::default()), Err(Collapse { held: 1, offered: 0 }));
}

/// [R-I-dir-1]
#[test]
fn the_differences_of_two_copies_are_told_by_provider() {
    let held =
        Index::new(vec![record("A", None, &["a.example", "x.example"]), record("B", None, &["b.example"])], None);
    let held = held.unwrap();
    assert_eq!(differences(&held, &held), []);
    let mut renewed = record("A", None, &["a.example"]);
    renewed.certificates.push(Bytes::from_static(b"next"));
    renewed.mail_receipt = Address::parse("altre@a.example").unwrap();
    let offered = Index::new(vec![renewed, record("C", None, &["x.example"])], None).unwrap();
    let told: Vec<String> = differences(&held, &offered).iter().map(Difference::to_string).collect();
    let (next, b, c) = (hex::encode(sha1(b"next")), hex::encode(sha1(b"B")), hex::encode(sha1(b"C")));
    assert_eq!(
        told,
        [
            "- domain x.example of 'A'".to_owned(),
            format!("+ certificate {next} of 'A'"),
            "~ mailReceipt of 'A'".into(),
            "+ provider 'C'".into(),
            "+ domain x.example of 'C'".into(),
            format!("+ certificate {c} of 'C'"),
            "- provider 'B'".into(),
            "- domain b.example of 'B'".into(),
            format!("- certificate {b} of 'B'"),
        ]
    );
}

/// [R-4.5-c] [R-4.5-f]
#[test]
fn a_providers_own_file_holds_its_secondary_environments_and_no_root() {
    let own = Index::new(vec![record("A", Some("Due"), &["due.example"]), record("A", None, &["a.example"])], None);
    let ldif = own.unwrap().to_own_ldif();
    assert!(!ldif.contains("dn: o=postacert"), "{ldif}");
    let again = Index::from_ldif(&ldif).unwrap();
    let units: Vec<_> = again.records().iter().map(|record| record.unit.as_deref()).collect();
    assert_eq!(units, [Some("Due"), None]);
    assert_eq!(again.location(), None);
}

fn any_record() -> impl Strategy<Value = Record> {
    let text = "[a-zA-Z0-9àè.&,+\"#=-][a-zA-Z0-9àè.&,+\"#=\\\\-]{0,40}";
    (
        text,
        proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..300), 1..4),
        proptest::collection::btree_set("[a-z0-9]{1,20}(\\.[a-z]{2,9}){0,2}", 1..6),
        proptest::option::of("https://[a-z]{1,9}\\.example/[a-z0-9./?&=]{0,80}"),
        proptest::option::of("\\PC{1,100}"),
    )
        .prop_map(|(name, certificates, domains, location, description)| {
            let mut seen = std::collections::HashSet::new();
            Record {
                name,
                unit: None,
                certificates: certificates.into_iter().filter(|c| seen.insert(c.clone())).map(Bytes::from).collect(),
                mail_receipt: Address::parse("ricevute@a.example").unwrap(),
                managed_domains: domains.into_iter().collect(),
                location,
                description,
            }
        })
}

proptest! {
    #[test]
    fn any_index_that_is_written_is_read_back(main in any_record(), unit in any_record(), environment in "[a-z][a-z ,=+à]{0,20}[a-z]") {
        let mut unit = Record { name: main.name.clone(), unit: Some(environment), location: None, ..unit };
        unit.managed_domains.iter_mut().for_each(|d| d.insert_str(0, "unit."));
        let mut main = main;
        main.managed_domains.iter_mut().for_each(|d| d.insert_str(0, "main."));
        let index = Index::new(vec![main, unit], Some("https://indice.example/".into())).unwrap();
        let again = Index::from_ldif(&index.to_ldif()).unwrap();
        prop_assert_eq!(again.records(), index.records());
        prop_assert_eq!(again.location(), index.location());
    }

    #[test]
    fn a_fixture_damaged_anywhere_never_makes_the_reader_panic(at in 0usize..4000, junk in "\\PC{0,4}|\n|\n\n|\n |:", cut in 0usize..40) {
        let mut text: Vec<char> = INDEX.chars().collect();
        let at = at.min(text.len());
        let end = (at + cut).min(text.len());
        text.splice(at..end, junk.chars());
        let text: String = text.into_iter().collect();
        if let Ok(index) = Index::from_ldif(&text) {
            let again = Index::from_ldif(&index.to_ldif()).unwrap();
            prop_assert_eq!(again.records(), index.records());
        }
    }
}
