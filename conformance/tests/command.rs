//! The command line: exit codes, reports, and a provider that takes messages and never answers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod sample;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use sample::{Sample, authority};

fn conformance(arguments: &[&str], folder: &Path) -> Output {
    harness::output(Command::new(env!("CARGO_BIN_EXE_conformance")).args(arguments).current_dir(folder)).unwrap()
}

#[test]
fn a_folder_of_good_messages_ends_with_zero_and_a_bad_one_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let ca = authority().join("ca.pem").display().to_string();
    let check = || conformance(&["check", ".", "--ca", &ca, "--junit", "junit.xml"], folder.path());
    std::fs::write(folder.path().join("acceptance.eml"), Sample::good("acceptance").sign()).unwrap();
    let good = check();
    assert_eq!(good.status.code(), Some(0), "{}", String::from_utf8_lossy(&good.stdout));
    let mut bad = Sample::good("delivery");
    bad.set("To", Some("altri@alfa.example"));
    std::fs::create_dir(folder.path().join("deeper")).unwrap();
    std::fs::write(folder.path().join("deeper/delivery.eml"), bad.sign()).unwrap();
    let output = check();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("deeper/delivery.eml (delivery)") && text.contains("FAIL   [R-2.1-f]"), "{text}");
    assert!(std::fs::read_to_string(folder.path().join("junit.xml")).unwrap().contains("failures=\"1\""));
}

#[test]
fn where_nothing_can_be_judged_the_exit_code_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = conformance(&["check", "."], folder.path());
    assert_eq!(output.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no .eml file"));
    assert_eq!(conformance(&["check", ".", "--ca", "missing.pem"], folder.path()).status.code(), Some(69));
}

/// A configuration for a provider at `address`, without a peer.
fn configuration(folder: &Path, address: &str) {
    let ca = authority().join("ca.pem");
    let config = format!(
        "authority = {ca:?}\ntls_authority = {ca:?}\nwait = 1\nrecipient = \"bob@alfa.example\"\n\
         unknown = \"nessuno@alfa.example\"\nordinary = \"x@ordinario.example\"\n\
         [submission]\naddress = \"{address}\"\nname = \"localhost\"\nsecurity = \"clear\"\n\
         [sender]\naddress = \"anna@alfa.example\"\npassword = \"x\"\n[read]\nfolder = \".\"\n"
    );
    std::fs::write(folder.join("provider.toml"), config).unwrap();
}

/// A folder with the configuration of a provider that takes messages and never answers, and runs.
fn before_a_silent_provider() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    configuration(folder.path(), &listener.local_addr().unwrap().to_string());
    thread::spawn(move || {
        for tcp in listener.incoming() {
            let tcp = tcp.unwrap();
            thread::spawn(|| swallow(tcp));
        }
    });
    folder
}

/// The tests of a run whose line begins with this word.
fn told(text: &str, word: &str) -> Vec<String> {
    let tests = text.split("\nRFC 6109").next().unwrap();
    let lines = tests.lines().filter_map(|line| line.trim_start().strip_prefix(word));
    lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn a_provider_that_takes_messages_and_never_answers_passes_nothing_that_needs_an_answer() {
    let folder = before_a_silent_provider();
    let output = conformance(&["run", "provider.toml", "--verbose", "--junit", "junit.xml"], folder.path());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    // It asks for a login and takes any; it announces no limit and so keeps the one of the law.
    assert_eq!(told(&text, "pass "), ["access.login", "access.thirty"], "{text}");
    let failed = told(&text, "FAIL ");
    for name in ["access.password", "access.clear", "access.size", "formal.empty-bcc", "exchange.complete"] {
        assert!(failed.iter().any(|found| found == name), "{name}: {text}");
    }
    assert_eq!(failed.iter().filter(|name| name.starts_with("exchange.")).count(), 10);
    // Each requirement of the norm has its line: broken, for want of a peer untested, not to be seen.
    let ids = text.lines().filter(|line| line.split_whitespace().nth(1).is_some_and(|word| word.starts_with("R-")));
    assert_eq!(ids.count(), include_str!("../../docs/norm.tsv").lines().count() - 1);
    for line in ["FAIL     R-3.4-a", "untested R-3.2.1-a", "unseen   R-5.6-a", "untested R-3.1.6-c"] {
        assert!(text.contains(&format!("  {line} ")), "{line}: {text}");
    }
    assert!(text.contains("needs [peer] and [incoming]"), "{text}");
    let junit = folder.path().join("junit.xml");
    let schema = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/junit.xsd");
    let valid =
        harness::output(Command::new("xmllint").arg("--noout").arg("--schema").arg(schema).arg(&junit)).unwrap();
    assert!(valid.status.success(), "{}", String::from_utf8_lossy(&valid.stderr));
    let lint =
        harness::output(Command::new("xmllint").arg("--xpath").arg("count(//testcase/failure) > 10").arg(&junit))
            .unwrap();
    assert_eq!(String::from_utf8_lossy(&lint.stdout).trim(), "true");
}

#[test]
fn one_test_can_be_chosen_by_its_name_its_group_or_its_requirement() {
    let folder = before_a_silent_provider();
    let output = conformance(&["run", "provider.toml", "--verbose", "--only", "access.login"], folder.path());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("1 tests: 1 pass") && text.contains("R-5.2-a") && !text.contains("R-3.4-a"), "{text}");
    let output = conformance(&["run", "provider.toml", "--only", "R-L-12-2"], folder.path());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("2 tests: 1 pass, 1 skipped"), "{text}");
    let output = conformance(&["run", "provider.toml", "--only", "nothing"], folder.path());
    assert_eq!(output.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&output.stderr).contains("conformance list"));
}

#[test]
fn where_no_provider_answers_nothing_is_said_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    configuration(folder.path(), &nobody.to_string());
    let output = conformance(&["run", "provider.toml"], folder.path());
    assert_eq!(output.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&nobody.to_string()));
}

#[test]
fn the_list_names_each_test_once_with_what_it_shows_and_needs() {
    let folder = tempfile::tempdir().unwrap();
    let text = String::from_utf8(conformance(&["list"], folder.path()).stdout).unwrap();
    let mut names: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ')).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count > 150, "{count} tests");
    assert!(text.contains("tree.unlisted\n") && text.contains("needs [peer] and [incoming], peer.unlisted"), "{text}");
    assert_eq!(text.matches("needs [peer] and [incoming], --patient: 12 to 24 hours").count(), 6);
}

/// Speaks enough SMTP to take messages, without pipelining.
fn swallow(mut tcp: TcpStream) {
    let mut lines = BufReader::new(tcp.try_clone().unwrap()).lines();
    let mut authenticated = false;
    tcp.write_all(b"220 ready\r\n").unwrap();
    while let Some(Ok(line)) = lines.next() {
        let reply = match line.get(..4) {
            Some("AUTH") => {
                authenticated = true;
                "235 in"
            }
            Some("MAIL") if !authenticated => "530 5.7.0 authenticate first",
            Some("DATA") => {
                tcp.write_all(b"354 go on\r\n").unwrap();
                lines.by_ref().map_while(Result::ok).find(|line| line == ".").unwrap();
                "250 taken"
            }
            _ => "250 ok",
        };
        tcp.write_all(format!("{reply}\r\n").as_bytes()).unwrap();
    }
}
