//! The checker passes what obeys the norm and names the requirement that is broken.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod sample;

use conformance::check::{Sheet, Verdict, check};
use conformance::judges::Judges;
use conformance::kind::KINDS;
use conformance::report::{Case, junit, text};
use sample::{ORIGINAL, Sample, authority, real_samples};

fn judge(message: &[u8]) -> Sheet {
    let judges = Judges::new(Some(&authority().join("ca.pem"))).expect("openssl and xmllint are installed");
    check(&judges, message, None).unwrap()
}

fn failed(sheet: &Sheet) -> Vec<&'static str> {
    sheet.failures().map(|finding| finding.id).collect()
}

/// Changes a good message of this kind and expects exactly these requirements to be broken.
fn breaks(kind: &str, ids: &[&str], change: impl FnOnce(&mut Sample)) {
    let mut sample = Sample::good(kind);
    change(&mut sample);
    let sheet = judge(&sample.sign());
    assert_eq!(failed(&sheet), ids, "{kind}: {:#?}", sheet.failures().collect::<Vec<_>>());
}

#[test]
fn a_good_message_of_every_kind_passes_every_check() {
    for kind in KINDS {
        let sheet = judge(&Sample::good(kind.name).sign());
        assert_eq!(sheet.kind, Some(kind));
        assert_eq!(failed(&sheet), Vec::<&str>::new(), "{}: {:#?}", kind.name, sheet.failures().collect::<Vec<_>>());
        assert!(sheet.findings.len() > 20, "{}: {} checks", kind.name, sheet.findings.len());
    }
}

#[test]
fn a_changed_octet_breaks_the_signature() {
    let message = Sample::good("acceptance").sign();
    let at = message.windows(14).position(|octets| octets == b"Identificativo").unwrap();
    let mut changed = message.clone();
    changed[at] = b'J';
    assert_eq!(failed(&judge(&changed)), ["[R-2.1-a]", "[R-I-ca-4]"]);
    assert_eq!(failed(&judge(&message)), Vec::<&str>::new());
}

#[test]
fn a_signature_without_the_signers_certificate_is_told() {
    let mut sample = Sample::good("acceptance");
    sample.sign_options.push("-nocerts");
    let ids = failed(&judge(&sample.sign()));
    assert!(ids.contains(&"[R-2.1-b]") && ids.contains(&"[R-2.1-a]"), "{ids:?}");
}

#[test]
fn a_certificate_outside_the_profile_is_told() {
    breaks("acceptance", &["[R-5.5.2-a]", "[R-5.5.2-b]"], |sample| sample.certificate = "constrained");
}

#[test]
fn a_chain_to_another_authority_is_not_trusted() {
    let judges = Judges::new(Some(&authority().join("constrained.pem"))).unwrap();
    let sheet = check(&judges, &Sample::good("acceptance").sign(), None).unwrap();
    assert_eq!(failed(&sheet), ["[R-I-ca-4]"]);
}

#[test]
fn a_short_digest_is_only_advised_against() {
    let mut sample = Sample::good("acceptance");
    sample.sign_options = vec!["-md", "sha1"];
    let sheet = judge(&sample.sign());
    assert_eq!(failed(&sheet), Vec::<&str>::new());
    let advised = |id| sheet.findings.iter().any(|f| f.id == id && matches!(f.verdict, Verdict::Advice(_)));
    assert!(advised("[R-O-sig-2]"));
}

#[test]
fn headers_outside_the_table_are_told() {
    let subject = |sample: &mut Sample| sample.set("Subject", Some("Accettazione: Prova"));
    breaks("acceptance", &["[R-3.1.4-a]"], subject);
    breaks("non-acceptance", &["[R-3.1.2-a]"], |sample| {
        sample.set("Subject", Some("AVVISO DI NON ACCETTAZIONE: Altro"))
    });
    breaks("take-charge", &["[R-3.2.1-e]"], |sample| sample.set("X-VerificaSicurezza", Some("errore")));
    breaks("non-delivery", &["[R-3.3.3-a]"], subject);
    breaks("delivery", &["[R-3.3.2-d]"], subject);
    breaks("timeout", &["[R-3.1.6-a]"], subject);
    breaks("virus-detection", &["[R-3.2.3-c]"], |sample| sample.set("X-Mittente", None));
    breaks("transport-envelope", &["[R-3.1.5-b]"], subject);
    breaks("anomaly-envelope", &["[R-3.2.2-a]"], subject);
}

