//! `sigillo demo`: a laboratory in a temporary folder, two providers as processes of their own, one certified message,
//! and every step shown as it happens.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use config::Account;
use control::{Refused, reading, save};
use pec::{Address, Kind};
use store::{Content, Embedded, Principals};
use tokio::process::{Child, Command};

use crate::create::create;
use crate::described::{Lab, LabProvider};
use crate::plan::{DEFAULT_BASE_PORT, LabPlan, Ports};
use crate::submit;
use crate::text::password;

/// The longest that any step may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// More entries than the one message leaves in any mailbox.
const MANY: usize = 1000;
/// How often the mailboxes are looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// What is to be shown.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Whether it ends when every receipt is there, instead of staying up.
    pub once: bool,
    /// Where the messages and the laboratory's authority are left.
    pub out: Option<PathBuf>,
    /// What the program is called, for commands that are printed to be copied.
    pub program: String,
}

/// Why the demonstration ended early.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The laboratory is not as it must be.
    #[error("{0}")]
    Laboratory(String),
    /// The system refuses.
    #[error("{0}")]
    System(String),
    /// A provider does not do its part.
    #[error("{0}")]
    Provider(String),
    /// A file cannot be written.
    #[error("{0}")]
    Unwritten(String),
    /// A file of the laboratory cannot be read.
    #[error("{0}")]
    Unread(String),
}

/// A file that [`save`] could not write.
impl From<Refused> for DemoError {
    fn from(unwritten: Refused) -> Self {
        Self::Unwritten(unwritten.what)
    }
}

/// Shows one message travel. The providers are processes of the program that runs this.
pub async fn show(options: &Demo) -> Result<(), DemoError> {
    let folder =
        tempfile::Builder::new().prefix("sigillo-demo-").tempdir().map_err(|e| DemoError::Unwritten(e.to_string()))?;
    output::say!("Sigillo: one certified message, from a holder of provider alfa to two holders of provider beta.\n");
    let plan = plan()?;
    let lab = create(folder.path(), &plan).map_err(|error| DemoError::Unwritten(error.to_string()))?;
    let [alfa, beta] = lab.providers.as_slice() else {
        return Err(DemoError::Laboratory("the laboratory has not two providers".into()));
    };
    output::say!("  laboratory in {}: test authority, index of providers, two configurations", folder.path().display());

    let mut houses = Vec::new();
    for provider in [alfa, beta] {
        let house = House::start(provider).await?;
        let Ports { incoming, submission, submission_tls, .. } = provider.ports;
        output::say!(
            "  {} is up: submission on ports {submission_tls} (TLS) and {submission} (STARTTLS), incoming {incoming}",
            provider.name
        );
        houses.push(house);
    }
    let trip = Trip::new(&lab, alfa, beta, &houses)?;
    trip.travel(options.out.as_deref()).await?;
    if let Some(out) = &options.out {
        save(out, "ca.pem", [read_file(&lab.ca)?])?;
        output::say!("\nThe messages and the laboratory's authority are in {}. Try:", out.display());
        output::say!("  {1} verify --ca {0}/ca.pem {0}/delivery.eml", out.display(), options.program);
        output::say!("  openssl cms -verify -in {0}/delivery.eml -CAfile {0}/ca.pem -out /dev/null", out.display());
    }
    if !options.once {
        stay(&lab, alfa, &options.program).await;
    }
    for house in houses {
        house.stop().await;
    }
    Ok(())
}

/// A provider running as a process of its own.
struct House {
    child: Child,
    store: Arc<Embedded>,
}

