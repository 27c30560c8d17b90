use control::{AddressRules, Import, Operator};
use store::{Domain, NewMailbox, OrdinaryMail, Principals};

use crate::bench::{Bench, GOOD, address};

fn rules() -> AddressRules {
    let (service, receipt) = (address("posta@alfa.example"), address("ricevute@beta.example"));
    AddressRules::of_provider(&service, &receipt, ["firma@alfa.example", "no address"])
}

fn mailbox(text: &str) -> NewMailbox {
    NewMailbox { address: address(text), password: Some(GOOD.into()), quota: 1 << 30, service: false }
}

#[tokio::test]
async fn a_new_store_has_what_was_imported_and_what_every_provider_needs() {
    let bench = Bench::new().await;
    let domain = Domain { english: true, ..Domain::new("gamma.example") };
    let import = Import::new(vec![domain], vec![mailbox("anna@gamma.example")], &rules()).unwrap();
    bench.control.import(import, &Operator::named("olga")).await.unwrap();
    let domains: Vec<_> = bench.store.domains().await.unwrap().into_iter().map(|domain| domain.name).collect();
    assert_eq!(domains, ["alfa.example", "beta.example", "gamma.example"]);
    assert!(bench.store.mailbox(&address("ricevute@beta.example")).await.unwrap().unwrap().service);
    assert!(bench.store.authenticate("anna@gamma.example", GOOD).await.unwrap().is_some());
    let mut acts = bench.acts().await;
    acts.sort();
    assert_eq!(
        acts,
        [
            "olga: domain add, imported [alfa.example]",
            "olga: domain add, imported [beta.example]",
            "olga: domain add, imported [gamma.example]",
            "olga: mailbox add quota=1073741824, imported [anna@gamma.example]",
            "olga: service mailbox add, imported [ricevute@beta.example]",
        ]
    );
}

#[test]
fn what_breaks_a_rule_is_refused_before_anything_is_made() {
    let forwards =
        Domain { ordinary: OrdinaryMail::Forward(address("x@alfa.example")), ..Domain::new("gamma.example") };
    let weak = NewMailbox { password: Some("password1234".into()), ..mailbox("anna@alfa.example") };
    let small = NewMailbox { quota: 1, ..mailbox("anna@alfa.example") };
    let service = NewMailbox { service: true, ..mailbox("anna@alfa.example") };
    let twice = vec![mailbox("anna@alfa.example"), mailbox("Anna@alfa.example")];
    for (domains, mailboxes, why) in [
        (vec![Domain::new("a b")], vec![], "no domain name"),
        (vec![Domain::new("gamma.example"), Domain::new("gamma.example")], vec![], "stands there twice"),
        (vec![forwards], vec![], "hosted here"),
        (vec![], vec![mailbox("anna@gamma.example")], "not hosted here"),
        (vec![], vec![mailbox("posta@alfa.example")], "service address"),
        (vec![], vec![mailbox("firma@alfa.example")], "certificate names it"),
        (vec![], vec![mailbox("postmaster@alfa.example")], "postmaster"),
        (vec![], vec![weak], "anna@alfa.example: the password is too easy"),
        (vec![], vec![small], "anna@alfa.example: a quota is between"),
        (vec![], vec![service], "cannot be a service mailbox"),
        (vec![], twice, "stands there twice"),
    ] {
        let said = Import::new(domains, mailboxes, &rules()).unwrap_err().what;
        assert!(said.contains(why), "{said}");
    }
}
