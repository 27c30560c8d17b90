//! The transport envelope as it arrives at the peer (§3.1.5, §2.2.1).

use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Letter, Stage, ensure, pass, same, seen};
use super::steps::{sent, with_attachment};
use crate::mime::{Entity, Field, address, decode_words};
use crate::opened::Opened;
use crate::peer::server::Taken;
use crate::xml::texts;

const PEER: &[Need] = &[Need::Peer];

pub(super) const TESTS: &[Test] = &[
    test(
        "envelope.original",
        "the original arrives unchanged but for its identifier fields",
        &["[R-3.1.5-c]", "[R-O-id-3]", "[R-2.2.1-b]", "[R-2.2.1-c]", "[R-2.2.1-d]", "[R-5.3-c]"],
        PEER,
        original,
    ),
    test(
        "envelope.odd-original",
        "an original with odd but lawful fields and lines arrives unchanged too",
        &["[R-3.1.5-c]", "[R-O-id-3]"],
        PEER,
        odd_original,
    ),
    test(
        "envelope.eight-bits",
        "an original with 8-bit octets is carried unchanged or refused",
        &["[R-5.3-c]", "[R-4.3-b]"],
        PEER,
        eight_bits,
    ),
    test("envelope.inherited", "To, Cc, Reply-To and Received keep their values", &["[R-3.1.5-a]"], PEER, inherited),
    test(
        "envelope.names",
        "names beyond ASCII in To and Cc travel encoded",
        &["[R-I-sig-4]", "[R-3.1.5-a]"],
        PEER,
        names,
    ),
    test(
        "envelope.client-identifier",
        "a Message-ID without brackets or beyond ASCII is the same in the envelope, its original and the data, or refused",
        &["[R-2.2.1-c]", "[R-2.2.1-d]"],
        PEER,
        client_identifier,
    ),
    test("envelope.empty-reply-to", "an empty Reply-To is none", &["[R-3.1.5-b]", "[R-O-xml-1]"], PEER, empty_reply_to),
    test("envelope.reply-to", "without Reply-To it names the author", &["[R-3.1.5-b]"], PEER, reply_to),
    test("envelope.from", "From says on whose behalf", &["[R-3.1.5-f]", "[R-I-hdr-2]"], PEER, from),
    test(
        "envelope.subject",
        "the subject follows the prefix, also beyond ASCII",
        &["[R-3.1.5-b]", "[R-I-hdr-2]"],
        PEER,
        subject,
    ),
    test("envelope.path", "the reverse path is the holder's", &["[R-3.1.5-d]"], PEER, path),
    test(
        "envelope.one-transaction",
        "one transaction for the peer's recipients, and for nobody else's",
        &["[R-I-env-1]", "[R-3.1.5-d]"],
        PEER,
        one_transaction,
    ),
    test(
        "envelope.receipts",
        "each X-TipoRicevuta travels, any other means complete",
        &["[R-3.1.5-e]", "[R-4.4-ric]"],
        PEER,
        receipts,
    ),
    test("envelope.spelling", "header names are known in any case", &["[R-O-hdr-1]"], PEER, spelling),
    test(
        "envelope.all-listed",
        "all recipients are listed with their kind, also those elsewhere",
        &["[R-4.4-b]", "[R-2.2.1-f]"],
        PEER,
        all_listed,
    ),
    test(
        "envelope.identifier",
        "the identifier has the form of an address of the provider",
        &["[R-2.2.1-a]"],
        PEER,
        identifier,
    ),
    test(
        "envelope.tls",
        "it comes over TLS, without a change of encoding",
        &["[R-5.3-a]", "[R-5.3-d]", "[R-2.2.2-a]"],
        PEER,
        tls,
    ),
];

fn to_peer(stage: &Stage<'_>) -> Result<Letter, Fault> {
    Ok(stage.letter(&[&stage.peer_address("busta")?]))
}

