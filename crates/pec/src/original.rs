//! The original: what the holder sent, and what becomes `postacert.eml`.

use bytes::{Bytes, BytesMut};

use crate::header::Header;
use crate::limits::LINE;
use crate::{ReceiptType, Shared};

/// A message as submitted, parsed once.
#[derive(Clone, Debug)]
pub struct Original {
    /// The bytes as received, with the `Received` line of the Access Point in front.
    pub bytes: Bytes,
    /// Its header block.
    pub header: Header,
    /// Decoded subject. Each control character is a blank and what XML cannot hold is U+FFFD, so that header, text, data
    /// and evidence say the same.
    pub subject: Option<String>,
    /// The client's Message-ID with angle brackets [R-2.2.1-c], the same in reference, data and evidence: as it stands in
    /// the field, but that octets which no identifier may have (RFC 5322 §3.6.4) are percent-encoded, and brackets put
    /// around one that has none.
    pub message_id: Option<String>,
    /// What the holder asks for; unknown values read as complete [R-3.1.5-e].
    pub receipt: ReceiptType,
    /// `Reply-To` as bare addr-specs joined by ", "; else `None` [R-O-xml-1].
    pub reply_to: Option<String>,
}

impl Original {
    /// Parses a submitted message. Never fails: what is missing is for [`crate::formal`] to say.
    ///
    /// An unknown `X-TipoRicevuta` and several that disagree read as complete [R-3.1.5-e]: doubt gives the sender
    /// more proof.
    pub fn parse(bytes: Bytes) -> Self {
        let header = Header::parse(&bytes);
        let subject = header.subject().map(|subject| without_controls(&subject));
        let message_id = header.fields().named(MESSAGE_ID).next().map(|field| header.fields().unfolded(field));
        let message_id = message_id.filter(|id| !id.is_empty()).map(|id| identifier_of_client(&id));
        let receipt = asked_receipt(&header).unwrap_or_default();
        // Bare addresses [R-O-xml-1].
        let reply_to: Vec<String> =
            header.addresses("Reply-To").into_iter().flatten().map(|address| address.to_string()).collect();
        let reply_to = (!reply_to.is_empty()).then(|| reply_to.join(", "));
        Self { bytes, header, subject, message_id, receipt, reply_to }
    }

    /// The original with its Message-ID replaced by `<identifier>` and the client's one in
    /// `X-Riferimento-Message-ID`, both at the end of the header block; every other byte untouched
    /// [R-2.2.1-b] [R-2.2.1-c] [R-2.2.1-d] [R-O-id-3].
    ///
    /// An `X-Riferimento-Message-ID` that the client submitted goes: left in place, it would
    /// contradict the `msgid` of the certification data, or claim one where there is none.
    /// The added lines end as the message's first line does; a last header line without any end
    /// gets one.
    pub fn certified(&self, identifier: &str) -> Shared {
        let header = &self.header;
        let line_end = line_ending(&self.bytes);
        let mut removed: Vec<_> = header.ranges(MESSAGE_ID).chain(header.ranges(REFERENCE)).collect();
        removed.sort_by_key(|range| range.start);

        let mut out = BytesMut::with_capacity(self.bytes.len() + identifier.len() + 512);
        let mut kept = 0;
        for range in removed {
            out.extend_from_slice(self.bytes.get(kept..range.start).unwrap_or_default());
            kept = range.end;
        }
        out.extend_from_slice(self.bytes.get(kept..header.end()).unwrap_or_default());
        if !out.is_empty() && !out.ends_with(b"\n") {
            out.extend_from_slice(line_end);
        }
        out.extend_from_slice(format!("{MESSAGE_ID}: <{identifier}>").as_bytes());
        out.extend_from_slice(line_end);
        if let Some(id) = &self.message_id {
            out.extend_from_slice(format!("{REFERENCE}:").as_bytes());
            if REFERENCE.len() + 2 + id.len() > LINE {
                out.extend_from_slice(line_end);
            }
            out.extend_from_slice(format!(" {id}").as_bytes());
            out.extend_from_slice(line_end);
        }
        out.extend_from_slice(self.bytes.get(header.end()..).unwrap_or_default());
        Shared::new(out.freeze())
    }

