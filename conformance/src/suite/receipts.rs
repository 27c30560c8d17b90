//! Which delivery notification for whom, and what a brief one carries (§3.3.2).

use std::process::Command;

use super::actor::Plan;
use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Stage, ensure, pass, same, seen};
use super::steps::several;
use crate::mime::{Entity, decode_words};
use crate::opened::Opened;

const PEER: &[Need] = &[Need::Peer];

pub(super) const TESTS: &[Test] = &[
    test(
        "receipts.complete",
        "complete: the whole original for who stands in To, none for who stands in Cc",
        &["[R-3.3.2.1-a]", "[R-3.3.2.1-c]", "[R-4.4-ric]"],
        PEER,
        complete,
    ),
    test(
        "receipts.brief",
        "brief: the reduced original for To, none for Cc",
        &["[R-3.3.2.2-a]", "[R-3.3.2.2-b]"],
        PEER,
        brief,
    ),
    test("receipts.concise", "concise: no original for anybody", &["[R-3.3.2.3-a]", "[R-3.3.2.3-b]"], PEER, concise),
    test(
        "receipts.both-lists",
        "who stands in To and in Cc is a primary recipient",
        &["[R-3.3.2.1-b]"],
        PEER,
        both_lists,
    ),
    test(
        "receipts.neither-list",
        "who stands in neither is a primary recipient",
        &["[R-3.3.2.1-b]"],
        PEER,
        neither_list,
    ),
    test("receipts.unknown-kind", "an unknown X-TipoRicevuta means complete", &["[R-3.1.5-e]"], PEER, unknown_kind),
    test("receipts.no-kind", "so does none", &["[R-3.1.5-e]", "[R-3.3.2.1-a]"], PEER, no_kind),
    test(
        "receipts.hashes",
        "a hash file stands for each named part, and all else is as it was",
        &["[R-3.3.2.2-b]", "[R-3.3.2.2-c]", "[R-3.3.2.2-d]", "[R-3.3.2.2-e]", "[R-I-br-1]"],
        PEER,
        hashes,
    ),
    test(
        "receipts.encoded-name",
        "a name in the form of RFC 2231 counts too",
        &["[R-3.3.2.2-c]", "[R-I-br-1]"],
        PEER,
        encoded_name,
    ),
    test(
        "receipts.encoded-word",
        "so does one in encoded words, whose text then ends with .hash",
        &["[R-3.3.2.2-c]", "[R-3.3.2.2-d]"],
        PEER,
        encoded_word,
    ),
    test(
        "receipts.named-container",
        "the parts of a multipart with a name do not travel either",
        &["[R-3.3.2.2-b]", "[R-3.3.2.2-c]"],
        PEER,
        named_container,
    ),
    test("receipts.message", "an attached message is replaced as a whole", &["[R-3.3.2.2-f]"], PEER, message),
    test(
        "receipts.signed",
        "a signed original keeps its signature part",
        &["[R-3.3.2.2-g]", "[R-3.3.2.2-i]"],
        PEER,
        signed,
    ),
    test(
        "receipts.opaque",
        "an original in application/pkcs7-mime stays whole",
        &["[R-3.3.2.2-h]", "[R-3.3.2.2-i]"],
        PEER,
        opaque,
    ),
];

const CONTENT: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"parti\"\r\n\r\npreambolo\r\n--parti\r\n\
    Content-Type: text/plain; charset=us-ascii\r\n\r\nTesto.\r\n--parti\r\nContent-Type: application/octet-stream; \
    name=\"dati.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQ=\r\n--parti\r\nContent-Type: text/plain\r\n\
    Content-Disposition: attachment; filename=\"nota.txt\"\r\n\r\nuna nota\r\n--parti--\r\nepilogo\r\n";

/// The original that a delivery notification carries, and its `ricevuta`.
type Receipt = (Option<Vec<u8>>, String);

/// Sends to both holders, one in To and one in Cc; gives the originals in their two notifications.
fn pair(stage: &Stage<'_>, receipt: &str) -> Result<[Receipt; 2], Fault> {
    let (to, cc) = (stage.recipient(), stage.sender());
    let (token, draft) =
        stage.envelope(&Plan { to: &[to], cc: &[cc], receipt, content: CONTENT, ..Plan::default() })?;
    stage.bring_good(&[to, cc], &stage.seal(&draft)?)?;
    let deliveries = several(stage, &token, "avvenuta-consegna", 2)?;
    let mut found = Vec::new();
    for wanted in [to, cc] {
        for delivery in &deliveries {
            let data = stage.data(&delivery.mail)?;
            if crate::xml::texts(&data, "consegna").concat().eq_ignore_ascii_case(wanted) {
                let kind = data.iter().find(|element| element.name == "ricevuta");
                let kind = kind.and_then(|element| element.attribute("tipo")).unwrap_or_default().to_owned();
                let copy = Opened::new(&delivery.mail.bytes).original();
                // The complete copy is the envelope's original octet for octet.
                if receipt == "completa" && wanted == to {
                    ensure(copy.as_deref() == Some(&draft.original), || "the copy is not the original".into())?;
                }
                found.push((copy, kind));
            }
        }
    }
    <[_; 2]>::try_from(found).map_err(|_| Fault::Fail("not one notification for each recipient".into()))
}

