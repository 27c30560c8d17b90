//! What the peer does: send, and answer.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pec::Address;
use provider::{Clock, SystemClock};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use smtp::{Door, DoorConfig, Limits, Server};
use tokio::net::TcpListener;

use super::conduct::{Conduct, Way};
use super::door::PeerDoor;
use super::error::PlayError;
use super::player::{Peer, say};
use super::post::NotTaken;
use super::sample::{self, Sample};
use super::wire::Wire;
use crate::described::Lab;
use crate::plan::GuestPlan;

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Play {
    /// Which of the laboratory's guests.
    pub name: String,
    /// How it answers; `None`: it sends, and does not listen.
    pub conduct: Option<Conduct>,
    /// What a slow peer lets pass before each reply and receipt.
    pub delay: Duration,
    /// A message to send, and the holder who gets it.
    pub send: Option<(Sample, String)>,
}

/// Plays in a laboratory that exists: sends what is to be sent, then is the other provider until `end`.
pub async fn play(lab: &Lab, wish: &Play, end: impl Future<Output = ()>) -> Result<(), PlayError> {
    let name = wish.name.as_str();
    let guest = lab.guests.iter().find(|guest| guest.provider.folder == name).ok_or_else(|| {
        let known: Vec<_> = lab.guests.iter().map(|guest| guest.provider.folder.as_str()).collect();
        PlayError::Wish(format!("the laboratory has no guest {name:?}; it has {known:?}: make one with --guest"))
    })?;
    let peer = Arc::new(Peer::read(lab, guest).map_err(PlayError::Laboratory)?);
    let server = match wish.conduct {
        None => None,
        Some(conduct) => Some(open(lab, guest, &peer, conduct, wish.delay).await?),
    };
    if let Some((sample, to)) = &wish.send {
        let to = Address::parse(to).map_err(|error| PlayError::Wish(error.to_string()))?;
        let hosted = lab.providers.iter().flat_map(|provider| &provider.domains);
        let hosted: Vec<&str> = hosted.map(String::as_str).collect();
        if !hosted.contains(&to.domain_key().as_str()) {
            let why =
                format!("no provider of the laboratory has the domain {}, but {}", to.domain(), hosted.join(", "));
            return Err(PlayError::Wish(why));
        }
        send(&peer, *sample, &to).await?;
    }
    let Some(server) = server else { return Ok(()) };
    end.await;
    server.drain(Duration::from_secs(1)).await;
    Ok(())
}

/// Sends one sample and says what was answered.
async fn send(peer: &Peer, sample: Sample, to: &Address) -> Result<(), PlayError> {
    let ready = sample::make(peer, sample, to, peer.now()).map_err(PlayError::Wish)?;
    say(format!("{} for {to}: {}", sample.name, sample.what));
    say(format!("   to be expected: {}", sample.expected.words()));
    for _ in 0..ready.times {
        let what = format!("-> {} {}", ready.kind.name(), ready.identifier);
        match peer.post.send(&ready.path, &ready.to, &ready.message).await {
            Ok(reply) => say(format!("{what}: {reply}")),
            Err(why @ NotTaken::Refused(_)) => say(format!("{what}: not taken: {why}")),
            Err(NotTaken::PutOff(why)) => {
                let why = format!("{what}: not taken within a minute: {why}; does the provider run?");
                return Err(PlayError::NotTaken(why));
            }
        }
    }
    Ok(())
}

/// Opens the peer's door: the wire in front, the server behind it.
async fn open(
    lab: &Lab,
    guest: &GuestPlan,
    peer: &Arc<Peer>,
    conduct: Conduct,
    delay: Duration,
) -> Result<Server, PlayError> {
    let system = |error: std::io::Error| PlayError::Port { address: guest.address, error };
    let outside = TcpListener::bind(guest.address).await.map_err(system)?;
    let inside = TcpListener::bind(("127.0.0.1", 0)).await.map_err(system)?;
    let folder = lab.folder.join(&guest.provider.folder);
    let tls = if conduct.way == Way::NoTls { None } else { Some(Arc::new(tls(&folder)?)) };
    let clock = Arc::new(|| SystemClock.now());
    let ids = Arc::new(|| uuid::Uuid::now_v7().simple().to_string());
    let config =
        DoorConfig { tls, ..DoorConfig::new(Door::Incoming, guest.provider.hostname.clone(), limits(), clock, ids) };
    let wire = Wire::default();
    let door = Arc::new(PeerDoor::new(Arc::clone(peer), conduct, delay, wire.clone()));
    let server = smtp::open(inside, config, door).map_err(system)?;
    let behind = (conduct.way != Way::Gibberish).then(|| server.address());
    tokio::spawn(wire.carry(outside, behind));
    say(format!("{} listens on {}: {} — {}", peer.emitter.name, guest.address, conduct.name, conduct.does));
    say(format!("any recipient at {}; Ctrl-C ends it", peer.domains.join(", ")));
    Ok(server)
}

fn tls(folder: &Path) -> Result<ServerConfig, PlayError> {
    let (chain, key) = (folder.join("tls.pem"), folder.join("tls.key"));
    let read =
        |path: &Path, error: &dyn std::fmt::Display| PlayError::Laboratory(format!("{}: {error}", path.display()));
    let certificates = CertificateDer::pem_file_iter(&chain).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|error| read(&chain, &error))?;
    let key = PrivateKeyDer::from_pem_file(&key).map_err(|error| read(&key, &error))?;
    let tls = ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, key);
    tls.map_err(|error| read(&chain, &error))
}

/// What a real provider's door allows, without counting: everybody comes from one address here.
fn limits() -> Limits {
    Limits {
        line: 12288,
        header: pec::limits::envelope_header(pec::limits::HEADER),
        recipients: 500,
        message: 150 << 20,
        idle: 300,
        errors: 20,
        auth_failures: 3,
        sessions: 200,
        sessions_per_peer: 0,
        messages_per_minute: 0,
    }
}
