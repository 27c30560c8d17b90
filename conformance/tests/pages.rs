//! The pages of `docs/`: each stands on the start page, and no link leads nowhere.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// The pages with their texts, the README of the repository first.
fn pages() -> Vec<(PathBuf, String)> {
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let root = Path::new(&package).parent().unwrap();
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let pages: Vec<PathBuf> = std::iter::once(root.join("README.md")).chain(pages).collect();
    assert!(pages.len() > 5, "the pages were found: {pages:?}");
    pages.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What stands in the round brackets of `[words](target)`, addresses of the network aside.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("](").skip(1);
    after.filter_map(|rest| rest.split_once(')')).map(|(link, _)| link).filter(|link| !link.contains("://"))
}

/// The names by which the headings of a page are linked to, as the usual hosts make them, and those that it gives itself.
fn headings(text: &str) -> Vec<String> {
    let heading = |line: &str| line.starts_with('#').then(|| line.trim_start_matches('#').trim().to_lowercase());
    let kept = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let name = |heading: String| heading.chars().filter(|&c| kept(c)).collect::<String>().replace(' ', "-");
    let given = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(id, _)| id.to_owned());
    text.lines().filter_map(heading).map(name).chain(given).collect()
}

#[test]
fn every_link_leads_to_a_page_and_a_heading_that_exist() {
    for (page, text) in pages() {
        for link in links(&text) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link} does not exist", page.display());
            let there = heading.is_empty() || headings(&fs::read_to_string(&target).unwrap()).contains(&heading.into());
            assert!(there, "{}: {link}: there is no such heading", page.display());
        }
    }
}

#[test]
fn the_start_page_lists_every_page() {
    let pages = pages();
    let start = |path: &Path| path.ends_with("docs/README.md");
    let (_, text) = pages.iter().find(|(path, _)| start(path)).unwrap();
    let listed: Vec<&str> = links(text).collect();
    for (page, _) in pages.iter().skip(1).filter(|(path, _)| !start(path)) {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert!(listed.contains(&name), "docs/README.md does not list {name}");
    }
}
