//! Formal exceptions at the Access Point (§3.1.1, §3.1.2): each alone, several at once, and what is none.

use std::sync::Arc;

use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Letter, Stage, ensure, pass, seen};
use crate::mailbox::Mail;
use crate::opened::Opened;
use crate::xml::texts;

pub(super) const TESTS: &[Test] = &[
    test("formal.no-from", "without From nothing is accepted", &["[R-3.1.1-a]", "[R-3.1.1-g]"], &[Need::Peer], no_from),
    test("formal.bad-from", "a From that is no address is not accepted", &["[R-3.1.1-a]"], &[Need::Peer], bad_from),
    test("formal.two-from", "a From with two mailboxes is not accepted", &["[R-3.1.1-a]"], &[Need::Peer], two_from),
    test("formal.no-to", "Cc without To is not accepted", &["[R-3.1.1-b]"], &[Need::Peer], no_to),
    test("formal.bad-to", "a To that is no address is not accepted", &["[R-3.1.1-b]"], &[Need::Peer], bad_to),
    test("formal.path", "a reverse path other than From is not accepted", &["[R-3.1.1-c]"], &[Need::Peer], path),
    test(
        "formal.outside",
        "a recipient outside To and Cc is not accepted",
        &["[R-3.1.1-d]", "[R-3.1.1-g]", "[R-3.1.2-d]"],
        &[Need::Peer],
        outside,
    ),
    test("formal.bcc", "a Bcc with a value is not accepted", &["[R-3.1.1-e]"], &[Need::Peer], bcc),
    test("formal.empty-bcc", "an empty Bcc is no exception", &["[R-3.1.1-e]"], &[], empty_bcc),
    test(
        "formal.long-line",
        "a line above 998 octets, in body or field, is not accepted",
        &["[R-I-sig-4]", "[R-3.1.1-g]"],
        &[Need::Peer],
        long_line,
    ),
    test(
        "formal.first-line",
        "a first line that continues nothing is not accepted",
        &["[R-3.1.1-g]"],
        &[Need::Peer],
        first_line,
    ),
    test(
        "formal.many-addresses",
        "a recipient that stands behind ten thousand others in To stands there",
        &["[R-3.1.1-d]"],
        &[],
        many_addresses,
    ),
    test(
        "formal.quotes",
        "a local part in quotes that it does not need is the same address",
        &["[R-3.1.1-d]", "[R-I-ap-1]"],
        &[],
        quotes,
    ),
    test(
        "formal.several",
        "several exceptions give one notice with all reasons",
        &["[R-I-ap-2]", "[R-3.1.2-b]"],
        &[Need::Peer],
        several,
    ),
    test(
        "formal.not-among-recipients",
        "who stands in To and is no recipient of the dialogue is not certified",
        &["[R-2.1-h]"],
        &[Need::Peer],
        not_among_recipients,
    ),
    test("formal.twice", "a recipient named twice is one", &["[R-I-ap-1]"], &[Need::Peer], twice),
    test(
        "formal.all-or-nothing",
        "one bad recipient keeps the message from all",
        &["[R-3.1.1-g]"],
        &[Need::Peer],
        all_or_nothing,
    ),
];

/// The notice of non-acceptance for a letter that nobody may get: without the original, with the reason, and with an
/// identifier of its own [R-O-id-2].
fn refused(stage: &Stage<'_>, letter: &Letter) -> Result<Arc<Mail>, Fault> {
    let reply = stage.submit(letter)?;
    ensure(reply.code == 250, || {
        format!("refused in the dialogue, the norm wants a notice: {} {}", reply.code, reply.text)
    })?;
    let notice = stage.mail(stage.sender(), &letter.token, "non-accettazione")?;
    ensure(Opened::new(&notice.bytes).originals.is_empty(), || "the notice carries the original [R-3.1.2-c]".into())?;
    for name in ["errore-esteso", "identificativo"] {
        ensure(!stage.datum(&notice, name)?.is_empty(), || format!("no {name}"))?;
    }
    Ok(notice)
}

/// The same, and nothing comes to the peer.
fn stays(stage: &Stage<'_>, letter: &Letter) -> Outcome {
    let notice = refused(stage, letter)?;
    stage.quiet_out()?;
    ensure(stage.taken_about(&letter.token)?.is_empty(), || "it reached the peer".into())?;
    let accepted = stage.about(stage.sender(), &letter.token)?.iter().any(|mail| mail.said == "accettazione");
    ensure(!accepted, || "it was accepted too".into())?;
    seen(stage.datum(&notice, "errore-esteso")?)
}

fn to_peer(stage: &Stage<'_>) -> Result<Letter, Fault> {
    Ok(stage.letter(&[&stage.peer_address("formale")?]))
}

fn no_from(stage: &Stage<'_>) -> Outcome {
    stays(stage, &to_peer(stage)?.set("From", None))
}

fn bad_from(stage: &Stage<'_>) -> Outcome {
    stays(stage, &to_peer(stage)?.set("From", Some("Anna, alla tastiera")))
}

fn two_from(stage: &Stage<'_>) -> Outcome {
    let two = format!("{}, {}", stage.sender(), stage.recipient());
    stays(stage, &to_peer(stage)?.set("From", Some(&two)))
}

fn no_to(stage: &Stage<'_>) -> Outcome {
    let letter = to_peer(stage)?;
    let target = letter.recipients.concat();
    stays(stage, &letter.set("To", None).set("Cc", Some(&target)))
}

