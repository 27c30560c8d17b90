//! Any message, looked at: header, text, HTML under both policies, attachments, and what is in them.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use render::{CSP, Invoice, Limits, Message, Preview, Remote, Run, SignedFile, list};

fuzz_target!(|input: &[u8]| {
    let octets = Bytes::copy_from_slice(input);
    is_shown(&Message::read(octets.clone(), Limits::default()), 0);
    // As HTML, as a file, without a header that says so.
    let html = [b"Content-Type: text/html; charset=utf-8\r\n\r\n", input].concat();
    is_shown(&Message::read(html.into(), Limits::default()), 0);
    is_opened("x.p7m", &octets);
});

fn is_shown(message: &Message, depth: usize) {
    let shown = message.shown();
    assert!(!shown.subject.contains(turns));
    for person in shown.from.iter().chain(&shown.to).chain(&shown.cc) {
        assert!(!person.name.contains(turns) && !person.address.contains(turns));
    }
    for run in shown.text.paragraphs.iter().flat_map(|paragraph| &paragraph.lines).flatten() {
        match run {
            Run::Words(words) => assert!(!words.contains(turns)),
            Run::Link { address, .. } => {
                assert!(
                    ["http://", "https://", "mailto:"].iter().any(|scheme| address.starts_with(scheme)),
                    "{address}"
                );
            }
        }
    }
    for remote in [Remote::Blocked, Remote::Allowed] {
        let Some(page) = message.page(remote) else { continue };
        let (_, body) = page.document.split_once("</head>").expect("a whole document");
        for word in ["<script", "<style", "<iframe", "<svg", "<form", "<!--"] {
            assert!(!body.contains(word), "{body}");
        }
        // Neither sign of a tag stands in texts or values: between them are tags alone.
        for tag in body.split('<').filter_map(|piece| piece.split_once('>')).map(|(tag, _)| tag) {
            assert!(!tag.contains("href=\"javascript:"), "{tag}");
            // A document that asks for nothing elsewhere: no address but those of links.
            assert!(remote.csp() != CSP || !tag.contains(" src=\"http"), "{tag}");
        }
        assert!(page.document.ends_with("</body></html>"));
    }
    for attachment in &shown.attachments {
        let path = attachment.path.to_string();
        assert_eq!(path.parse().as_ref(), Ok(&attachment.path));
        let octets = message.part(&attachment.path).expect("what is listed is there");
        assert_eq!(octets.len() as u64, attachment.length);
        assert!(!attachment.name.contains(['/', '\\', '\0', '\n']) && !attachment.name.starts_with('.'));
        match attachment.preview {
            Preview::Message if depth < 4 => {
                is_shown(&message.attached(&attachment.path).expect("a message"), depth + 1)
            }
            Preview::Text => drop(message.text_of(&attachment.path)),
            _ => is_opened(&attachment.name, &octets),
        }
    }
}

/// A file by all of its readers, whatever it says it is.
fn is_opened(name: &str, octets: &Bytes) {
    let limits = Limits::default();
    if let Ok(file) = SignedFile::open(name, octets, &limits) {
        assert!(!file.signatures.is_empty() && file.content.len() <= octets.len());
    }
    if let Ok(listing) = list(octets, &limits) {
        assert!(listing.entries.len() <= limits.entries);
        assert!(listing.entries.iter().all(|entry| entry.name.split('/').all(|level| !level.starts_with('.'))));
    }
    if let Ok(invoice) = Invoice::read(octets, &limits) {
        for document in &invoice.documents {
            assert!(document.lines.len() <= limits.items);
            document.kind_words();
            document.total.italian();
        }
    }
}

/// Characters that turn the direction of reading.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
