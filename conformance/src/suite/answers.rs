//! Notifications that the peer sends about what a holder sent (§2.2.2, §3.2.3, §3.2.4).

use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Stage, ensure, pass, same, seen};
use super::steps::{first_field, sent, untraced};
use crate::mailbox::Mail;
use crate::peer::compose::Draft;
use crate::xml::texts;

const PEER: &[Need] = &[Need::Peer];

pub(super) const TESTS: &[Test] = &[
    test(
        "answers.delivery",
        "a delivery notification reaches the holder unchanged",
        &["[R-2.2.2-h]", "[R-3.3.2-b]", "[R-1.2.3-a]"],
        PEER,
        delivery,
    ),
    test("answers.non-delivery", "so does a non-delivery", &["[R-2.2.2-h]", "[R-3.3.2-b]"], PEER, non_delivery),
    test(
        "answers.take-charge",
        "a take-charge is for the provider alone",
        &["[R-2.1.1-a]", "[R-2.2.5-a]"],
        PEER,
        take_charge,
    ),
    test("answers.crossed", "a delivery before its take-charge is valid", &["[R-2.2.2-h]"], PEER, crossed),
    test("answers.twice", "a delivery notification that comes twice is shown once", &["[R-O-log-2]"], PEER, twice),
    test(
        "answers.virus",
        "a virus detection becomes the holder's virus non-delivery",
        &["[R-2.2.2-m]", "[R-3.2.4-a]", "[R-3.2.4-b]", "[R-3.2.4-c]", "[R-2.1.1-a]"],
        PEER,
        virus,
    ),
    test("answers.virus-once", "the same virus detection again tells nothing new", &["[R-3.2.4-b]"], PEER, virus_once),
    test(
        "answers.virus-unfounded",
        "a virus detection about nothing that was sent tells no holder",
        &["[R-3.2.4-b]"],
        PEER,
        virus_unfounded,
    ),
    test(
        "answers.other-holder",
        "a notification goes to nobody but the holder whom it is about",
        &["[R-2.1-f]"],
        PEER,
        other_holder,
    ),
    test("answers.no-echo", "notifications cause no notifications", &["[R-I-sec-4]", "[R-I-hdr-4]"], PEER, no_echo),
];

/// A message lies in the mailbox as it was brought, trace fields on top left out.
fn unchanged(mail: &Mail, brought: &[u8]) -> Result<(), Fault> {
    let first = first_field(brought);
    ensure(untraced(&mail.bytes, &first) == brought, || "it was changed on its way".into())
}

fn delivery(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("consegna")?;
    let letter = stage.letter(&[&target]);
    stage.accepted(&letter)?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    let brought = stage.tell(&stage.delivery(&envelope, &target)?)?;
    let mail = stage.mail(stage.sender(), &letter.token, "avvenuta-consegna")?;
    unchanged(&mail, &brought)?;
    pass()
}

fn non_delivery(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("mancata")?;
    let letter = stage.letter(&[&target]);
    stage.accepted(&letter)?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    let notice = stage.notice(&envelope, "errore-consegna", |data| {
        (data.errore, data.delivered) = ("no-dest".into(), Some(target.clone()));
        data.error = Some("5.1.1 - Giudice - indirizzo non valido".into());
    })?;
    let brought = stage.tell(&notice)?;
    let mail = stage.mail(stage.sender(), &letter.token, "errore-consegna")?;
    unchanged(&mail, &brought)?;
    pass()
}

fn take_charge(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("carico")?;
    let letter = stage.letter(&[&target]);
    sent(stage, &letter)?;
    // The delivery came after it.
    stage.mail(stage.sender(), &letter.token, "avvenuta-consegna")?;
    let mails = stage.about_now(stage.sender(), &letter.token)?;
    ensure(!mails.iter().any(|mail| mail.said == "presa-in-carico"), || "it lies in the holder's mailbox".into())?;
    pass()
}

fn crossed(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("incrocio")?;
    let letter = stage.letter(&[&target]);
    stage.accepted(&letter)?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    stage.tell(&stage.delivery(&envelope, &target)?)?;
    stage.tell(&stage.notice(&envelope, "presa-in-carico", |data| data.received = vec![target.clone()])?)?;
    stage.mail(stage.sender(), &letter.token, "avvenuta-consegna")?;
    pass()
}

fn twice(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("due")?;
    let letter = stage.letter(&[&target]);
    stage.accepted(&letter)?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    let notice = stage.delivery(&envelope, &target)?;
    stage.tell(&notice)?;
    stage.mail(stage.sender(), &letter.token, "avvenuta-consegna")?;
    stage.tell(&notice)?;
    stage.quiet_out()?;
    let mails = stage.about_now(stage.sender(), &letter.token)?;
    let count = mails.iter().filter(|mail| mail.said == "avvenuta-consegna").count();
    if count > 1 { Err(Fault::Advice(format!("shown {count} times"))) } else { pass() }
}

