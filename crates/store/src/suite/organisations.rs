//! Organisations, offices, what stands in them, and rights on it.

use std::sync::Arc;

use super::engine::Engine;
use super::feed::look_again;
use super::samples::{ANNA, BRUNO, SERVICE, address, at, mailbox, store, with_service};
use crate::{
    Account, AppPasswordMade, Created, DEEPEST, Domain, ErrorKind, GrantedOn, GrantsOf, MailboxChange, NewAppPassword,
    NewOffice, Office, OfficeChange, OfficeId, OrganisationChange, OrganisationId, Protocols, Renamed, Rights, Store,
    StoreError, Unit,
};

const READ: Rights = Rights { read: true, send: false, manage: false };
const SEND: Rights = Rights { read: false, send: true, manage: false };

/// An office right under an organisation, or under another office.
async fn office(store: &Arc<dyn Store>, under: Unit, name: &str) -> Result<Office, StoreError> {
    store.add_office(NewOffice { under, name: name.into(), aoo: None, uo: None }).await
}

/// An organisation with the offices `Affari generali`, `Affari generali/Protocollo` and `Tributi`.
async fn comune(store: &Arc<dyn Store>) -> (OrganisationId, [OfficeId; 3]) {
    let comune = store.add_organisation("Comune di Alfa", Some("c_a001")).await.unwrap().id;
    let general = office(store, Unit::Organisation(comune), "Affari generali").await.unwrap().id;
    let registry = office(store, Unit::Office(general), "Protocollo").await.unwrap().id;
    let taxes = office(store, Unit::Organisation(comune), "Tributi").await.unwrap().id;
    (comune, [general, registry, taxes])
}

fn stands(unit: Option<Unit>) -> MailboxChange {
    MailboxChange { unit: Some(unit), ..MailboxChange::default() }
}

async fn stand(store: &Arc<dyn Store>, holder: &str, unit: Unit) {
    let changed = store.change_mailbox(&address(holder), stands(Some(unit))).await.unwrap().unwrap();
    assert_eq!(changed.unit, Some(unit));
}

fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>, why: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Refused | ErrorKind::Limit), "{error}");
    assert!(error.what.contains(why), "{error}");
}

