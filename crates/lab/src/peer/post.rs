//! How the peer's messages reach the laboratory's providers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pec::{Address, Pieces, ProviderKey, ReversePath};
use provider::transport::{Fate, Parcel, Security, Transport};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use smtp::client::{RelayConfig, SmtpTransport};
use smtp::resolver::SystemHosts;
use smtp::route::RouteTable;
use tokio::sync::mpsc;

use crate::described::Lab;

/// How often a message that is put off is tried again, and how long between.
const TRIES: usize = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// Why a message was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotTaken {
    /// Refused for good.
    #[error("{0}")]
    Refused(String),
    /// Put off for a minute, or nobody was there.
    #[error("{0}")]
    PutOff(String),
}

/// The way out.
#[derive(Clone)]
pub struct Post(SmtpTransport);

impl Post {
    /// To every provider of the laboratory.
    pub fn new(lab: &Lab, helo: &str) -> Result<Self, String> {
        let mut table = RouteTable::new();
        for provider in &lab.providers {
            for domain in &provider.domains {
                let hop = format!("127.0.0.1:{}", provider.ports.incoming);
                table = table.with(domain, &hop).map_err(|error| error.to_string())?;
            }
        }
        let mut roots = RootCertStore::empty();
        let read = |error: rustls::pki_types::pem::Error| format!("{}: {error}", lab.tls_ca.display());
        for certificate in CertificateDer::pem_file_iter(&lab.tls_ca).map_err(read)? {
            roots.add(certificate.map_err(read)?).map_err(|error| error.to_string())?;
        }
        let mut config = RelayConfig::new(helo, table.only(), Arc::new(SystemHosts), roots);
        // It names its hosts itself, and may speak as the provider that it writes to.
        (config.mta_sts, config.own_name) = (false, String::new());
        Ok(Self(SmtpTransport::new(config).map_err(|error| error.to_string())?))
    }

    /// Sends a message and gives the reply; what is put off is tried again for a minute.
    pub async fn send(&self, path: &Address, to: &Address, message: &Bytes) -> Result<String, NotTaken> {
        let mut last = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            match self.once(path, to, message).await {
                Some(Fate::Accepted { reply }) => return Ok(reply),
                Some(Fate::Failed { detail, .. }) => return Err(NotTaken::Refused(detail)),
                Some(Fate::Deferred { detail } | Fate::Unreachable { detail }) => last = detail,
                None => last = "the transport gave no answer".into(),
            }
        }
        Err(NotTaken::PutOff(last))
    }

    async fn once(&self, path: &Address, to: &Address, message: &Bytes) -> Option<Fate> {
        let (route, recipients) = self.0.routes(std::slice::from_ref(to)).await.into_iter().next()?;
        let parcel = Parcel {
            path: ReversePath::Address(path.clone()),
            recipients,
            message: Pieces::own(message.clone()),
            security: Security::Certified(ProviderKey::primary("laboratory")),
        };
        let (done, mut fates) = mpsc::unbounded_channel();
        self.0.send(&route, vec![parcel], done).await;
        fates.recv().await.and_then(|(_, fates)| fates.into_iter().next())
    }
}
