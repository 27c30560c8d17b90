//! Mail read by IMAP with a client that people use.

use std::process::Command;

use crate::house::{World, eventually, letter, run, succeed};

const ANNA: &str = "anna.bianchi@beta.example";

#[test]
fn a_certified_message_is_read_byte_for_byte_through_both_doors() {
    let world = World::up();
    world.submit(&[ANNA], letter(ANNA, "leggere")).unwrap();
    let envelope = world.beta.wait(ANNA, "transport-envelope", 1).remove(0);
    let (ports, secret) = (world.beta.ports(), world.beta.password("anna.bianchi"));
    let curl = |url: &str, password: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--ssl-reqd", "--cacert"]).arg(&world.lab.tls_ca);
        curl.args(["--user", &format!("{ANNA}:{password}"), url]);
        curl
    };
    let urls = [format!("imaps://127.0.0.1:{}", ports.imap_tls), format!("imap://127.0.0.1:{}", ports.imap)];
    for url in &urls {
        let file = world.scratch("read.eml");
        succeed(curl(&format!("{url}/INBOX;UID=1"), &secret).arg("--output").arg(&file));
        assert!(std::fs::read(&file).unwrap() == envelope, "{url}");
        let folders = succeed(&mut curl(url, &secret));
        for folder in ["Bozze", "Cestino", "INBOX", "Inviata"] {
            assert!(folders.contains(folder), "{folders}");
        }
    }
    let (status, _, said) = run(&mut curl(&urls[0], "sbagliata"));
    assert_eq!(status.code(), Some(67), "{said}");
    eventually("the failed login", || world.beta.log().contains("door=\"imap-tls\"").then_some(()));
}
