//! The modules of a crate, with the paths that stand in them. No parser of Rust: words and signs are enough.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module: a file, or a block in one.
#[derive(Debug, Default)]
pub struct Module {
    /// Its file, below `src`.
    pub file: String,
    /// The modules below it.
    pub children: BTreeMap<String, Module>,
    /// The names of what it defines.
    pub defines: BTreeSet<String>,
    /// What it imports, for itself or for others: name to path.
    pub imports: BTreeMap<String, Vec<String>>,
    /// The modules all of whose names it imports.
    pub globs: Vec<Vec<String>>,
    /// Every path that counts.
    pub paths: Vec<Vec<String>>,
}

impl Module {
    /// The crate with this root, with all files that it names.
    pub fn read(src: &Path, root: &str) -> Self {
        let mut module = Self { file: root.to_owned(), ..Self::default() };
        module.fill(&words(&fs::read_to_string(src.join(root)).unwrap()), &|child| below(src, Path::new(""), child));
        module
    }

    /// A crate in texts: file to content.
    pub fn of(texts: &BTreeMap<&str, &str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in texts {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self::read(folder.path(), "lib.rs")
    }

    /// The module at a path below this one.
    pub fn at(&self, path: &[String]) -> Option<&Self> {
        path.iter().try_fold(self, |module, step| module.children.get(step))
    }

    fn fill(&mut self, words: &[String], file_of: &dyn Fn(&str) -> Option<Module>) {
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        let mut at = 0;
        let mut depth = 0_usize;
        let mut is_test = false;
        let mut is_shelf = false;
        while at < words.len() {
            match word(at) {
                "#" => {
                    let attribute = at + if word(at + 1) == "!" { 2 } else { 1 };
                    let end = closing(words, attribute);
                    let text = words[attribute..=end].concat();
                    is_test |= text == "[cfg(test)]";
                    at = end + 1;
                }
                "mod" if word(at + 2) == ";" => {
                    if !is_test && let Some(child) = file_of(word(at + 1)) {
                        self.children.insert(word(at + 1).to_owned(), child);
                    }
                    (is_test, is_shelf, at) = (false, false, at + 3);
                }
                "mod" if word(at + 2) == "{" => {
                    let end = closing(words, at + 2);
                    if !is_test {
                        let mut child = Self { file: self.file.clone(), ..Self::default() };
                        child.fill(&words[at + 3..end], &|_| None);
                        self.children.insert(word(at + 1).to_owned(), child);
                    }
                    (is_test, is_shelf, at) = (false, false, end + 1);
                }
                "pub" => {
                    is_shelf = true;
                    at = if word(at + 1) == "(" { closing(words, at + 1) + 1 } else { at + 1 };
                }
                "use" => {
                    let end = at + words[at..].iter().position(|word| word == ";").unwrap();
                    if !is_test {
                        self.import(&words[at + 1..end], is_shelf);
                    }
                    (is_test, is_shelf, at) = (false, false, end + 1);
                }
                _ if is_test => {
                    // Any other item of the tests: to its end.
                    let end = words[at..]
                        .iter()
                        .position(|word| word == "{" || word == ";")
                        .map_or(words.len(), |to| at + to);
                    at = if word(end) == "{" { closing(words, end) + 1 } else { end + 1 };
                    (is_test, is_shelf) = (false, false);
                }
                kind @ ("fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union") if depth == 0 => {
                    let named = if kind == "const" && word(at + 1) == "fn" { at + 2 } else { at + 1 };
                    self.defines.insert(word(named).to_owned());
                    (is_shelf, at) = (false, named + 1);
                }
                sign @ ("{" | "}") => {
                    depth = if sign == "{" { depth + 1 } else { depth.saturating_sub(1) };
                    at += 1;
                }
                _ => {
                    let mut path = vec![word(at).to_owned()];
                    let mut end = at + 1;
                    while word(end) == "::" && is_name(word(end + 1)) {
                        path.push(word(end + 1).to_owned());
                        end += 2;
                    }
                    let begins_here = at == 0 || word(at - 1) != "::";
                    if path.len() > 1 && begins_here {
                        self.paths.push(path);
                    }
                    at = end;
                }
            }
        }
    }

    /// One `use`; what a `pub use` brings is only shown further.
    fn import(&mut self, tree: &[String], is_shelf: bool) {
        for (path, name) in leaves(tree, &[]) {
            if path.first().is_none_or(|first| first == "::") {
                continue;
            }
            if name == "*" {
                self.globs.push(path.clone());
            } else {
                self.imports.insert(name, path.clone());
            }
            if !is_shelf {
                self.paths.push(path);
            }
        }
    }
}

/// The paths of a `use` tree, each with the name that it has afterwards (`*`: all).
fn leaves(tree: &[String], before: &[String]) -> Vec<(Vec<String>, String)> {
    let mut path = before.to_vec();
    let mut at = 0;
    while let Some(word) = tree.get(at) {
        match word.as_str() {
            "{" => {
                let inner = &tree[at + 1..closing(tree, at)];
                return branches(inner).into_iter().flat_map(|branch| leaves(branch, &path)).collect();
            }
            "*" => return vec![(path, "*".into())],
            "as" => return vec![(path, tree[at + 1].clone())],
            "::" if path.is_empty() => path.push("::".into()),
            "::" => {}
            "self" if !path.is_empty() => {}
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
    let name = path.last().cloned().unwrap_or_default();
    if path.is_empty() { Vec::new() } else { vec![(path, name)] }
}

/// What stands between the commas that are in no bracket.
fn branches(words: &[String]) -> Vec<&[String]> {
    let mut branches = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, word) in words.iter().enumerate() {
        match word.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                branches.push(&words[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    branches.push(&words[start..]);
    branches.retain(|branch| !branch.is_empty());
    branches
}

/// The file of a module named in the module `within` (a path below `src` without its ending).
fn below(src: &Path, within: &Path, name: &str) -> Option<Module> {
    let own = within.join(name);
    let files = [own.with_extension("rs"), own.join("mod.rs")];
    let file: &PathBuf = files.iter().find(|file| src.join(file).exists())?;
    let mut module = Module { file: file.to_string_lossy().into_owned(), ..Module::default() };
    let text = fs::read_to_string(src.join(file)).unwrap();
    module.fill(&words(&text), &|child| below(src, &own, child));
    Some(module)
}

/// Where the bracket that opens at `at` closes.
fn closing(words: &[String], at: usize) -> usize {
    let mut depth = 0;
    for (index, word) in words.iter().enumerate().skip(at) {
        match word.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    words.len() - 1
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names and signs; comments and what stands in quotes left out.
fn words(text: &str) -> Vec<String> {
    let text: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    let is = |at: usize, sign: &str| sign.chars().enumerate().all(|(index, c)| text.get(at + index) == Some(&c));
    while let Some(&c) = text.get(at) {
        if is(at, "//") {
            while text.get(at).is_some_and(|c| *c != '\n') {
                at += 1;
            }
        } else if is(at, "/*") {
            while at < text.len() && !is(at, "*/") {
                at += 1;
            }
            at += 2;
        } else if let Some(hashes) = raw(&text, at) {
            let end = format!("\"{}", "#".repeat(hashes));
            while text.get(at) != Some(&'"') {
                at += 1;
            }
            at += 1;
            while at < text.len() && !is(at, &end) {
                at += 1;
            }
            at += end.len();
        } else if c == '"' {
            at += 1;
            while text.get(at).is_some_and(|c| *c != '"') {
                at += if text[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if c == '\'' {
            // A character, or the name of a lifetime.
            if is(at + 1, "\\") {
                at += 3;
                while text.get(at).is_some_and(|c| *c != '\'') {
                    at += 1;
                }
                at += 1;
            } else {
                at += if text.get(at + 2) == Some(&'\'') { 3 } else { 1 };
            }
        } else if c.is_alphanumeric() || c == '_' {
            let end =
                (at..text.len()).find(|at| !(text[*at].is_alphanumeric() || text[*at] == '_')).unwrap_or(text.len());
            words.push(text[at..end].iter().collect());
            at = end;
        } else if is(at, "::") {
            words.push("::".into());
            at += 2;
        } else {
            if !c.is_whitespace() {
                words.push(c.to_string());
            }
            at += 1;
        }
    }
    words
}

/// The hashes of a raw text that begins here.
fn raw(text: &[char], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    if before.is_some_and(|c| c.is_alphanumeric() || *c == '_') {
        return None;
    }
    let start = at + usize::from(text.get(at) == Some(&'b'));
    if text.get(start) != Some(&'r') {
        return None;
    }
    let hashes = text[start + 1..].iter().take_while(|c| **c == '#').count();
    (text.get(start + 1 + hashes) == Some(&'"')).then_some(hashes)
}
