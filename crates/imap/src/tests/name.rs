//! Names of mailboxes in both dialects.

use proptest::prelude::*;

use crate::Dialect;
use crate::name::{NameFault, decode, encode};

#[test]
fn names_are_written_as_the_rfc_shows() {
    for (name, wire) in [
        ("INBOX", "INBOX"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("Posta & Co", "Posta &- Co"),
        ("&", "&-"),
        ("Città", "Citt&AOA-"),
        ("☺!", "&Jjo-!"),
        ("😀", "&2D3eAA-"),
        ("a\u{7f}", "a&AH8-"),
        ("", ""),
    ] {
        assert_eq!(encode(name, Dialect::Ascii), wire);
        assert_eq!(decode(wire.as_bytes(), Dialect::Ascii).as_deref(), Ok(name));
        assert_eq!(decode(name.as_bytes(), Dialect::Utf8).as_deref(), Ok(name));
    }
}

#[test]
fn what_does_not_decode_or_could_be_shorter_is_refused() {
    for wire in [
        "&",
        "a&b",
        "&Jjo!",
        "&Jjo",
        "&U,BTFw-&ZeVnLIqe-",
        "&AGE-",
        "&AC8-",
        "&*-",
        "&A-",
        "&AOB-",
        "&AOA=-",
        "&2D0-",
        "&3gA-",
        "Citt\u{e0}",
        "\r",
    ] {
        assert_eq!(decode(wire.as_bytes(), Dialect::Ascii), Err(NameFault::Utf7), "{wire}");
    }
    assert_eq!(decode(b"\xe0", Dialect::Utf8), Err(NameFault::Utf8));
}

proptest! {
    #[test]
    fn every_name_comes_back(name in ".*") {
        for dialect in [Dialect::Ascii, Dialect::Utf8] {
            let wire = encode(&name, dialect);
            prop_assert_eq!(decode(wire.as_bytes(), dialect), Ok(name.clone()));
        }
        prop_assert!(encode(&name, Dialect::Ascii).bytes().all(|octet| matches!(octet, b' '..=b'~')));
    }

    #[test]
    fn any_octets_are_one_spelling_or_none(octets in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'&'), Just(b'-'), b'A'..=b'Z'], 0..40)) {
        if let Ok(name) = decode(&octets, Dialect::Ascii) {
            prop_assert_eq!(encode(&name, Dialect::Ascii).into_bytes(), octets);
        }
    }
}