#[test]
fn the_from_address_must_be_the_certificates() {
    breaks("acceptance", &["[R-2.1-d]"], |sample| sample.set("From", Some("posta-certificata@beta.example")));
    breaks("acceptance", &["[R-2.1-e]"], |sample| sample.set("Sender", Some("anna@alfa.example")));
}

#[test]
fn the_pec_header_stands_once_and_alone() {
    breaks("acceptance", &["[R-2.1-g]"], |sample| sample.set("X-Ricevuta", None));
    breaks("acceptance", &["[R-2.1-g]"], |sample| sample.set("X-Ricevuta", Some("forse")));
    let mut sample = Sample::good("acceptance");
    sample.set("X-Trasporto", Some("posta-certificata"));
    assert!(failed(&judge(&sample.sign())).contains(&"[R-2.1-g]"));
}

#[test]
fn identifiers_that_disagree_are_told() {
    breaks("acceptance", &["[R-2.2.1-d]"], |sample| sample.set("X-Riferimento-Message-ID", Some("<other@pc>")));
    breaks("acceptance", &["[R-I-hdr-3]"], |sample| sample.set("Message-ID", Some("<id1@alfa.example>")));
    breaks("transport-envelope", &["[R-2.2.1-b]"], |sample| sample.set("Message-ID", Some("<id2@alfa.example>")));
    breaks("transport-envelope", &["[R-2.2.1-c]"], |sample| {
        sample.original = Some(ORIGINAL.replace("X-Riferimento-Message-ID: <client@pc>\r\n", ""));
    });
}

#[test]
fn a_receipt_goes_to_the_sender_and_a_take_charge_does_not() {
    breaks("acceptance", &["[R-2.1-f]"], |sample| sample.set("To", Some("altri@alfa.example")));
    breaks("take-charge", &["[R-2.1.1-a]"], |sample| sample.set("To", Some("anna@alfa.example")));
}

#[test]
fn the_envelope_speaks_for_the_author_and_inherits() {
    breaks("transport-envelope", &["[R-3.1.5-f]"], |sample| {
        sample.set("From", Some("\"Per conto di: Anna\" <posta-certificata@alfa.example>"));
    });
    breaks("transport-envelope", &["[R-3.1.5-a]"], |sample| sample.set("To", Some("carlo@beta.example")));
    breaks("transport-envelope", &["[R-3.1.5-a]"], |sample| sample.set("Received", None));
    breaks("transport-envelope", &["[R-3.1.5-b]"], |sample| sample.set("Reply-To", None));
}

#[test]
fn the_original_is_there_exactly_when_it_must_be() {
    breaks("non-acceptance", &["[R-3.1.2-c]"], |sample| sample.original = Some(ORIGINAL.into()));
    breaks("virus-non-acceptance", &["[R-3.1.3-b]"], |sample| sample.original = Some(ORIGINAL.into()));
    breaks("timeout", &["[R-3.1.6-b]"], |sample| sample.original = Some(ORIGINAL.into()));
    breaks("virus-detection", &["[R-3.2.3-d]"], |sample| sample.original = Some(ORIGINAL.into()));
    breaks("transport-envelope", &["[R-3.1.5-c]"], |sample| sample.original = None);
    breaks("anomaly-envelope", &["[R-3.2.2-b]"], |sample| sample.xml = Some("<x/>".into()));
    breaks("delivery", &["[R-3.3.2.3-b]"], |sample| sample.edit("completa", "sintetica"));
    breaks("delivery", &["[R-3.3.2.1-c]"], |sample| sample.original = Some(ORIGINAL.replace("<id1@", "<id2@")));
}

