//! The decision tree of the Incoming Point (§2.2.2, digest 4.3): what is wrong with a message, and what may become of it.

use super::actor::{Fate, Plan};
use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Stage, ensure, pass, seen};
use crate::config::Keys;
use crate::opened::Opened;
use crate::peer::compose::{Draft, data_part, mixed, text_part};
use crate::peer::sign::{self, Style};

const PEER: &[Need] = &[Need::Peer];

pub(super) const TESTS: &[Test] = &[
    test(
        "tree.no-signature",
        "a forged envelope without a signature is no certified mail",
        &["[R-2.2.2-c]", "[R-I-sec-3]", "[R-2.2.2-j]"],
        PEER,
        no_signature,
    ),
    test("tree.foreign", "nor one that a stranger has signed", &["[R-2.2.2-d]", "[R-I-ca-4]"], PEER, foreign),
    test(
        "tree.unlisted",
        "nor one whose certificate the index does not list",
        &["[R-2.2.2-d]", "[R-I-dir-2]", "[R-I-ca-4]"],
        &[Need::Peer, Need::Unlisted],
        unlisted,
    ),
    test(
        "tree.expired",
        "nor one whose certificate has expired",
        &["[R-2.2.2-e]"],
        &[Need::Peer, Need::Expired],
        expired,
    ),
    test(
        "tree.revoked",
        "nor one whose certificate is revoked",
        &["[R-2.2.2-e]"],
        &[Need::Peer, Need::Revoked],
        revoked,
    ),
    test("tree.tampered", "nor one whose signed content was changed", &["[R-2.2.2-e]", "[R-7-c]"], PEER, tampered),
    test("tree.borrowed", "nor one with the signature of another message", &["[R-2.2.2-e]", "[R-7-c]"], PEER, borrowed),
    test(
        "tree.from",
        "a From that is not the certificate's makes it an anomaly",
        &["[R-2.2.2-i]", "[R-2.1-d]"],
        PEER,
        from,
    ),
    test(
        "tree.from-domain",
        "a From of a domain that its provider does not manage too",
        &["[R-7-a]", "[R-2.2.2-i]"],
        PEER,
        from_domain,
    ),
    test("tree.two-from", "two From fields too", &["[R-2.2.2-i]", "[R-I-sec-1]"], PEER, two_from),
    test(
        "tree.second-author",
        "so does a second mailbox, or a name in a comment, beside the provider's in From",
        &["[R-2.2.2-i]", "[R-I-sec-1]"],
        PEER,
        second_author,
    ),
    test(
        "tree.other-subject",
        "a Subject outside that is not the certified one, in letters of whatever alphabet, is not shown as certified",
        &["[R-I-sec-1]"],
        PEER,
        other_subject,
    ),
    test(
        "tree.other-replies",
        "nor is a field that sends replies and receipts elsewhere",
        &["[R-I-sec-1]"],
        PEER,
        other_replies,
    ),
    test("tree.broken-xml", "broken certification data too", &["[R-2.2.2-f]", "[R-2.2.2-i]"], PEER, broken_xml),
    test(
        "tree.invalid-xml",
        "certification data that lack an element too",
        &["[R-2.2.2-f]", "[R-4.4-a]"],
        PEER,
        invalid_xml,
    ),
    test(
        "tree.doctype",
        "a document type with entities expands nothing",
        &["[R-I-xml-2]", "[R-2.2.2-f]"],
        PEER,
        doctype,
    ),
    test(
        "tree.no-data",
        "an envelope without certification data is an anomaly",
        &["[R-2.2.2-f]", "[R-I-inp-1]"],
        PEER,
        no_data,
    ),
    test("tree.two-data", "so is one with two", &["[R-I-sec-1]", "[R-I-inp-1]"], PEER, two_data),
    test("tree.no-original", "so is one without the original", &["[R-2.2.2-f]", "[R-I-inp-1]"], PEER, no_original),
    test(
        "tree.header",
        "so is one whose header and data name different kinds",
        &["[R-I-inp-1]", "[R-2.2.2-f]"],
        PEER,
        header,
    ),
    test(
        "tree.both-headers",
        "so is one with X-Trasporto and X-Ricevuta",
        &["[R-2.1-g]", "[R-I-inp-1]"],
        PEER,
        both_headers,
    ),
    test(
        "tree.unknown-kind",
        "so is one of a kind that the norm does not know",
        &["[R-2.1-g]", "[R-2.2.2-f]"],
        PEER,
        unknown_kind,
    ),
    test(
        "tree.not-listed",
        "so is one for a recipient whom the data do not list",
        &["[R-I-inp-1]", "[R-2.1-h]"],
        PEER,
        not_listed,
    ),
    test(
        "tree.sender",
        "so is one whose reverse path is not the certified sender",
        &["[R-I-inp-1]", "[R-2.1-h]"],
        PEER,
        sender,
    ),
    test(
        "tree.identifier",
        "so is one whose identifier is not its Message-ID",
        &["[R-I-inp-1]", "[R-2.2.1-b]"],
        PEER,
        identifier,
    ),
    test("tree.in-another-name", "no provider speaks for a holder of another", &["[R-7-a]"], PEER, in_another_name),
    test("tree.nested", "what is signed deeper inside certifies nothing", &["[R-I-sec-1]", "[R-7-c]"], PEER, nested),
    test("tree.beside", "a part beside the signed one certifies nothing", &["[R-I-sec-1]", "[R-7-c]"], PEER, beside),
    test(
        "tree.anomaly-envelope",
        "an anomaly envelope carries the whole message, and nobody gets a receipt",
        &["[R-3.2.2-a]", "[R-3.2.2-b]", "[R-3.2.2-c]", "[R-3.2.2-e]", "[R-3.2.2-f]", "[R-2.2.2-i]"],
        PEER,
        anomaly_envelope,
    ),
];