/// Field for field and octet for octet, what the Access Point may not touch.
fn unchanged(letter: &Letter, envelope: &Taken) -> Result<(), Fault> {
    let carried = Opened::new(&envelope.mail.bytes).original();
    let carried = carried.ok_or_else(|| Fault::Fail("no original in the envelope".into()))?;
    let sent = letter.bytes();
    let (sent, carried) = (Entity::parse(&sent), Entity::parse(&carried));
    ensure(sent.body == carried.body, || "the body differs".into())?;
    let theirs = |field: &&Field| {
        ["Message-ID", "X-Riferimento-Message-ID", "Received", "Return-Path"]
            .iter()
            .all(|name| !field.name.eq_ignore_ascii_case(name))
    };
    let before: Vec<&Field> = sent.fields.iter().filter(theirs).collect();
    let after: Vec<&Field> = carried.fields.iter().filter(theirs).collect();
    same("header fields", &after, &before)?;
    let own = envelope.mail.entity().field("Message-ID");
    same("Message-ID of the original", &carried.field("Message-ID"), &own)?;
    same("X-Riferimento-Message-ID", &carried.all("X-Riferimento-Message-ID"), &vec![letter.id()])
}

fn original(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("busta")?;
    let letter = with_attachment(stage, &[&target], "completa");
    let envelope = sent(stage, &letter)?;
    unchanged(&letter, &envelope)?;
    let identifier = format!("<{}>", stage.datum(&envelope.mail, "identificativo")?);
    same("Message-ID of the envelope", &envelope.mail.entity().field("Message-ID"), &Some(identifier))?;
    same("msgid", &stage.datum(&envelope.mail, "msgid")?, &letter.id())?;
    pass()
}

fn odd_original(stage: &Stage<'_>) -> Outcome {
    let mut letter = to_peer(stage)?;
    let target = letter.recipients.concat();
    letter = letter
        .set("To", Some(&format!("\"Rossi, Mario\"\r\n\t<{target}> (ufficio)")))
        .set("X-Vuoto", Some(""))
        .set("X-Lungo", Some(&format!("{}\r\n  {}", "a".repeat(400), "b ".repeat(150))))
        .set("Comments", Some("  spazi   doppi  "))
        .set("Content-Type", Some("text/plain; charset=us-ascii; format=flowed"));
    letter.body = format!(
        ".punto\r\n..due\r\n--trattini\r\nFrom riga\r\n{}\r\n \r\nspazio in fondo \r\n\r\n\r\n",
        "x".repeat(990)
    )
    .into();
    unchanged(&letter, &*sent(stage, &letter)?)?;
    pass()
}

fn eight_bits(stage: &Stage<'_>) -> Outcome {
    let letter = to_peer(stage)?;
    let mut letter = letter.set("Content-Type", Some("text/plain; charset=utf-8"));
    letter = letter.set("Content-Transfer-Encoding", Some("8bit"));
    letter.body = "Perché è così.\r\n".as_bytes().to_vec();
    let reply = stage.submit(&letter)?;
    if reply.code / 100 == 5 {
        return seen(format!("refused: {} {}", reply.code, reply.text));
    }
    let answered = stage.until("an answer", stage.patience(), || {
        let mails = stage.about(stage.sender(), &letter.token)?;
        Ok(mails.into_iter().find(|mail| matches!(mail.said.as_str(), "accettazione" | "non-accettazione")))
    })?;
    if answered.said == "non-accettazione" {
        return seen("not accepted, by a notice");
    }
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    stage.answer(&envelope)?;
    let holds = stage.judges.signature(&envelope.mail.bytes, None)?.holds;
    ensure(holds.is_ok(), || format!("the signature is broken on the way: {holds:?}"))?;
    unchanged(&letter, &envelope)?;
    seen("carried unchanged")
}

fn inherited(stage: &Stage<'_>) -> Outcome {
    let (to, cc) = (stage.peer_address("a")?, stage.peer_address("b")?);
    let mut letter = stage.letter(&[&to, &cc]);
    let received = "from penna.invalid by tavolo.invalid;\r\n\tMon, 2 Nov 2026 10:00:00 +0100";
    letter = letter
        .set("To", Some(&format!("=?utf-8?q?Citt=C3=A0?= <{to}>")))
        .set("Cc", Some(&format!("\"Copia, per\"\r\n <{cc}>")))
        .set("Reply-To", Some("\"Altra casella\" <altra@client.invalid>"));
    letter.fields.insert(0, ("Received".into(), received.into()));
    let envelope = sent(stage, &letter)?;
    let outer = envelope.mail.entity();
    let sent_bytes = letter.bytes();
    let before = Entity::parse(&sent_bytes);
    for name in ["To", "Cc", "Reply-To"] {
        same(name, &outer.all(name), &before.all(name))?;
    }
    let lines = outer.all("Received");
    same("the holder's Received line", &lines.last(), &before.all("Received").last())?;
    same("risposte", &stage.datum(&envelope.mail, "risposte")?, &"altra@client.invalid".to_owned())?;
    pass()
}

