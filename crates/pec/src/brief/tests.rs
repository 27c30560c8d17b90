use std::process::Command;

use mail_parser::{MessageParser, MimeHeaders as _};
use proptest::prelude::*;

use super::*;

/// The SHA-1 of a foreign judge.
fn sha1sum(bytes: &[u8]) -> String {
    let output = harness::output_of(&mut Command::new("sha1sum"), bytes).unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()[..40].to_owned()
}

fn reduced(message: &str) -> String {
    let out = reduce(&Bytes::copy_from_slice(message.as_bytes()), HashInput::Encoded);
    String::from_utf8(out.to_vec()).unwrap()
}

fn replacement(name: &str, body: &str) -> String {
    format!(
        "Content-Type: text/plain;\r\n name=\"{name}.hash\"\r\n\
         Content-Disposition: attachment;\r\n filename=\"{name}.hash\"\r\n\
         Content-Transfer-Encoding: 7bit\r\n\r\n{}",
        sha1sum(body.as_bytes())
    )
}

const PDF: &str = "JVBERi0xLjQKJcOkw7zDtsOf\r\nMiAwIG9iago8PA==";

fn pdf_part(fields: &str) -> String {
    format!("{fields}\r\n\r\n{PDF}")
}

/// A multipart message with a text, the given part, an epilogue.
fn mixed(top: &str, part: &str) -> String {
    format!(
        "From: a@pec.example.it\r\n{top}\r\n\r\npreamble\r\n--b1\r\nContent-Type: text/plain\r\n\r\n\
         Gentile utente\r\n\r\n--b1  \r\n{part}\r\n--b1--\r\nepilogue"
    )
}

const TOP: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"b1\"";

#[test]
fn an_attachment_gives_way_to_its_hash_and_no_other_byte_changes() {
    // [R-3.3.2.2-b] [R-3.3.2.2-d] [R-3.3.2.2-e]
    let part = pdf_part(
        "Content-Type: application/pdf; name=\"fattura.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"fattura.pdf\"\r\nContent-ID: <1@x>",
    );
    let expected = format!(
        "Content-Type: text/plain;\r\n name=\"fattura.pdf.hash\"\r\nContent-Transfer-Encoding: 7bit\r\n\
         Content-Disposition: attachment;\r\n filename=\"fattura.pdf.hash\"\r\nContent-ID: <1@x>\r\n\r\n{}",
        sha1sum(PDF.as_bytes())
    );
    assert_eq!(reduced(&mixed(TOP, &part)), mixed(TOP, &expected));
}

#[test]
fn a_name_alone_or_a_filename_alone_is_enough_and_the_filename_counts_when_both_are_there() {
    // [R-3.3.2.2-c] (Q-14)
    for (fields, name) in [
        ("Content-Type: application/pdf; name=a.pdf", "a.pdf"),
        ("Content-Disposition: inline; filename=\"b c.pdf\"", "b c.pdf"),
        ("CONTENT-TYPE: image/png; NAME=\"a.png\"\r\ncontent-disposition: inline; FileName=c.png", "c.png"),
        ("Content-Type: text/plain; charset=utf-8;\r\n\tname=\"nota.txt\"", "nota.txt"),
        ("Content-Type: image/png; name=fattura (1).png", "fattura (1).png"),
        ("Content-Type: image/png; name=\"dice \"ciao\".png\"; x-a=b", "dice \\\"ciao\\\".png"),
        ("Content-Type: image/png; name=\"a;b\\\"c.png\"", "a;b\\\"c.png"),
    ] {
        let out = reduced(&mixed(TOP, &pdf_part(fields)));
        assert!(out.contains(&format!(" name=\"{name}.hash\"\r\n")), "{fields}: {out}");
        assert!(out.contains(&format!(" filename=\"{name}.hash\"\r\n")), "{fields}: {out}");
        assert!(out.contains(&sha1sum(PDF.as_bytes())) && !out.contains("JVBER"), "{fields}: {out}");
    }
}

