//! Both sides over loopback, foreign clients as judges; what the tests of this crate share.

pub(crate) mod dns;
mod judges;
mod over;
pub(crate) mod transport;
mod trust;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use holder::{Given, Holder};
use pec::{Address, Moment, ReversePath};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::{Door, DoorConfig, Limits, Reply, Server, Service, Session};

pub(crate) fn limits() -> Limits {
    Limits {
        line: 2048,
        header: 64 * 1024,
        recipients: 100,
        message: 1024 * 1024,
        idle: 300,
        errors: 5,
        auth_failures: 3,
        sessions: 100,
        sessions_per_peer: 0,
        messages_per_minute: 0,
    }
}

/// A message as the service got it.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub session: Session,
    pub message: Bytes,
    pub received_len: usize,
}

impl Taken {
    /// What the client sent, without our field.
    pub fn content(&self) -> &[u8] {
        &self.message[self.received_len..]
    }
}

/// A service that keeps what it gets. It knows `mario` with `segreto`, and refuses recipients by their local part.
pub(crate) struct Recorder {
    pub taken: Mutex<Vec<Taken>>,
    /// Messages that have arrived, answered or not.
    pub arrived: watch::Sender<usize>,
    /// A message is answered when it gets a permit.
    pub answers: Semaphore,
}

impl Recorder {
    pub fn new() -> Arc<Self> {
        let answers = Semaphore::new(Semaphore::MAX_PERMITS);
        Arc::new(Self { taken: Mutex::default(), arrived: watch::channel(0).0, answers })
    }

    /// Answers no message before `answers` gets permits.
    pub fn holding() -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), arrived: watch::channel(0).0, answers: Semaphore::new(0) })
    }

    pub fn all(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    pub fn only(&self) -> Taken {
        let all = self.all();
        assert_eq!(all.len(), 1, "messages taken");
        all[0].clone()
    }
}

#[async_trait]
impl Service for Recorder {
    async fn authenticate(&self, _: &Session, login: &str, given: Given<'_>) -> Result<Option<Holder>, Reply> {
        let good = matches!(given, Given::Password("segreto") | Given::Token("good.token"));
        match login {
            "down" => Err(Reply::new(454, "4.7.0", "accounts are not reachable now")),
            _ => Ok((login == "mario" && good).then(|| Holder::unchecked(login))),
        }
    }

    fn takes_tokens(&self) -> bool {
        true
    }

    async fn mail(&self, _: &Session, path: &ReversePath, _: Option<u64>) -> Reply {
        match path.address().map(Address::local) {
            Some("stranger") => Reply::new(550, "5.7.1", "not you"),
            _ => Reply::new(250, "2.1.0", "sender ok"),
        }
    }

    async fn rcpt(&self, _: &Session, recipient: &Address) -> Reply {
        match recipient.local() {
            "nobody" => Reply::new(550, "5.1.1", "no such mailbox"),
            "full" => Reply::new(552, "5.2.2", "mailbox full"),
            "later" => Reply::new(451, "4.2.0", "not now"),
            _ => Reply::new(250, "2.1.5", "recipient ok"),
        }
    }

    async fn message(&self, session: &Session, message: Bytes, received_len: usize) -> Reply {
        self.arrived.send_modify(|n| *n += 1);
        self.answers.acquire().await.unwrap().forget();
        let mut taken = self.taken.lock().unwrap();
        taken.push(Taken { session: session.clone(), message, received_len });
        Reply::new(250, "2.6.0", format!("taken {}", taken.len()))
    }
}

/// TLS of a server called `localhost` and 127.0.0.1, and the root that validates it.
pub(crate) fn certificate() -> (Arc<rustls::ServerConfig>, CertificateDer<'static>) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (Arc::new(config), cert.der().clone())
}

pub(crate) fn door(door: Door, limits: Limits) -> DoorConfig {
    let clock = Arc::new(|| Moment::from_unix(1_733_394_630));
    let ids = Arc::new(|| "id-1".to_owned());
    let mut config = DoorConfig::new(door, "mx.pec.it", limits, clock, ids);
    config.keeper.delay = Duration::ZERO;
    config.patience.deadline = Duration::from_secs(600);
    // Tests of slowness say what is slow.
    config.patience.rate = 0;
    config
}

/// Opens a door with TLS on loopback.
pub(crate) async fn start(config: DoorConfig, service: Arc<Recorder>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    crate::server::open(listener, config, service).unwrap()
}
