//! What the operator is told: by the program when something is wrong, by the local port when all is well.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use crate::house::{World, get, laboratory, letter, port, run, sigillo};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";

#[test]
fn a_wrong_key_is_said_with_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let config = &lab.providers[0].config;
    let right = fs::read_to_string(config).unwrap();
    for (line, key) in [("recipents = 600", "recipents"), ("recipients = 20", "recipients")] {
        let wrong = right.replacen("[smtp.limits]\n", &format!("[smtp.limits]\n{line}\n"), 1);
        let number = wrong.lines().position(|found| found == line).unwrap() + 1;
        fs::write(config, wrong).unwrap();
        let (status, _, stderr) = run(sigillo().args(["serve", "--config"]).arg(config));
        assert_eq!(status.code(), Some(78), "{stderr}");
        assert!(stderr.contains(&format!("sigillo.toml:{number}:")), "{stderr}");
        assert!(stderr.contains(key), "{stderr}");
    }
    let (status, _, stderr) = run(sigillo().args(["serve", "--config"]).arg(folder.path().join("nowhere.toml")));
    assert_eq!(status.code(), Some(78), "{stderr}");
    assert!(stderr.contains("nowhere.toml"), "{stderr}");
}

#[test]
fn a_port_in_use_is_said_before_the_store_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let provider = &lab.providers[0];
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, provider.ports.submission)).unwrap();
    let looks = || {
        let files = fs::read_dir(provider.folder.join("store")).unwrap().map(|entry| entry.unwrap());
        let mut looks: Vec<_> =
            files.map(|file| (file.file_name(), file.metadata().unwrap().modified().unwrap())).collect();
        looks.sort();
        looks
    };
    let before = looks();
    let (status, _, stderr) = run(sigillo().args(["serve", "--config"]).arg(&provider.config));
    assert_eq!(status.code(), Some(71), "{stderr}");
    assert!(stderr.contains(&format!("cannot listen on {}", taken.local_addr().unwrap())), "{stderr}");
    assert_eq!(looks(), before);
}

#[test]
fn two_processes_do_not_share_a_store() {
    let world = World::up();
    let ports = world.alfa.ports();
    let mut text = fs::read_to_string(&world.alfa.provider.config).unwrap();
    for taken in ports.all() {
        text = text.replacen(&format!("127.0.0.1:{taken}"), &format!("127.0.0.1:{}", port()), 1);
    }
    let second = world.alfa.provider.folder.join("second.toml");
    fs::write(&second, text).unwrap();
    let (status, _, stderr) = run(sigillo().args(["serve", "--config"]).arg(&second));
    assert_eq!(status.code(), Some(69), "{stderr}");
    assert!(stderr.contains(&format!("process {}", world.alfa.process())), "{stderr}");
    assert!(stderr.contains("is in use by another Sigillo"), "{stderr}");
    assert!(get(ports.admin, "/health").unwrap().starts_with("HTTP/1.1 200"), "the first was disturbed");
}

#[test]
fn one_message_to_one_recipient_costs_four_signatures() {
    let world = World::up();
    for house in [&world.alfa, &world.beta] {
        let health = get(house.ports().admin, "/health").unwrap();
        assert!(health.starts_with("HTTP/1.1 200") && health.contains(&house.provider.name), "{health}");
        assert_eq!(house.metric("sigillo_emitted_total").unwrap_or(0.0), 0.0);
    }
    let flushes = |house: &crate::house::House| house.metric("sigillo_store_flushes_total").unwrap();
    let before = (flushes(&world.alfa), flushes(&world.beta));
    world.submit(&[ANNA], letter(ANNA, "una")).unwrap();
    world.alfa.one(MARIO, "delivery");
    world.alfa.one("ricevute@alfa.example", "take-charge");
    world.settle();

    // Acceptance and envelope; take-charge and delivery.
    assert_eq!(world.alfa.metric("sigillo_emitted_total"), Some(2.0));
    assert_eq!(world.beta.metric("sigillo_emitted_total"), Some(2.0));
    assert_eq!(world.beta.metric("sigillo_deposited_total"), Some(1.0), "the envelope");
    assert!(world.alfa.metric("sigillo_deposited_total") >= Some(1.0));
    assert!(flushes(&world.alfa) > before.0 && flushes(&world.beta) > before.1);
    assert_eq!(world.alfa.metric("sigillo_watches_open"), Some(0.0));
    assert!(get(world.alfa.ports().admin, "/metrics").unwrap().contains("# TYPE sigillo_emitted_total counter"));
}