#[test]
fn parts_without_a_name_stay() {
    // [R-3.3.2.2-c]
    for fields in [
        "Content-Type: application/pdf",
        "Content-Disposition: attachment",
        "Content-Type: image/png; x-name=a",
        "X-A: b",
    ] {
        let message = Bytes::from(mixed(TOP, &pdf_part(fields)));
        let out = reduce(&message, HashInput::Encoded);
        assert_eq!(out, message);
        assert_eq!(out.as_ptr(), message.as_ptr(), "nothing replaced, nothing copied");
    }
}

#[test]
fn names_of_rfc_2231_and_rfc_2047_keep_their_form() {
    // [R-I-br-1]
    for (fields, wanted, decoded) in [
        (
            "Content-Disposition: attachment; filename*=UTF-8''citt%C3%A0.pdf",
            " filename*=UTF-8''citt%C3%A0.pdf.hash\r\n",
            "città.pdf.hash",
        ),
        (
            "Content-Disposition: attachment;\r\n filename*0*=iso-8859-1'it'citt%E0;\r\n filename*1=\" bella\";\r\n filename*2*=%2Epdf",
            " filename*0*=iso-8859-1'it'citt%E0;\r\n filename*1=\" bella\";\r\n filename*2*=%2Epdf.hash\r\n",
            "città bella.pdf.hash",
        ),
        (
            "Content-Type: application/pdf; name=\"=?ISO-8859-1?Q?citt=E0.pdf?=\"",
            " filename=\"=?ISO-8859-1?Q?citt=E0.pdf.hash?=\"\r\n",
            "città.pdf.hash",
        ),
        (
            "Content-Disposition: attachment; filename=\"=?utf-8?B?Y2l0dMOgLnBkZg==?=\"",
            " name=\"=?utf-8?B?Y2l0dMOgLnBkZi5oYXNo?=\"\r\n",
            "città.pdf.hash",
        ),
        (
            "Content-Disposition: attachment; filename=\"=?utf-8?Q?=C3=A0?=.pdf\"",
            " name=\"=?utf-8?Q?=C3=A0?=.pdf.hash\"\r\n",
            "",
        ),
        (
            "Content-Type: application/pdf; name=\"a.pdf\"; name*=utf-8''%C3%A0.pdf",
            " filename=\"a.pdf.hash\";\r\n filename*=utf-8''%C3%A0.pdf.hash\r\n",
            "",
        ),
    ] {
        let out = reduced(&mixed(TOP, &pdf_part(fields)));
        assert!(out.contains(wanted), "{out}");
        let parsed = MessageParser::new().parse(out.as_bytes()).unwrap();
        let part = parsed.attachment(0).unwrap();
        assert!(decoded.is_empty() || part.attachment_name() == Some(decoded), "{:?}", part.attachment_name());
        assert_eq!(part.contents(), sha1sum(PDF.as_bytes()).as_bytes());
    }
}

#[test]
fn a_name_too_long_for_a_line_is_continued() {
    let out = reduced(&mixed(TOP, &pdf_part(&format!("Content-Type: a/b; name=\"{}.pdf\"", "x".repeat(2000)))));
    assert!(out.lines().all(|line| line.len() < 998));
    let parsed = MessageParser::new().parse(out.as_bytes()).unwrap();
    let name = parsed.attachment(0).unwrap().attachment_name().map(str::to_owned);
    assert_eq!(name, Some(format!("{}.pdf.hash", "x".repeat(2000))));
}

#[test]
fn an_attached_message_is_replaced_whole_named_or_not() {
    // [R-3.3.2.2-f] (Q-14)
    let inner = "From: x@y.it\r\nContent-Type: multipart/mixed; boundary=b2\r\n\r\n--b2\r\n\
                 Content-Type: a/b; name=inner.bin\r\n\r\nxx\r\n--b2--\r\n";
    for (fields, name) in [
        ("Content-Type: message/rfc822; name=\"vecchio.eml\"", "vecchio.eml"),
        ("Content-Type: MESSAGE/RFC822", "message.eml"),
    ] {
        let out = reduced(&mixed(TOP, &format!("{fields}\r\n\r\n{inner}")));
        assert_eq!(out, mixed(TOP, &replacement(name, inner)));
    }
    let digest = mixed("Content-Type: multipart/digest; boundary=b1", "\r\nFrom: x@y.it\r\n\r\nhello");
    let out = reduced(&digest);
    assert!(out.contains(&replacement("message.eml", "From: x@y.it\r\n\r\nhello")), "{out}");
}

