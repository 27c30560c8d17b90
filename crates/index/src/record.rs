//! What a provider publishes of itself: its record and those of its secondary environments, signed with the key that
//! signs its messages [R-4.5-c] [R-4.5-f].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

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
    index: Index,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    tls: Arc<ServerConfig>,
    url: String,
}

impl OwnDoor {
    /// Reads and checks everything it needs.
    pub fn read(
        publisher: &Publisher,
        door: &HttpsDoor,
        signer: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IndexError> {
        let index = own(publisher, &*signer, &[])?;
        Ok(Self { index, signer, clock, tls: door::tls(door)?, url: publisher.publish.url.clone() })
    }

    /// Where the file is served.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Serves at these sockets as long as the provider lives.
    pub fn open(self, sockets: Vec<TcpListener>, tasks: &mut JoinSet<()>, stop: &watch::Receiver<bool>) {
        let shown = Shown::default();
        for socket in sockets {
            tasks.spawn(door::serve(socket, self.tls.clone(), self.url.clone(), shown.clone(), stop.clone()));
        }
        tasks.spawn(self.keep_shown(shown, stop.clone()));
    }

    /// Signs our record now and twice a day, and shows it.
    async fn keep_shown(self, shown: Shown, mut stop: watch::Receiver<bool>) {
        let index = Arc::new(self.index);
        while !*stop.borrow() {
            let (index, signer, now) = (index.clone(), self.signer.clone(), self.clock.now().unix());
            let mut wait = SIGN;
            match tokio::task::spawn_blocking(move || signed(&index, &*signer, now)).await {
                Ok(Ok(file)) => shown.show(file, now),
                Ok(Err(error)) => {
                    tracing::error!(event = "record-not-signed", %error);
                    wait = Duration::from_secs(60);
                }
                Err(error) => tracing::error!(event = "record-not-signed", %error),
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stop.changed() => {}
            }
        }
    }
}
