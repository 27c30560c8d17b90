//! The first thing that a newcomer tries.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use conformance::mime::Entity;
use harness::Running;

use crate::house::{PATIENCE, find, judge, laboratory, original, run, sigillo, succeed};

const FILES: [(&str, &str); 6] = [
    ("acceptance", "acceptance"),
    ("envelope", "transport-envelope"),
    ("envelope-cc", "transport-envelope"),
    ("take-charge", "take-charge"),
    ("delivery", "delivery"),
    ("delivery-cc", "delivery"),
];

fn verify(out: &Path, name: &str) -> Command {
    let mut command = sigillo();
    command.arg("verify").arg("--ca").arg(out.join("ca.pem")).arg(out.join(name));
    command
}

#[test]
fn the_demo_leaves_messages_that_everybody_can_verify() {
    let folder = tempfile::tempdir().unwrap();
    let out = &folder.path().join("out");
    let shown = succeed(sigillo().args(["demo", "--once", "--out"]).arg(out));
    assert!(shown.contains("Everything is there"), "{shown}");
    let ca = &out.join("ca.pem");

    for (name, kind) in FILES {
        let file = &out.join(format!("{name}.eml"));
        let message = fs::read(file).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-verify", "-out", "/dev/null", "-CAfile"]).arg(ca).arg("-in").arg(file);
        succeed(&mut openssl);
        judge(ca, &message, kind);
        let words = succeed(&mut verify(out, &format!("{name}.eml")));
        assert!(
            words.contains("Autentico: Alfa PEC S.p.A.") || words.contains("Autentico: Beta PEC S.p.A."),
            "{words}"
        );

        let json = succeed(verify(out, &format!("{name}.eml")).arg("--json"));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["verdict"], "authentic");
        assert_eq!(json["kind"], kind);
        assert_eq!(json["subject"], "Diffida ad adempiere: perché è urgente", "{name}");
        assert_eq!(json["sender"], "mario.rossi@alfa.example");

        // One letter of the certified sender becomes another, in the signed part.
        let at = message.windows(5).rposition(|window| window == b"mario").or_else(|| find(&message, b"bWFyaW8"));
        let at = at.unwrap_or(message.len() / 2);
        let mut tampered = message.clone();
        tampered[at] = if tampered[at] == b'n' { b'm' } else { b'n' };
        fs::write(out.join("tampered.eml"), tampered).unwrap();
        let (status, stdout, _) = run(&mut verify(out, "tampered.eml"));
        assert_eq!(status.code(), Some(1), "{name} tampered at {at}: {stdout}");
    }

    let sent = fs::read(out.join("original.txt")).unwrap();
    let attachment = b"bnVtZXJvO2RhdGE7aW1wb3J0bwoxMjsyMDI2LTA5LTMwOzEyMzQsNTYKMTM7MjAyNi0xMC0zMTs5\r\nODcsMDAK\r\n";
    for name in ["envelope", "envelope-cc", "delivery"] {
        let carried = original(&fs::read(out.join(format!("{name}.eml"))).unwrap());
        assert!(find(&carried, attachment).is_some(), "{name}: the attachment is not there");
        assert_eq!(Entity::parse(&carried).body, Entity::parse(&sent).body, "{name}");
    }
}

#[test]
fn the_demo_ends_with_a_line_by_which_a_client_reads_the_first_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = sigillo();
    demo.arg("demo").env("TMPDIR", folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let demo = Running::start_for(&mut demo, PATIENCE).unwrap();
    let mut lines = BufReader::new(demo.stdout().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.trim_start().starts_with("curl ")).unwrap();
    assert!(lines.any(|line| line.starts_with("Ctrl-C ends everything")));
    let receipt = succeed(Command::new("sh").args(["-c", &format!("{line} --silent --show-error")]));
    assert!(receipt.contains("Subject: ACCETTAZIONE"), "{receipt}");
}

#[test]
fn what_proves_nothing_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plain.eml");
    fs::write(&file, "From: a@b.it\r\nTo: c@d.it\r\nSubject: x\r\n\r\nciao\r\n").unwrap();
    let (status, stdout, _) = run(sigillo().arg("verify").arg(&file));
    assert_eq!(status.code(), Some(1));
    assert!(stdout.contains("This file proves nothing"), "{stdout}");

    // A wrong command line is no verdict.
    let (status, _, stderr) = run(sigillo().arg("verify"));
    assert_eq!(status.code(), Some(64), "{stderr}");
    let (status, help, _) = run(sigillo().args(["verify", "--help"]));
    assert!(status.success() && help.contains("Exit code"), "{help}");

    let missing = folder.path().join("missing.eml");
    let (status, _, stderr) = run(sigillo().arg("verify").arg(&missing));
    assert_eq!(status.code(), Some(66));
    assert!(stderr.contains("missing.eml"), "{stderr}");
}

#[test]
fn a_laboratory_is_not_made_over_something_else() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "x").unwrap();
    let (status, _, stderr) = run(sigillo().arg("lab").arg(folder.path()));
    assert_eq!(status.code(), Some(73));
    assert!(stderr.contains("is not empty"), "{stderr}");

    let made = folder.path().join("lab");
    let shown = succeed(sigillo().arg("lab").arg(&made));
    assert!(shown.contains("sigillo serve --config"), "{shown}");
    let other = laboratory(&folder.path().join("other"));
    assert!(other.ldif.exists() && made.join("directory.p7m").exists());
}

#[test]
fn a_wrong_name_in_a_laboratory_is_answered_with_the_right_ones() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("lab");
    succeed(sigillo().arg("lab").arg(&dir));
    let (status, _, stderr) = run(sigillo().arg("lab").arg(&dir).args(["--send", "good", "--to", "x@nowhere.example"]));
    assert!(status.code() == Some(64) && stderr.contains("nowhere.example, but alfa.example"), "{stderr}");
    let (status, _, stderr) = run(sigillo().args(["lab", "revoke"]).arg(&dir).arg("gamma"));
    assert!(status.code() == Some(65) && stderr.contains("can be revoked: alfa, beta"), "{stderr}");
}