/// What a fault may lead to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum May {
    /// No certified mail: refused, or in an anomaly envelope by the mailbox's policy.
    Ordinary,
    /// Of a certified provider, wrong in form: an anomaly envelope [R-2.2.2-i]. A refusal in the dialogue tells the
    /// peer at once and is taken as well, with a remark.
    Anomaly,
    /// As an anomaly, and who takes it for correct breaks a recommendation only.
    Lenient,
}

fn judge(stage: &Stage<'_>, token: &str, may: May, path: &str, bytes: &[u8]) -> Outcome {
    let recipient = stage.recipient().to_owned();
    let answers = stage.bring(path, &[&recipient], bytes)?;
    match stage.fate(&recipient, token, &answers)? {
        Fate::Refused(reply) => seen(format!("refused: {reply}")),
        Fate::Anomaly(mail) => {
            ensure(mail.entity().field("X-Trasporto").is_some(), || "it bears no mark".into())?;
            seen("anomaly envelope")
        }
        Fate::Correct if may == May::Lenient => Err(Fault::Advice("taken as correct".into())),
        Fate::Correct => Err(Fault::Fail("taken as correct".into())),
        Fate::Bare => Err(Fault::Fail("it lies in the mailbox as it came".into())),
        Fate::Nothing if may == May::Ordinary => Err(Fault::Advice("taken, and it vanished".into())),
        Fate::Nothing => Err(Fault::Fail("taken, and it vanished: it must be propagated".into())),
    }
}

/// A good draft, changed, signed, brought, judged.
fn altered(stage: &Stage<'_>, may: May, change: impl FnOnce(&mut Draft)) -> Outcome {
    let (token, mut draft) = good(stage)?;
    change(&mut draft);
    judge(stage, &token, may, &stage.correspondent()?, &stage.seal(&draft)?)
}

fn good(stage: &Stage<'_>) -> Result<(String, Draft), Fault> {
    stage.envelope(&Plan { to: &[stage.recipient()], ..Plan::default() })
}

fn with_keys(stage: &Stage<'_>, keys: &Keys) -> Outcome {
    let (token, draft) = good(stage)?;
    let bytes = stage.seal_with(&draft, keys, &Style::default())?;
    judge(stage, &token, May::Ordinary, &stage.correspondent()?, &bytes)
}

fn configured(keys: Option<&Keys>) -> Result<&Keys, Fault> {
    keys.ok_or_else(|| Fault::Skip("no such key in [peer]".into()))
}

fn no_signature(stage: &Stage<'_>) -> Outcome {
    let (token, draft) = good(stage)?;
    let bytes = [draft.block().as_bytes(), b"MIME-Version: 1.0\r\n", &draft.entity(), b"\r\n"].concat();
    judge(stage, &token, May::Ordinary, &stage.correspondent()?, &bytes)
}

fn foreign(stage: &Stage<'_>) -> Outcome {
    let folder = tempfile::tempdir_in(stage.scratch())?;
    let keys = sign::foreign(folder.path(), &stage.peer()?.service_address)?;
    with_keys(stage, &keys)
}

