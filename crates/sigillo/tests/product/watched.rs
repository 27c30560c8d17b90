//! A provider publishes the heads of its evidence, and a stranger watches: through growth, restarts and kills, until something
//! does not hold.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use serde_json::Value;
use stamp::testing::{Mood, Served};

use crate::house::{House, World, eventually, letter, port, run, sigillo, succeed};
use crate::proved::checked;

const ANNA: &str = "anna.bianchi@beta.example";

/// Two providers; alfa seals without delay and publishes at this port.
fn publishing() -> (World, u16) {
    let (mut world, port) = (World::dark(), port());
    let settings =
        format!("[evidence]\nheads = \"1s\"\n\n[evidence.publish]\nlisten = [\"127.0.0.1:{port}\"]\n\n[relay]");
    world.alfa.edit("[relay]", &settings);
    world.alfa.start();
    world.beta.start();
    (world, port)
}

/// `sigillo evidence watch`, on a machine that has nothing but the address and whom to believe.
struct Stranger {
    url: String,
    state: PathBuf,
    ca: PathBuf,
    tls: PathBuf,
}

impl Stranger {
    fn new(world: &World, port: u16, state: &str) -> Self {
        let (ca, tls) = (world.lab.ca.clone(), world.lab.tls_ca.clone());
        Self { url: format!("https://localhost:{port}"), state: world.scratch(state), ca, tls }
    }

    fn command(&self) -> Command {
        let mut command = sigillo();
        command.args(["evidence", "watch", &self.url, "--state"]).arg(&self.state);
        command.arg("--tls-roots").arg(&self.tls);
        command
    }

    /// The exit code, and what is said; what others saw is `also`.
    fn looks(&self, also: &[&Path]) -> (i32, String) {
        self.looks_with("--also", also)
    }

    /// The same with this option for each of the files.
    fn looks_with(&self, option: &str, files: &[&Path]) -> (i32, String) {
        let mut command = self.command();
        command.arg("--ca").arg(&self.ca);
        for file in files {
            command.arg(option).arg(file);
        }
        let (status, said, wrong) = run(&mut command);
        (status.code().unwrap(), said + &wrong)
    }

    /// How many heads are known, and how many of them are new, where everything holds.
    fn counts(&self) -> (u64, u64) {
        let said = succeed(self.command().arg("--json").arg("--ca").arg(&self.ca));
        let said: Value = serde_json::from_str(&said).unwrap();
        assert!(said["holds"] == true && said["watched"]["tiles"] == true, "{said:#}");
        let logs = said["watched"]["logs"].as_array().unwrap();
        let sum = |member: &str| logs.iter().map(|log| log[member].as_u64().unwrap()).sum();
        (sum("heads"), sum("new"))
    }
}

fn sealed(house: &House) {
    eventually("everything to be sealed", || (checked(house)["unsealed"] == 0).then_some(()));
}

fn post(world: &World) {
    world.submit(&[ANNA], letter(ANNA, "Prova")).unwrap();
    world.settle();
    sealed(&world.alfa);
}

fn copied(from: &Path, to: &Path) {
    succeed(Command::new("cp").arg("-a").arg(from).arg(to));
}

