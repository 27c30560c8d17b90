//! A laboratory whose providers run as processes, and what the tests ask of it.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{PipeWriter, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use conformance::check::check;
use conformance::client::{Client, Message, Security, Server, trust};
use conformance::judges::Judges;
use conformance::kind::{KINDS, Kind};
use conformance::opened::Opened;
use harness::{Block, Running};
use lab::{GuestPlan, Lab, LabPlan, LabProvider, Ports};
use rustls::ClientConfig;
use store::{Addressee, Embedded, EmbeddedOptions, Ledger, Upkeep};
use tempfile::TempDir;

/// The longest that anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until there is an answer. The only place where the tests let time pass.
#[allow(clippy::disallowed_methods)] // This is how to wait for a condition.
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = condition() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "still waiting: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The program, ready for arguments.
pub fn sigillo() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sigillo"))
}

/// Runs a command to its end; gives it back with its output as text.
pub fn run(command: &mut Command) -> (ExitStatus, String, String) {
    let Output { status, stdout, stderr } =
        harness::output(command).unwrap_or_else(|error| panic!("{command:?}: {error}"));
    (status, String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned())
}

/// Runs a command that must succeed; gives its standard output.
pub fn succeed(command: &mut Command) -> String {
    let (status, stdout, stderr) = run(command);
    assert!(status.success(), "{command:?} ended with {status}\n{stdout}\n{stderr}");
    stdout
}

/// Two providers that run.
pub struct World {
    pub lab: Lab,
    pub alfa: House,
    pub beta: House,
    folder: TempDir,
}

impl World {
    /// Two providers, both up.
    pub fn up() -> Self {
        Self::with("")
    }

    /// Neither of them up.
    pub fn dark() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lab = laboratory(&folder.path().join("lab"));
        Self::resting(lab, folder, "", "")
    }

    /// Alfa alone: for what its holders do among themselves.
    pub fn alone() -> Self {
        let mut world = Self::dark();
        world.alfa.start();
        world
    }

    /// Both, with further lines in `[smtp.limits]` of alfa.
    pub fn with(limits: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lab = laboratory(&folder.path().join("lab"));
        Self::of(lab, folder, limits, "")
    }

    /// Two providers, both up, and room for the one that misbehaves; further lines in `[relay]` of alfa.
    pub fn with_peer(relay: &str) -> Self {
        let mut world = Self::resting_with_peer("", relay);
        world.alfa.start();
        world.beta.start();
        world
    }

    /// The same, neither of them up yet.
    pub fn resting_with_peer(limits: &str, relay: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let guest = GuestPlan::parse(&format!("{}=127.0.0.1:{}", lab::peer::NAME, port())).unwrap();
        let lab = laboratory_with(&folder.path().join("lab"), vec![guest]);
        Self::resting(lab, folder, limits, relay)
    }

    fn of(lab: Lab, folder: TempDir, limits: &str, relay: &str) -> Self {
        let mut world = Self::resting(lab, folder, limits, relay);
        world.alfa.start();
        world.beta.start();
        world
    }

    fn resting(lab: Lab, folder: TempDir, limits: &str, relay: &str) -> Self {
        let [alfa, beta] = lab.providers.as_slice() else { panic!("not two providers") };
        let (alfa, beta) = (House::new(alfa), House::new(beta));
        alfa.edit("[smtp.limits]", &format!("[smtp.limits]\n{limits}"));
        alfa.edit("[relay]", &format!("[relay]\n{relay}"));
        for house in [&alfa, &beta] {
            house.edit("retry_first = \"5s\"\nretry_max = \"1m\"", "retry_first = \"1s\"\nretry_max = \"1s\"");
        }
        Self { lab, alfa, beta, folder }
    }

    /// A folder for what the test keeps.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Alfa's door with TLS, and whom its clients trust.
    pub fn server(&self) -> (Server, Arc<ClientConfig>) {
        let server = Server {
            address: format!("127.0.0.1:{}", self.alfa.ports().submission_tls),
            name: self.alfa.provider.hostname.clone(),
            security: Security::Tls,
            patience: PATIENCE,
        };
        (server, trust(&self.lab.tls_ca).unwrap())
    }

    /// A session at alfa's door with TLS, logged in as mario.rossi.
    pub fn client(&self) -> std::io::Result<Client> {
        let (server, trust) = self.server();
        let mut client = Client::connect(&server, &trust)?;
        client.login("mario.rossi@alfa.example", &self.alfa.password("mario.rossi"))?;
        Ok(client)
    }

    /// Submits as mario.rossi of alfa.
    pub fn submit(&self, recipients: &[&str], bytes: impl Into<Vec<u8>>) -> std::io::Result<()> {
        let recipients = recipients.iter().map(|&recipient| recipient.to_owned()).collect();
        let sender = "mario.rossi@alfa.example".into();
        self.client()?.send([Message { sender, recipients, bytes: bytes.into() }], || ())
    }

    /// Holds a message to the norm by the conformance rules, openssl and xmllint; then to `sigillo verify`.
    pub fn judge(&self, message: &[u8], kind: &str) {
        judge(&self.lab.ca, message, kind);
        let file = tempfile::NamedTempFile::new_in(self.folder.path()).unwrap();
        fs::write(file.path(), message).unwrap();
        succeed(sigillo().arg("verify").arg("--ca").arg(&self.lab.ca).arg(file.path()));
    }

    /// Both providers have nothing more to carry.
    pub fn settle(&self) {
        eventually("empty queues", || (self.alfa.queued() == 0 && self.beta.queued() == 0).then_some(()));
    }
}