    /// Whether any octet is above 127.
    pub fn is_eight_bit(&self) -> bool {
        !self.bytes.is_ascii()
    }
}

const MESSAGE_ID: &str = "Message-ID";
const REFERENCE: &str = "X-Riferimento-Message-ID";

fn without_controls(text: &str) -> String {
    let one = |c: char| match c {
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => ' ',
        c => c,
    };
    text.replace("\r\n", " ").chars().map(one).collect()
}

/// The one form of a client's Message-ID; what is legal stays as it is.
fn identifier_of_client(value: &[u8]) -> String {
    let mut id = String::with_capacity(value.len() + 2);
    for &octet in value {
        match octet {
            b' '..=b'~' => id.push(char::from(octet)),
            b'\t' => id.push(' '),
            _ => id.push_str(&format!("%{octet:02X}")),
        }
    }
    if id.contains(['<', '>']) { id } else { format!("<{id}>") }
}

/// The receipt that `X-TipoRicevuta` asks for: `None` when the field is absent or says nothing known.
pub(crate) fn asked_receipt(header: &Header) -> Option<ReceiptType> {
    let mut asked = header.values("X-TipoRicevuta").map(|value| ReceiptType::from_wire(&value));
    let first = asked.next()??;
    asked.all(|other| other == Some(first)).then_some(first)
}

