//! The peer's door: a small SMTP server with STARTTLS that keeps what it takes and answers as it was told to.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::config::Peer;
use crate::mailbox::Mail;

/// What a client may take for a command or a piece of content.
const PATIENCE: Duration = Duration::from_secs(120);
/// The largest message that is taken, octets; what SIZE announces.
const LARGEST: usize = 150 << 20;
/// The longest command line, octets.
const LONGEST: u64 = 4_096;

/// A message that was offered and taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The message.
    pub mail: Mail,
    /// MAIL FROM.
    pub path: String,
    /// RCPT TO of this transaction.
    pub recipients: Vec<String>,
    /// Whether it came over TLS.
    pub tls: bool,
}

/// What is said once in place of 250.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A reply line.
    Reply(&'static str),
    /// The connection ends without a reply.
    Cut,
}

/// What is said about a recipient, one after the other; when nothing is left, 250.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// To RCPT.
    pub recipient: VecDeque<Answer>,
    /// To the end of the content.
    pub content: VecDeque<Answer>,
}

/// The running door. Its listener ends with it; sessions end with their clients, or when they say nothing for long.
#[derive(Debug)]
pub struct PeerServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    hostname: String,
    tls: Arc<ServerConfig>,
    taken: Mutex<Vec<Arc<Taken>>>,
    orders: Mutex<HashMap<String, Orders>>,
    offers_tls: AtomicBool,
    without_tls: AtomicUsize,
    generation: AtomicUsize,
    ended: AtomicBool,
}

impl PeerServer {
    /// Opens the door.
    pub fn start(peer: &Peer) -> io::Result<Self> {
        let file = |path: &std::path::Path, error: &dyn std::fmt::Display| {
            io::Error::other(format!("{}: {error}", path.display()))
        };
        let certificates = CertificateDer::pem_file_iter(&peer.tls.certificates)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| file(&peer.tls.certificates, &error))?;
        let key = PrivateKeyDer::from_pem_file(&peer.tls.key).map_err(|error| file(&peer.tls.key, &error))?;
        let tls = ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, key);
        let tls = Arc::new(tls.map_err(|error| file(&peer.tls.certificates, &error))?);
        let listener = TcpListener::bind(&peer.listen)
            .map_err(|error| io::Error::new(error.kind(), format!("peer.listen {}: {error}", peer.listen)))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            hostname: peer.hostname.clone(),
            tls,
            taken: Mutex::default(),
            orders: Mutex::default(),
            offers_tls: AtomicBool::new(true),
            without_tls: AtomicUsize::new(0),
            generation: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        });
        let door = Arc::clone(&shared);
        thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                if door.ended.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&door);
                thread::spawn(move || Session::run(&shared, tcp));
            }
        });
        Ok(PeerServer { address, shared })
    }

    /// Everything taken so far.
    pub fn taken(&self) -> Vec<Arc<Taken>> {
        held(&self.shared.taken).clone()
    }

    /// Orders what is said about a recipient from now on.
    pub fn order(&self, recipient: &str, orders: Orders) {
        held(&self.shared.orders).insert(recipient.to_ascii_lowercase(), orders);
    }

    /// Whether STARTTLS is announced to sessions that begin now. Those that are open are closed at their next command,
    /// so that no connection of before hides the change.
    pub fn offer_tls(&self, offered: bool) {
        self.shared.generation.fetch_add(1, Ordering::SeqCst);
        self.shared.offers_tls.store(offered, Ordering::SeqCst);
    }

    /// Sessions so far that were not offered STARTTLS.
    pub fn sessions_without_tls(&self) -> usize {
        self.shared.without_tls.load(Ordering::SeqCst)
    }
}

impl Drop for PeerServer {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // Wakes the listener, so that it sees the end.
        TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).ok();
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// One client's session.
struct Session<'a> {
    shared: &'a Shared,
    wire: BufReader<Box<dyn Wire>>,
    tls: bool,
    path: Option<String>,
    recipients: Vec<String>,
}

/// Why a session goes on elsewhere.
enum Turn {
    Next,
    StartTls,
    End,
}