#[test]
fn the_attachments_of_a_brief_copy_are_hashes() {
    let original = |name: &str, body: &str| {
        let part = format!("--b\r\nContent-Type: text/plain; name=\"{name}\"\r\n\r\n{body}\r\n--b--\r\n");
        ORIGINAL.replace("\r\n\r\nCiao.\r\n", &format!("\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{part}"))
    };
    let brief = |sample: &mut Sample, original: String| {
        sample.edit("completa", "breve");
        sample.text = [b"Ricevuta breve di avvenuta consegna\r\n", &sample.text[..]].concat();
        sample.original = Some(original);
    };
    let hash = "0123456789abcdef0123456789abcdef01234567";
    breaks("delivery", &[], |sample| brief(sample, original("a.pdf.hash", hash)));
    breaks("delivery", &["[R-3.3.2.2-d]"], |sample| brief(sample, original("a.pdf", hash)));
    breaks("delivery", &["[R-3.3.2.2-d]"], |sample| brief(sample, original("a.pdf.hash", "0123")));
}

#[test]
fn certification_data_outside_the_dtd_or_the_matrix_are_told() {
    breaks("acceptance", &["[R-4.4-a]"], |sample| sample.edit("<risposte>anna@alfa.example</risposte>", ""));
    breaks("acceptance", &["[R-4.4-a]"], |sample| sample.edit("<postacert", "<!DOCTYPE postacert []><postacert"));
    breaks("acceptance", &["[R-2.2.2-f]"], |sample| sample.tipo = "presa-in-carico".into());
    breaks("acceptance", &["[R-3.3.3-b]"], |sample| sample.errore = "no-dest".into());
    breaks("acceptance", &["[R-4.4-g]"], |sample| {
        sample.edit("</msgid>", "</msgid><consegna>bob@beta.example</consegna>")
    });
    breaks("take-charge", &["[R-4.4-f]"], |sample| sample.edit("</msgid>", "</msgid><ricevuta tipo=\"breve\"/>"));
    breaks("delivery", &["[R-3.2.1-c]"], |sample| {
        sample.edit("<consegna>bob@", "<consegna>BOBBY@");
        sample.text.extend(b"BOBBY@beta.example");
    });
    breaks("acceptance", &["[R-2.1-f]", "[R-4.4-b]"], |sample| {
        sample.edit("<mittente>anna@alfa.example", "<mittente>Anna &lt;anna@alfa.example&gt;");
        sample.text.extend(b"Anna <anna@alfa.example>");
    });
    breaks("acceptance", &["[R-I-ap-1]"], |sample| {
        sample.edit("<risposte>", "<destinatari>Bob@beta.example</destinatari><risposte>");
        sample.text.extend(b"Bob@beta.example (\"posta certificata\")");
    });
    breaks("non-delivery", &["[R-4.4-h]"], |sample| {
        sample.edit("<errore-esteso>5.1.1 - Alfa S.p.A. - indirizzo non valido</errore-esteso>", "");
    });
}

#[test]
fn one_instant_stands_everywhere_in_the_prescribed_form() {
    breaks("acceptance", &["[R-4.1-a]"], |sample| sample.set("Date", Some("Mon, 14 Jun 2049 14:36:09 +0200")));
    breaks("acceptance", &["[R-4.4-time]"], |sample| sample.edit("+0200", "+02:00"));
    breaks("acceptance", &["[R-4.2-a]"], |sample| {
        sample.text = String::from_utf8(sample.text.clone()).unwrap().replace("(+0200)", "").into();
    });
}