fn names(stage: &Stage<'_>) -> Outcome {
    let letter = to_peer(stage)?;
    let target = letter.recipients.concat();
    let named = format!("\"Perché no\" <{target}>");
    let envelope = sent(stage, &letter.set("To", Some(&named)))?;
    let outer = envelope.mail.entity();
    let to = outer.field("To").unwrap_or_default();
    ensure(to.is_ascii(), || format!("octets above 127 in To: {to}"))?;
    same("address of To", &address(&to), &target)?;
    ensure(decode_words(&to).contains("Perché no"), || format!("the name is lost: {to}"))?;
    pass()
}

fn client_identifier(stage: &Stage<'_>) -> Outcome {
    let mut ways = Vec::new();
    for odd in ["senza.parentesi", "caffè"] {
        let letter = to_peer(stage)?;
        let id = format!("{odd}.{}@client.invalid", letter.token);
        let letter = letter.set("Message-ID", Some(&id));
        let reply = stage.submit(&letter)?;
        ensure(reply.code == 250, || format!("refused in the dialogue: {} {}", reply.code, reply.text))?;
        let answer = stage.until("an answer", stage.patience(), || {
            let mails = stage.about(stage.sender(), &letter.token)?;
            Ok(mails.into_iter().find(|mail| matches!(mail.said.as_str(), "accettazione" | "non-accettazione")))
        })?;
        if answer.said == "non-accettazione" {
            ways.push("refused".to_owned());
            continue;
        }
        let envelope = stage.taken(&letter.token, "posta-certificata")?;
        stage.answer(&envelope)?;
        let certified = stage.datum(&envelope.mail, "msgid")?;
        let original = Opened::new(&envelope.mail.bytes).original().unwrap_or_default();
        let reference = "X-Riferimento-Message-ID";
        same("reference of the envelope", &envelope.mail.entity().field(reference), &Some(certified.clone()))?;
        same("reference of the original", &Entity::parse(&original).field(reference), &Some(certified.clone()))?;
        same("msgid of the acceptance", &stage.datum(&answer, "msgid")?, &certified)?;
        ways.push(certified);
    }
    seen(ways.join(", "))
}

fn empty_reply_to(stage: &Stage<'_>) -> Outcome {
    let envelope = sent(stage, &to_peer(stage)?.set("Reply-To", Some("")))?;
    let found = envelope.mail.entity().field("Reply-To").map(|value| address(&value));
    same("Reply-To", &found, &Some(stage.sender().to_owned()))?;
    same("risposte", &stage.datum(&envelope.mail, "risposte")?, &stage.sender().to_owned())?;
    pass()
}

fn reply_to(stage: &Stage<'_>) -> Outcome {
    let envelope = sent(stage, &to_peer(stage)?)?;
    let found = envelope.mail.entity().field("Reply-To").map(|value| address(&value));
    same("Reply-To", &found, &Some(stage.sender().to_owned()))?;
    pass()
}

fn from(stage: &Stage<'_>) -> Outcome {
    let from = format!("\"Anna Scrive\" <{}>", stage.sender());
    let envelope = sent(stage, &to_peer(stage)?.set("From", Some(&from)))?;
    let found = envelope.mail.entity().field("From").unwrap_or_default();
    let behalf = format!("Per conto di: {}", stage.sender());
    ensure(decode_words(&found).contains(&behalf), || format!("From {found:?} lacks {behalf:?}"))?;
    same("mittente", &stage.datum(&envelope.mail, "mittente")?, &stage.sender().to_owned())?;
    pass()
}

fn subject(stage: &Stage<'_>) -> Outcome {
    let letter = to_peer(stage)?;
    let envelope = sent(stage, &letter)?;
    let raw = envelope.mail.entity().field("Subject").unwrap_or_default();
    ensure(raw.is_ascii(), || "the field is not ASCII".into())?;
    let wanted = format!("Prova di conformità {}", letter.token);
    same("Subject", &decode_words(&raw), &format!("POSTA CERTIFICATA: {wanted}"))?;
    same("oggetto", &stage.datum(&envelope.mail, "oggetto")?, &wanted)?;
    if raw.starts_with("POSTA CERTIFICATA: ") { pass() } else { seen("the prefix is encoded with the rest") }
}

