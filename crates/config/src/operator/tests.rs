use std::fs;

use super::*;

const MANUAL: &str = include_str!("../../../../docs/index-operator.md");

/// The manual's example, in a folder where every file it names exists.
fn desk() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    for name in
        ["operator.key", "operator.pem", "tls-ca.pem", "tls.pem", "tls.key", "clients.pem", "alfa.pem", "beta.pem"]
    {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let example = MANUAL.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    (folder, example.to_owned())
}

fn load(folder: &tempfile::TempDir, text: &str) -> Result<OperatorConfig, ConfigError> {
    let file = folder.path().join("operator.toml");
    fs::write(&file, text).unwrap();
    OperatorConfig::load(&file)
}

#[test]
fn the_example_of_the_manual_loads_with_the_defaults_that_the_manual_states() {
    let (folder, text) = desk();
    let config = load(&folder, &text).unwrap();
    assert_eq!(config.index.providers.len(), 2);
    assert_eq!(config.index.providers[0].url.as_deref(), Some("https://alfa.example/alfa.ldif.p7m"));
    assert_eq!(config.index.providers[1].file, Some(folder.path().join("beta.ldif.p7m")), "it may come later");
    let stated: String = ["refresh", "retry_first", "retry_max", "timeout", "max_size"]
        .map(|key| {
            let row = MANUAL.lines().find(|line| line.starts_with(&format!("| `{key}` |"))).unwrap();
            format!("{key} = {}\n", row.split('|').nth(2).unwrap().trim().trim_matches('`'))
        })
        .concat();
    let again = load(&folder, &text.replace("[collect]\n", &format!("[collect]\n{stated}"))).unwrap();
    assert_eq!(format!("{:?}", again.index.collect), format!("{:?}", config.index.collect));
}

#[test]
fn the_manual_describes_every_key_that_the_parser_knows() {
    let (folder, text) = desk();
    for (table, place) in [
        ("[index]\n", "[index]"),
        ("[collect]\n", "[collect]"),
        ("[serve]\n", "[serve]"),
        ("[[provider]]\n", "[[provider]]"),
    ] {
        let error = load(&folder, &text.replacen(table, &format!("{table}unknown = 1\n"), 1)).unwrap_err();
        let keys: Vec<&str> = error.what.split('`').skip(1).step_by(2).collect();
        assert!(keys.len() >= 2, "{error}");
        let chapter = MANUAL.split(&format!("\n## {place}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
        for key in keys {
            assert!(chapter.contains(&format!("\n| `{key}` |")), "the manual does not describe {key} of {place}");
        }
    }
}

/// [R-5.6-a]
#[test]
fn what_cannot_work_is_refused_at_its_place() {
    let (folder, text) = desk();
    for (old, new, key, what) in [
        ("client_authority = \"clients.pem\"\n", "", "serve", "expected client_authority"),
        ("client_authority = ", "open = true\nclient_authority = ", "serve.open", "not both"),
        ("listen = [\"0.0.0.0:443\"]", "listen = []", "serve.listen", "the door is shut"),
        ("\"Beta PEC S.p.A.\"", "\"ALFA  pec S.p.A.\"", "provider.1.name", "twice"),
        ("file = \"beta.ldif.p7m\"\n", "", "provider.1.name", "expected url or file"),
        ("\"beta.pem\"", "\"none.pem\"", "provider.1.certificates", "expected the path of a file"),
        ("https://alfa", "http://alfa", "provider.0.url", "expected an https URL"),
        ("tls_roots = \"tls-ca.pem\"\n", "", "provider.0.url", "expected collect.tls_roots too"),
        ("client_key = \"tls.key\"\n", "", "collect.client_certificate", "expected client_key"),
    ] {
        assert!(text.contains(old), "{old}");
        let error = load(&folder, &text.replacen(old, new, 1)).unwrap_err();
        assert_eq!(error.key, key, "{error}");
        assert!(error.what.contains(what) && error.line > 0, "{error}");
    }
    let alone = text.split("[[provider]]").next().unwrap();
    assert!(load(&folder, alone).unwrap_err().what.contains("at least one [[provider]]"));
}
