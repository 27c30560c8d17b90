//! `[directory]`: fetched and published.

use ::index::Fetching;

use super::*;

/// [R-4.5-e] [R-5.6-a]
#[test]
fn the_index_is_fetched_over_https_at_least_daily_or_not_at_all() {
    let desk = || {
        Desk::new().with(
            "file = \"directory.p7m\"",
            "file = \"not-yet.p7m\"\nurl = \"https://i.example/x\"\ntls_roots = \"ca.pem\"",
        )
    };
    let config = desk().load().unwrap();
    let source = config.directory.source.unwrap();
    let mut stated = String::new();
    for key in ["refresh", "retry_first", "retry_max", "timeout", "max_size"] {
        stated += &format!("{key} = {}\n", stated_default("directory", key));
    }
    let again = desk().with("tls_roots", &format!("{stated}tls_roots")).load().unwrap().directory.source.unwrap();
    let name = |fetching: &Fetching| format!("{:?}", Fetching { tls_roots: None, ..fetching.clone() });
    assert_eq!(name(&again.fetching), name(&source.fetching));
    for (old, new, key, part, what) in [
        ("https://i", "http://i", "directory.url", "\"http://i.example/x\"", "expected an https URL"),
        (
            "tls_roots = \"ca.pem\"",
            "refresh = \"25h\"\ntls_roots = \"ca.pem\"",
            "directory.refresh",
            "\"25h\"",
            "at most 24 hours",
        ),
        ("tls_roots = \"ca.pem\"", "", "directory.url", "\"https://i.example/x\"", "expected directory.tls_roots too"),
        (
            "tls_roots",
            "client_key = \"tls.key\"\ntls_roots",
            "directory.client_key",
            "\"tls.key\"",
            "expected client_certificate",
        ),
        ("url = \"https://i.example/x\"\n", "", "directory.tls_roots", "\"ca.pem\"", "expected directory.url too"),
    ] {
        let wrong = desk().with(old, new);
        let error = wrong.load().unwrap_err();
        assert!(error.what.contains(what), "{error}");
        assert_eq!(error.key, key, "{error}");
        assert!(wrong.text.lines().nth(error.line - 1).unwrap().contains(part), "{error}");
    }
}

/// [R-5.6-a]
#[test]
fn a_record_is_served_to_those_with_a_certificate_unless_the_file_says_otherwise() {
    let publish = "\n[directory.publish]\nurl = \"https://a.example/a.p7m\"\n";
    let door = |last: &str| {
        let door = "listen = [\"127.0.0.1:0\"]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\n";
        Desk::new().and(publish).and("[directory.publish.serve]\n").and(door).and(last).load()
    };
    assert!(Desk::new().and(publish).load().unwrap().directory.publish.unwrap().serve.is_none());
    let error = door("").unwrap_err();
    assert!(error.what.contains("expected client_authority"), "{error}");
    let error = door("client_authority = \"ca.pem\"\nopen = true\n").unwrap_err();
    assert!(error.what.contains("not both"), "{error}");
    assert!(door("open = true\n").unwrap().directory.publish.unwrap().serve.unwrap().open);
    let served = door("client_authority = \"ca.pem\"\n").unwrap().directory.publish.unwrap().serve.unwrap();
    assert!(served.client_authority.unwrap().is_absolute());
}
