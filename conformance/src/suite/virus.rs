//! Viruses: EICAR's harmless test file, from the holder and from the peer (§3.1.3, §3.2.3).

use super::actor::Plan;
use super::case::{Need, Test, test};
use super::outcome::Outcome;
use super::stage::{Stage, ensure, pass, same, seen};
use super::steps::{eicar, sent, several};
use crate::mime::address;
use crate::opened::Opened;
use crate::xml::texts;

const VIRUS: &[Need] = &[Need::Peer, Need::Virus];

pub(super) const TESTS: &[Test] = &[
    test(
        "virus.submitted",
        "an infected message is not accepted, and its notice says why",
        &["[R-3.1.3-z]", "[R-3.1.3-a]", "[R-3.1.3-b]", "[R-3.1.3-c]", "[R-L-DPR12]"],
        VIRUS,
        submitted,
    ),
    test("virus.attached", "nor one with the virus in an encoded attachment", &["[R-3.1.3-z]"], VIRUS, attached),
    test(
        "virus.brought",
        "an infected envelope is taken in charge, then one detection for each recipient tells the peer",
        &["[R-2.2.2-l]", "[R-3.2.3-b]", "[R-3.2.3-c]", "[R-3.2.3-d]", "[R-3.2.3-e]", "[R-3.2.1-a]", "[R-L-DPR12]"],
        VIRUS,
        brought,
    ),
    test("virus.not-delivered", "and nobody gets it", &["[R-3.2.3-a]", "[R-3.3.2-a]"], VIRUS, not_delivered),
    test("virus.clean", "a clean message passes unchanged beside it", &["[R-5.4-a]"], VIRUS, clean),
];

fn submitted(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("virus")?;
    let mut letter = stage.letter(&[&target]);
    letter.body = format!("{}\r\n", eicar()).into();
    refused(stage, &letter)
}

fn attached(stage: &Stage<'_>) -> Outcome {
    use base64::Engine;
    let target = stage.peer_address("virus")?;
    let mut letter = stage.letter(&[&target]).set("Content-Type", Some("multipart/mixed; boundary=b"));
    let coded = base64::engine::general_purpose::STANDARD.encode(eicar());
    letter.body = format!(
        "--b\r\n\r\nListino.\r\n--b\r\nContent-Type: application/octet-stream; name=\"listino.com\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{coded}\r\n--b--\r\n"
    )
    .into();
    refused(stage, &letter)
}

fn refused(stage: &Stage<'_>, letter: &super::stage::Letter) -> Outcome {
    let reply = stage.submit(letter)?;
    ensure(reply.code == 250, || {
        format!("refused in the dialogue, the norm wants a notice: {} {}", reply.code, reply.text)
    })?;
    let notice = stage.mail(stage.sender(), &letter.token, "non-accettazione")?;
    same("X-VerificaSicurezza", &notice.entity().field("X-VerificaSicurezza"), &Some("errore".into()))?;
    let data = stage.data(&notice)?;
    same("errore", &data.last().and_then(|root| root.attribute("errore")), &Some("virus"))?;
    ensure(Opened::new(&notice.bytes).originals.is_empty(), || "the notice carries the original".into())?;
    stage.quiet_out()?;
    ensure(stage.taken_about(&letter.token)?.is_empty(), || "it reached the peer".into())?;
    seen(texts(&data, "errore-esteso").concat())
}

/// An infected envelope for both holders.
fn infected(stage: &Stage<'_>) -> Result<String, super::outcome::Fault> {
    let both = [stage.recipient(), stage.sender()];
    let content = format!("MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{}\r\n", eicar());
    let (token, draft) = stage.envelope(&Plan { to: &both, content: &content, ..Plan::default() })?;
    stage.bring_good(&both, &stage.seal(&draft)?)?;
    Ok(token)
}

fn brought(stage: &Stage<'_>) -> Outcome {
    let token = infected(stage)?;
    let both = [stage.recipient(), stage.sender()];
    let charge = stage.taken(&token, "presa-in-carico")?;
    same("ricezione", &texts(&stage.data(&charge.mail)?, "ricezione").len(), &2)?;
    let detections = several(stage, &token, "rilevazione-virus", 2)?;
    let mut told = Vec::new();
    for detection in &detections {
        let mail = &detection.mail;
        let service = stage.peer()?.mail_receipt.clone();
        same("RCPT", &detection.recipients, &vec![service])?;
        let of = mail.entity().field("X-Mittente").map(|value| address(&value));
        same("X-Mittente", &of, &Some(stage.correspondent()?))?;
        ensure(mail.entity().field("X-VerificaSicurezza").is_none(), || "X-VerificaSicurezza stands there".into())?;
        ensure(Opened::new(&mail.bytes).originals.is_empty(), || "it carries the original".into())?;
        let data = stage.data(mail)?;
        ensure(!texts(&data, "errore-esteso").concat().is_empty(), || "no reason".into())?;
        // Today consegna, in old times ricezione.
        told.push([texts(&data, "consegna"), texts(&data, "ricezione")].concat().concat());
    }
    told.sort();
    let mut wanted = both.map(str::to_owned).to_vec();
    wanted.sort();
    same("recipients named", &told, &wanted)?;
    pass()
}

fn not_delivered(stage: &Stage<'_>) -> Outcome {
    let token = infected(stage)?;
    several(stage, &token, "rilevazione-virus", 2)?;
    stage.quiet_in()?;
    for address in [stage.recipient(), stage.sender()] {
        ensure(stage.about_now(address, &token)?.is_empty(), || format!("it lies in the mailbox of {address}"))?;
    }
    let delivered = stage.taken_about(&token)?.iter().any(|taken| taken.mail.said == "avvenuta-consegna");
    ensure(!delivered, || "a delivery notification was made".into())?;
    pass()
}

fn clean(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("pulito")?;
    let letter = stage.letter(&[&target]);
    sent(stage, &letter)?;
    pass()
}
