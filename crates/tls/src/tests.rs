use std::fs;
use std::net::Ipv4Addr;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;

/// A certificate of its own authority, with its key.
struct Made {
    certificate: String,
    key: String,
    der: Vec<u8>,
}

fn made() -> Made {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["mx.alfa.example".into()]).unwrap().self_signed(&key).unwrap();
    Made { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().to_vec() }
}

struct Place {
    folder: TempDir,
}

impl Place {
    fn new(made: &Made) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.put("tls.pem", &made.certificate);
        place.put("tls.key", &made.key);
        place
    }

    /// Replaces a file as programs that renew do: another file in its place.
    fn put(&self, name: &str, text: &str) {
        let new = self.folder.path().join("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.folder.path().join(name)).unwrap();
    }

    fn read(&self) -> Result<Arc<LivePair>, String> {
        LivePair::read(&self.folder.path().join("tls.pem"), &self.folder.path().join("tls.key"))
    }
}

/// A server that echoes a line, and its port.
async fn echo(pair: Arc<LivePair>) -> u16 {
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(crypto).with_safe_default_protocol_versions().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_cert_resolver(pair)));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut octet = [0];
                while stream.read_exact(&mut octet).await.is_ok() {
                    stream.write_all(&octet).await.unwrap();
                }
            });
        }
    });
    port
}

/// A connection of who trusts this certificate alone.
async fn connect(port: u16, trusted: &Made) -> Result<TlsStream<TcpStream>, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der.clone().into()).unwrap();
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(crypto).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    connector.connect(ServerName::try_from("mx.alfa.example").unwrap(), stream).await
}

async fn echoes(stream: &mut TlsStream<TcpStream>) -> bool {
    let mut octet = [0];
    stream.write_all(b"x").await.is_ok() && stream.read_exact(&mut octet).await.is_ok() && octet == *b"x"
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_new_connections_and_the_old_ones_live_on() {
    let (first, second) = (made(), made());
    let place = Place::new(&first);
    let pair = place.read().unwrap();
    let port = echo(pair.clone()).await;
    let (stop, stopped) = watch::channel(false);
    let watching = tokio::spawn(pair.clone().keep_fresh(Duration::from_millis(10), stopped));
    let mut old = connect(port, &first).await.unwrap();
    assert!(echoes(&mut old).await);
    place.put("tls.pem", &second.certificate);
    place.put("tls.key", &second.key);
    let replaced = async {
        while connect(port, &second).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), replaced).await.expect("the new certificate is not shown");
    assert!(echoes(&mut old).await, "the old connection lives on");
    assert!(connect(port, &first).await.is_err());
    assert_eq!(pair.trouble(), None);
    stop.send_replace(true);
    watching.await.unwrap();
}

#[tokio::test]
async fn a_pair_that_does_not_fit_is_refused_and_the_one_before_lives_on() {
    let (first, second) = (made(), made());
    let place = Place::new(&first);
    let pair = place.read().unwrap();
    let port = echo(pair.clone()).await;
    assert_eq!(pair.reload(), Reloaded::Same);
    for (name, text) in
        [("tls.key", second.key.as_str()), ("tls.key", "nonsense"), ("tls.pem", ""), ("tls.pem", &second.certificate)]
    {
        let restore = [("tls.pem", &first.certificate), ("tls.key", &first.key)];
        place.put(name, text);
        let Reloaded::Refused(why) = pair.reload() else { panic!("{name} was taken") };
        assert!(why.contains("tls."), "{why}");
        assert_eq!(pair.trouble().as_ref(), Some(&why));
        assert!(echoes(&mut connect(port, &first).await.unwrap()).await);
        for (name, text) in restore {
            place.put(name, text);
        }
        assert_eq!(pair.reload(), Reloaded::Same);
        assert_eq!(pair.trouble(), None);
    }
    fs::remove_file(place.folder.path().join("tls.key")).unwrap();
    assert!(matches!(pair.reload(), Reloaded::Refused(why) if why.contains("tls.key")));
}

#[test]
fn files_are_read_when_they_have_stood_still_from_one_look_to_the_next() {
    let (first, second) = (made(), made());
    let place = Place::new(&first);
    let pair = place.read().unwrap();
    assert_eq!(pair.look(None), None);
    // The certificate is there already, its key not yet: nothing is read, and nothing is said to be wrong.
    place.put("tls.pem", &second.certificate);
    let half = pair.look(None);
    assert!(half.is_some());
    place.put("tls.key", &second.key);
    let whole = pair.look(half);
    assert!(whole.is_some() && pair.trouble().is_none());
    assert_eq!(pair.look(whole), None);
    assert_eq!(pair.held().pair.cert[0].to_vec(), second.der);
}

#[test]
fn what_cannot_be_read_at_the_start_is_said_with_the_files_name() {
    let place = Place::new(&made());
    place.put("tls.key", &made().key);
    assert!(place.read().unwrap_err().contains("it is not the key of"));
    place.put("tls.pem", "no certificate");
    assert!(place.read().unwrap_err().contains("found none"));
}
