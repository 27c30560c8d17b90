use std::sync::atomic::Ordering;

use control::{
    DomainRequest, DomainSettings, MailboxRequest, NewPassword, PeerRequest, ProtocolSwitches, Request, RightsWanted,
    SetMailbox, Setting, UserRequest,
};
use store::{Login, MailboxState, Principals, Rights};

use crate::bench::{Bench, GOOD, address, good};

fn add(text: &str) -> Request {
    Request::Mailbox(MailboxRequest::Add { address: address(text), password: good(), quota: 1 << 30, within: None })
}

fn set(text: &str) -> SetMailbox {
    SetMailbox::of(address(text))
}

#[tokio::test]
async fn a_mailbox_lives_from_its_creation_to_its_end_and_each_act_leaves_evidence() {
    let bench = Bench::new().await;
    let made = bench.lines(add("Anna@alfa.example")).await;
    assert!(made[0].starts_with("Anna@alfa.example ") && made[0].ends_with("active"), "{made:?}");
    let standing = bench.store.authenticate("anna@alfa.example", GOOD).await.unwrap().unwrap();
    assert!(matches!(standing.who, Login::Mailbox(_)));

    let anna = address("anna@alfa.example");
    bench
        .ask(Request::Mailbox(MailboxRequest::Set(SetMailbox {
            address: anna.clone(),
            state: Some("receive-only".into()),
            quota: Some(2 << 30),
            ordinary: Some(Setting::To("folder=Altro".parse().unwrap())),
            correspondents: Some(Setting::To("certified".parse().unwrap())),
            sent_copies: Some(Setting::To("off".parse().unwrap())),
            receipts: Some("folder".parse().unwrap()),
            within: None,
            switches: ProtocolSwitches { imap: Some(false), pop3: None, submission: Some(true), web: None },
            without: Some("qresync".parse().unwrap()),
        })))
        .await
        .unwrap();
    let new = NewPassword::new("violino-cardo-otto-remi".into());
    bench.ask(Request::Mailbox(MailboxRequest::Password { address: anna.clone(), password: new })).await.unwrap();
    assert_eq!(bench.store.authenticate("anna@alfa.example", GOOD).await.unwrap(), None);
    let to = address("anna.bianchi@alfa.example");
    bench.ask(Request::Mailbox(MailboxRequest::Rename { from: anna.clone(), to: to.clone() })).await.unwrap();
    bench.ask(Request::Mailbox(MailboxRequest::Close { address: to.clone() })).await.unwrap();
    assert_eq!(bench.store.mailbox(&to).await.unwrap().unwrap().state, MailboxState::Closed);

    assert_eq!(
        bench.acts().await,
        [
            "olga: mailbox add quota=1073741824 [Anna@alfa.example]",
            "olga: mailbox set state=receive-only quota=2147483648 ordinary=folder=Altro correspondents=certified \
             sent-copies=off receipts=folder without-capability=QRESYNC imap=off submission=on [Anna@alfa.example]",
            "olga: mailbox password [Anna@alfa.example]",
            "olga: mailbox rename to anna.bianchi@alfa.example [Anna@alfa.example anna.bianchi@alfa.example]",
            "olga: mailbox close state=closed [anna.bianchi@alfa.example]",
        ]
    );
    // The old address is never given again.
    assert!(bench.refused(add("anna@alfa.example")).await.contains("never given again"));
}