impl<'a> Session<'a> {
    fn run(shared: &'a Shared, tcp: TcpStream) {
        // A client that goes away in the middle is nothing to tell: what it did not finish was not taken.
        Self::talk(shared, tcp).ok();
    }

    fn talk(shared: &'a Shared, tcp: TcpStream) -> io::Result<()> {
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        let clear: Box<dyn Wire> = Box::new(tcp.try_clone()?);
        let generation = shared.generation.load(Ordering::SeqCst);
        let offered = shared.offers_tls.load(Ordering::SeqCst);
        let mut session =
            Session { shared, wire: BufReader::new(clear), tls: false, path: None, recipients: Vec::new() };
        session.say(&format!("220 {} ESMTP", shared.hostname))?;
        loop {
            match session.turn(offered, generation)? {
                Turn::Next => {}
                Turn::End => return Ok(()),
                Turn::StartTls => {
                    let secure = ServerConnection::new(Arc::clone(&shared.tls)).map_err(io::Error::other)?;
                    let secure: Box<dyn Wire> = Box::new(StreamOwned::new(secure, tcp.try_clone()?));
                    session =
                        Session { shared, wire: BufReader::new(secure), tls: true, path: None, recipients: Vec::new() };
                }
            }
        }
    }

    fn turn(&mut self, offered: bool, generation: usize) -> io::Result<Turn> {
        let mut line = Vec::new();
        if self.wire.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(Turn::End);
        }
        if self.shared.generation.load(Ordering::SeqCst) != generation {
            self.say("421 4.3.2 closing, come again")?;
            return Ok(Turn::End);
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                let starttls = if offered && !self.tls { "250-STARTTLS\r\n" } else { "" };
                if !offered {
                    self.shared.without_tls.fetch_add(1, Ordering::SeqCst);
                }
                let host = &self.shared.hostname;
                self.say(&format!(
                    "250-{host}\r\n250-PIPELINING\r\n{starttls}250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {LARGEST}"
                ))?;
            }
            "HELO" => self.say("250 hello")?,
            "STARTTLS" if offered && !self.tls => {
                self.say("220 go on")?;
                return Ok(Turn::StartTls);
            }
            "MAIL" => {
                self.path = Some(path(&line));
                self.recipients.clear();
                self.say("250 2.1.0 sender noted")?;
            }
            "RCPT" if self.path.is_some() => {
                let recipient = path(&line);
                match self.ordered(std::slice::from_ref(&recipient), |orders| &mut orders.recipient) {
                    Some(Answer::Cut) => return Ok(Turn::End),
                    Some(Answer::Reply(reply)) => self.say(reply)?,
                    None => {
                        self.recipients.push(recipient);
                        self.say("250 2.1.5 recipient noted")?;
                    }
                }
            }
            "DATA" if !self.recipients.is_empty() => {
                self.say("354 go on")?;
                return self.content();
            }
            "RCPT" | "DATA" => self.say("503 5.5.1 not now")?,
            "RSET" => {
                self.path = None;
                self.recipients.clear();
                self.say("250 2.0.0 forgotten")?;
            }
            "NOOP" => self.say("250 2.0.0 here")?,
            "QUIT" => {
                self.say("221 2.0.0 goodbye")?;
                return Ok(Turn::End);
            }
            _ => self.say("500 5.5.2 unknown")?,
        }
        Ok(Turn::Next)
    }

    fn content(&mut self) -> io::Result<Turn> {
        let mut bytes = Vec::new();
        loop {
            let start = bytes.len();
            if self.wire.by_ref().take(LARGEST as u64).read_until(b'\n', &mut bytes)? == 0 || bytes.len() > LARGEST {
                return Ok(Turn::End);
            }
            let line = bytes.get(start..).unwrap_or_default();
            if line == b".\r\n" {
                bytes.truncate(start);
                break;
            }
            if line.starts_with(b".") {
                bytes.remove(start);
            }
        }
        let recipients = std::mem::take(&mut self.recipients);
        let path = self.path.take().unwrap_or_default();
        match self.ordered(&recipients, |orders| &mut orders.content) {
            Some(Answer::Cut) => return Ok(Turn::End),
            Some(Answer::Reply(reply)) => self.say(reply)?,
            None => {
                let taken = Taken { mail: Mail::new(bytes), path, recipients, tls: self.tls };
                held(&self.shared.taken).push(Arc::new(taken));
                self.say("250 2.0.0 taken")?;
            }
        }
        Ok(Turn::Next)
    }

    /// The next answer that was ordered about one of these recipients.
    fn ordered(&self, recipients: &[String], of: fn(&mut Orders) -> &mut VecDeque<Answer>) -> Option<Answer> {
        let mut orders = held(&self.shared.orders);
        recipients.iter().find_map(|recipient| of(orders.get_mut(&recipient.to_ascii_lowercase())?).pop_front())
    }

    fn say(&mut self, reply: &str) -> io::Result<()> {
        let wire = self.wire.get_mut();
        wire.write_all(format!("{reply}\r\n").as_bytes())?;
        wire.flush()
    }
}

