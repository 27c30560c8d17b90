//! What a provider publishes of itself: its record and those of its secondary environments, signed with the key that
//! signs its messages [R-4.5-c] [R-4.5-f].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::tls::LivePair;
use bytes::Bytes;
use directory::{Index, Record};
use pec::{Address, Clock};
use rustls::ServerConfig;
use seal::Signer;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::copy::leaves;
use crate::door::{self, Shown};
use crate::error::IndexError;
use crate::settings::{HttpsDoor, Publish};

/// How often a provider that serves its file signs it anew.
const SIGN: Duration = Duration::from_secs(12 * 3600);

/// Who publishes: what the record says of a provider.
#[derive(Clone, Debug)]
pub struct Publisher {
    /// `providerName`
    pub name: String,
    /// From of everything it generates; its signing certificates name it [R-2.1-d].
    pub service_address: Address,
    /// `mailReceipt`
    pub mail_receipt: Address,
    /// `managedDomains`
    pub domains: Vec<String>,
    /// The rest.
    pub publish: Publish,
}

/// Our own part of the index: the main environment first. `also` are certificates beside the one that signs, so that
/// the next one is known to all before it is used [R-4.5-g].
pub fn own(publisher: &Publisher, signer: &dyn Signer, also: &[PathBuf]) -> Result<Index, IndexError> {
    let publish = &publisher.publish;
    let mut certificates = vec![signer.certificate().clone()];
    for file in publish.also_certificates.iter().chain(also) {
        let found = leaves(file)?;
        for certificate in &found {
            let service = &publisher.service_address;
            if !certificate.emails().iter().any(|email| email.eq_ignore_ascii_case(service.as_str())) {
                let subject = certificate.subject();
                let why = format!("{subject} does not name {service}, as our signing certificates must [R-2.1-d]");
                return Err(IndexError::file(file, why));
            }
        }
        certificates.extend(found);
    }
    let mut records = vec![Record {
        name: publisher.name.clone(),
        unit: None,
        certificates: certificates.iter().map(|certificate| certificate.der().clone()).collect(),
        mail_receipt: publisher.mail_receipt.clone(),
        managed_domains: publisher.domains.clone(),
        location: Some(publish.url.clone()),
        description: publish.description.clone(),
    }];
    for unit in &publish.unit {
        let certificates = leaves(&unit.certificates)?;
        records.push(Record {
            name: publisher.name.clone(),
            unit: Some(unit.name.clone()),
            certificates: certificates.iter().map(|certificate| certificate.der().clone()).collect(),
            mail_receipt: unit.mail_receipt.clone(),
            managed_domains: unit.domains.clone(),
            location: None,
            description: unit.description.clone(),
        });
    }
    // There is no line to tell: nothing was read.
    Index::new(records, None).map_err(|error| IndexError::Ours(format!("our record in the index: {}", error.what)))
}

/// The file to publish, signed at `now` (seconds since 1970).
pub fn signed(index: &Index, signer: &dyn Signer, now: i64) -> Result<Bytes, IndexError> {
    let file = seal::p7m::seal_file(index.to_own_ldif().as_bytes(), now, signer);
    file.map(Bytes::from).map_err(|error| IndexError::Unsigned(error.to_string()))
}

/// The door at which a provider serves its own file (`[directory.publish.serve]`).
pub struct OwnDoor {
    publisher: Publisher,
    domains: watch::Receiver<Vec<String>>,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    tls: Arc<ServerConfig>,
    pair: Arc<LivePair>,
}

impl OwnDoor {
    /// Reads and checks everything it needs. The record names the `domains` that are hosted at each moment.
    pub fn read(
        publisher: Publisher,
        door: &HttpsDoor,
        signer: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
        domains: watch::Receiver<Vec<String>>,
    ) -> Result<Self, IndexError> {
        own(&publisher, &*signer, &[])?;
        let (tls, pair) = door::tls(door)?;
        Ok(Self { publisher, domains, signer, clock, tls, pair })
    }

    /// The certificate of the door, which is read again when its files change.
    pub fn pair(&self) -> Arc<LivePair> {
        self.pair.clone()
    }

    /// Where the file is served.
    pub fn url(&self) -> &str {
        &self.publisher.publish.url
    }

    /// Serves at these sockets as long as the provider lives.
    pub fn open(self, sockets: Vec<TcpListener>, tasks: &mut JoinSet<()>, stop: &watch::Receiver<bool>) {
        let shown = Shown::default();
        let url = &self.publisher.publish.url;
        for socket in sockets {
            tasks.spawn(door::serve(socket, self.tls.clone(), url.clone(), shown.clone(), stop.clone()));
        }
        tasks.spawn(self.pair.clone().keep_fresh(::tls::LOOK, stop.clone()));
        tasks.spawn(self.keep_shown(shown, stop.clone()));
    }

    /// Signs our record now, twice a day, and when other domains are hosted, and shows it.
    async fn keep_shown(mut self, shown: Shown, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let domains = self.domains.borrow_and_update().clone();
            let publisher = Publisher { domains, ..self.publisher.clone() };
            let (signer, now) = (self.signer.clone(), self.clock.now().unix());
            let mut wait = SIGN;
            let made =
                tokio::task::spawn_blocking(move || signed(&own(&publisher, &*signer, &[])?, &*signer, now)).await;
            match made {
                Ok(Ok(file)) => shown.show(file, now),
                Ok(Err(error)) => {
                    tracing::error!(event = "record-not-signed", %error);
                    wait = Duration::from_secs(60);
                }
                Err(error) => tracing::error!(event = "record-not-signed", %error),
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                Ok(()) = self.domains.changed() => {}
                _ = stop.changed() => {}
            }
        }
    }
}
