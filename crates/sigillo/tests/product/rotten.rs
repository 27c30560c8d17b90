//! Damage that nobody met yet is found while the provider runs, told, and forgotten when it is mended or known.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::house::{House, World, eventually, get, letter, run};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";
const WARNING: &str = "warning: what is kept is damaged in places";

/// The files of large originals.
fn originals(house: &House) -> Vec<PathBuf> {
    let list =
        |folder: &Path| -> Vec<PathBuf> { fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect() };
    let root = house.provider.folder.join("store/originals");
    list(&root).iter().flat_map(|folder| list(folder)).filter(|path| path.extension().is_none()).collect()
}

#[test]
fn a_rotten_original_is_found_while_serving() {
    let mut world = World::up();
    let alfa = &mut world.alfa;
    alfa.stop();
    // One round after the other.
    alfa.edit("path = \"store\"", "path = \"store\"\ncheck_every = \"1s\"\ncheck_rate = \"100 MiB\"");
    alfa.start();
    let text = format!("{}{}", letter(ANNA, "grande"), "Una riga che si ripete.\r\n".repeat(20_000));
    world.submit(&[ANNA], text).unwrap();
    world.alfa.one(MARIO, "delivery");
    world.settle();
    let health = || get(world.alfa.ports().admin, "/health").unwrap();
    let told = |is: bool, what: &str| eventually(what, || (health().contains(WARNING) == is).then_some(()));
    eventually("a full round has ended", || health().contains("the last full round ended").then_some(()));
    assert!(!health().contains(WARNING));

    let files = originals(&world.alfa);
    let file = files.first().expect("a large original is a file");
    let good = fs::read(file).unwrap();
    let mut rotten = good.clone();
    rotten[good.len() / 2] ^= 1;
    fs::write(file, &rotten).unwrap();
    told(true, "the damage is told");
    assert!(health().contains(file.file_name().unwrap().to_str().unwrap()), "{}", health());
    assert_eq!(world.alfa.metric("sigillo_store_damaged"), Some(1.0));
    let status = world.alfa.administer(&["status"]);
    assert!(status.contains("damaged places that the check found: 1"), "{status}");
    let found = || world.alfa.log().matches("store-damage-found").count();
    assert_eq!(found(), 1);

    // It is also asked for: one place, read and found.
    let fetch = |number: u32| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--ssl-reqd", "--cacert"]).arg(&world.lab.tls_ca);
        curl.args(["--user", &format!("{MARIO}:{}", world.alfa.password("mario.rossi"))]);
        run(curl.arg(format!("pop3s://127.0.0.1:{}/{number}", world.alfa.ports().pop3_tls)))
    };
    for number in 1..=2 {
        assert!(fetch(number).1.len() < good.len(), "what is rotten is not given out");
    }
    assert!(health().contains("store-damage: "), "{}", health());
    assert_eq!(world.alfa.metric("sigillo_store_damaged"), Some(1.0));

    fs::write(file, &good).unwrap();
    told(false, "what is whole again is forgotten");
    fs::write(file, &rotten).unwrap();
    told(true, "it is told anew");
    world.alfa.administer(&["store", "acknowledge"]);
    told(false, "what is known is no trouble");
    assert_eq!(world.alfa.metric("sigillo_store_damaged"), Some(0.0));
    assert_eq!(found(), 2);
    fs::write(file, &good).unwrap();

    // What the check notes is not flushed, and does not hide how long a flush takes.
    let metrics = get(world.alfa.ports().admin, "/metrics").unwrap();
    let value = |name: &str| metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
    assert_eq!(value("sigillo_store_commit_seconds_count "), value("sigillo_store_flushes_total "));
}
