//! Ordinary mail at the Incoming Point (RFC 6109 §2.2.2), by the policy of each mailbox, and what comes back
//! about ordinary recipients.

use std::net::IpAddr;

use crate::world::{ANNA, Answer, LUCA, MARIO, Ruled, START, Wire, World, address, provider_name};
use bytes::Bytes;
use pec::compose::{self, Certified, Emitter};
use pec::header::Header;
use pec::original::Original;
use pec::{Kind, Moment, ReceiptType, Recipient, RecipientType, ReversePath};
use provider::Rules;
use provider::authentication::{Findings, Peer, Verdict, Wish};
use provider::points::finding::Arrival;
use store::{Content, Event, Hop, OrdinaryMail};

const SENDER: &str = "carla@ordinary.example";
const LETTER: &str = "From: Carla <carla@ordinary.example>\r\nTo: anna.bianchi@beta.example\r\nSubject: invito\r\n\
                      Message-ID: <9@ordinary.example>\r\nDate: Thu, 28 May 2026 20:00:00 +0200\r\n\r\nvieni?\r\n";

async fn bring(world: &World, path: &str, to: &[&str], message: impl Into<Bytes>) -> Answer {
    let path = if path.is_empty() { ReversePath::Null } else { ReversePath::Address(address(path)) };
    let recipients = to.iter().map(|text| address(text)).collect();
    let peer = Some(Peer { ip: IpAddr::from([192, 0, 2, 7]), helo: "mx.ordinary.example".into() });
    Answer::of(world.beta.provider.receive(Arrival { path, recipients, message: message.into(), peer }).await)
}

async fn accepting(ordinary: OrdinaryMail) -> World {
    World::ruled(Ruled::default(), Ruled::domain(move |domain| domain.ordinary = ordinary.clone())).await
}

fn text(message: &Bytes) -> String {
    String::from_utf8_lossy(message).into_owned()
}

#[tokio::test]
async fn a_mailbox_that_takes_ordinary_mail_gets_it_in_a_signed_anomaly_envelope() {
    let world = World::new().await;
    world.beta.ordinary(ANNA, "anomaly").await;
    assert_eq!(bring(&world, SENDER, &[ANNA], LETTER).await.code, 250);
    // [R-2.2.2-j] [R-3.2.2-a]
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::AnomalyEnvelope]);
    let envelope = world.beta.folder(ANNA, "INBOX").await.remove(0);
    let header = Header::parse(&envelope);
    assert_eq!(header.value("X-Trasporto").as_deref(), Some("errore"));
    assert_eq!(header.subject().as_deref(), Some("ANOMALIA MESSAGGIO: invito"));
    let wanted = format!("\"Per conto di: {SENDER}\" <posta-certificata@beta.example>");
    assert_eq!(header.value("From"), Some(wanted));
    // [R-3.2.2-f] signed by us; [R-3.2.2-b] the whole original in it.
    let opened = seal::open(&envelope).unwrap();
    assert_eq!(opened.signer.emails(), ["posta-certificata@beta.example"]);
    assert!(text(&envelope).contains(LETTER));
    // [R-3.2.2-c] [R-O-an-1], with what the network says.
    assert!(text(&envelope).contains("dominio mittente non di posta certificata"), "{}", text(&envelope));
    assert!(text(&envelope).contains("(il messaggio non =E8 firmato)"), "{}", text(&envelope));
    assert!(text(&envelope).contains("spf=3Dnone, dkim=3Dnone, dmarc=3Dnone"), "{}", text(&envelope));
    // [R-3.2.2-e] nothing goes back.
    assert!(world.beta.store.queue().await.is_empty());
    let rows = world.beta.evidence().await;
    let events: Vec<_> = rows.iter().map(|row| (row.event, row.kind)).collect();
    let anomaly = Some(Kind::AnomalyEnvelope);
    assert_eq!(events, [(Event::Received, None), (Event::Emitted, anomaly), (Event::Deposited, anomaly)]);
    assert!(rows[0].error.as_deref().unwrap().contains("dmarc=none"), "{rows:?}");
}

