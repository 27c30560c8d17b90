//! `docs/norm.md`: where every requirement of the norm stands, made from the tree itself.
//!
//! Sources: `docs/requirements.tsv` (ids and texts), `docs/norm.tsv` (id, status, short text, note, kept by hand) and
//! the ids in brackets that stand in Rust files beside what obeys them and beside what tests them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

const PAGE: &str = "docs/norm.md";
const HEAD: &str = "# Where the norm stands

One row for each requirement id. Ids and full texts: [requirements.tsv](requirements.tsv), drawn from RFC 6109 and the
Italian rules around it. This page is made by `make norm` from [norm.tsv](norm.tsv) and from the ids that stand in
brackets in the code; a test fails when it is not up to date, when the code names an id that does not exist, or when a
requirement that is said to be done has no code or no test. The checks of `conformance/` count as tests: they judge the
messages that the program makes. An id beside a field or a variant of a type does not count: it describes a value and obeys
nothing.

* **done**: code obeys it and a test shows it
* **partly**: code obeys it and no test names it yet, or a part is missing
* **not**: nothing yet; the note says what will bring it
* **n/a**: nothing that a program can obey: facts, observations, duties of the organisation that runs it

";

/// Where a requirement is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Files that obey it.
    pub code: BTreeSet<String>,
    /// Files that test it.
    pub tests: BTreeSet<String>,
    /// Files that test the checker in `conformance`, which shows nothing about the product.
    pub of_checker: BTreeSet<String>,
}

/// Everything that is wrong with the norm's bookkeeping below `root`, and the page as it should be.
pub fn survey(root: &Path) -> io::Result<(Vec<String>, String)> {
    let requirements = rows(&root.join("docs/requirements.tsv"))?;
    let settled = rows(&root.join("docs/norm.tsv"))?;
    let mut mentions = BTreeMap::new();
    for folder in ["crates", "conformance", "bench"] {
        walk(root, &root.join(folder), &mut mentions)?;
    }
    let mut faults = Vec::new();
    let ids: BTreeSet<&str> = requirements.iter().map(|row| column(row, 0)).collect();
    for (id, found) in &mentions {
        if !ids.contains(id.as_str()) {
            let files: Vec<&str> =
                [&found.code, &found.tests, &found.of_checker].into_iter().flatten().map(String::as_str).collect();
            faults.push(format!("unknown requirement [{id}] in {}", files.join(", ")));
        }
    }
    let mut seen = BTreeSet::new();
    for row in &settled {
        let id = column(row, 0);
        if !ids.contains(id) {
            faults.push(format!("docs/norm.tsv: unknown requirement {id}"));
        }
        if !seen.insert(id) {
            faults.push(format!("docs/norm.tsv: {id} stands twice"));
        }
    }
    let mut table = String::from("| id | requirement | status | code | test | note |\n|---|---|---|---|---|---|\n");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for requirement in &requirements {
        let id = column(requirement, 0);
        let Some(row) = settled.iter().find(|row| column(row, 0) == id) else {
            faults.push(format!("docs/norm.tsv: {id} is missing"));
            continue;
        };
        let found = mentions.get(id).cloned().unwrap_or_default();
        let status = status(id, row, &found, &mut faults);
        *counts.entry(status).or_default() += 1;
        let (short, note) = (column(row, 2), column(row, 3));
        let (code, tests) = (links(&found.code), links(&found.tests));
        writeln!(table, "| {id} | {short} | {status} | {code} | {tests} | {note} |").ok();
    }
    let totals: Vec<String> = counts.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let page = format!("{HEAD}{} requirements: {}.\n\n{table}", requirements.len(), totals.join(", "));
    if fs::read_to_string(root.join(PAGE)).ok().as_deref() != Some(&page) {
        faults.push(format!("{PAGE} is not up to date: run `make norm`"));
    }
    Ok((faults, page))
}

/// Writes the page.
pub fn write(root: &Path) -> io::Result<()> {
    fs::write(root.join(PAGE), survey(root)?.1)
}

fn status(id: &str, row: &[String], found: &Mentions, faults: &mut Vec<String>) -> &'static str {
    let whole = !found.code.is_empty() && !found.tests.is_empty();
    match column(row, 1) {
        "auto" if whole => "done",
        "auto" if !found.code.is_empty() => "partly",
        "auto" => "not",
        "done" => {
            if !whole {
                faults.push(format!("{id} is said to be done and has no code or no test that names it"));
            }
            "done"
        }
        "partly" => "partly",
        "not" => "not",
        "n/a" => {
            if column(row, 3).is_empty() {
                faults.push(format!("{id} is said not to be applicable without a reason"));
            }
            "n/a"
        }
        other => {
            faults.push(format!("docs/norm.tsv: {id} has the unknown status {other:?}"));
            "not"
        }
    }
}

