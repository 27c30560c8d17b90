//! A house with Anna in it, and clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use door::testing::{Tls, quick, visit};
use door::{Phases, Sessions};
use guard::{Logins, Throttle};
use holder::Mailbox;
use holder::testing::House;
use pop3::{Door, Limits, Pop3};
use store::{Mailboxes, Reader};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio_rustls::client::TlsStream;

pub const ANNA: &str = "anna@pec.example";
pub const LETTER: &[u8] = b"Subject: uno\r\n\r\nprima\r\n.seconda\r\nterza\r\n";

pub struct Bench {
    pub house: House,
    pub anna: Mailbox,
    tls: Tls,
    logins: Arc<Logins>,
}

/// The time, always the same.
struct Noon;

impl pec::Clock for Noon {
    fn now(&self) -> pec::Moment {
        pec::Moment::from_unix(1_790_000_000)
    }
}

impl Bench {
    pub async fn new() -> Self {
        let house = House::new().await;
        let anna = house.mailbox(ANNA, "due parole €").await;
        Self { house, anna, tls: Tls::of("pop3.example"), logins: Logins::new(Throttle::default()) }
    }

    pub fn start(&self, door: Door) -> DuplexStream {
        let pop3 = Pop3 {
            door,
            acceptor: self.tls.acceptor.clone(),
            desk: self.house.desk.clone(),
            keeper: quick(self.logins.clone()),
            clock: Arc::new(Noon),
            limits: Limits::default(),
        };
        let (ours, theirs) = tokio::io::duplex(16 << 10);
        tokio::spawn(async move {
            let (_open, phases) = Phases::by_hand();
            let peer = SocketAddr::from(([192, 0, 2, 7], 1000));
            pop3.serve(Box::new(theirs), visit(peer, phases)).await;
        });
        ours
    }

    pub async fn connect(&self) -> Client {
        self.under_tls(self.start(Door::Tls)).await
    }

    pub async fn under_tls(&self, stream: DuplexStream) -> Client {
        Client(BufReader::new(self.tls.connect(stream).await))
    }

    pub async fn login(&self) -> Client {
        let mut client = self.connect().await;
        assert_eq!(client.line().await, "+OK Sigillo POP3");
        assert_eq!(client.ask(&format!("USER {ANNA}")).await, "+OK send PASS");
        assert!(client.ask("PASS due parole €").await.starts_with("+OK "));
        client
    }

    pub async fn count(&self) -> u32 {
        self.house.store.folders(self.anna.id, Reader::Owner).await.unwrap()[0].messages
    }
}

pub struct Client(BufReader<TlsStream<DuplexStream>>);

impl Client {
    pub async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    pub async fn line(&mut self) -> String {
        let mut line = String::new();
        tokio::time::timeout(Duration::from_secs(30), self.0.read_line(&mut line)).await.unwrap().unwrap();
        line.strip_suffix("\r\n").unwrap_or(&line).to_owned()
    }

    pub async fn ask(&mut self, command: &str) -> String {
        self.send(&format!("{command}\r\n")).await;
        self.line().await
    }

    /// A multi-line answer without its first line and its end.
    pub async fn lines(&mut self, command: &str) -> Vec<String> {
        self.send(&format!("{command}\r\n")).await;
        self.several().await
    }

    /// The next answer, where it has several lines.
    pub async fn several(&mut self) -> Vec<String> {
        let first = self.line().await;
        assert!(first.starts_with("+OK"), "{first}");
        self.until_the_end().await
    }

    /// The lines of an answer whose first has been read.
    pub async fn until_the_end(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.line().await {
                end if end == "." => return lines,
                line => lines.push(line),
            }
        }
    }

    /// The client's half of the connection ends.
    pub async fn says_no_more(&mut self) {
        self.0.shutdown().await.unwrap();
    }

    /// Nothing more comes.
    pub async fn is_over(&mut self) -> bool {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(30), self.0.read_to_end(&mut rest)).await;
        read.is_ok() && rest.is_empty()
    }
}
