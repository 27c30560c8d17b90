//! Messages carried into mailboxes and out of them, beside a provider that runs, is stopped, or is killed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use harness::Running;

use crate::house::{House, World, eventually, letter, run, sigillo, succeed};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";
const OFFICE: &str = "protocollo@beta.example";

/// The messages of a folder of an exported Maildir.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder.join("cur")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn contents(folder: &Path) -> BTreeSet<Vec<u8>> {
    files(folder).iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn certified_messages_go_out_and_in_byte_for_byte_and_prove_what_they_proved() {
    let mut world = World::up();
    world.submit(&[ANNA], letter(ANNA, "trasloco")).unwrap();
    let receipts = [world.alfa.one(MARIO, "acceptance"), world.alfa.one(MARIO, "delivery")];
    let envelope = world.beta.one(ANNA, "transport-envelope");
    // While both run.
    let (mario, anna) = (world.scratch("mario"), world.scratch("anna"));
    // Without the copy of what he sent.
    world.alfa.administer(&["export", "maildir", MARIO, mario.to_str().unwrap(), "--folder", "INBOX"]);
    world.beta.administer(&["export", "maildir", ANNA, anna.to_str().unwrap()]);
    assert_eq!(contents(&mario), BTreeSet::from(receipts.clone()));
    assert_eq!(contents(&anna), BTreeSet::from([envelope.clone()]));
    for file in files(&mario).iter().chain(&files(&anna)) {
        succeed(sigillo().arg("verify").arg("--ca").arg(&world.lab.ca).arg(file));
    }
    // Into another mailbox, while the provider is stopped, and again while it runs.
    world.beta.stop();
    let import = ["import", "maildir", OFFICE, mario.to_str().unwrap(), "--json"];
    let said = world.beta.administer(&import);
    assert!(said.contains("\"new\":2,"), "{said}");
    world.beta.start();
    let said = world.beta.administer(&import);
    assert!(said.contains("\"new\":0,") && said.contains("\"there\":2,"), "{said}");
    let again = world.scratch("protocollo.zip");
    world.beta.administer(&["export", "zip", OFFICE, again.to_str().unwrap()]);
    let third = world.beta.administer(&["import", "zip", ANNA, again.to_str().unwrap(), "--into", "Vecchia", "--json"]);
    assert!(third.contains("\"new\":2,"), "{third}");
    world.beta.administer(&["export", "maildir", ANNA, world.scratch("all").to_str().unwrap()]);
    assert_eq!(contents(&world.scratch("all/.Vecchia")), BTreeSet::from(receipts));
    // Nothing of it is certified: the one deposit is that of the envelope, and operators have their rows.
    let evidence = world.beta.administer(&["evidence", "list", "--event", "deposited"]);
    assert_eq!(evidence.lines().filter(|line| line.contains("put in a mailbox")).count(), 1, "{evidence}");
    let acts = world.beta.administer(&["evidence", "list", "--event", "administered"]);
    assert_eq!(acts.matches("nothing of them certified").count(), 2, "{acts}");
    assert_eq!(acts.matches("mailbox export to ").count(), 3, "{acts}");
    let kinds: Vec<String> = world.beta.list(OFFICE).into_iter().map(|row| row.kind).collect();
    assert_eq!(kinds, ["-", "-"]);
    world.beta.stop();
    world.beta.verify_store();
}

