//! What an IMAP server answers, read by a client: nothing stands in an answer that did not come, whatever its lines say.
#![no_main]

use imap::answer::{Answer, announced};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Some((_, before)) = announced(input) {
        assert!(before < input.len(), "a literal is announced behind the line");
    }
    match Answer::parse(input) {
        Ok(Answer::Status { code, text, .. }) => assert!(!code.contains(['\r', '\n']) && !text.contains(['\r', '\n'])),
        Ok(Answer::List(listed)) => assert!(listed.raw.len() <= input.len()),
        Ok(Answer::Fetch(fetched)) => {
            let octets = fetched.body.flatten().unwrap_or_default();
            assert!(octets.len() <= input.len());
            assert_ne!(fetched.uid, Some(0), "no message has this number");
        }
        Ok(Answer::Search(ranges)) => {
            assert!(ranges.len() <= input.len());
            assert!(ranges.iter().all(|range| 0 < *range.start() && range.start() <= range.end()));
        }
        Ok(_) => {}
        Err(fault) => assert!(!fault.to_string().contains(['\r', '\n'])),
    }
});
