//! Templates hold no words of their own: every text stands in the catalogue, Italian and English.
#![allow(clippy::unwrap_used, reason = "a test that meets what it does not expect ends")]

use std::path::{Path, PathBuf};

/// Names that are the same in every language.
const NAMES: [&str; 3] = ["Sigillo", "eml", "hx"];

fn templates(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => templates(&path, found),
            false => found.push(path),
        }
    }
}

/// What stands between `open` and `close` goes, one after the other.
fn without(text: &str, open: &str, close: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(open) {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once(close).map_or("", |(_, rest)| rest);
    }
    out + rest
}

#[test]
fn every_word_of_a_template_comes_from_the_catalogue() {
    let mut all = Vec::new();
    templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut all);
    assert!(all.len() > 10);
    let mut found = Vec::new();
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        let text = without(&without(&text, "{#", "#}"), "{%", "%}");
        let values = without(&text, "{{", "}}");
        let words = without(&values, "<", ">");
        let letters = |word: &&str| word.chars().any(char::is_alphabetic) && word.chars().count() > 1;
        let words = words.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(letters);
        found.extend(words.filter(|word| !NAMES.contains(word)).map(|word| format!("{}: {word}", path.display())));
        // What is read aloud or shown beside a field is a text too.
        for attribute in ["aria-label=\"", "placeholder=\"", "title=\"", "alt=\""] {
            let said = text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(said.filter(|said| !said.contains("{{")).map(|said| format!("{}: {said}", path.display())));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
