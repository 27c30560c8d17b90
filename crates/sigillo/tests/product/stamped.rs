//! Heads of the evidence get time stamps of an authority, by `openssl ts` over HTTP: whatever it does meanwhile, and whoever
//! judges them afterwards.

use std::fs;
use std::path::Path;
use std::process::Command;

use seal::stamping::{Making, StampAuthority};
use serde_json::Value;
use stamp::testing::{Mood, Served};

use crate::house::{House, World, eventually, get, letter, run, sigillo, succeed};
use crate::index::health_says;
use crate::proved::{checked, script};

const ANNA: &str = "anna.bianchi@beta.example";

/// Two providers; alfa seals without delay and asks an authority that nobody answers for, then this one.
fn stamping(served: &Served) -> World {
    let mut world = World::dark();
    let roots = served.root().display().to_string();
    let settings = format!(
        "[evidence]\nheads = \"1s\"\n\n[timestamps]\ntimeout = \"5s\"\nretry_first = \"1s\"\nretry_max = \"1s\"\n\n\
         [[timestamps.authority]]\nurl = \"http://127.0.0.1:1/\"\nroots = \"{roots}\"\n\n\
         [[timestamps.authority]]\nurl = \"{}\"\nroots = \"{roots}\"\n\n[relay]",
        served.url
    );
    world.alfa.edit("[relay]", &settings);
    world.alfa.start();
    world.beta.start();
    world
}

fn prove(house: &House, identifier: &str, out: &Path) {
    let mut command = sigillo();
    command.args(["evidence", "prove", "--config"]).arg(&house.provider.config);
    succeed(command.arg(identifier).arg("--out").arg(out));
}

/// What `sigillo verify --json` says, and its exit code.
fn verified(world: &World, file: &Path, tsa: Option<&Path>) -> (i32, Value) {
    let mut command = sigillo();
    command.arg("verify").arg(file).arg("--json").arg("--ca").arg(&world.lab.ca);
    if let Some(tsa) = tsa {
        command.arg("--tsa").arg(tsa);
    }
    let (status, said, wrong) = run(&mut command);
    let said = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}{wrong}"));
    (status.code().unwrap(), said)
}

/// How every head's stamp stands.
fn standings(found: &Value) -> Vec<&str> {
    found["stamps"].as_array().unwrap().iter().map(|stamp| stamp["standing"].as_str().unwrap()).collect()
}

