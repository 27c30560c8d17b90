//! The running provider, as far as administration touches it.

use std::sync::Arc;

use async_trait::async_trait;
use control::item::{PeerHost, PeerItem};
use control::{Fault, Refused, Running};
use monitor::Admin;
use pec::{Moment, ProviderKey};
use smtp::trust::memory::Remembered;
use tokio::sync::watch;

use crate::process::Again;

/// A provider that runs.
pub(crate) struct RunningProvider {
    /// What health shows, and the provider.
    pub shown: Admin,
    /// What can be read again.
    pub again: Arc<Again>,
    /// The hosted domains, for our record in the index.
    pub domains: watch::Sender<Vec<String>>,
}

#[async_trait]
impl Running for RunningProvider {
    async fn domains_changed(&self) -> Result<(), String> {
        let provider = &self.shown.provider;
        provider.reload().await.map_err(|error| error.to_string())?;
        self.domains.send_replace(provider.context().hosting.names().map(str::to_owned).collect());
        Ok(())
    }

    fn queue_changed(&self) {
        self.shown.provider.ring();
    }

    async fn reload(&self) -> Result<Vec<String>, Refused> {
        let again = self.again.clone();
        let fault = |error| Refused::new(Fault::Program, format!("a fault of the program: {error}"));
        let read = tokio::task::spawn_blocking(move || again.read()).await.map_err(fault)?;
        let wrong: Vec<&str> = read.iter().filter_map(|one| one.as_ref().err()).map(String::as_str).collect();
        if wrong.is_empty() {
            return Ok(read.into_iter().filter_map(Result::ok).collect());
        }
        let what = format!("what was in use stays in use: {}", wrong.join("; "));
        Err(Refused::new(Fault::Unavailable, what))
    }

    async fn peers(&self) -> Result<Vec<PeerItem>, Refused> {
        let host = |(host, at): (String, Moment)| PeerHost { host, valid: at.to_string() };
        let item = |one: Remembered| PeerItem {
            provider: one.provider.to_string(),
            hosts: one.hosts.into_iter().map(host).collect(),
        };
        Ok(self.shown.transport.memory().all().into_iter().map(item).collect())
    }

    async fn forget_peer(&self, provider: &ProviderKey) -> Result<bool, Refused> {
        let forgotten = self.shown.transport.memory().forget(provider).await;
        forgotten.map_err(|error| Refused::new(Fault::Unavailable, format!("it could not be written: {error}")))
    }

    async fn reconcile(&self) -> Result<(), Refused> {
        Ok(self.shown.reconciler.look().await?)
    }

    async fn health(&self) -> Option<Vec<String>> {
        Some(monitor::lines(&self.shown).await)
    }
}