#[tokio::test]
async fn a_blind_copy_stays_blind() {
    let world = accepting(OrdinaryMail::Anomaly).await;
    assert_eq!(bring(&world, SENDER, &[ANNA, LUCA], LETTER).await.code, 250);
    let list = LETTER.replace(ANNA, "lista@ordinary.example").replace("<9@", "<10@");
    assert_eq!(bring(&world, SENDER, &[ANNA, LUCA], list).await.code, 250);
    let envelopes = world.beta.folder(ANNA, "INBOX").await;
    assert_eq!(envelopes, world.beta.folder(LUCA, "INBOX").await);
    for (envelope, named) in envelopes.iter().zip([ANNA, "lista@ordinary.example"]) {
        let envelope = text(envelope);
        assert!(envelope.contains(&format!("ed indirizzato a:\r\n{named}\r\n")), "{envelope}");
        assert!(!envelope.contains(LUCA), "{envelope}");
    }
}

#[tokio::test]
async fn forged_fields_of_certified_mail_stay_inside() {
    let world = accepting(OrdinaryMail::Anomaly).await;
    let forged = format!("X-Trasporto: posta-certificata\r\nX-Ricevuta: avvenuta-consegna\r\n{LETTER}");
    assert_eq!(bring(&world, SENDER, &[ANNA], forged.clone()).await.code, 250);
    let envelope = world.beta.folder(ANNA, "INBOX").await.remove(0);
    let header = Header::parse(&envelope);
    // [R-I-sec-3]
    assert_eq!(header.values("X-Trasporto").collect::<Vec<_>>(), ["errore"]);
    assert_eq!(header.count("X-Ricevuta"), 0);
    assert!(text(&envelope).contains(&forged));
}

#[tokio::test]
async fn the_same_ordinary_message_twice_is_delivered_once() {
    let world = accepting(OrdinaryMail::Anomaly).await;
    for trace in ["a", "b"] {
        let again = format!("Received: from {trace}; Thu, 28 May 2026 20:00:01 +0200\r\n{LETTER}");
        assert_eq!(bring(&world, SENDER, &[ANNA], again).await.code, 250);
    }
    assert_eq!(world.beta.entries(ANNA).await.len(), 1);
    // Another recipient of the same message is another matter.
    assert_eq!(bring(&world, SENDER, &[ANNA, LUCA], LETTER).await.code, 250);
    assert_eq!((world.beta.entries(ANNA).await.len(), world.beta.entries(LUCA).await.len()), (1, 1));
    // Two alarms of a device that gives no Message-ID are two.
    let alarm = LETTER.replace("Message-ID: <9@ordinary.example>\r\n", "");
    for _ in 0..2 {
        world.time.pass(60);
        assert_eq!(bring(&world, SENDER, &[ANNA], alarm.clone()).await.code, 250);
    }
    assert_eq!(world.beta.entries(ANNA).await.len(), 3);
}

#[tokio::test]
async fn a_folder_of_choice_gets_it_and_a_mailbox_may_differ_from_its_domain() {
    let world = accepting(OrdinaryMail::Folder("Posta ordinaria".into())).await;
    world.beta.ordinary(LUCA, "refuse").await;
    assert_eq!(bring(&world, SENDER, &[ANNA], LETTER).await.code, 250);
    assert_eq!(bring(&world, SENDER, &[LUCA], LETTER).await.code, 550);
    assert!(world.beta.entries(ANNA).await.is_empty() && world.beta.entries(LUCA).await.is_empty());
    assert_eq!(world.beta.folder(ANNA, "Posta ordinaria").await.len(), 1);
    // The service mailbox takes no ordinary mail, whatever the domain says [R-2.2.5-a].
    assert_eq!(bring(&world, SENDER, &["ricevute@beta.example"], LETTER).await.code, 550);
}

#[tokio::test]
async fn a_sender_of_a_certified_domain_without_its_signature_is_called_possibly_forged() {
    let world = accepting(OrdinaryMail::Anomaly).await;
    assert_eq!(bring(&world, MARIO, &[ANNA], LETTER).await.code, 250);
    let envelope = text(&world.beta.folder(ANNA, "INBOX").await[0]);
    assert!(envelope.contains("il mittente pu=F2 essere") && envelope.contains("falso"), "{envelope}");
}

