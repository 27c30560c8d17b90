//! The daily log of a mixed run, in the customary form, before an auditor who shares no code with its writer.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use conformance::daylog::{Audit, audit};
use harness::Clamd;

use crate::house::{House, World, eventually, letter, run, sigillo, succeed};
use crate::proved::checked;

const ANNA: &str = "anna.bianchi@beta.example";
const MARIO: &str = "mario.rossi@alfa.example";
const NOBODY: &str = "nessuno@beta.example";

/// The files of a house's log, as text, in their order; a run over midnight has two.
fn exported(world: &World, house: &House, name: &str) -> Vec<PathBuf> {
    let out = world.scratch(name);
    let mut command = sigillo();
    command.args(["evidence", "export", "--from", "2026-01-01", "--form", "text", "--form", "p7m", "--form", "jsonl"]);
    command.arg("--out").arg(&out).arg("--config").arg(&house.provider.config);
    let said = succeed(&mut command);
    assert!(said.contains(".log.p7m: ") && said.contains("the day goes on"), "{said}");
    let mut files: Vec<PathBuf> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    files.sort();
    files
}

fn audited(house: &House, files: &[PathBuf]) -> Audit {
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    audit(&house.provider.name, &texts)
}

/// [R-O-log-2] [R-L-log-1]
#[test]
fn an_auditor_finds_no_anomaly_in_a_mixed_run_and_every_line_that_is_taken_away() {
    let clamd = Clamd::start("Prova", "PROVA-DI-VIRUS", "StreamMaxLength 100M").unwrap();
    let mut world = World::dark();
    for house in [&mut world.alfa, &mut world.beta] {
        house.edit("[relay]", "[evidence]\nheads = \"1s\"\n\n[evidence.daily]\nfolder = \"days\"\n\n[relay]");
    }
    world.beta.edit("kind = \"none\"", &format!("kind = \"clamd\"\nsocket = \"{}\"", clamd.socket().display()));
    world.alfa.start();
    world.beta.start();
    world.submit(&[ANNA], letter(ANNA, "Prima: gestore=Altro: tipo=x")).unwrap();
    world.submit(&[ANNA, MARIO, NOBODY], letter(&[ANNA, MARIO, NOBODY].join(", "), "A tre")).unwrap();
    world.submit(&[MARIO], letter(MARIO, "In casa")).unwrap();
    world.submit(&[ANNA], format!("{}PROVA-DI-VIRUS\r\n", letter(ANNA, "Infetta"))).unwrap();
    let long = "x".repeat(1200);
    world.submit(&[ANNA], format!("{}{long}\r\n", letter(ANNA, "Riga lunga"))).unwrap();
    world.alfa.kill();
    world.alfa.start();
    world.submit(&[ANNA], letter(ANNA, "Dopo")).unwrap();
    world.settle();
    for house in [&world.alfa, &world.beta] {
        eventually("everything to be sealed", || (checked(house)["unsealed"] == 0).then_some(()));
    }

    let (alfa, beta) = (exported(&world, &world.alfa, "alfa-log"), exported(&world, &world.beta, "beta-log"));
    let found = audited(&world.alfa, &alfa);
    assert_eq!((&found.anomalies, &found.open), (&Vec::new(), &Vec::new()));
    assert_eq!(found.messages, 6);
    let of_beta = audited(&world.beta, &beta);
    assert_eq!((&of_beta.anomalies, &of_beta.open), (&Vec::new(), &Vec::new()));
    assert_eq!(of_beta.messages, 4);
    let text: String = alfa.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let named = |line: &str| line.split_once(" (").unwrap().1.split_once(')').unwrap().0.to_owned();
    let names: BTreeSet<String> = text.lines().filter(|line| line.contains(": tipo=")).map(named).collect();
    let expected = [
        "Accettazione",
        "BustaTrasporto",
        "Consegna",
        "MancataConsegna",
        "MancataConsegnaVirus",
        "NonAccettazione",
        "PresaInCarico",
        "RilevazioneVirus",
    ];
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expected);

    // Whatever line is taken away, though the count be put right: what it leaves is contradicted, or waits for it.
    let only = fs::read_to_string(&alfa[0]).unwrap();
    let lines: Vec<&str> = only.lines().collect();
    let events = lines.iter().filter(|line| line.contains(": tipo=")).count();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(": tipo=")) {
        let mut fewer = lines.clone();
        fewer.remove(at);
        let text = fewer.join("\n").replace(&format!("eventi={events}"), &format!("eventi={}", events - 1));
        let mut rest: Vec<String> = alfa[1..].iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        rest.insert(0, text);
        let found = audit(&world.alfa.provider.name, &rest);
        let is_found = !found.anomalies.is_empty() || !found.open.is_empty();
        // Who was refused has nothing else.
        assert!(is_found || named(line).starts_with("NonAccettazione"), "{line}");
    }
    // By the tool, too.
    let log = |files: &[PathBuf]| {
        let mut tool = Command::new("openssl");
        tool.args(["cms", "-verify", "-inform", "DER", "-binary", "-purpose", "any", "-CAfile"]).arg(&world.lab.ca);
        run(tool.arg("-in").arg(files[0].with_extension("log.p7m")))
    };
    let (status, said, wrong) = log(&alfa);
    assert!(status.success() && said == only, "{wrong}");
    // Nothing that is there is replaced, and a day of which nothing is known is told.
    let again = exported(&world, &world.alfa, "alfa-log");
    assert_eq!((again.len(), fs::read_to_string(&alfa[0]).unwrap()), (2 * alfa.len(), only));
    let none = world.scratch("none");
    let mut command = sigillo();
    command.args(["evidence", "export", "2001-01-01", "--out"]).arg(none);
    let (status, _, wrong) = run(command.arg("--config").arg(&world.alfa.provider.config));
    assert!(status.code() == Some(69) && wrong.contains("no head seals rows of these days"), "{wrong}");
    let (status, _, wrong) = run(sigillo().args(["evidence", "export", "27/11/2026", "--out", "x", "--config", "y"]));
    assert!(status.code() == Some(64) && wrong.contains("expected a day, as \"2026-11-27\""), "{wrong}");
}
