//! BODY and BODYSTRUCTURE.

use bytes::Bytes;
use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder;
use pec::mime::structure;
use proptest::prelude::*;

use super::answered_in;
use crate::Dialect;
use crate::response::{Writer, attached_headers};

const MESSAGE: &str = "From: a@b.it\r\nContent-Type: multipart/mixed; boundary=\"a\"\r\n\r\n\
    --a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nuno\r\ndue\r\n\
    --b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n\
    --a\r\nContent-Type: application/xml; name=\"daticert.xml\"\r\n\
    Content-Disposition: inline; filename=\"daticert.xml\"\r\nContent-ID: <1@x>\r\nContent-Language: it, en\r\n\r\n<x/>\r\n\
    --a\r\nContent-Type: message/rfc822; name=\"postacert.eml\"\r\n\r\n\
    Subject: dentro\r\nFrom: c@d.it\r\n\r\nciao\r\n\
    --a--\r\n";

fn told(message: &str, extended: bool) -> String {
    let found = structure(message.as_bytes());
    let attached: Vec<Bytes> =
        attached_headers(&found).into_iter().map(|range| Bytes::copy_from_slice(&message.as_bytes()[range])).collect();
    answered_in(Dialect::Ascii, |writer| {
        let mut fetch = writer.fetch(1);
        if extended {
            fetch.body_structure(&found, &attached);
        } else {
            fetch.body(&found, &attached);
        }
        fetch.end();
    })
}

const ENVELOPE: &str = "(NIL \"dentro\" ((NIL NIL \"c\" \"d.it\")) ((NIL NIL \"c\" \"d.it\")) ((NIL NIL \"c\" \"d.it\")) \
    NIL NIL NIL NIL NIL)";

#[test]
fn a_structure_tells_all_fields_of_extensions() {
    let inner = "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 0 NIL NIL NIL NIL)";
    let expected = format!(
        "* 1 FETCH (BODYSTRUCTURE (((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"8bit\" 8 1 NIL NIL NIL NIL)\
         (\"text\" \"html\" NIL NIL NIL \"7bit\" 3 0 NIL NIL NIL NIL) \"alternative\" (\"boundary\" \"b\") NIL NIL NIL)\
         (\"application\" \"xml\" (\"name\" \"daticert.xml\") \"<1@x>\" NIL \"7bit\" 4 NIL \
         (\"inline\" (\"filename\" \"daticert.xml\")) (\"it\" \"en\") NIL)\
         (\"message\" \"rfc822\" (\"name\" \"postacert.eml\") NIL NIL \"7bit\" 37 {ENVELOPE} {inner} 3 NIL NIL NIL NIL) \
         \"mixed\" (\"boundary\" \"a\") NIL NIL NIL))\r\n"
    );
    assert_eq!(told(MESSAGE, true), expected);
}

#[test]
fn a_body_tells_none_of_them() {
    let inner = "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 4 0)";
    let expected = format!(
        "* 1 FETCH (BODY (((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"8bit\" 8 1)\
         (\"text\" \"html\" NIL NIL NIL \"7bit\" 3 0) \"alternative\")\
         (\"application\" \"xml\" (\"name\" \"daticert.xml\") \"<1@x>\" NIL \"7bit\" 4)\
         (\"message\" \"rfc822\" (\"name\" \"postacert.eml\") NIL NIL \"7bit\" 37 {ENVELOPE} {inner} 3) \"mixed\"))\r\n"
    );
    assert_eq!(told(MESSAGE, false), expected);
}

#[test]
fn names_beyond_ascii_are_in_encoded_words() {
    let message =
        "Content-Type: application/pdf; name=\"perch\u{e9}.pdf\"\r\nContent-Description: perch\u{e9}\r\n\r\nx";
    let answer = told(message, true);
    assert!(
        answer.contains("(\"name\" \"=?UTF-8?B?cGVyY2jDqS5wZGY=?=\") NIL \"=?UTF-8?B?cGVyY2jDqQ==?=\" \"7bit\" 1 NIL"),
        "{answer}"
    );
}

#[test]
fn a_header_that_is_missing_makes_an_envelope_of_nothing() {
    let found = structure(MESSAGE.as_bytes());
    let answer = answered_in(Dialect::Ascii, |writer| {
        let mut fetch = writer.fetch(1);
        fetch.body_structure(&found, &[]);
        fetch.end();
    });
    assert!(answer.contains("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"));
}

#[test]
fn headers_are_asked_for_in_the_order_in_which_they_are_told() {
    let one =
        "Content-Type: message/rfc822\r\n\r\nSubject: 1\r\nContent-Type: message/rfc822\r\n\r\nSubject: 2\r\n\r\nx\r\n";
    let message = format!(
        "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n{one}--a\r\n{}--a--\r\n",
        one.replace(": 1", ": 3")
    );
    let answer = told(&message, true);
    let at = |text: &str| answer.find(text).unwrap();
    assert!(at("\"1\"") < at("\"2\"") && at("\"2\"") < at("\"3\""), "{answer}");
}

proptest! {
    #[test]
    fn any_message_gives_one_response(
        pieces in prop::collection::vec(prop_oneof![
            Just("--a\r\n".to_owned()),
            Just("--a--\r\n".to_owned()),
            Just("Content-Type: multipart/mixed; boundary=a\r\n".to_owned()),
            Just("Content-Type: message/rfc822\r\n".to_owned()),
            Just("Content-Type: text/\"x\\\r\n".to_owned()),
            Just("Content-Disposition: a\"b; x=\"\\\"\u{1}\u{e8}\"\r\n".to_owned()),
            Just("\r\n".to_owned()),
            ".{0,20}",
        ], 0..20),
    ) {
        let message = pieces.concat();
        let found = structure(message.as_bytes());
        let mut writer = Writer::new(Dialect::Ascii);
        let mut fetch = writer.fetch(1);
        fetch.body_structure(&found, &[]).body(&found, &[]);
        fetch.end();
        let answer = writer.take();
        prop_assert!(answer.is_ascii());
        let read = ResponseCodec::default().decode(&answer);
        prop_assert!(read.as_ref().is_ok_and(|(rest, _)| rest.is_empty()), "{:?} {:?}", read, answer);
    }
}