impl House {
    async fn start(provider: &LabProvider) -> Result<Self, DemoError> {
        let failed =
            |error: std::io::Error| DemoError::System(format!("cannot start provider {}: {error}", provider.name));
        let program = std::env::current_exe().map_err(failed)?;
        let log_path = provider.folder.join("log.txt");
        let log = std::fs::File::create(&log_path).map_err(failed)?;
        let mut child = Command::new(program)
            .args(["serve", "--until-stdin-closes", "--config"])
            .arg(&provider.config)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let started = Instant::now();
        while !submit::healthy(local(provider.ports.admin)).await {
            if let Ok(Some(status)) = child.try_wait() {
                let log = std::fs::read_to_string(&log_path).unwrap_or_default();
                return Err(DemoError::Provider(format!("provider {} ended with {status}:\n{log}", provider.name)));
            }
            if started.elapsed() > PATIENCE {
                return Err(DemoError::Provider(format!(
                    "provider {} does not answer; see {}",
                    provider.name,
                    log_path.display()
                )));
            }
            tokio::time::sleep(GLANCE).await;
        }
        let store =
            Embedded::look(&provider.folder.join("store")).map_err(|error| DemoError::Provider(error.to_string()))?;
        Ok(Self { child, store })
    }

    /// Lets it drain: its standard input closes, it finishes what it holds and ends.
    async fn stop(mut self) {
        drop(self.child.stdin.take());
        if tokio::time::timeout(PATIENCE, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

/// One message and what is expected to come of it.
struct Trip<'a> {
    lab: &'a Lab,
    alfa: &'a LabProvider,
    sender: Address,
    to: Address,
    cc: Address,
    expected: Vec<Step<'a>>,
}

/// Something that appears in a mailbox.
struct Step<'a> {
    store: &'a Arc<Embedded>,
    mailbox: Address,
    kind: Kind,
    /// How many of this kind are expected there.
    count: usize,
    /// What it means, for somebody who sees it for the first time.
    meaning: &'static str,
    file: &'static str,
}

impl<'a> Trip<'a> {
    fn new(lab: &'a Lab, alfa: &'a LabProvider, beta: &'a LabProvider, houses: &'a [House]) -> Result<Self, DemoError> {
        let [first, second] = houses else { return Err(DemoError::Laboratory("two providers are needed".into())) };
        let address = |local: &str, provider: &LabProvider| -> Result<Address, DemoError> {
            let of = |account: &&Account| account.address.local() == local;
            let found = provider.accounts.iter().find(of).map(|account| account.address.clone());
            found.ok_or_else(|| DemoError::Laboratory(format!("{} has no mailbox {local}", provider.name)))
        };
        let sender = address("mario.rossi", alfa)?;
        let to = address("anna.bianchi", beta)?;
        let cc = address("protocollo", beta)?;
        let service = alfa.mail_receipt.clone();
        let step = |store, mailbox: &Address, kind, count, meaning, file| Step {
            store,
            mailbox: mailbox.clone(),
            kind,
            count,
            meaning,
            file,
        };
        let expected = vec![
            step(
                &first.store,
                &sender,
                Kind::Acceptance,
                1,
                "alfa has checked the message, sealed it, and answers for it from now on",
                "acceptance",
            ),
            step(
                &second.store,
                &to,
                Kind::TransportEnvelope,
                1,
                "the sealed message, as beta delivered it to the recipient in To",
                "envelope",
            ),
            step(
                &second.store,
                &cc,
                Kind::TransportEnvelope,
                1,
                "the same envelope for the recipient in Cc",
                "envelope-cc",
            ),
            step(
                &first.store,
                &service,
                Kind::TakeCharge,
                1,
                "from provider to provider: beta has verified the seal and answers from here",
                "take-charge",
            ),
            step(
                &first.store,
                &sender,
                Kind::Delivery,
                2,
                "beta put it in the recipient's mailbox: the registered letter's return receipt",
                "delivery",
            ),
        ];
        Ok(Self { lab, alfa, sender, to, cc, expected })
    }

