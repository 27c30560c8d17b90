//! A house with Anna in it, and clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use door::testing::{Tls, quick, visit};
use door::{Phase, Phases, Places, Server, Sessions};
use guard::{Arrivals, Budget, Logins, Shares, Spill, Throttle};
use holder::Mailbox;
use holder::testing::House;
use imap::{Door, Imap, Limits, Offer};
use pec::Moment;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::client::TlsStream;

pub const ANNA: &str = "anna@pec.example";
pub const PASSWORD: &str = "due parole €";
pub const LETTER: &str = "From: =?utf-8?Q?Nicol=C3=B2?= <nicolo@pec.example>\r\nTo: anna@pec.example\r\n\
    Subject: uno\r\nDate: Thu, 05 Dec 2024 11:30:30 +0100\r\nMessage-ID: <1@pec.example>\r\n\r\nprima riga\r\nseconda\r\n";
/// In September 2026.
pub const NOW: i64 = 1_790_000_000;

struct Noon;

impl pec::Clock for Noon {
    fn now(&self) -> Moment {
        Moment::from_unix(NOW)
    }
}

pub struct Bench {
    pub house: House,
    pub anna: Mailbox,
    pub limits: Limits,
    pub offer: Offer,
    arrivals: Arc<Arrivals>,
    tls: Tls,
    logins: Arc<Logins>,
    pub phase: watch::Sender<Phase>,
    phases: Phases,
}

impl Bench {
    pub async fn new() -> Self {
        Self::of(House::new().await).await
    }

    /// In a house of these mailboxes, to which Anna's is added.
    pub async fn of(house: House) -> Self {
        let anna = house.mailbox(ANNA, PASSWORD).await;
        let (phase, phases) = Phases::by_hand();
        Self {
            house,
            anna,
            limits: Limits { append: 1 << 20, ..Limits::default() },
            offer: Offer::default(),
            arrivals: arrivals(64 << 20),
            tls: Tls::of("imap.example"),
            logins: Logins::new(Throttle::default()),
            phase,
            phases,
        }
    }

    fn imap(&self, door: Door) -> Imap {
        Imap {
            door,
            acceptor: self.tls.acceptor.clone(),
            desk: self.house.desk.clone(),
            keeper: quick(self.logins.clone()),
            clock: Arc::new(Noon),
            arrivals: self.arrivals.clone(),
            limits: self.limits,
            offer: self.offer.clone(),
        }
    }

    /// With so much memory for messages, a sixteenth of it for one address.
    pub fn with_memory(self, octets: usize) -> Self {
        Self { arrivals: arrivals(octets), ..self }
    }

    /// A door at a port.
    pub async fn listen(&self, door: Door) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::start(listener, Places { sessions: 0, per_peer: 0 }, Arc::new(self.imap(door))).unwrap()
    }

    /// A session.
    pub fn start(&self, door: Door) -> DuplexStream {
        let imap = self.imap(door);
        let (ours, theirs) = tokio::io::duplex(16 << 10);
        let phases = self.phases.clone();
        tokio::spawn(async move {
            let peer = SocketAddr::from(([192, 0, 2, 7], 1000));
            imap.serve(Box::new(theirs), visit(peer, phases)).await;
        });
        ours
    }

    pub async fn under_tls(&self, stream: DuplexStream) -> Client {
        Client { stream: BufReader::new(self.tls.connect(stream).await), next: 0 }
    }

    /// Connected, and greeted.
    pub async fn connect(&self) -> Client {
        let mut client = self.under_tls(self.start(Door::Tls)).await;
        assert!(client.line().await.starts_with("* OK [CAPABILITY IMAP4rev1 "));
        client
    }

    pub async fn login(&self) -> Client {
        let mut client = self.connect().await;
        let answer = client.ask(&format!("LOGIN {ANNA} \"{PASSWORD}\"")).await;
        assert!(answer.ends_with("logged in"), "{answer}");
        client
    }

    /// Logged in, with the `INBOX` selected, in which nothing is recent: an earlier look was told of all that was there.
    pub async fn at_inbox(&self) -> Client {
        let mut client = self.login().await;
        for _ in 0..2 {
            client.ok("SELECT INBOX").await;
        }
        client
    }

    /// Puts messages in the `INBOX`.
    pub async fn deliver(&self, messages: &[&str]) -> Vec<u32> {
        let messages: Vec<&[u8]> = messages.iter().map(|message| message.as_bytes()).collect();
        self.house.deliver(&self.anna, &messages).await
    }
}

