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
    Command::new(env!("CARGO_BIN_EXE_conformance")).args(arguments).current_dir(folder).output().unwrap()
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

#[test]
fn a_provider_that_takes_messages_and_never_answers_fails_every_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for tcp in listener.incoming() {
            swallow(tcp.unwrap());
        }
    });
    let ca = authority().join("ca.pem");
    let config = format!(
        "authority = {ca:?}\ntls_authority = {ca:?}\nwait = 1\nrecipient = \"bob@beta.example\"\n\
         [submission]\naddress = \"{address}\"\nname = \"localhost\"\nsecurity = \"clear\"\n\
         [sender]\naddress = \"anna@alfa.example\"\npassword = \"x\"\n[read]\nfolder = \".\"\n"
    );
    std::fs::write(folder.path().join("provider.toml"), config).unwrap();
    let output = conformance(&["run", "provider.toml", "--verbose"], folder.path());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("pass   [R-5.2-a]"), "{text}");
    for id in ["[R-1.2.3-a]", "[R-3.3.2-b]", "[R-3.3.2.1-a]", "[R-3.3.2.2-a]", "[R-3.3.2.3-a]", "[R-3.1.1-d]"] {
        assert!(text.contains(&format!("FAIL   {id}")), "{id}: {text}");
    }
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