fn bad_to(stage: &Stage<'_>) -> Outcome {
    let letter = to_peer(stage)?;
    let target = letter.recipients.concat();
    stays(stage, &letter.set("To", Some("spett. ufficio")).set("Cc", Some(&target)))
}

/// Many providers refuse this in the dialogue already: the sender is told as well.
fn path(stage: &Stage<'_>) -> Outcome {
    let letter = to_peer(stage)?.set("From", Some(stage.recipient()));
    let reply = stage.submit(&letter)?;
    if reply.code / 100 == 5 {
        stage.quiet_out()?;
        ensure(stage.taken_about(&letter.token)?.is_empty(), || "it reached the peer".into())?;
        return seen(format!("SMTP {}", reply.code));
    }
    stage.mail(stage.sender(), &letter.token, "non-accettazione")?;
    seen("a notice")
}

fn outside(stage: &Stage<'_>) -> Outcome {
    let letter = to_peer(stage)?.set("To", Some(stage.recipient()));
    stays(stage, &letter)?;
    let notice = stage.mail(stage.sender(), &letter.token, "non-accettazione")?;
    let data = stage.data(&notice)?;
    ensure(texts(&data, "destinatari") == [letter.recipients.concat()], || "destinatari is not who was named".into())?;
    pass()
}

fn bcc(stage: &Stage<'_>) -> Outcome {
    stays(stage, &to_peer(stage)?.set("Bcc", Some(stage.recipient())))
}

fn empty_bcc(stage: &Stage<'_>) -> Outcome {
    let letter = stage.letter(&[stage.recipient()]).set("Bcc", Some(""));
    stage.accepted(&letter)?;
    pass()
}

/// What a Postfix on the way would fold, with the signature void (`line_length_limit`, `smtp_line_length_limit`).
fn long_line(stage: &Stage<'_>) -> Outcome {
    let field = to_peer(stage)?.set("X-Lungo", Some(&"x".repeat(1100)));
    stays(stage, &field)?;
    let mut letter = to_peer(stage)?;
    letter.body = format!("{}\r\n", "x".repeat(1100)).into();
    stays(stage, &letter)
}

fn first_line(stage: &Stage<'_>) -> Outcome {
    let mut letter = to_peer(stage)?;
    letter.fields.insert(0, (" una riga".into(), "che continua nulla".into()));
    stays(stage, &letter)
}

fn many_addresses(stage: &Stage<'_>) -> Outcome {
    let letter = stage.letter(&[stage.recipient()]);
    let others: String = (0..10_000).map(|number| format!("u{number}@e.invalid,\r\n ")).collect();
    let letter = letter.set("To", Some(&format!("{others}{}", stage.recipient())));
    stage.accepted(&letter)?;
    pass()
}

fn quotes(stage: &Stage<'_>) -> Outcome {
    let (local, domain) = stage.recipient().split_once('@').unwrap_or_default();
    let letter = stage.letter(&[stage.recipient()]).set("To", Some(&format!("\"{local}\"@{domain}")));
    stage.accepted(&letter)?;
    pass()
}

fn several(stage: &Stage<'_>) -> Outcome {
    let alone =
        [to_peer(stage)?.set("Bcc", Some(stage.recipient())), to_peer(stage)?.set("To", Some(stage.recipient()))];
    let mut longest = 0;
    for letter in &alone {
        longest = longest.max(stage.datum(&*refused(stage, letter)?, "errore-esteso")?.len());
    }
    let both = to_peer(stage)?.set("To", Some(stage.recipient())).set("Bcc", Some(stage.recipient()));
    let reason = stage.datum(&*refused(stage, &both)?, "errore-esteso")?;
    stage.quiet_out()?;
    let notices = stage.about_now(stage.sender(), &both.token)?;
    ensure(notices.len() == 1, || format!("{} notices instead of one", notices.len()))?;
    ensure(reason.len() > longest, || format!("not all reasons: {reason:?}"))?;
    seen(reason)
}

fn not_among_recipients(stage: &Stage<'_>) -> Outcome {
    let letter = to_peer(stage)?;
    let target = letter.recipients.concat();
    let both = format!("{target}, {}", stage.recipient());
    let letter = letter.set("To", Some(&both));
    let acceptance = stage.accepted(&letter)?;
    let data = stage.data(&acceptance)?;
    let listed = texts(&data, "destinatari");
    ensure(listed == [target.as_str()], || format!("destinatari {listed:?}"))?;
    stage.answer(&*stage.taken(&letter.token, "posta-certificata")?)?;
    ensure(stage.about_now(stage.recipient(), &letter.token)?.is_empty(), || "it came to who was no recipient".into())?;
    pass()
}

fn twice(stage: &Stage<'_>) -> Outcome {
    let mut letter = to_peer(stage)?;
    let target = letter.recipients.concat();
    let (local, domain) = target.split_once('@').unwrap_or_default();
    letter.recipients.push(format!("{local}@{}", domain.to_ascii_uppercase()));
    let acceptance = stage.accepted(&letter)?;
    let data = stage.data(&acceptance)?;
    let listed = texts(&data, "destinatari");
    ensure(listed.len() == 1, || format!("destinatari {listed:?}"))?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    ensure(envelope.recipients.len() == 1, || format!("RCPT {:?}", envelope.recipients))?;
    stage.answer(&envelope)?;
    pass()
}

fn all_or_nothing(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("buono")?;
    let mut letter = stage.letter(&[&target]);
    letter.recipients.push(stage.peer_address("fuori")?);
    stays(stage, &letter)
}
