use smtp::RecordType;

use crate::check::{judge, reverse};
use crate::{Door, Offer, Record, Rule, Service, State, files, records};

fn offer(services: &[(Service, u16)]) -> Offer {
    Offer {
        domain: "comune.example".into(),
        name: "Alfa & Figli \"PEC\" <S.p.A.>".into(),
        host: "mx.alfa.example".into(),
        service_domain: "alfa.example".into(),
        web: "www.alfa.example".into(),
        reports: "postmaster@comune.example".into(),
        doors: services.iter().map(|&(service, port)| Door { service, port }).collect(),
        key_sha256: Some("ab".repeat(32)),
        authority: None,
    }
}

fn usual() -> Offer {
    offer(&[(Service::ImapTls, 993), (Service::Pop3, 110), (Service::SubmissionTls, 465)])
}

fn record(offer: &Offer, name: &str, kind: RecordType) -> Record {
    let found = records(offer).into_iter().find(|record| record.name == name && record.kind == kind);
    found.unwrap_or_else(|| panic!("no {name} {kind}"))
}

#[test]
fn a_service_that_is_not_offered_is_said_to_be_none() {
    let value = |name: &str| record(&usual(), name, RecordType::SRV).value.unwrap();
    assert_eq!(value("_imaps._tcp.comune.example."), "0 1 993 mx.alfa.example.");
    assert_eq!(value("_pop3._tcp.comune.example."), "30 1 110 mx.alfa.example.");
    assert_eq!(value("_pop3s._tcp.comune.example."), "0 0 0 .");
}

#[test]
fn a_strict_policy_is_for_domains_in_whose_name_nothing_is_sent() {
    let value = |offer: &Offer, name: &str| record(offer, name, RecordType::TXT).value.unwrap();
    assert!(value(&usual(), "_dmarc.comune.example.").starts_with("v=DMARC1; p=reject; "));
    let service = Offer { domain: "alfa.example".into(), ..usual() };
    assert!(value(&service, "_dmarc.alfa.example.").starts_with("v=DMARC1; p=none; "));
}

#[test]
fn the_version_of_the_policy_changes_with_the_policy() {
    let id = |offer: &Offer| record(offer, "_mta-sts.comune.example.", RecordType::TXT).value.unwrap();
    let moved = Offer { host: "mx2.alfa.example".into(), ..usual() };
    assert_eq!(id(&usual()), id(&usual()));
    assert_ne!(id(&usual()), id(&moved));
    let policy = files(&moved).into_iter().find(|file| file.path.ends_with("mta-sts.txt")).unwrap();
    assert!(policy.text.contains("\r\nmx: mx2.alfa.example\r\n"), "{}", policy.text);
}

#[test]
fn a_long_text_stands_in_pieces_and_what_is_unknown_in_a_comment() {
    let mut long = record(&usual(), "comune.example.", RecordType::TXT);
    long.value = Some(format!("{}\"\\", "x".repeat(255)));
    assert_eq!(long.line(), format!("comune.example. 3600 IN TXT \"{}\" \"\\\"\\\\\"", "x".repeat(255)));
    assert!(record(&usual(), "mx.alfa.example.", RecordType::A).line().starts_with("; mx.alfa.example. A: "));
}

#[test]
fn what_is_there_is_judged_by_what_it_means() {
    let usual = usual();
    let state = |name: &str, kind, found: &[&str]| {
        let finding = judge(record(&usual, name, kind), found.iter().map(|&value| value.to_owned()).collect());
        assert_eq!(finding.todo.is_empty(), finding.state == State::Right, "{finding:?}");
        finding.state
    };
    let mx = |found: &[&str]| state("comune.example.", RecordType::MX, found);
    assert_eq!(mx(&[]), State::Missing);
    assert_eq!(mx(&["5 MX.alfa.example."]), State::Right);
    assert_eq!(mx(&["10 mx.alfa.example.", "20 old.example."]), State::Other);
    let spf = |found: &[&str]| state("comune.example.", RecordType::TXT, found);
    assert_eq!(spf(&["google-site-verification=x", "V=spf1 MX -all"]), State::Right);
    assert_eq!(spf(&["v=spf1 mx -all", "v=spf1 -all"]), State::Other);
    assert_eq!(spf(&["else"]), State::Missing);
    let imaps = |found: &[&str]| state("_imaps._tcp.comune.example.", RecordType::SRV, found);
    assert_eq!(imaps(&["7 7 993 mx.alfa.example."]), State::Right);
    assert_eq!(imaps(&["0 1 994 mx.alfa.example."]), State::Other);
    let key = format!("3 1 1 {}", "AB".repeat(32));
    let tlsa = |found: &[&str]| state("_25._tcp.mx.alfa.example.", RecordType::TLSA, found);
    assert_eq!(tlsa(&[]), State::Right, "without records nothing is refused");
    assert_eq!(tlsa(&["3 1 1 00", &key]), State::Right, "the next key may stand beside");
    assert_eq!(tlsa(&["3 1 1 00"]), State::Other);
    let caa = |found: &[&str]| state("mx.alfa.example.", RecordType::CAA, found);
    assert_eq!(caa(&["0 issue \"ca.example\""]), State::Right, "we do not know the authority's name");
}

#[test]
fn an_address_is_looked_up_in_reverse() {
    assert_eq!(reverse("192.0.2.7".parse().unwrap()), "7.2.0.192.in-addr.arpa.");
    let name = reverse("2001:db8::567:89ab".parse().unwrap());
    assert_eq!(name, "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.");
}

#[test]
fn names_are_escaped_and_without_a_door_there_is_no_profile() {
    for file in files(&usual()).iter().filter(|file| !file.path.ends_with(".txt")) {
        assert!(!file.text.contains("Figli \"PEC\" <"), "{}", file.text);
    }
    let reading = offer(&[(Service::ImapTls, 993)]);
    assert!(!files(&reading).iter().any(|file| file.path.ends_with(".mobileconfig")));
}

#[test]
fn what_is_in_another_zone_is_known() {
    let here = |name: &str, kind| record(&usual(), name, kind).is_in("comune.example");
    assert!(here("comune.example.", RecordType::MX) && here("_imaps._tcp.comune.example.", RecordType::SRV));
    assert!(!here("mx.alfa.example.", RecordType::A));
    let other = Record {
        name: "altrocomune.example.".into(),
        rule: Rule::Any,
        ..record(&usual(), "comune.example.", RecordType::MX)
    };
    assert!(!other.is_in("comune.example"));
}
