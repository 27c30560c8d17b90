//! One row for each way in which a file can be wrong, with the whole of what is said.

use super::*;
use crate::log::PARTS;

/// Line numbers are counted from here.
const FILE: &str = r#"[provider]
name = "Esempio"
service_address = "posta-certificata@pec.esempio.example"
mail_receipt = "ricevute@pec.esempio.example"
hostname = "mx.pec.esempio.example"
[signing]
key = "signing.key"
certificates = "signing.pem"
[trust]
anchors = "ca.pem"
[directory]
file = "directory.p7m"
signer = "operator.pem"
[store]
path = "store"
[smtp.incoming]
listen = ["127.0.0.1:25"]
[smtp.submission]
listen = ["127.0.0.1:587"]
[smtp.tls]
certificate = "tls.pem"
key = "tls.key"
[scanner]
kind = "none"
[relay]
lifetime = "24h"
"#;

/// What is replaced by what, and what is said then, after the file's name.
const ROWS: &[(&str, &str, &str)] = &[
    // The text is not TOML.
    (
        "lifetime = \"24h\"",
        "lifetime = 24h",
        "26:12: relay.lifetime: expected a number, true, false or a text in quotes",
    ),
    ("lifetime = \"24h\"", "lifetime =", "26:11: relay.lifetime: expected a value after the equals sign, found none"),
    (
        "lifetime = \"24h\"",
        "lifetime = \"24h",
        "26:16: relay.lifetime: this is not TOML: invalid basic string, expected `\"`",
    ),
    ("lifetime = \"24h\"", "lifetime \"24h\"", "26:10: relay: expected an equals sign and a value after the key"),
    ("[relay]", "[relay", "25:7: relay: this is not TOML: unclosed table, expected `]`"),
    (
        "listen = [\"127.0.0.1:25\"]",
        "listen = [\"127.0.0.1:25\" \"[::1]:25\"]",
        "17:26: smtp.incoming.listen: this is not TOML: missing comma between array elements, expected `,`",
    ),
    (
        "[relay]",
        "[imap_extensions]\nwithout = [\"MOVE\", \"FROB\"]\n[relay]",
        "26:11: imap_extensions.without: expected capabilities that can be switched off, found \"FROB\"; these are: IMAP4rev2, \
         LITERAL+, SASL-IR, ENABLE, ID, IDLE, APPENDLIMIT, ACL, BINARY, CHILDREN, COMPRESS=DEFLATE, CONDSTORE, \
         CREATE-SPECIAL-USE, ESEARCH, ESORT, LIST-EXTENDED, LIST-STATUS, METADATA, MOVE, MULTIAPPEND, NAMESPACE, OBJECTID, \
         PREVIEW, QRESYNC, QUOTA, QUOTA=RES-STORAGE, RIGHTS=texk, SAVEDATE, SEARCHRES, SORT, SPECIAL-USE, STATUS=SIZE, \
         THREAD=ORDEREDSUBJECT, THREAD=REFERENCES, UIDPLUS, UNSELECT, UTF8=ACCEPT, WITHIN",
    ),
    // Something stands twice.
    (
        "lifetime = \"24h\"",
        "lifetime = \"24h\"\nlifetime = \"23h\"",
        "27:1: relay.lifetime: this stands here twice; the first time in line 26",
    ),
    ("[relay]\n", "[store]\n", "25:2: store: this stands here twice; the first time in line 14"),
    (
        "lifetime = \"24h\"\n",
        "[relay.routes]\n\"b.example\" = \"h:1\"\n\"B.example\" = \"h:2\"\n",
        "26:1: relay.routes: the domain b.example stands here twice",
    ),
    // Keys that there are not, and keys that lack.
    ("lifetime =", "lifetme =", "26:1: relay.lifetme: there is no such key here; did you mean `lifetime`?"),
    ("[relay]\nlifetime = \"24h\"", "[rely]", "25:2: rely: there is no such key here; did you mean `relay`?"),
    (
        "path =",
        "folder =",
        "15:1: store.folder: there is no such key here; expected `path`, `free_alarm`, `check_every` or `check_rate`",
    ),
    ("hostname = \"mx.pec.esempio.example\"\n", "", "1:1: provider.hostname: expected this key; it is missing"),
    ("[scanner]\nkind = \"none\"\n", "", "1:1: scanner: expected this key; it is missing"),
    // Values of another kind.
    ("name = \"Esempio\"", "name = 9", "2:8: provider.name: expected a text in quotes, found a whole number"),
    (
        "lifetime = \"24h\"",
        "connections = \"16\"",
        "26:15: relay.connections: expected a whole number, 0 or more, found a text",
    ),
    ("lifetime = \"24h\"", "static_only = \"yes\"", "26:15: relay.static_only: expected true or false, found a text"),
    (
        "listen = [\"127.0.0.1:25\"]",
        "listen = \"127.0.0.1:25\"",
        "17:10: smtp.incoming.listen: expected a list, as [\"one\", \"other\"], found a text",
    ),
    (
        "[\"127.0.0.1:25\"]",
        "[\"127.0.0.1:25\", 25]",
        "17:27: smtp.incoming.listen.1: expected a text in quotes, found a whole number",
    ),
    (
        "[scanner]\nkind = \"none\"\n",
        "[scanner]\nkind = 1\n",
        "24:8: scanner.kind: expected `clamd` or `none`, found a whole number",
    ),
    ("kind = \"none\"", "kind = \"clam\"", "24:8: scanner.kind: expected `clamd` or `none`, found \"clam\""),
    (
        "lifetime = \"24h\"",
        "lifetime = 24.5",
        "26:12: relay.lifetime: expected a time, as \"90 s\", \"15 m\", \"24 h\" or \"30 days\"; a number alone is seconds, \
         found a number with a fraction",
    ),
    (
        "lifetime = \"24h\"",
        "lifetime = \"a day\"",
        "26:12: relay.lifetime: expected a time, as \"90 s\", \"15 m\", \"24 h\" or \"30 days\"; a number alone is seconds, \
         found \"a day\"",
    ),
    (
        "[relay]\nlifetime = \"24h\"",
        "[smtp.limits]\nmessage = \"50 MB\"",
        "26:11: smtp.limits.message: expected octets, as 1048576 or \"30 MiB\", found \"50 MB\"",
    ),
    (
        "[relay]\nlifetime = \"24h\"",
        "[retention]\nevidence = \"900 days\"",
        "26:12: retention.evidence: expected months or years, as \"30 months\", found \"900 days\"",
    ),
    (
        "[relay]\nlifetime = \"24h\"",
        "[evidence.publish]\nlisten = []",
        "26:10: evidence.publish.listen: expected an address: the door is shut",
    ),
    (
        "[relay]\nlifetime = \"24h\"",
        "[evidence.publish]\nlisten = [\"127.0.0.1:587\"]",
        "26:11: evidence.publish.listen.0: 127.0.0.1:587 is taken by smtp.submission.listen already",
    ),
    (
        "[relay]\nlifetime = \"24h\"",
        "[evidence.publish]\nlisten = [\"127.0.0.1:0\"]\nanswers = 0",
        "27:11: evidence.publish.answers: expected at least 1: nobody would be answered; found 0",
    ),
    (
        "[relay]\nlifetime = \"24h\"",
        "[evidence.publish]\nlisten = [\"127.0.0.1:0\"]\nlifetime = \"0s\"",
        "27:12: evidence.publish.lifetime: expected more than 0 seconds",
    ),
    (
        "[relay]\nlifetime = \"24h\"",
        "[evidence.publish]\nlisten = [\"127.0.0.1:0\"]\nput_off = \"2h\"",
        "27:11: evidence.publish.put_off: expected at most 1 hours, found 7200 seconds",
    ),
    (
        "[relay]\nlifetime = \"24h\"",
        "[evidence.daily]\nfolder = \"days\"\nforms = [\"pdf\"]",
        "27:9: evidence.daily.forms: expected text, p7m or jsonl, found \"pdf\"",
    ),
    (
        "hostname = \"mx.pec.esempio.example\"",
        "hostname = \"mx.pec.esempio.example\"\ncode = \"01234567890\"",
        "6:8: provider.code: expected TIN- and a fiscal code, VAT- and 11 digits, or IPA- and at most 16 characters, \
         found \"01234567890\"",
    ),
    ("[store]\n", "[[store]]\n", "14:1: store: expected a table, found a list"),
    ("\"mx.pec.esempio.example\"", "\"mx pec\"", "5:12: provider.hostname: expected a domain name, found \"mx pec\""),
    // Values beyond what is possible.
    (
        "lifetime = \"24h\"",
        "connections = -1",
        "26:15: relay.connections: expected a whole number, 0 or more, found -1",
    ),
    (
        "lifetime = \"24h\"",
        "connections = 99999999999999999999",
        "26:15: relay.connections: expected a whole number, 0 or more, found a number that is too large",
    ),
    (
        "lifetime = \"24h\"",
        "lifetime = \"2 days\"",
        "26:12: relay.lifetime: expected at most 24 hours [R-2.2.2-b], found 172800 seconds",
    ),
    // Keys that contradict each other: both are named.
    ("lifetime = \"24h\"", "retry_max = \"30s\"", "26:13: relay.retry_max: expected no less than relay.retry_first"),
    (
        "key = \"signing.key\"",
        "key = \"signing.key\"\npkcs12 = \"key.p12\"",
        "8:10: signing.pkcs12: expected either key and certificates, or pkcs12 and password_file, or device, not both; \
         found key, certificates, pkcs12",
    ),
    (
        "127.0.0.1:587",
        "127.0.0.1:25",
        "19:11: smtp.submission.listen.0: 127.0.0.1:25 is taken by smtp.incoming.listen already",
    ),
    // The log's filter.
    (
        "[relay]\nlifetime = \"24h\"",
        "[log]\nfilter = \"inof\"",
        "26:10: log.filter: expected a level, or PART=LEVEL, with commas, found \"inof\"; did you mean `info`?",
    ),
    (
        "[relay]\nlifetime = \"24h\"",
        "[log]\nfilter = \"info,smpt=debug\"",
        "26:10: log.filter: expected a part of the program before the equals sign, found \"smpt\"; did you mean `smtp`?",
    ),
];