pub(crate) async fn an_organisation_has_a_name_and_a_code_of_its_own(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let alfa = store.add_organisation("  Comune  di Alfa ", Some("c_a001")).await.unwrap();
    assert_eq!((alfa.name.as_str(), alfa.ipa.as_deref()), ("Comune di Alfa", Some("c_a001")));
    assert_eq!((alfa.offices, alfa.mailboxes), (0, 0));
    let beta = store.add_organisation("Università di Beta", None).await.unwrap();
    refused(store.add_organisation("COMUNE DI ALFA", None).await, "there is an organisation Comune di Alfa already");
    // The same letters, composed by another keyboard.
    refused(store.add_organisation("Universita\u{300} di Beta", None).await, "already");
    refused(store.add_organisation("Altro", Some("C_A001")).await, "the code C_A001 is that of Comune di Alfa");
    for wrong in ["", " ", "A/B", "A\nB", &"x".repeat(201)] {
        refused(store.add_organisation(wrong, None).await, "organisation or office");
    }
    for wrong in ["", "c a", "è", &"x".repeat(33)] {
        refused(store.add_organisation("Altro", Some(wrong)).await, "is no code");
    }
    assert_eq!(store.organisation(alfa.id).await.unwrap().as_ref(), Some(&alfa));
    let named = async |after: Option<&str>, limit| {
        let page = store.organisations(after, limit).await.unwrap();
        page.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(named(None, 1).await, ["Comune di Alfa"]);
    assert_eq!(named(Some("Comune di Alfa"), 9).await, ["Università di Beta"]);

    let change = OrganisationChange { name: Some("Comune di Gamma".into()), ipa: Some(None) };
    let changed = store.change_organisation(alfa.id, change).await.unwrap().unwrap();
    assert_eq!((changed.id, changed.name.as_str(), changed.ipa), (alfa.id, "Comune di Gamma", None));
    let again = OrganisationChange { name: Some("comune di gamma".into()), ipa: None };
    assert_eq!(store.change_organisation(alfa.id, again).await.unwrap().unwrap().name, "comune di gamma");
    let taken = OrganisationChange { name: Some("UNIVERSITÀ di beta".into()), ipa: None };
    refused(store.change_organisation(alfa.id, taken).await, "already");
    assert!(store.remove_organisation(beta.id).await.unwrap() && !store.remove_organisation(beta.id).await.unwrap());
    assert_eq!(store.change_organisation(beta.id, OrganisationChange::default()).await.unwrap(), None);
}

pub(crate) async fn offices_are_a_tree_that_is_found_by_names(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let (comune, [general, registry, taxes]) = comune(&store).await;
    let listed = store.offices(comune).await.unwrap();
    let told: Vec<(&str, u32)> = listed.iter().map(|office| (office.name.as_str(), office.depth)).collect();
    assert_eq!(told, [("Affari generali", 1), ("Protocollo", 2), ("Tributi", 1)]);
    assert_eq!(listed[1].parent, Some(general));
    assert_eq!(store.office(registry).await.unwrap().as_ref(), Some(&listed[1]));
    let path = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let found = async |text: &str| store.unit(&path(text)).await.unwrap();
    assert_eq!(found("comune di alfa").await, Some(Unit::Organisation(comune)));
    assert_eq!(found("Comune di Alfa/AFFARI generali/protocollo").await, Some(Unit::Office(registry)));
    assert_eq!(found("Comune di Alfa/Protocollo").await, None);
    assert_eq!(found("Protocollo").await, None);
    let names = store.names(Unit::Office(registry)).await.unwrap().unwrap();
    assert_eq!(names, ["Comune di Alfa", "Affari generali", "Protocollo"]);
    assert_eq!(store.names(Unit::Organisation(comune)).await.unwrap().unwrap(), ["Comune di Alfa"]);
    assert_eq!(store.names(Unit::Office(OfficeId(999))).await.unwrap(), None);

    // One name among siblings; elsewhere again.
    refused(office(&store, Unit::Organisation(comune), "TRIBUTI").await, "there is an office Tributi in that place");
    office(&store, Unit::Office(taxes), "Tributi").await.unwrap();
    let coded = |name: &str| NewOffice {
        under: Unit::Organisation(comune),
        name: name.into(),
        aoo: Some("A1B2C3D".into()),
        uo: None,
    };
    let made = store.add_office(coded("Anagrafe")).await.unwrap();
    assert_eq!((made.aoo.as_deref(), made.uo), (Some("A1B2C3D"), None));
    refused(store.add_office(coded("Elettorale")).await, "the code A1B2C3D is that of Comune di Alfa/Anagrafe");
    let change = OfficeChange { aoo: Some(None), uo: Some(Some("UF5HHG".into())), ..OfficeChange::default() };
    let changed = store.change_office(made.id, change).await.unwrap().unwrap();
    assert_eq!((changed.aoo, changed.uo.as_deref()), (None, Some("UF5HHG")));
    let rename = OfficeChange { name: Some("Tributi".into()), ..OfficeChange::default() };
    refused(store.change_office(made.id, rename).await, "already");
    let gone = Unit::Organisation(OrganisationId(999));
    refused(office(&store, gone, "Nulla").await, "no such organisation or office any more");
    assert_eq!(store.change_office(OfficeId(999), OfficeChange::default()).await.unwrap(), None);
}

pub(crate) async fn an_office_moves_with_what_is_in_it_and_never_below_itself(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let (comune, [general, registry, taxes]) = comune(&store).await;
    let to = |under| OfficeChange { under: Some(under), ..OfficeChange::default() };
    let moved = store.change_office(general, to(Unit::Office(taxes))).await.unwrap().unwrap();
    assert_eq!((moved.parent, moved.depth), (Some(taxes), 2));
    let names = store.names(Unit::Office(registry)).await.unwrap().unwrap();
    assert_eq!(names, ["Comune di Alfa", "Tributi", "Affari generali", "Protocollo"]);
    for below in [taxes, general, registry] {
        refused(store.change_office(taxes, to(Unit::Office(below))).await, "cannot stand below itself");
    }
    store.change_office(registry, to(Unit::Organisation(comune))).await.unwrap().unwrap();
    assert_eq!(store.office(registry).await.unwrap().unwrap().depth, 1);
    let other = store.add_organisation("Provincia", None).await.unwrap().id;
    refused(store.change_office(registry, to(Unit::Organisation(other))).await, "never moves to another organisation");
    // As deep as it may be, and not deeper by any way.
    let mut deepest = Unit::Office(registry);
    for depth in 2..=DEEPEST {
        deepest = Unit::Office(office(&store, deepest, &format!("Livello {depth}")).await.unwrap().id);
    }
    refused(office(&store, deepest, "Troppo").await, "at most 8 deep, this would be 9");
    refused(store.change_office(registry, to(Unit::Office(taxes))).await, "at most 8 deep, this would be 9");
    refused(store.change_office(taxes, to(deepest)).await, "at most 8 deep");
}

pub(crate) async fn what_is_not_empty_is_not_removed_and_says_what_is_inside(engine: &dyn Engine) {
    let store = store(engine).await;
    let (comune, [general, registry, taxes]) = comune(&store).await;
    stand(&store, ANNA, Unit::Office(registry)).await;
    store.put_domain(Domain { organisation: Some(comune), ..Domain::new("alfa.example") }).await.unwrap();
    refused(store.remove_office(general).await, "Affari generali is not empty: it has offices (1: Protocollo)");
    refused(store.remove_office(registry).await, &format!("it has mailboxes (1: {ANNA})"));
    let inside = "Comune di Alfa is not empty: it has offices (3), mailboxes (1), domains (alfa.example)";
    refused(store.remove_organisation(comune).await, inside);
    store.change_mailbox(&address(ANNA), stands(None)).await.unwrap();
    store.create_user("olga", "", None).await.unwrap();
    store.grant_office("olga", registry, READ).await.unwrap();
    for id in [registry, general, taxes] {
        assert!(store.remove_office(id).await.unwrap());
    }
    assert!(!store.remove_office(registry).await.unwrap());
    assert!(store.grants(GrantsOf::User("olga".into())).await.unwrap().is_empty());
    store.put_domain(Domain::new("alfa.example")).await.unwrap();
    assert!(store.remove_organisation(comune).await.unwrap());
}

pub(crate) async fn a_mailbox_stands_where_its_domain_lets_it(engine: &dyn Engine) {
    let store = with_service(engine).await;
    let (comune, [_, registry, _]) = comune(&store).await;
    let other = store.add_organisation("Provincia", None).await.unwrap().id;
    let unit_of = async |holder: &str| store.mailbox(&address(holder)).await.unwrap().unwrap().unit;
    // Of a domain that is nobody's: anywhere, or nowhere.
    assert_eq!(unit_of(ANNA).await, None);
    stand(&store, ANNA, Unit::Organisation(other)).await;
    let shared = store.put_domain(Domain { organisation: Some(comune), ..Domain::new("pec.example") }).await;
    refused(shared, &format!("{ANNA}, and perhaps others, stand in Provincia"));
    stand(&store, ANNA, Unit::Office(registry)).await;
    // Given to an organisation: its mailboxes stand in it, where they stood if that is in it.
    store.put_domain(Domain { organisation: Some(comune), ..Domain::new("pec.example") }).await.unwrap();
    assert_eq!(
        (unit_of(ANNA).await, unit_of(BRUNO).await),
        (Some(Unit::Office(registry)), Some(Unit::Organisation(comune)))
    );
    assert_eq!(unit_of(SERVICE).await, None, "the provider's own is nobody's");
    let elsewhere = store.change_mailbox(&address(ANNA), stands(Some(Unit::Organisation(other)))).await;
    refused(elsewhere, "the domain pec.example belongs to Comune di Alfa");
    store.change_mailbox(&address(ANNA), stands(None)).await.unwrap();
    assert_eq!(unit_of(ANNA).await, Some(Unit::Organisation(comune)));
    // From its birth.
    assert_eq!(store.create_mailbox(mailbox("carla@pec.example", None)).await.unwrap(), Created::Made);
    assert_eq!(unit_of("carla@pec.example").await, Some(Unit::Organisation(comune)));
    let made = store.create_mailbox_in(mailbox("dario@pec.example", None), Unit::Office(registry)).await.unwrap();
    assert_eq!((made, unit_of("dario@pec.example").await), (Created::Made, Some(Unit::Office(registry))));
    let wrong = store.create_mailbox_in(mailbox("elio@pec.example", None), Unit::Organisation(other)).await;
    refused(wrong, "belongs to Comune di Alfa");
    assert_eq!(store.mailbox(&address("elio@pec.example")).await.unwrap(), None);
    // With another address it stays, and goes to no other organisation.
    let rename = async |from: &str, to: &str| store.rename_mailbox(&address(from), &address(to), at(0)).await;
    store.put_domain(Domain { organisation: Some(other), ..Domain::new("provincia.example") }).await.unwrap();
    refused(rename("dario@pec.example", "dario@provincia.example").await, "belongs to Provincia");
    assert_eq!(rename("dario@pec.example", "dario@shared.example").await.unwrap(), Renamed::Done);
    assert_eq!(unit_of("dario@shared.example").await, Some(Unit::Office(registry)));
    let gone = Domain { organisation: Some(OrganisationId(999)), ..Domain::new("x.example") };
    refused(store.put_domain(gone).await, "no such organisation");
}

pub(crate) async fn mailboxes_of_a_unit_are_listed_with_those_below_it_page_by_page(engine: &dyn Engine) {
    let store = engine.open("store").await;
    let (comune, [general, registry, taxes]) = comune(&store).await;
    for (at, unit) in [general, registry, taxes, registry].into_iter().enumerate() {
        store.create_mailbox_in(mailbox(&format!("m{at}@pec.example"), None), Unit::Office(unit)).await.unwrap();
    }
    store.create_mailbox_in(mailbox("m4@pec.example", None), Unit::Organisation(comune)).await.unwrap();
    store.create_mailbox(mailbox("m5@pec.example", None)).await.unwrap();
    let listed = async |unit| {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = store.mailboxes_in(unit, after.as_ref(), 2).await.unwrap();
            assert!(page.len() <= 2);
            let Some(last) = page.last() else { return all };
            after = Some(last.address.clone());
            all.extend(page.into_iter().map(|one| one.address.local().to_owned()));
        }
    };
    assert_eq!(listed(Unit::Organisation(comune)).await, ["m0", "m1", "m2", "m3", "m4"]);
    assert_eq!(listed(Unit::Office(general)).await, ["m0", "m1", "m3"]);
    assert_eq!(listed(Unit::Office(registry)).await, ["m1", "m3"]);
    assert_eq!(listed(Unit::Office(taxes)).await, ["m2"]);
    let counted: Vec<u64> = store.offices(comune).await.unwrap().iter().map(|office| office.mailboxes).collect();
    assert_eq!(counted, [1, 2, 1]);
    assert_eq!(store.organisation(comune).await.unwrap().unwrap().mailboxes, 5);
}

