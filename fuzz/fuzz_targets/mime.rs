//! Foreign messages: header, addresses, certified-mail form, certified original, brief reduction, delivery reports.
#![no_main]

use std::ops::Range;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use pec::brief::{HashInput, reduce};
use pec::header::Header;
use pec::message;
use pec::original::Original;

fuzz_target!(|input: &[u8]| {
    let message = Bytes::copy_from_slice(input);
    let header = Header::parse(&message);
    assert!(header.end() <= header.body_start() && header.body_start() <= message.len());
    header_is_read(&header);
    for entity in [0..message.len(), header.body_start()..message.len(), first_part(&message, header.body_start())] {
        form_is_read(&message, entity);
    }
    original_is_kept(&message);
    reduction_is_bounded(&message);
    report_is_bounded(&message);
});

fn header_is_read(header: &Header) {
    header.subject();
    for name in ["From", "To", "Cc", "Reply-To"] {
        assert!(header.count(name) >= header.raw(name).filter(|raw| !raw.is_empty()).count());
        for address in header.addresses(name).into_iter().flatten() {
            // What was accepted as an address may stand in a reply, a header or the XML as it is.
            assert!(address.as_str().bytes().all(|octet| matches!(octet, b' '..=b'~')), "{address}");
        }
    }
}

/// [R-2.2.2-f]: nothing outside the signed entity is taken for the original.
fn form_is_read(message: &Bytes, entity: Range<usize>) {
    if let Ok(read) = message::read(message, entity.clone()) {
        if let Some(original) = &read.original {
            assert!(entity.start <= original.start && original.end <= entity.end, "{original:?} of {entity:?}");
            assert_eq!(read.original_bytes().as_deref(), message.get(original.clone()));
        }
        read.recipient();
    }
}

/// [R-O-id-3]: but for the identifier, no byte of what the holder sent changes.
fn original_is_kept(message: &Bytes) {
    const IDENTIFIER: &str = "sigillo1.20260919154119.7@pec.example.it";
    let original = Original::parse(message.clone());
    let end = original.header.end();
    let certified = original.certified(IDENTIFIER);
    assert!(certified.bytes().ends_with(&message[end..]), "the body is kept");

    let again = Original::parse(certified.bytes().clone());
    assert_eq!(again.message_id, Some(format!("<{IDENTIFIER}>")));
    assert_eq!(again.header.value("X-Riferimento-Message-ID"), original.message_id);
    assert_eq!(again.subject, original.subject);
    assert_eq!(again.reply_to, original.reply_to);
    assert_eq!(again.receipt, original.receipt);
    let body = |original: &Original| original.bytes.slice(original.header.body_start()..);
    assert_eq!(body(&again), body(&original));
}

/// [R-3.3.2.2-b]: a message that names no part comes back as it was.
fn reduction_is_bounded(message: &Bytes) {
    let lower = message.to_ascii_lowercase();
    let holds = |word: &[u8]| lower.windows(word.len()).any(|window| window == word);
    let names_a_part = holds(b"name") || holds(b"rfc822") || holds(b"digest");
    for input in [HashInput::Encoded, HashInput::Decoded] {
        let reduced = reduce(message, input);
        assert!(names_a_part || reduced == message);
        // Every part stands behind a line of its own, and what replaces one is not much longer than its header.
        let lines = message.iter().filter(|octet| **octet == b'\n').count() + 1;
        assert!(reduced.len() <= message.len() * 8 + lines * 300, "{} of {}", reduced.len(), message.len());
    }
}

/// a report names addresses and nothing else, in bounds.
fn report_is_bounded(message: &Bytes) {
    let Some(report) = pec::report::read(message) else { return };
    assert!(report.status.chars().count() <= 80 && !report.status.contains(char::is_control), "{:?}", report.status);
    assert!(report.recipients.len() <= 1001);
    for address in &report.recipients {
        assert!(address.as_str().bytes().all(|octet| matches!(octet, b' '..=b'~')), "{address}");
    }
}

/// Roughly what a signature would cover: from the first line that looks like a boundary to the last.
fn first_part(message: &[u8], body: usize) -> Range<usize> {
    let boundaries: Vec<usize> = (body..message.len())
        .filter(|&at| message[at..].starts_with(b"--") && (at == body || message[at - 1] == b'\n'))
        .collect();
    match boundaries.as_slice() {
        [first, .., last] => {
            let line =
                message[*first..].iter().position(|octet| *octet == b'\n').map_or(message.len(), |n| first + n + 1);
            line.min(*last)..*last
        }
        _ => body..message.len(),
    }
}
