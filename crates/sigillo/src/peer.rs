//! `sigillo lab DIR --peer KIND` and `--send KIND`: another provider of the laboratory, which misbehaves as it is told.
//!
//! It is one of the laboratory's guests: the index holds its certificates, and mail for its domains comes to it. It keeps
//! nothing on disk, has no mailboxes, and believes what it is sent: it is there to try other providers with, Sigillo or
//! any other. Its receipts are composed and signed as Sigillo's own, and spoilt where [`conduct`] says so.

pub mod conduct;
pub mod sample;

mod answers;
mod damage;
mod door;
mod post;
#[cfg(test)]
mod tests;
mod wire;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use directory::Index;
use pec::compose::{Draft, Emitter};
use pec::{Address, Moment};
use provider::{Clock, Ids, SystemClock, UniqueIds};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use seal::FileSigner;
use smtp::{Door, DoorConfig, Limits, Server};
use tokio::net::TcpListener;

use crate::cli::LabOptions;
use crate::exit;
use crate::lab::{GuestPlan, Lab};
use crate::mailbox::Failed;
use crate::serve::told_to_end;
use crate::verify::read_index;
use conduct::{Conduct, Way};
use door::PeerDoor;
use post::{NotTaken, Post};
use sample::Sample;
use wire::Wire;

/// The name of the guest that every laboratory has, for this.
pub const NAME: &str = "prova";

/// The other provider.
pub struct Peer {
    /// Who it says it is.
    emitter: Emitter,
    domains: Vec<String>,
    index: Index,
    listed: FileSigner,
    expired: FileSigner,
    revoked: FileSigner,
    unlisted: FileSigner,
    post: Post,
}

/// Which of its keys signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    /// In the index.
    Listed,
    /// In the index, expired.
    Expired,
    /// In the index, and revoked by the authority.
    Revoked,
    /// Not in the index.
    Unlisted,
}

impl Peer {
    /// Reads the guest's files.
    fn read(lab: &Lab, guest: &GuestPlan) -> Result<Self, String> {
        let folder = lab.folder.join(&guest.provider.folder);
        let signer = |name: &str| {
            let at = |kind: &str| folder.join(format!("{name}.{kind}"));
            FileSigner::from_pem_files(&at("key"), &at("pem")).map_err(|error| error.to_string())
        };
        Ok(Self {
            emitter: Emitter {
                name: guest.provider.name.clone(),
                address: guest.provider.service_address.clone(),
                english: false,
            },
            domains: guest.provider.domains.clone(),
            index: read_index(&lab.ldif)?,
            listed: signer("signing")?,
            expired: signer("expired")?,
            revoked: signer("revoked")?,
            unlisted: signer("unlisted")?,
            post: Post::new(lab, &guest.provider.hostname)?,
        })
    }

    fn hosts(&self, address: &Address) -> bool {
        self.domains.contains(&address.domain_key())
    }

    fn now(&self) -> Moment {
        SystemClock.now()
    }

    fn fresh_id(&self, moment: Moment) -> String {
        UniqueIds.fresh(moment, self.emitter.address.domain())
    }

    fn seal(&self, draft: &Draft, keys: Keys) -> Result<Bytes, String> {
        let signer = match keys {
            Keys::Listed => &self.listed,
            Keys::Expired => &self.expired,
            Keys::Revoked => &self.revoked,
            Keys::Unlisted => &self.unlisted,
        };
        seal::seal(draft, signer).map(|pieces| pieces.to_bytes()).map_err(|error| error.to_string())
    }
}

/// Runs the command in a laboratory that exists: sends what is to be sent, plays the peer until it is told to end.
pub async fn run(lab: &Lab, options: &LabOptions) -> ExitCode {
    match play(lab, options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => exit::fail(code, why),
    }
}

async fn play(lab: &Lab, options: &LabOptions) -> Result<(), Failed> {
    let name = options.name.as_str();
    let guest = lab.guests.iter().find(|guest| guest.provider.folder == name).ok_or_else(|| {
        let known: Vec<_> = lab.guests.iter().map(|guest| guest.provider.folder.as_str()).collect();
        (exit::USAGE, format!("the laboratory has no guest {name:?}; it has {known:?}: make one with --guest"))
    })?;
    let peer = Arc::new(Peer::read(lab, guest).map_err(|error| (exit::CONFIG, error))?);
    // From here on a signal is an orderly end.
    let end = told_to_end(options.until_stdin_closes)?;
    let server = match options.peer {
        None => None,
        Some(conduct) => Some(open(lab, guest, &peer, conduct, Duration::from_secs(options.delay)).await?),
    };
    if let (Some(sample), Some(to)) = (options.send, &options.to) {
        let to = Address::parse(to).map_err(|error| (exit::USAGE, error.to_string()))?;
        let hosted = lab.providers.iter().flat_map(|provider| &provider.domains);
        let hosted: Vec<&str> = hosted.map(String::as_str).collect();
        if !hosted.contains(&to.domain_key().as_str()) {
            let why =
                format!("no provider of the laboratory has the domain {}, but {}", to.domain(), hosted.join(", "));
            return Err((exit::USAGE, why));
        }
        send(&peer, sample, &to).await?;
    }
    let Some(server) = server else { return Ok(()) };
    end.await;
    server.drain(Duration::from_secs(1)).await;
    Ok(())
}

/// Sends one sample and says what was answered.
async fn send(peer: &Peer, sample: Sample, to: &Address) -> Result<(), Failed> {
    let ready = sample::make(peer, sample, to, peer.now()).map_err(|error| (exit::USAGE, error))?;
    say(format!("{} for {to}: {}", sample.name, sample.what));
    say(format!("   to be expected: {}", sample.expected.words()));
    for _ in 0..ready.times {
        let what = format!("-> {} {}", ready.kind.name(), ready.identifier);
        match peer.post.send(&ready.path, &ready.to, &ready.message).await {
            Ok(reply) => say(format!("{what}: {reply}")),
            Err(why @ NotTaken::Refused(_)) => say(format!("{what}: not taken: {why}")),
            Err(NotTaken::PutOff(why)) => {
                return Err((
                    exit::UNAVAILABLE,
                    format!("{what}: not taken within a minute: {why}; does the provider run?"),
                ));
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
) -> Result<Server, Failed> {
    let system = |error: std::io::Error| exit::cannot_listen(guest.address, &error);
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
    let server = Server::start(inside, config, door).map_err(system)?;
    let behind = (conduct.way != Way::Gibberish).then(|| server.address());
    tokio::spawn(wire.carry(outside, behind));
    say(format!("{} listens on {}: {} — {}", peer.emitter.name, guest.address, conduct.name, conduct.does));
    say(format!("any recipient at {}; Ctrl-C ends it", peer.domains.join(", ")));
    Ok(server)
}

fn tls(folder: &Path) -> Result<ServerConfig, Failed> {
    let (chain, key) = (folder.join("tls.pem"), folder.join("tls.key"));
    let read = |path: &Path, error: &dyn std::fmt::Display| (exit::CONFIG, format!("{}: {error}", path.display()));
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
        data: 1800,
        errors: 20,
        auth_failures: 3,
        sessions: 200,
        sessions_per_peer: 0,
        messages_per_minute: 0,
        in_flight: 512 << 20,
    }
}

/// One line for who watches.
fn say(line: String) {
    println!("{line}");
}