pub(crate) async fn a_right_on_an_office_is_one_on_every_mailbox_below_it(engine: &dyn Engine) {
    let store = store(engine).await;
    let (_, [general, registry, taxes]) = comune(&store).await;
    stand(&store, ANNA, Unit::Office(registry)).await;
    stand(&store, BRUNO, Unit::Office(taxes)).await;
    let olga = store.create_user("olga", "", Some("x")).await.unwrap().unwrap().id;
    let granted = async || {
        let granted = store.granted(olga, "", None, 9).await.unwrap();
        for (mailbox, rights) in &granted {
            let at = store.granted_at(olga, &mailbox.address).await.unwrap().unwrap();
            assert_eq!(at, (mailbox.clone(), *rights));
        }
        granted.into_iter().map(|(mailbox, rights)| (mailbox.address.to_string(), rights)).collect::<Vec<_>>()
    };
    assert!(store.grant_office("OLGA", general, READ).await.unwrap());
    assert_eq!(granted().await, [(ANNA.to_owned(), READ)]);
    assert_eq!(store.granted_at(olga, &address(BRUNO)).await.unwrap(), None);
    // What is granted in several ways is added up.
    assert!(store.grant("olga", &address(ANNA), SEND).await.unwrap());
    assert!(store.grant_office("olga", taxes, SEND).await.unwrap());
    assert_eq!(granted().await, [(ANNA.to_owned(), READ.with(SEND)), (BRUNO.to_owned(), SEND)]);
    let on = |grants: Vec<crate::Grant>| grants.into_iter().map(|one| (one.on, one.rights)).collect::<Vec<_>>();
    let on_anna = store.grants(GrantsOf::Mailbox(address(ANNA))).await.unwrap();
    assert_eq!(on(on_anna), [(GrantedOn::Mailbox(address(ANNA)), SEND), (GrantedOn::Office(general), READ)]);
    let of_olga = on(store.grants(GrantsOf::User("olga".into())).await.unwrap());
    let both = [(GrantedOn::Office(general), READ), (GrantedOn::Office(taxes), SEND)];
    assert_eq!(of_olga, [vec![(GrantedOn::Mailbox(address(ANNA)), SEND)], both.to_vec()].concat());
    assert_eq!(on(store.grants(GrantsOf::Office(taxes)).await.unwrap()), [(GrantedOn::Office(taxes), SEND)]);
    assert!(on(store.grants(GrantsOf::Office(registry)).await.unwrap()).is_empty());
    // Her app password opens what the office opens.
    let new = NewAppPassword {
        of: Account::User("olga".into()),
        mailbox: Some(address(BRUNO)),
        name: "PC".into(),
        protocols: Protocols::ALL,
        made: at(0),
        ends: None,
    };
    let AppPasswordMade::Made(_, secret) = store.make_app_password(new).await.unwrap() else { panic!("not made") };
    assert!(store.authenticate(BRUNO, secret.expose()).await.unwrap().is_some());
    assert!(store.grant_office("olga", taxes, Rights::default()).await.unwrap());
    assert_eq!(store.authenticate(BRUNO, secret.expose()).await.unwrap(), None);
    assert_eq!(granted().await.len(), 1);
    assert!(!store.grant_office("nobody", taxes, READ).await.unwrap());
    assert!(!store.grant_office("olga", OfficeId(999), READ).await.unwrap());
}

