//! A person asks what is kept about it, and wants it gone: by the real program, beside a provider that runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::house::{House, World, eventually, letter, run, sigillo, succeed};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";

fn person(house: &House, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = sigillo();
    command.arg("person").args(arguments).args(["--reason", "richiesta 7", "--config"]).arg(&house.provider.config);
    let (status, said, wrong) = run(&mut command);
    (status.code(), said, wrong)
}

/// An archive about somebody, opened by the program that people have.
fn export(world: &World, house: &House, names: &[&str], file: &str) -> std::path::PathBuf {
    let archive = world.scratch(&format!("{file}.zip"));
    let out = archive.to_str().unwrap().to_owned();
    let arguments = [&["export"], names, &["--as", "Maria Verdi", "--out", &out]].concat();
    let (code, said, wrong) = person(house, &arguments);
    assert_eq!(code, Some(0), "{said}{wrong}");
    let folder = world.scratch(file);
    succeed(Command::new("unzip").arg("-q").arg(&archive).arg("-d").arg(&folder));
    succeed(Command::new("sha256sum").args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(&folder));
    folder
}

fn lines(folder: &Path, name: &str) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(folder.join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_type<'a>(lines: &'a [serde_json::Value], kind: &str) -> Vec<&'a serde_json::Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

#[test]
fn a_person_gets_everything_once_and_then_what_the_law_lets_go_goes() {
    let mut world = World::dark();
    for house in [&world.alfa, &world.beta] {
        let text = fs::read_to_string(&house.provider.config).unwrap();
        fs::write(&house.provider.config, format!("{text}\n[privacy]\nofficers = [\"Maria Verdi\"]\n")).unwrap();
    }
    world.alfa.start();
    world.beta.start();
    world.submit(&[ANNA], letter(ANNA, "Gara-d-appalto")).unwrap();
    world.alfa.one(MARIO, "delivery");
    world.settle();
    let (alfa, beta) = (&world.alfa, &world.beta);
    // Accesses are written a moment later than they happen.
    eventually("the access history", || {
        let mut history = sigillo();
        history.args(["mailbox", "history", MARIO, "--config"]).arg(&alfa.provider.config);
        succeed(&mut history).contains("sent").then_some(())
    });

    // The officer alone.
    let nowhere = world.scratch("nowhere.zip");
    let (code, _, wrong) = person(alfa, &["export", MARIO, "--as", "Mario", "--out", nowhere.to_str().unwrap()]);
    assert!(code == Some(77) && wrong.contains("privacy.officers") && !nowhere.exists(), "{wrong}");

    // The sender: account, access, trace with the fate of his recipient, messages octet for octet.
    let folder = export(&world, alfa, &[MARIO], "mario");
    let account = lines(&folder, "account.jsonl");
    assert_eq!(of_type(&account, "mailbox")[0]["address"], MARIO);
    let accesses = lines(&folder, "accesses.jsonl");
    assert!(accesses.iter().any(|row| row["outcome"] == "sent" && row["peer"] == "127.0.0.1"), "{accesses:#?}");
    let evidence = lines(&folder, "evidence.jsonl");
    let told = |event: &str, kind: &str| {
        of_type(&evidence, "row").into_iter().any(|row| row["event"] == event && row["kind"] == kind)
    };
    assert!(told("emitted", "acceptance") && told("received", "delivery"), "{evidence:#?}");
    let text = fs::read_to_string(folder.join("evidence.txt")).unwrap();
    assert!(text.contains("oggetto=Gara-d-appalto") && text.contains("(Accettazione)"), "{text}");
    let messages = lines(&folder, &format!("mailboxes/{MARIO}/messages.jsonl"));
    let delivery = messages.iter().find(|line| line["kind"] == "delivery").unwrap();
    let file = format!("mailboxes/{MARIO}/{}/{}.eml", delivery["folder"].as_str().unwrap(), delivery["uid"]);
    assert_eq!(fs::read(folder.join(file)).unwrap(), alfa.one(MARIO, "delivery"));
    let page = fs::read_to_string(folder.join("index.html")).unwrap();
    assert!(page.contains("<a href=\"evidence.jsonl\">") && page.contains("DPR 68/2005 art. 11"), "{page}");
    let readme = fs::read_to_string(folder.join("LEGGIMI.txt")).unwrap();
    assert!(readme.starts_with("CIÒ CHE IL GESTORE CONSERVA DI UNA PERSONA\r\n"), "{readme}");

    // Of a stranger there is what the trace says of the address, and nothing of the sender's mailbox.
    let folder = export(&world, alfa, &[ANNA], "anna");
    assert!(lines(&folder, "account.jsonl").iter().all(|line| line["type"] == "done"));
    assert_eq!(lines(&folder, "accesses.jsonl").len(), 0);
    assert!(!folder.join("mailboxes").exists());
    let about_anna = lines(&folder, "evidence.jsonl");
    let rows = of_type(&about_anna, "row");
    assert!(!rows.is_empty() && rows.iter().all(|row| row["event"] != "deposited"), "{rows:#?}");
    assert_eq!(of_type(&lines(&export(&world, beta, &[ANNA], "holder"), "account.jsonl"), "mailbox").len(), 1);

    // Erased: first said, then done once.
    let erase = |more: &[&str]| person(alfa, &[&["erase", MARIO, "--as", "Maria Verdi", "--contents"], more].concat());
    let (code, said, wrong) = erase(&["--yes"]);
    assert!(code == Some(0) && said.contains("the service goes on") && !said.contains("erased: "), "{said}{wrong}");
    alfa.administer(&["mailbox", "close", MARIO]);
    let (_, said, _) = erase(&[]);
    assert!(said.contains("to erase: mailbox mario") && said.contains("nothing was erased"), "{said}");
    assert!(!alfa.list(MARIO).is_empty());
    let (code, said, wrong) = erase(&["--yes"]);
    assert!(code == Some(0) && said.contains("erased: mailbox mario"), "{said}{wrong}");
    assert!(said.contains("(GDPR art. 17(3)(b); DPR 68/2005 art. 11)"), "{said}");
    assert!(alfa.list(MARIO).is_empty());
    let (_, said, _) = erase(&["--yes"]);
    assert!(said.contains("there was nothing to erase"), "{said}");
    // What proves stays, and who did what is in it.
    let acts = alfa.administer(&["evidence", "list", "--event", "administered"]);
    for act in ["person export as=\"Mario\", refused", "person export as=\"Maria Verdi\"", "person erase contents as="]
    {
        assert!(acts.contains(act), "{act}: {acts}");
    }
    let receipts = world.scratch("receipts");
    let identifier = crate::lost::first_identifier(alfa);
    let out = receipts.to_str().unwrap();
    let said = alfa.administer(&["evidence", "receipts", &identifier, "--out", out]);
    assert!(said.contains("acceptance"), "{said}");
    world.alfa.stop();
    world.alfa.verify_store();
}