#[tokio::test]
async fn a_forwarded_message_travels_signed_with_the_null_path_and_stays_when_nobody_takes_it() {
    let world = World::new().await;
    world.beta.ordinary(ANNA, "forward=anna@ufficio.example").await;
    assert_eq!(bring(&world, SENDER, &[ANNA], LETTER).await.code, 250);
    assert!(world.beta.entries(ANNA).await.is_empty());
    let queued = world.beta.store.queue().await;
    let [item] = queued.as_slice() else { panic!("{queued:?}") };
    assert_eq!((&item.path, &item.hop), (&ReversePath::Null, &Hop::Ordinary("ufficio.example".into())));
    let sent = world.beta.store.read(item.message).await.unwrap().unwrap().to_bytes();
    seal::open(&sent).unwrap();
    assert_eq!(Header::parse(&sent).value("Delivered-To").as_deref(), Some(ANNA));
    // Nobody answers for a day: it is in the mailbox, once.
    for _ in 0..60 {
        world.settle().await;
        world.time.pass(1800);
    }
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::AnomalyEnvelope]);
    assert!(world.beta.store.queue().await.is_empty());
    // Refused for good: at once.
    world.net.set(Wire::Refuses);
    bring(&world, SENDER, &[ANNA], LETTER.replace("<9@", "<10@")).await;
    world.settle().await;
    assert_eq!(world.beta.entries(ANNA).await.len(), 2);
    assert!(world.beta.evidence().await.iter().any(|row| row.event == Event::RelayFailed));
}

#[tokio::test]
async fn what_goes_in_a_circle_stays_here() {
    let world = World::new().await;
    world.beta.ordinary(ANNA, &format!("forward={MARIO}")).await;
    let back = format!("Delivered-To: {}\r\n{LETTER}", ANNA.to_uppercase());
    let far = format!("{}{LETTER}", "Received: from a by b; Thu, 28 May 2026 20:00:01 +0200\r\n".repeat(51));
    for (count, message) in [(1, back), (2, far.replace("<9@", "<8@"))] {
        assert_eq!(bring(&world, SENDER, &[ANNA], message).await.code, 250);
        assert_eq!(world.beta.entries(ANNA).await.len(), count);
    }
    assert!(world.beta.store.queue().await.is_empty());
    // What we signed and comes back to a mailbox that forwards is a provider's message, and is not sent on again.
    bring(&world, SENDER, &[ANNA], LETTER).await;
    world.settle().await;
    let sent = world.net.carried.lock().unwrap().remove(0);
    assert_eq!((sent.0.as_str(), sent.1.as_slice()), ("", [MARIO.to_owned()].as_slice()));
    assert_eq!(bring(&world, "", &[ANNA], sent.2).await.code, 250);
    assert!(world.beta.store.queue().await.is_empty());
    assert_eq!(world.beta.entries(ANNA).await.len(), 3);
}

#[tokio::test]
async fn recipients_of_two_minds_are_asked_apart_and_certified_mail_never_is() {
    let world = World::new().await;
    world.beta.ordinary(ANNA, "anomaly").await;
    let takes = async |path: &str, before: &[&str], to: &str| {
        let path = if path.is_empty() { ReversePath::Null } else { ReversePath::Address(address(path)) };
        let before: Vec<_> = before.iter().map(|text| address(text)).collect();
        Answer::of(world.beta.provider.takes(&path, &before, &address(to)).await.map(|()| "OK")).code
    };
    assert_eq!(takes(SENDER, &[], LUCA).await, 250);
    assert_eq!(takes(SENDER, &[ANNA], LUCA).await, 450);
    assert_eq!(takes(SENDER, &[LUCA], ANNA).await, 450);
    assert_eq!(takes(SENDER, &[ANNA], "nessuno@beta.example").await, 450);
    assert_eq!(takes(SENDER, &[LUCA], "nessuno@beta.example").await, 250);
    // A certified domain, or a notification's path.
    assert_eq!((takes(MARIO, &[ANNA], LUCA).await, takes("", &[ANNA], LUCA).await), (250, 250));
    // So only a forger can bring both: nothing is delivered, and he is told.
    let answer = bring(&world, MARIO, &[ANNA, LUCA], LETTER).await;
    assert_eq!((answer.code, answer.enhanced), (550, "5.7.1"));
    assert!(answer.text.starts_with("not all recipients take this message"), "{answer:?}");
    assert!(world.beta.entries(ANNA).await.is_empty());
    world.beta.ordinary(LUCA, "folder=Altro").await;
    assert_eq!(takes(SENDER, &[ANNA], LUCA).await, 250);
    assert_eq!(bring(&world, SENDER, &[ANNA, LUCA], LETTER).await.code, 250);
}

