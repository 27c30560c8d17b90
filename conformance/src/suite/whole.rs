//! What holds for everything that a run has caused: looked at when all else is done.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{House, Stage, ensure, pass, seen};
use crate::check::{Sheet, check};
use crate::mailbox::Mail;
use crate::xml::texts;

const PEER: &[Need] = &[Need::Peer];

pub(super) const TESTS: &[Test] = &[
    test("whole.identifiers", "no identifier was given twice", &["[R-2.2.1-a]", "[R-O-id-2]"], &[], identifiers)
        .at_end(),
    test(
        "whole.one-from",
        "everything is signed in the name of one service address",
        &["[R-2.1-d]", "[R-2.2.6-a]"],
        &[],
        one_from,
    )
    .at_end(),
    test("whole.tls", "nothing came to the peer in clear", &["[R-5.3-d]", "[R-I-tls-1]"], PEER, tls).at_end(),
    test(
        "whole.not-bare",
        "everything in the holders' mailboxes is certified or in an anomaly envelope",
        &["[R-2.2.2-j]", "[R-L-6-1]"],
        &[],
        not_bare,
    )
    .at_end(),
    test(
        "whole.between-providers",
        "no take-charge and no virus detection lies in a holder's mailbox",
        &["[R-2.1.1-a]"],
        &[],
        between_providers,
    )
    .at_end(),
    test(
        "whole.peer-kinds",
        "the peer's service mailbox got nothing but take-charges and detections",
        &["[R-2.2.5-a]"],
        PEER,
        peer_kinds,
    )
    .at_end(),
    test(
        "whole.one-acceptance",
        "each message was answered by one acceptance or one refusal",
        &["[R-O-log-2]", "[R-1.2.3-a]"],
        &[],
        one_acceptance,
    )
    .at_end(),
    test(
        "whole.instant",
        "acceptance and envelope print one instant",
        &["[R-4.1-a]", "[R-L-9-1]", "[R-I-time-1]"],
        PEER,
        instant,
    )
    .at_end(),
];

/// Every message of this run that the provider made: from both mailboxes and from the peer's door, each once.
fn made(house: &House) -> io::Result<Vec<Arc<Mail>>> {
    let config = &house.config;
    let mut all = Vec::new();
    for address in [&config.sender.address, &config.recipient] {
        all.extend(house.mailboxes.look_now(address)?);
    }
    if let Some(door) = &house.peer {
        all.extend(door.taken().into_iter().map(|taken| Arc::new(taken.mail.clone())));
    }
    let ours = config.peer.as_ref().map(|peer| peer.service_address.to_ascii_lowercase());
    let by_peer = |mail: &Arc<Mail>| {
        let from = mail.entity().field("From").unwrap_or_default().to_ascii_lowercase();
        ours.as_ref().is_some_and(|ours| from.contains(ours.as_str())) && mail.said != "errore"
    };
    let mark = house.mark();
    all.retain(|mail| mail.is_about(&mark) && !mail.said.is_empty() && !by_peer(mail));
    all.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    all.dedup_by(|a, b| a.bytes == b.bytes);
    Ok(all)
}

/// The same for tests, which need some.
fn some(stage: &Stage<'_>) -> Result<Vec<Arc<Mail>>, Fault> {
    let all = made(stage.house)?;
    if all.is_empty() { Err(Fault::Skip("the provider made no message".into())) } else { Ok(all) }
}

/// The norm's tables for every message of the run.
pub(super) fn sheets(house: &House) -> io::Result<Vec<(String, Sheet)>> {
    let all = made(house)?;
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<Vec<(usize, String, Sheet)>> {
        let judges = house.judges()?;
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(mail) = all.get(number) else { return Ok(done) };
            let name = format!("{} {}", mail.said, mail.entity().field("Message-ID").unwrap_or_default());
            done.push((number, name, check(&judges, &mail.bytes, None)?));
        }
    };
    let mut done = thread::scope(|scope| -> io::Result<Vec<(usize, String, Sheet)>> {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        let mut done = Vec::new();
        for worker in workers {
            done.extend(worker.join().unwrap_or_else(|_| Err(io::Error::other("a judge fell")))?);
        }
        Ok(done)
    })?;
    done.sort_by_key(|(number, _, _)| *number);
    Ok(done.into_iter().map(|(_, name, sheet)| (name, sheet)).collect())
}

