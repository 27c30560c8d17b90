//! Sessions whose login ends.

use holder::testing::{Account, House, Protocols};
use holder::{Came, Desk, Entered, Given, Mailbox, Presence, Protocol};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::*;

const ANNA: &str = "anna@pec.example";

/// A service that knows who is in the house.
struct Doorman(Arc<Desk>);

#[async_trait]
impl Service for Doorman {
    async fn authenticate(&self, session: &Session, login: &str, given: Given<'_>) -> Result<Option<Holder>, Reply> {
        let peer = session.peer;
        match self.0.entrance().enter(login, given, Came::by(Protocol::Submission, peer.ip())).await.unwrap() {
            Some(Entered::In(holder)) => Ok(Some(holder)),
            Some(Entered::Barred(barred)) => Err(Reply::new(525, "5.7.13", barred.to_string())),
            None => Ok(None),
        }
    }

    fn presence(&self, holder: &Holder) -> Option<Presence> {
        Some(self.0.presence(holder))
    }

    async fn mail(&self, _: &Session, _: &ReversePath, _: Option<u64>) -> Reply {
        Reply::new(250, "2.1.0", "sender ok")
    }

    async fn rcpt(&self, _: &Session, _: &Address) -> Reply {
        Reply::new(250, "2.1.5", "recipient ok")
    }

    async fn message(&self, _: &Session, _: Bytes, _: usize) -> Reply {
        Reply::new(250, "2.6.0", "taken")
    }
}

/// A session under TLS, after EHLO.
struct Client(BufReader<tokio_rustls::client::TlsStream<TcpStream>>);

impl Client {
    async fn line(&mut self) -> String {
        let mut line = String::new();
        tokio::time::timeout(Duration::from_secs(30), self.0.read_line(&mut line)).await.unwrap().unwrap();
        line
    }

    async fn ask(&mut self, command: &str) -> String {
        self.0.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
        self.line().await
    }

    async fn log_in(&mut self, password: &str) -> String {
        use base64::Engine;
        let said = base64::engine::general_purpose::STANDARD.encode(format!("\0{ANNA}\0{password}"));
        self.ask(&format!("AUTH PLAIN {said}")).await
    }
}

struct Bench {
    house: House,
    anna: Mailbox,
    server: Server,
    trust: CertificateDer<'static>,
}

impl Bench {
    async fn new() -> Self {
        let house = House::new().await;
        let anna = house.mailbox(ANNA, "segreto").await;
        let (tls, trust) = certificate();
        let config = DoorConfig { tls: Some(tls), ..door(Door::SubmissionTls, limits()) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = crate::server::open(listener, config, Arc::new(Doorman(house.desk.clone()))).unwrap();
        Self { house, anna, server, trust }
    }

    async fn connect(&self) -> Client {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.trust.clone()).unwrap();
        let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(self.server.address()).await.unwrap();
        let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
        let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        let mut client = Client(BufReader::new(stream));
        assert!(client.line().await.starts_with("220 "));
        let mut line = client.ask("EHLO client.example").await;
        while line.starts_with("250-") {
            line = client.line().await;
        }
        client
    }
}

#[tokio::test]
async fn a_session_that_waits_ends_at_once_with_its_login() {
    let bench = Bench::new().await;
    let mut client = bench.connect().await;
    assert!(client.log_in("segreto").await.starts_with("235 "));
    // Mail that comes meanwhile ends nothing.
    bench.house.deliver(&bench.anna, &[b"Subject: a\r\n\r\nb\r\n"]).await;
    assert!(client.ask(&format!("MAIL FROM:<{ANNA}>")).await.starts_with("250 "));
    bench.house.change_password(ANNA, "nuovo").await;
    assert_eq!(client.line().await, "421 4.7.0 this login does not hold any more: log in again\r\n");
    assert_eq!(client.line().await, "", "the connection is closed");

    let mut client = bench.connect().await;
    let (_, secret) =
        bench.house.app_password(Account::Mailbox(bench.anna.address.clone()), None, Protocols::ALL).await;
    assert!(client.log_in(&secret).await.starts_with("235 "));
    bench.house.switch_off(ANNA, Protocol::Submission).await;
    assert!(client.line().await.starts_with("421 4.7.0 this login does not hold"));
    let mut client = bench.connect().await;
    let refused = client.log_in(&secret).await;
    assert!(refused.starts_with("525 5.7.13 submission (SMTP) is switched off for this mailbox"), "{refused}");
    assert!(client.log_in("altro").await.starts_with("535 5.7.8 "), "the session goes on");
}
