//! The two providers of `sigillo lab`, run as child processes.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness::{Block, Running};
use serde::Deserialize;
use tempfile::TempDir;

use crate::group::Group;
use crate::metrics::Page;

/// The longest life of a provider that is measured: a hostile hour, and what comes before and after it.
const LIFE: Duration = Duration::from_secs(3 * 3600);

/// A laboratory that exists: what its `lab.toml` says, with the mailboxes of each provider's `accounts.toml`. Keys
/// that are not needed here are passed over.
#[derive(Clone, Debug, Deserialize)]
pub struct Lab {
    /// Where it is.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The providers.
    pub provider: Vec<Provider>,
}

/// One provider of the lab.
#[derive(Clone, Debug, Deserialize)]
pub struct Provider {
    /// Its folder, such as `alfa`.
    pub folder: String,
    /// Name in its TLS certificate.
    pub hostname: String,
    /// Where it listens, on 127.0.0.1.
    pub ports: Ports,
    /// Its mailboxes, without the service mailbox.
    #[serde(default)]
    pub account: Vec<Account>,
}

/// Ports on 127.0.0.1.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Ports {
    /// The door for other providers.
    pub incoming: u16,
    /// The door with STARTTLS.
    pub submission: u16,
    /// The door with TLS from the first octet.
    pub submission_tls: u16,
    /// Metrics and health.
    pub admin: u16,
    /// The door of IMAP with TLS from the first octet.
    pub imap_tls: u16,
    /// The door of POP3 with TLS from the first octet.
    pub pop3_tls: u16,
}

/// One mailbox of the lab.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// Its address, which is its login too.
    pub address: String,
    /// Its password.
    pub password: String,
    /// Whether it is the service mailbox.
    #[serde(default)]
    pub service: bool,
}

impl Lab {
    /// Has `sigillo lab` make a lab in a folder on the ports from `base_port`, and reads what it made.
    pub fn make(sigillo: &Path, dir: &Path, base_port: u16) -> io::Result<Self> {
        let mut lab = command(sigillo)?;
        done(lab.arg("lab").arg(dir).args(["--base-port", &base_port.to_string()]))?;
        Self::read(dir)
    }

    fn read(dir: &Path) -> io::Result<Self> {
        #[derive(Deserialize)]
        struct Accounts {
            account: Vec<Account>,
        }
        let mut lab: Lab = read_toml(&dir.join("lab.toml"))?;
        lab.folder = dir.to_owned();
        for provider in &mut lab.provider {
            let accounts: Accounts = read_toml(&dir.join(&provider.folder).join("accounts.toml"))?;
            provider.account = accounts.account.into_iter().filter(|account| !account.service).collect();
        }
        Ok(lab)
    }

    /// Adds lines to `[smtp.limits]` and others to `[smtp.guard]`, in the configuration of a provider that does not
    /// run yet.
    pub fn limit(&self, provider: &Provider, limits: &str, guard: &str) -> io::Result<()> {
        for (table, lines) in [("[smtp.limits]\n", limits), ("[smtp.guard]\n", guard)] {
            self.change(provider, "sigillo.toml", table, &format!("{table}{lines}"))?;
        }
        Ok(())
    }

    /// Puts `to` where `from` first stands in a file of a provider that does not run yet.
    pub fn change(&self, provider: &Provider, file: &str, from: &str, to: &str) -> io::Result<()> {
        let path = self.folder.join(&provider.folder).join(file);
        let text = std::fs::read_to_string(&path)?;
        if !text.contains(from) {
            return Err(io::Error::other(format!("{} has no {}", path.display(), from.trim_end())));
        }
        std::fs::write(&path, text.replacen(from, to, 1))
    }
}

impl Provider {
    /// Address of health and metrics.
    pub fn admin(&self) -> String {
        format!("127.0.0.1:{}", self.ports.admin)
    }

    /// Address of the submission door with TLS from the first octet.
    pub fn submission(&self) -> String {
        format!("127.0.0.1:{}", self.ports.submission_tls)
    }

    /// Has the program do something at it, as its operator does: `mailbox add` and its like.
    pub fn operate(&self, sigillo: &Path, dir: &Path, what: &[&str]) -> io::Result<()> {
        done(command(sigillo)?.args(what).arg("--config").arg(dir.join(&self.folder).join("sigillo.toml")))
    }

    /// Starts it and waits until it answers. Its log goes to `<name>.log` in the lab's folder.
    pub fn start(&self, sigillo: &Path, dir: &Path) -> io::Result<Running> {
        self.start_in(sigillo, dir, None)
    }

