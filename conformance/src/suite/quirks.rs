//! What real providers send: every variant is taken as a correct envelope or notification.

use super::actor::{Fate, Plan};
use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Stage, ensure, pass, seen};
use crate::config::Keys;
use crate::peer::compose::{Data, Draft, original_part};
use crate::peer::sign::{self, Style};

const PEER: &[Need] = &[Need::Peer];
const SIG: &[&str] = &["[R-O-sig-1]"];

pub(super) const TESTS: &[Test] = &[
    test("quirks.part-order", "the original may stand before the data", &["[R-4.3-a]"], PEER, part_order),
    test("quirks.more-parts", "parts of the provider's own may follow", &["[R-4.3-a]"], PEER, more_parts),
    test(
        "quirks.alternative",
        "the text may be plain and HTML, in a part with binary encoding",
        &["[R-4.3.1-b]", "[R-4.3-a]"],
        PEER,
        alternative,
    ),
    test(
        "quirks.dispositions",
        "the parts may be attachments without quotes around their names",
        &["[R-O-4.3-1]"],
        PEER,
        dispositions,
    ),
    test(
        "quirks.data-quoted",
        "the data may be in quoted-printable with a charset",
        &["[R-4.3.3-a]", "[R-O-4.3-1]"],
        PEER,
        data_quoted,
    ),
    test("quirks.data-plain", "the data may be unencoded", &["[R-O-4.3-1]"], PEER, data_plain),
    test(
        "quirks.renewed",
        "a second certificate of the same record is as good",
        &["[R-4.5-g]"],
        &[Need::Peer, Need::Renewed],
        renewed,
    ),
    test(
        "quirks.contradiction",
        "where text and data say different things, the data count",
        &["[R-4-parse]"],
        PEER,
        contradiction,
    ),
    test("quirks.ber", "the signature may be in BER with indefinite lengths", &["[R-O-sig-1]", "[R-2.1-a]"], PEER, ber),
    test("quirks.sha1", "the digest may be SHA-1", &["[R-O-sig-2]"], PEER, sha1),
    test("quirks.sha512", "the digest may be SHA-512", &["[R-O-sig-2]"], PEER, sha512),
    test("quirks.micalg", "micalg may be spelled in any way, or wrong", SIG, PEER, micalg),
    test("quirks.x-pkcs7", "the signature part may be application/x-pkcs7-signature", SIG, PEER, x_pkcs7),
    test("quirks.smime", "the shell may be what openssl smime writes", &["[R-O-sig-1]", "[R-O-sig-3]"], PEER, smime),
    test("quirks.attributes", "the signature may lack S/MIME capabilities", SIG, PEER, attributes),
    test("quirks.crlf", "the data may have CRLF line ends", &["[R-I-xml-2]"], PEER, crlf),
    test("quirks.encoding-name", "the data may say utf-8 in lower case", &["[R-I-xml-2]"], PEER, encoding_name),
    test("quirks.single-quotes", "the data may quote with apostrophes", &["[R-I-xml-2]"], PEER, single_quotes),
    test("quirks.no-fault", "postacert may lack the attribute errore", &["[R-I-xml-2]"], PEER, no_fault),
    test("quirks.no-reply", "risposte may be empty", &["[R-O-xml-1]", "[R-I-xml-2]"], PEER, no_reply),
    test("quirks.no-indent", "the data may stand on one line", &["[R-I-xml-2]"], PEER, no_indent),
    test("quirks.cdata", "texts may stand in CDATA", &["[R-I-xml-2]"], PEER, cdata),
    test(
        "quirks.control-characters",
        "control characters in the data end in one of the lawful ways",
        &["[R-I-xml-2]", "[R-2.2.2-i]"],
        PEER,
        control_characters,
    ),
    test("quirks.end-tag", "ricevuta may have an end tag", &["[R-I-xml-2]"], PEER, end_tag),
    test(
        "quirks.field-names",
        "X-Tiporicevuta, x-trasporto and their values in any case",
        &["[R-O-hdr-1]"],
        PEER,
        field_names,
    ),
    test("quirks.order", "header fields may stand in any order", &["[R-O-hdr-1]"], PEER, order),
    test("quirks.folded-from", "From may be folded after the phrase with a tab", &["[R-2.1-d]"], PEER, folded_from),
    test("quirks.date", "Date may have a comment and another zone", &["[R-4.1-a]"], PEER, date),
    test("quirks.extra", "further X- fields are borne", &["[R-O-hdr-1]"], PEER, extra),
    test("quirks.sender", "a Sender field equal to From is borne", &["[R-2.1-e]"], PEER, sender),
    test("quirks.odd-to", "a damaged To that was copied is borne", &["[R-3.1.5-a]"], PEER, odd_to),
    test("quirks.long-line", "a long original line is borne", &["[R-3.3.2-b]"], PEER, long_line),
    test(
        "quirks.subject-encoded",
        "the subject may be encoded with its prefix",
        &["[R-I-hdr-2]"],
        PEER,
        subject_encoded,
    ),
    test(
        "quirks.old-detection",
        "a virus detection may name the recipient in ricezione",
        &["[R-4.4-g]", "[R-2.2.2-m]"],
        PEER,
        old_detection,
    ),
];

