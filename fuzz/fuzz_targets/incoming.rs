//! The whole way of a certified message: opened, read, reduced, answered; and our answers read back.
//!
//! The input is the outer header, an empty line, and the entity that a provider signs. The target signs it.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fuzz::PROVIDER;
use libfuzzer_sys::fuzz_target;
use pec::brief::{HashInput, reduce};
use pec::compose::{self, Certified, Copy, Draft, Emitter, Silence};
use pec::message::{self, PecMessage};
use pec::{Address, Cause, Kind, Moment, Shared};

/// The moment of every answer.
const NOW: i64 = 1_789_825_279;
const BOUNDARY: &str = "----0123456789ABCDEF0123456789ABCDEF";

fuzz_target!(
    init: {
        assert!(is_answered(include_bytes!("../seeds/incoming/envelope")));
        assert!(is_answered(include_bytes!("../seeds/incoming/brief")));
        assert!(is_answered(include_bytes!("../seeds/incoming/clear")));
    },
    |input: &[u8]| {
        is_answered(input);
    }
);

/// Whether it is a certified message, which then was answered.
fn is_answered(input: &[u8]) -> bool {
    let at = input.windows(4).position(|window| window == b"\r\n\r\n");
    let Some((header, entity)) = at.map(|at| (&input[..at + 2], &input[at + 4..])) else { return false };
    if contains(entity, BOUNDARY.as_bytes()) {
        return false;
    }
    let message = sealed(header, entity);
    let opened = match seal::open(&message) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(!is_harmless(header), "{error}");
            return false;
        }
    };
    assert_eq!(message.get(opened.entity.clone()), Some(entity), "what was signed, and nothing else");
    let Ok(read) = message::read(&message, opened.entity.clone()) else { return false };
    if let Some(original) = &read.original {
        assert!(opened.entity.start <= original.start && original.end <= opened.entity.end);
    }
    answers_are_readable(&read)
}

/// Every notification that a provider can write about this message says what was certified.
fn answers_are_readable(read: &PecMessage) -> bool {
    let Ok(certified) = Certified::from_data(&read.data) else { return false };
    let Some(recipient) = certified.recipients.first().map(|recipient| recipient.address.clone()) else { return false };
    let original = read.original_bytes().unwrap_or_default();
    let reduced = reduce(&original, HashInput::Encoded);
    assert!(reduced.len() <= original.len() * 8 + 1024, "{} of {}", reduced.len(), original.len());

    let address = |text: &str| Address::parse(text).expect("an address of ours");
    let (us, them) = (address("posta-certificata@pec.example.org"), address("ricevute@pec.example.it"));
    let emitter = Emitter { name: "Provider Two S.p.A.".into(), address: us, english: true };
    let (now, own) = (Moment::from_unix(NOW), "sigillo2.20260919154119.8@pec.example.org");
    let one = std::slice::from_ref(&recipient);
    let copies = [Copy::Complete(Shared::new(original.clone())), Copy::Brief(reduced.clone()), Copy::Concise];
    let carried = [Some(original), Some(reduced), None];
    for (copy, original) in copies.into_iter().zip(carried) {
        reads_back(&compose::delivery(&emitter, now, &certified, &recipient, copy, own), original.as_deref());
    }
    reads_back(&compose::take_charge(&emitter, now, &certified, &them, one, own), None);
    reads_back(&compose::acceptance(&emitter, now, &certified, own), None);
    reads_back(&compose::non_delivery(&emitter, now, &certified, &recipient, Cause::MailboxFull, own), None);
    reads_back(&compose::timeout(&emitter, now, &certified, &recipient, Silence::TwelveHours, own), None);
    let virus = "Eicar-Signature";
    reads_back(&compose::virus_detection(&emitter, now, &certified, &them, &recipient, virus, own), None);
    reads_back(&compose::virus_non_delivery(&emitter, now, &certified, &recipient, virus, own), None);
    true
}

fn reads_back(draft: &Draft, original: Option<&[u8]>) {
    let entity: Vec<u8> = draft.entity.chunks().flat_map(|chunk| chunk.iter().copied()).collect();
    let head = [&draft.header[..], b"Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n"].concat();
    let message = Bytes::from([&head[..], &entity, b"\r\n--x--\r\n"].concat());
    let read = match message::read(&message, head.len()..head.len() + entity.len()) {
        Ok(read) => read,
        Err(fault) => panic!("our own {:?}: {fault}\n{}", draft.kind, String::from_utf8_lossy(&message)),
    };
    assert_eq!(read.kind, draft.kind);
    assert_eq!(Some(&read.data), draft.data.as_ref());
    assert_eq!(read.original_bytes().as_deref(), original);
    assert!(read.kind == Kind::Delivery || read.original.is_none());
    assert_eq!(read.message_id.as_deref(), Some(draft.message_id.as_str()));
}

/// The message around the entity, signed by the provider.
fn sealed(header: &[u8], entity: &[u8]) -> Bytes {
    let form = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; \
         micalg=sha-256; boundary=\"{BOUNDARY}\"\r\n\r\n--{BOUNDARY}\r\n"
    );
    let signature = STANDARD.encode(PROVIDER.detached(entity));
    let tail = format!(
        "\r\n--{BOUNDARY}\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{signature}\r\n--{BOUNDARY}--\r\n"
    );
    [header, form.as_bytes(), entity, tail.as_bytes()].concat().into()
}

/// Whether these fields cannot be in the way of those that make a signed message.
fn is_harmless(header: &[u8]) -> bool {
    let plain = |line: &[u8]| {
        let field = line.iter().position(|octet| *octet == b':');
        field.is_some_and(|at| at > 0 && line[..at].iter().all(u8::is_ascii_alphanumeric))
            && line.iter().all(|octet| matches!(octet, b' '..=b'~'))
    };
    let lines = header.strip_suffix(b"\r\n").unwrap_or(header);
    // `Content-Type` has a hyphen: no field of these is one.
    String::from_utf8_lossy(lines).split("\r\n").all(|line| plain(line.as_bytes()))
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}