#[test]
fn whatever_is_wrong_is_said_with_file_line_column_key_and_what_was_expected() {
    for (old, new, said) in ROWS {
        let desk = Desk { text: FILE.to_owned(), ..Desk::new() }.with(old, new);
        let error = desk.load().map(drop).expect_err(new);
        assert_eq!(error.to_string(), format!("{}:{said}", desk.file().display()), "{new}");
    }
    let whole = Desk { text: FILE.to_owned(), ..Desk::new() };
    let loaded = whole.load().unwrap();
    let missing = whole.folder.path().join("none.pem");
    let error = Desk { text: FILE.to_owned(), ..Desk::new() }.with("tls.pem", "none.pem");
    let error = (error.load().unwrap_err().to_string(), error.folder.path().join("none.pem"));
    let said =
        format!("21:15: smtp.tls.certificate: expected the path of a file; there is none at {}", error.1.display());
    assert!(error.0.ends_with(&said) && missing != error.1, "{}", error.0);
    // What is found later, in the files that the keys name, is said in the same way.
    let later = loaded.error_at(&["smtp", "tls", "key"], "it is no key").to_string();
    assert_eq!(later, format!("{}:22:7: smtp.tls.key: it is no key", whole.file().display()));
}

#[test]
fn a_value_that_may_be_a_secret_is_not_repeated() {
    let desk = Desk::new();
    let file = desk.folder.path().join("import.toml");
    for (line, what) in [("password = 1234567", "found a whole number"), ("password = segreta", "quotes")] {
        fs::write(&file, format!("[[account]]\naddress = \"a@b.example\"\n{line}\n")).unwrap();
        let error = read_filling(&file, &["b.example".into()]).unwrap_err().to_string();
        assert!(error.contains(what) && !error.contains("1234567") && !error.contains("segreta"), "{error}");
    }
}

#[test]
fn the_parts_whose_lines_can_be_chosen_are_those_that_write_lines() {
    let crates = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("..");
    let mut writers = Vec::new();
    for room in fs::read_dir(crates).unwrap() {
        let room = room.unwrap().path();
        let manifest = fs::read_to_string(room.join("Cargo.toml")).unwrap();
        if manifest.contains("\ntracing.workspace") {
            writers.push(room.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    writers.sort();
    let ours: Vec<&str> = PARTS.into_iter().filter(|part| !part.contains('_')).collect();
    assert!(ours.starts_with(&writers.iter().map(String::as_str).collect::<Vec<_>>()), "{writers:?}");
}
