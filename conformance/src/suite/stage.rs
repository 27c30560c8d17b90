//! What a test has at hand: the provider's doors and mailboxes, letters of the holder, waiting with a bound.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use tempfile::TempDir;

use super::outcome::{Fault, Outcome};
use crate::client::{Client, Message, Reply, Security, Server, trust};
use crate::config::{Config, Incoming, Peer};
use crate::judges::Judges;
use crate::mailbox::{Mail, Mailboxes};
use crate::opened::Opened;
use crate::peer::compose::text_part;
use crate::peer::server::{PeerServer, Taken};
use crate::peer::sign::{self, Style};
use crate::xml::{Element, elements, texts};

/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(100);

/// What all tests of a run share.
#[derive(Debug)]
pub struct House {
    /// The configuration.
    pub config: Config,
    /// The peer's door, when a peer is configured.
    pub peer: Option<PeerServer>,
    /// The holders' mailboxes.
    pub mailboxes: Mailboxes,
    /// A folder of ours.
    pub scratch: TempDir,
    /// Identifier and recipient of what the peer has answered.
    pub answered: Mutex<HashSet<(String, String)>>,
    trust: Arc<ClientConfig>,
    judges: Judges,
    unique: String,
}

impl House {
    /// Opens the peer's door and finds the judges.
    pub fn open(config: Config) -> io::Result<Self> {
        let scratch = tempfile::tempdir()?;
        // The random name of a scratch folder tells this run's messages from those of others.
        let name = scratch.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let unique = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let judges = Judges::new(Some(&config.authority))?;
        if let Some(peer) = &config.peer {
            fits(&judges, peer, scratch.path())?;
        }
        Ok(House {
            judges,
            trust: trust(&config.tls_authority)?,
            peer: config.peer.as_ref().map(PeerServer::start).transpose()?,
            mailboxes: Mailboxes::new(&config, scratch.path()),
            answered: Mutex::default(),
            config,
            scratch,
            unique,
        })
    }

    /// What stands in everything about this run.
    pub fn mark(&self) -> String {
        format!("cf{}", self.unique)
    }

    /// Judges for another thread.
    pub fn judges(&self) -> io::Result<Judges> {
        self.judges.again()
    }
}

/// An error unless the peer's key signs so that the authority is reached, in the name of the service address: a peer
/// that cannot be believed would fail every test, and say nothing about the provider.
fn fits(judges: &Judges, peer: &Peer, scratch: &Path) -> io::Result<()> {
    let message = sign::seal(scratch, &peer.signing, "", &text_part("Prova."), &Style::default())?;
    let signature = judges.signature(&message, None)?;
    let file = peer.signing.certificates.display();
    if let Err(why) = signature.trusted.unwrap_or(Ok(())) {
        return Err(io::Error::other(format!("peer.signing {file}: not of the authority: {why}")));
    }
    let words = signature.signer.unwrap_or_default();
    let address = format!("email:{}", peer.service_address);
    if !words.split([',', '\n']).any(|word| word.trim().eq_ignore_ascii_case(&address)) {
        let service = &peer.service_address;
        return Err(io::Error::other(format!("peer.signing {file}: not for peer.service_address {service}")));
    }
    Ok(())
}

/// One test's view.
pub struct Stage<'a> {
    /// What is shared.
    pub house: &'a House,
    /// openssl and xmllint.
    pub judges: Judges,
    number: usize,
    letters: Cell<usize>,
}

/// A message of the holder before submission.
#[derive(Clone, Debug)]
pub struct Letter {
    /// What tells it from all others; stands in Message-ID and Subject.
    pub token: String,
    /// MAIL FROM.
    pub path: String,
    /// RCPT TO.
    pub recipients: Vec<String>,
    /// Header fields, raw values.
    pub fields: Vec<(String, String)>,
    /// What stands after the blank line.
    pub body: Vec<u8>,
}

impl Letter {
    /// Sets or, with `None`, removes a field.
    pub fn set(mut self, name: &str, value: Option<&str>) -> Self {
        self.fields.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self
    }

    /// Header and body.
    pub fn bytes(&self) -> Vec<u8> {
        let header: String = self.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        [header.as_bytes(), b"\r\n", &self.body].concat()
    }

    /// Its Message-ID.
    pub fn id(&self) -> String {
        format!("<{}@client.invalid>", self.token)
    }
}

impl<'a> Stage<'a> {
    /// The view of test number `number`.
    pub fn new(house: &'a House, number: usize) -> io::Result<Self> {
        Ok(Stage { house, judges: house.judges()?, number, letters: Cell::new(0) })
    }