#[test]
fn of_a_signed_message_only_the_first_part_is_worked_on() {
    // [R-3.3.2.2-g]
    let signature = "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
                     Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\nMIIB";
    let message = |attachment: &str| {
        format!(
            "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=s\r\n\r\n--s\r\n\
             Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\ntesto\r\n--m\r\n{attachment}\r\n--m--\r\n\
             \r\n--s\r\n{signature}\r\n--s--\r\n"
        )
    };
    let out = reduced(&message(&pdf_part("Content-Type: application/pdf; name=a.pdf")));
    assert_eq!(out, message(&replacement("a.pdf", PDF)));
}

#[test]
fn a_message_that_is_one_cms_object_stays_as_it_is() {
    // [R-3.3.2.2-h]
    for media in ["application/pkcs7-mime", "Application/X-PKCS7-MIME; smime-type=signed-data"] {
        let message = format!(
            "Content-Type: {media}; name=smime.p7m\r\nContent-Disposition: attachment; filename=smime.p7m\r\n\r\nMIIB\r\n"
        );
        assert_eq!(reduced(&message), message);
    }
}

#[test]
fn smime_below_the_top_level_is_nothing_special() {
    // [R-3.3.2.2-i]
    let inner = "Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\ntesto\r\n--s\r\n\
                 Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIIB\r\n--s--";
    let out = reduced(&mixed(TOP, inner));
    assert!(out.contains("smime.p7s.hash") && !out.contains("MIIB"), "{out}");
    let enveloped = "Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nMIIB";
    assert!(reduced(&mixed(TOP, enveloped)).contains(&replacement("smime.p7m", "MIIB")));
}

#[test]
fn a_message_that_is_itself_a_named_file_becomes_its_hash() {
    let out = reduced(
        "From: a@b.it\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n",
    );
    assert_eq!(
        out,
        format!(
            "From: a@b.it\r\nContent-Type: text/plain;\r\n name=\"a.pdf.hash\"\r\nContent-Transfer-Encoding: 7bit\r\n\
             Content-Disposition: attachment;\r\n filename=\"a.pdf.hash\"\r\n\r\n{}",
            sha1sum(b"AAAA\r\n")
        )
    );
}

#[test]
fn the_decoded_octets_are_hashed_on_request() {
    // [R-3.3.2.2-e] (Q-13)
    for (encoding, body, octets) in [
        ("base64", "aGVs\r\nbG8=", "hello"),
        ("Quoted-Printable", "h=65llo=\r\n!", "hello!"),
        ("7bit", "hello", "hello"),
    ] {
        let message =
            mixed(TOP, &format!("Content-Type: a/b; name=x\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"));
        let out = reduce(&Bytes::from(message), HashInput::Decoded);
        assert!(String::from_utf8_lossy(&out).contains(&sha1sum(octets.as_bytes())), "{encoding}");
    }
}

#[test]
fn a_boundary_that_begins_like_another_and_a_missing_last_one_are_told_apart() {
    let inner = "Content-Type: multipart/alternative; boundary=b12\r\n\r\n--b12\r\n\r\ntesto\r\n--b12\r\n\
                 Content-Type: a/b; name=x\r\n\r\nxx\r\n--b12--";
    let out = reduced(&mixed(TOP, inner));
    assert!(out.contains(&replacement("x", "xx")), "{out}");
    let open = format!("{TOP}\r\n\r\n--b1\r\nContent-Type: a/b; name=x\r\n\r\nxx\r\n");
    assert_eq!(reduced(&open), format!("{TOP}\r\n\r\n--b1\r\n{}", replacement("x", "xx\r\n")));
}

#[test]
fn bare_line_feeds_stay_bare() {
    let message = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: a/b; name=x\n\nxx\n--b--\n";
    let out = reduced(message);
    assert!(!out.contains('\r') && out.contains(&format!("\n\n{}\n--b--\n", sha1sum(b"xx"))), "{out}");
}

