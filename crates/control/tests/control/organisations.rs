//! Whom the provider serves: organisations, their offices, what stands in them and who may use it.

use control::{
    DomainRequest, DomainSettings, Fault, Item, MailboxRequest, OfficeRequest, OrganisationRequest, Request,
    RightsWanted, SetMailbox, UnitPath, UserRequest,
};
use store::{Principals, Rights};

use crate::bench::{Bench, address};

const COMUNE: &str = "Comune di Alfa";

fn path(text: &str) -> UnitPath {
    text.parse().unwrap()
}

fn organisation(request: OrganisationRequest) -> Request {
    Request::Organisation(request)
}

fn office(request: OfficeRequest) -> Request {
    Request::Office(request)
}

fn add_office(text: &str) -> Request {
    office(OfficeRequest::Add { office: path(text), aoo: None, uo: None })
}

fn add(holder: &str, within: Option<&str>) -> Request {
    let within = within.map(path);
    Request::Mailbox(MailboxRequest::Add { address: address(holder), password: None, quota: 1 << 30, within })
}

/// Puts a mailbox in a unit, or in `none`.
fn stand(holder: &str, unit: &str) -> Request {
    let within = Some(unit.parse().unwrap());
    Request::Mailbox(MailboxRequest::Set(SetMailbox { within, ..SetMailbox::of(address(holder)) }))
}

fn domain(name: &str, organisation: &str) -> Request {
    let settings = DomainSettings { organisation: Some(organisation.parse().unwrap()), ..DomainSettings::default() };
    Request::Domain(DomainRequest::Set { name: name.into(), settings })
}

fn grant(user: &str, unit: &str) -> Request {
    let rights = RightsWanted(Rights { read: true, send: true, manage: false });
    Request::User(UserRequest::GrantOffice { name: user.into(), office: path(unit), rights })
}

fn revoke(user: &str, unit: &str) -> Request {
    Request::User(UserRequest::RevokeOffice { name: user.into(), office: path(unit) })
}

fn show_user(name: &str) -> Request {
    Request::User(UserRequest::Show { name: name.into() })
}

/// A town with three offices, one of them below another, a mailbox in each of two, and Piero.
async fn town() -> Bench {
    let bench = Bench::new().await;
    for request in [
        organisation(OrganisationRequest::Add { name: COMUNE.into(), ipa: Some("c_a001".into()) }),
        add_office("Comune di Alfa/Affari generali"),
        add_office("comune di alfa/AFFARI GENERALI/Protocollo"),
        office(OfficeRequest::Add { office: path("Comune di Alfa/Tributi"), aoo: Some("A1B2".into()), uo: None }),
        add("protocollo@alfa.example", Some("Comune di Alfa/Affari generali/Protocollo")),
        add("tributi@alfa.example", Some("Comune di Alfa/Tributi")),
        Request::User(UserRequest::Add { name: "piero".into(), display: "Piero Neri".into(), password: None }),
    ] {
        bench.ask(request).await.unwrap();
    }
    bench
}

