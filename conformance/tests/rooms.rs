//! Who may call whom: the table of `docs/architecture.md` against the `Cargo.toml` of every crate.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

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
                let wrong = used(manifest, &ours).into_iter().filter(|other| !may.contains(other));
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
