//! What was read, said and read again, is the same; and nothing that is read makes anything panic.

use proptest::prelude::*;

use crate::Dialect;
use crate::command::Request;

/// Words and signs of the language, so that many lines are nearly commands.
fn word() -> impl Strategy<Value = String> {
    let words = [
        "SEARCH",
        "FETCH",
        "STORE",
        "LIST",
        "STATUS",
        "SELECT",
        "UID",
        "SORT",
        "THREAD",
        "RETURN",
        "ALL",
        "OR",
        "NOT",
        "SEEN",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        " ",
        ".",
        ",",
        ":",
        "*",
        "%",
        "$",
        "1",
        "42",
        "0",
        "\"",
        "\\",
        "&",
        "-",
        "+",
        "{3}\r\n",
        "{1+}\r\nx",
        "~{1+}\r\n\0",
        "BODY",
        "BODY.PEEK",
        "HEADER.FIELDS",
        "MIME",
        "TEXT",
        "FLAGS",
        "\\Seen",
        "NIL",
        "INBOX",
        "UTF-8",
        "CHARSET",
        "MODSEQ",
        "QRESYNC",
        "CHANGEDSINCE",
        "UNCHANGEDSINCE",
        "5-Dec-2024",
        "BEFORE",
        "MESSAGES",
        "REFERENCES",
        "SETMETADATA",
        "/private/x",
        "ID",
        "CREATE",
        "USE",
        "SUBSCRIBED",
        "\"a b\"",
        "PREVIEW",
        "LAZY",
    ];
    prop_oneof![4 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => ".{0,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn what_is_read_says_itself_again(words in prop::collection::vec(word(), 0..12), blanks in any::<bool>(), utf8 in any::<bool>()) {
        let dialect = if utf8 { Dialect::Utf8 } else { Dialect::Ascii };
        let line = format!("a {}\r\n", words.join(if blanks { " " } else { "" }));
        if let Ok(request) = Request::parse(line.as_bytes(), dialect) {
            let said = request.say(dialect);
            prop_assert_eq!(Request::parse(&said, dialect), Ok(request), "{}", String::from_utf8_lossy(&said));
        }
    }

    #[test]
    fn octets_of_any_kind_are_read_without_harm(octets in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = Request::parse(&octets, Dialect::Ascii);
        let _ = Request::parse(&[b"a LOGIN ", &octets[..]].concat(), Dialect::Utf8);
    }
}
