//! Mail fetched by POP3 with a client that people use.

use std::fs;
use std::process::Command;

use crate::house::{World, eventually, letter, run, sigillo, succeed};

const ANNA: &str = "anna.bianchi@beta.example";

/// What curl fetches of Anna's mailbox at this address.
fn curl(world: &World, url: &str, password: &str) -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--ssl-reqd", "--cacert"]).arg(&world.lab.tls_ca);
    curl.args(["--user", &format!("{ANNA}:{password}"), url]);
    curl
}

#[test]
fn a_certified_message_is_fetched_byte_for_byte_through_both_doors_and_stays() {
    let world = World::up();
    world.submit(&[ANNA], letter(ANNA, "scaricare")).unwrap();
    let envelope = world.beta.wait(ANNA, "transport-envelope", 1).remove(0);
    let (ports, secret) = (world.beta.ports(), world.beta.password("anna.bianchi"));
    let urls = [format!("pop3s://127.0.0.1:{}", ports.pop3_tls), format!("pop3://127.0.0.1:{}", ports.pop3)];
    let unique = succeed(curl(&world, &urls[0], &secret).args(["--request", "UIDL"]));
    for url in &urls {
        let file = world.scratch("fetched.eml");
        succeed(curl(&world, &format!("{url}/1"), &secret).arg("--output").arg(&file));
        assert!(fs::read(&file).unwrap() == envelope, "{url}");
        let mut verify = sigillo();
        verify.arg("verify").arg("--ca").arg(&world.lab.ca).arg("--directory").arg(&world.lab.ldif).arg(&file);
        succeed(&mut verify);
        assert_eq!(succeed(curl(&world, url, &secret).args(["--request", "UIDL"])), unique);
    }
    // A wrong password is told, and a line of the log.
    let (status, _, said) = run(&mut curl(&world, &urls[0], "sbagliata"));
    assert_eq!(status.code(), Some(67), "{said}");
    eventually("the failed login", || world.beta.log().contains("login-failed").then_some(()));
    assert!(world.beta.log().contains("door=\"pop3-tls\""));
    // What is deleted is gone after QUIT, which curl says.
    succeed(curl(&world, &format!("{}/1", urls[0]), &secret).args(["--request", "DELE", "--list-only"]));
    eventually("an empty mailbox", || {
        let listed = succeed(curl(&world, &urls[0], &secret).args(["--request", "UIDL"]));
        listed.trim().is_empty().then_some(())
    });
}
