//! `docs/norm.md` tells the truth about every requirement id.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use conformance::norm::{scan, survey, write};

fn id(name: &str) -> String {
    // Written in two halves: a whole id in this file would count as a test of it.
    format!("[{}{name}]", "R-")
}

/// A project with one requirement for each name given, all with this status.
fn project(requirements: &[&str], status: &str, code: &str, test: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for folder in ["docs", "crates/pec/src", "crates/pec/tests", "conformance", "bench"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    let lines = |tail: &str| requirements.iter().map(|id| format!("R-{id}\t{tail}\n")).collect::<String>();
    let put = |name: &str, text: String| fs::write(root.path().join(name), text).unwrap();
    put("docs/requirements.tsv", format!("id\twhere\trequirement\n{}", lines("§1\ttext")));
    put("docs/norm.tsv", format!("id\tstatus\tshort\tnote\n{}", lines(&format!("{status}\tshort\t"))));
    put("crates/pec/src/lib.rs", code.to_owned());
    put("crates/pec/tests/rules.rs", test.to_owned());
    write(root.path()).unwrap();
    root
}

fn faults(root: &Path) -> Vec<String> {
    survey(root).unwrap().0
}

#[test]
fn this_project_is_in_order() {
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let root = Path::new(&package).parent().unwrap();
    assert_eq!(faults(root), Vec::<String>::new());
}

#[test]
fn code_and_test_together_make_a_requirement_done() {
    let named = format!("// {}\n", id("1-a"));
    for (code, test, status) in
        [(&*named, &*named, "done"), (&*named, "", "partly"), ("", &*named, "not"), ("", "", "not")]
    {
        let root = project(&["1-a"], "auto", code, test);
        let page = fs::read_to_string(root.path().join("docs/norm.md")).unwrap();
        assert!(page.contains(&format!("| R-1-a | short | {status} |")), "{status}: {page}");
        assert_eq!(faults(root.path()), Vec::<String>::new());
    }
}

#[test]
fn an_unknown_id_in_the_code_is_a_fault() {
    let root = project(&["1-a"], "auto", &format!("// {}\n", id("9-z")), "");
    assert_eq!(faults(root.path()), [format!("unknown requirement {} in crates/pec/src/lib.rs", id("9-z"))]);
}

#[test]
fn a_done_without_code_or_test_is_a_fault() {
    let named = format!("// {}\n", id("1-a"));
    for (code, test, wrong) in [(&*named, &*named, 0), (&*named, "", 1), ("", &*named, 1)] {
        assert_eq!(faults(project(&["1-a"], "done", code, test).path()).len(), wrong, "{code:?} {test:?}");
    }
}

#[test]
fn a_requirement_without_a_row_is_a_fault() {
    let root = project(&["1-a", "1-b"], "auto", "", "");
    fs::write(root.path().join("docs/norm.tsv"), "id\tstatus\tshort\tnote\nR-1-a\tauto\tshort\t\n").unwrap();
    write(root.path()).unwrap();
    assert_eq!(faults(root.path()), ["docs/norm.tsv: R-1-b is missing"]);
}

#[test]
fn a_page_that_is_behind_the_tree_is_a_fault() {
    let root = project(&["1-a"], "auto", "", "");
    fs::write(root.path().join("crates/pec/src/lib.rs"), format!("// {}\n", id("1-a"))).unwrap();
    assert_eq!(faults(root.path()), ["docs/norm.md is not up to date: run `make norm`"]);
}

#[test]
fn not_applicable_needs_a_reason_and_a_status_must_be_known() {
    assert_eq!(faults(project(&["1-a"], "n/a", "", "").path()).len(), 1);
    assert_eq!(faults(project(&["1-a"], "perhaps", "", "").path()).len(), 1);
}

#[test]
fn ids_in_test_modules_count_as_tests_and_those_after_them_as_code() {
    let [a, b, c, d] = ["1-a", "1-b", "1-c", "1-d"].map(id);
    let text = format!(
        "/// {a} {b}\nfn f() {{}}\n#[cfg(test)]\nmod tests {{\n    // {c}\n    fn g() {{\n    }}\n    // {a}\n}}\n// {d}\n"
    );
    let mut mentions = BTreeMap::new();
    scan("crates/pec/src/x.rs", &text, &mut mentions);
    let places = |id: &str| {
        let found = &mentions[id];
        (!found.code.is_empty(), !found.tests.is_empty())
    };
    assert_eq!(places("R-1-a"), (true, true));
    assert_eq!(places("R-1-b"), (true, false));
    assert_eq!(places("R-1-c"), (false, true));
    assert_eq!(places("R-1-d"), (true, false));
}

#[test]
fn a_field_or_a_variant_that_is_described_obeys_nothing() {
    let [a, b, c, d, e] = ["1-a", "1-b", "1-c", "1-d", "1-e"].map(id);
    let text = format!(
        "/// {a}\npub struct X {{\n    /// {b}\n    pub x: u8,\n}}\nenum Y {{\n    /// {c}\n    #[default]\n    One(u8),\n}}\n\
         impl X {{\n    /// {d}\n    #[inline]\n    pub(crate) fn f() {{\n        // {e}\n    }}\n}}\n"
    );
    let mut mentions = BTreeMap::new();
    scan("crates/pec/src/x.rs", &text, &mut mentions);
    for (id, counts) in [("R-1-a", true), ("R-1-b", false), ("R-1-c", false), ("R-1-d", true), ("R-1-e", true)] {
        assert_eq!(!mentions[id].code.is_empty(), counts, "{id}");
    }
}

#[test]
fn files_of_tests_and_suites_hold_tests_only() {
    for name in [
        "crates/a/tests/x.rs",
        "crates/a/src/tests.rs",
        "crates/a/src/suite.rs",
        "crates/a/src/suite/x.rs",
        "conformance/src/x.rs",
    ] {
        let mut mentions = BTreeMap::new();
        scan(name, &id("1-a"), &mut mentions);
        assert_eq!(mentions["R-1-a"].code, BTreeSet::new(), "{name}");
    }
}

#[test]
fn tests_of_the_checker_show_nothing_about_the_product() {
    let mut mentions = BTreeMap::new();
    scan("conformance/tests/check.rs", &id("1-a"), &mut mentions);
    assert_eq!((mentions["R-1-a"].code.len(), mentions["R-1-a"].tests.len()), (0, 0));
}