    async fn travel(&self, out: Option<&Path>) -> Result<(), DemoError> {
        let message = self.message();
        if let Some(out) = out {
            save(out, "original.txt", [&message])?;
        }
        output::say!("\n  {} sends \"Diffida ad adempiere: perché è urgente\" with an attachment", self.sender);
        output::say!("    To {}, Cc {}\n", self.to, self.cc);
        let started = Instant::now();
        let own = |account: &&Account| account.address == self.sender;
        let account =
            self.alfa.accounts.iter().find(own).ok_or(DemoError::Laboratory(format!("no account {}", self.sender)))?;
        let to = [self.to.clone(), self.cc.clone()];
        let reply = submit::submit(local(self.alfa.ports.submission_tls), &self.lab.tls_ca, account, &to, &message)
            .await
            .map_err(|error| DemoError::Provider(format!("submission failed: {error}")))?;
        output::say!("  {:6.3} s  {:18}  {reply}", started.elapsed().as_secs_f64(), "SMTP");

        let mut shown: HashSet<(usize, u64)> = HashSet::new();
        let mut complete = false;
        while !complete {
            complete = true;
            for (index, step) in self.expected.iter().enumerate() {
                let entries = entries(step.store, &step.mailbox).await;
                let entries = entries.map_err(|error| DemoError::Provider(error.to_string()))?;
                let matching: Vec<_> = entries.iter().filter(|entry| entry.summary.kind == Some(step.kind)).collect();
                complete &= matching.len() >= step.count;
                for entry in matching {
                    if !shown.insert((index, entry.number)) {
                        continue;
                    }
                    output::say!(
                        "  {:6.3} s  {:18}  {}",
                        started.elapsed().as_secs_f64(),
                        step.kind.name(),
                        entry.summary.subject
                    );
                    output::say!("{:32}in {}: {}", "", step.mailbox, step.meaning);
                    if let (Some(out), Some(pieces)) = (
                        out,
                        step.store.read(entry.message).await.map_err(|error| DemoError::Provider(error.to_string()))?,
                    ) {
                        let octets = pieces.to_bytes();
                        save(out, &self.file_name(step, &octets), [octets])?;
                    }
                }
            }
            if started.elapsed() > PATIENCE {
                return Err(DemoError::Provider("not every receipt came in time; the providers' logs say why".into()));
            }
            tokio::time::sleep(GLANCE).await;
        }
        output::say!("\nEverything is there, signed and durable, after {:.3} s.", started.elapsed().as_secs_f64());
        Ok(())
    }

    /// The receipt for the recipient in Cc is concise and has a name of its own.
    fn file_name(&self, step: &Step<'_>, message: &bytes::Bytes) -> String {
        let data = seal::open(message)
            .ok()
            .and_then(|opened| pec::message::read(message, opened.entity).ok())
            .map(|pec| pec.data);
        let about_cc = data
            .and_then(|data| data.delivery)
            .is_some_and(|recipient| recipient.eq_ignore_ascii_case(self.cc.as_str()));
        let suffix = if about_cc { "-cc" } else { "" };
        format!("{}{suffix}.eml", step.file)
    }