#[test]
fn the_mailbox_of_another_provider_comes_by_imap_with_its_folders_flags_and_dates() {
    let world = World::up();
    for subject in ["uno", "due"] {
        world.submit(&[ANNA], letter(ANNA, subject)).unwrap();
    }
    let envelopes: BTreeSet<Vec<u8>> = world.beta.wait(ANNA, "transport-envelope", 2).into_iter().collect();
    let url = format!("imaps://127.0.0.1:{}", world.beta.ports().imap_tls);
    let user = format!("{ANNA}:{}", world.beta.password("anna.bianchi"));
    for (path, command) in [
        ("", "CREATE \"Clienti/Caff&AOg-\""),
        ("INBOX", "STORE 1 +FLAGS (\\Flagged Pratica)"),
        ("INBOX", "COPY 2 Inviata"),
        ("INBOX", "STORE 2 +FLAGS (\\Seen)"),
    ] {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--cacert"]).arg(&world.lab.tls_ca).args(["--user", &user]);
        succeed(curl.arg(format!("{url}/{path}")).args(["--request", command]));
    }
    let (secret, wrong) = (world.scratch("secret"), world.scratch("wrong"));
    fs::write(&secret, world.beta.password("anna.bianchi")).unwrap();
    fs::write(&wrong, "sbagliata").unwrap();
    let import = |secret: &Path, more: &[&str]| import_imap(&world, secret, more);
    let before = held(&world.alfa, MARIO);
    // Whom nobody vouches for is not told the password; a wrong one is told as such.
    let (status, _, said) = run(&mut import(&secret, &[]));
    assert!(status.code() == Some(69) && said.contains("--ca FILE"), "{said}");
    let ca = world.lab.tls_ca.to_str().unwrap();
    let (status, _, said) = run(&mut import(&wrong, &["--ca", ca]));
    assert!(status.code() == Some(77) && said.contains("refuses the login"), "{said}");
    // Its own certificate vouches for it as its authority does.
    let its_own = world.beta.provider.folder.join("tls.pem");
    succeed(&mut import(&secret, &["--ca", its_own.to_str().unwrap(), "--dry-run"]));
    let said = succeed(&mut import(&secret, &["--ca", ca]));
    assert!(said.contains("\"new\":3,"), "{said}");
    let said = succeed(&mut import(&secret, &["--ca", ca]));
    assert!(said.contains("\"new\":0,") && said.contains("\"there\":3,"), "{said}");
    assert_eq!(held(&world.alfa, MARIO), before + 2);
    let (there, here) = (world.scratch("there"), world.scratch("here"));
    world.beta.administer(&["export", "maildir", ANNA, there.to_str().unwrap()]);
    world.alfa.administer(&["export", "maildir", MARIO, here.to_str().unwrap()]);
    assert_eq!(contents(&there), envelopes);
    assert!(contents(&here).is_superset(&envelopes));
    // In Inviata the copies of what Mario sent stand too.
    let copied = contents(&there.join(".Inviata"));
    assert!(copied.len() == 1 && contents(&here.join(".Inviata")).is_superset(&copied));
    assert!(here.join(".Clienti.Caff&AOg-").is_dir());
    // Each with the flags and the date that it has there.
    let marked = |root: &Path| -> BTreeSet<(Vec<u8>, String, SystemTime)> {
        let marked = files(root).into_iter().map(|file| {
            let name = file.to_str().unwrap();
            let flags = name.rsplit_once(":2,").unwrap().1.to_owned();
            (fs::read(&file).unwrap(), flags, fs::metadata(&file).unwrap().modified().unwrap())
        });
        marked.filter(|(octets, ..)| envelopes.contains(octets)).collect()
    };
    let flags: Vec<String> = marked(&here).into_iter().map(|(_, flags, _)| flags).collect();
    assert!(flags.contains(&"Fa".to_owned()) && flags.contains(&"S".to_owned()), "{flags:?}");
    assert_eq!(marked(&here), marked(&there));
}

/// The command that takes Anna's mailbox at one provider over into Mario's at the other.
fn import_imap(world: &World, secret: &Path, more: &[&str]) -> Command {
    let server = format!("127.0.0.1:{}", world.beta.ports().imap_tls);
    let mut command = world.alfa.command(&["import", "imap", MARIO, &server, "--user", ANNA, "--json"]);
    command.arg("--password-file").arg(secret).args(more);
    command
}