#[tokio::test]
async fn from_the_day_of_its_domain_a_mailbox_takes_certified_mail_only() {
    let day = Moment::midnight("2026-05-30");
    let beta = Ruled::domain(move |domain| {
        domain.certified_only_from = day;
        domain.ordinary = OrdinaryMail::Anomaly;
    });
    let world = World::ruled(Ruled::default(), beta).await;
    world.beta.ordinary(LUCA, "folder=Altro").await;
    assert_eq!(bring(&world, SENDER, &[ANNA], LETTER).await.code, 250);
    world.time.pass(day.unwrap().unix() - START - 1);
    assert_eq!(bring(&world, SENDER, &[LUCA], LETTER).await.code, 250);
    world.time.pass(1);
    for mailbox in [ANNA, LUCA] {
        let answer = bring(&world, SENDER, &[mailbox], LETTER.replace("<9@", "<10@")).await;
        assert_eq!((answer.code, answer.enhanced), (550, "5.7.1"));
        assert!(answer.text.contains("since 30/05/2026 this domain accepts certified mail"), "{answer:?}");
    }
    // Certified mail comes as ever.
    world.submit(&[ANNA], &submission(&[ANNA])).await;
    world.settle().await;
    assert!(world.beta.kinds(ANNA).await.contains(&Kind::TransportEnvelope));
}

#[tokio::test]
async fn infected_ordinary_mail_is_refused_and_recorded() {
    let world = accepting(OrdinaryMail::Anomaly).await;
    world.beta.scanner.finds("Eicar-Test-Signature");
    let answer = bring(&world, SENDER, &[ANNA], LETTER).await;
    // [R-2.2.2-k]
    assert_eq!((answer.code, answer.enhanced), (550, "5.7.1"));
    assert!(answer.text.contains("Eicar-Test-Signature"), "{answer:?}");
    assert!(world.beta.entries(ANNA).await.is_empty());
    let rows = world.beta.evidence().await;
    assert_eq!((rows.len(), rows[0].error.as_deref()), (1, Some("virus: Eicar-Test-Signature")));
    // Nobody is asked about the origin of what is thrown away, and what nobody takes is not even scanned.
    assert!(world.beta.origin.asked.lock().unwrap().is_empty());
    world.beta.ordinary(ANNA, "refuse").await;
    assert_eq!(bring(&world, SENDER, &[ANNA], LETTER).await.code, 550);
    assert_eq!(world.beta.scanner.count(), 1);
}

/// [R-3.3.2-a]: whatever is said of where it came from, and whatever its mailbox does with ordinary mail.
#[tokio::test]
async fn certified_mail_is_never_treated_as_spam() {
    let rules = Rules { refuse_dmarc: true, ..Rules::default() };
    for wish in [Wish::Quarantine, Wish::Reject] {
        let world = World::ruled(Ruled::default(), Ruled { rules: rules.clone(), ..Ruled::default() }).await;
        *world.beta.origin.says.lock().unwrap() = Findings {
            spf: (Verdict::Fail, "alfa.example".into()),
            dkim: (Verdict::Fail, "alfa.example".into()),
            dmarc: (Verdict::Fail, "alfa.example".into()),
            wish,
        };
        world.beta.ordinary(ANNA, "folder=Posta indesiderata").await;
        let message = "From: mario.rossi@alfa.example\nTo: anna.bianchi@beta.example\nSubject: VINCI SUBITO\n\nciao\n";
        assert_eq!(world.submit(&[ANNA], message).await.code, 250);
        world.settle().await;
        assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope], "{wish:?}");
        assert!(world.beta.folder(ANNA, "Posta indesiderata").await.is_empty());
        // Nor are the receipts, on their way back.
        assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::Delivery]);
    }
}