/// What stands in the angle brackets of MAIL or RCPT.
fn path(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, tail)| tail.split_once('>'));
    inner.map_or_else(String::new, |(inner, _)| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Client, Message, Security, Server, trust};
    use crate::peer::sign::foreign;

    fn peer(folder: &std::path::Path) -> (PeerServer, Server, Arc<rustls::ClientConfig>) {
        let tls = foreign(folder, "a@b.example").unwrap();
        let text = "listen = '127.0.0.1:0'\nhostname = 'p'\nname = 'P'\ndomain = 'p'\nservice_address = 's@p'\n\
            mail_receipt = 'r@p'\nsigning = { key = 'k', certificates = 'c' }\ntls = { key = 'k', certificates = 'c' }";
        let peer = Peer { tls: tls.clone(), ..toml::from_str(text).unwrap() };
        let server = PeerServer::start(&peer).unwrap();
        let address = server.address.to_string();
        let patience = Duration::from_secs(30);
        let door = Server { address, name: "localhost".into(), security: Security::Clear, patience };
        (server, door, trust(&tls.certificates).unwrap())
    }

    #[test]
    fn each_order_is_obeyed_once_and_then_the_message_is_taken_as_it_came() {
        let folder = tempfile::tempdir().unwrap();
        let (server, door, trust) = peer(folder.path());
        let message = Message {
            sender: "a@b.example".into(),
            recipients: vec!["Uno@p".into(), "due@p".into()],
            bytes: b"Subject: x\r\n\r\n.dot\r\n..two\r\n".to_vec(),
        };
        let recipient = [Answer::Reply("451 later")].into();
        server.order("uno@p", Orders { recipient, content: [Answer::Reply("554 no"), Answer::Cut].into() });
        let mut client = Client::connect(&door, &trust).unwrap();
        let first = client.offer(&message).unwrap();
        assert_eq!(first.recipients.iter().map(|reply| reply.code).collect::<Vec<_>>(), [451, 250]);
        assert!(first.taken(), "the other recipient had no orders");
        assert_eq!(client.offer(&message).unwrap().last().code, 554);
        assert!(client.offer(&message).is_err(), "cut");
        assert!(Client::connect(&door, &trust).unwrap().offer(&message).unwrap().taken());
        let taken = server.taken();
        assert_eq!(taken.len(), 2);
        assert_eq!((taken[0].recipients.len(), taken[1].recipients.len()), (1, 2));
        assert_eq!((taken[1].mail.bytes.clone(), taken[1].tls), (message.bytes, false));
    }

    #[test]
    fn starttls_is_offered_or_not_as_told() {
        let folder = tempfile::tempdir().unwrap();
        let (server, door, trust) = peer(folder.path());
        let offered = || Client::connect(&door, &trust).unwrap().extensions().contains("STARTTLS");
        assert!(offered());
        server.offer_tls(false);
        assert!(!offered());
        assert_eq!(server.sessions_without_tls(), 1);
    }
}
