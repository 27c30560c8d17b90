use bytes::Bytes;
use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { message: 50 << 20, product: 100 << 20, recipients: 200 };

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// The Italian reasons against a message of `text` from `a@b.it` to `recipients`.
fn reasons_for(text: &str, recipients: &[&str]) -> Vec<String> {
    let original = Original::parse(Bytes::copy_from_slice(text.as_bytes()));
    let path = ReversePath::Address(address("a@b.it"));
    let recipients: Vec<_> = recipients.iter().copied().map(address).collect();
    check(&original, text.len(), &path, &recipients, &LIMITS).iter().map(Exception::to_string).collect()
}

fn reasons(fields: &str) -> Vec<String> {
    reasons_for(&format!("{fields}\r\nciao\r\n"), &["c@d.it"])
}

fn excess(size: usize, recipients: usize, limits: &Limits) -> Vec<Exception> {
    let list: Vec<String> = (0..recipients).map(|n| format!("u{n}@d.it")).collect();
    let text = format!("From: a@b.it\r\nTo: {}\r\n\r\n", list.join(", "));
    let recipients: Vec<_> = list.iter().map(|text| address(text)).collect();
    let path = ReversePath::Address(address("a@b.it"));
    check(&Original::parse(Bytes::from(text)), size, &path, &recipients, limits)
}

#[test]
fn a_right_message_has_no_exception() {
    for fields in [
        "From: A <a@b.it>\r\nTo: c@d.it\r\n",
        "from:A@B.it\r\nto: Uno <x@y.it>,\r\n Due <C@D.it>\r\nBcc:\r\n",
        "From: a@b.it (x)\r\nTo: altri <z@z.it>\r\nCc: c@d.it\r\n",
        // [R-3.1.1-b]: the members of a group are addresses too.
        "From: a@b.it\r\nTo: Ufficio: c@d.it, e@f.it;\r\n",
        "From: a@b.it\r\nTo: <danneggiato@d it>>, c@d.it\r\n",
    ] {
        assert_eq!(reasons(fields), Vec::<String>::new(), "{fields}");
    }
}

#[test]
fn from_must_be_one_field_with_one_valid_mailbox() {
    // [R-3.1.1-a], Q-26
    for (fields, reason) in [
        ("", "il campo From manca"),
        ("From: a@b.it\r\nFrom: a@b.it\r\n", "il campo From compare 2 volte"),
        ("From:\r\n", "il campo From non contiene alcun indirizzo"),
        ("From: a b@c.it\r\n", "il campo From non contiene un indirizzo valido: \"a b@c.it\""),
        ("From: a@b.it, z@b.it\r\n", "il campo From non contiene un solo indirizzo: \"a@b.it, z@b.it\""),
        ("From: gruppo: a@b.it;\r\n", "il campo From non contiene un solo indirizzo: \"gruppo: a@b.it;\""),
    ] {
        assert_eq!(reasons(&format!("{fields}To: c@d.it\r\n")), [reason]);
    }
}

#[test]
fn to_must_hold_a_valid_address_and_cc_alone_is_not_enough() {
    // [R-3.1.1-b]
    for (fields, reason) in [
        ("", "il campo To manca"),
        ("To:\r\n", "il campo To non contiene alcun indirizzo valido: \"\""),
        (
            "To: undisclosed-recipients:;\r\n",
            "il campo To non contiene alcun indirizzo valido: \"undisclosed-recipients:;\"",
        ),
        ("To: c@d it>\r\n", "il campo To non contiene alcun indirizzo valido: \"c@d it>\""),
    ] {
        assert_eq!(reasons(&format!("From: a@b.it\r\n{fields}Cc: c@d.it\r\n")), [reason]);
    }
}

#[test]
fn the_reverse_path_must_equal_from_but_for_case() {
    // [R-3.1.1-c]
    assert_eq!(
        reasons("From: z@b.it\r\nTo: c@d.it\r\n"),
        ["il mittente SMTP a@b.it è diverso dall'indirizzo z@b.it del campo From"]
    );
    let original = Original::parse(Bytes::from_static(b"From: a@b.it\r\nTo: c@d.it\r\n\r\n"));
    let found = check(&original, 1, &ReversePath::Null, &[address("c@d.it")], &LIMITS);
    assert_eq!(found, [Exception::ReversePath { path: String::new(), from: "a@b.it".into() }]);
    assert_eq!(found[0].to_string(), "il mittente SMTP è vuoto e il campo From contiene a@b.it");
}

#[test]
fn every_recipient_must_appear_in_to_or_cc() {
    // [R-3.1.1-d]
    let text = "From: a@b.it\r\nTo: c@d.it\r\nCc: Uno <E@f.it>\r\n\r\n";
    assert_eq!(
        reasons_for(text, &["C@D.it", "e@f.it", "g@h.it", "G@h.it", "i@l.it"]),
        [
            "l'indirizzo email g@h.it non appare nei campi To o Cc",
            "l'indirizzo email i@l.it non appare nei campi To o Cc"
        ]
    );
}

