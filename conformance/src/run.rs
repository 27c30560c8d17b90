//! Drives a running provider from outside: submits through its door, reads the mailboxes, judges what came.
//!
//! The provider is known only by a configuration file; nothing here is about one product. The role of the other
//! provider (a peer that sends envelopes and answers with receipts) is not played yet: the recipient's mailbox is
//! one that the operator of the test can read, at the same provider or at another.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::check::{Finding, Sheet, Verdict, check};
use crate::client::{Client, Message, Security, Server, trust};
use crate::judges::Judges;
use crate::mime::Entity;
use crate::opened::Opened;
use crate::report::Case;
use crate::xml::{elements, texts};

/// What to test. Paths are relative to the working folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// PEM file of the authority that issues the provider's signing certificate.
    pub authority: PathBuf,
    /// PEM file of the authorities for TLS; by default Debian's.
    #[serde(default = "system_authorities")]
    pub tls_authority: PathBuf,
    /// Seconds to wait for all receipts of a message.
    #[serde(default = "two_minutes")]
    pub wait: u64,
    /// The submission door.
    pub submission: Submission,
    /// The mailbox that sends.
    pub sender: Holder,
    /// A certified mailbox that receives.
    pub recipient: String,
    /// An address of a certified domain that does not exist.
    pub unknown: Option<String>,
    /// How to read a mailbox.
    pub read: Read,
}

/// The submission door.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// `host:port`
    pub address: String,
    /// Name in its certificate.
    pub name: String,
    /// `tls` or `starttls`.
    pub security: Security,
}

/// A mailbox that can log in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Its address.
    pub address: String,
    /// Login, if another than the address.
    pub login: Option<String>,
    /// Password.
    pub password: String,
}

/// How to read a mailbox; `{address}` and `{dir}` are filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Read {
    /// A folder that holds the mailbox as `.eml` files, such as `/srv/mail/{address}`.
    Folder(String),
    /// A command that writes the mailbox as `.eml` files into `{dir}`.
    Command(Vec<String>),
}

fn system_authorities() -> PathBuf {
    "/etc/ssl/certs/ca-certificates.crt".into()
}

fn two_minutes() -> u64 {
    120
}

/// Runs every scenario and gives one case for each message judged and one for each scenario.
pub fn run(config: &Config) -> io::Result<Vec<Case>> {
    // The random name of a scratch folder tells this run's messages from those of others.
    let scratch = tempfile::tempdir()?;
    let unique = scratch.path().file_name().unwrap_or_default().to_string_lossy().replace('.', "");
    let runner = Runner {
        config,
        judges: Judges::new(Some(&config.authority))?,
        trust: trust(&config.tls_authority)?,
        scratch: scratch.path(),
        unique,
    };
    let mut cases = vec![runner.needs_authentication()];
    for receipt in ["completa", "breve", "sintetica"] {
        runner.exchange(receipt, &mut cases)?;
    }
    runner.formal_refusal(&mut cases)?;
    if let Some(unknown) = &config.unknown {
        runner.unknown_recipient(unknown, &mut cases)?;
    }
    Ok(cases)
}

struct Runner<'a> {
    config: &'a Config,
    judges: Judges,
    trust: Arc<rustls::ClientConfig>,
    scratch: &'a Path,
    unique: String,
}