    /// A text that nothing else of this run contains.
    pub fn token(&self) -> String {
        self.letters.set(self.letters.get() + 1);
        format!("{}{:03}{:03}", self.house.mark(), self.number, self.letters.get())
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.house.config
    }

    /// The holder who sends.
    pub fn sender(&self) -> &str {
        &self.house.config.sender.address
    }

    /// The other holder.
    pub fn recipient(&self) -> &str {
        &self.house.config.recipient
    }

    /// The peer's part of the configuration.
    pub fn peer(&self) -> Result<&Peer, Fault> {
        self.house.config.peer.as_ref().ok_or_else(|| Fault::Skip("no [peer]".into()))
    }

    /// The provider's door for others.
    pub fn incoming(&self) -> Result<&Incoming, Fault> {
        self.house.config.incoming.as_ref().ok_or_else(|| Fault::Skip("no [incoming]".into()))
    }

    /// The peer's running door.
    pub fn door(&self) -> Result<&PeerServer, Fault> {
        self.house.peer.as_ref().ok_or_else(|| Fault::Skip("no [peer]".into()))
    }

    /// A mailbox of the peer that no other test uses.
    pub fn peer_address(&self, local: &str) -> Result<String, Fault> {
        Ok(format!("{local}.{:03}.{}@{}", self.number, self.letters.get(), self.peer()?.domain))
    }

    /// A plain letter of the holder to these, all of them in To.
    pub fn letter(&self, recipients: &[&str]) -> Letter {
        let token = self.token();
        let fields = [
            ("From", self.sender().to_owned()),
            ("To", recipients.join(", ")),
            ("Subject", format!("=?UTF-8?Q?Prova_di_conformit=C3=A0?= {token}")),
            ("Message-ID", format!("<{token}@client.invalid>")),
            ("MIME-Version", "1.0".into()),
            ("Content-Type", "text/plain; charset=us-ascii".into()),
        ];
        Letter {
            token,
            path: self.sender().to_owned(),
            recipients: recipients.iter().map(|&recipient| recipient.to_owned()).collect(),
            fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
            body: b"Testo della prova.\r\n".to_vec(),
        }
    }

    /// A session at the submission door, not logged in.
    pub fn client(&self) -> io::Result<Client> {
        let door = &self.config().submission;
        self.session(&door.address, &door.name, door.security)
    }

    /// The same, logged in.
    pub fn logged_in(&self) -> io::Result<Client> {
        let mut client = self.client()?;
        let sender = &self.config().sender;
        client.login(sender.login.as_ref().unwrap_or(&sender.address), &sender.password)?;
        Ok(client)
    }

    /// A session at any door.
    pub fn session(&self, address: &str, name: &str, security: Security) -> io::Result<Client> {
        Client::connect(&self.server(address, name, security), &self.house.trust)
    }

    /// A session after STARTTLS with a command put in behind it in clear.
    pub fn injected(&self, address: &str, name: &str) -> io::Result<Client> {
        Client::connect_with(&self.server(address, name, Security::StartTls), &self.house.trust, "NOOP\r\n")
    }

    fn server(&self, address: &str, name: &str, security: Security) -> Server {
        Server { address: address.to_owned(), name: name.to_owned(), security, patience: self.patience() }
    }

    /// Submits and gives the reply that decided.
    pub fn submit(&self, letter: &Letter) -> Result<Reply, Fault> {
        let (sender, recipients) = (letter.path.clone(), letter.recipients.clone());
        let answers = self.logged_in()?.offer(&Message { sender, recipients, bytes: letter.bytes() })?;
        if let Some(refused) = answers.recipients.iter().find(|reply| reply.code / 100 != 2) {
            return Ok(refused.clone());
        }
        Ok(answers.last().clone())
    }

    /// Submits what must be accepted, and waits for the acceptance.
    pub fn accepted(&self, letter: &Letter) -> Result<Arc<Mail>, Fault> {
        let reply = self.submit(letter)?;
        ensure(reply.code == 250, || format!("not taken: {} {}", reply.code, reply.text))?;
        self.until("the acceptance", self.patience(), || {
            let mails = self.about(self.sender(), &letter.token)?;
            if let Some(refusal) = mails.iter().find(|mail| mail.said == "non-accettazione") {
                let reason = self.datum(refusal, "errore-esteso")?;
                return Err(Fault::Fail(format!("not accepted: {reason}")));
            }
            Ok(mails.into_iter().find(|mail| mail.said == "accettazione"))
        })
    }