#[test]
fn bcc_must_have_no_value() {
    // [R-3.1.1-e]
    assert_eq!(reasons("From: a@b.it\r\nTo: c@d.it\r\nBCC: x@y.it\r\n"), ["il campo Bcc contiene un valore"]);
}

#[test]
fn size_and_product_and_recipients_have_limits() {
    // [R-3.1.1-f] [R-L-12-1]
    assert_eq!(excess(50 << 20, 2, &LIMITS), []);
    assert_eq!(
        excess((50 << 20) + 1, 2, &LIMITS),
        [
            Exception::TooLarge { size: (50 << 20) + 1, limit: 50 << 20 },
            Exception::ProductTooLarge { size: (50 << 20) + 1, recipients: 2, limit: 100 << 20 }
        ]
    );
    assert_eq!(excess(10, 201, &LIMITS), [Exception::TooManyRecipients { recipients: 201, limit: 200 }]);
    assert_eq!(excess(usize::MAX, 2, &LIMITS).len(), 2);
}

#[test]
fn no_configured_limit_falls_below_what_the_law_guarantees() {
    // [R-L-12-2]
    let tight = Limits { message: 1, product: 1, recipients: 1 };
    assert_eq!(excess(LEGAL_PRODUCT, 1, &tight), []);
    assert_eq!(excess(LEGAL_PRODUCT / 50, 50, &tight), []);
    assert_eq!(excess(LEGAL_PRODUCT / 50, 51, &tight).len(), 2);
    assert_eq!(excess(LEGAL_PRODUCT + 1, 1, &tight).len(), 2);
}

#[test]
fn duplicates_are_folded_before_counting() {
    // [R-I-ap-1]
    let original = Original::parse(Bytes::from_static(b"From: a@b.it\r\nTo: c@d.it\r\n\r\n"));
    let path = ReversePath::Address(address("a@b.it"));
    let same = vec![address("c@d.it"), address("C@D.IT"), address("c@D.it")];
    assert_eq!(check(&original, LEGAL_PRODUCT, &path, &same, &Limits { message: 0, product: 0, recipients: 0 }), []);
}

#[test]
fn a_damaged_message_is_malformed() {
    for (fields, reason) in [
        ("Subject: x\r\nsubject: y\r\n", "il campo Subject compare 2 volte"),
        ("Message-ID: <x>\r\nMessage-Id: <y>\r\n", "il campo Message-ID compare 2 volte"),
        ("Date: x\r\nDate: x\r\nDate: x\r\n", "il campo Date compare 3 volte"),
        ("To: e@f.it\r\n", "il campo To compare 2 volte"),
        ("Content-Type: a/b\r\nContent-Type: c/d\r\n", "il campo Content-Type compare 2 volte"),
        ("senza nome\r\n", "l'intestazione contiene una riga che non è un campo: \"senza nome\""),
        ("X: a\0b\r\n", "il messaggio contiene caratteri NUL"),
        ("X: a\rb\r\n", "il messaggio contiene caratteri CR isolati"),
    ] {
        let found = reasons(&format!("From: a@b.it\r\nTo: c@d.it\r\n{fields}"));
        assert_eq!(found, [format!("il messaggio non è ben formato: {reason}")], "{fields}");
    }
    let many = format!("From: a@b.it\r\nTo: c@d.it\r\n{}", "X: y\r\n".repeat(MAX_FIELDS));
    assert_eq!(reasons(&many), ["il messaggio non è ben formato: l'intestazione ha più di 10000 campi"]);
}

#[test]
fn a_line_that_a_system_on_the_way_would_fold_is_named() {
    // [R-I-sig-4]
    let head = "From: a@b.it\r\nTo: c@d.it\r\n";
    let fits = format!("{head}Subject: {}\r\n\r\n{}\r\n", "x".repeat(998 - 9), "y".repeat(998));
    assert_eq!(reasons_for(&fits, &["c@d.it"]), Vec::<String>::new());
    for (rest, where_it_is) in [
        (format!("References: {}\r\n\r\n", "x".repeat(998)), "la riga 3 del messaggio (campo References) ha 1010 "),
        (format!("\r\nciao\r\n{}\r\n", "x".repeat(999)), "la riga 5 del messaggio (corpo, text/plain) ha 999 "),
        (
            format!(
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{}",
                "x".repeat(1500)
            ),
            "la riga 10 del messaggio (corpo, parte 2, text/html) ha 1500 ",
        ),
        (
            format!(
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: a/b; x={}\r\n\r\n",
                "y".repeat(1500)
            ),
            "la riga 6 del messaggio (campo Content-Type, parte 1) ha ",
        ),
    ] {
        let found = reasons_for(&format!("{head}{rest}"), &["c@d.it"]);
        assert!(found.len() == 1 && found[0].starts_with(where_it_is), "{found:?}");
    }
    let id = format!("{head}Message-ID:\r\n {}\r\n\r\n", "è".repeat(300));
    assert_eq!(
        reasons_for(&id, &["c@d.it"]),
        ["il campo Message-ID occupa 1802 caratteri e una riga ne può avere al massimo 998"]
    );
}

