//! A provider administered, running and stopped.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use conformance::client::{Client, Message};
use serde_json::Value;

use crate::house::{House, World, eventually, laboratory, letter, run, sigillo, succeed};

const MARIO: &str = "mario.rossi@alfa.example";
const ANNA: &str = "anna.bianchi@beta.example";
const GOOD: &str = "gru-tavolo-melone-vite";

/// What a command says as JSON, one object a line.
fn json(house: &House, words: &[&str]) -> Vec<Value> {
    let said = house.administer(&[words, &["--json"]].concat());
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A file with a password.
fn secret(world: &World, password: &str) -> String {
    let file = world.scratch("password");
    fs::write(&file, format!("{password}\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Whether somebody logs in at alfa with this password.
fn logs_in(world: &World, login: &str, password: &str) -> bool {
    let (server, trust) = world.server();
    Client::connect(&server, &trust).unwrap().login(login, password).is_ok()
}

/// Every command once, whether the provider runs or not.
fn everything(world: &World, running: bool) {
    let house = &world.alfa;
    let password = secret(world, GOOD);
    let (mailbox, renamed, user) = match running {
        true => ("uno@alfa.example", "due@alfa.example", "olga"),
        false => ("tre@alfa.example", "quattro@alfa.example", "piero"),
    };
    assert_eq!(json(house, &["status"])[0]["running"], running);
    let made = json(house, &["mailbox", "add", mailbox, "--password-file", &password, "--quota", "2GiB"]);
    assert_eq!((&made[0]["address"], &made[0]["quota"]), (&Value::from(mailbox), &Value::from(2_u64 << 30)));
    let listed = json(house, &["mailbox", "list", "--domain", "alfa.example"]);
    assert!(listed.iter().any(|one| one["address"] == mailbox));
    let set = json(house, &["mailbox", "set", mailbox, "--state", "receive-only", "--quota", "3GiB"]);
    assert_eq!((&set[0]["state"], &set[0]["quota"]), (&Value::from("receive-only"), &Value::from(3_u64 << 30)));
    house.administer(&["mailbox", "rename", mailbox, renamed]);
    house.administer(&["mailbox", "password", renamed, "--password-file", &password]);
    house.administer(&["user", "add", user, "--password-file", &password, "--display", "Olga Neri"]);
    house.administer(&["user", "grant", user, renamed, "--rights", "read,send"]);
    assert_eq!(json(house, &["mailbox", "show", renamed])[2]["user"], user);
    assert_eq!(json(house, &["user", "show", user])[1]["mailbox"], renamed);
    let made = json(house, &["app-password", "add", user, "--mailbox", renamed, "--name", "PC", "--protocols", "imap"]);
    assert_eq!((&made[0]["login"], &made[0]["protocols"]), (&Value::from(user), &serde_json::json!(["imap"])));
    let id = made[0]["id"].to_string();
    assert_eq!(made[0]["secret"].as_str().unwrap().len(), 34);
    assert_eq!(json(house, &["app-password", "list", user])[0]["secret"], Value::Null);
    house.administer(&["app-password", "remove", user, &id]);
    let set = json(house, &["mailbox", "set", renamed, "--pop3", "off", "--imap", "on"]);
    assert_eq!(set[0]["protocols"], serde_json::json!(["imap", "submission", "web"]));
    let set = json(house, &["mailbox", "set", renamed, "--without-capability", "move,CONDSTORE"]);
    assert_eq!(set[0]["without"], serde_json::json!(["CONDSTORE", "MOVE"]));
    house.administer(&["user", "revoke", user, renamed]);
    house.administer(&["user", "disable", user]);
    house.administer(&["user", "enable", user]);
    house.administer(&["user", "password", user, "--password-file", &password]);
    assert!(json(house, &["user", "list"]).iter().any(|one| one["name"] == user && one["enabled"] == true));
    assert_eq!(json(house, &["mailbox", "close", renamed])[0]["state"], "closed");
    let domain = format!("{user}.example");
    house.administer(&["domain", "add", &domain, "--ordinary", "anomaly"]);
    house.administer(&["domain", "set", &domain, "--english", "true", "--certified-only-from", "2030-01-01"]);
    let shown = &json(house, &["domain", "show", &domain])[0];
    assert_eq!((&shown["english"], &shown["ordinary"]), (&Value::from(true), &Value::from("anomaly")));
    house.administer(&["domain", "remove", &domain]);
    assert_eq!(json(house, &["domain", "list"]).len(), 3);
    assert_eq!(json(house, &["queue", "list"]).len(), 0);
    assert_eq!(house.administer(&["queue", "retry", "--local"]), "nothing waits for this provider\n");
    let (status, _, stderr) = run(&mut house.command(&["queue", "show", "999"]));
    assert!(status.code() == Some(66) && stderr.contains("no dispatch 999"), "{stderr}");
    let backup = world.scratch(user);
    house.administer(&["store", "backup", backup.to_str().unwrap()]);
    assert!(backup.join("sigillo.db").exists());
    assert_eq!(house.administer(&["store", "reindex"]), "the index for searches was made anew\n");
    assert_eq!(json(house, &["check"]).last().unwrap()["whole"], true);

    let who = succeed(std::process::Command::new("id").arg("-un"));
    let acts = json(house, &["evidence", "list", "--event", "administered"]);
    let closing = |row: &&Value| row["error"].as_str().is_some_and(|error| error.starts_with("mailbox close"));
    assert!(acts.iter().filter(closing).any(|row| row["concerns"] == serde_json::json!([renamed])), "{acts:?}");
    assert!(acts.iter().all(|row| row["actor"] == "operator" && row["actor_name"] == who.trim()), "{acts:?}");
    assert!(!format!("{acts:?}").contains(GOOD));
}

#[test]
fn every_command_works_with_the_provider_running_and_stopped() {
    let mut world = World::up();
    everything(&world, true);
    world.alfa.stop();
    everything(&world, false);
    world.alfa.verify_store();
}

#[test]
fn a_mailbox_made_while_the_provider_runs_is_used_at_once_and_closed_at_once() {
    let world = World::up();
    let new = "nuova@alfa.example";
    let mut add = std::process::Command::new("sh");
    add.args(["-c", "\"$1\" mailbox add \"$2\" --password-file - --config \"$3\" < \"$4\"", "sh"]);
    add.args([env!("CARGO_BIN_EXE_sigillo"), new]).arg(&world.alfa.provider.config).arg(secret(&world, GOOD));
    succeed(&mut add);
    assert!(logs_in(&world, new, GOOD) && !logs_in(&world, new, "altro"));
    let other = "violino-cardo-otto-remi";
    world.alfa.administer(&["mailbox", "password", new, "--password-file", &secret(&world, other)]);
    assert!(logs_in(&world, new, other) && !logs_in(&world, new, GOOD));
    world.submit(&[new], letter(new, "prima")).unwrap();
    world.alfa.one(new, "transport-envelope");
    world.alfa.administer(&["mailbox", "close", new]);
    assert!(!logs_in(&world, new, other));
    world.submit(&[new], letter(new, "seconda")).unwrap();
    world.alfa.one(MARIO, "non-delivery");
}

#[test]
fn an_app_password_sends_for_the_user_whose_it_is_until_it_is_removed() {
    let world = World::up();
    world.alfa.administer(&["user", "add", "olga", "--no-password"]);
    world.alfa.administer(&["user", "grant", "olga", MARIO, "--rights", "read,send"]);
    let made = json(&world.alfa, &["app-password", "add", "olga", "--name", "PC"]);
    let (secret, id) = (made[0]["secret"].as_str().unwrap(), made[0]["id"].to_string());
    let (server, trust) = world.server();
    let mut client = Client::connect(&server, &trust).unwrap();
    client.login(MARIO, secret).unwrap();
    let (sender, recipients) = (MARIO.to_owned(), vec![ANNA.to_owned()]);
    let message = Message { sender, recipients, bytes: letter(ANNA, "per conto").into() };
    client.send([message], || ()).unwrap();
    world.alfa.one(MARIO, "acceptance");
    let rows = json(&world.alfa, &["evidence", "list", "--event", "received"]);
    assert!(rows.iter().any(|row| row["actor"] == "user" && row["actor_name"] == "olga"), "{rows:?}");
    let history = eventually("the history", || {
        let rows = json(&world.alfa, &["mailbox", "history", MARIO]);
        Some(rows).filter(|rows| rows.iter().any(|row| row["outcome"] == "sent"))
    });
    let of_olga = history.iter().filter(|row| row["user"] == "olga" && row["app_password"] == "PC");
    let outcomes: Vec<_> = of_olga.map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["logged-in", "sent"]);
    assert!(json(&world.alfa, &["app-password", "list", "olga"])[0]["used"].is_string());
    world.alfa.administer(&["app-password", "remove", "olga", &id]);
    // 421 stands there already, or the connection is closed.
    assert!(client.command("NOOP").is_ok_and(|reply| reply.code == 421));
    assert!(!logs_in(&world, MARIO, secret));
}

#[test]
fn a_message_tells_its_history_and_a_dispatch_that_nobody_takes_is_given_up_by_hand() {
    let mut world = World::up();
    world.beta.stop();
    world.submit(&[ANNA], letter(ANNA, "storia")).unwrap();
    world.alfa.one(MARIO, "acceptance");
    let waiting = eventually("an attempt", || {
        let listed = json(&world.alfa, &["queue", "list", "--provider", "Beta PEC S.p.A."]);
        listed.into_iter().find(|item| item["attempts"].as_u64() > Some(0))
    });
    let identifier = waiting["identifier"].as_str().unwrap();
    let told = world.alfa.administer(&["message", "show", identifier]);
    for part in [
        format!("message {identifier}"),
        format!("from {MARIO}"),
        format!("to {ANNA} (certified)"),
        "sent by the holder".into(),
        format!("to {ANNA}: accepted here, nothing heard of its provider yet"),
        "to provider Beta PEC S.p.A.".into(),
        "acceptance made and signed, by the program".into(),
    ] {
        assert!(told.contains(&part), "no {part:?} in\n{told}");
    }
    let row = json(&world.alfa, &["evidence", "list", "--identifier", identifier, "--kind", "acceptance"]);
    let row = row.iter().find(|item| item["type"] == "row").unwrap();
    let place = format!("{}/{}", row["log"], row["number"]);
    let shown = json(&world.alfa, &["evidence", "show", &place]);
    assert!(shown[1]["canonical"].as_str().is_some_and(|bytes| bytes.starts_with("8b01")), "{shown:?}");

    let number = waiting["id"].to_string();
    world.alfa.administer(&["queue", "fail", &number, "--reason", "chiuso per ferie"]);
    world.judge(&world.alfa.one(MARIO, "non-delivery"), "non-delivery");
    let told = world.alfa.administer(&["message", "show", identifier]);
    assert!(told.contains(&format!("to {ANNA}: not delivered")), "{told}");
    assert!(told.contains("queue fail: chiuso per ferie"), "{told}");
}

#[test]
fn a_weak_password_and_an_address_of_the_provider_are_refused() {
    let world = World::up();
    let (good, weak) = (secret(&world, GOOD), world.scratch("weak"));
    fs::write(&weak, "Password2026!\n").unwrap();
    for (words, code, why) in [
        (vec!["mailbox", "add", "x@alfa.example", "--password-file", weak.to_str().unwrap()], 64, "too easy to guess"),
        (vec!["mailbox", "add", "posta-certificata@alfa.example", "--password-file", &good], 64, "service address"),
        (vec!["mailbox", "add", "ricevute@alfa.example", "--password-file", &good], 64, "notices"),
        (vec!["mailbox", "add", "postmaster@alfa.example", "--password-file", &good], 64, "postmaster"),
        (vec!["mailbox", "add", "x@gamma.example", "--password-file", &good], 64, "not hosted here"),
        (vec!["mailbox", "show", "x@alfa.example"], 66, "no mailbox x@alfa.example"),
        (vec!["domain", "remove", "alfa.example"], 64, "cannot be removed"),
        (vec!["message", "show", "x@alfa.example"], 66, "nothing is known"),
        (vec!["evidence", "show", "7"], 64, "1/4711"),
    ] {
        let (status, _, stderr) = run(&mut world.alfa.command(&words));
        assert!(status.code() == Some(code) && stderr.contains(why), "{words:?}: {status} {stderr}");
    }
    // Without a terminal nothing can be asked.
    let mut alone = std::process::Command::new("setsid");
    alone.arg("--wait").arg(env!("CARGO_BIN_EXE_sigillo")).args(["mailbox", "add", "x@alfa.example", "--config"]);
    let (status, _, stderr) = run(alone.arg(&world.alfa.provider.config));
    assert!(status.code() == Some(64) && stderr.contains("--password-file FILE"), "{stderr}");
}

#[test]
fn an_empty_folder_is_no_store_and_a_new_one_is_made_by_a_command_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let lab = laboratory(&folder.path().join("lab"));
    let mut house = House::new(&lab.providers[0]);
    let store = house.provider.folder.join("store");
    fs::rename(&store, folder.path().join("old")).unwrap();
    fs::create_dir(&store).unwrap();
    // As when the volume is not mounted.
    for words in [["serve"].as_slice(), &["mailbox", "list"], &["check"]] {
        let (status, _, stderr) = run(&mut house.command(words));
        assert!(!status.success() && stderr.contains("store create"), "{words:?}: {stderr}");
    }
    let import = house.provider.folder.join("accounts.toml");
    let said = house.administer(&["store", "create", "--import", import.to_str().unwrap()]);
    assert!(said.contains("is a new store"), "{said}");
    let (status, _, stderr) = run(&mut house.command(&["store", "create"]));
    assert!(!status.success() && stderr.contains("store"), "{stderr}");
    assert_eq!(json(&house, &["mailbox", "list"]).len(), 4);
    house.start();
    house.stop();

    // Whatever is wrong is said before anything is made.
    fs::remove_dir_all(&store).unwrap();
    let text = fs::read_to_string(&import).unwrap();
    fs::write(&import, text.replacen("mario.rossi@", "posta-certificata@", 1)).unwrap();
    let (status, _, stderr) = run(&mut house.command(&["store", "create", "--import", import.to_str().unwrap()]));
    assert!(status.code() == Some(64) && stderr.contains("service address") && !store.exists(), "{stderr}");
    // Without a file it has what every provider needs.
    house.administer(&["store", "create"]);
    assert_eq!(json(&house, &["domain", "list"]).len(), 1);
}

#[test]
fn a_store_that_is_held_damaged_or_of_another_version_is_a_clear_error() {
    let mut world = World::up();
    // Held without a socket, as by a provider that is just starting.
    let socket = world.alfa.provider.folder.join("store/control.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    fs::remove_file(&socket).unwrap();
    let (status, _, stderr) = run(&mut world.alfa.command(&["mailbox", "list"]));
    assert!(status.code() == Some(69) && stderr.contains("nothing answers at its control socket"), "{stderr}");
    world.alfa.stop();
    // A killed provider leaves its socket; the next one takes its place.
    world.beta.kill();
    assert!(world.beta.provider.folder.join("store/control.sock").exists());
    assert_eq!(json(&world.beta, &["status"])[0]["running"], false);
    world.beta.start();
    assert_eq!(json(&world.beta, &["status"])[0]["running"], true);
    // Not that of one that lives.
    let other = format!(
        "[control]\nsocket = \"{}\"\n\n[store]",
        world.beta.provider.folder.join("store/control.sock").display()
    );
    world.alfa.edit("[store]", &other);
    let (status, _, stderr) = run(&mut world.alfa.command(&["serve"]));
    assert!(status.code() == Some(71) && stderr.contains("another process answers there"), "{stderr}");
    // A folder in which others can write.
    let open = world.scratch("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    world.alfa.edit(
        &world.beta.provider.folder.join("store/control.sock").display().to_string(),
        &open.join("control.sock").display().to_string(),
    );
    let (status, _, stderr) = run(&mut world.alfa.command(&["serve"]));
    assert!(status.code() == Some(71) && stderr.contains("chmod go-w"), "{stderr}");

    let database = world.alfa.provider.folder.join("store/sigillo.db");
    let mut bytes = fs::read(&database).unwrap();
    // The user version of SQLite's header is the schema's.
    bytes[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    fs::write(&database, &bytes).unwrap();
    let (status, _, stderr) = run(&mut world.alfa.command(&["mailbox", "list"]));
    assert!(!status.success() && stderr.contains("newer"), "{stderr}");
    fs::write(&database, b"").unwrap();
    let (status, _, stderr) = run(&mut world.alfa.command(&["serve"]));
    assert!(!status.success() && !stderr.is_empty(), "{stderr}");
}

#[test]
fn a_renewed_certificate_is_shown_without_a_restart_and_a_wrong_one_is_told() {
    let world = World::up();
    let home = &world.alfa.provider.folder;
    let shown = || {
        let address = format!("127.0.0.1:{}", world.alfa.ports().submission_tls);
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(["s_client", "-connect", &address, "-servername", "mx.alfa.example"]).stdin(Stdio::null());
        let (_, said, _) = run(&mut openssl);
        said.split_once("-----BEGIN CERTIFICATE-----").unwrap().1.split_once("-----END").unwrap().0.to_owned()
    };
    let mut session = world.client().unwrap();
    let before = shown();
    // The pair of the other provider is a good pair.
    let beta = &world.beta.provider.folder;
    fs::copy(beta.join("tls.pem"), home.join("tls.pem")).unwrap();
    let (status, _, stderr) = run(&mut world.alfa.command(&["reload"]));
    assert!(status.code() == Some(69) && stderr.contains("is not the key of"), "{stderr}");
    let health = world.alfa.administer(&["status"]);
    assert!(health.contains("warning: the doors' certificate cannot be read again"), "{health}");
    assert_eq!(shown(), before);
    fs::copy(beta.join("tls.key"), home.join("tls.key")).unwrap();
    assert!(world.alfa.administer(&["reload"]).contains("is in use from now on"));
    assert_ne!(shown(), before);
    // Who was there goes on.
    let message = conformance::client::Message {
        sender: MARIO.into(),
        recipients: vec![ANNA.into()],
        bytes: letter(ANNA, "vecchia").into_bytes(),
    };
    session.send([message], || ()).unwrap();
    assert!(world.alfa.administer(&["status"]).starts_with("ok\n"));
    let (status, _, _) = run(sigillo().args(["reload", "--config"]).arg(beta.join("sigillo.toml")));
    assert!(status.success());
}
