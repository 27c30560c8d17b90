//! Where a provider that runs sends its mail, and to whom it does not: another's certificate that changes on the way, and
//! domains that lead home.

use std::process::Command;

use crate::house::{World, eventually, get, letter, run, succeed};
use crate::index::health_says;

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";

/// [R-5.3-a]
#[test]
fn a_certificate_that_was_valid_and_is_another_now_holds_the_mail_until_an_operator_says_otherwise() {
    let mut world = World::up();
    world.alfa.stop();
    world.alfa.edit("strict_tls = true", "strict_tls = false");
    world.alfa.start();
    world.submit(&[ANNA], letter(ANNA, "prima")).unwrap();
    world.alfa.one(MARIO, "delivery");
    let name = world.beta.provider.name.clone();
    let known = world.alfa.administer(&["peer", "list"]);
    assert!(known.starts_with(&name) && known.contains("valid certificate seen"), "{known}");

    // Somebody answers in beta's place, with a certificate of his own.
    world.beta.stop();
    let [certificate, key] = ["tls.pem", "tls.key"].map(|file| world.beta.provider.folder.join(file));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=127.0.0.1"]);
    openssl.args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout"]).arg(key).arg("-out").arg(certificate);
    succeed(&mut openssl);
    world.beta.start();
    world.submit(&[ANNA], letter(ANNA, "dopo")).unwrap();
    let health =
        health_says(world.alfa.ports().admin, "warning: mail waits, since TLS certificates are not what they must be");
    assert!(health.contains(&name), "{health}");
    // It is tried again and again.
    let waiting = eventually("the reason in the queue", || {
        let list = world.alfa.administer(&["queue", "list"]);
        (list.contains("was valid at 127.0.0.1 on") && !list.contains(" 1 attempts")).then_some(list)
    });
    assert!(waiting.contains("sigillo peer forget"), "{waiting}");
    assert!(world.alfa.log().contains("peer-certificate-refused"), "{}", world.alfa.log());
    let metrics = get(world.alfa.ports().admin, "/metrics").unwrap();
    let counted = metrics.lines().find(|line| line.starts_with("sigillo_relay_unverified_tls_total{")).unwrap();
    for label in [&format!("peer=\"{name}\""), "refused=\"yes\"", "reason=\""] {
        assert!(counted.contains(label), "{counted}");
    }
    assert_eq!(world.alfa.log().matches("peer-certificate-refused").count(), 1, "once, however often it is tried");
    assert!(world.alfa.list(MARIO).iter().filter(|row| row.kind == "delivery").count() == 1);

    // The operator has asked beta by telephone.
    let (status, _, said) = run(&mut world.alfa.command(&["peer", "forget", "--provider", "Nessuno"]));
    assert!(!status.success() && said.contains("sigillo peer list"), "{said}");
    world.alfa.administer(&["peer", "forget", "--provider", &name]);
    world.alfa.wait(MARIO, "delivery", 2);
    eventually("the other warning", || {
        get(world.alfa.ports().admin, "/health")
            .filter(|health| health.contains("warning: mail goes to hosts whose TLS certificates are not valid"))
    });
    assert_eq!(world.alfa.administer(&["peer", "list"]), "");
    let evidence = world.alfa.administer(&["evidence", "list", "--event", "administered"]);
    assert!(evidence.contains("peer forget"), "{evidence}");
}

#[test]
fn ordinary_mail_to_this_machine_comes_back_with_the_reason() {
    let mut world = World::up();
    world.alfa.stop();
    world.alfa.edit("static_only = true", "static_only = false");
    world.alfa.edit("private_networks = [\"127.0.0.0/8\", \"::1/128\"]\n", "");
    world.alfa.edit("[scanner]\n", "[dns]\nservers = [\"127.0.0.1:1\"]\ndnssec = true\n\n[scanner]\n");
    world.alfa.start();
    for (count, to) in ["root@[127.0.0.1]", "root@[IPv6:::ffff:127.0.0.1]"].into_iter().enumerate() {
        world.submit(&[to], letter(to, &format!("a-{count}"))).unwrap();
    }
    let odd = "root@[127.1]";
    assert!(world.submit(&[odd], letter(odd, "b")).unwrap_err().to_string().contains("not a mail address"));
    assert_eq!(world.alfa.wait(MARIO, "non-delivery", 2).len(), 2);
    let log = world.alfa.log();
    assert!(log.matches("of a private network, where the domain may not lead us").count() >= 2, "{log}");
}
