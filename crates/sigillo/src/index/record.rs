//! What a provider publishes of itself: its record and those of its secondary environments, signed with the key that
//! signs its messages [R-4.5-c] [R-4.5-f].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use directory::{Index, Record};
use provider::{Clock, SystemClock};
use rustls::ServerConfig;
use seal::Signer;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::copy::leaves;
use super::door::{self, Shown};
use crate::config::{Config, Publish};
use crate::exit;
use crate::mailbox::Failed;
use crate::serve;

/// How often a provider that serves its file signs it anew.
const SIGN: Duration = Duration::from_secs(12 * 3600);

/// Our own part of the index: the main environment first. `also` are certificates beside the one that signs, so that
/// the next one is known to all before it is used [R-4.5-g].
pub fn own(config: &Config, publish: &Publish, signer: &dyn Signer, also: &[PathBuf]) -> Result<Index, String> {
    let mut certificates = vec![signer.certificate().clone()];
    for file in publish.also_certificates.iter().chain(also) {
        let found = leaves(file)?;
        for certificate in &found {
            let service = &config.provider.service_address;
            if !certificate.emails().iter().any(|email| email.eq_ignore_ascii_case(service.as_str())) {
                return Err(format!(
                    "{}: {} does not name {service}, as our signing certificates must [R-2.1-d]",
                    file.display(),
                    certificate.subject()
                ));
            }
        }
        certificates.extend(found);
    }
    let mut records = vec![Record {
        name: config.provider.name.clone(),
        unit: None,
        certificates: certificates.iter().map(|certificate| certificate.der().clone()).collect(),
        mail_receipt: config.provider.mail_receipt.clone(),
        managed_domains: config.provider.domains.clone(),
        location: Some(publish.url.clone()),
        description: publish.description.clone(),
    }];
    for unit in &publish.unit {
        let certificates = leaves(&unit.certificates)?;
        records.push(Record {
            name: config.provider.name.clone(),
            unit: Some(unit.name.clone()),
            certificates: certificates.iter().map(|certificate| certificate.der().clone()).collect(),
            mail_receipt: unit.mail_receipt.clone(),
            managed_domains: unit.domains.clone(),
            location: None,
            description: unit.description.clone(),
        });
    }
    // There is no line to tell: nothing was read.
    Index::new(records, None).map_err(|error| format!("our record in the index: {}", error.what))
}

/// The file to publish, and when it was signed (seconds since 1970).
pub fn signed(index: &Index, signer: &dyn Signer) -> Result<(Bytes, i64), String> {
    let now = SystemClock.now().unix();
    let file = seal::p7m::seal_file(index.to_own_ldif().as_bytes(), now, signer).map_err(|error| error.to_string())?;
    Ok((file.into(), now))
}

/// Signs our record now and twice a day, and shows it at our own door.
async fn keep_shown(index: Index, signer: Arc<dyn Signer>, shown: Shown, mut stop: watch::Receiver<bool>) {
    let index = Arc::new(index);
    while !*stop.borrow() {
        let (index, signer) = (index.clone(), signer.clone());
        let mut wait = SIGN;
        match tokio::task::spawn_blocking(move || signed(&index, &*signer)).await {
            Ok(Ok((file, at))) => shown.show(file, at),
            Ok(Err(error)) => {
                tracing::error!(event = "record-not-signed", error);
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

/// The door at which a provider serves its own file (`[directory.publish.serve]`).
pub struct OwnDoor {
    index: Index,
    signer: Arc<dyn Signer>,
    tls: Arc<ServerConfig>,
    url: String,
    sockets: Vec<TcpListener>,
}

impl OwnDoor {
    /// Reads and checks everything it needs, and takes the ports; `None` where the file is not served.
    pub async fn bind(config: &Config, signer: Arc<dyn Signer>) -> Result<Option<Self>, Failed> {
        let Some(publish) = &config.directory.publish else { return Ok(None) };
        let Some(door) = &publish.serve else { return Ok(None) };
        let index = own(config, publish, &*signer, &[]).map_err(|error| (exit::CONFIG, error))?;
        let tls = door::tls(door)?;
        let mut sockets = Vec::new();
        for address in &door.listen {
            sockets.push(serve::bind(*address).await?);
            tracing::info!(event = "listening", %address, url = publish.url);
        }
        Ok(Some(Self { index, signer, tls, url: publish.url.clone(), sockets }))
    }

    /// Serves as long as the provider lives.
    pub fn open(self, tasks: &mut JoinSet<()>, stop: &watch::Receiver<bool>) {
        let shown = Shown::default();
        for socket in self.sockets {
            tasks.spawn(door::serve(socket, self.tls.clone(), self.url.clone(), shown.clone(), stop.clone()));
        }
        tasks.spawn(keep_shown(self.index, self.signer, shown, stop.clone()));
    }
}