impl Runner<'_> {
    fn needs_authentication(&self) -> Case {
        let refused = || -> io::Result<()> {
            let reply = self.connect()?.command(&format!("MAIL FROM:<{}>", self.config.sender.address))?;
            if reply.code / 100 == 2 {
                return Err(io::Error::other("MAIL is taken before AUTH"));
            }
            Ok(())
        };
        scenario("authentication", vec![finding("[R-5.2-a]", "no submission before authentication", refused())])
    }

    /// One message to one recipient: acceptance and delivery for the sender, the envelope for the recipient.
    fn exchange(&self, receipt: &str, cases: &mut Vec<Case>) -> io::Result<()> {
        let recipient = &self.config.recipient;
        let id = self.submit(receipt, recipient, recipient, receipt)?;
        let sent = self.wait(&self.config.sender.address, &id, &["accettazione", "avvenuta-consegna"])?;
        let got = self.wait(recipient, &id, &["posta-certificata"])?;
        let mut findings =
            vec![finding("[R-1.2.3-a]", "acceptance and one delivery notification come", only(&sent, 2))];
        findings.push(finding("[R-3.3.2-b]", "the envelope comes once", only(&got, 1)));
        findings.push(self.copy(receipt, &sent, &got));
        let all: Vec<Vec<u8>> = sent.into_iter().chain(got).collect();
        findings.push(finding("[R-4.4-d]", "one identifier in all", self.one_identifier(&all)));
        cases.push(scenario(&format!("exchange, {receipt}"), findings));
        self.judge(receipt, &all, cases)
    }

    /// Whether the delivery notification carries the copy that was asked for, compared with the envelope's original.
    fn copy(&self, receipt: &str, sent: &[Vec<u8>], got: &[Vec<u8>]) -> Finding {
        let original = got.first().and_then(|envelope| Opened::new(envelope).original());
        let delivery = sent.iter().find(|message| said(message).eq_ignore_ascii_case("avvenuta-consegna"));
        let copy = delivery.map(|delivery| Opened::new(delivery).original());
        let judge = |fits: bool| match (&copy, &original) {
            (None, _) | (_, None) => Err(io::Error::other("delivery notification or envelope is missing")),
            _ if fits => Ok(()),
            _ => Err(io::Error::other("the notification carries another copy")),
        };
        let copy_octets = copy.clone().flatten();
        match receipt {
            "sintetica" => finding("[R-3.3.2.3-a]", "concise: no copy", judge(copy_octets.is_none())),
            "breve" => {
                let hashed = copy_octets.is_some_and(|octets| octets.windows(13).any(|text| text == b"dati.bin.hash"));
                finding("[R-3.3.2.2-a]", "brief: a copy with hashes", judge(hashed))
            }
            _ => finding("[R-3.3.2.1-a]", "complete: the envelope's original", judge(copy_octets == original)),
        }
    }

    /// A recipient that stands neither in To nor in Cc: refused by a notice, nothing goes out.
    fn formal_refusal(&self, cases: &mut Vec<Case>) -> io::Result<()> {
        let id = self.submit("refusal", &self.config.recipient, &self.config.sender.address, "completa")?;
        let sent = self.wait(&self.config.sender.address, &id, &["non-accettazione"])?;
        let findings = vec![finding("[R-3.1.1-d]", "a recipient outside To and Cc is not accepted", only(&sent, 1))];
        cases.push(scenario("formal refusal", findings));
        self.judge("refusal", &sent, cases)
    }

    fn unknown_recipient(&self, unknown: &str, cases: &mut Vec<Case>) -> io::Result<()> {
        let id = self.submit("unknown", unknown, unknown, "completa")?;
        let sent = self.wait(&self.config.sender.address, &id, &["accettazione", "errore-consegna"])?;
        let findings = vec![finding("[R-3.3.3-a]", "an unknown mailbox is told by a non-delivery", only(&sent, 2))];
        cases.push(scenario("unknown recipient", findings));
        self.judge("unknown", &sent, cases)
    }

    fn connect(&self) -> io::Result<Client> {
        let submission = &self.config.submission;
        let server = Server {
            address: submission.address.clone(),
            name: submission.name.clone(),
            security: submission.security,
            patience: Duration::from_secs(self.config.wait),
        };
        Client::connect(&server, &self.trust)
    }

    /// Submits a message with an attachment and gives its Message-ID.
    fn submit(&self, name: &str, recipient: &str, to: &str, receipt: &str) -> io::Result<String> {
        let sender = &self.config.sender;
        let id = format!("<{name}.{}@client.invalid>", self.unique);
        let text = format!(
            "From: {from}\r\nTo: {to}\r\nSubject: =?UTF-8?Q?Prova_di_conformit=C3=A0?= {name}\r\nMessage-ID: {id}\r\n\
             X-TipoRicevuta: {receipt}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
             Content-Type: text/plain\r\n\r\nTesto.\r\n--b\r\nContent-Type: application/octet-stream; name=\"dati.bin\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\nAAECAwQ=\r\n--b--\r\n",
            from = sender.address
        );
        let mut client = self.connect()?;
        client.login(sender.login.as_ref().unwrap_or(&sender.address), &sender.password)?;
        let recipients = vec![recipient.to_owned()];
        client.send([Message { sender: sender.address.clone(), recipients, bytes: text.into_bytes() }], || ())?;
        Ok(id)
    }

    /// The messages about `id` in a mailbox, as soon as every word of `wanted` is said by one, or when time is over.
    fn wait(&self, address: &str, id: &str, wanted: &[&str]) -> io::Result<Vec<Vec<u8>>> {
        let limit = Instant::now() + Duration::from_secs(self.config.wait);
        loop {
            let mut found = self.read(address)?;
            found.retain(|message| Entity::parse(message).field("X-Riferimento-Message-ID").as_deref() == Some(id));
            let says = |word: &&str| found.iter().any(|message| said(message).eq_ignore_ascii_case(word));
            if wanted.iter().all(says) || Instant::now() > limit {
                return Ok(found);
            }
            // Nobody tells an outsider that mail has come, so the mailbox is looked at again.
            std::thread::park_timeout(Duration::from_millis(300));
        }
    }

    fn read(&self, address: &str) -> io::Result<Vec<Vec<u8>>> {
        let folder = match &self.config.read {
            Read::Folder(folder) => PathBuf::from(folder.replace("{address}", address)),
            Read::Command(words) => {
                let folder = self.scratch.join(address);
                std::fs::create_dir_all(&folder)?;
                let fill =
                    |word: &String| word.replace("{address}", address).replace("{dir}", &folder.to_string_lossy());
                let mut words = words.iter().map(fill);
                let output = Command::new(words.next().unwrap_or_default()).args(words).output()?;
                if !output.status.success() {
                    return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
                }
                folder
            }
        };
        messages(&folder)?.into_iter().map(std::fs::read).collect()
    }

    fn one_identifier(&self, all: &[Vec<u8>]) -> io::Result<()> {
        let mut found = Vec::new();
        for message in all {
            let data = Opened::new(message).data.first().and_then(|part| part.decoded().ok()).unwrap_or_default();
            let canonical = self.judges.certification_data(&data)?.map_err(io::Error::other)?;
            found.extend(texts(&elements(&canonical), "identificativo").into_iter().map(str::to_owned));
        }
        found.sort();
        found.dedup();
        if found.len() == 1 { Ok(()) } else { Err(io::Error::other(format!("identifiers: {found:?}"))) }
    }

    fn judge(&self, name: &str, all: &[Vec<u8>], cases: &mut Vec<Case>) -> io::Result<()> {
        for message in all {
            let name = format!("{name}: {}", said(message));
            cases.push(Case { name, sheet: check(&self.judges, message, None)? });
        }
        Ok(())
    }
}