/// [R-U-2]
#[test]
fn heads_wait_for_an_authority_and_what_it_stamped_convinces_whoever_knows_it() {
    let served = Served::new();
    served.set(Mood::Status(503));
    let world = stamping(&served);
    let alfa = &world.alfa;
    let said = succeed(sigillo().args(["serve", "--check", "--config"]).arg(&alfa.provider.config));
    assert!(said.contains(&format!("ok: timestamps: http://127.0.0.1:1/, then {}", served.url)), "{said}");
    world.submit(&[ANNA], letter(ANNA, "Prova")).unwrap();
    world.settle();
    eventually("everything to be sealed", || (checked(alfa)["unsealed"] == 0).then_some(()));
    let rows = alfa.administer(&["evidence", "list", "--json", "--kind", "acceptance"]);
    let subject: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    let identifier = subject["identifier"].as_str().unwrap();

    // While nobody answers, mail and heads go on.
    let admin = alfa.ports().admin;
    let health = health_says(admin, "heads of the evidence wait for their time stamps");
    assert!(health.contains("the server answered 503") && health.contains("http://127.0.0.1:1/"), "{health}");
    assert!(!health.contains("evidence-unstamped-heads: 0\n") && health.contains("timestamps-error: "), "{health}");
    let before = world.scratch("before.json");
    prove(alfa, identifier, &before);
    let (code, found) = verified(&world, &before, Some(&served.root()));
    assert_eq!((code, standings(&found)[0]), (0, "missing"));
    assert!(found["en"].as_str().unwrap().ends_with("There is no time stamp: the date is the provider's own word."));
    assert!(alfa.administer(&["evidence", "heads"]).contains("not stamped"));

    served.set(Mood::Well);
    let health = health_says(admin, "evidence-unstamped-heads: 0\n");
    assert!(!health.contains("wait for their time stamps"), "{health}");
    let metrics = get(admin, "/metrics").unwrap();
    let counted = |authority: &str, result: &str| {
        let name = format!("sigillo_timestamps_total{{authority=\"{authority}\",result=\"{result}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        line.unwrap_or_else(|| panic!("no {name}")).parse::<u64>().unwrap()
    };
    assert!(counted(&served.url, "stamped") > 0 && counted(&served.url, "unreachable") > 0);
    assert!(counted("http://127.0.0.1:1/", "unreachable") > 0 && counted("http://127.0.0.1:1/", "stamped") == 0);
    let sealed = checked(alfa);
    assert_eq!((&sealed["faults"], &sealed["stamped"]), (&0.into(), &sealed["heads"]));
    let heads = alfa.administer(&["evidence", "heads"]);
    assert!(heads.lines().all(|line| line.contains(", stamped ") && line.contains("Test TSA")), "{heads}");

    // The program elsewhere.
    let file = world.scratch("proof.json");
    prove(alfa, identifier, &file);
    let root = served.root();
    let (code, found) = verified(&world, &file, Some(&root));
    assert!(code == 0 && standings(&found).iter().all(|standing| *standing == "believed"), "{found:#}");
    assert!(found["en"].as_str().unwrap().contains("Test TSA") && found["it"].as_str().unwrap().contains("Test TSA"));
    let operations = found["operations"].as_array().unwrap();
    assert!(operations.iter().all(|operation| operation["stamped"].is_string()), "{found:#}");
    let (code, found) = verified(&world, &file, None);
    assert!(code == 0 && standings(&found).iter().all(|standing| *standing == "unknown-authority"), "{found:#}");
    assert!(found["en"].as_str().unwrap().contains("nothing here says whose they are"), "{found:#}");
    let foreign = StampAuthority::new(&Making { name: "Foreign", ..Making::default() });
    let foreign = foreign.folder().join("root.pem");
    let (code, found) = verified(&world, &file, Some(&foreign));
    assert!(code == 2 && standings(&found).iter().all(|standing| *standing == "refused"), "{found:#}");

    // A reader that shares nothing with it; openssl and the page.
    let bytes = fs::read(&file).unwrap();
    let judged = |bytes: &[u8], tsa| conformance::proof::verify(bytes, Some(&world.lab.ca), tsa);
    let rows = judged(&bytes, Some(&root)).unwrap();
    assert!(rows.iter().all(|row| row.contains("stamped at 20")), "{rows:#?}");
    assert!(judged(&bytes, None).is_ok() && judged(&bytes, Some(&foreign)).is_err());
    let by_hand = world.scratch("verify.sh");
    fs::write(&by_hand, script()).unwrap();
    let by_hand = |file: &Path, tsa: &Path| {
        let mut command = Command::new("sh");
        command.env("TSA", format!("-CAfile {}", tsa.display()));
        run(command.arg(&by_hand).arg(file).arg("-CAfile").arg(&world.lab.ca))
    };
    let (status, said, wrong) = by_hand(&file, &root);
    assert!(status.success() && said.contains("Time stamp: ") && said.contains("is under this head"), "{said}{wrong}");
    assert!(!by_hand(&file, &foreign).0.success());
    let (status, said, _) = by_hand(&before, &root);
    assert!(status.success() && said.contains("has no time stamp"), "{said}");

    // A stamp that was altered, or is another head's, is found by each of them.
    let text = String::from_utf8(bytes).unwrap();
    let at = text.find("\"stamp\": \"").unwrap() + 10;
    let end = at + text[at..].find('"').unwrap();
    let altered = world.scratch("altered.json");
    for place in (at..end).step_by(211) {
        let mut bytes = text.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        fs::write(&altered, &bytes).unwrap();
        // A certificate on the way to the authority may be what was altered: then the stamp leads to nobody.
        let (code, found) = verified(&world, &altered, Some(&root));
        let is_known = code == 1 && found["en"].as_str().unwrap().starts_with("The file proves nothing");
        assert!(is_known || (code == 2 && standings(&found).contains(&"refused")), "{place}: {found:#}");
    }
    let other = served.authority.answer(&seal::StampRequest::new([7; 32], [1; 16]).to_der());
    let other = seal::StampRequest::new([7; 32], [1; 16]).answer(other).unwrap();
    let exchanged = format!("{}{}{}", &text[..at], base64(other.token()), &text[end..]);
    fs::write(&altered, &exchanged).unwrap();
    let (code, found) = verified(&world, &altered, Some(&root));
    assert!(code == 1 && found["en"].as_str().unwrap().contains("does not cover the head's signature"), "{found:#}");
    assert!(judged(exchanged.as_bytes(), None).unwrap_err().contains("of something else"));
    assert!(!by_hand(&altered, &root).0.success());
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