    /// What a mailbox holds about a token.
    pub fn about(&self, address: &str, token: &str) -> Result<Vec<Arc<Mail>>, Fault> {
        let mut mails = self.house.mailboxes.look(address)?;
        mails.retain(|mail| mail.is_about(token));
        Ok(mails)
    }

    /// The same, read now: for tests that count.
    pub fn about_now(&self, address: &str, token: &str) -> Result<Vec<Arc<Mail>>, Fault> {
        let mut mails = self.house.mailboxes.look_now(address)?;
        mails.retain(|mail| mail.is_about(token));
        Ok(mails)
    }

    /// Waits for a message of this kind about a token in a mailbox.
    pub fn mail(&self, address: &str, token: &str, said: &str) -> Result<Arc<Mail>, Fault> {
        self.until(&format!("{said} in the mailbox {address}"), self.patience(), || {
            Ok(self.about(address, token)?.into_iter().find(|mail| mail.said == said))
        })
    }

    /// What the peer has taken about a token.
    pub fn taken_about(&self, token: &str) -> Result<Vec<Arc<Taken>>, Fault> {
        Ok(self.door()?.taken().into_iter().filter(|taken| taken.mail.is_about(token)).collect())
    }

    /// Waits for a message of this kind about a token at the peer.
    pub fn taken(&self, token: &str, said: &str) -> Result<Arc<Taken>, Fault> {
        self.taken_within(token, said, self.patience())
    }

    /// The same with another bound.
    pub fn taken_within(&self, token: &str, said: &str, limit: Duration) -> Result<Arc<Taken>, Fault> {
        self.until(&format!("{said} at the peer"), limit, || {
            Ok(self.taken_about(token)?.into_iter().find(|taken| taken.mail.said == said))
        })
    }

    /// Looks until there is an answer, or fails when time is over.
    pub fn until<T>(
        &self,
        what: &str,
        limit: Duration,
        mut look: impl FnMut() -> Result<Option<T>, Fault>,
    ) -> Result<T, Fault> {
        let started = Instant::now();
        loop {
            if let Some(found) = look()? {
                return Ok(found);
            }
            if started.elapsed() > limit {
                return Err(Fault::Fail(format!("{what} did not come within {} s", limit.as_secs())));
            }
            // Nobody wakes an outsider; spurious wakes only look earlier.
            std::thread::park_timeout(STEP);
        }
    }

    /// What anything but a second attempt may take.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.config().wait)
    }

    /// What a second attempt may take.
    pub fn retry(&self) -> Duration {
        Duration::from_secs(self.config().retry) + self.patience()
    }

    /// The certification data of a message, which must be valid.
    pub fn data(&self, mail: &Mail) -> Result<Vec<Element>, Fault> {
        let opened = Opened::new(&mail.bytes);
        let part = opened.data.first().ok_or_else(|| Fault::Fail(format!("{} without daticert.xml", mail.said)))?;
        let xml = part.decoded().map_err(Fault::Fail)?;
        let canonical = self.judges.certification_data(&xml)?.map_err(Fault::Fail)?;
        Ok(elements(&canonical))
    }

    /// The only text of an element, or nothing.
    pub fn datum(&self, mail: &Mail, name: &str) -> Result<String, Fault> {
        Ok(texts(&self.data(mail)?, name).first().map(|text| (*text).to_owned()).unwrap_or_default())
    }

    /// The local legal time as certification data and as the Date field print it.
    pub fn now(&self) -> io::Result<([String; 3], String)> {
        let form = "+%d/%m/%Y|%H:%M:%S|%z|%a, %d %b %Y %H:%M:%S %z";
        let output = harness::output(Command::new("date").arg(form).env("TZ", "Europe/Rome").env("LC_ALL", "C"))?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let mut pieces = text.split('|').map(str::to_owned);
        let mut next = || pieces.next().unwrap_or_default();
        Ok(([next(), next(), next()], next()))
    }
}

/// A failure unless it holds.
pub fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::Fail(why())) }
}

/// A failure unless both are equal.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<(), Fault> {
    ensure(found == wanted, || format!("{what}: found {found:?}, expected {wanted:?}"))
}

/// A pass without more to say.
pub const fn pass() -> Outcome {
    Ok(String::new())
}

/// A pass that says which of several lawful ways was seen.
pub fn seen(what: impl Display) -> Outcome {
    Ok(what.to_string())
}