/// A sealed envelope is correct in the provider's eyes.
fn correct(stage: &Stage<'_>, token: &str, bytes: &[u8]) -> Outcome {
    let recipient = stage.recipient().to_owned();
    stage.bring_good(&[&recipient], bytes)?;
    let charge = stage.until("a take-charge or an anomaly envelope", stage.patience(), || {
        if stage.about(&recipient, token)?.iter().any(|mail| mail.said == "errore") {
            return Err(Fault::Fail("it ended in an anomaly envelope".into()));
        }
        Ok(stage.taken_about(token)?.into_iter().find(|taken| taken.mail.said == "presa-in-carico"))
    })?;
    ensure(charge.tls, || "the take-charge came in clear".into())?;
    stage.taken(token, "avvenuta-consegna")?;
    pass()
}

fn varied(stage: &Stage<'_>, keys: Option<&Keys>, style: &Style, change: impl FnOnce(&mut Draft)) -> Outcome {
    let (token, mut draft) = stage.envelope(&Plan { to: &[stage.recipient()], ..Plan::default() })?;
    change(&mut draft);
    let keys = keys.unwrap_or(&stage.peer()?.signing);
    correct(stage, &token, &stage.seal_with(&draft, keys, style)?)
}

fn drafted(stage: &Stage<'_>, change: impl FnOnce(&mut Draft)) -> Outcome {
    varied(stage, None, &Style::default(), change)
}

fn styled(stage: &Stage<'_>, style: Style) -> Outcome {
    varied(stage, None, &style, |_| ())
}

fn xml(stage: &Stage<'_>, change: impl FnOnce(&Data) -> String) -> Outcome {
    drafted(stage, |draft| draft.put_xml(&change(&draft.data)))
}

fn part_order(stage: &Stage<'_>) -> Outcome {
    drafted(stage, |draft| draft.parts.swap(1, 2))
}

fn more_parts(stage: &Stage<'_>) -> Outcome {
    let part =
        b"Content-Type: application/pdf; name=\"servizio.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n";
    drafted(stage, |draft| draft.parts.push(part.to_vec()))
}

fn alternative(stage: &Stage<'_>) -> Outcome {
    let part = "Content-Type: multipart/alternative; boundary=\"alt\"\r\nContent-Transfer-Encoding: binary\r\n\r\n--alt\r\n\
        Content-Type: text/plain; charset=\"iso-8859-1\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Messaggio di posta certificata =E8\r\n--alt\r\nContent-Type: text/html; charset=\"iso-8859-1\"\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n<html><body>Messaggio</body></html>\r\n--alt--\r\n";
    drafted(stage, |draft| draft.put(0, part.into()))
}

fn dispositions(stage: &Stage<'_>) -> Outcome {
    drafted(stage, |draft| {
        for number in [1, 2] {
            let part =
                draft.parts.get(number).map(|part| String::from_utf8_lossy(part).into_owned()).unwrap_or_default();
            let (header, body) = part.split_once("\r\n\r\n").unwrap_or_default();
            let header = header.replace('"', "").replace("inline", "attachment");
            let lines: Vec<&str> = header.split("\r\n").filter(|line| !line.ends_with("7bit")).collect();
            draft.put(number, format!("{}\r\n\r\n{body}", lines.join("\r\n")).into());
        }
    })
}

fn data_quoted(stage: &Stage<'_>) -> Outcome {
    drafted(stage, |draft| {
        let xml = draft.data.xml().replace('=', "=3D").replace('\n', "\r\n");
        let head = "Content-Type: application/xml; charset=UTF-8; name=daticert.xml\r\nContent-Disposition: attachment; \
            filename=daticert.xml\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
        draft.put(1, format!("{head}{xml}").into());
    })
}

fn data_plain(stage: &Stage<'_>) -> Outcome {
    drafted(stage, |draft| {
        let xml = draft.data.xml().replace('\n', "\r\n");
        let head = "Content-Type: application/xml; name=daticert.xml\r\nContent-Disposition: attachment; \
            filename=daticert.xml\r\nContent-Transfer-Encoding: 7bit\r\n\r\n";
        draft.put(1, format!("{head}{xml}").into());
    })
}

