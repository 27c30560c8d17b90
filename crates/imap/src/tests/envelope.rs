//! ENVELOPE.

use bytes::Bytes;
use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder;
use pec::header::Header;
use proptest::prelude::*;

use super::answered_in;
use crate::Dialect;
use crate::response::Writer;

fn envelope(header: &[u8], dialect: Dialect) -> String {
    let header = Header::parse(&Bytes::copy_from_slice(header));
    let answer = answered_in(dialect, |writer| {
        let mut fetch = writer.fetch(1);
        fetch.envelope(&header);
        fetch.end();
    });
    answer.strip_prefix("* 1 FETCH (ENVELOPE ").unwrap().strip_suffix(")\r\n").unwrap().to_owned()
}

#[test]
fn an_envelope_tells_the_header_as_it_stands() {
    let header = b"Date: Wed, 17 Jul 1996 02:23:25 -0700\r\nSubject: =?utf-8?Q?Citt=C3=A0?=\r\n \"x\"\r\n\
        From: \"Per conto di: mario@x.it\" <posta-certificata@pec.example>\r\nTo: a@b.it,\r\n \"Rossi, M.\" <\"m r\"@c.it>\r\n\
        Cc: Uffici: d@e.it;, vuoto:;\r\nIn-Reply-To: <1@x>\r\nMessage-ID: <2@x>\r\n\r\n";
    let service = "((\"Per conto di: mario@x.it\" NIL \"posta-certificata\" \"pec.example\"))";
    let expected = format!(
        "(\"Wed, 17 Jul 1996 02:23:25 -0700\" \"=?utf-8?Q?Citt=C3=A0?= \\\"x\\\"\" {service} {service} {service} \
         ((NIL NIL \"a\" \"b.it\")(\"Rossi, M.\" NIL \"m r\" \"c.it\")) \
         ((NIL NIL \"Uffici\" NIL)(NIL NIL \"d\" \"e.it\")(NIL NIL NIL NIL)(NIL NIL \"vuoto\" NIL)(NIL NIL NIL NIL)) \
         NIL \"<1@x>\" \"<2@x>\")"
    );
    assert_eq!(envelope(header, Dialect::Ascii), expected);
    assert_eq!(envelope(b"\r\n", Dialect::Ascii), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
}

#[test]
fn what_is_not_ascii_is_in_encoded_words_unless_the_client_takes_utf8() {
    let header = "Subject: perché\r\nFrom: Nicolò <n@x.it>\r\nSender: perché@x.it\r\n".as_bytes();
    let ascii = envelope(header, Dialect::Ascii);
    assert!(ascii.is_ascii());
    assert!(
        ascii.starts_with("(NIL \"=?UTF-8?B?cGVyY2jDqQ==?=\" ((\"=?UTF-8?B?Tmljb2zDsg==?=\" NIL \"n\" \"x.it\")) ")
    );
    // No encoded word can stand for an address.
    assert!(ascii.contains(" ((\"=?UTF-8?B?cGVyY2jDqUB4Lml0?=\" NIL \"\" \"\")) "), "{ascii}");
    let utf8 = envelope(header, Dialect::Utf8);
    assert!(utf8.starts_with("(NIL \"perché\" ((\"Nicolò\" NIL \"n\" \"x.it\")) ((NIL NIL \"perché\" \"x.it\")) "));
    // Octets of an unknown charset are western ones.
    assert!(envelope(b"Subject: perch\xe9\r\n", Dialect::Utf8).starts_with("(NIL \"perché\" "));
}

#[test]
fn an_author_stands_in_for_a_sender_that_is_not_said() {
    let said = envelope(b"From: a@b.it\r\nSender: c@d.it\r\nReply-To: \r\n", Dialect::Ascii);
    let author = "((NIL NIL \"a\" \"b.it\"))";
    assert_eq!(said, format!("(NIL NIL {author} ((NIL NIL \"c\" \"d.it\")) {author} NIL NIL NIL NIL NIL)"));
}

proptest! {
    /// Whatever stands in a header, the answer is one response.
    #[test]
    fn any_header_gives_one_response(
        lines in prop::collection::vec(("(Subject|From|To|Date|In-Reply-To)", prop::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(b'<'), Just(b'@'), Just(b':'), Just(b'\\')], 0..60)), 0..6),
        utf8 in any::<bool>(),
    ) {
        let header: Vec<u8> = lines.iter().flat_map(|(name, value)| [name.as_bytes(), b": ", value, b"\r\n"].concat()).collect();
        let mut writer = Writer::new(if utf8 { Dialect::Utf8 } else { Dialect::Ascii });
        let mut fetch = writer.fetch(1);
        fetch.envelope(&Header::parse(&Bytes::from(header)));
        fetch.end();
        let answer = writer.take();
        prop_assert!(utf8 || answer.is_ascii());
        let read = ResponseCodec::default().decode(&answer);
        prop_assert!(read.as_ref().is_ok_and(|(rest, _)| rest.is_empty()), "{:?} {:?}", read, answer);
    }
}