pub(crate) async fn who_may_lose_a_right_by_a_move_is_told(engine: &dyn Engine) {
    let store = store(engine).await;
    let (comune, [general, registry, taxes]) = comune(&store).await;
    stand(&store, ANNA, Unit::Office(registry)).await;
    let anna = store.mailbox(&address(ANNA)).await.unwrap().unwrap().id;
    let user = async |name| store.create_user(name, "", None).await.unwrap().unwrap().id;
    let (olga, piero) = (user("olga").await, user("piero").await);
    let mut changes = store.changes();
    let mut told = || look_again(&mut changes);
    store.grant_office("olga", general, READ).await.unwrap();
    assert_eq!(told(), [Err(olga)]);
    store.grant_office("piero", registry, READ).await.unwrap();
    assert_eq!(told(), [Err(piero)]);
    // Who has a right on the office itself keeps it wherever that goes; who has one above it may lose it.
    let to = |under| OfficeChange { under: Some(under), ..OfficeChange::default() };
    store.change_office(registry, to(Unit::Organisation(comune))).await.unwrap();
    assert_eq!(told(), [Err(olga)]);
    store.change_office(registry, to(Unit::Office(general))).await.unwrap();
    assert_eq!(told(), [], "nobody loses what stood under no office");
    let rename = OfficeChange { name: Some("Registro".into()), ..OfficeChange::default() };
    store.change_office(registry, rename).await.unwrap();
    assert_eq!(told(), [], "a name changes no right");
    stand(&store, ANNA, Unit::Office(taxes)).await;
    assert_eq!(told(), [Ok(anna)]);
    store.grant_office("olga", general, Rights::default()).await.unwrap();
    assert_eq!(told(), [Err(olga)]);
}