#[tokio::test]
async fn a_town_is_made_and_shown_as_a_tree_and_every_act_leaves_evidence() {
    let bench = town().await;
    assert_eq!(
        bench.lines(organisation(OrganisationRequest::Show { name: "COMUNE DI ALFA".into() })).await,
        [
            "Comune di Alfa (IPA c_a001): 3 offices, 2 mailboxes",
            "  Affari generali",
            "    Protocollo: 1 mailbox",
            "  Tributi (AOO A1B2): 1 mailbox",
        ]
    );
    let list = |within: &str| {
        Request::Mailbox(MailboxRequest::List { domain: None, within: Some(path(within)), fuller_than: None })
    };
    let shown = bench.lines(list("Comune di Alfa/Affari generali")).await;
    assert!(shown.len() == 1 && shown[0].ends_with("in Comune di Alfa/Affari generali/Protocollo"), "{shown:?}");
    assert_eq!(bench.ask(list(COMUNE)).await.unwrap().len(), 2);
    bench.ask(grant("piero", "Comune di Alfa/Affari generali")).await.unwrap();
    let right = "  user piero reads, sends from the mailboxes of Comune di Alfa/Affari generali";
    assert_eq!(bench.lines(show_user("piero")).await[1], right);
    let protocollo = MailboxRequest::Show { address: address("protocollo@alfa.example") };
    assert_eq!(bench.lines(Request::Mailbox(protocollo)).await[2], right);
    let shown = bench.lines(office(OfficeRequest::Show { office: path("Comune di Alfa/Affari generali") })).await;
    assert_eq!(shown, ["Comune di Alfa/Affari generali", right]);

    let rename =
        |office: &str, to: &str| Request::Office(OfficeRequest::Rename { office: path(office), to: to.into() });
    bench.ask(rename("Comune di Alfa/Tributi", "Entrate")).await.unwrap();
    let to = |office: &str, under: &str| OfficeRequest::Move { office: path(office), under: path(under) };
    bench.ask(office(to("Comune di Alfa/Affari generali/Protocollo", "Comune di Alfa/Entrate"))).await.unwrap();
    let none = "none".parse().unwrap();
    let set =
        OfficeRequest::Set { office: path("Comune di Alfa/Entrate"), aoo: Some(none), uo: Some("U9".parse().unwrap()) };
    let set = bench.lines(office(set)).await;
    assert_eq!(set, ["Comune di Alfa/Entrate (UO U9): 1 mailbox"]);
    bench.ask(revoke("piero", "Comune di Alfa/Affari generali")).await.unwrap();
    bench.ask(office(OfficeRequest::Remove { office: path("Comune di Alfa/Affari generali") })).await.unwrap();
    let to = OrganisationRequest::Rename { name: COMUNE.into(), to: "Comune di Beta".into() };
    bench.ask(organisation(to)).await.unwrap();
    let ipa = OrganisationRequest::Set { name: "Comune di Beta".into(), ipa: "none".parse().unwrap() };
    assert_eq!(bench.lines(organisation(ipa)).await, ["Comune di Beta: 2 offices, 2 mailboxes"]);
    assert_eq!(
        bench.acts().await,
        [
            "olga: organisation add ipa=c_a001 [Comune di Alfa]",
            "olga: office add [Comune di Alfa/Affari generali]",
            "olga: office add [Comune di Alfa/Affari generali/Protocollo]",
            "olga: office add aoo=A1B2 [Comune di Alfa/Tributi]",
            "olga: mailbox add quota=1073741824 office=Comune di Alfa/Affari generali/Protocollo, without a password \
             [protocollo@alfa.example]",
            "olga: mailbox add quota=1073741824 office=Comune di Alfa/Tributi, without a password [tributi@alfa.example]",
            "olga: user add, without a password [piero]",
            "olga: user grant read,send [piero Comune di Alfa/Affari generali]",
            "olga: office rename from Comune di Alfa/Tributi [Comune di Alfa/Entrate]",
            "olga: office move from Comune di Alfa/Affari generali/Protocollo [Comune di Alfa/Entrate/Protocollo]",
            "olga: office set aoo=none uo=U9 [Comune di Alfa/Entrate]",
            "olga: user revoke [piero Comune di Alfa/Affari generali]",
            "olga: office remove [Comune di Alfa/Affari generali]",
            "olga: organisation rename to Comune di Beta [Comune di Alfa Comune di Beta]",
            "olga: organisation set ipa=none [Comune di Beta]",
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words_and_changes_nothing() {
    let bench = town().await;
    for other in ["Provincia", "Comune di Gamma"] {
        bench.ask(organisation(OrganisationRequest::Add { name: other.into(), ipa: None })).await.unwrap();
    }
    bench.ask(add("anna@alfa.example", None)).await.unwrap();
    let before = bench.acts().await;
    let new = |name: &str, ipa: Option<&str>| {
        organisation(OrganisationRequest::Add { name: name.into(), ipa: ipa.map(str::to_owned) })
    };
    let rename = |name: &str, to: &str| organisation(OrganisationRequest::Rename { name: name.into(), to: to.into() });
    let remove_office = |text: &str| office(OfficeRequest::Remove { office: path(text) });
    let to = |text: &str, under: &str| office(OfficeRequest::Move { office: path(text), under: path(under) });
    for (request, why) in [
        // Words that commands take for no value.
        (new("none", None), "nothing can be called 'none'"),
        (new(" None ", None), "nothing can be called 'none'"),
        (new("Ente", Some("NONE")), "nothing can be called 'none'"),
        (rename(COMUNE, "none"), "nothing can be called 'none'"),
        (
            office(OfficeRequest::Add { office: path("Comune di Alfa/Anagrafe"), aoo: Some("none".into()), uo: None }),
            "nothing can be called 'none'",
        ),
        (new("comune di ALFA", None), "there is an organisation Comune di Alfa already"),
        (new("A/B", None), "may have no /"),
        (rename("Provincia", COMUNE), "already"),
        // What is not empty, with what is in it.
        (
            organisation(OrganisationRequest::Remove { name: COMUNE.into() }),
            "Comune di Alfa is not empty: it has offices (3), mailboxes (2)",
        ),
        (remove_office("Comune di Alfa/Affari generali"), "it has offices (1: Protocollo)"),
        (remove_office("Comune di Alfa/Tributi"), "it has mailboxes (1: tributi@alfa.example)"),
        (add_office(COMUNE), "names an organisation alone"),
        (add_office("Comune di Alfa/tributi"), "there is an office Tributi in that place already"),
        (
            office(OfficeRequest::Rename { office: path("Comune di Alfa/Tributi"), to: "Affari  generali".into() }),
            "there is an office Affari generali in that place already",
        ),
        (
            to("Comune di Alfa/Affari generali", "Comune di Alfa/Affari generali/Protocollo"),
            "cannot stand below itself",
        ),
        (to("Comune di Alfa/Tributi", "Provincia"), "never moves to another organisation"),
        (
            office(OfficeRequest::Set { office: path("Comune di Alfa/Tributi"), aoo: None, uo: None }),
            "nothing to change",
        ),
        // The provider's own domain is nobody's; a mailbox in it may stand in an organisation all the same.
        (
            domain("alfa.example", COMUNE),
            "alfa.example cannot belong to Comune di Alfa: posta-certificata@alfa.example",
        ),
        (grant("piero", COMUNE), "is an organisation, and no office of one"),
    ] {
        let said = bench.refused(request.clone()).await;
        assert!(said.contains(why), "{request:?}: {said}");
    }
    for (request, why) in [
        (organisation(OrganisationRequest::Show { name: "Regione".into() }), "no organisation Regione"),
        (add_office("Regione/Anagrafe"), "no organisation Regione"),
        (office(OfficeRequest::Show { office: path("Comune di Alfa/Anagrafe") }), "no office Comune di Alfa/Anagrafe"),
        (stand("anna@alfa.example", "Comune di Alfa/Anagrafe"), "no office Comune di Alfa/Anagrafe"),
        (grant("nessuno", "Comune di Alfa/Tributi"), "no user nessuno"),
        (domain("alfa.example", "Regione"), "no organisation Regione"),
    ] {
        let refused = bench.ask(request.clone()).await.unwrap_err();
        assert!(refused.fault == Fault::Missing && refused.what.contains(why), "{request:?}: {refused}");
    }
    assert_eq!(bench.acts().await, before);
}

#[tokio::test]
async fn a_domain_of_an_organisation_keeps_its_mailboxes_there() {
    let bench = town().await;
    bench.ask(organisation(OrganisationRequest::Add { name: "Provincia".into(), ipa: None })).await.unwrap();
    let settings = DomainSettings { organisation: Some(COMUNE.parse().unwrap()), ..DomainSettings::default() };
    let add_domain = DomainRequest::Add { name: "comune.example".into(), settings };
    let shown = bench.lines(Request::Domain(add_domain)).await;
    assert!(shown[0].ends_with(", of Comune di Alfa"), "{shown:?}");
    let made = bench.lines(add("anagrafe@comune.example", None)).await;
    assert!(made[0].ends_with("in Comune di Alfa"), "{made:?}");
    let refused = bench.refused(add("x@comune.example", Some("Provincia"))).await;
    assert!(refused.contains("the domain comune.example belongs to Comune di Alfa"), "{refused}");
    let refused = bench.refused(stand("anagrafe@comune.example", "Provincia")).await;
    assert!(refused.contains("belongs to Comune di Alfa"), "{refused}");
    bench.ask(stand("anagrafe@comune.example", "Comune di Alfa/Tributi")).await.unwrap();
    bench.ask(stand("tributi@alfa.example", "none")).await.unwrap();
    let unit = async |holder: &str| bench.store.mailbox(&address(holder)).await.unwrap().unwrap().unit;
    assert!(unit("tributi@alfa.example").await.is_none() && unit("anagrafe@comune.example").await.is_some());
    let listed = bench.ask(organisation(OrganisationRequest::List)).await.unwrap();
    let [Item::Organisation(comune), Item::Organisation(_)] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((comune.domains.as_slice(), comune.mailboxes), (&["comune.example".to_owned()][..], 2));
    // Its offices can be emptied, it cannot: the domain is its.
    let refused = bench.refused(organisation(OrganisationRequest::Remove { name: COMUNE.into() })).await;
    assert!(refused.contains("domains (comune.example)"), "{refused}");
    bench.ask(domain("comune.example", "none")).await.unwrap();
    assert!(bench.acts().await.contains(&"olga: domain set organisation=none [comune.example]".to_owned()));
}
