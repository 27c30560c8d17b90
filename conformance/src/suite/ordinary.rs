//! Ordinary mail at the Incoming Point: refused, or in an anomaly envelope, never bare (§2.2.2, §3.2.2).

use super::actor::Fate;
use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Stage, ensure, pass, seen};
use crate::client::{Answers, Message, Security};
use crate::opened::Opened;
use crate::peer::compose::text_part;
use crate::peer::sign::{self, Style};

const PEER: &[Need] = &[Need::Peer];

pub(super) const TESTS: &[Test] = &[
    test("ordinary.clear", "ordinary mail in clear is refused or wrapped", &["[R-2.2.2-j]", "[R-5.3-a]"], PEER, clear),
    test("ordinary.tls", "so is ordinary mail over TLS", &["[R-2.2.2-j]"], PEER, tls),
    test(
        "ordinary.signed",
        "so is ordinary mail that its author signed",
        &["[R-2.2.2-j]", "[R-2.2.2-d]"],
        PEER,
        signed,
    ),
    test("ordinary.forged-receipt", "so is a forged receipt", &["[R-I-sec-3]", "[R-2.2.2-j]"], PEER, forged_receipt),
    test("ordinary.bounce", "so is a bounce with the null reverse path", &["[R-2.2.2-j]", "[R-2.2.3-a]"], PEER, bounce),
    test("ordinary.silent", "nothing certified comes of ordinary mail", &["[R-3.2.2-e]", "[R-2.2.3-a]"], PEER, silent),
    test(
        "ordinary.postmaster",
        "the postmaster takes mail from everybody, with a domain and without",
        &["[R-2.2.2-a]"],
        PEER,
        postmaster,
    ),
    test(
        "ordinary.virus",
        "infected ordinary mail does not arrive as it is",
        &["[R-2.2.2-k]"],
        &[Need::Peer, Need::Virus],
        virus,
    ),
];

/// A plain message of a stranger.
fn plain(stage: &Stage<'_>, extra: &str, body: &str) -> (String, Vec<u8>) {
    let token = stage.token();
    let to = stage.recipient();
    let text = format!(
        "From: estraneo@altrove.invalid\r\nTo: {to}\r\nSubject: Offerta {token}\r\nMessage-ID: <{token}@altrove.invalid>\r\n\
         {extra}\r\n{body}\r\n"
    );
    (token, text.into_bytes())
}

fn bring(stage: &Stage<'_>, security: Security, path: &str, bytes: Vec<u8>) -> Result<Answers, Fault> {
    let door = stage.incoming()?;
    let mut client = stage.session(&door.address, &door.name, security)?;
    let recipients = vec![stage.recipient().to_owned()];
    Ok(client.offer(&Message { sender: path.to_owned(), recipients, bytes })?)
}

fn judged(stage: &Stage<'_>, token: &str, answers: &Answers) -> Outcome {
    match stage.fate(stage.recipient(), token, answers)? {
        Fate::Refused(reply) => seen(format!("refused: {reply}")),
        Fate::Anomaly(mail) => {
            let opened = Opened::new(&mail.bytes);
            ensure(opened.original().is_some(), || "the anomaly envelope lacks the message".into())?;
            ensure(opened.data.is_empty(), || "the anomaly envelope carries certification data".into())?;
            let forged = opened.outer.field("X-Ricevuta").is_some();
            ensure(!forged, || "a forged field was inherited".into())?;
            seen("anomaly envelope")
        }
        Fate::Nothing => seen("dropped"),
        Fate::Correct => Err(Fault::Fail("taken as certified mail".into())),
        Fate::Bare => Err(Fault::Fail("it lies bare in the mailbox".into())),
    }
}

fn clear(stage: &Stage<'_>) -> Outcome {
    let (token, bytes) = plain(stage, "", "Buongiorno.");
    let answers = bring(stage, Security::Clear, "estraneo@altrove.invalid", bytes)?;
    judged(stage, &token, &answers)
}

