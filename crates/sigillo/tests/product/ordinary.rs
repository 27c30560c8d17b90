//! Ordinary mail and closed groups at a provider that runs: policies of the configuration and of `mailbox set`.

use std::fs;
use std::process::{Command, ExitStatus};

use crate::house::{House, World, eventually, judge, letter, run, sigillo, succeed};
use crate::talk::Talk;

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";
const PROTOCOLLO: &str = "protocollo@beta.example";
const CARLA: &str = "carla@ordinary.example";

/// Sends as an ordinary mail server does.
fn swaks(world: &World, to: &str, subject: &str) -> (ExitStatus, String, String) {
    let mut swaks = Command::new("swaks");
    swaks.args(["--server", "127.0.0.1", "--port", &world.beta.ports().incoming.to_string()]);
    swaks.args(["--ehlo", "mx.ordinary.example", "--from", CARLA, "--to", to, "--h-From", CARLA]);
    swaks.args(["--header", &format!("Subject: {subject}"), "--body", "Buongiorno."]);
    run(&mut swaks)
}

fn set(house: &House, address: &str, options: &[&str]) -> (ExitStatus, String, String) {
    let mut command = sigillo();
    command.args(["mailbox", "set", "--config"]).arg(&house.provider.config).arg(address).args(options);
    run(&mut command)
}

#[test]
fn ordinary_mail_goes_where_the_configuration_and_the_mailbox_say() {
    let mut world = World::up();
    let (status, said, _) = swaks(&world, ANNA, "rifiutata");
    assert!(!status.success() && said.contains("554 5.7.1 this mailbox accepts certified mail (PEC) only"), "{said}");

    // From the next message on, nothing restarts.
    world.beta.administer(&["domain", "set", "beta.example", "--ordinary", "anomaly", "--english", "true"]);
    let (status, said, stderr) = set(&world.beta, PROTOCOLLO, &["--ordinary", "folder=Posta ordinaria"]);
    assert!(status.success() && said.contains("ordinary: folder=Posta ordinaria"), "{said}{stderr}");
    for to in [ANNA, PROTOCOLLO, &format!("{ANNA},{PROTOCOLLO}")] {
        let (status, said, _) = swaks(&world, to, "accolta");
        assert!(status.success(), "{said}");
    }
    // [R-2.2.2-j]
    for envelope in world.beta.wait(ANNA, "anomaly-envelope", 2) {
        judge(&world.lab.ca, &envelope, "anomaly-envelope");
        let envelope = String::from_utf8_lossy(&envelope).replace("=\r\n", "");
        for reason in ["dominio mittente non di posta certificata", "the sender's domain is not of certified mail ("] {
            assert!(envelope.contains(reason), "{envelope}");
        }
    }
    // Whoever keeps one can tell what it is.
    let file = world.lab.folder.join("anomaly.eml");
    fs::write(&file, &world.beta.wait(ANNA, "anomaly-envelope", 2)[0]).unwrap();
    let (status, said, _) = run(sigillo().arg("verify").arg("--ca").arg(&world.lab.ca).arg(&file));
    assert!(status.code() == Some(3) && said.starts_with("Busta di anomalia autentica"), "{said}");

    assert!(world.beta.list(PROTOCOLLO).is_empty());
    let mut list = sigillo();
    let (_, _, stderr) =
        run(list.args(["mailbox", "list", "--config"]).arg(&world.beta.provider.config).arg(PROTOCOLLO));
    assert!(stderr.contains("--folder 'Posta ordinaria'"), "{stderr}");
    let mut list = sigillo();
    list.args(["mailbox", "list", "--config"]).arg(&world.beta.provider.config);
    let (status, _, stderr) = run(list.args([PROTOCOLLO, "--folder", "Altro"]));
    assert!(
        status.code() == Some(66) && stderr.contains("it has INBOX, Bozze, Cestino, Inviata, Posta ordinaria"),
        "{stderr}"
    );
    let mut list = sigillo();
    list.args(["mailbox", "list", "--config"]).arg(&world.beta.provider.config);
    assert_eq!(succeed(list.args([PROTOCOLLO, "--folder", "Posta ordinaria"])).lines().count(), 2);
    let mut list = sigillo();
    let all = succeed(list.args(["mailbox", "list", "--config"]).arg(&world.beta.provider.config));
    let shown = all.lines().find(|line| line.starts_with(PROTOCOLLO)).unwrap();
    assert!(shown.ends_with(", active, ordinary: folder=Posta ordinaria"), "{all}");

    // Certified mail is what it was.
    world.submit(&[ANNA, PROTOCOLLO], letter(&format!("{ANNA}, {PROTOCOLLO}"), "certificata")).unwrap();
    assert_eq!(world.alfa.wait(MARIO, "delivery", 2).len(), 2);
    world.beta.stop();
    world.beta.verify_store();
}