#[test]
fn depth_and_number_of_parts_are_bounded() {
    // [R-I-br-1]
    let nest = |depth: usize| {
        let mut message = String::new();
        (0..depth).for_each(|d| {
            message.push_str(&format!("Content-Type: multipart/mixed; boundary=x{d}x\r\n\r\n--x{d}x\r\n"))
        });
        message + "Content-Type: a/b; name=x\r\n\r\nxx"
    };
    let Bounds { depth, parts, .. } = Bounds::ORIGINAL;
    assert!(reduced(&nest(depth)).contains("x.hash"));
    assert_eq!(reduced(&nest(depth + 1)), nest(depth + 1));
    assert_eq!(reduced(&nest(20_000)), nest(20_000));
    let many = format!("{TOP}\r\n\r\n{}", "--b1\r\nContent-Type: a/b; name=x\r\n\r\n\r\n".repeat(parts + 5));
    assert_eq!(reduced(&many).matches("x.hash").count(), 2 * (parts - 1));
}

#[test]
fn a_real_original_keeps_its_shape() {
    let sample = std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/../../../shared/samples/sogei-2018-envelope.eml";
    // The sample folder is not part of the project; the rules above are tested without it.
    let Ok(envelope) = std::fs::read(sample) else { return };
    let parsed = MessageParser::new().parse(&envelope).unwrap();
    let original = parsed.attachments().find(|part| part.attachment_name() == Some("postacert.eml")).unwrap();
    let range =
        usize::try_from(original.raw_body_offset()).unwrap()..usize::try_from(original.raw_end_offset()).unwrap();
    let original = Bytes::copy_from_slice(&envelope[range]);
    let reduced = reduce(&original, HashInput::Encoded);
    assert!(reduced.len() < original.len());
    let names = |message: &[u8]| -> Vec<String> {
        let message = MessageParser::new().parse(message).unwrap();
        message.attachments().filter_map(|part| part.attachment_name().map(str::to_owned)).collect()
    };
    let hashed: Vec<String> = names(&original).iter().map(|name| format!("{name}.hash")).collect();
    assert!(!hashed.is_empty());
    assert_eq!(names(&reduced), hashed);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_the_hash_input_changes_nothing_else(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("Content-Type: multipart/mixed; boundary=b\r\n"), Just("--b\r\n"), Just("--b--"), Just("\r\n"), Just("\n"), Just("\r"),
                Just("Content-Type: a/b; name*0*="), Just("name=\""), Just("\\"), Just(";"), Just("="), Just("Content-Disposition: x; filename=y"),
                Just("message/rfc822"), Just(" "), Just("é"), Just("Content-Transfer-Encoding: base64\r\n"),
            ],
            0..60,
        ),
    ) {
        let message = Bytes::from(pieces.concat());
        let encoded = reduce(&message, HashInput::Encoded);
        let decoded = reduce(&message, HashInput::Decoded);
        // Which parts are replaced does not depend on what is hashed, and a hash has one length.
        prop_assert_eq!(encoded.len(), decoded.len());
    }
}

#[test]
fn a_name_that_fills_its_line_makes_no_line_above_998_octets() {
    let long = "%C3%A0".repeat(150);
    for parameter in [
        format!("name*=utf-8''{long}"),
        format!("name*0*=utf-8''{long};\r\n name*1*={long}"),
        format!("name*0=\"{}\";\r\n name*1=\"{}\"", "x".repeat(950), "y".repeat(970)),
        format!("name=\"{}\"", "z".repeat(980)),
    ] {
        let message = format!("Content-Type: a/b;\r\n {parameter}\r\n\r\nx");
        let copy = reduced(&message);
        assert!(copy.contains(".hash") && copy.lines().all(|line| line.len() <= 998), "{copy}");
        let content = copy.split_once("Content-Type: ").map(|(_, rest)| rest.split("\r\nContent-D").next().unwrap());
        let name = crate::mime::Parameters::read(content.unwrap().replace("\r\n", "").as_bytes()).decoded("name");
        assert!(name.is_some_and(|name| name.ends_with(".hash")), "{copy}");
    }
}