fn unlisted(stage: &Stage<'_>) -> Outcome {
    with_keys(stage, configured(stage.peer()?.unlisted.as_ref())?)
}

fn expired(stage: &Stage<'_>) -> Outcome {
    with_keys(stage, configured(stage.peer()?.expired.as_ref())?)
}

fn revoked(stage: &Stage<'_>) -> Outcome {
    with_keys(stage, configured(stage.peer()?.revoked.as_ref())?)
}

fn tampered(stage: &Stage<'_>) -> Outcome {
    let (token, draft) = good(stage)?;
    let text = stage.seal(&draft)?;
    let (from, to) = (b"Testo del corrispondente.", b"Testo del malintenzionato");
    let at = text.windows(from.len()).position(|window| window == from).unwrap_or(0);
    let bytes = [text.get(..at).unwrap_or_default(), to, text.get(at + from.len()..).unwrap_or_default()].concat();
    judge(stage, &token, May::Ordinary, &stage.correspondent()?, &bytes)
}

fn borrowed(stage: &Stage<'_>) -> Outcome {
    let (_, other) = good(stage)?;
    let style = Style::default();
    let signature = sign::signature(stage.scratch(), &stage.peer()?.signing, &other.entity(), &style)?;
    let (token, draft) = good(stage)?;
    let bytes = sign::wrap(&draft.block(), &draft.entity(), &signature, &style);
    judge(stage, &token, May::Ordinary, &stage.correspondent()?, &bytes)
}

fn from(stage: &Stage<'_>) -> Outcome {
    let other = format!("\"Per conto di: x\" <altro@{}>", stage.peer()?.domain);
    altered(stage, May::Anomaly, |draft| draft.set("From", Some(&other)))
}

fn from_domain(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Anomaly, |draft| draft.set("From", Some("posta-certificata@altrove.invalid")))
}

fn two_from(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Anomaly, |draft| draft.header.push(("From".into(), "altro@altrove.invalid".into())))
}

fn second_author(stage: &Stage<'_>) -> Outcome {
    for beside in [", sindaco@altrove.invalid", " (Sindaco)"] {
        altered(stage, May::Lenient, |draft| {
            let from = draft.header.iter_mut().find(|(name, _)| name == "From");
            from.into_iter().for_each(|(_, value)| value.push_str(beside));
        })?;
    }
    pass()
}

fn other_subject(stage: &Stage<'_>) -> Outcome {
    for words in ["Sfratto", "=?utf-8?B?8J2XpvCdl5nwnZel8J2XlPCdl6fwnZen8J2Xog==?="] {
        altered(stage, May::Lenient, |draft| {
            let shown = format!("POSTA CERTIFICATA: {} {words}", draft.data.subject);
            draft.set("Subject", Some(&shown));
        })?;
    }
    pass()
}

fn other_replies(stage: &Stage<'_>) -> Outcome {
    for (name, value) in [
        ("Reply-To", "ladro@altrove.invalid"),
        ("Disposition-Notification-To", "ladro@altrove.invalid"),
        ("Resent-From", "Sindaco <sindaco@altrove.invalid>"),
    ] {
        altered(stage, May::Lenient, |draft| draft.set(name, Some(value)))?;
    }
    pass()
}

fn broken_xml(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Anomaly, |draft| {
        draft.put_xml("<?xml version=\"1.0\"?><postacert tipo=\"posta-certificata\"><dati>")
    })
}

fn invalid_xml(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Anomaly, |draft| {
        let id = format!("<identificativo>{}</identificativo>", draft.data.id);
        let xml = draft.data.xml().replace(&id, "");
        draft.put_xml(&xml);
    })
}

fn doctype(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Lenient, |draft| {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
        let entities =
            format!("{head}<!DOCTYPE postacert [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>");
        let xml = draft.data.xml().replacen(head, &entities, 1);
        let xml = xml.replace(&format!("<oggetto>{}", draft.data.subject), "<oggetto>&b;&b;&b;");
        draft.put_xml(&xml);
    })
}

fn no_data(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Anomaly, |draft| drop(draft.parts.remove(1)))
}

fn two_data(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Anomaly, |draft| {
        let second = data_part(draft.data.xml().replace("giudice", "altro").as_bytes());
        draft.parts.push(second);
    })
}