/// Identifier by the client's Message-ID; the same identifier for two of those is one too many.
fn identifiers(stage: &Stage<'_>) -> Outcome {
    let mut owner: BTreeMap<String, String> = BTreeMap::new();
    for mail in some(stage)? {
        if !matches!(mail.said.as_str(), "accettazione" | "non-accettazione") {
            continue;
        }
        let id = stage.datum(&mail, "identificativo")?;
        let own = mail.entity().field("Message-ID").unwrap_or_default();
        if let Some(other) = owner.insert(id.clone(), own) {
            return Err(Fault::Fail(format!("{id} stands in two answers, the other is {other}")));
        }
    }
    seen(format!("{} identifiers", owner.len()))
}

fn one_from(stage: &Stage<'_>) -> Outcome {
    let mut found: Vec<String> = Vec::new();
    for mail in some(stage)? {
        found.push(crate::mime::address(&mail.entity().field("From").unwrap_or_default()).to_lowercase());
    }
    found.sort();
    found.dedup();
    ensure(found.len() == 1, || format!("{found:?}"))?;
    seen(found.concat())
}

fn tls(stage: &Stage<'_>) -> Outcome {
    some(stage)?;
    let taken = stage.door()?.taken();
    let clear = taken.iter().find(|taken| !taken.tls);
    ensure(clear.is_none(), || {
        format!("in clear: {}", clear.map(|taken| taken.mail.said.clone()).unwrap_or_default())
    })?;
    seen(format!("{} transactions", taken.len()))
}

fn not_bare(stage: &Stage<'_>) -> Outcome {
    some(stage)?;
    let mark = stage.house.mark();
    for address in [stage.sender(), stage.recipient()] {
        for mail in stage.about_now(address, &mark)? {
            let subject = mail.entity().field("Subject").unwrap_or_default();
            ensure(!mail.said.is_empty(), || format!("bare in {address}: {subject}"))?;
        }
    }
    pass()
}

fn between_providers(stage: &Stage<'_>) -> Outcome {
    some(stage)?;
    let mark = stage.house.mark();
    for address in [stage.sender(), stage.recipient()] {
        let found = stage.about_now(address, &mark)?;
        let bad = found.iter().find(|mail| matches!(mail.said.as_str(), "presa-in-carico" | "rilevazione-virus"));
        ensure(bad.is_none(), || format!("in the mailbox of {address}"))?;
    }
    pass()
}

fn peer_kinds(stage: &Stage<'_>) -> Outcome {
    some(stage)?;
    let service = stage.peer()?.mail_receipt.to_ascii_lowercase();
    for taken in stage.door()?.taken() {
        let to_service = taken.recipients.iter().any(|recipient| recipient.to_ascii_lowercase() == service);
        let between = matches!(taken.mail.said.as_str(), "presa-in-carico" | "rilevazione-virus");
        ensure(to_service == between, || format!("{} went to {:?}", taken.mail.said, taken.recipients))?;
    }
    pass()
}

fn one_acceptance(stage: &Stage<'_>) -> Outcome {
    some(stage)?;
    let mark = stage.house.mark();
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    for mail in stage.about_now(stage.sender(), &mark)? {
        let reference = mail.entity().field("X-Riferimento-Message-ID");
        if let (Some(reference), "accettazione" | "non-accettazione") = (reference, mail.said.as_str()) {
            *answers.entry(reference).or_default() += 1;
        }
    }
    let bad: Vec<&String> = answers.iter().filter(|(_, count)| **count != 1).map(|(id, _)| id).collect();
    ensure(bad.is_empty(), || format!("answered more than once: {bad:?}"))?;
    seen(format!("{} messages", answers.len()))
}

fn instant(stage: &Stage<'_>) -> Outcome {
    some(stage)?;
    let mark = stage.house.mark();
    let accepted = stage.about_now(stage.sender(), &mark)?;
    let time = |mail: &Mail| -> Result<String, Fault> {
        let data = stage.data(mail)?;
        Ok([texts(&data, "giorno"), texts(&data, "ora")].concat().join(" "))
    };
    let mut compared = 0;
    for taken in stage.door()?.taken().iter().filter(|taken| taken.mail.said == "posta-certificata").take(20) {
        let reference = taken.mail.entity().field("X-Riferimento-Message-ID");
        let acceptance = accepted
            .iter()
            .find(|mail| mail.said == "accettazione" && mail.entity().field("X-Riferimento-Message-ID") == reference);
        let Some(acceptance) = acceptance.filter(|_| reference.is_some()) else { continue };
        let (envelope, acceptance) = (time(&taken.mail)?, time(acceptance)?);
        ensure(envelope == acceptance, || format!("envelope {envelope}, acceptance {acceptance}"))?;
        compared += 1;
    }
    seen(format!("{compared} compared"))
}