#[tokio::test]
async fn what_fails_dmarc_meets_the_wish_of_its_domain_where_the_operator_heeds_it() {
    let taking = Ruled::domain(|domain| domain.ordinary = OrdinaryMail::Anomaly);
    let heeding = Ruled { rules: Rules { refuse_dmarc: true, ..Rules::default() }, ..taking.clone() };
    for (rules, wish, code, folder) in [
        (heeding.clone(), Wish::Reject, 550, None),
        (heeding.clone(), Wish::Quarantine, 250, Some("Posta indesiderata")),
        (heeding, Wish::None, 250, Some("INBOX")),
        (taking, Wish::Reject, 250, Some("INBOX")),
    ] {
        let world = World::ruled(Ruled::default(), rules).await;
        let domain = "ordinary.example".to_owned();
        *world.beta.origin.says.lock().unwrap() = Findings {
            spf: (Verdict::SoftFail, domain.clone()),
            dkim: (Verdict::None, String::new()),
            dmarc: (Verdict::Fail, domain),
            wish,
        };
        let answer = bring(&world, SENDER, &[ANNA], LETTER).await;
        assert_eq!(answer.code, code, "{answer:?}");
        assert_eq!(world.beta.origin.asked.lock().unwrap()[0].helo, "mx.ordinary.example");
        match folder {
            None => assert_eq!(answer.enhanced, "5.7.26"),
            Some(folder) => {
                let envelope = text(&world.beta.folder(ANNA, folder).await[0]).replace("=\r\n", "");
                assert!(envelope.contains("spf=3Dsoftfail (ordinary.example), dkim=3Dnone"), "{envelope}");
                assert!(envelope.contains("dmarc=3Dfail (ordinary.example)"), "{envelope}");
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_asked_about_certified_mail() {
    let world = accepting(OrdinaryMail::Anomaly).await;
    let draft = envelope(&world, Verdict::Pass.to_string().as_str(), RecipientType::Certified);
    assert_eq!(bring(&world, MARIO, &[ANNA], draft).await.code, 250);
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
    assert!(world.beta.origin.asked.lock().unwrap().is_empty());
}

fn submission(to: &[&str]) -> String {
    format!("From: {MARIO}\nTo: {}\nSubject: prova\nMessage-ID: <1@c>\n\nciao\n", to.join(", "))
}

/// A report of an ordinary system about the message with this identifier.
fn report(identifier: &str, on: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.ordinary.example\r\nTo: {MARIO}\r\nSubject: failure\r\nMessage-ID: <r@o>\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nnon consegnato\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.ordinary.example\r\n\r\n\
         Final-Recipient: rfc822; {on}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\nMessage-ID: <{identifier}>\r\n\r\nciao\r\n--b--\r\n"
    )
}

async fn back_to_mario(world: &World, message: String) -> Answer {
    let (path, recipients) = (ReversePath::Null, vec![address(MARIO)]);
    Answer::of(world.alfa.provider.receive(Arrival { path, recipients, message: message.into(), peer: None }).await)
}

/// The identifier of what Mario sent to these.
async fn sent(world: &World, to: &[&str]) -> String {
    assert_eq!(world.submit(to, &submission(to)).await.code, 250);
    world.alfa.only(MARIO, Kind::Acceptance).await.1.data.identifier
}

#[tokio::test]
async fn a_bounce_about_a_message_that_the_holder_sent_reaches_a_mailbox_that_refuses_ordinary_mail() {
    let world = World::new().await;
    let identifier = sent(&world, &[ANNA, SENDER]).await;
    //
    for _ in 0..2 {
        assert_eq!(back_to_mario(&world, report(&identifier, SENDER)).await.code, 250);
    }
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance, Kind::AnomalyEnvelope]);
    let envelope = text(&world.alfa.messages(MARIO, Kind::AnomalyEnvelope).await[0]).replace("=\r\n", "");
    assert!(envelope.contains(&format!("messaggio inviato con identificativo {identifier}")), "{envelope}");
    // About nothing that this holder sent, or no report at all: refused as ever.
    for other in [report("altro@alfa.example", SENDER), LETTER.to_owned()] {
        assert_eq!(back_to_mario(&world, other).await.code, 550);
    }
    let (path, recipients) = (ReversePath::Null, vec![address("luca.verdi@alfa.example")]);
    let message = report(&identifier, SENDER).into();
    let answer = Answer::of(world.alfa.provider.receive(Arrival { path, recipients, message, peer: None }).await);
    assert_eq!(answer.code, 550, "it was not Luca who sent it");
    assert_eq!(world.alfa.entries(MARIO).await.len(), 2);
}

#[tokio::test]
async fn whoever_knows_an_identifier_can_bring_one_report_for_each_recipient_and_sort_and_no_more() {
    let world = World::new().await;
    let identifier = sent(&world, &[ANNA, SENDER, "dino@ordinary.example"]).await;
    let in_mailbox = async || world.alfa.messages(MARIO, Kind::AnomalyEnvelope).await.len();
    let bring = async |number: usize, on: &str, action: &str| {
        let report = report(&identifier, on).replace("Action: failed", &format!("Action: {action}"));
        let report =
            report.replace("<r@o>", &format!("<r{number}@o>")).replace("non consegnato", &"no ".repeat(number));
        assert_eq!(back_to_mario(&world, report).await.code, 250, "{on} {action}");
    };
    // Recipients whom the message does not have are one, however many are invented, also beside one that it has.
    for number in 0..6 {
        bring(number, &format!("inventato{number}@ordinary.example"), "failed").await;
    }
    assert_eq!(in_mailbox().await, 1);
    for number in 6..12 {
        let both = format!("{SENDER}\r\nOriginal-Recipient: rfc822; inventato{number}@ordinary.example");
        bring(number, &both, "failed").await;
    }
    assert_eq!(in_mailbox().await, 2);
    // So are words that RFC 3464 does not know.
    for number in 12..18 {
        bring(number, SENDER, &format!("parola{number}")).await;
    }
    assert_eq!(in_mailbox().await, 3);
    // The other recipient has a report of its own.
    bring(18, "dino@ordinary.example", "failed").await;
    assert_eq!(in_mailbox().await, 4);
}

#[tokio::test]
async fn reports_about_messages_that_are_not_ours_are_messages_like_any() {
    let world = World::new().await;
    let luca = "luca.verdi@alfa.example";
    world.alfa.ordinary(MARIO, "anomaly").await;
    world.alfa.ordinary(luca, "anomaly").await;
    let identifier = sent(&world, &[SENDER]).await;
    let bring = async |to: &str, about: &str, words: &str| {
        let message =
            report(about, SENDER).replace("Action: failed", "Action: delayed").replace("non consegnato", words);
        let (path, recipients) = (ReversePath::Null, vec![address(to)]);
        let arrival = Arrival { path, recipients, message: message.into(), peer: None };
        assert_eq!(Answer::of(world.alfa.provider.receive(arrival).await).code, 250, "{to} {about} {words}");
        world.alfa.messages(to, Kind::AnomalyEnvelope).await.len()
    };
    // The genuine one comes after the forged one, and each that comes again has no effect.
    for (to, about) in [(MARIO, "altro@ordinary.example"), (luca, &identifier)] {
        for (words, count) in [("falso", 1), ("tra quattro ore", 2), ("tra quattro ore", 2), ("tra otto ore", 3)] {
            assert_eq!(bring(to, about, words).await, count, "{to} {words}");
        }
    }
    // About his own message Mario is told once.
    assert_eq!((bring(MARIO, &identifier, "falso").await, bring(MARIO, &identifier, "vero").await), (4, 4));
}

#[tokio::test]
async fn bounces_are_refused_where_the_operator_says_so() {
    let world = World::ruled(
        Ruled { rules: Rules { accept_bounces: false, ..Rules::default() }, ..Ruled::default() },
        Ruled::default(),
    )
    .await;
    let identifier = sent(&world, &[SENDER]).await;
    assert_eq!(back_to_mario(&world, report(&identifier, SENDER)).await.code, 550);
}

#[tokio::test]
async fn a_report_on_certified_recipients_goes_no_further() {
    let world = World::new().await;
    world.alfa.ordinary(MARIO, "anomaly").await;
    let identifier = sent(&world, &[ANNA, SENDER]).await;
    //
    for _ in 0..2 {
        assert_eq!(back_to_mario(&world, report(&identifier, ANNA)).await.code, 250);
    }
    assert_eq!(world.alfa.kinds(MARIO).await, [Kind::Acceptance]);
    let rows = world.alfa.evidence().await;
    let recorded: Vec<_> = rows.iter().filter(|row| row.concerns == [ANNA] && row.error.is_some()).collect();
    assert_eq!(recorded.len(), 1);
    assert!(recorded[0].error.as_deref().unwrap().ends_with("failed 5.1.1"), "{recorded:?}");
    // Anna's provider still has to answer: nobody but it can say what became of the message.
    let awaited = world.alfa.store.awaited().await;
    assert!(awaited.iter().any(|one| *one.identifier == *identifier && one.recipient == address(ANNA)));
}

/// An envelope of alfa's to Anna, whom alfa's index knows as this.
fn envelope(world: &World, identifier: &str, kind: RecipientType) -> Bytes {
    let identifier = format!("{identifier}@alfa.example");
    let original = Original::parse(Bytes::from(submission(&[ANNA]).replace('\n', "\r\n")));
    let certified = Certified {
        sender: address(MARIO),
        recipients: ["anna.bianchi", "nessuno"]
            .map(|local| Recipient { address: address(&format!("{local}@beta.example")), kind })
            .into(),
        reply_to: MARIO.into(),
        subject: Some("prova".into()),
        identifier: identifier.clone(),
        message_id: Some("<1@c>".into()),
        receipt: ReceiptType::Complete,
    };
    let emitter =
        Emitter { name: provider_name("alfa"), address: address("posta-certificata@alfa.example"), english: false };
    let postacert = original.certified(&identifier);
    let draft = compose::transport_envelope(&emitter, Moment::from_unix(START), &certified, &original, postacert);
    seal::seal(&draft, world.alfa.key.as_ref()).unwrap().to_bytes()
}

#[tokio::test]
async fn an_envelope_to_a_recipient_listed_as_ordinary_is_delivered_and_nothing_certified_comes_of_it() {
    let world = World::new().await;
    let message = envelope(&world, "t9.1", RecipientType::Ordinary);
    // [R-3.1.5-g] [R-O-log-2]
    for _ in 0..2 {
        assert_eq!(bring(&world, MARIO, &[ANNA, "nessuno@beta.example"], message.clone()).await.code, 250);
    }
    assert_eq!(world.beta.kinds(ANNA).await, [Kind::TransportEnvelope]);
    assert_eq!(world.beta.folder(ANNA, "INBOX").await, std::slice::from_ref(&message));
    assert!(world.beta.store.queue().await.is_empty());
    let rows = world.beta.evidence().await;
    assert!(rows.iter().all(|row| row.event != Event::Emitted), "{rows:?}");
    let failed: Vec<_> = rows.iter().filter(|row| row.event == Event::RelayFailed).collect();
    assert!(failed.len() == 1 && failed[0].error.as_deref().unwrap().starts_with("5.1.1"), "{failed:?}");
    // Whom nobody can be told about is refused at SMTP time.
    let answer =
        bring(&world, MARIO, &["nessuno@beta.example"], envelope(&world, "t9.2", RecipientType::Ordinary)).await;
    assert_eq!((answer.code, answer.enhanced), (550, "5.1.1"));
    world.beta.scanner.finds("Eicar-Test-Signature");
    let answer = bring(&world, MARIO, &[ANNA], envelope(&world, "t9.3", RecipientType::Ordinary)).await;
    assert_eq!(answer.code, 550, "{answer:?}");
}

#[tokio::test]
async fn what_we_signed_ourselves_is_never_delivered_as_ordinary_mail() {
    const LUCA_OF_ALFA: &str = "luca.verdi@alfa.example";
    let world = World::new().await;
    world.alfa.ordinary(LUCA_OF_ALFA, "anomaly").await;
    // Our certificate has expired, and nobody noticed.
    world.time.pass(Moment::midnight("2090-02-01").unwrap().unix() - START);
    assert_eq!(world.submit(&[LUCA_OF_ALFA], &submission(&[LUCA_OF_ALFA])).await.code, 250);
    world.settle().await;
    assert!(world.alfa.entries(LUCA_OF_ALFA).await.is_empty());
    let queued = world.alfa.store.queue().await;
    assert!(queued.len() == 1 && queued[0].last_error.is_some(), "{queued:?}");
}
