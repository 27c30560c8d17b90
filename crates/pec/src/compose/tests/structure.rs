use mail_parser::{MimeHeaders, PartType};

use super::*;

fn media(part: &mail_parser::MessagePart<'_>) -> String {
    let media = part.content_type().unwrap();
    format!("{}/{}", media.ctype(), media.subtype().unwrap())
}

#[test]
fn the_entity_is_text_then_data_then_original() {
    // [R-4.3-a] [R-4.3.1-a] [R-4.3.1-b] [R-4.3.2-a] [R-4.3.3-a] [R-O-4.3-1] [R-2.2.1-g]
    for draft in all() {
        let message = assembled(&draft);
        let message = parsed(&message);
        let PartType::Multipart(children) = &message.root_part().body else { panic!("not a multipart") };
        let children: Vec<_> = children.iter().map(|&at| message.part(at).unwrap()).collect();
        let mut shape: Vec<String> = children.iter().map(|part| media(part)).collect();
        assert_eq!(media(message.root_part()), "multipart/mixed");
        assert_eq!(shape.remove(0), "multipart/alternative");
        let PartType::Multipart(texts) = &children[0].body else { panic!("not a multipart") };
        let texts: Vec<_> = texts.iter().map(|&at| message.part(at).unwrap()).collect();
        assert_eq!(texts.iter().map(|part| media(part)).collect::<Vec<_>>(), ["text/plain", "text/html"]);
        for text in texts {
            assert_eq!(text.content_type().unwrap().attribute("charset"), Some("ISO-8859-1"));
            assert_eq!(text.content_transfer_encoding(), Some("quoted-printable"));
        }
        let mut wanted = Vec::new();
        if draft.kind != Kind::AnomalyEnvelope {
            wanted.push(("application/xml", "daticert.xml", "base64"));
        }
        if !shared(&draft).is_empty() {
            wanted.push(("message/rfc822", "postacert.eml", "7bit"));
        }
        assert_eq!(shape, wanted.iter().map(|(media, ..)| *media).collect::<Vec<_>>(), "{:?}", draft.kind);
        for (part, (_, name, encoding)) in children[1..].iter().zip(wanted) {
            assert_eq!(part.content_type().unwrap().attribute("name"), Some(name));
            assert_eq!(part.content_disposition().unwrap().ctype(), "inline");
            assert_eq!(part.content_disposition().unwrap().attribute("filename"), Some(name));
            assert_eq!(part.content_transfer_encoding(), Some(encoding));
        }
    }
}

#[test]
fn everything_of_ours_is_short_seven_bit_lines_with_crlf() {
    // [R-4.3-b] [R-I-sig-4]
    for draft in all() {
        let message = String::from_utf8(assembled(&draft)).unwrap();
        assert!(message.is_ascii() && message.ends_with("--\r\n"));
        assert_eq!(message.matches('\n').count(), message.matches("\r\n").count());
        assert_eq!(message.matches('\r').count(), message.matches("\r\n").count());
        assert!(message.split("\r\n").all(|line| line.len() <= 78), "{message}");
    }
}

#[test]
fn only_envelopes_and_deliveries_with_a_copy_carry_the_original() {
    // [R-3.1.2-c] [R-3.1.3-b] [R-3.1.6-b] [R-3.2.3-d] [R-3.3.2.3-b] [R-3.1.5-c] [R-3.3.2.1-c]
    let copies: Vec<(Kind, usize)> = all().iter().map(|draft| (draft.kind, shared(draft).len())).collect();
    for (kind, copies) in &copies {
        let possible = matches!(kind, Kind::TransportEnvelope | Kind::AnomalyEnvelope | Kind::Delivery);
        assert!(possible || *copies == 0, "{kind:?}");
    }
    let deliveries: Vec<usize> = copies.iter().filter(|(kind, _)| *kind == Kind::Delivery).map(|(_, n)| *n).collect();
    assert_eq!(deliveries, [1, 1, 0]);
    for draft in notifications().iter().filter(|draft| shared(draft).is_empty()) {
        let message = String::from_utf8(assembled(draft)).unwrap();
        assert!(!message.contains("postacert") && !message.contains("Testo.") && !message.contains("rfc822"));
    }
}

#[test]
fn any_original_goes_in_byte_for_byte() {
    // [R-3.1.5-c] [R-3.3.2.1-c]
    let anna = address("Anna@pec.due.example.it");
    for original in [
        "Subject: a\r\n\r\nbody\r\n",
        "Subject: a\r\n\r\nno line end",
        "Subject: a\r\n\r\nlone cr\r",
        "Subject: a\n\nbare\nline\rfeeds\n",
        "Subject: a\r\n\r\n\r\n\r\n",
        "Subject: à\r\n\r\n8 bit è\r\n",
        "",
        "Subject: a\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nopen",
    ] {
        let bytes = Bytes::copy_from_slice(original.as_bytes());
        let draft =
            delivery(&emitter(), moment(), &certified(), &anna, Copy::Complete(Shared::new(bytes.clone())), OWN);
        let entity = draft.entity.to_bytes();
        let boundary = &entity[b"Content-Type: multipart/mixed; boundary=\"".len()..][..34];
        let delimiter = [b"\r\n--", boundary].concat();
        let parts: Vec<usize> = (0..entity.len()).filter(|&at| entity[at..].starts_with(&delimiter)).collect();
        assert_eq!(parts.len(), 4, "{original:?}");
        let part = &entity[parts[2] + delimiter.len() + 2..parts[3]];
        let body = (0..part.len()).find(|&at| part[at..].starts_with(b"\r\n\r\n")).unwrap() + 4;
        assert_eq!(&part[body..], original.as_bytes());
        if !original.is_empty() {
            assert_eq!(shared(&draft), [bytes]);
        }
    }
}

#[test]
fn an_original_with_octets_above_127_makes_its_containers_8bit() {
    let eight = Shared::new(Bytes::from_static("Subject: a\r\n\r\nè\r\n".as_bytes()));
    let anna = address("Anna@pec.due.example.it");
    let draft = delivery(&emitter(), moment(), &certified(), &anna, Copy::Complete(eight), OWN);
    let message = assembled(&draft);
    let message = parsed(&message);
    assert_eq!(message.root_part().content_transfer_encoding(), Some("8bit"));
    let last = message.attachments().last().unwrap();
    assert_eq!(last.attachment_name(), Some("postacert.eml"));
    assert_eq!(last.content_transfer_encoding(), Some("8bit"));
    let seven = envelope();
    assert_eq!(parsed(&assembled(&seven)).root_part().content_transfer_encoding(), None);
}
