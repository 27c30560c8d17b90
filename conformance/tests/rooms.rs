//! Who may call whom: the table of `docs/architecture.md` against the `Cargo.toml` of every crate, and no circle of files
//! within a crate.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod circles;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Room to the rooms it may use; `None`: all.
type Rooms = BTreeMap<String, Option<BTreeSet<String>>>;

/// The names in a cell, what stands in brackets left out.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split(',').map(|name| name.split('(').next().unwrap().trim().to_owned()).collect()
}

/// The table that begins with `| room | may use |`.
fn table(page: &str) -> Rooms {
    let rows = page.lines().skip_while(|line| !line.starts_with("| room | may use |")).skip(2);
    let mut rooms = Rooms::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let may = match cells[2] {
            "all" => None,
            "nothing of ours" => Some(BTreeSet::new()),
            cell => Some(names(cell)),
        };
        for room in names(cells[1]) {
            assert!(rooms.insert(room.clone(), may.clone()).is_none(), "{room} stands twice in the table");
        }
    }
    rooms
}

/// The crates that a manifest names among `ours`, whatever for: to run, to build or to test. `harness` counts only where
/// it is more than a test's.
fn used(manifest: &str, ours: &BTreeSet<String>) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let names = |table: &str| -> Vec<String> {
        manifest
            .get(table)
            .and_then(toml::Value::as_table)
            .map_or_else(Vec::new, |table| table.keys().cloned().collect())
    };
    // Every room's tests run programs.
    let to_test = names("dev-dependencies").into_iter().filter(|name| name != "harness");
    let named = ["dependencies", "build-dependencies"].into_iter().flat_map(names).chain(to_test);
    named.filter(|name| ours.contains(name)).collect()
}

/// What each crate uses and may not.
fn faults(rooms: &Rooms, manifests: &BTreeMap<String, String>) -> Vec<String> {
    let ours: BTreeSet<String> = manifests.keys().cloned().collect();
    let mut faults = Vec::new();
    for (name, manifest) in manifests {
        match rooms.get(name) {
            None => faults.push(format!("{name} has no row in the table")),
            Some(None) => {}
            Some(Some(may)) => {
                // A crate names itself where its tests in programs of their own need its feature `testing`.
                let others = used(manifest, &ours).into_iter().filter(|other| other != name);
                let wrong = others.filter(|other| !may.contains(other));
                faults.extend(wrong.map(|other| format!("{name} uses {other}")));
            }
        }
    }
    faults
}

fn manifests(root: &Path) -> BTreeMap<String, String> {
    let crates = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let all = crates.chain([root.join("conformance"), root.join("bench")]);
    all.map(|folder| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(folder.join("Cargo.toml")).unwrap())
    })
    .collect()
}

#[test]
fn no_crate_uses_a_room_that_it_may_not() {
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let root = Path::new(&package).parent().unwrap();
    let rooms = table(&fs::read_to_string(root.join("docs/architecture.md")).unwrap());
    let manifests = manifests(root);
    assert!(manifests.contains_key("pec") && manifests.contains_key("sigillo"), "the crates were found");
    assert_eq!(faults(&rooms, &manifests), Vec::<String>::new());
}

#[test]
fn a_forbidden_arrow_and_a_room_without_a_row_are_told() {
    let rooms = table(
        "| room | may use | never |\n|---|---|---|\n| pec | nothing of ours | x |\n| seal, store, smtp, harness | pec (types) | x |\n\
         | sigillo | all | x |\n\ntext | pec | seal |\n",
    );
    assert_eq!(rooms.len(), 6);
    let manifests: BTreeMap<String, String> = [
        ("pec", "[dev-dependencies]\nseal.workspace = true\n"),
        ("seal", "[dependencies]\npec.workspace = true\nbytes = \"1\"\n[dev-dependencies]\nharness.workspace = true\n"),
        ("store", "[dependencies]\nseal.workspace = true\n"),
        ("sigillo", "[dependencies]\nstore.workspace = true\nseal.workspace = true\n"),
        ("web", "[dependencies]\nstore.workspace = true\n"),
        ("harness", ""),
        ("smtp", "[dependencies]\nharness.workspace = true\n[dev-dependencies]\nharness.workspace = true\n"),
    ]
    .map(|(name, manifest)| (name.to_owned(), manifest.to_owned()))
    .into();
    assert_eq!(
        faults(&rooms, &manifests),
        ["pec uses seal", "smtp uses harness", "store uses seal", "web has no row in the table"]
    );
}