#[test]
fn an_import_by_imap_that_was_killed_goes_on_where_it_stopped() {
    let world = World::up();
    world.beta.administer(&["import", "maildir", ANNA, many(&world).to_str().unwrap()]);
    let (secret, journal) = (world.scratch("secret"), world.scratch("journal"));
    fs::write(&secret, world.beta.password("anna.bianchi")).unwrap();
    let more = ["--ca", world.lab.tls_ca.to_str().unwrap(), "--journal", journal.to_str().unwrap()];
    let before = held(&world.alfa, MARIO);
    let command = Running::start(&mut import_imap(&world, &secret, &more)).unwrap();
    eventually("some of it", || (held(&world.alfa, MARIO) > before).then_some(()));
    command.kill().unwrap();
    // The provider may still be busy with what it was given last.
    let listed = || held(&world.alfa, MARIO) - before;
    let first = listed();
    assert!(first < MANY, "{first}: it was over before it was killed");
    let noted = |text: &str| text.lines().count().saturating_sub(1);
    let remembered = noted(&fs::read_to_string(&journal).unwrap());
    assert!(remembered > 0 && remembered <= first, "{remembered} of {first}");
    let said = succeed(&mut import_imap(&world, &secret, &more));
    let new: usize = said.split("\"new\":").nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(new <= MANY - first && said.contains(&format!("\"there\":{},", MANY - new)), "{first}: {said}");
    assert_eq!(listed(), MANY);
    assert_eq!(noted(&fs::read_to_string(&journal).unwrap()), MANY);
    let said = succeed(&mut import_imap(&world, &secret, &more));
    assert!(said.contains("\"new\":0,") && said.contains(&format!("\"there\":{MANY},")), "{said}");
    let subjects: BTreeSet<String> = world.alfa.list(MARIO).into_iter().map(|row| row.subject).collect();
    assert!((0..MANY).all(|number| subjects.contains(&format!("n{number}"))));
}

/// Real messages of real providers, where they are at hand.
#[test]
fn real_messages_are_imported_and_exported_byte_for_byte() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples");
    let Ok(entries) = fs::read_dir(&samples) else { return };
    let world = World::up();
    let (from, to) = (world.scratch("from"), world.scratch("to"));
    fs::create_dir_all(from.join("cur")).unwrap();
    let mut count = 0;
    for entry in entries.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "eml")) {
        let octets = fs::read(entry.path()).unwrap();
        // A file with the line ends of Unix is completed: what is compared has been.
        let text = if octets.windows(2).any(|pair| pair == b"\r\n") { octets } else { completed(&octets) };
        fs::write(from.join(format!("cur/170000000{count}.x:2,S")), text).unwrap();
        count += 1;
    }
    assert!(count > 0);
    world.alfa.administer(&["import", "maildir", MARIO, from.to_str().unwrap()]);
    world.alfa.administer(&["export", "maildir", MARIO, to.to_str().unwrap()]);
    assert_eq!(contents(&to), contents(&from));
    assert_eq!(files(&to).len(), count);
}

fn completed(octets: &[u8]) -> Vec<u8> {
    octets.iter().flat_map(|octet| if *octet == b'\n' { b"\r\n".to_vec() } else { vec![*octet] }).collect()
}

/// Messages enough that an import of them is met half-way.
const MANY: usize = 3_000;

fn many(world: &World) -> PathBuf {
    let root = world.scratch("many");
    fs::create_dir_all(root.join("cur")).unwrap();
    for number in 0..MANY {
        let file = root.join(format!("cur/17000{number:05}.x:2,S"));
        fs::write(file, letter(ANNA, &format!("n{number}"))).unwrap();
    }
    root
}

fn held(house: &House, mailbox: &str) -> usize {
    house.list(mailbox).len()
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_stopped() {
    let mut world = World::up();
    let root = many(&world);
    let words = ["import", "maildir", ANNA, root.to_str().unwrap()];
    let some = |house: &House, more: usize| eventually("some of it", || (held(house, ANNA) >= more).then_some(()));
    // The command dies; then the provider, under another command.
    let command = Running::start(&mut world.beta.command(&words)).unwrap();
    some(&world.beta, 1);
    command.kill().unwrap();
    let first = held(&world.beta, ANNA);
    let mut command = world.beta.command(&words);
    let importing = std::thread::spawn(move || run(&mut command));
    some(&world.beta, first + 1);
    world.beta.kill();
    let (status, _, said) = importing.join().unwrap();
    let second = held(&world.beta, ANNA);
    assert!(first < MANY && second < MANY, "{first} and {second}: it was over before it was killed");
    assert_eq!(status.code(), Some(69), "{said}");
    assert!(said.contains("run the same command again"), "{said}");
    // On the store itself, and then nothing is left to do.
    let said = world.beta.administer(&words);
    assert!(said.contains(&format!("{} messages imported", MANY - second)), "{said}");
    world.beta.start();
    let said = world.beta.administer(&words);
    assert!(said.contains("0 messages imported"), "{said}");
    let subjects: BTreeSet<String> = world.beta.list(ANNA).into_iter().map(|row| row.subject).collect();
    assert_eq!((held(&world.beta, ANNA), subjects.len()), (MANY, MANY));
    world.beta.stop();
    world.beta.verify_store();
}