    /// The same within a group of limited memory.
    pub fn start_in(&self, sigillo: &Path, dir: &Path, group: Option<&Group>) -> io::Result<Running> {
        let log_path = dir.join(format!("{}.log", self.folder));
        let log = std::fs::File::create(&log_path)?;
        let mut serve = command(sigillo)?;
        serve.arg("serve").arg("--config").arg(dir.join(&self.folder).join("sigillo.toml"));
        let mut serve = match group {
            Some(group) => group.inside(&serve),
            None => serve,
        };
        serve.stdin(Stdio::null());
        let running = Running::start_for(serve.stdout(log.try_clone()?).stderr(log), LIFE)?;
        let limit = Instant::now() + Duration::from_secs(30);
        loop {
            let answers = Page::read(&self.admin()).is_ok();
            // Asked after the answer: it may have been another's, who has the port, and then ours has ended or ends.
            let ended = running.ended()?.is_some();
            if answers && !ended {
                return Ok(running);
            }
            if ended || Instant::now() > limit {
                let log = std::fs::read_to_string(&log_path).unwrap_or_default();
                return Err(io::Error::other(format!("{} does not serve:\n{log}", self.folder)));
            }
            pause();
        }
    }
}

/// A laboratory of two providers, in a folder and on ports of its own; nobody else who asks gets these until it goes.
pub struct Two {
    /// The program.
    pub sigillo: PathBuf,
    /// The laboratory.
    pub lab: Lab,
    /// The provider that is written from.
    pub alfa: Provider,
    /// The provider that is written to.
    pub beta: Provider,
    _ports: Block,
    _scratch: TempDir,
}

impl Two {
    /// Has the program make one.
    pub fn make(named: Option<&Path>) -> io::Result<Self> {
        let sigillo = program(named)?;
        let scratch = tempfile::tempdir()?;
        let ports = Block::take()?;
        let lab = Lab::make(&sigillo, &scratch.path().join("lab"), ports.base())?;
        let [alfa, beta, ..] = lab.provider.as_slice() else {
            return Err(io::Error::other("the lab has no two providers"));
        };
        let (alfa, beta) = (alfa.clone(), beta.clone());
        Ok(Self { sigillo, lab, alfa, beta, _ports: ports, _scratch: scratch })
    }

    /// Starts both.
    pub fn start(&self) -> io::Result<(Running, Running)> {
        let start = |provider: &Provider| provider.start(&self.sigillo, &self.lab.folder);
        Ok((start(&self.alfa)?, start(&self.beta)?))
    }
}

/// The program that is measured: by default the one beside this one.
pub fn program(named: Option<&Path>) -> io::Result<PathBuf> {
    match named {
        Some(path) => path.canonicalize(),
        None => Ok(std::env::current_exe()?.with_file_name("sigillo")),
    }
}

/// The moment between two looks at a counter.
pub fn pause() {
    std::thread::park_timeout(Duration::from_millis(20));
}

fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> io::Result<T> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    toml::from_str(&text).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}

/// A run of the program.
pub fn command(sigillo: &Path) -> io::Result<Command> {
    if sigillo.is_file() {
        return Ok(Command::new(sigillo));
    }
    Err(io::Error::other(format!("no program {}: build it with `cargo build --release -p sigillo`", sigillo.display())))
}

/// Runs a command to its end; an error says what it said.
fn done(command: &mut Command) -> io::Result<()> {
    let output = harness::output(command)?;
    match output.status.success() {
        true => Ok(()),
        false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_is_read_with_the_mailboxes_of_holders() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("alfa")).unwrap();
        let put = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        put(
            "lab.toml",
            "version = 1\n[[provider]]\nfolder = \"alfa\"\nname = \"Alfa S.p.A.\"\nhostname = \"mx.alfa.example\"\n\
             [provider.ports]\nincoming = 25100\nsubmission = 25101\nsubmission_tls = 25102\nadmin = 25103\n\
             imap_tls = 25105\npop3_tls = 25107\n",
        );
        put(
            "alfa/accounts.toml",
            "[[account]]\naddress = \"anna@alfa.example\"\npassword = \"x\"\nquota = 1\nservice = false\n\
             [[account]]\naddress = \"servizio@alfa.example\"\npassword = \"y\"\nquota = 1\nservice = true\n",
        );
        let lab = Lab::read(dir.path()).unwrap();
        let provider = &lab.provider[0];
        assert_eq!((provider.admin(), provider.submission()), ("127.0.0.1:25103".into(), "127.0.0.1:25102".into()));
        assert_eq!(provider.account.iter().map(|account| &*account.address).collect::<Vec<_>>(), ["anna@alfa.example"]);
    }

    #[test]
    fn a_program_that_is_not_built_is_told_with_what_to_do() {
        let error = Lab::make(Path::new("/nonexistent/sigillo"), Path::new("/nonexistent/lab"), 25_100).unwrap_err();
        assert!(error.to_string().contains("cargo build --release -p sigillo"), "{error}");
    }
}