fn arrivals(memory: usize) -> Arc<Arrivals> {
    let budget = |octets| Budget::new(Shares::of(octets));
    Arrivals::new(budget(memory), budget(64 << 20), Spill { leave_free: 0, ..Spill::default() })
}

pub struct Client {
    stream: BufReader<TlsStream<DuplexStream>>,
    next: u32,
}

impl Client {
    pub async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// A line with the literals in it, without its end.
    pub async fn line(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(30), self.late_line()).await.unwrap()
    }

    /// The same, however long it takes.
    pub async fn late_line(&mut self) -> String {
        let mut line = Vec::new();
        loop {
            let read = self.stream.read_until(b'\n', &mut line).await.unwrap();
            assert!(read > 0, "the connection ended after {:?}", String::from_utf8_lossy(&line));
            let text = line.strip_suffix(b"\r\n").unwrap();
            let octets = text.strip_suffix(b"}").and_then(|text| {
                let at = text.iter().rposition(|octet| *octet == b'{')?;
                std::str::from_utf8(&text[at + 1..]).unwrap().parse::<usize>().ok()
            });
            let Some(octets) = octets else { return String::from_utf8(text.to_vec()).unwrap() };
            let from = line.len();
            line.resize(from + octets, 0);
            self.stream.read_exact(&mut line[from..]).await.unwrap();
        }
    }

    /// Sends a command; all lines of the answer, the tagged one last and without its tag.
    pub async fn all(&mut self, command: &str) -> Vec<String> {
        self.next += 1;
        let tag = format!("t{}", self.next);
        self.send(&format!("{tag} {command}\r\n")).await;
        self.until(&tag).await
    }

    /// All lines up to the answer with this tag, which it has no more.
    pub async fn until(&mut self, tag: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.line().await;
            if let Some(last) = line.strip_prefix(&format!("{tag} ")) {
                lines.push(last.to_owned());
                return lines;
            }
            lines.push(line);
        }
    }

    /// The tagged answer.
    pub async fn ask(&mut self, command: &str) -> String {
        self.all(command).await.pop().unwrap()
    }

    /// The untagged answers to what is done.
    pub async fn ok(&mut self, command: &str) -> Vec<String> {
        let mut lines = self.all(command).await;
        let last = lines.pop().unwrap();
        assert!(last.starts_with("OK "), "{command}: {last}");
        lines
    }

    /// The tagged answer, and that it is this refusal.
    pub async fn refused(&mut self, command: &str, with: &str) {
        let answer = self.ask(command).await;
        assert!(answer.starts_with(with), "{command}: {answer}");
    }

    /// Sends a message; the tagged answer.
    pub async fn append(&mut self, to: &str, message: &str) -> String {
        self.ask(&format!("APPEND {to} {{{}+}}\r\n{message}", message.len())).await
    }

    /// So many octets.
    pub async fn octets(&mut self, octets: usize) -> Vec<u8> {
        let mut read = vec![0; octets];
        self.stream.read_exact(&mut read).await.unwrap();
        read
    }

    /// All that comes until the connection ends.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let read = self.stream.read_to_end(&mut rest);
        // A connection that is cut ends without the farewell of TLS.
        let _ = tokio::time::timeout(Duration::from_secs(30), read).await.unwrap();
        rest
    }

    /// Nothing more comes.
    pub async fn is_over(&mut self) -> bool {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(30), self.stream.read_to_end(&mut rest)).await;
        read.is_ok() && rest.is_empty()
    }
}