/// Adds the ids that a Rust file names, below `folder`.
fn walk(root: &Path, folder: &Path, mentions: &mut BTreeMap<String, Mentions>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, mentions)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            scan(&name, &fs::read_to_string(&path)?, mentions);
        }
    }
    Ok(())
}

/// Adds the ids that one Rust file names. Inside `#[cfg(test)]` modules they belong to tests; the end of such a module
/// is the first closing brace in its own column, as rustfmt writes it. The doc comment of a field or of a variant says
/// what a value means and obeys nothing: its ids are known, and do not count as code.
pub fn scan(name: &str, text: &str, mentions: &mut BTreeMap<String, Mentions>) {
    let all_test = is_test_file(name);
    let mut until: Option<String> = None;
    let mut announced = false;
    let mut documented: Vec<&str> = Vec::new();
    for line in text.lines() {
        let indent: String = line.chars().take_while(|letter| *letter == ' ').collect();
        let code = line.trim();
        if code.starts_with("#[cfg(test)]") {
            announced = true;
        } else if announced && !code.starts_with('#') {
            announced = false;
            until = code.ends_with('{').then(|| format!("{indent}}}"));
        }
        let test = all_test || announced || until.is_some();
        let mut put = |id: &str, counts: bool| {
            let found = mentions.entry(id.to_owned()).or_default();
            let place = match (name.starts_with("conformance/tests/"), test) {
                (true, _) => &mut found.of_checker,
                (false, true) => &mut found.tests,
                (false, false) => &mut found.code,
            };
            if counts {
                place.insert(name.to_owned());
            }
        };
        if code.starts_with("///") && !test {
            documented.extend(ids(line));
        } else {
            if !code.starts_with('#') {
                documented.drain(..).for_each(|id| put(id, is_item(code)));
            }
            ids(line).for_each(|id| put(id, true));
        }
        if until.as_deref() == Some(line) {
            until = None;
        }
    }
}

/// Whether a documented line begins an item, in contrast to a field or a variant.
fn is_item(code: &str) -> bool {
    const WORDS: [&str; 13] = [
        "async",
        "const",
        "enum",
        "extern",
        "fn",
        "impl",
        "macro_rules!",
        "mod",
        "static",
        "struct",
        "trait",
        "type",
        "unsafe",
    ];
    let code = code.strip_prefix("pub").map_or(code, |rest| match rest.strip_prefix('(') {
        Some(inside) => inside.split_once(')').map_or(rest, |(_, rest)| rest),
        None => rest,
    });
    code.split_whitespace().next().is_some_and(|word| WORDS.contains(&word))
}

/// The ids in brackets that stand in a line.
fn ids(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("[R-").filter_map(|(from, _)| {
        let id = line.get(from + 1..)?.split_once(']')?.0;
        let plain = id.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter));
        (plain && id.len() > 2).then_some(id)
    })
}

fn is_test_file(name: &str) -> bool {
    name.starts_with("conformance/")
        || name.split('/').any(|step| step == "tests" || step == "suite" || step == "suite.rs")
        || name.rsplit('/').next().is_some_and(|file| file.starts_with("tests") || file.ends_with("_tests.rs"))
}

fn links(files: &BTreeSet<String>) -> String {
    const SHOWN: usize = 4;
    let mut shown: Vec<String> = files
        .iter()
        .take(SHOWN)
        .map(|file| {
            let short = file.strip_prefix("crates/").unwrap_or(file).replace("/src/", "/");
            format!("[{short}](../{file})")
        })
        .collect();
    if files.len() > SHOWN {
        shown.push(format!("{} more", files.len() - SHOWN));
    }
    shown.join(" ")
}

/// The rows of a tab-separated file without its heading.
fn rows(path: &Path) -> io::Result<Vec<Vec<String>>> {
    let text = fs::read_to_string(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    let rows = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    Ok(rows.map(|line| line.split('\t').map(|cell| cell.trim().replace('|', "\\|")).collect()).collect())
}

fn column(row: &[String], number: usize) -> &str {
    row.get(number).map_or("", String::as_str)
}