/// Makes a laboratory on ports that no other test of this process uses.
pub fn laboratory(folder: &Path) -> Lab {
    laboratory_with(folder, Vec::new())
}

fn laboratory_with(folder: &Path, guests: Vec<GuestPlan>) -> Lab {
    let now = provider::Clock::now(&provider::SystemClock);
    let mut plan = LabPlan::two(now, lab::DEFAULT_BASE_PORT).unwrap();
    for provider in &mut plan.providers {
        provider.ports = Ports::of(std::array::from_fn(|_| port()));
    }
    plan.guests = guests;
    lab::create(folder, &plan).unwrap()
}

/// A free port that is given out once, and that the system does not give to outgoing connections: a provider that was
/// killed finds its port free again.
pub fn port() -> u16 {
    // A block that is used up is kept: its servers may still run.
    static BLOCKS: Mutex<Vec<Block>> = Mutex::new(Vec::new());
    let mut blocks = BLOCKS.lock().unwrap();
    if let Some(port) = blocks.last_mut().and_then(Iterator::next) {
        return port;
    }
    let mut block = Block::take().unwrap();
    let port = block.next().unwrap();
    blocks.push(block);
    port
}

/// Fails unless the judges find nothing wrong.
pub fn judge(authority: &Path, message: &[u8], kind: &str) {
    let kind: Kind = KINDS.into_iter().find(|known| known.name == kind).unwrap();
    let sheet = check(&Judges::new(Some(authority)).unwrap(), message, Some(kind)).unwrap();
    let failures: Vec<_> = sheet.failures().collect();
    assert!(failures.is_empty(), "{}: {failures:#?}\n{}", kind.name, String::from_utf8_lossy(message));
    assert!(sheet.findings.len() > 10, "{}: hardly judged", kind.name);
}

/// The certification data of a message, as XML.
pub fn data(message: &[u8]) -> String {
    let opened = Opened::new(message);
    String::from_utf8(opened.data.first().unwrap().decoded().unwrap()).unwrap()
}

/// The `postacert.eml` that a message carries.
pub fn original(message: &[u8]) -> Vec<u8> {
    Opened::new(message).original().unwrap()
}

/// Where one run of octets stands in another.
pub fn find(whole: &[u8], part: &[u8]) -> Option<usize> {
    whole.windows(part.len()).position(|window| window == part)
}

/// A row of `sigillo mailbox list`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub kind: String,
    pub subject: String,
}