fn complete(stage: &Stage<'_>) -> Outcome {
    let [to, cc] = pair(stage, "completa")?;
    ensure(to.0.is_some(), || "no original for To".into())?;
    ensure(cc.0.is_none(), || "an original for Cc".into())?;
    same("ricevuta for To", &to.1, &"completa".to_owned())?;
    // The kind that was asked for, or the one that was made (Q-12).
    seen(format!("ricevuta for Cc: {}", cc.1))
}

fn brief(stage: &Stage<'_>) -> Outcome {
    let [to, cc] = pair(stage, "breve")?;
    ensure(to.0.is_some(), || "no original for To".into())?;
    ensure(cc.0.is_none(), || "an original for Cc".into())?;
    same("ricevuta for To", &to.1, &"breve".to_owned())?;
    pass()
}

fn concise(stage: &Stage<'_>) -> Outcome {
    let [to, cc] = pair(stage, "sintetica")?;
    ensure(to.0.is_none() && cc.0.is_none(), || "an original in a concise notification".into())?;
    pass()
}

/// The original in the recipient's notification.
fn copy(
    stage: &Stage<'_>,
    plan: &Plan<'_>,
    change: impl FnOnce(&mut crate::peer::compose::Draft),
) -> Result<Option<Vec<u8>>, Fault> {
    let recipient = stage.recipient();
    let (token, mut draft) = stage.envelope(plan)?;
    change(&mut draft);
    stage.bring_good(&[recipient], &stage.seal(&draft)?)?;
    let delivery = stage.taken(&token, "avvenuta-consegna")?;
    Ok(Opened::new(&delivery.mail.bytes).original())
}

fn primary(copy: &Option<Vec<u8>>) -> Outcome {
    ensure(copy.is_some(), || "no original: taken for a copy recipient".into())?;
    pass()
}

fn both_lists(stage: &Stage<'_>) -> Outcome {
    let one = [stage.recipient()];
    primary(&copy(stage, &Plan { to: &one, cc: &one, ..Plan::default() }, |_| ())?)
}

fn neither_list(stage: &Stage<'_>) -> Outcome {
    let other = stage.peer_address("visibile")?;
    let plan = Plan { to: &[&other], also: &[stage.recipient()], ..Plan::default() };
    primary(&copy(stage, &plan, |_| ())?)
}

fn unknown_kind(stage: &Stage<'_>) -> Outcome {
    let plan = Plan { to: &[stage.recipient()], ..Plan::default() };
    primary(&copy(stage, &plan, |draft| draft.set("X-TipoRicevuta", Some("qualcosa")))?)
}

fn no_kind(stage: &Stage<'_>) -> Outcome {
    let plan = Plan { to: &[stage.recipient()], ..Plan::default() };
    primary(&copy(stage, &plan, |draft| draft.set("X-TipoRicevuta", None))?)
}

fn briefly(stage: &Stage<'_>, content: &str) -> Result<Vec<u8>, Fault> {
    let plan = Plan { to: &[stage.recipient()], receipt: "breve", content, ..Plan::default() };
    copy(stage, &plan, |_| ())?.ok_or_else(|| Fault::Fail("no copy of the original".into()))
}

/// SHA-1 in hexadecimal, by openssl.
fn sha1(stage: &Stage<'_>, octets: &[u8]) -> Result<String, Fault> {
    let folder = tempfile::tempdir_in(stage.scratch())?;
    let file = folder.path().join("octets");
    std::fs::write(&file, octets)?;
    let output = harness::output(Command::new("openssl").args(["dgst", "-sha1", "-r"]).arg(&file))?;
    Ok(String::from_utf8_lossy(&output.stdout).split_whitespace().next().unwrap_or_default().to_owned())
}

/// Which reading of Q-13 a hash follows: the part as it stands or as it decodes.
fn reading(stage: &Stage<'_>, part: &Entity<'_>, encoded: &[u8], decoded: &[u8]) -> Result<&'static str, Fault> {
    let hash = part.decoded().map_err(Fault::Fail)?;
    let hash = String::from_utf8_lossy(&hash).trim_end().to_ascii_lowercase();
    if hash == sha1(stage, encoded)? || hash == sha1(stage, &[encoded, b"\r\n"].concat())? {
        Ok("over the part as it stands")
    } else if hash == sha1(stage, decoded)? {
        Ok("over the decoded part")
    } else {
        Err(Fault::Fail(format!("{hash} is the hash of neither reading")))
    }
}

