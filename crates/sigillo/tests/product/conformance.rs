//! The whole black-box suite on ourselves: a laboratory with one provider, a guest that the suite plays, a real clamd.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use conformance::config::Config;
use conformance::suite::{Choice, End, run};
use conformance::verdicts::{Findings, Standing};
use harness::Clamd;
use lab::{GuestPlan, Lab, LabPlan, Ports};

use crate::house::{House, port, sigillo, succeed};

/// What stays untested in a run on ourselves, and nothing else: silence takes a day (virtual time shows it in
/// `crates/provider`).
const SKIPPED: [&str; 6] = [
    "silence.nothing",
    "silence.taken-in-charge",
    "silence.late",
    "silence.each",
    "silence.answered",
    "silence.failed",
];

/// One provider, and one guest for the suite to play.
fn laboratory(folder: &Path) -> Lab {
    let now = provider::Clock::now(&provider::SystemClock);
    let mut plan = LabPlan::named(now, &["alfa"], lab::DEFAULT_BASE_PORT).unwrap();
    plan.providers[0].ports = Ports::of(std::array::from_fn(|_| port()));
    plan.guests.push(GuestPlan::parse(&format!("giudice=127.0.0.1:{}", port())).unwrap());
    lab::create(folder, &plan).unwrap()
}

/// The guest's configuration with a change. The laboratory was made by this test, and its mailboxes are read by the
/// program.
fn configuration(lab: &Lab, change: impl FnOnce(String) -> String) -> PathBuf {
    let path = lab.folder.join("giudice/provider.toml");
    let text = fs::read_to_string(&path).unwrap();
    let here = std::env::current_exe().unwrap().display().to_string();
    assert!(text.contains(&here), "{text}");
    fs::write(&path, change(text.replace(&here, env!("CARGO_BIN_EXE_sigillo")))).unwrap();
    path
}

#[test]
fn the_black_box_suite_finds_nothing_wrong_with_us() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let sizes = "StreamMaxLength 200M\nMaxFileSize 200M\nMaxScanSize 200M";
    let clamd = Clamd::start("Eicar-Test-Signature", "$EICAR-STANDARD-ANTIVIRUS-", sizes).unwrap();
    let mut alfa = House::new(&lab.providers[0]);
    alfa.edit("kind = \"none\"", &format!("kind = \"clamd\"\nsocket = \"{}\"", clamd.socket().display()));
    alfa.start();
    let config =
        configuration(&lab, |text| text.replace("virus = false", "virus = true").replace("wait = 30", "wait = 120"));

    let choice = Choice::default();
    let findings = Findings::new(run(Config::load(&config).unwrap(), &choice, |_, _| ()).unwrap(), &choice);
    let text = findings.text(false);
    assert!(findings.good(), "{text}");
    let not = |wanted: fn(&End) -> bool| -> Vec<&str> {
        findings.tests.iter().filter(|done| wanted(&done.end)).map(|done| done.test.name).collect()
    };
    assert_eq!(not(|end| matches!(end, End::Skip(_))), SKIPPED, "{text}");
    assert_eq!(not(|end| matches!(end, End::Advice(_))), Vec::<&str>::new(), "{text}");
    let untested = findings.standings.iter().filter(|(_, standing)| matches!(standing, Standing::Untested(_)));
    let untested: Vec<&str> = untested.map(|(requirement, _)| requirement.id).collect();
    let of_silence = |id: &&str| id.starts_with("R-3.1.6-") || ["R-2.1.1-b", "R-L-to-2"].contains(id);
    assert!(untested.iter().all(of_silence), "{untested:?}");

    // The report for machines holds as many cases as it says.
    let junit = folder.path().join("junit.xml");
    fs::write(&junit, findings.junit()).unwrap();
    let count = |what: &str| succeed(Command::new("xmllint").arg("--xpath").arg(what).arg(&junit)).trim().to_owned();
    assert_eq!(count("number(/testsuites/@tests)"), count("count(//testcase)"));
    assert_eq!(count("count(//testcase/failure)"), "0");
    assert_eq!(count("sum(//testsuite/@skipped)"), count("count(//testcase/skipped)"));
    assert_eq!(count("count(//testcase[starts-with(@name, 'R-')])"), findings.standings.len().to_string());

    alfa.stop();
    alfa.verify_store();
}

/// A provider that lets a virus pass fails the tests about that and no others.
#[test]
fn the_black_box_suite_tells_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let mut alfa = House::new(&lab.providers[0]);
    // Nothing is scanned here, and the suite is told that it is.
    alfa.start();
    let config =
        configuration(&lab, |text| text.replace("virus = false", "virus = true").replace("wait = 30", "wait = 5"));
    let choice = Choice { only: vec!["virus".into(), "formal.bcc".into()], patient: false };
    let findings = Findings::new(run(Config::load(&config).unwrap(), &choice, |_, _| ()).unwrap(), &choice);
    assert!(!findings.good());
    let failed: Vec<&str> =
        findings.tests.iter().filter(|done| matches!(done.end, End::Fail(_))).map(|done| done.test.name).collect();
    assert_eq!(failed, ["virus.submitted", "virus.attached", "virus.brought", "virus.not-delivered"]);
    let broken = |id: &str| findings.standings.iter().any(|(r, s)| r.id == id && matches!(s, Standing::Broken(_)));
    assert!(broken("R-3.1.3-z") && broken("R-3.2.3-a") && !broken("R-3.1.1-e"));
}

#[test]
fn a_guest_has_keys_a_record_and_a_route_and_the_laboratory_remembers_it() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("lab");
    let lab = || {
        let mut command = sigillo();
        command.arg("lab").arg(&made).args(["--provider", "alfa", "--guest", "giudice=127.0.0.1:25990"]);
        command
    };
    let shown = succeed(&mut lab());
    assert!(shown.contains("Giudice PEC S.p.A."), "{shown}");
    for name in ["signing", "renewed", "unlisted", "expired", "tls"] {
        for kind in ["key", "pem"] {
            assert!(made.join(format!("giudice/{name}.{kind}")).exists(), "{name}.{kind}");
        }
    }
    let ldif = fs::read_to_string(made.join("directory.ldif")).unwrap();
    assert!(ldif.contains("mailReceipt: ricevute@giudice.example"), "{ldif}");
    let config = fs::read_to_string(made.join("alfa/sigillo.toml")).unwrap();
    assert!(config.contains("\"giudice.example\" = \"127.0.0.1:25990\""), "{config}");
    Config::load(&made.join("giudice/provider.toml")).unwrap();
    // The same plan finds it, another does not.
    succeed(&mut lab());
    let (status, _, stderr) = crate::house::run(sigillo().arg("lab").arg(&made).args(["--provider", "alfa"]));
    assert_eq!(status.code(), Some(73), "{stderr}");
    let (status, _, stderr) = crate::house::run(lab().args(["--guest", "altro=host:25"]));
    assert_eq!(status.code(), Some(64), "{stderr}");
    assert!(stderr.contains("NAME=HOST:PORT"), "{stderr}");
}