/// One provider, its process and its files. The process ends with it.
pub struct House {
    pub provider: LabProvider,
    /// Variables of the process's environment.
    pub environment: Vec<(&'static str, PathBuf)>,
    /// What a shell does before it becomes the program.
    pub before: &'static str,
    /// Where the log goes that should not go to `log.txt`.
    pub sink: Option<PipeWriter>,
    child: Option<Running>,
}

impl House {
    pub fn new(provider: &LabProvider) -> Self {
        Self { provider: provider.clone(), environment: Vec::new(), before: "", sink: None, child: None }
    }

    pub fn ports(&self) -> Ports {
        self.provider.ports
    }

    /// Replaces a piece of the configuration, which must stand there.
    pub fn edit(&self, old: &str, new: &str) {
        let text = fs::read_to_string(&self.provider.config).unwrap();
        assert!(text.contains(old), "{old:?} is not in the configuration:\n{text}");
        fs::write(&self.provider.config, text.replacen(old, new, 1)).unwrap();
    }

    /// Starts the process and waits for its health.
    pub fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.provider.folder.join("log.txt")).unwrap();
        // Should the test die without a word, the pipe closes and the provider ends.
        let mut command = sigillo();
        if !self.before.is_empty() {
            command = Command::new("sh");
            command.args(["-c", &format!("{}\nexec \"$0\" \"$@\"", self.before)]).arg(env!("CARGO_BIN_EXE_sigillo"));
        }
        command.args(["serve", "--until-stdin-closes", "--config"]).arg(&self.provider.config);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        if let Some(sink) = &self.sink {
            command.stderr(sink.try_clone().unwrap());
        }
        let child = self.child.insert(Running::start(&mut command).unwrap());
        let admin = self.provider.ports.admin;
        eventually("health", || {
            if let Some(status) = child.ended().unwrap() {
                let log = fs::read_to_string(self.provider.folder.join("log.txt")).unwrap();
                panic!("{} ended with {status}:\n{log}", self.provider.name);
            }
            get(admin, "/health").filter(|answer| answer.starts_with("HTTP/1.1 200")).map(drop)
        });
    }

    pub fn process(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.take().unwrap().kill().unwrap();
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.child.as_ref().unwrap().terminate().unwrap();
    }

    /// Waits for the end of the process.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.take().unwrap().wait(PATIENCE).unwrap()
    }

    /// SIGTERM, and a clean end.
    pub fn stop(&mut self) {
        self.terminate();
        let status = self.ended();
        assert_eq!(status.code(), Some(0), "{} ended with {status}", self.provider.name);
    }

    pub fn password(&self, local: &str) -> String {
        let account = self.provider.accounts.iter().find(|account| account.address.local() == local);
        lab::password(account.unwrap()).to_owned()
    }

    /// `sigillo mailbox list`, oldest first.
    pub fn list(&self, address: &str) -> Vec<Row> {
        let text = succeed(sigillo().args(["mailbox", "list", "--config"]).arg(&self.provider.config).arg(address));
        text.lines().map(row).collect()
    }

    /// The subjects of what is of this kind in a mailbox, none of them twice, without what their kind puts before them.
    pub fn once_each(&self, mailbox: &str, kind: &str, prefix: &str) -> BTreeSet<String> {
        let mut subjects = BTreeSet::new();
        for row in self.list(mailbox).into_iter().filter(|row| row.kind == kind) {
            let subject = row.subject.strip_prefix(prefix).unwrap_or_else(|| panic!("{row:?}"));
            assert!(subjects.insert(subject.to_owned()), "{kind} of {subject} is there twice");
        }
        subjects
    }

    /// Waits until as many of this kind stand in the mailbox; gives what `sigillo mailbox read --out` saves of them.
    pub fn wait(&self, address: &str, kind: &str, count: usize) -> Vec<Vec<u8>> {
        let of_kind = |rows: &[Row]| rows.iter().filter(|row| row.kind == kind).count();
        eventually(&format!("{count} × {kind} for {address}"), || {
            (of_kind(&self.list(address)) >= count).then_some(())
        });
        let out = tempfile::tempdir().unwrap();
        let mut command = sigillo();
        command.args(["mailbox", "read", "--config"]).arg(&self.provider.config).arg(address);
        succeed(command.arg("--out").arg(out.path()));
        let mut found: Vec<(u32, Vec<u8>)> = Vec::new();
        for entry in fs::read_dir(out.path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let (uid, of) = name.split_once('-').unwrap();
            if of == kind {
                found.push((uid.parse().unwrap(), fs::read(&path).unwrap()));
            }
        }
        found.sort();
        assert_eq!(found.len(), count, "{kind} for {address}");
        found.into_iter().map(|(_, bytes)| bytes).collect()
    }

    /// The only message of this kind in the mailbox, waited for.
    pub fn one(&self, address: &str, kind: &str) -> Vec<u8> {
        self.wait(address, kind, 1).remove(0)
    }

    /// Sum of a metric over its labels; `None` when it is not shown.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let text = get(self.ports().admin, "/metrics")?;
        let values = text
            .lines()
            .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{')));
        let values: Vec<f64> = values.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    /// What it has written in its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.provider.folder.join("log.txt")).unwrap()
    }

    /// Where a recipient of an accepted message stands.
    pub fn addressee(&self, identifier: &str, recipient: &str) -> Addressee {
        let folder = self.provider.folder.join("store");
        let recipient = pec::Address::parse(recipient).unwrap();
        let all = tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(async { Embedded::look(&folder).unwrap().addressees(&identifier.into()).await.unwrap() });
        all.into_iter().find(|one| one.recipient == recipient).unwrap()
    }

    /// A command of administration, as `mailbox set …`, on this provider.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = sigillo();
        command.args(words).arg("--config").arg(&self.provider.config);
        command
    }

    /// The same, which must succeed; what it says.
    pub fn administer(&self, words: &[&str]) -> String {
        succeed(&mut self.command(words))
    }

    /// What health says, status line and all.
    pub fn health(&self) -> String {
        get(self.ports().admin, "/health").unwrap()
    }

    /// Waits until health says this in one of its lines.
    pub fn warns(&self, what: &str) -> String {
        eventually(&format!("{what:?} in the health of {}", self.provider.name), || {
            Some(self.health()).filter(|text| text.contains(what))
        })
    }

    /// What waits in the queue, as health tells it.
    pub fn queued(&self) -> usize {
        let text = self.health();
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        text.lines().find_map(|line| line.strip_prefix("queued: ")).unwrap().parse().unwrap()
    }

    /// The store's own check of everything, after the process has ended.
    pub fn verify_store(&self) {
        assert!(self.child.is_none(), "the provider still runs");
        let folder = self.provider.folder.join("store");
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let store = Embedded::open(&folder, EmbeddedOptions::default()).unwrap();
            let report = store.check(&|_| ()).await.unwrap();
            assert!(report.is_whole(), "{report:#?}");
            store.close().await.unwrap();
        });
    }

    /// Everything in its mailboxes.
    pub fn all(&self) -> Vec<Row> {
        let accounts = self.provider.accounts.iter();
        accounts.flat_map(|account| self.list(account.address.as_str())).collect()
    }
}

/// A line of `sigillo mailbox list`: number, date, kind, octets, subject.
fn row(line: &str) -> Row {
    let words: HashSet<&str> = line.split_whitespace().collect();
    let kind = KINDS.iter().map(|kind| kind.name).find(|name| words.contains(name)).unwrap_or("-");
    let (_, rest) = line.split_once(&format!(" {kind} ")).unwrap();
    let subject = rest.trim_start().split_once("  ").map_or("", |(_, subject)| subject);
    Row { kind: kind.into(), subject: subject.trim().into() }
}

/// What an HTTP GET on loopback answers; `None` when nobody does.
pub fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// A short message from mario.rossi of alfa.
pub fn letter(to: &str, subject: &str) -> String {
    format!(
        "From: mario.rossi@alfa.example\r\nTo: {to}\r\nSubject: {subject}\r\n\
         Date: Wed, 14 Oct 2026 10:00:00 +0200\r\nMessage-ID: <{subject}@client.example>\r\n\r\nBuongiorno.\r\n"
    )
}