#[test]
fn a_stranger_watches_that_a_provider_has_one_past() {
    let (mut world, port) = publishing();
    let stranger = Stranger::new(&world, port, "watched.json");
    post(&world);
    let (code, said) = stranger.looks(&[]);
    assert!(code == 0 && said.contains("alfa.example: everything holds"), "{said}");
    let (first, _) = stranger.counts();
    post(&world);
    let (more, new) = stranger.counts();
    assert!(new > 0 && more == first + new, "{first} {more} {new}");
    assert_eq!(stranger.counts(), (more, 0));

    // Through an orderly end, and one that is none.
    let store = world.alfa.provider.folder.join("store");
    world.alfa.stop();
    let (code, said) = stranger.looks(&[]);
    assert!(code == 69, "nobody answers: {said}");
    let early = world.scratch("early");
    copied(&store, &early);
    world.alfa.start();
    post(&world);
    let (again, new) = stranger.counts();
    assert!(new > 0);
    world.submit(&[ANNA], letter(ANNA, "Prova")).unwrap();
    world.alfa.kill();
    world.alfa.start();
    post(&world);
    let (late, new) = stranger.counts();
    assert!(new > 0 && late == again + new);
    // Who names no authority is told so; another authority is none.
    let (status, said, _) = run(stranger.command().arg("--once"));
    assert!(status.code() == Some(2) && said.contains("give its authority with --ca"), "{said}");
    let foreign = Stranger { ca: world.lab.tls_ca.clone(), ..Stranger::new(&world, port, "foreign.json") };
    let (code, said) = foreign.looks(&[]);
    assert!(code == 1 && said.contains("no recognised provider"), "{said}");

    // A store of yesterday: what was shown since is gone.
    world.alfa.stop();
    let now = world.scratch("now");
    copied(&store, &now);
    fs::remove_dir_all(&store).unwrap();
    copied(&early, &store);
    world.alfa.start();
    let (code, said) = stranger.looks(&[]);
    assert!(code == 1 && said.contains(&format!("head {late} of log 1: was ")), "{said}");
    let left = fs::read_to_string(world.scratch("watched.json.discord")).unwrap();
    assert!(left.contains("\"seen\": {"), "{left}");
    assert_eq!(stranger.looks(&[]).0, 1, "it is told until somebody looks");
    // It goes on from there, with another future: a fork, which who came later does not see alone.
    post(&world);
    post(&world);
    let newcomer = Stranger::new(&world, port, "newcomer.json");
    newcomer.counts();
    let (code, said) = newcomer.looks(&[&stranger.state]);
    assert!(code == 1 && said.contains("of log 1: was "), "{said}");

    let nobody = world.scratch("nobody.json");
    let (code, said) = newcomer.looks(&[&nobody]);
    assert!(code == 73 && said.contains("nobody.json"), "what others saw must be there: {said}");

    // A head is altered where it is kept.
    world.alfa.stop();
    fs::remove_dir_all(&store).unwrap();
    copied(&now, &store);
    let file = Connection::open(store.join("sigillo.db")).unwrap();
    let script = "DROP TRIGGER heads_are_never_changed; \
                  UPDATE heads SET text = CAST(replace(CAST(text AS TEXT), 'provider Alfa', 'provider Alba') AS BLOB)";
    file.execute_batch(script).unwrap();
    drop(file);
    world.alfa.start();
    let (code, said) = stranger.looks(&[]);
    assert!(code == 1 && said.contains(&format!("head {late} of log 1: was exchanged")), "{said}");
    let newcomer = Stranger::new(&world, port, "third.json");
    let (code, said) = newcomer.looks(&[]);
    assert!(code == 1 && said.contains("head 1 of log 1: the provider's signature does not hold"), "{said}");
}

#[test]
fn what_is_published_is_served_to_whoever_asks_and_nothing_else() {
    let (world, port) = publishing();
    post(&world);
    let curl = |options: &[&str], path: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--include", "--path-as-is", "--cacert"]).arg(&world.lab.tls_ca);
        succeed(curl.args(options).arg(format!("https://localhost:{port}{path}"))).to_lowercase()
    };
    let logs = curl(&[], "/logs");
    assert!(logs.starts_with("http/1.1 200") && logs.contains("cache-control: no-cache"), "{logs}");
    assert!(logs.contains("\"form\": \"sigillo-logs 1\"") && logs.contains("\"domain\": \"alfa.example\""), "{logs}");
    let head = curl(&[], "/1/heads/1");
    assert!(head.contains("content-type: application/json") && head.contains("\"stamp\": null"), "{head}");
    let tile = curl(&["--head"], "/1/1/tile/0/000.p/1");
    assert!(tile.contains("content-length: 32") && tile.contains("immutable"), "{tile}");
    let refused = curl(&["--request", "POST", "--data", "x"], "/logs");
    assert!(refused.starts_with("http/1.1 405") && refused.contains("allow: get, head"), "{refused}");
    for path in ["/", "/1/heads/999999", "/1/1/tile/0/001", "/1/1/tile/entries/000", "/../logs", "/health", "/metrics"]
    {
        let none = curl(&[], path);
        assert!(none.starts_with("http/1.1 404") && none.contains("no-store"), "{path}: {none}");
    }
    let counted = world.alfa.metric("sigillo_evidence_answers_total").unwrap();
    assert!(counted >= 11.0, "{counted}");
    // Who holds every connection of an address shuts out nobody else's, and mail goes on.
    let held: Vec<_> = (0..40).map(|_| std::net::TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    post(&world);
    drop(held);
    eventually("an answer when they are gone", || {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--cacert"]).arg(&world.lab.tls_ca).arg(format!("https://localhost:{port}/logs"));
        run(&mut curl).0.success().then_some(())
    });
}