fn hashes(stage: &Stage<'_>) -> Outcome {
    let copy = briefly(stage, CONTENT)?;
    let message = Entity::parse(&copy);
    let parts = message.parts();
    let names: Vec<Option<String>> = parts.iter().map(Entity::file_name).collect();
    let wanted = vec![None, Some("dati.bin.hash".to_owned()), Some("nota.txt.hash".to_owned())];
    same("names of the parts", &names, &wanted)?;
    let [text, data, note] = parts.as_slice() else { return Err(Fault::Fail("not three parts".into())) };
    same("the text part", &text.whole, &&b"Content-Type: text/plain; charset=us-ascii\r\n\r\nTesto."[..])?;
    for part in [data, note] {
        same("media type", &part.media().value, &"text/plain".to_owned())?;
    }
    let way = reading(stage, data, b"AAECAwQ=", &[0, 1, 2, 3, 4])?;
    reading(stage, note, b"una nota", b"una nota")?;
    for rest in [&b"preambolo"[..], b"epilogo"] {
        let kept = copy.windows(rest.len()).any(|window| window == rest);
        ensure(kept, || format!("{} is lost", String::from_utf8_lossy(rest)))?;
    }
    seen(way)
}

fn encoded_name(stage: &Stage<'_>) -> Outcome {
    let content = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=p\r\n\r\n--p\r\n\r\nTesto.\r\n--p\r\n\
        Content-Type: application/pdf; name*0*=utf-8''citt%C3%A0; name*1*=.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        AAECAwQ=\r\n--p--\r\n";
    let copy = briefly(stage, content)?;
    let kept = copy.windows(8).any(|window| window == b"AAECAwQ=");
    ensure(!kept, || "the attachment itself is in the copy".into())?;
    let named = String::from_utf8_lossy(&copy).contains(".hash");
    ensure(named, || "no file with .hash".into())?;
    pass()
}

fn encoded_word(stage: &Stage<'_>) -> Outcome {
    let content = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=p\r\n\r\n--p\r\n\r\nTesto.\r\n--p\r\n\
        Content-Type: application/pdf; name=\"=?UTF-8?B?UGVyY2jDqS5wZGY=?=\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        AAECAwQ=\r\n--p--\r\n";
    let copy = briefly(stage, content)?;
    let message = Entity::parse(&copy);
    let parts = message.parts();
    let name = parts.get(1).and_then(Entity::file_name).map(|name| decode_words(&name));
    same("name of the hash", &name, &Some("Perché.pdf.hash".to_owned()))?;
    pass()
}

/// The norm says both that the structure stays and that each named part is replaced (§3.3.2.2): either will do.
fn named_container(stage: &Stage<'_>) -> Outcome {
    let content = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=p\r\n\r\n--p\r\n\
        Content-Type: multipart/mixed; boundary=q; name=\"cartella\"\r\n\r\n--q\r\nContent-Type: application/pdf; \
        name=d.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQ=\r\n--q--\r\n--p--\r\n";
    let copy = briefly(stage, content)?;
    let text = String::from_utf8_lossy(&copy);
    ensure(!text.contains("AAECAwQ="), || "the attachment itself is in the copy".into())?;
    match (text.contains("d.pdf.hash"), text.contains("cartella.hash")) {
        (true, false) => seen("its parts are replaced"),
        (false, true) => seen("it is replaced whole"),
        _ => Err(Fault::Fail("not one hash for what was there".into())),
    }
}

fn message(stage: &Stage<'_>) -> Outcome {
    let content = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=p\r\n\r\n--p\r\n\r\nTesto.\r\n--p\r\n\
        Content-Type: message/rfc822; name=\"inoltrato.eml\"\r\n\r\nFrom: a@b.invalid\r\nSubject: dentro\r\n\
        Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: text/plain; name=x.txt\r\n\r\nsegreto\r\n\
        --q--\r\n\r\n--p--\r\n";
    let copy = briefly(stage, content)?;
    let text = String::from_utf8_lossy(&copy);
    ensure(text.contains("inoltrato.eml.hash"), || "no inoltrato.eml.hash".into())?;
    ensure(!text.contains("Subject: dentro") && !text.contains("x.txt"), || "the message inside was opened".into())?;
    pass()
}

fn signed(stage: &Stage<'_>) -> Outcome {
    let signature = "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        TUlJ";
    let content = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; \
         boundary=s\r\n\r\n--s\r\nContent-Type: multipart/mixed; boundary=p\r\n\r\n--p\r\n\r\nTesto.\r\n--p\r\n\
         Content-Type: application/octet-stream; name=\"dati.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQ=\r\n\
         --p--\r\n--s\r\n{signature}\r\n--s--\r\n"
    );
    let copy = briefly(stage, &content)?;
    let text = String::from_utf8_lossy(&copy);
    ensure(text.contains("dati.bin.hash") && !text.contains("AAECAwQ="), || "the attachment was not replaced".into())?;
    ensure(text.contains(signature), || "the signature part was changed".into())?;
    pass()
}

fn opaque(stage: &Stage<'_>) -> Outcome {
    let content = "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=\"smime.p7m\"\r\n\
        Content-Disposition: attachment; filename=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\r\nTUlJQg==\r\n";
    let copy = briefly(stage, content)?;
    ensure(copy.ends_with(b"\r\n\r\nTUlJQg==\r\n"), || "it was changed".into())?;
    ensure(!String::from_utf8_lossy(&copy).contains(".hash"), || "it was replaced by a hash".into())?;
    pass()
}
