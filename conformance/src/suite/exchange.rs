//! A message between two mailboxes of the same provider: the whole process, without a peer (§3.4).

use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Letter, Stage, ensure, pass, same};
use super::steps::{coded, with_attachment};
use crate::mailbox::Mail;
use crate::moment::Moment;
use crate::opened::Opened;
use crate::xml::texts;

pub(super) const TESTS: &[Test] = &[
    test(
        "exchange.complete",
        "inside one provider: acceptance, envelope, complete delivery notification, one identifier in all",
        &["[R-1.2.3-a]", "[R-3.4-a]", "[R-3.3.2.1-a]", "[R-3.3.2.1-c]", "[R-4.4-d]", "[R-4.4-e]", "[R-3.3.2-b]"],
        &[],
        complete,
    ),
    test(
        "exchange.brief",
        "a brief delivery notification carries hashes",
        &["[R-3.3.2.2-a]", "[R-3.3.2.2-c]"],
        &[],
        brief,
    ),
    test(
        "exchange.concise",
        "a concise delivery notification carries no original",
        &["[R-3.3.2.3-a]", "[R-3.3.2.3-b]"],
        &[],
        concise,
    ),
    test(
        "exchange.unknown",
        "an unknown mailbox is told by a non-delivery with a coded reason",
        &["[R-3.3.3-a]", "[R-2.2.3-a]", "[R-L-N12-1]", "[R-O-N12-2]"],
        &[Need::Unknown],
        unknown,
    ),
    test(
        "exchange.both-kinds",
        "the acceptance says of each recipient whether it is certified",
        &["[R-2.2.1-f]", "[R-3.1.4-b]"],
        &[Need::Ordinary],
        both_kinds,
    ),
    test(
        "exchange.ordinary",
        "an ordinary recipient gets no certified receipt",
        &["[R-3.1.5-g]"],
        &[Need::Ordinary],
        ordinary,
    ),
    test(
        "exchange.no-message-id",
        "without a client's Message-ID neither the field nor the element is invented",
        &["[R-2.2.1-e]"],
        &[],
        no_message_id,
    ),
    test(
        "exchange.no-subject",
        "a message without Subject is accepted and goes its way",
        &["[R-4.4-b]"],
        &[],
        no_subject,
    ),
    test(
        "exchange.clock",
        "the provider's clock agrees with ours within a second",
        &["[R-L-9-2]", "[R-4.1-a]"],
        &[],
        clock,
    ),
    test(
        "exchange.own-message-ids",
        "each notification has a Message-ID of its own",
        &["[R-I-hdr-3]"],
        &[],
        own_message_ids,
    ),
];

/// Sends to the other holder; gives the delivery notification and the envelope.
fn exchanged(stage: &Stage<'_>, letter: &Letter) -> Result<[std::sync::Arc<Mail>; 3], Fault> {
    let acceptance = stage.accepted(letter)?;
    let delivery = stage.mail(stage.sender(), &letter.token, "avvenuta-consegna")?;
    let envelope = stage.mail(stage.recipient(), &letter.token, "posta-certificata")?;
    Ok([acceptance, delivery, envelope])
}

fn complete(stage: &Stage<'_>) -> Outcome {
    let letter = with_attachment(stage, &[stage.recipient()], "completa");
    let all = exchanged(stage, &letter)?;
    let [_, delivery, envelope] = &all;
    let original = Opened::new(&envelope.bytes).original();
    ensure(original.is_some(), || "the envelope carries no original".into())?;
    ensure(Opened::new(&delivery.bytes).original() == original, || "the notification's copy is another".into())?;
    let mut identifiers = Vec::new();
    for mail in &all {
        let data = stage.data(mail)?;
        same(&format!("msgid of {}", mail.said), &texts(&data, "msgid"), &vec![letter.id().as_str()])?;
        identifiers.extend(texts(&data, "identificativo").into_iter().map(str::to_owned));
    }
    identifiers.dedup();
    ensure(identifiers.len() == 1, || format!("identifiers {identifiers:?}"))?;
    let envelopes = stage.about_now(stage.recipient(), &letter.token)?;
    ensure(envelopes.len() == 1, || format!("{} messages for the recipient instead of one", envelopes.len()))?;
    let receipts = stage.about_now(stage.sender(), &letter.token)?;
    ensure(receipts.len() == 2, || format!("{} messages for the sender instead of two", receipts.len()))?;
    pass()
}

fn brief(stage: &Stage<'_>) -> Outcome {
    let letter = with_attachment(stage, &[stage.recipient()], "breve");
    let [_, delivery, _] = exchanged(stage, &letter)?;
    let copy = Opened::new(&delivery.bytes).original().unwrap_or_default();
    let has = |text: &[u8]| copy.windows(text.len()).any(|window| window == text);
    ensure(has(b"dati.bin.hash"), || "no dati.bin.hash in the copy".into())?;
    ensure(!has(b"AAECAwQ="), || "the attachment itself is in the copy".into())?;
    ensure(has(b"Testo."), || "the text is not in the copy".into())?;
    pass()
}