#[test]
fn recipients_with_other_policies_are_asked_for_apart() {
    let world = World::up();
    assert!(set(&world.beta, ANNA, &["--ordinary", "anomaly"]).0.success());
    let mut talk = Talk::clear(world.beta.ports().incoming);
    talk.expect(220);
    talk.say("EHLO mx.ordinary.example", 250);
    talk.say(&format!("MAIL FROM:<{CARLA}>"), 250);
    talk.say(&format!("RCPT TO:<{ANNA}>"), 250);
    talk.say(&format!("RCPT TO:<{PROTOCOLLO}>"), 452);
    talk.say("DATA", 354);
    talk.say(&format!("From: {CARLA}\r\nSubject: una\r\n\r\nciao\r\n."), 250);
    talk.say(&format!("MAIL FROM:<{CARLA}>"), 250);
    talk.say(&format!("RCPT TO:<{PROTOCOLLO}>"), 250);
    talk.say("DATA", 354);
    talk.say(&format!("From: {CARLA}\r\nSubject: due\r\n\r\nciao\r\n."), 554);
    // A path of a certified domain: nobody is put off.
    talk.say(&format!("MAIL FROM:<{MARIO}>"), 250);
    talk.say(&format!("RCPT TO:<{ANNA}>"), 250);
    talk.say(&format!("RCPT TO:<{PROTOCOLLO}>"), 250);
    talk.say("DATA", 354);
    let reply = talk.say(&format!("From: {MARIO}\r\nSubject: tre\r\n\r\nciao\r\n."), 554);
    assert!(reply.contains("send to each apart"), "{reply}");
    talk.say("QUIT", 221);
    let rows = world.beta.list(ANNA);
    assert_eq!(rows.len(), 1, "{rows:?}");
}

#[test]
fn a_closed_group_is_set_by_the_operator_and_taken_back() {
    let world = World::up();
    assert!(set(&world.beta, ANNA, &["--correspondents", "certified,@gamma.example"]).0.success());
    world.submit(&[ANNA], letter(ANNA, "chiusa")).unwrap();
    let notice = world.alfa.one(MARIO, "non-delivery");
    world.judge(&notice, "non-delivery");
    assert!(crate::house::data(&notice).contains("5.7.1 - Beta PEC S.p.A. - "), "{}", crate::house::data(&notice));
    assert!(world.beta.list(ANNA).is_empty());
    assert!(set(&world.beta, ANNA, &["--correspondents", "default"]).0.success());
    world.submit(&[ANNA], letter(ANNA, "aperta")).unwrap();
    eventually("the delivery", || (!world.beta.list(ANNA).is_empty()).then_some(()));

    // The sender's own group.
    assert!(set(&world.alfa, MARIO, &["--correspondents", "@gamma.example"]).0.success());
    world.submit(&[ANNA], letter(ANNA, "vietata")).unwrap();
    let notice = world.alfa.one(MARIO, "non-acceptance");
    world.judge(&notice, "non-acceptance");
    assert!(crate::house::data(&notice).contains("fuori dal suo gruppo"), "{}", crate::house::data(&notice));
}

#[test]
fn a_wrong_change_is_refused_and_changes_nothing() {
    let world = World::up();
    for (address, options, code, what) in [
        (ANNA, &["--ordinary", "drop"] as &[&str], 64, "expected refuse, anomaly, folder=NAME or forward=ADDRESS"),
        (ANNA, &["--ordinary", "forward=x@beta.example"], 64, "is hosted here"),
        (ANNA, &["--ordinary", "anomaly", "--correspondents", "x"], 64, "expected certified, @DOMAIN or ADDRESS"),
        ("nessuno@beta.example", &["--ordinary", "anomaly"], 66, "no mailbox nessuno@beta.example"),
        ("ricevute@beta.example", &["--ordinary", "anomaly"], 64, "service mailbox: nobody logs in"),
        (ANNA, &[], 64, "--ordinary <POLICY>"),
    ] {
        let (status, _, stderr) = set(&world.beta, address, options);
        assert_eq!(status.code(), Some(code), "{options:?}: {stderr}");
        assert!(stderr.contains(what), "{stderr}");
    }
    let mut list = sigillo();
    let all = succeed(list.args(["mailbox", "list", "--config"]).arg(&world.beta.provider.config));
    assert!(!all.contains("ordinary:") && !all.contains("correspondents:"), "{all}");
}
