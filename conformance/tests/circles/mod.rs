//! Circles of files inside a crate, read from the text: which file names what of which other.
//!
//! `mod x;` and `pub use x::Y;` in a parent are shelves and count for nothing; whoever names `Y` through the parent is
//! taken to `x`. Every other path that begins with `crate`, `super`, `self` or a module at hand counts, in a `use` or in
//! the middle of the code. What stands under `#[cfg(test)]` is left out: tests may name what they like. A method that is
//! called by its name alone is not seen.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub use source::Module;

/// A file to the files whose names it uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The circles among the files of the crate whose `src` this is; each is told as its files in order.
pub fn circles(src: &Path) -> Vec<Vec<String>> {
    let mut circles = Vec::new();
    for root in ["lib.rs", "main.rs"] {
        if src.join(root).exists() {
            circles.extend(among(&uses(&Module::read(src, root))));
        }
    }
    circles
}

/// Which file uses which.
pub fn uses(root: &Module) -> Uses {
    let mut uses = Uses::new();
    let mut open = vec![Vec::new()];
    while let Some(at) = open.pop() {
        let Some(module) = root.at(&at) else { continue };
        for path in &module.paths {
            if let Some(file) = definer(root, &at, path, 0).filter(|file| *file != module.file) {
                uses.entry(module.file.clone()).or_default().insert(file);
            }
        }
        open.extend(module.children.keys().map(|child| [&at[..], std::slice::from_ref(child)].concat()));
    }
    uses
}

/// More re-exports in a row than any crate has: two that name each other would turn for ever.
const MOST_SHELVES: usize = 16;

/// The file that defines what `path` names, seen from the module `at`; `None`: nothing of this crate.
fn definer(root: &Module, at: &[String], path: &[String], depth: usize) -> Option<String> {
    if depth > MOST_SHELVES {
        return None;
    }
    let mut here = at.to_vec();
    let mut rest = path;
    match rest.first()?.as_str() {
        "crate" => here.clear(),
        "self" => {}
        "super" => {
            here.pop()?;
        }
        first if root.at(at)?.children.contains_key(first) => rest = &[],
        _ => return None,
    }
    // A module at hand is the first step itself.
    let mut rest = if rest.is_empty() { path } else { &rest[1..] };
    while rest.first().is_some_and(|step| step == "super") {
        here.pop()?;
        rest = &rest[1..];
    }
    loop {
        let module = root.at(&here)?;
        let Some(step) = rest.first() else { return Some(module.file.clone()) };
        if module.children.contains_key(step) {
            here.push(step.clone());
            rest = &rest[1..];
            continue;
        }
        if module.defines.contains(step) {
            return Some(module.file.clone());
        }
        if let Some(target) = module.imports.get(step) {
            let whole = [target, &rest[1..]].concat();
            // What comes from another crate is nobody's here.
            return definer(root, &here, &whole, depth + 1);
        }
        let mut through = module.globs.iter().filter_map(|target| {
            let whole = [target, rest].concat();
            definer(root, &here, &whole, depth + 1).filter(|file| *file != module.file)
        });
        // A module that merely shows all names of another knows none of its own; at the first step it is the module's.
        return match through.next() {
            Some(file) => Some(file),
            None if depth == 0 || !rest[1..].is_empty() => Some(module.file.clone()),
            None => None,
        };
    }
}

/// The files that reach themselves, in groups.
pub fn among(uses: &Uses) -> Vec<Vec<String>> {
    let reached = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> = uses.get(from).into_iter().flatten().collect();
        while let Some(file) = open.pop() {
            if seen.insert(file) {
                open.extend(uses.get(file).into_iter().flatten());
            }
        }
        seen
    };
    let reach: BTreeMap<&String, BTreeSet<&String>> = uses.keys().map(|file| (file, reached(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, far) in &reach {
        if far.contains(file) {
            let together = far.iter().filter(|other| reach.get(*other).is_some_and(|back| back.contains(file)));
            circles.insert(together.map(|file| (*file).clone()).collect::<Vec<_>>());
        }
    }
    circles.into_iter().collect()
}
