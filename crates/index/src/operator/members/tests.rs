use std::path::Path;

use bytes::Bytes;
use pec::Address;
use seal::Signer;
use seal::testing::{NOW, authority, network};

use super::*;
use crate::settings::Fetching;

fn record(name: &str, certificate: &'static str, domains: &[&str]) -> Record {
    Record {
        name: name.into(),
        unit: None,
        certificates: vec![Bytes::from_static(certificate.as_bytes())],
        mail_receipt: Address::parse("ricevute@a.example").unwrap(),
        managed_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        location: None,
        description: None,
    }
}

/// What a verified file of this provider would say.
fn file(name: &str, certificate: &'static str, domains: &[&str]) -> Copy {
    let index = Index::new(vec![record(name, certificate, domains)], None).unwrap();
    Copy { index, signed: 0, content: String::new(), octets: Bytes::new() }
}

fn members(names: &[&str]) -> Members {
    let slot = |name: &&str| Slot {
        member: Member { name: (*name).to_owned(), url: None, file: None, certificates: "none.pem".into() },
        held: None,
        status: Status::default(),
        rhythm: Rhythm::new(&Fetching::default()),
        due: Instant::now(),
    };
    Members(names.iter().map(slot).collect())
}

/// Offers files; gives back what each that was refused was told.
fn offer(members: &mut Members, files: Vec<(usize, Copy)>) -> Vec<(usize, String)> {
    let results = members.hold(files, |_, _| Ok(()));
    results.into_iter().filter_map(|(at, result)| result.err().map(|why| (at, why.to_string()))).collect()
}

fn holder<'a>(members: &'a Members, domain: &str) -> Option<&'a str> {
    let mut slots = members.0.iter();
    let held = |slot: &&Slot| slot.held.as_ref().is_some_and(|c| c.index.records().iter().any(|r| r.manages(domain)));
    slots.find(held).map(|slot| slot.member.name.as_str())
}

/// [R-I-dir-1]
#[test]
fn who_holds_a_domain_keeps_it_whoever_else_claims_it() {
    let mut members = members(&["A", "B"]);
    assert_eq!(offer(&mut members, vec![(1, file("B", "b", &["b.example", "x.example"]))]), []);
    let refused = offer(&mut members, vec![(0, file("A", "a", &["a.example", "x.example"]))]);
    assert_eq!(refused, [(0, "it claims the domain x.example, which B holds".to_owned())]);
    assert_eq!((holder(&members, "x.example"), holder(&members, "a.example")), (Some("B"), None));
    assert_eq!(members.records().len(), 1);
}

#[test]
fn of_two_that_claim_a_domain_for_the_first_time_the_first_in_the_configuration_has_it() {
    let mut members = members(&["A", "B"]);
    let both = vec![(0, file("A", "a", &["x.example"])), (1, file("B", "b", &["x.example"]))];
    assert_eq!(offer(&mut members, both).len(), 1);
    assert_eq!(holder(&members, "x.example"), Some("A"));
}

#[test]
fn a_domain_that_one_gives_up_and_another_takes_moves_in_one_round() {
    let mut members = members(&["A", "B", "C"]);
    offer(&mut members, vec![(2, file("C", "c", &["c.example", "x.example"])), (1, file("B", "b", &["b.example"]))]);
    let round = vec![
        (0, file("A", "a", &["b.example"])),
        (1, file("B", "b", &["x.example"])),
        (2, file("C", "c", &["c.example"])),
    ];
    assert_eq!(offer(&mut members, round), []);
    assert_eq!(holder(&members, "x.example"), Some("B"));
    assert_eq!(holder(&members, "b.example"), Some("A"));
}

#[test]
fn a_certificate_of_another_provider_is_refused() {
    let mut members = members(&["A", "B"]);
    offer(&mut members, vec![(0, file("A", "a", &["a.example"]))]);
    let refused = offer(&mut members, vec![(1, file("B", "a", &["b.example"]))]);
    assert_eq!(refused, [(1, "it claims a certificate of A".to_owned())]);
}

#[test]
fn a_file_that_cannot_be_kept_is_not_held() {
    let mut members = members(&["A"]);
    let results = members
        .hold(vec![(0, file("A", "a", &["a.example"]))], |_, _| Err(IndexError::Unwritten("the disk is full".into())));
    assert!(matches!(&results[..], [(0, Err(IndexError::Unwritten(_)))]), "{results:?}");
    assert!(members.records().is_empty());
}

/// [R-4.5-c]
#[test]
fn a_file_speaks_of_its_provider_alone_and_is_signed_by_a_pinned_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let network = network();
    let (signer, certificate) = (&network.signer, network.signer.certificate());
    let other = authority("Other Root", 3, None, |_| {}).certificate;
    for (name, pem) in [("alfa.pem", &network.chain_pem), ("beta.pem", &other.to_pem())] {
        std::fs::write(folder.path().join(name), pem).unwrap();
    }
    let [alfa, beta] = ["alfa.pem", "beta.pem"].map(|name| folder.path().join(name));
    let member =
        |name: &str, pem: &Path| Member { name: name.into(), url: None, file: None, certificates: pem.to_owned() };
    let of = |name: &str| Record { certificates: vec![certificate.der().clone()], ..record(name, "", &["a.example"]) };
    let sealed = |records: Vec<Record>| -> Bytes {
        let ldif = Index::new(records, None).unwrap().to_own_ldif();
        seal::p7m::seal_file(ldif.as_bytes(), NOW, signer).unwrap().into()
    };
    let own = sealed(vec![of("Alfa PEC S.p.A.")]);
    assert_eq!(open_file(own.clone(), &member("alfa  pec s.p.a.", &alfa)).unwrap().signed, NOW);
    let by_another = open_file(own, &member("Alfa PEC S.p.A.", &beta)).unwrap_err().to_string();
    assert!(by_another.contains("who is not the signer in"), "{by_another}");
    let both = vec![of("Alfa PEC S.p.A."), Record { managed_domains: vec!["b.example".into()], ..of("Beta") }];
    let about_another = open_file(sealed(both), &member("Alfa PEC S.p.A.", &alfa)).unwrap_err().to_string();
    assert!(about_another.contains("it tells of 'Beta'"), "{about_another}");
    let none = seal::p7m::seal_file(b"", NOW, signer).unwrap().into();
    let nobody = open_file(none, &member("Alfa PEC S.p.A.", &alfa)).unwrap_err().to_string();
    assert!(nobody.contains("it holds no record"), "{nobody}");
}