fn renewed(stage: &Stage<'_>) -> Outcome {
    varied(stage, stage.peer()?.renewed.as_ref(), &Style::default(), |_| ())
}

fn contradiction(stage: &Stage<'_>) -> Outcome {
    let (token, mut draft) = stage.envelope(&Plan { to: &[stage.recipient()], ..Plan::default() })?;
    let text = "Il giorno 01/01/2001 il messaggio \"Altro\" proveniente da \"altri@altrove.invalid\" indirizzato a: \
        nessuno@altrove.invalid\r\nIdentificativo messaggio: falso@altrove.invalid\r\n";
    draft.put(0, crate::peer::compose::text_part(text));
    correct(stage, &token, &stage.seal(&draft)?)?;
    let delivery = stage.taken(&token, "avvenuta-consegna")?;
    let data = stage.data(&delivery.mail)?;
    let found = crate::xml::texts(&data, "identificativo").concat();
    ensure(found == draft.data.id, || format!("identificativo {found}"))?;
    pass()
}

fn ber(stage: &Stage<'_>) -> Outcome {
    let (token, draft) = stage.envelope(&Plan { to: &[stage.recipient()], ..Plan::default() })?;
    let style = Style::default();
    let signature = sign::signature(stage.scratch(), &stage.peer()?.signing, &draft.entity(), &style)?;
    let signature = sign::indefinite(&signature).ok_or_else(|| Fault::Fail("openssl made no signed data".into()))?;
    correct(stage, &token, &sign::wrap(&draft.block(), &draft.entity(), &signature, &style))
}

fn sha1(stage: &Stage<'_>) -> Outcome {
    styled(stage, Style { digest: "sha1", micalg: "sha1", ..Style::default() })
}

fn sha512(stage: &Stage<'_>) -> Outcome {
    styled(stage, Style { digest: "sha512", micalg: "\"sha-512\"", ..Style::default() })
}

fn micalg(stage: &Stage<'_>) -> Outcome {
    for micalg in ["sha256", "\"sha256\"", "\"sha-256\"", "sha1", "\"SHA1\"", "sha-1", "unknown"] {
        styled(stage, Style { micalg, ..Style::default() })
            .map_err(|fault| Fault::Fail(format!("micalg={micalg}: {fault:?}")))?;
    }
    pass()
}

fn x_pkcs7(stage: &Stage<'_>) -> Outcome {
    styled(stage, Style { protocol: "application/x-pkcs7-signature", ..Style::default() })
}

fn smime(stage: &Stage<'_>) -> Outcome {
    let (token, draft) = stage.envelope(&Plan { to: &[stage.recipient()], ..Plan::default() })?;
    let bytes = sign::by_smime(stage.scratch(), &stage.peer()?.signing, &draft.block(), &draft.entity())?;
    correct(stage, &token, &bytes)
}

fn attributes(stage: &Stage<'_>) -> Outcome {
    styled(stage, Style { arguments: &["-nosmimecap"], ..Style::default() })
}

fn crlf(stage: &Stage<'_>) -> Outcome {
    xml(stage, |data| data.xml().replace('\n', "\r\n"))
}

fn encoding_name(stage: &Stage<'_>) -> Outcome {
    xml(stage, |data| data.xml().replace("UTF-8", "utf-8"))
}

fn single_quotes(stage: &Stage<'_>) -> Outcome {
    xml(stage, |data| data.xml().replace('"', "'"))
}

fn no_fault(stage: &Stage<'_>) -> Outcome {
    xml(stage, |data| data.xml().replace(" errore=\"nessuno\"", ""))
}

fn no_reply(stage: &Stage<'_>) -> Outcome {
    xml(stage, |data| {
        let full = format!("<risposte>{}</risposte>", data.reply_to);
        data.xml().replace(&full, "<risposte></risposte>")
    })
}

fn no_indent(stage: &Stage<'_>) -> Outcome {
    xml(stage, |data| data.xml().lines().map(str::trim).collect())
}

fn cdata(stage: &Stage<'_>) -> Outcome {
    xml(stage, |data| {
        let full = format!("<oggetto>{}</oggetto>", data.subject);
        data.xml().replace(&full, &format!("<oggetto><![CDATA[{}]]></oggetto>", data.subject))
    })
}