fn no_original(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Anomaly, |draft| drop(draft.parts.remove(2)))
}

fn header(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Anomaly, |draft| {
        draft.data.tipo = "accettazione".into();
        draft.renew();
    })
}

fn both_headers(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Anomaly, |draft| draft.set("X-Ricevuta", Some("avvenuta-consegna")))
}

fn unknown_kind(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Anomaly, |draft| draft.set("X-Trasporto", Some("raccomandata")))
}

fn not_listed(stage: &Stage<'_>) -> Outcome {
    let other = stage.peer_address("altro")?;
    altered(stage, May::Anomaly, |draft| {
        draft.data.recipients = vec![(other, "certificato")];
        draft.renew();
    })
}

fn sender(stage: &Stage<'_>) -> Outcome {
    let other = stage.peer_address("altro")?;
    let (token, draft) = good(stage)?;
    judge(stage, &token, May::Anomaly, &other, &stage.seal(&draft)?)
}

fn identifier(stage: &Stage<'_>) -> Outcome {
    altered(stage, May::Lenient, |draft| {
        draft.data.id = format!("altro.{}", draft.data.id);
        draft.renew();
    })
}

/// The peer certifies a message in the name of the provider's own holder.
fn in_another_name(stage: &Stage<'_>) -> Outcome {
    let (token, mut draft) = good(stage)?;
    let victim = stage.sender().to_owned();
    draft.data.sender.clone_from(&victim);
    draft.renew();
    draft.set("From", Some(&format!("\"Per conto di: {victim}\" <{}>", stage.peer()?.service_address)));
    judge(stage, &token, May::Lenient, &victim, &stage.seal(&draft)?)
}

/// A good signed envelope as a part of an unsigned multipart.
fn nested(stage: &Stage<'_>) -> Outcome {
    let (token, draft) = good(stage)?;
    let inner = stage.seal(&Draft { header: Vec::new(), ..draft.clone() })?;
    let around = mixed(&[text_part("Ecco."), inner], "----=_fuori");
    let bytes = [draft.block().as_bytes(), b"MIME-Version: 1.0\r\n", &around, b"\r\n"].concat();
    judge(stage, &token, May::Ordinary, &stage.correspondent()?, &bytes)
}

/// A third part in the `multipart/signed`, which no signature covers.
fn beside(stage: &Stage<'_>) -> Outcome {
    let (token, draft) = good(stage)?;
    let text = String::from_utf8_lossy(&stage.seal(&draft)?).into_owned();
    let boundary = Style::default().boundary;
    let false_data =
        String::from_utf8_lossy(&data_part(draft.data.xml().replace("Prova", "Falso").as_bytes())).into_owned();
    let bytes =
        text.replace(&format!("\r\n--{boundary}--"), &format!("\r\n--{boundary}\r\n{false_data}\r\n--{boundary}--"));
    judge(stage, &token, May::Lenient, &stage.correspondent()?, bytes.as_bytes())
}

fn anomaly_envelope(stage: &Stage<'_>) -> Outcome {
    let (token, mut draft) = good(stage)?;
    draft.put_xml("<postacert/>");
    let recipient = stage.recipient().to_owned();
    let bytes = stage.seal(&draft)?;
    let answers = stage.bring(&stage.correspondent()?, &[&recipient], &bytes)?;
    let Fate::Anomaly(mail) = stage.fate(&recipient, &token, &answers)? else {
        return Err(Fault::Advice("this provider makes no anomaly envelope of it".into()));
    };
    let opened = Opened::new(&mail.bytes);
    ensure(opened.data.is_empty(), || "it carries certification data".into())?;
    ensure(opened.parts.len() == 2, || format!("{} parts instead of two", opened.parts.len()))?;
    let text = opened.text.as_deref().unwrap_or_default();
    let flat: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    for wanted in [stage.correspondent()?, recipient.clone()] {
        ensure(flat.contains(&wanted), || format!("the text lacks {wanted}"))?;
    }
    let inside = opened.original().unwrap_or_default();
    ensure(inside.windows(bytes.len()).any(|window| window == bytes), || "the message inside was changed".into())?;
    let holds = stage.judges.signature(&mail.bytes, None)?.holds;
    ensure(holds.is_ok(), || format!("signature: {holds:?}"))?;
    stage.quiet_in()?;
    let told = stage.taken_about(&token)?;
    ensure(told.is_empty(), || format!("{} notifications came of it", told.len()))?;
    pass()
}
