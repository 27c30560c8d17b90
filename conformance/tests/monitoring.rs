//! What operators are told, against the page that explains it: `docs/monitoring.md` has each metric and each warning of the
//! log, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The sources of the program, without their tests.
fn sources() -> Vec<(PathBuf, String)> {
    let crates = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../crates");
    let mut folders: Vec<_> = fs::read_dir(crates)
        .unwrap()
        .map(|room| room.unwrap().path().join("src"))
        .filter(|path| path.is_dir())
        .collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 50, "the sources were found");
    found
}

/// What stands in backticks in the first cell of each row of the tables below a heading, up to the next of its rank.
fn listed(heading: &str) -> BTreeSet<String> {
    let page =
        fs::read_to_string(Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../docs/monitoring.md"))
            .unwrap();
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let mut names = BTreeSet::new();
    for name in cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)) {
        assert!(names.insert(name.to_owned()), "{name} stands twice under {heading}");
    }
    names
}

/// The text in a pair of quotes that `text` begins with.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.split('"').next()
}

#[test]
fn every_metric_is_explained_to_operators() {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let (mut used, mut table) = (BTreeSet::new(), BTreeSet::new());
    for (path, text) in sources() {
        let names = if path.ends_with("monitor/src/measures.rs") { &mut table } else { &mut used };
        for begin in ["\"sigillo_", "\"process_"] {
            for (at, _) in text.match_indices(begin) {
                let name = quoted(&text[at..]).unwrap();
                if name.chars().all(is_part) {
                    names.insert(name.to_owned());
                }
            }
        }
    }
    // It is set where it is described.
    used.insert("sigillo_build_info".into());
    assert_eq!(table, used, "the table in measures.rs, and what is counted");
    assert_eq!(listed("Metrics"), used);
}

#[test]
fn every_warning_of_the_log_has_an_event_that_is_explained_to_operators() {
    let mut used = BTreeSet::new();
    for (path, text) in sources() {
        for word in ["tracing::error!(", "tracing::warn!("] {
            for (at, _) in text.match_indices(word) {
                let call = text[at + word.len()..].trim_start();
                let event = call.strip_prefix("event = ").and_then(quoted);
                let line = text[..at].lines().count();
                let event = event.unwrap_or_else(|| panic!("{}:{line}: a warning without an event", path.display()));
                used.insert(event.to_owned());
            }
        }
    }
    assert_eq!(listed("The log"), used);
}