fn path(stage: &Stage<'_>) -> Outcome {
    let envelope = sent(stage, &to_peer(stage)?)?;
    same("MAIL FROM", &envelope.path.to_ascii_lowercase(), &stage.sender().to_ascii_lowercase())?;
    pass()
}

fn one_transaction(stage: &Stage<'_>) -> Outcome {
    let (one, two) = (stage.peer_address("uno")?, stage.peer_address("due")?);
    let letter = stage.letter(&[&one, &two, stage.recipient()]);
    let envelope = sent(stage, &letter)?;
    let mut found = envelope.recipients.clone();
    found.sort();
    same("RCPT", &found, &vec![two, one])?;
    stage.mail(stage.recipient(), &letter.token, "posta-certificata")?;
    stage.quiet_out()?;
    let envelopes = stage.taken_about(&letter.token)?;
    let count = envelopes.iter().filter(|taken| taken.mail.said == "posta-certificata").count();
    same("envelopes at the peer", &count, &1)?;
    pass()
}

fn receipts(stage: &Stage<'_>) -> Outcome {
    for (asked, wanted) in [
        (Some("completa"), "completa"),
        (Some("breve"), "breve"),
        (Some("sintetica"), "sintetica"),
        (Some(" Breve "), "breve"),
        (Some("qualcosa"), "completa"),
        (None, "completa"),
    ] {
        let envelope = sent(stage, &to_peer(stage)?.set("X-TipoRicevuta", asked))?;
        let data = stage.data(&envelope.mail)?;
        let kind = data.iter().find(|element| element.name == "ricevuta").and_then(|element| element.attribute("tipo"));
        same(&format!("ricevuta for {asked:?}"), &kind, &Some(wanted))?;
        let header = envelope.mail.entity().field("X-TipoRicevuta").map(|value| value.to_ascii_lowercase());
        // Absent means complete; many providers copy it only where the sender gave it.
        ensure(header.as_deref().unwrap_or("completa") == wanted, || {
            format!("X-TipoRicevuta {header:?} for {asked:?}")
        })?;
    }
    pass()
}

fn spelling(stage: &Stage<'_>) -> Outcome {
    let letter = to_peer(stage)?.set("X-Tiporicevuta", Some("BREVE"));
    let envelope = sent(stage, &letter)?;
    let data = stage.data(&envelope.mail)?;
    let kind = data.iter().find(|element| element.name == "ricevuta").and_then(|element| element.attribute("tipo"));
    same("ricevuta", &kind, &Some("breve"))?;
    pass()
}

fn all_listed(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("tutti")?;
    let letter = stage.letter(&[&target, stage.recipient()]);
    let acceptance = stage.accepted(&letter)?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    stage.answer(&envelope)?;
    for mail in [&*acceptance, &envelope.mail] {
        let data = stage.data(mail)?;
        let mut listed = texts(&data, "destinatari");
        listed.sort_unstable();
        let mut wanted = [target.as_str(), stage.recipient()];
        wanted.sort_unstable();
        same(&format!("destinatari of {}", mail.said), &listed, &wanted.to_vec())?;
        let foreign = data.iter().any(|e| e.name == "destinatari" && e.attribute("tipo") == Some("esterno"));
        ensure(!foreign, || "a certified recipient is listed as ordinary".into())?;
    }
    pass()
}

fn identifier(stage: &Stage<'_>) -> Outcome {
    let envelope = sent(stage, &to_peer(stage)?)?;
    let id = stage.datum(&envelope.mail, "identificativo")?;
    let (local, domain) = id.split_once('@').unwrap_or_default();
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    ensure(!local.is_empty() && plain(local) && domain.contains('.') && plain(domain), || format!("{id:?}"))?;
    seen(id)
}

fn tls(stage: &Stage<'_>) -> Outcome {
    let envelope = sent(stage, &to_peer(stage)?)?;
    ensure(envelope.tls, || "it came in clear".into())?;
    let signature = stage.judges.signature(&envelope.mail.bytes, None)?;
    ensure(signature.holds.is_ok(), || format!("{:?}", signature.holds))?;
    pass()
}
