//! Mailboxes that fill and refuse: what their holders are told, in the mailbox that has no room.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use pec::{Kind, ReversePath};
use provider::authentication::Peer;
use provider::filling;
use provider::points::finding::Arrival;
use store::{ErrorKind, OrdinaryMail};

use crate::world::{ANNA, Answer, LUCA, MARIO, World, address};

const DAY: i64 = 24 * 3600;

/// Mario writes to Anna.
async fn writes(world: &World, subject: &str) {
    let letter = format!(
        "From: {MARIO}\nTo: {ANNA}\nSubject: {subject}\nMessage-ID: <{subject}@client.example>\n\nBuongiorno.\n"
    );
    assert_eq!(world.submit(&[ANNA], &letter).await.code, 250);
    world.settle().await;
}

async fn counted(world: &World) -> u64 {
    store::Principals::mailbox(world.beta.store.engine().as_ref(), &address(ANNA)).await.unwrap().unwrap().counted
}

/// Gives Anna so much that what she has is so many percent of it.
async fn filled_to(world: &World, percent: u64) {
    let quota = counted(world).await * 100 / percent;
    world.beta.store.set_quota(&address(ANNA), quota).await;
}

async fn tells(world: &World) -> usize {
    filling::tell(&world.beta.provider, world.beta.store.engine().as_ref()).await.unwrap()
}

/// The letters of the operator in Anna's inbox, in their order.
async fn letters(world: &World) -> Vec<String> {
    let all = world.beta.folder(ANNA, "INBOX").await.into_iter();
    let all = all.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    all.filter(|text| text.starts_with("From: postmaster@beta.example\r\n")).collect()
}

#[tokio::test]
async fn the_holder_reads_at_each_level_how_full_the_mailbox_is_and_when_there_is_no_room() {
    let world = World::new().await;
    writes(&world, "prima").await;
    assert_eq!(tells(&world).await, 0, "there is room");
    let before = counted(&world).await;
    filled_to(&world, 72).await;
    assert_eq!((tells(&world).await, tells(&world).await), (1, 0));
    let text = letters(&world).await.remove(0);
    assert!(text.contains("\r\nSpazio occupato: 72 %, ") && text.contains("\r\nSpace in use: 72 %, "), "{text}");
    assert!(text.contains("non si può ancora prevedere"), "the mailbox is young: {text}");
    assert_eq!(counted(&world).await, before, "the letter takes no room");
    // After some weeks it can be said when it will be full: one message, which is 93 percent now, in thirty days.
    world.time.pass(27 * DAY);
    filled_to(&world, 93).await;
    assert_eq!(tells(&world).await, 1);
    let text = letters(&world).await.pop().unwrap();
    assert!(text.contains("sarà piena tra circa 2 giorni") && text.contains("full in about 2 days"), "{text}");
}

#[tokio::test]
async fn who_writes_to_a_full_mailbox_is_told_by_the_norm_and_its_holder_by_a_letter_at_once_then_daily() {
    let world = World::new().await;
    writes(&world, "prima").await;
    filled_to(&world, 99).await;
    assert_eq!(tells(&world).await, 1);
    let full = counted(&world).await;
    writes(&world, "seconda").await;
    let (_, notice) = world.alfa.only(MARIO, Kind::NonDelivery).await;
    assert!(notice.data.extended_error.as_deref().unwrap().contains("5.2.2"), "{:?}", notice.data);
    assert_eq!((tells(&world).await, tells(&world).await), (1, 0));
    let text = letters(&world).await.pop().unwrap();
    for said in ["Messages refused: 1\r\n", MARIO, "«seconda»", &notice.data.identifier, "mancata consegna"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("posta ordinaria, mittente non verificato"), "it was certified: {text}");
    // The next ones of this day are gathered.
    for subject in ["terza", "quarta"] {
        writes(&world, subject).await;
    }
    assert_eq!(tells(&world).await, 0);
    world.time.pass(DAY);
    assert_eq!((tells(&world).await, tells(&world).await), (1, 0));
    let text = letters(&world).await.pop().unwrap();
    assert!(text.contains("Messages refused: 2\r\n") && !text.contains("«seconda»"), "{text}");
    assert!(text.find("«terza»").unwrap() < text.find("«quarta»").unwrap(), "{text}");
    assert_eq!(counted(&world).await, full);
    assert_eq!(world.beta.messages(ANNA, Kind::TransportEnvelope).await.len(), 1);
    assert_eq!(world.beta.entries(LUCA).await.len(), 0, "nobody else is told");
}

#[tokio::test]
async fn ordinary_mail_that_is_refused_for_want_of_room_is_listed_as_what_nobody_certifies() {
    let world = World::new().await;
    world.beta.store.set_ordinary(&address(ANNA), OrdinaryMail::Anomaly).await;
    world.beta.store.set_quota(&address(ANNA), 100).await;
    let bring = async |id: &str| {
        let message = format!(
            "From: Carla <carla@ordinary.example>\r\nTo: {ANNA}\r\nSubject: =?utf-8?q?Citt=C3=A0=0D=0ADa=3A_altri?=\r\n\
             Message-ID: <{id}@ordinary.example>\r\nDate: Thu, 28 May 2026 20:00:00 +0200\r\n\r\n{}\r\n",
            "vieni? ".repeat(20)
        );
        let path = ReversePath::Address(address("carla@ordinary.example"));
        let peer = Some(Peer { ip: IpAddr::from([192, 0, 2, 7]), helo: "mx.ordinary.example".into() });
        let arrival = Arrival { path, recipients: vec![address(ANNA)], message: message.into(), peer };
        Answer::of(world.beta.provider.receive(arrival).await)
    };
    // The second one is the first again.
    for id in ["1", "1", "2"] {
        let refused = bring(id).await;
        assert_eq!((refused.code, refused.enhanced), (550, "5.2.2"), "{}", refused.text);
    }
    assert_eq!(world.beta.evidence().await.len(), 0, "nothing certified happened");
    assert_eq!(tells(&world).await, 1);
    let text = letters(&world).await.pop().unwrap();
    assert!(text.contains("Messages refused: 2\r\n") && text.contains("carla@ordinary.example\r\n"), "{text}");
    assert!(text.contains("posta ordinaria, mittente non verificato") && !text.contains("\r\nDa: altri"), "{text}");
    // Where its kind of mail is why, that is no matter of room.
    world.beta.store.set_ordinary(&address(ANNA), OrdinaryMail::Refuse).await;
    assert_eq!(bring("3").await.enhanced, "5.7.1");
    world.time.pass(DAY);
    assert_eq!(tells(&world).await, 0);
}

#[tokio::test]
async fn what_could_not_be_told_is_told_later_and_once() {
    let world = World::new().await;
    writes(&world, "prima").await;
    filled_to(&world, 99).await;
    writes(&world, "seconda").await;
    let ledger = &world.beta.ledger;
    ledger.full.store(true, Ordering::SeqCst);
    let failed = filling::tell(&world.beta.provider, world.beta.store.engine().as_ref()).await.unwrap_err();
    assert_eq!((failed.kind, letters(&world).await.len()), (ErrorKind::Full, 0));
    ledger.full.store(false, Ordering::SeqCst);
    assert_eq!((tells(&world).await, tells(&world).await), (2, 0));
    // Two that look at once tell once.
    filled_to(&world, 50).await;
    filled_to(&world, 99).await;
    let store = world.beta.store.engine();
    let (one, other) = tokio::join!(
        filling::tell(&world.beta.provider, store.as_ref()),
        filling::tell(&world.beta.provider, store.as_ref())
    );
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    assert_eq!(letters(&world).await.len(), 3);
}