/// The `.eml` files of a folder and the folders in it, sorted.
pub fn messages(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(messages(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn said(message: &[u8]) -> String {
    let message = Entity::parse(message);
    message.field("X-Ricevuta").or_else(|| message.field("X-Trasporto")).unwrap_or_default()
}

fn only(found: &[Vec<u8>], wanted: usize) -> io::Result<()> {
    if found.len() == wanted {
        return Ok(());
    }
    let said: Vec<String> = found.iter().map(|message| said(message)).collect();
    Err(io::Error::other(format!("{} messages instead of {wanted}: {}", found.len(), said.join(", "))))
}

fn finding(id: &'static str, what: &'static str, outcome: io::Result<()>) -> Finding {
    let verdict = outcome.map_or_else(|error| Verdict::Fail(error.to_string()), |()| Verdict::Pass);
    Finding { id, what, verdict }
}

fn scenario(name: &str, findings: Vec<Finding>) -> Case {
    Case { name: name.to_owned(), sheet: Sheet { kind: None, findings } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"
        authority = "ca.pem"
        recipient = "bob@beta.example"

        [submission]
        address = "127.0.0.1:465"
        name = "mx.alfa.example"
        security = "tls"

        [sender]
        address = "anna@alfa.example"
        password = "x"

        [read]
        command = ["sh", "-c", "printf 'X-Ricevuta: accettazione\n\n{address}' > {dir}/1.eml"]
    "#;

    #[test]
    fn a_configuration_is_read_and_a_misspelt_key_is_told() {
        let config: Config = toml::from_str(CONFIG).unwrap();
        assert_eq!((config.wait, config.submission.security), (120, Security::Tls));
        let misspelt = CONFIG.replace("recipient", "recipent");
        assert!(toml::from_str::<Config>(&misspelt).unwrap_err().to_string().contains("recipent"));
    }

    #[test]
    fn a_mailbox_is_read_by_the_command_of_the_configuration() {
        let config: Config = toml::from_str(CONFIG).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let trust = rustls::ClientConfig::builder().with_root_certificates(rustls::RootCertStore::empty());
        let runner = Runner {
            config: &config,
            judges: Judges::new(None).unwrap(),
            trust: Arc::new(trust.with_no_client_auth()),
            scratch: scratch.path(),
            unique: "x".into(),
        };
        let read = runner.read("anna@alfa.example").unwrap();
        assert_eq!(read, [b"X-Ricevuta: accettazione\n\nanna@alfa.example"]);
        assert_eq!(said(&read[0]), "accettazione");
    }
}
