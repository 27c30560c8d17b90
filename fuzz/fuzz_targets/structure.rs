//! The structure of any message, and bytes that may be one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pec::mime::{Part, Structure, structure};

fuzz_target!(|input: &[u8]| {
    let found = structure(input);
    assert_eq!((found.root.start, found.root.end), (0, input.len()));
    stands_inside(&found.root, input);
    assert_eq!(Structure::from_bytes(&found.to_bytes()), Ok(found));
    if let Ok(kept) = Structure::from_bytes(input) {
        assert_eq!(kept.to_bytes(), input);
    }
});

fn stands_inside(part: &Part, message: &[u8]) {
    assert!(part.start <= part.body && part.body <= part.end && part.end <= message.len(), "{part:?}");
    assert_eq!(part.lines, message[part.body()].iter().filter(|octet| **octet == b'\n').count(), "{part:?}");
    let mut from = part.body;
    for inside in part.inside() {
        assert!(from <= inside.start && inside.end <= part.end, "{part:?}");
        from = inside.end;
        stands_inside(inside, message);
    }
}