/// Some providers let them through from the subject, though XML has no place for them: a provider may read on, or make
/// an anomaly envelope of it.
fn control_characters(stage: &Stage<'_>) -> Outcome {
    let mut ways = Vec::new();
    for control in ["\u{16}", "&#18;"] {
        let (token, mut draft) = stage.envelope(&Plan { to: &[stage.recipient()], ..Plan::default() })?;
        let xml = draft.data.xml().replace("<oggetto>", &format!("<oggetto>{control}"));
        draft.put_xml(&xml);
        let recipient = stage.recipient().to_owned();
        let answers = stage.bring(&stage.correspondent()?, &[&recipient], &stage.seal(&draft)?)?;
        ways.push(match stage.fate(&recipient, &token, &answers)? {
            Fate::Correct => "taken as correct".to_owned(),
            Fate::Anomaly(_) => "anomaly envelope".to_owned(),
            Fate::Refused(reply) => return Err(Fault::Advice(format!("refused: {reply}"))),
            Fate::Bare | Fate::Nothing => return Err(Fault::Fail("neither a receipt nor an anomaly envelope".into())),
        });
    }
    ways.dedup();
    seen(ways.join(", "))
}

fn end_tag(stage: &Stage<'_>) -> Outcome {
    xml(stage, |data| data.xml().replace("<ricevuta tipo=\"completa\" />", "<ricevuta tipo=\"completa\"></ricevuta>"))
}

fn field_names(stage: &Stage<'_>) -> Outcome {
    drafted(stage, |draft| {
        for field in &mut draft.header {
            field.0 = match field.0.as_str() {
                "X-TipoRicevuta" => "X-Tiporicevuta".into(),
                "X-Trasporto" => "x-trasporto".into(),
                _ => continue,
            };
            field.1 = format!(" {} ", field.1.to_ascii_uppercase());
        }
    })
}

fn order(stage: &Stage<'_>) -> Outcome {
    drafted(stage, |draft| draft.header.reverse())
}

fn folded_from(stage: &Stage<'_>) -> Outcome {
    drafted(stage, |draft| {
        for field in draft.header.iter_mut().filter(|field| field.0 == "From") {
            field.1 = field.1.replace("\" <", "\"\r\n\t<");
        }
    })
}

fn date(stage: &Stage<'_>) -> Outcome {
    let (_, date) = stage.now()?;
    drafted(stage, |draft| draft.set("Date", Some(&format!("{date} (CET)"))))
}

fn extra(stage: &Stage<'_>) -> Outcome {
    drafted(stage, |draft| {
        for name in ["X-Attachment", "X-Protocollo", "X-Priority", "X-REM-Subject"] {
            draft.header.push((name.into(), "Yes".into()));
        }
    })
}

fn sender(stage: &Stage<'_>) -> Outcome {
    drafted(stage, |draft| {
        let from = draft.header.iter().find(|field| field.0 == "From").map(|field| field.1.clone());
        draft.set("Sender", from.as_deref());
    })
}

fn odd_to(stage: &Stage<'_>) -> Outcome {
    let (recipient, damaged) = (stage.recipient(), format!("Ufficio >, {}", stage.recipient()));
    drafted(stage, |draft| {
        let original = String::from_utf8_lossy(&draft.original);
        let copied = original.replacen(&format!("To: {recipient}"), &format!("To: {damaged}"), 1);
        draft.original = copied.into_bytes();
        if let Some(part) = draft.parts.last_mut() {
            *part = original_part(&draft.original);
        }
        draft.set("To", Some(&damaged));
    })
}

fn long_line(stage: &Stage<'_>) -> Outcome {
    let content = format!("MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n{}\r\n", "x".repeat(990));
    let (token, draft) = stage.envelope(&Plan { to: &[stage.recipient()], content: &content, ..Plan::default() })?;
    correct(stage, &token, &stage.seal(&draft)?)
}

fn subject_encoded(stage: &Stage<'_>) -> Outcome {
    drafted(stage, |draft| {
        let text = draft.data.subject.replace(' ', "_");
        draft.set("Subject", Some(&format!("=?UTF-8?Q?POSTA_CERTIFICATA=3A_{text}?=")));
    })
}

/// The old form of the notice: `ricezione` in place of `consegna`, `errore="virus"`.
fn old_detection(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("vecchio")?;
    let letter = stage.letter(&[&target]);
    stage.accepted(&letter)?;
    let envelope = stage.taken(&letter.token, "posta-certificata")?;
    let notice = stage.notice(&envelope, "rilevazione-virus", |data| {
        (data.errore, data.received) = ("virus".into(), vec![target.clone()]);
        data.error = Some("Prova.Virus".into());
    })?;
    stage.tell(&notice)?;
    stage.mail(stage.sender(), &letter.token, "errore-consegna")?;
    pass()
}