fn concise(stage: &Stage<'_>) -> Outcome {
    let letter = with_attachment(stage, &[stage.recipient()], "sintetica");
    let [_, delivery, _] = exchanged(stage, &letter)?;
    ensure(Opened::new(&delivery.bytes).originals.is_empty(), || "it carries the original".into())?;
    pass()
}

fn unknown(stage: &Stage<'_>) -> Outcome {
    let unknown = stage.config().unknown.clone().unwrap_or_default();
    let letter = stage.letter(&[&unknown]);
    stage.accepted(&letter)?;
    let notice = stage.mail(stage.sender(), &letter.token, "errore-consegna")?;
    coded(stage, &notice, &unknown)
}

fn both_kinds(stage: &Stage<'_>) -> Outcome {
    let ordinary = stage.config().ordinary.clone().unwrap_or_default();
    let certified = stage.recipient();
    let (local, domain) = certified.split_once('@').unwrap_or_default();
    // Domains are looked up without regard to case.
    let upper = format!("{local}@{}", domain.to_ascii_uppercase());
    let letter = stage.letter(&[&upper, &ordinary]);
    let data = stage.data(&*stage.accepted(&letter)?)?;
    for (address, wanted) in [(certified, "certificato"), (ordinary.as_str(), "esterno")] {
        let found = data.iter().find(|e| e.name == "destinatari" && e.text.eq_ignore_ascii_case(address));
        let found = found.map(|element| element.attribute("tipo").unwrap_or("certificato"));
        same(address, &found, &Some(wanted))?;
    }
    pass()
}

fn ordinary(stage: &Stage<'_>) -> Outcome {
    let ordinary = stage.config().ordinary.clone().unwrap_or_default();
    let letter = stage.letter(&[&ordinary, stage.recipient()]);
    stage.accepted(&letter)?;
    stage.mail(stage.sender(), &letter.token, "avvenuta-consegna")?;
    for mail in stage.about_now(stage.sender(), &letter.token)? {
        if mail.said == "avvenuta-consegna" {
            same(
                "consegna",
                &stage.datum(&mail, "consegna")?.to_ascii_lowercase(),
                &stage.recipient().to_ascii_lowercase(),
            )?;
        }
    }
    pass()
}

fn no_message_id(stage: &Stage<'_>) -> Outcome {
    let letter = stage.letter(&[stage.recipient()]).set("Message-ID", None);
    let mut ways = Vec::new();
    for mail in exchanged(stage, &letter)? {
        let field = mail.entity().field("X-Riferimento-Message-ID");
        let data = stage.data(&mail)?;
        let element = texts(&data, "msgid").first().map(|text| (*text).to_owned());
        let own = format!("<{}>", stage.datum(&mail, "identificativo")?);
        // Some providers refer to their own identifier.
        let fits = |value: &Option<String>| value.as_ref().is_none_or(|value| *value == own);
        ensure(fits(&field) && fits(&element), || format!("{}: field {field:?}, msgid {element:?}", mail.said))?;
        ways.push(if field.is_none() && element.is_none() { "neither" } else { "the provider's own identifier" });
    }
    ways.dedup();
    Ok(ways.join(", "))
}

fn no_subject(stage: &Stage<'_>) -> Outcome {
    let letter = stage.letter(&[stage.recipient()]).set("Subject", None);
    for mail in exchanged(stage, &letter)? {
        stage.data(&mail)?;
    }
    pass()
}

/// Ours may be the one that is wrong, so a difference is advice.
fn clock(stage: &Stage<'_>) -> Outcome {
    let letter = stage.letter(&[stage.recipient()]);
    let read = |date: &str| Moment::from_header(date).map(|moment| moment.epoch);
    let (_, before) = stage.now()?;
    let acceptance = stage.accepted(&letter)?;
    let (_, after) = stage.now()?;
    let date = acceptance.entity().field("Date").unwrap_or_default();
    let found = [&before, &date, &after].map(|text| read(text));
    let [Some(before), Some(found), Some(after)] = found else {
        return Err(Fault::Fail(format!("no readable Date: {date:?}")));
    };
    if found < before - 1 || found > after + 1 {
        let apart = if found < before { found - before } else { found - after };
        return Err(Fault::Advice(format!("{apart} s apart from the clock of this machine")));
    }
    pass()
}

fn own_message_ids(stage: &Stage<'_>) -> Outcome {
    let letter = stage.letter(&[stage.recipient()]);
    let [acceptance, delivery, envelope] = exchanged(stage, &letter)?;
    let mut ids: Vec<String> =
        [&acceptance, &delivery, &envelope].iter().filter_map(|mail| mail.entity().field("Message-ID")).collect();
    ids.sort();
    ids.dedup();
    ensure(ids.len() == 3, || format!("Message-IDs {ids:?}"))?;
    pass()
}
