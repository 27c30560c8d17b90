//! What the provider does when the peer's door puts off, refuses, or cuts (§2.2.2, §5.3; Q-09).

use super::case::{Need, Test, When, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Letter, Stage, ensure, pass, same, seen};
use super::steps::sent;
use crate::peer::server::{Answer, Orders};

const PEER: &[Need] = &[Need::Peer];

pub(super) const TESTS: &[Test] = &[
    test(
        "outgoing.later-at-rcpt",
        "a recipient put off with 451 is tried again",
        &["[R-2.2.2-b]"],
        PEER,
        later_at_rcpt,
    ),
    test("outgoing.later-at-end", "a message put off with 451 is tried again", &["[R-2.2.2-b]"], PEER, later_at_end),
    test("outgoing.cut", "a message cut off before the answer is tried again", &["[R-2.2.2-b]"], PEER, cut),
    test(
        "outgoing.refused-at-rcpt",
        "a recipient refused for good becomes a non-delivery at once",
        &["[R-3.3.3-a]", "[R-I-to-1]", "[R-2.2.2-a]"],
        PEER,
        refused_at_rcpt,
    ),
    test(
        "outgoing.refused-at-end",
        "a message refused for good becomes a non-delivery at once",
        &["[R-3.3.3-a]", "[R-2.2.2-a]"],
        PEER,
        refused_at_end,
    ),
    test(
        "outgoing.one-of-two",
        "one recipient refused, the other is served",
        &["[R-3.3.3-a]", "[R-3.3.2-c]"],
        PEER,
        one_of_two,
    ),
    Test {
        when: When::Alone,
        ..test(
            "outgoing.no-starttls",
            "without STARTTLS nothing certified is handed over in clear",
            &["[R-5.3-a]", "[R-5.3-d]", "[R-I-tls-1]"],
            PEER,
            no_starttls,
        )
    },
];

const LATER: Answer = Answer::Reply("451 4.3.0 later");
const NEVER: Answer = Answer::Reply("550 5.1.1 no such mailbox");

fn ordered(stage: &Stage<'_>, orders: Orders) -> Result<Letter, Fault> {
    let target = stage.peer_address("ordini")?;
    stage.door()?.order(&target, orders);
    Ok(stage.letter(&[&target]))
}

/// The letter comes in the end, once, and its holder hears nothing bad.
fn comes(stage: &Stage<'_>, orders: Orders) -> Outcome {
    let letter = ordered(stage, orders)?;
    stage.accepted(&letter)?;
    let envelope = stage.taken_within(&letter.token, "posta-certificata", stage.retry())?;
    stage.answer(&envelope)?;
    stage.mail(stage.sender(), &letter.token, "avvenuta-consegna")?;
    let mails = stage.about_now(stage.sender(), &letter.token)?;
    let bad = mails.iter().find(|mail| mail.said.contains("errore-consegna"));
    ensure(bad.is_none(), || "a non-delivery came although it was tried again".into())?;
    pass()
}

fn later_at_rcpt(stage: &Stage<'_>) -> Outcome {
    comes(stage, Orders { recipient: [LATER].into(), ..Orders::default() })
}

fn later_at_end(stage: &Stage<'_>) -> Outcome {
    comes(stage, Orders { content: [LATER].into(), ..Orders::default() })
}

fn cut(stage: &Stage<'_>) -> Outcome {
    comes(stage, Orders { content: [Answer::Cut].into(), ..Orders::default() })
}

fn refused(stage: &Stage<'_>, orders: Orders) -> Outcome {
    let letter = ordered(stage, orders)?;
    stage.accepted(&letter)?;
    let notice = stage.mail(stage.sender(), &letter.token, "errore-consegna")?;
    same("consegna", &stage.datum(&notice, "consegna")?, &letter.recipients.concat())?;
    stage.quiet_out()?;
    let mails = stage.about_now(stage.sender(), &letter.token)?;
    same("messages for the holder", &mails.len(), &2)?;
    seen(stage.datum(&notice, "errore-esteso")?)
}

fn refused_at_rcpt(stage: &Stage<'_>) -> Outcome {
    refused(stage, Orders { recipient: [NEVER].into(), ..Orders::default() })
}

fn refused_at_end(stage: &Stage<'_>) -> Outcome {
    refused(stage, Orders { content: [Answer::Reply("554 5.6.0 not this")].into(), ..Orders::default() })
}

fn one_of_two(stage: &Stage<'_>) -> Outcome {
    let (good, bad) = (stage.peer_address("buono")?, stage.peer_address("cattivo")?);
    stage.door()?.order(&bad, Orders { recipient: [NEVER].into(), ..Orders::default() });
    let letter = stage.letter(&[&good, &bad]);
    let envelope = sent(stage, &letter)?;
    same("RCPT taken", &envelope.recipients, &vec![good])?;
    let notice = stage.mail(stage.sender(), &letter.token, "errore-consegna")?;
    same("consegna", &stage.datum(&notice, "consegna")?, &bad)?;
    stage.mail(stage.sender(), &letter.token, "avvenuta-consegna")?;
    pass()
}

/// For a while the peer does not offer STARTTLS; the letter comes when it does again.
fn no_starttls(stage: &Stage<'_>) -> Outcome {
    let letter = ordered(stage, Orders::default())?;
    let door = stage.door()?;
    let before = door.sessions_without_tls();
    door.offer_tls(false);
    let met = stage.accepted(&letter).and_then(|_| {
        stage.until("the provider at the door", stage.retry(), || {
            Ok((door.sessions_without_tls() > before).then_some(()))
        })
    });
    door.offer_tls(true);
    met?;
    let envelope = stage.taken_within(&letter.token, "posta-certificata", stage.retry())?;
    ensure(envelope.tls, || "it was handed over in clear".into())?;
    stage.answer(&envelope)?;
    pass()
}
