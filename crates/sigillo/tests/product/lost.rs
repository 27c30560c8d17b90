//! What a holder lost, he has again: octet for octet where it is kept, as an attestation with its proof where it is not.

use std::fs;
use std::path::Path;
use std::process::Command;

use harness::output;

use crate::house::{House, World, eventually, letter, run, sigillo, succeed};
use crate::proved::{checked, sealing};

const ANNA: &str = "anna.bianchi@beta.example";

/// The identifier of the message that was accepted first.
pub fn first_identifier(house: &House) -> String {
    let rows = house.administer(&["evidence", "list", "--json", "--kind", "acceptance"]);
    let subject: serde_json::Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    subject["identifier"].as_str().unwrap().to_owned()
}

/// Mario removes all that he has in a folder, by a program that people use.
pub fn empty(world: &World, folder: &str) {
    let url = format!("imaps://127.0.0.1:{}/{folder}", world.alfa.ports().imap_tls);
    let user = format!("mario.rossi@alfa.example:{}", world.alfa.password("mario.rossi"));
    for command in ["STORE 1:* +FLAGS.SILENT (\\Deleted)", "EXPUNGE"] {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--ssl-reqd", "--cacert"]).arg(&world.lab.tls_ca);
        succeed(curl.args(["--user", &user, "--request", command, &url]));
    }
}

fn receipts(house: &House, arguments: &[&str], out: &Path) -> (Option<i32>, String, String) {
    let mut command = sigillo();
    command
        .args(["evidence", "receipts", "--config"])
        .arg(&house.provider.config)
        .args(arguments)
        .arg("--out")
        .arg(out);
    let (status, said, wrong) = run(&mut command);
    (status.code(), said, wrong)
}

pub fn openssl_verifies(file: &Path, ca: &Path) -> String {
    let mut openssl = Command::new("openssl");
    openssl.args(["cms", "-verify", "-in"]).arg(file).arg("-CAfile").arg(ca);
    let done = output(&mut openssl).unwrap();
    assert!(done.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn a_holder_who_removed_his_receipts_has_them_again() {
    let world = sealing();
    world.submit(&[ANNA], letter(ANNA, "Prova")).unwrap();
    world.settle();
    let alfa = &world.alfa;
    let identifier = first_identifier(alfa);
    let before = world.scratch("before");
    let (code, said, wrong) = receipts(alfa, &[&identifier], &before);
    assert_eq!(code, Some(0), "{said}{wrong}");
    let names: Vec<String> =
        fs::read_dir(&before).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let named = |kind: &str| {
        let mut found = names.iter().filter(|name| name.get(4..).unwrap().starts_with(kind));
        let one = found.next().unwrap_or_else(|| panic!("{kind}: {said}"));
        assert!(found.next().is_none(), "{said}");
        one.clone()
    };
    // Take-charge and delivery may come in either order.
    let (acceptance, delivery) = (named("acceptance.eml"), named(&format!("delivery-{ANNA}.eml")));
    let taken = named(&format!("take-charge-{ANNA}.eml"));
    assert_eq!(names.len(), 3, "{said}");

    // Everything that holders have goes; Anna still has the envelope, but that is at another provider.
    empty(&world, "INBOX");
    empty(&world, "Inviata");
    let after = world.scratch("after");
    let (code, said, wrong) = receipts(alfa, &[&identifier, "--reason", "causa 4711"], &after);
    assert_eq!(code, Some(0), "{said}{wrong}");
    for name in [&acceptance, &taken] {
        assert!(fs::read(before.join(name)).unwrap() == fs::read(after.join(name)).unwrap(), "{name}");
    }
    assert!(!after.join(&delivery).exists() && said.contains("which nobody has at this provider any more"), "{said}");

    // In its place a text that says what it is, signed as the house signs, with the proof.
    eventually("everything to be sealed", || (checked(alfa)["unsealed"] == 0).then_some(()));
    let again = world.scratch("again");
    let (code, said, _) = receipts(alfa, &[&identifier, "--recipient", &ANNA.to_uppercase()], &again);
    assert!(code == Some(0) && said.contains("no receipt, but a signed attestation"), "{said}");
    assert!(
        said.contains(&format!("take-charge-{}.eml", ANNA.to_uppercase())) && !said.contains("acceptance.eml"),
        "{said}"
    );
    let entity = openssl_verifies(&again.join("attestation.eml"), &world.lab.ca);
    let attestation = fs::read(again.join("attestation.eml")).unwrap();
    assert!(!String::from_utf8_lossy(&attestation).contains("X-Ricevuta"), "it must not look like a receipt");
    let parts: Vec<&str> = entity.split("\r\n--=_attestation_=").collect();
    let decoded = |part: &str| {
        let (_, body) = part.split_once("\r\n\r\n").unwrap();
        let text: String = body.split_whitespace().collect();
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap()
    };
    let text = String::from_utf8(decoded(parts[1])).unwrap();
    assert!(text.contains("non è una ricevuta") && text.contains("is no receipt of certified mail"), "{text}");
    assert!(
        text.contains(&identifier) && text.contains(ANNA) && text.contains("ricevuta di avvenuta consegna"),
        "{text}"
    );
    let proof = decoded(parts[2]);
    let proved = conformance::proof::verify(&proof, Some(&world.lab.ca), None).unwrap();
    assert!(proved.len() > 4 && proved.iter().all(|row| row.contains(&identifier)), "{proved:#?}");

    // Who read is on record, before he reads, in the history of the message.
    let history = alfa.administer(&["message", "show", &identifier]);
    assert_eq!(history.matches("message receipts").count(), 3, "{history}");
    assert!(history.contains("message receipts: causa 4711"), "{history}");

    // Nothing is replaced, and of what is unknown that is said.
    let (code, _, wrong) = receipts(alfa, &[&identifier], &after);
    assert!(code == Some(73) && wrong.contains(".eml"), "{wrong}");
    let (code, _, wrong) = receipts(alfa, &["nobody@alfa.example"], &world.scratch("none"));
    assert!(code == Some(66) && wrong.contains("nothing is known of a message"), "{wrong}");
    let (code, _, wrong) = receipts(alfa, &[&identifier, "--recipient", "zoe@beta.example"], &world.scratch("none"));
    assert!(code == Some(66) && wrong.contains("no receipt of"), "{wrong}");
}

#[test]
fn who_sent_has_the_receipt_whole_while_his_copy_is_there_also_when_the_provider_does_not_run() {
    let mut world = World::up();
    world.submit(&[ANNA], letter(ANNA, "Prova")).unwrap();
    world.settle();
    empty(&world, "INBOX");
    let identifier = first_identifier(&world.alfa);
    world.alfa.stop();
    let out = world.scratch("receipts");
    let (code, said, wrong) = receipts(&world.alfa, &[&identifier], &out);
    assert_eq!(code, Some(0), "{wrong}");
    assert_eq!(said.matches("octet for octet").count(), 3, "{said}");
    for entry in fs::read_dir(&out).unwrap() {
        openssl_verifies(&entry.unwrap().path(), &world.lab.ca);
    }
}
