//! A provider whose key is in a PKCS#11 device, which goes away and comes back.

use std::fs;
use std::process::Command;

use crate::house::{World, eventually, letter, run, sigillo, succeed};
use crate::index::health_says;

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";
/// Where Debian's softhsm2 puts its library.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// [R-5.1-a]
#[test]
fn a_device_that_goes_away_and_comes_back_loses_nothing() {
    let mut world = World::up();
    world.alfa.stop();
    let tokens = world.scratch("tokens");
    let settings = world.scratch("softhsm2.conf");
    fs::create_dir(&tokens).unwrap();
    fs::write(&settings, format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display())).unwrap();
    let softhsm = |arguments: &[&str]| {
        succeed(Command::new("softhsm2-util").env("SOFTHSM2_CONF", &settings).args(arguments));
    };
    let home = world.alfa.provider.folder.clone();
    let key = home.join("signing.key");
    softhsm(&["--init-token", "--free", "--label", "pec", "--so-pin", "12345678", "--pin", "87654321"]);
    softhsm(&[
        "--import",
        key.to_str().unwrap(),
        "--token",
        "pec",
        "--label",
        "firma",
        "--id",
        "a1",
        "--pin",
        "87654321",
    ]);
    fs::remove_file(&key).unwrap();
    fs::write(home.join("pin"), "00000000\n").unwrap();
    let device = format!(
        "[signing.device]\nmodule = \"{MODULE}\"\ntoken = \"pec\"\npin_file = \"pin\"\ncertificates = \"signing.pem\"\n"
    );
    world.alfa.edit("[signing]\nkey = \"signing.key\"\ncertificates = \"signing.pem\"\n", &device);
    world.alfa.environment = vec![("SOFTHSM2_CONF", settings.clone())];

    let mut serve = sigillo();
    serve.args(["serve", "--config"]).arg(&world.alfa.provider.config).env("SOFTHSM2_CONF", &settings);
    let (status, _, stderr) = run(&mut serve);
    assert_eq!(status.code(), Some(69), "{stderr}");
    assert!(stderr.contains("refuses the PIN"), "{stderr}");

    fs::write(home.join("pin"), "87654321\n").unwrap();
    world.alfa.start();
    world.submit(&[ANNA], letter(ANNA, "dal-dispositivo")).unwrap();
    world.judge(&world.alfa.one(MARIO, "acceptance"), "acceptance");
    world.judge(&world.alfa.one(MARIO, "delivery"), "delivery");

    let away = world.scratch("away");
    fs::rename(&tokens, &away).unwrap();
    let refused = world.submit(&[ANNA], letter(ANNA, "senza-dispositivo")).unwrap_err().to_string();
    assert!(refused.contains("451") && refused.contains("4.7.5"), "{refused}");
    assert_eq!(world.alfa.list(MARIO).len(), 2);
    let health = health_says(world.alfa.ports().admin, "warning: messages cannot be signed");
    assert!(health.contains("signing-fails-since: ") && health.contains("does not answer"), "{health}");
    assert_eq!(world.alfa.metric("sigillo_signing_failing"), Some(1.0));

    fs::rename(&away, &tokens).unwrap();
    eventually("the device to sign again", || world.submit(&[ANNA], letter(ANNA, "di-nuovo")).ok());
    assert_eq!(world.alfa.wait(MARIO, "delivery", 2).len(), 2);
    health_says(world.alfa.ports().admin, "\r\n\r\nok");
}