#[test]
fn the_text_says_what_the_data_say() {
    let without = |sample: &mut Sample, piece: &str| {
        let text = String::from_utf8(sample.text.clone()).unwrap();
        assert!(text.contains(piece));
        sample.text = text.replace(piece, "").into();
    };
    breaks("acceptance", &["[R-3.1.4-b]"], |sample| without(sample, " (\"posta certificata\")"));
    breaks("acceptance", &["[R-2.2.1-g]"], |sample| without(sample, "id1@alfa.example"));
    breaks("virus-detection", &["[R-3.2.3-e]"], |sample| without(sample, "5.1.1"));
    breaks("virus-non-delivery", &["[R-3.2.4-c]"], |sample| without(sample, "5.1.1"));
    breaks("non-acceptance", &["[R-3.1.2-b]"], |sample| without(sample, "anna@alfa.example"));
    breaks("transport-envelope", &["[R-3.1.5-c]"], |sample| without(sample, "bob@beta.example"));
}

#[test]
fn texts_and_parts_outside_the_structure_are_told() {
    breaks("acceptance", &["[R-4.3.1-a]"], |sample| sample.text_type = "text/plain; charset=utf-8".into());
    breaks("acceptance", &["[R-4.3-b]"], |sample| sample.text.extend(b"\xe8 stato accettato"));
    breaks("acceptance", &["[R-4.3-a]"], |sample| sample.text_type = "application/pdf; charset=iso-8859-1".into());
    breaks("acceptance", &["[R-4.3.3-a]"], |sample| {
        sample.xml_header = sample.xml_header.replace("application/xml", "text/xml");
    });
    let alternative = |sample: &mut Sample, html: &str| {
        let plain = String::from_utf8(sample.text.clone()).unwrap();
        sample.text_type = "multipart/alternative; charset=iso-8859-1; boundary=alt".into();
        sample.text = format!(
            "--alt\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n{plain}\r\n--alt\r\n\
             Content-Type: text/html; charset=iso-8859-1\r\n\r\n{html}\r\n--alt--\r\n"
        )
        .into();
    };
    breaks("acceptance", &[], |sample| alternative(sample, "<p>id1@alfa.example</p>"));
    breaks("acceptance", &["[R-4.3.1-b]"], |sample| alternative(sample, "<p>no identifier</p>"));
    breaks("acceptance", &["[R-4.3.1-b]"], |sample| {
        alternative(sample, "<p>id1@alfa.example <img src=\"http://x.example/\"></p>");
    });
}

#[test]
fn foreign_bytes_are_judged_without_a_panic() {
    let whole = Sample::good("delivery").sign();
    for message in [&b""[..], b"X-Ricevuta: accettazione\n\n", &whole[..whole.len() / 2], &whole[..300]] {
        assert!(!failed(&judge(message)).is_empty());
    }
}

#[test]
fn findings_are_reported_as_text_and_as_junit() {
    let mut sample = Sample::good("acceptance");
    sample.set("X-Riferimento-Message-ID", Some("<other@pc>"));
    let cases = [Case { name: "a<b>.eml".into(), sheet: judge(&sample.sign()) }];
    let text = text(&cases, false);
    assert!(text.contains("FAIL   [R-2.2.1-d]") && text.contains("1 failures"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("junit.xml");
    std::fs::write(&file, junit(&cases)).unwrap();
    let count = |path: &str| {
        let judged = harness::output(std::process::Command::new("xmllint").args(["--xpath", path]).arg(&file)).unwrap();
        String::from_utf8(judged.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(count("count(//failure)"), "1");
    assert_eq!(count("string(//testsuite/@name)"), "a<b>.eml");
}

/// Real providers do not obey every recommendation; what they break is known and nothing else is found.
#[test]
fn real_messages_of_real_providers_pass_but_for_what_is_known() {
    let Some(folder) = real_samples() else { return };
    let judges = Judges::new(Some("/etc/ssl/certs/ca-certificates.crt".as_ref())).unwrap();
    for path in conformance::mailbox::messages(&folder).unwrap() {
        let sheet = check(&judges, &std::fs::read(&path).unwrap(), None).unwrap();
        // Leaves of the authority before 2017 had Basic Constraints, and Key Usage was not critical.
        let old = path.display().to_string().contains("2015");
        let known: &[&str] = if old { &["[R-5.5.2-a]", "[R-5.5.2-b]"] } else { &[] };
        assert_eq!(failed(&sheet), known, "{}", path.display());
    }
}