#[tokio::test]
async fn the_operator_s_mailbox_takes_mail_from_everybody_for_ever() {
    let bench = Bench::new().await;
    let postmaster = || address("postmaster@alfa.example");
    let mailbox = store::NewMailbox { address: postmaster(), password: None, quota: 1 << 20, service: false };
    bench.store.create_mailbox(mailbox).await.unwrap();
    let with = |change: fn(&mut SetMailbox)| {
        let mut request = set("Postmaster@alfa.example");
        change(&mut request);
        Request::Mailbox(MailboxRequest::Set(request))
    };
    for request in [
        with(|request| {
            request.ordinary = Some(Setting::To("refuse".parse().unwrap()));
        }),
        with(|request| {
            request.correspondents = Some(Setting::To("certified".parse().unwrap()));
        }),
        with(|request| {
            request.state = Some("read-only".into());
        }),
        Request::Mailbox(MailboxRequest::Close { address: postmaster() }),
        Request::Mailbox(MailboxRequest::Rename { from: postmaster(), to: address("anna@alfa.example") }),
    ] {
        let refused = bench.refused(request).await;
        assert!(refused.contains("RFC 5321"), "{refused}");
    }
    assert!(bench.acts().await.is_empty());
    bench
        .ask(with(|request| {
            request.ordinary = Some(Setting::To("forward=olga@fuori.example".parse().unwrap()));
            request.quota = Some(1 << 30);
        }))
        .await
        .unwrap();
    bench
        .ask(Request::Mailbox(MailboxRequest::Password { address: postmaster(), password: good().unwrap() }))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_leaves_no_evidence() {
    let bench = Bench::new().await;
    bench.ask(add("anna@alfa.example")).await.unwrap();
    let anna = || address("anna@alfa.example");
    let before = bench.acts().await;
    let with = |change: fn(&mut SetMailbox)| {
        let mut request = set("anna@alfa.example");
        change(&mut request);
        Request::Mailbox(MailboxRequest::Set(request))
    };
    let weak = || NewPassword::new("Password2026!".into());
    for (request, why) in [
        (add("anna@alfa.example"), "exists already"),
        (add("posta-certificata@alfa.example"), "service address"),
        (add("postmaster@alfa.example"), "postmaster"),
        (add("anna@beta.example"), "not hosted here"),
        (
            Request::Mailbox(MailboxRequest::Add {
                address: address("b@alfa.example"),
                password: good(),
                quota: 5,
                within: None,
            }),
            "a quota is between",
        ),
        (
            Request::Mailbox(MailboxRequest::Add {
                address: address("b@alfa.example"),
                password: Some(weak()),
                quota: 1 << 30,
                within: None,
            }),
            "too easy to guess",
        ),
        (Request::Mailbox(MailboxRequest::Password { address: anna(), password: weak() }), "too easy to guess"),
        (Request::Mailbox(MailboxRequest::Show { address: address("b@alfa.example") }), "no mailbox b@alfa.example"),
        (
            Request::Mailbox(MailboxRequest::Rename { from: anna(), to: address("ricevute@alfa.example") }),
            "address for notices",
        ),
        (Request::Mailbox(MailboxRequest::Rename { from: anna(), to: anna() }), "is the address that it has"),
        (with(|_| {}), "nothing to change"),
        (
            with(|request| {
                request.state = Some("open".into());
            }),
            "active, receive-only",
        ),
        (
            with(|request| {
                request.ordinary = Some(Setting::To("forward=c@alfa.example".parse().unwrap()));
            }),
            "is hosted here",
        ),
    ] {
        let said = bench.refused(request.clone()).await;
        assert!(said.contains(why), "{request:?}: {said}");
    }
    assert_eq!(bench.acts().await, before);
}

#[tokio::test]
async fn a_domain_is_hosted_changed_and_given_up_and_the_provider_is_told_each_time() {
    let bench = Bench::new().await;
    let domain = |request| Request::Domain(request);
    let settings = DomainSettings { ordinary: Some("anomaly".parse().unwrap()), ..DomainSettings::default() };
    let shown = bench.lines(domain(DomainRequest::Add { name: "Beta.Example".into(), settings })).await;
    assert!(shown[0].starts_with("beta.example ") && shown[0].contains("anomaly"), "{shown:?}");
    let settings = DomainSettings {
        english: Some(true),
        certified_only_from: Some("2027-01-01".parse().unwrap()),
        correspondents: Some("@c.example".parse().unwrap()),
        ..DomainSettings::default()
    };
    bench.ask(domain(DomainRequest::Set { name: "beta.example".into(), settings })).await.unwrap();
    let shown = bench.lines(domain(DomainRequest::Show { name: "beta.example".into() })).await;
    assert!(shown[0].contains("2027-01-01") && shown[0].contains("@c.example") && shown[0].contains("English"));
    assert!(shown[0].contains("anomaly"), "what was not named stays");
    assert_eq!(bench.told.domains.load(Ordering::Relaxed), 2);
    assert_eq!(bench.lines(domain(DomainRequest::List)).await.len(), 2);

    bench.ask(add("anna@beta.example")).await.unwrap();
    let refused = bench.refused(domain(DomainRequest::Remove { name: "beta.example".into() })).await;
    assert!(refused.contains("anna@beta.example"), "{refused}");
    let refused = bench.refused(domain(DomainRequest::Remove { name: "alfa.example".into() })).await;
    assert!(refused.contains("service_address"), "{refused}");
    let add = |name: &str| domain(DomainRequest::Add { name: name.into(), settings: DomainSettings::default() });
    bench.ask(add("gamma.example")).await.unwrap();
    bench.ask(domain(DomainRequest::Remove { name: "gamma.example".into() })).await.unwrap();
    assert!(bench.refused(domain(DomainRequest::Show { name: "gamma.example".into() })).await.contains("no domain"));
    assert!(bench.refused(add("beta.example")).await.contains("already"));
    assert!(bench.refused(add("beta example")).await.contains("no domain name"));
    assert_eq!(
        bench.acts().await,
        [
            "olga: domain add ordinary=anomaly [beta.example]",
            "olga: domain set english=true certified-only-from=2027-01-01 correspondents=@c.example [beta.example]",
            "olga: mailbox add quota=1073741824 [anna@beta.example]",
            "olga: domain add [gamma.example]",
            "olga: domain remove [gamma.example]",
        ]
    );
}

#[tokio::test]
async fn a_domain_to_which_mail_is_sent_on_does_not_become_ours() {
    let bench = Bench::new().await;
    bench.ask(add("anna@alfa.example")).await.unwrap();
    let forward = Some(Setting::To("forward=anna@ufficio.example".parse().unwrap()));
    let request = MailboxRequest::Set(SetMailbox { ordinary: forward, ..set("anna@alfa.example") });
    bench.ask(Request::Mailbox(request)).await.unwrap();
    let settings = DomainSettings::default();
    let request = Request::Domain(DomainRequest::Add { name: "ufficio.example".into(), settings });
    assert!(bench.refused(request).await.contains("mailbox anna@alfa.example"));
}

#[tokio::test]
async fn what_the_provider_could_not_read_again_is_told_though_it_is_done() {
    let bench = Bench::new().await;
    *bench.told.fails.lock().unwrap() = true;
    let settings = DomainSettings::default();
    let said = bench.refused(Request::Domain(DomainRequest::Add { name: "beta.example".into(), settings })).await;
    assert!(said.contains("it is done, but") && said.contains("a fault"), "{said}");
    assert_eq!(bench.store.domains().await.unwrap().len(), 2);
    assert_eq!(bench.acts().await.len(), 1);
}

#[tokio::test]
async fn a_user_is_made_given_rights_and_put_out() {
    let bench = Bench::new().await;
    bench.ask(add("anna@alfa.example")).await.unwrap();
    let user = |request| Request::User(request);
    let name = || "protocollo".to_owned();
    let request =
        UserRequest::Add { name: "Protocollo".into(), display: "Ufficio protocollo".into(), password: good() };
    bench.ask(user(request)).await.unwrap();
    let mailbox = || address("anna@alfa.example");
    let rights = RightsWanted(Rights { read: true, send: false, manage: false });
    bench.ask(user(UserRequest::Grant { name: name(), mailbox: mailbox(), rights })).await.unwrap();
    assert_eq!(
        bench.lines(user(UserRequest::Show { name: name() })).await,
        [format!("{:30} Ufficio protocollo", "protocollo"), "  user protocollo reads anna@alfa.example".into()]
    );
    let shown = bench.lines(Request::Mailbox(MailboxRequest::Show { address: mailbox() })).await;
    assert_eq!(shown[2], "  user protocollo reads anna@alfa.example");
    bench.ask(user(UserRequest::Revoke { name: name(), mailbox: mailbox() })).await.unwrap();
    assert_eq!(bench.lines(user(UserRequest::Show { name: name() })).await.len(), 1);
    bench.ask(user(UserRequest::Disable { name: name() })).await.unwrap();
    assert!(bench.lines(user(UserRequest::List)).await[0].ends_with("(disabled)"));
    bench.ask(user(UserRequest::Enable { name: name() })).await.unwrap();
    let password = NewPassword::new("protocollo protocollo".into());
    let refused = bench.refused(user(UserRequest::Password { name: name(), password })).await;
    assert!(refused.contains("too easy"), "{refused}");
    for wrong in ["anna@alfa.example", "due parole", ""] {
        let request = UserRequest::Add { name: wrong.into(), display: String::new(), password: None };
        assert!(bench.refused(user(request)).await.contains("cannot be a user's name"));
    }
    assert_eq!(
        bench.acts().await[1..],
        [
            "olga: user add [protocollo]",
            "olga: user grant read [protocollo anna@alfa.example]",
            "olga: user revoke [protocollo anna@alfa.example]",
            "olga: user disable [protocollo]",
            "olga: user enable [protocollo]",
        ]
    );
}

#[tokio::test]
async fn the_service_mailbox_is_administered_by_nobody() {
    let bench = Bench::new().await;
    let service = address("ricevute@alfa.example");
    let new = store::NewMailbox { address: service.clone(), password: None, quota: 1 << 40, service: true };
    bench.store.create_mailbox(new).await.unwrap();
    for request in [
        MailboxRequest::Close { address: service.clone() },
        MailboxRequest::Password { address: service.clone(), password: good().unwrap() },
        MailboxRequest::Rename { from: service.clone(), to: address("altro@alfa.example") },
    ] {
        assert!(bench.refused(Request::Mailbox(request)).await.contains("service mailbox"));
    }
}

#[tokio::test]
async fn more_mailboxes_than_are_read_at_once_are_all_listed() {
    let bench = Bench::new().await;
    for number in 0..1100 {
        let new = store::NewMailbox {
            address: address(&format!("m{number}@alfa.example")),
            password: None,
            quota: 1 << 30,
            service: false,
        };
        bench.store.create_mailbox(new).await.unwrap();
    }
    let list = |domain: Option<&str>| {
        Request::Mailbox(MailboxRequest::List { domain: domain.map(str::to_owned), within: None, fuller_than: None })
    };
    assert_eq!(bench.ask(list(None)).await.unwrap().len(), 1100);
    assert_eq!(bench.ask(list(Some("ALFA.example"))).await.unwrap().len(), 1100);
    assert_eq!(bench.ask(list(Some("beta.example"))).await.unwrap().len(), 0);
}

#[tokio::test]
async fn who_administers_sees_which_mailboxes_are_full_and_when_one_will_be() {
    let bench = Bench::new().await;
    for (name, octets) in [("anna", 0), ("bruno", 80), ("carla", 81)] {
        let mailbox = address(&format!("{name}@alfa.example"));
        let new = store::NewMailbox { address: mailbox.clone(), password: None, quota: 100, service: false };
        bench.store.create_mailbox(new).await.unwrap();
        let mut outcome = store::Outcome::default();
        let (pieces, summary) = (pec::Pieces::own("x".repeat(octets)), store::Summary::default());
        let message = outcome.add(store::NewMessage { pieces, summary });
        let (folder, at) = (store::DepositIn::inbox(), pec::Clock::now(&crate::bench::Still).plus(-14 * 86_400));
        outcome.deposits = vec![store::Deposit { message, mailbox, folder, counts: true, within_quota: false, at }];
        store::Ledger::commit(bench.store.as_ref(), outcome).await.unwrap();
    }
    let list =
        |percent| Request::Mailbox(MailboxRequest::List { domain: None, within: None, fuller_than: Some(percent) });
    assert_eq!(bench.ask(list(0)).await.unwrap().len(), 2);
    let fuller = bench.lines(list(80)).await;
    assert!(
        fuller.len() == 1 && fuller[0].contains("carla@alfa.example") && fuller[0].contains("(81 %)"),
        "{fuller:?}"
    );
    let show =
        |name: &str| Request::Mailbox(MailboxRequest::Show { address: address(&format!("{name}@alfa.example")) });
    let shown = bench.lines(show("bruno")).await;
    assert_eq!(shown[1], "  full in about 3 days, if it goes on as in the last four weeks");
    assert!(bench.lines(show("anna")).await[1].starts_with("  when it will be full cannot be said"));
}

#[tokio::test]
async fn a_provider_whose_certificate_is_remembered_is_forgotten_once_and_what_waits_for_it_is_looked_at() {
    let bench = Bench::new().await;
    let list = || Request::Peer(PeerRequest::List);
    let forget = |name: &str| Request::Peer(PeerRequest::Forget { name: name.into(), unit: None });
    let seen = format!("  {:40} valid certificate seen 2026-11-27T10:00:00+01:00", "mx.beta.example");
    assert_eq!(bench.lines(list()).await, ["Beta", &seen]);
    assert!(bench.refused(forget("Gamma")).await.contains("'sigillo peer list'"));
    assert_eq!(bench.told.queue.load(Ordering::Relaxed), 0);
    bench.ask(forget("Beta")).await.unwrap();
    assert_eq!(bench.told.queue.load(Ordering::Relaxed), 1);
    assert_eq!(bench.acts().await, ["olga: peer forget [Beta]"]);
    assert!(bench.lines(list()).await.is_empty());
    bench.refused(forget("Beta")).await;
}