/// How much an address is given is the operator's to say: nothing is put off, and who asks for more comes later.
#[test]
fn who_asks_for_more_than_he_is_given_is_told_to_come_later() {
    let (mut world, port) = (World::dark(), port());
    world.alfa.edit("commands_per_second = 0", "commands_per_second = 1\nfree_commands = 40");
    let door = format!("[evidence.publish]\nlisten = [\"127.0.0.1:{port}\"]\nput_off = 0\nanswers = 1\n\n[relay]");
    world.alfa.edit("[relay]", &door);
    world.alfa.start();
    let logs = || {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--include", "--cacert"]).arg(&world.lab.tls_ca);
        succeed(curl.arg(format!("https://localhost:{port}/logs"))).to_lowercase()
    };
    let first = logs();
    assert!(first.starts_with("http/1.1 200"), "{first}");
    let later =
        eventually("an answer that comes later", || Some(logs()).filter(|said| said.starts_with("http/1.1 429")));
    assert!(later.contains("retry-after: ") && !later.contains("retry-after: 0"), "{later}");
    eventually("his turn", || logs().starts_with("http/1.1 200").then_some(()));
}

/// Heads wait for their stamps, and so does whoever watches; whose they are he says who names an authority.
#[test]
fn stamps_that_come_later_are_watched_too() {
    let served = Served::new();
    served.set(Mood::Status(503));
    let (mut world, port) = (World::dark(), port());
    let settings = format!(
        "[evidence]\nheads = \"1s\"\n\n[evidence.publish]\nlisten = [\"127.0.0.1:{port}\"]\n\n[timestamps]\ntimeout = \"5s\"\n\
         retry_first = \"1s\"\nretry_max = \"1s\"\n\n[[timestamps.authority]]\nurl = \"{}\"\nroots = \"{}\"\n\n[relay]",
        served.url,
        served.root().display()
    );
    world.alfa.edit("[relay]", &settings);
    world.alfa.start();
    world.beta.start();
    post(&world);
    let stranger = Stranger::new(&world, port, "watched.json");
    let root = served.root();
    let (code, said) = stranger.looks_with("--tsa", &[&root]);
    assert!(code == 0 && said.contains("have no time stamp yet"), "{said}");
    served.set(Mood::Well);
    let said = eventually("every head to have its stamp", || {
        let (code, said) = stranger.looks_with("--tsa", &[&root]);
        assert_eq!(code, 0, "{said}");
        (!said.contains("have no time stamp yet")).then_some(said)
    });
    assert!(said.contains("have time stamps of an authority that is believed"), "{said}");
    let (code, said) = Stranger::new(&world, port, "second.json").looks(&[]);
    assert!(code == 0 && said.contains("nothing here says whose (give --tsa)"), "{said}");
    let (code, said) = Stranger::new(&world, port, "third.json").looks_with("--tsa", &[&world.lab.tls_ca]);
    assert!(code == 1 && said.contains("head 1 of log 1: its time stamp is of nobody who is believed"), "{said}");
}
