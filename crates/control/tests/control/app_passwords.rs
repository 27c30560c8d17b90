use control::{AppPasswordRequest, Day, Item, LoginName, MailboxRequest, Request, RightsWanted, UserRequest};
use store::{Principals, Protocol, Protocols, Rights, Secret};

use crate::bench::{Bench, address};

const ANNA: &str = "anna@alfa.example";

fn login(text: &str) -> LoginName {
    text.parse().unwrap()
}

fn add(of: &str, name: &str, mailbox: Option<&str>, ends: Option<&str>) -> Request {
    Request::AppPassword(AppPasswordRequest::Add {
        login: login(of),
        name: name.into(),
        mailbox: mailbox.map(address),
        protocols: Protocols::from(Protocol::Imap).with(Protocol::Submission),
        ends: ends.map(|day| day.parse::<Day>().unwrap()),
    })
}

/// Anna's mailbox, and Olga who may use it.
async fn bench() -> Bench {
    let bench = Bench::new().await;
    let mailbox = MailboxRequest::Add { address: address(ANNA), password: None, quota: 1 << 30, within: None };
    bench.ask(Request::Mailbox(mailbox)).await.unwrap();
    let user = UserRequest::Add { name: "olga".into(), display: String::new(), password: None };
    bench.ask(Request::User(user)).await.unwrap();
    bench
}

#[tokio::test]
async fn an_app_password_is_made_shown_once_listed_and_removed() {
    let bench = bench().await;
    let made = bench.ask(add(ANNA, " Telefono ", None, Some("2027-01-31"))).await.unwrap();
    let [Item::AppPassword(item)] = made.as_slice() else { panic!("{made:?}") };
    let secret = item.secret.clone().unwrap();
    assert!(!format!("{made:?}").contains(&secret));
    let standing = bench.store.authenticate(ANNA, &secret).await.unwrap().unwrap();
    assert!(matches!(standing.secret, Secret::App(_)));
    let lines = control::words::lines(&made[0]);
    assert_eq!(lines[1], format!("  secret: {secret}"));
    assert!(lines[2].contains("anna@alfa.example as the user name"), "{lines:?}");

    let list = || Request::AppPassword(AppPasswordRequest::List { login: login("ANNA@alfa.example") });
    let listed = bench.lines(list()).await;
    assert_eq!(listed.len(), 1);
    assert!(listed[0].contains("Telefono (imap, submission)") && listed[0].contains("ends 2027-01-31T00:00:00+01:00"));
    assert!(!listed[0].contains(&secret));
    let remove = |id| Request::AppPassword(AppPasswordRequest::Remove { login: login(ANNA), id });
    assert!(bench.refused(remove(item.id + 1)).await.contains("has no app password"));
    bench.ask(remove(item.id)).await.unwrap();
    assert!(bench.lines(list()).await.is_empty());
    assert_eq!(bench.store.authenticate(ANNA, &secret).await.unwrap(), None);
    let acts = bench.acts().await;
    assert_eq!(
        acts[2..],
        [
            "olga: app-password add \"Telefono\" protocols=imap,submission ends=2027-01-31 [anna@alfa.example]",
            "olga: app-password remove \"Telefono\" [anna@alfa.example]",
        ]
    );
    assert!(!format!("{acts:?}").contains(&secret));
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_the_reason() {
    let bench = bench().await;
    for (request, why) in [
        (add("nobody@alfa.example", "PC", None, None), "no mailbox nobody@alfa.example"),
        (add("nobody", "PC", None, None), "no user nobody"),
        (add(ANNA, " ", None, None), "name has 1 to 100 characters"),
        (add(ANNA, "a\nb", None, None), "name has 1 to 100 characters"),
        (add(ANNA, "PC", None, Some("2020-01-01")), "still to come"),
        (add(ANNA, "PC", Some("bruno@alfa.example"), None), "opens no other mailbox"),
        (add("olga", "PC", Some(ANNA), None), "grant it first"),
    ] {
        let said = bench.refused(request).await;
        assert!(said.contains(why), "{said}");
    }
    let rights = RightsWanted(Rights::ALL);
    let grant = UserRequest::Grant { name: "olga".into(), mailbox: address(ANNA), rights };
    bench.ask(Request::User(grant)).await.unwrap();
    bench.ask(add("olga", "PC", Some(ANNA), None)).await.unwrap();
    assert!(bench.refused(add("olga", "PC", None, None)).await.contains("named \"PC\" already"));
    assert!("a b@c@".parse::<LoginName>().is_err());
}