pub(crate) async fn what_a_user_may_use_is_told_page_by_page_and_by_how_addresses_begin(engine: &dyn Engine) {
    let store = store(engine).await;
    let (comune, [general, registry, taxes]) = comune(&store).await;
    for (local, unit) in [("f1", registry), ("F2", general), ("g1", registry), ("f3", taxes), ("f10", registry)] {
        let made = store.create_mailbox_in(mailbox(&format!("{local}@pec.example"), None), Unit::Office(unit)).await;
        assert_eq!(made.unwrap(), Created::Made);
    }
    let olga = store.create_user("olga", "", None).await.unwrap().unwrap().id;
    store.grant_office("olga", general, READ).await.unwrap();
    for holder in [ANNA, "f1@pec.example"] {
        store.grant("olga", &address(holder), SEND).await.unwrap();
    }
    let listed = async |beginning: &str, limit| {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = store.granted(olga, beginning, after.as_ref(), limit).await.unwrap();
            assert!(page.len() <= limit);
            let Some((last, _)) = page.last() else { return all };
            after = Some(last.address.clone());
            all.extend(page.into_iter().map(|(one, rights)| (one.address.local().to_owned(), rights)));
        }
    };
    let anna = address(ANNA).local().to_owned();
    for limit in [1, 2, 9] {
        let all = listed("", limit).await;
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [anna.as_str(), "f10", "f1", "F2", "g1"]);
        assert_eq!((all[0].1, all[1].1, all[2].1), (SEND, READ, READ.with(SEND)));
        let begun: Vec<String> = listed("F", limit).await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(begun, ["f10", "f1", "F2"]);
    }
    assert_eq!(listed("f1@pec.example", 9).await.len(), 1);
    assert_eq!(listed("f3", 9).await, [], "in an office that is not granted");
    assert_eq!(listed("\u{10ffff}", 9).await, []);
    // Without which capabilities they are used, all together; those that she only sends from do not count.
    assert!(store.withheld(olga).await.unwrap().is_empty());
    for (holder, without) in
        [("g1@pec.example", "MOVE"), ("F2@pec.example", "IDLE,MOVE"), ("f3@pec.example", "SORT"), (ANNA, "QUOTA")]
    {
        let change = MailboxChange { without: Some(without.parse().unwrap()), ..MailboxChange::default() };
        store.change_mailbox(&address(holder), change).await.unwrap();
    }
    assert_eq!(store.withheld(olga).await.unwrap().names().collect::<Vec<_>>(), ["IDLE", "MOVE"]);
    store.grant("olga", &address(ANNA), READ).await.unwrap();
    assert_eq!(store.withheld(olga).await.unwrap().names().collect::<Vec<_>>(), ["IDLE", "MOVE", "QUOTA"]);
    let nobody = store.create_user("piero", "", None).await.unwrap().unwrap().id;
    assert!(store.granted(nobody, "", None, 9).await.unwrap().is_empty());
    assert!(store.withheld(nobody).await.unwrap().is_empty());
    assert_eq!(store.mailboxes_in(Unit::Organisation(comune), None, 9).await.unwrap().len(), 5);
}
