//! Silence of the peer (§3.1.6): twelve and twenty-four hours, seen from outside only by waiting.

use std::time::{Duration, Instant};

use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Stage, ensure, pass, same};
use crate::peer::server::Taken;

const PATIENT: &[Need] = &[Need::Peer, Need::Patience];

pub(super) const TESTS: &[Test] = &[
    test(
        "silence.nothing",
        "nothing comes back: both notices, the second between 22 and 24 hours",
        &["[R-3.1.6-a]", "[R-3.1.6-b]", "[R-3.1.6-e]", "[R-L-to-2]", "[R-2.1.1-b]"],
        PATIENT,
        nothing,
    ),
    test(
        "silence.taken-in-charge",
        "a take-charge and no delivery: the second notice only",
        &["[R-3.1.6-c]"],
        PATIENT,
        taken_in_charge,
    ),
    test("silence.late", "a delivery after twelve hours: the first notice only", &["[R-3.1.6-d]"], PATIENT, late),
    test("silence.each", "one notice for each silent recipient", &["[R-3.1.6-f]"], PATIENT, each),
    test("silence.answered", "a delivery in time and there is no notice", &["[R-3.1.6-c]"], PATIENT, answered),
    test("silence.failed", "a non-delivery ends the wait", &["[R-I-to-1]"], PATIENT, failed),
];

const NOTICE: &str = "preavviso-errore-consegna";
const HOUR: u64 = 3_600;
/// Twenty-four hours and one to spare.
const BOUND: Duration = Duration::from_secs(25 * HOUR);

fn letter(stage: &Stage<'_>, targets: &[&str]) -> Result<(String, std::sync::Arc<Taken>, Instant), Fault> {
    let letter = stage.letter(targets);
    stage.accepted(&letter)?;
    let sent = Instant::now();
    Ok((letter.token.clone(), stage.taken(&letter.token, "posta-certificata")?, sent))
}

/// Waits until so many notices stand in the mailbox, and gives the hours since the letter was sent.
fn notices(stage: &Stage<'_>, token: &str, sent: Instant, count: usize) -> Result<f64, Fault> {
    stage.until(&format!("{count} notices"), BOUND, || {
        let found = stage.about(stage.sender(), token)?.iter().filter(|mail| mail.said == NOTICE).count();
        // A minute more or less does not count in a day, and the mailbox of others is not to be looked at without pause.
        if found < count {
            std::thread::park_timeout(Duration::from_secs(30));
        }
        Ok((found >= count).then_some(()))
    })?;
    Ok(sent.elapsed().as_secs_f64() / HOUR as f64)
}

fn within(hours: f64, from: f64, to: f64) -> Result<(), Fault> {
    // Five minutes for what lies between the clocks.
    let slack = 1.0 / 12.0;
    ensure(hours >= from - slack && hours <= to + slack, || format!("after {hours:.2} hours, expected {from} to {to}"))
}

fn until_the_end(stage: &Stage<'_>, sent: Instant) {
    while sent.elapsed() < BOUND - stage.patience() {
        std::thread::park_timeout(Duration::from_secs(60));
    }
}

fn count(stage: &Stage<'_>, token: &str) -> Result<usize, Fault> {
    Ok(stage.about_now(stage.sender(), token)?.iter().filter(|mail| mail.said == NOTICE).count())
}

fn nothing(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("muto")?;
    let (token, _, sent) = letter(stage, &[&target])?;
    within(notices(stage, &token, sent, 1)?, 12.0, 12.5)?;
    within(notices(stage, &token, sent, 2)?, 22.0, 24.0)?;
    until_the_end(stage, sent);
    same("notices", &count(stage, &token)?, &2)?;
    pass()
}

fn taken_in_charge(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("lento")?;
    let (token, envelope, sent) = letter(stage, &[&target])?;
    stage.tell(&stage.notice(&envelope, "presa-in-carico", |data| data.received = vec![target.clone()])?)?;
    within(notices(stage, &token, sent, 1)?, 22.0, 24.0)?;
    same("notices", &count(stage, &token)?, &1)?;
    pass()
}

fn late(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("tardi")?;
    let (token, envelope, sent) = letter(stage, &[&target])?;
    within(notices(stage, &token, sent, 1)?, 12.0, 12.5)?;
    stage.tell(&stage.delivery(&envelope, &target)?)?;
    until_the_end(stage, sent);
    same("notices", &count(stage, &token)?, &1)?;
    pass()
}

fn each(stage: &Stage<'_>) -> Outcome {
    let (one, two) = (stage.peer_address("muto1")?, stage.peer_address("muto2")?);
    let (token, _, sent) = letter(stage, &[&one, &two])?;
    within(notices(stage, &token, sent, 2)?, 12.0, 12.5)?;
    let mut named = Vec::new();
    for mail in stage.about_now(stage.sender(), &token)?.iter().filter(|mail| mail.said == NOTICE) {
        named.push(stage.datum(mail, "consegna")?);
    }
    named.sort();
    same("consegna", &named, &vec![one, two])?;
    pass()
}

fn answered(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("puntuale")?;
    let (token, envelope, sent) = letter(stage, &[&target])?;
    stage.answer(&envelope)?;
    until_the_end(stage, sent);
    same("notices", &count(stage, &token)?, &0)?;
    pass()
}

fn failed(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("mancato")?;
    let (token, envelope, sent) = letter(stage, &[&target])?;
    stage.tell(&stage.notice(&envelope, "errore-consegna", |data| {
        (data.errore, data.delivered) = ("altro".into(), Some(target.clone()));
        data.error = Some("5.2.2 - Giudice - casella piena".into());
    })?)?;
    until_the_end(stage, sent);
    same("notices", &count(stage, &token)?, &0)?;
    pass()
}