/// The line end of the first line; CRLF when there is none.
fn line_ending(message: &[u8]) -> &'static [u8] {
    let first = message.get(..crate::mime::line_end(message, 0)).unwrap_or_default();
    if first.ends_with(b"\n") && !first.ends_with(b"\r\n") { b"\n" } else { b"\r\n" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "sigillo1.20260919154119.7@pec.example.it";

    fn certified(text: &str) -> String {
        let shared = Original::parse(Bytes::copy_from_slice(text.as_bytes())).certified(ID);
        String::from_utf8(shared.bytes().to_vec()).unwrap()
    }

    #[test]
    fn what_the_holder_says_is_read_once() {
        let original = Original::parse(Bytes::from_static(
            b"Message-Id:\r\n <abc@client.example>\r\nReply-To: Uno <a@b.it>, c@d.it\r\nx-tiporicevuta: Breve\r\n\
              Subject: =?utf-8?q?perch=C3=A9?=\r\n\r\nbody",
        ));
        assert_eq!(original.message_id.as_deref(), Some("<abc@client.example>"));
        assert_eq!(original.reply_to.as_deref(), Some("a@b.it, c@d.it"));
        assert_eq!(original.receipt, ReceiptType::Brief);
        assert_eq!(original.subject.as_deref(), Some("perché"));
        assert!(!original.is_eight_bit());
        assert!(Original::parse(Bytes::from_static(b"A: b\r\n\r\n\xe8")).is_eight_bit());
    }

    #[test]
    fn a_subject_says_the_same_wherever_it_stands() {
        let original = Original::parse(Bytes::from_static(b"Subject: =?utf-8?Q?a=0D=0AX:_b=00=01=EF=BF=BE?=\r\n\r\n"));
        assert_eq!(original.subject.as_deref(), Some("a X: b  \u{fffd}"));
    }

    #[test]
    fn a_message_id_that_is_none_has_one_form_everywhere() {
        for (id, form) in [
            ("plain@client.example", "<plain@client.example>"),
            ("<caffè@client.example>", "<caff%C3%A8@client.example>"),
            ("<a\r\n\tb@x>", "<a b@x>"),
            ("<x@y> (comment)", "<x@y> (comment)"),
        ] {
            let text = certified(&format!("Message-ID: {id}\r\n\r\n"));
            assert_eq!(text, format!("Message-ID: <{ID}>\r\nX-Riferimento-Message-ID: {form}\r\n\r\n"));
        }
    }

    /// [R-3.1.5-e]
    #[test]
    fn an_unknown_or_contradictory_receipt_type_reads_as_complete() {
        for fields in ["", "X-TipoRicevuta: lunga\r\n", "X-TipoRicevuta: breve\r\nX-TipoRicevuta: sintetica\r\n"] {
            let original = Original::parse(Bytes::from(format!("A: b\r\n{fields}\r\n")));
            assert_eq!(original.receipt, ReceiptType::Complete, "{fields}");
        }
        let twice = Original::parse(Bytes::from_static(b"X-TipoRicevuta: breve\r\nX-TipoRicevuta: BREVE\r\n\r\n"));
        assert_eq!(twice.receipt, ReceiptType::Brief);
    }

    #[test]
    fn the_identifier_takes_the_place_of_the_clients_message_id() {
        // [R-2.2.1-b] [R-2.2.1-c] [R-2.2.1-d]
        assert_eq!(
            certified("From: a@b.it\r\nMessage-ID:\r\n <x@y>\r\nTo: c@d.it\r\n\r\nMessage-ID: in the body\r\n"),
            format!(
                "From: a@b.it\r\nTo: c@d.it\r\nMessage-ID: <{ID}>\r\nX-Riferimento-Message-ID: <x@y>\r\n\r\n\
                 Message-ID: in the body\r\n"
            )
        );
    }

    #[test]
    fn without_a_clients_message_id_only_the_identifier_is_added() {
        let expected = format!("A: b\nMessage-ID: <{ID}>\n\nbody\n");
        assert_eq!(certified("A: b\n\nbody\n"), expected);
        assert_eq!(certified("A: b\nMessage-ID:\n\nbody\n"), expected);
    }

    #[test]
    fn a_submitted_reference_does_not_survive_to_contradict() {
        let text = certified("X-riferimento-message-id: <false@x>\r\nMessage-ID: <true@x>\r\n\r\n");
        assert_eq!(text, format!("Message-ID: <{ID}>\r\nX-Riferimento-Message-ID: <true@x>\r\n\r\n"));
        assert_eq!(certified("X-Riferimento-Message-ID: <false@x>\r\n\r\n"), format!("Message-ID: <{ID}>\r\n\r\n"));
    }

    #[test]
    fn a_header_without_end_or_without_fields_is_completed() {
        assert_eq!(certified("A: b"), format!("A: b\r\nMessage-ID: <{ID}>\r\n"));
        assert_eq!(certified("A: b\r\n"), format!("A: b\r\nMessage-ID: <{ID}>\r\n"));
        assert_eq!(certified("\r\nbody"), format!("Message-ID: <{ID}>\r\n\r\nbody"));
        assert_eq!(
            certified("Message-ID: <x@y>"),
            format!("Message-ID: <{ID}>\r\nX-Riferimento-Message-ID: <x@y>\r\n")
        );
    }

    proptest! {
        /// [R-O-id-3]
        #[test]
        fn putting_the_old_line_back_gives_the_original_bytes(
            before in proptest::collection::vec("[A-Z][a-z]{1,8}: [ -~à]{0,30}", 0..4),
            after in proptest::collection::vec("[A-Z][a-z]{1,8}: [ -~]{0,30}", 0..4),
            fold in any::<bool>(),
            crlf in any::<bool>(),
            body in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let field = if fold { format!("message-id:{end} <x@y>{end}") } else { format!("Message-ID: <x@y>{end}") };
            let lines = |lines: &[String]| lines.iter().map(|line| format!("{line}{end}")).collect::<String>();
            let head = lines(&before);
            let mut message = format!("{head}{field}{}{end}", lines(&after)).into_bytes();
            message.extend(&body);

            let certified = Original::parse(Bytes::from(message.clone())).certified(ID);
            let added = format!("Message-ID: <{ID}>{end}X-Riferimento-Message-ID: <x@y>{end}").into_bytes();
            let mut back = certified.bytes().to_vec();
            let at = head.len() + lines(&after).len();
            prop_assert_eq!(&back[at..at + added.len()], &added[..]);
            back.drain(at..at + added.len());
            back.splice(head.len()..head.len(), field.bytes());
            prop_assert_eq!(back, message);
        }

        #[test]
        fn any_octets_are_certified_without_panic_and_carry_the_identifier(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let original = Original::parse(Bytes::from(octets));
            let again = Original::parse(original.certified(ID).bytes().clone());
            prop_assert_eq!(again.message_id, Some(format!("<{ID}>")));
        }
    }
}