fn tls(stage: &Stage<'_>) -> Outcome {
    let (token, bytes) = plain(stage, "", "Buongiorno.");
    let answers = bring(stage, Security::StartTls, "estraneo@altrove.invalid", bytes)?;
    judged(stage, &token, &answers)
}

fn signed(stage: &Stage<'_>) -> Outcome {
    let (token, _) = plain(stage, "", "");
    let folder = tempfile::tempdir_in(stage.scratch())?;
    let keys = sign::foreign(folder.path(), "estraneo@altrove.invalid")?;
    let header = format!("From: estraneo@altrove.invalid\r\nTo: {}\r\nSubject: {token}\r\n", stage.recipient());
    let bytes = sign::seal(stage.scratch(), &keys, &header, &text_part("Firmato."), &Style::default())?;
    let answers = bring(stage, Security::StartTls, "estraneo@altrove.invalid", bytes)?;
    judged(stage, &token, &answers)
}

fn forged_receipt(stage: &Stage<'_>) -> Outcome {
    let (token, bytes) = plain(stage, "X-Ricevuta: avvenuta-consegna\r\n", "Consegnato, credimi.");
    let answers = bring(stage, Security::StartTls, "posta-certificata@altrove.invalid", bytes)?;
    judged(stage, &token, &answers)
}

fn bounce(stage: &Stage<'_>) -> Outcome {
    let (token, bytes) = plain(stage, "Auto-Submitted: auto-replied\r\n", "Non consegnato.");
    let answers = bring(stage, Security::StartTls, "", bytes)?;
    judged(stage, &token, &answers)
}

/// The stranger writes in the name of the peer's holder: no receipt goes to the peer.
fn silent(stage: &Stage<'_>) -> Outcome {
    let (token, bytes) = plain(stage, "", "Buongiorno.");
    let answers = bring(stage, Security::StartTls, &stage.correspondent()?, bytes)?;
    let fate = judged(stage, &token, &answers)?;
    stage.quiet_in()?;
    ensure(stage.taken_about(&token)?.is_empty(), || "a notification came of it".into())?;
    seen(fate)
}

/// RFC 5321 §4.5.1: the reserved name in any case, bare and at the provider's domain. Who puts off at the moment may be full.
fn postmaster(stage: &Stage<'_>) -> Outcome {
    let door = stage.incoming()?;
    let domain = stage.recipient().rsplit('@').next().unwrap_or_default();
    let mut put_off = Vec::new();
    for recipient in ["Postmaster".to_owned(), format!("postmaster@{domain}"), format!("PostMaster@{domain}")] {
        let (_, bytes) = plain(stage, "", "Non riesco a scrivere a un vostro titolare.");
        let mut client = stage.session(&door.address, &door.name, Security::Clear)?;
        let sender = "estraneo@altrove.invalid".to_owned();
        let answers = client.offer(&Message { sender, recipients: vec![recipient.clone()], bytes })?;
        let last = answers.last();
        let said = || format!("{recipient}: {} {}", last.code, last.text);
        ensure(last.code / 100 != 5, said)?;
        if !answers.taken() {
            put_off.push(said());
        }
    }
    if put_off.is_empty() { pass() } else { Err(Fault::Advice(format!("put off: {}", put_off.join("; ")))) }
}

fn virus(stage: &Stage<'_>) -> Outcome {
    let (token, bytes) = plain(stage, "", &super::steps::eicar());
    let answers = bring(stage, Security::StartTls, "estraneo@altrove.invalid", bytes)?;
    let fate = judged(stage, &token, &answers)?;
    let arrived = stage.about_now(stage.recipient(), &token)?;
    if !arrived.is_empty() {
        return Err(Fault::Advice("it arrived in an anomaly envelope".into()));
    }
    if fate.is_empty() { pass() } else { seen(fate) }
}