#[test]
fn no_files_of_a_crate_use_each_other_in_a_circle() {
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let root = Path::new(&package).parent().unwrap();
    let crates = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let mut looked_at = 0;
    let mut faults = Vec::new();
    for folder in crates.chain([root.join("conformance"), root.join("bench")]) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        looked_at += 1;
        faults.extend(
            circles::circles(&folder.join("src")).into_iter().map(|files| format!("{name}: {}", files.join(", "))),
        );
    }
    assert!(looked_at > 5, "the crates were found");
    assert_eq!(faults, Vec::<String>::new(), "put what they share in a file of its own");
}

/// The circles of a crate in texts.
fn planted(texts: &[(&str, &str)]) -> Vec<Vec<String>> {
    circles::among(&circles::uses(&circles::Module::of(&texts.iter().copied().collect())))
}

#[test]
fn a_child_that_uses_what_its_parent_defines_and_whose_parent_calls_it_is_a_circle() {
    let child = ("a.rs", "use super::Shared;\npub fn go(_: Shared) {}");
    let called = "mod a;\npub struct Shared;\nfn start() { a::go(Shared) }";
    assert_eq!(planted(&[("lib.rs", called), child]), [["a.rs", "lib.rs"]]);
    let imported = "mod a;\nuse a::go;\npub struct Shared;\nfn start() { go(Shared) }";
    assert_eq!(planted(&[("lib.rs", imported), child]), [["a.rs", "lib.rs"]]);
    // A shelf is no use, in whatever form it stands there.
    let shown = "pub mod a;\npub use a::go;\npub(crate) use self::a::go as gone;\npub struct Shared;";
    assert_eq!(planted(&[("lib.rs", shown), child]), Vec::<Vec<String>>::new());
}

#[test]
fn three_files_in_a_round_are_told_also_when_each_names_the_next_through_the_shelf() {
    let crate_ = [
        ("lib.rs", "mod a;\nmod b;\npub mod c;\npub use a::A;\npub use b::B;\npub use c::deep::*;"),
        ("a.rs", "pub struct A(crate::B);"),
        ("b.rs", "use crate::{c::deep::C, nothing};\npub struct B(C);"),
        ("c/mod.rs", "pub mod deep;"),
        ("c/deep.rs", "pub struct C;\nimpl C { fn back(&self) -> Option<super::super::a::A> { None } }"),
    ];
    assert_eq!(planted(&crate_), [["a.rs", "b.rs", "c/deep.rs"]]);
    let mut through_all = crate_;
    through_all[2].1 = "use crate::C;\npub struct B(C);";
    assert_eq!(planted(&through_all), [["a.rs", "b.rs", "c/deep.rs"]], "a shelf of all names is looked through");
    through_all[0].1 = "mod a;\nmod b;\npub mod c;\npub use a::*;\npub use b::*;\npub use c::deep::*;";
    assert_eq!(planted(&through_all), [["a.rs", "b.rs", "c/deep.rs"]], "and so is each of several");
    let mut open = crate_;
    open[4].1 = "pub struct C;";
    assert_eq!(planted(&open), Vec::<Vec<String>>::new());
}

#[test]
fn what_tests_comments_and_texts_name_makes_no_circle() {
    let texts = [
        ("lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod tests;"),
        (
            "a.rs",
            "/// As [`crate::b::B`].\npub struct A(&'static str, char);\n\
             const A: A = A(\"use crate::b::B; \\\" crate::b::B\", '\"');\n/* crate::b::B */\n\
             const R: &str = r#\"\" crate::b::B \"#;\n\
             #[cfg(test)]\nmod tests { use crate::b::B; #[test] fn it() { crate::b::B; } }\n\
             #[cfg(test)]\nfn helper() { crate::b::B; }\n",
        ),
        ("b.rs", "use crate::a::A;\npub struct B(A);"),
        ("tests.rs", "use super::*;\nuse crate::{a, b};"),
    ];
    assert_eq!(planted(&texts), Vec::<Vec<String>>::new());
    let mut guilty = texts;
    let text = guilty[1].1.to_owned() + "pub fn late() { crate::b::B; }";
    guilty[1].1 = &text;
    assert_eq!(planted(&guilty), [["a.rs", "b.rs"]], "what follows the tests counts again");
}

#[test]
fn a_block_within_a_file_is_the_file() {
    let texts = [
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "pub mod inner { pub struct A(super::super::b::B); }"),
        ("b.rs", "pub struct B;\nfn f(_: super::a::inner::A) {}"),
    ];
    assert_eq!(planted(&texts), [["a.rs", "b.rs"]]);
}