#[test]
fn bare_line_feeds_are_no_exception() {
    let text = "From: a@b.it\nTo: c@d.it\nSubject: x\n\nciao\n";
    assert_eq!(reasons_for(text, &["c@d.it"]), Vec::<String>::new());
}

#[test]
fn a_first_line_that_continues_nothing_is_damage_also_behind_our_own_field() {
    let sent = " una riga\r\nFrom: a@b.it\r\nTo: c@d.it\r\n\r\n";
    let path = ReversePath::Address(address("a@b.it"));
    for ours in ["", "Received: from x by y; now\r\n"] {
        let original = Original::parse(Bytes::from(format!("{ours}{sent}")));
        let found = check(&original, sent.len(), &path, &[address("c@d.it")], &LIMITS);
        let why = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        assert!(why.contains("la prima riga comincia con uno spazio e non continua alcun campo"), "{why}");
    }
}

#[test]
fn octets_above_127_may_stand_in_names_and_not_in_addresses() {
    let text = |to: &str| format!("From: a@b.it\r\nTo: {to}\r\n\r\n");
    assert_eq!(reasons_for(&text("\"Perché\" <c@d.it>"), &["c@d.it"]), Vec::<String>::new());
    assert_eq!(
        reasons_for(&text("perché@b.it, c@d.it"), &["c@d.it"]),
        ["il campo To contiene un indirizzo con caratteri non ASCII"]
    );
}

#[test]
fn what_grows_beyond_what_incoming_points_grant_is_refused() {
    let many = "è,\r\n ".repeat(40_000);
    let text = format!("From: a@b.it\r\nTo: {many}c@d.it\r\n\r\n");
    let found = reasons_for(&text, &["c@d.it"]);
    assert!(found.len() == 1 && found[0].starts_with("l'intestazione codificata occupa "), "{found:?}");
    let long = "parola ".repeat(10_000);
    let folded = long.as_bytes().chunks(700).map(|line| str::from_utf8(line).unwrap()).collect::<Vec<_>>();
    let text = format!("From: a@b.it\r\nTo: c@d.it\r\nSubject: {}\r\n\r\n", folded.join("\r\n "));
    let found = reasons_for(&text, &["c@d.it"]);
    assert!(found.len() == 1 && found[0].starts_with("l'insieme di oggetto, "), "{found:?}");
}

#[test]
fn every_address_of_a_header_within_the_limit_is_found() {
    let list: Vec<String> = (0..12_000).map(|n| format!("u{n}@e.it")).collect();
    let text = format!("From: a@b.it\r\nTo: {}\r\n\r\n", list.join(",\r\n "));
    assert_eq!(reasons_for(&text, &["u11999@e.it"]), Vec::<String>::new());
    let endless =
        format!("From: a@b.it\r\nTo: {}\r\n\r\n", "a@b.it,\r\n".repeat(MAX_ENTRIES + 2).replace("\r\n", "\r\n "));
    let found = reasons_for(&endless, &["a@b.it"]);
    assert!(
        found.iter().any(|why| why.ends_with(&format!("il campo To ha più di {MAX_ENTRIES} indirizzi"))),
        "{found:?}"
    );
}

#[test]
fn all_reasons_come_at_once_each_with_a_code_of_its_own() {
    // [R-I-ap-2]
    let text = "Bcc: x@y.it\r\nX: \0\r\n\r\n";
    let original = Original::parse(Bytes::from_static(text.as_bytes()));
    let recipients: Vec<_> = (0..51).map(|n| address(&format!("u{n}@d.it"))).collect();
    let tight = Limits { message: 0, product: 0, recipients: 0 };
    let mut found = check(&original, LEGAL_PRODUCT + 1, &ReversePath::Null, &recipients, &tight);
    found.push(Exception::ReversePath { path: "a@b.it".into(), from: "c@d.it".into() });
    found.dedup_by_key(|exception| exception.code());
    let codes: HashSet<_> = found.iter().map(Exception::code).collect();
    assert_eq!((found.len(), codes.len()), (9, 9), "{found:?}");
    assert!(codes.iter().all(|code| code.starts_with("5.") && code.split('.').count() == 3));
}

proptest! {
    #[test]
    fn any_octets_are_checked_without_panic_and_reasons_hold_no_control_characters(
        octets in proptest::collection::vec(any::<u8>(), 0..200)
    ) {
        let mut message = b"From: ".to_vec();
        message.extend(octets);
        let original = Original::parse(Bytes::from(message));
        for exception in check(&original, 5, &ReversePath::Null, &[address("c@d.it")], &LIMITS) {
            prop_assert!(!exception.to_string().chars().any(char::is_control));
        }
    }
}