/// A virus detection about an envelope, for one recipient.
fn detection(stage: &Stage<'_>, about: &crate::peer::server::Taken, recipient: &str) -> Result<(Draft, String), Fault> {
    stage.notice(about, "rilevazione-virus", |data| {
        (data.errore, data.delivered) = ("altro".into(), Some(recipient.to_owned()));
        data.error = Some("Prova.Virus".into());
    })
}

fn virus(stage: &Stage<'_>) -> Outcome {
    let (one, two) = (stage.peer_address("sano")?, stage.peer_address("infetto")?);
    let letter = stage.letter(&[&one, &two]);
    stage.accepted(&letter)?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    stage.tell(&stage.delivery(&envelope, &one)?)?;
    stage.tell(&detection(stage, &envelope, &two)?)?;
    let notice = stage.mail(stage.sender(), &letter.token, "errore-consegna")?;
    same("X-VerificaSicurezza", &notice.entity().field("X-VerificaSicurezza"), &Some("errore".into()))?;
    let data = stage.data(&notice)?;
    let root = data.last().and_then(|root| root.attribute("errore"));
    same("errore", &root, &Some("virus"))?;
    same("consegna", &texts(&data, "consegna"), &vec![two.as_str()])?;
    let reason = texts(&data, "errore-esteso").concat();
    ensure(reason.contains("Prova.Virus"), || format!("errore-esteso {reason:?} lacks the reason of the detection"))?;
    same("identificativo", &stage.datum(&notice, "identificativo")?, &stage.datum(&envelope.mail, "identificativo")?)?;
    let mails = stage.about_now(stage.sender(), &letter.token)?;
    ensure(!mails.iter().any(|mail| mail.said == "rilevazione-virus"), || "the detection lies in the mailbox".into())?;
    seen(reason)
}

fn virus_once(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("infetto")?;
    let letter = stage.letter(&[&target]);
    stage.accepted(&letter)?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    let notice = detection(stage, &envelope, &target)?;
    stage.tell(&notice)?;
    stage.mail(stage.sender(), &letter.token, "errore-consegna")?;
    stage.tell(&notice)?;
    stage.quiet_out()?;
    let count = stage.about_now(stage.sender(), &letter.token)?.iter().filter(|m| m.said == "errore-consegna").count();
    same("virus non-deliveries", &count, &1)?;
    pass()
}

/// The peer invents an identifier, or its notification is wrapped or refused: all of that is lawful; a signed
/// non-delivery for the holder is not.
fn virus_unfounded(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("invento")?;
    let letter = stage.letter(&[&target]);
    let envelope = sent(stage, &letter)?;
    let ghost = stage.token();
    let (mut draft, to) = detection(stage, &envelope, &target)?;
    draft.data.id = format!("{ghost}@{}", stage.incoming()?.name);
    draft.data.client_id = Some(format!("<{ghost}@client.invalid>"));
    draft.set("X-Riferimento-Message-ID", Some(&format!("<{ghost}@client.invalid>")));
    draft.renew();
    let answers = stage.bring(&stage.peer()?.service_address.clone(), &[&to], &stage.seal(&draft)?)?;
    stage.quiet_out()?;
    let told = stage.about_now(stage.sender(), &ghost)?;
    ensure(told.is_empty(), || "a virus non-delivery about a message that was never sent".into())?;
    seen(format!("{} {}", answers.last().code, answers.last().text))
}

fn other_holder(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("altrui")?;
    let letter = stage.letter(&[&target]);
    stage.accepted(&letter)?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    let (draft, _) = stage.delivery(&envelope, &target)?;
    let other = stage.recipient().to_owned();
    let answers = stage.bring(&stage.peer()?.service_address.clone(), &[&other], &stage.seal(&draft)?)?;
    stage.tell(&stage.delivery(&envelope, &target)?)?;
    stage.quiet_in()?;
    let bare = stage.about_now(&other, &letter.token)?.iter().any(|mail| mail.said == "avvenuta-consegna");
    if bare {
        return Err(Fault::Advice("another holder reads it as it came".into()));
    }
    seen(if answers.taken() { "taken, and not shown as a notification" } else { "refused" })
}

fn no_echo(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("eco")?;
    let letter = stage.letter(&[&target]);
    sent(stage, &letter)?;
    stage.quiet_out()?;
    let mut said: Vec<String> = stage.taken_about(&letter.token)?.iter().map(|taken| taken.mail.said.clone()).collect();
    said.sort();
    same("what came to the peer", &said, &vec!["posta-certificata".to_owned()])?;
    pass()
}
