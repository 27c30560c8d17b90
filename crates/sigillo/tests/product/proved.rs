//! What happened is proved to others: by the program elsewhere, by a second reader, by openssl and a page of instructions.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::house::{House, World, eventually, letter, run, sigillo, succeed};

const ANNA: &str = "anna.bianchi@beta.example";

/// Two providers that seal without delay.
pub fn sealing() -> World {
    let mut world = World::dark();
    for house in [&mut world.alfa, &mut world.beta] {
        house.edit("[relay]", "[evidence]\nheads = \"1s\"\n\n[relay]");
        house.start();
    }
    world
}

/// How a check of all rows against all heads ends.
pub fn checked(house: &House) -> Value {
    let said = house.administer(&["evidence", "check", "--json"]);
    serde_json::from_str(said.lines().last().unwrap()).unwrap()
}

/// The script on the page.
pub fn script() -> String {
    let page = include_str!("../../../../docs/evidence-format.md");
    page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

#[test]
fn a_message_is_proved_to_whoever_has_the_file() {
    let world = sealing();
    world.submit(&[ANNA], letter(ANNA, "Prova")).unwrap();
    world.settle();
    let alfa = &world.alfa;
    eventually("everything to be sealed", || (checked(alfa)["unsealed"] == 0).then_some(()));
    let heads = alfa.administer(&["evidence", "heads"]);
    assert!(heads.contains("log 1 head 1 of ") && heads.contains("not stamped"), "{heads}");
    let rows = alfa.administer(&["evidence", "list", "--json", "--kind", "acceptance"]);
    let subject: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    let identifier = subject["identifier"].as_str().unwrap();

    let file = world.scratch("proof.json");
    let out = file.to_str().unwrap();
    let prove = |what: &str, out: &str| {
        run(sigillo().args(["evidence", "prove", "--config"]).arg(&alfa.provider.config).args([what, "--out", out]))
    };
    let (status, said, wrong) = prove(identifier, out);
    assert!(status.success() && said.contains("rows proved"), "{said}{wrong}");
    let (status, _, wrong) = prove(identifier, out);
    assert!(status.code() == Some(73) && wrong.contains("proof.json"), "nothing is replaced: {wrong}");
    let none = world.scratch("none.json");
    let (status, _, wrong) = prove("nobody@alfa.example", none.to_str().unwrap());
    assert!(status.code() == Some(69) && wrong.contains("no evidence") && !none.exists(), "{wrong}");

    // On a machine that has only the program.
    let verify = |file: &str| run(sigillo().args(["verify", file, "--ca"]).arg(&world.lab.ca));
    let (status, said, _) = verify(out);
    assert!(status.success(), "{said}");
    assert!(
        said.lines().nth(1).unwrap().contains(&format!("operations on the message {identifier} in its trace")),
        "{said}"
    );
    assert!(said.contains("emitted acceptance") && said.contains("relayed transport-envelope"), "{said}");
    let unknown = run(sigillo().args(["verify", out])).0;
    assert_eq!(unknown.code(), Some(2), "nobody named the authority");
    // A reader that shares nothing with it.
    let bytes = fs::read(&file).unwrap();
    let proved = conformance::proof::verify(&bytes, Some(&world.lab.ca), None).unwrap();
    assert!(proved.len() > 4 && proved.iter().all(|row| row.contains(identifier)), "{proved:#?}");
    // openssl and the page.
    let by_hand = world.scratch("verify.sh");
    fs::write(&by_hand, script()).unwrap();
    let by_hand = |file: &str| run(Command::new("sh").arg(&by_hand).args([file, "-CAfile"]).arg(&world.lab.ca));
    let (status, said, wrong) = by_hand(out);
    assert!(status.success(), "{said}{wrong}");
    assert_eq!(said.matches("is under this head").count(), proved.len());

    // Whatever is altered but in the signature's own wrapping, each of them finds.
    let text = String::from_utf8(bytes.clone()).unwrap();
    let signatures: Vec<_> =
        text.match_indices("\"signature\"").map(|(at, _)| at..at + text[at..].find('\n').unwrap()).collect();
    let altered = world.scratch("altered.json");
    for at in (0..bytes.len()).step_by(97).filter(|at| !signatures.iter().any(|range| range.contains(at))) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        assert!(conformance::proof::verify(&bytes, Some(&world.lab.ca), None).is_err(), "{at}");
        fs::write(&altered, &bytes).unwrap();
        assert_ne!(verify(altered.to_str().unwrap()).0.code(), Some(0), "{at}");
    }
    for member in ["text", "row"] {
        let at = text.find(&format!("\"{member}\": \"")).unwrap() + member.len() + 12;
        let mut bytes = bytes.clone();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        fs::write(&altered, &bytes).unwrap();
        assert!(!by_hand(altered.to_str().unwrap()).0.success(), "{member}");
    }
    let one = world.scratch("one.json");
    assert!(prove("1/1", one.to_str().unwrap()).0.success());
    succeed(sigillo().args(["verify", one.to_str().unwrap(), "--ca"]).arg(&world.lab.ca));
    assert_eq!(checked(&world.beta)["faults"], 0);
}