    fn message(&self) -> Vec<u8> {
        let date = provider::Clock::now(&provider::SystemClock).rfc5322();
        let id = uuid::Uuid::now_v7().simple();
        let (from, to, cc) = (&self.sender, &self.to, &self.cc);
        format!(
            "From: \"Mario Rossi\" <{from}>\r\nTo: \"Anna Bianchi\" <{to}>\r\nCc: {cc}\r\n\
             Subject: =?UTF-8?Q?Diffida_ad_adempiere:_perch=C3=A9_=C3=A8_urgente?=\r\n\
             Date: {date}\r\nMessage-ID: <{id}@client.example>\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"demo-{id}\"\r\n\r\n\
             --demo-{id}\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
             Gentile Anna,\r\n\r\nla prego di adempiere entro quindici giorni. Perché è urgente lo dice l'allegato.\r\n\r\nMario Rossi\r\n\
             --demo-{id}\r\nContent-Type: text/csv; charset=UTF-8; name=\"fatture.csv\"\r\n\
             Content-Disposition: attachment; filename=\"fatture.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
             bnVtZXJvO2RhdGE7aW1wb3J0bwoxMjsyMDI2LTA5LTMwOzEyMzQsNTYKMTM7MjAyNi0xMC0zMTs5\r\nODcsMDAK\r\n--demo-{id}--\r\n"
        )
        .into_bytes()
    }
}

/// What stands in a mailbox; nothing, while there is none.
async fn entries(store: &Embedded, address: &Address) -> Result<Vec<reading::Shown>, store::StoreError> {
    let Some(mailbox) = store.mailbox(address).await? else { return Ok(Vec::new()) };
    match reading::shelf(store, &mailbox, "INBOX").await? {
        Some(shelf) => reading::page(store, shelf, 0, MANY).await,
        None => Ok(Vec::new()),
    }
}

/// Stays up and says how to connect.
async fn stay(lab: &Lab, alfa: &LabProvider, program: &str) {
    output::say_bytes(how_to_send(lab).as_bytes());
    output::say!(
        "\nEverything else (swaks and curl commands, ports, accounts): {}",
        lab.folder.join("README.txt").display()
    );
    if let Some(account) = alfa.accounts.first() {
        output::say!(
            "To read a mailbox: {} mailbox list --config {} {}",
            program,
            alfa.config.display(),
            account.address
        );
    }
    output::say!("Health and metrics: http://127.0.0.1:{}/health and /metrics", alfa.ports.admin);
    output::say_bytes(how_to_read(lab, alfa).as_bytes());
    output::say!("\nCtrl-C ends everything and removes the laboratory.");
    let _ = tokio::signal::ctrl_c().await;
    output::say!();
}

/// The settings of a mail client: each provider's ports, and its own holders alone.
fn how_to_send(lab: &Lab) -> String {
    let mut text = format!(
        "\nThe providers stay up. To send and fetch with a mail client that trusts {}, the login is the address:\n",
        lab.tls_ca.display()
    );
    for provider in &lab.providers {
        let Ports { submission, submission_tls, imap, imap_tls, pop3, pop3_tls, .. } = provider.ports;
        let web = provider.ports.web;
        text.push_str(&format!(
            "  the web pages, in a browser that trusts it or is told to go on: https://localhost:{web}/\n"
        ));
        text.push_str(&format!(
            "  outgoing server 127.0.0.1, port {submission_tls} with SSL/TLS or {submission} with STARTTLS\n  \
             incoming server 127.0.0.1, IMAP, port {imap_tls} with SSL/TLS or {imap} with STARTTLS\n  \
             incoming server 127.0.0.1, POP3, port {pop3_tls} with SSL/TLS or {pop3} with STARTTLS\n"
        ));
        for account in provider.accounts.iter().filter(|account| !account.service) {
            text.push_str(&format!("    {:28} password {}\n", account.address, password(account)));
        }
    }
    text
}

/// A line that reads the sender's first receipt: its address is all that a client needs besides the authority.
fn how_to_read(lab: &Lab, provider: &LabProvider) -> String {
    let Some(account) = provider.accounts.first() else { return String::new() };
    let login = account.address.as_str().replace('@', "%40");
    format!(
        "\nThe first receipt of {}, read by IMAP; any client can be connected with this address:\n  \
         curl --cacert {} 'imaps://{login}:{}@localhost:{}/INBOX;UID=1'\n",
        account.address,
        lab.tls_ca.display(),
        password(account),
        provider.ports.imap_tls,
    )
}

/// Two providers on ports that nobody uses.
fn plan() -> Result<LabPlan, DemoError> {
    let now = provider::Clock::now(&provider::SystemClock);
    let mut plan = LabPlan::two(now, DEFAULT_BASE_PORT).map_err(|error| DemoError::Laboratory(error.to_string()))?;
    for provider in &mut plan.providers {
        provider.ports = Ports::free().map_err(|error| DemoError::System(error.to_string()))?;
    }
    Ok(plan)
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn read_file(path: &PathBuf) -> Result<Vec<u8>, DemoError> {
    std::fs::read(path).map_err(|error| DemoError::Unread(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_holder_stands_under_the_ports_of_its_own_provider() {
        let folder = tempfile::tempdir().unwrap();
        let lab = create(&folder.path().join("lab"), &plan().unwrap()).unwrap();
        let text = how_to_send(&lab);
        let mut servers = text.split("outgoing server").skip(1);
        for provider in &lab.providers {
            let said = servers.next().unwrap();
            assert!(said.contains(&format!("port {} with SSL/TLS", provider.ports.submission_tls)), "{said}");
            let logins = said.lines().filter(|line| line.contains(" password "));
            let domain = format!("@{}", provider.domains[0]);
            assert!(logins.clone().count() == 3 && logins.clone().all(|line| line.contains(&domain)), "{said}");
        }
    }
}
