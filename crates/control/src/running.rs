//! What the running provider does when something was administered.

use async_trait::async_trait;
use pec::ProviderKey;

use crate::item::PeerItem;
use crate::refused::{Fault, Refused};

/// The running provider, as far as administration touches it. What concerns single mailboxes needs nothing here: the
/// store's change feed tells sessions to look again.
#[async_trait]
pub trait Running: Send + Sync {
    /// Domains were added, changed or removed: what the provider keeps of them is read again.
    async fn domains_changed(&self) -> Result<(), String>;
    /// Dispatches may be due at once: the relay looks.
    fn queue_changed(&self);
    /// Reads again certificates, keys and whatever else stands in files; what was read, one line each.
    async fn reload(&self) -> Result<Vec<String>, Refused>;
    /// The providers that have shown a valid TLS certificate.
    async fn peers(&self) -> Result<Vec<PeerItem>, Refused>;
    /// Forgets that a provider has; `false`: nothing was known of it.
    async fn forget_peer(&self, provider: &ProviderKey) -> Result<bool, Refused>;
    /// Has what was committed a moment ago reconciled; nothing where no provider runs.
    async fn reconcile(&self) -> Result<(), Refused>;
    /// How it fares, as lines `name: value`, `ok` or warnings first; `None`: it does not run.
    async fn health(&self) -> Option<Vec<String>>;
}

/// No provider runs: the command has the store for itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stopped;

#[async_trait]
impl Running for Stopped {
    async fn domains_changed(&self) -> Result<(), String> {
        Ok(())
    }

    fn queue_changed(&self) {}

    async fn reload(&self) -> Result<Vec<String>, Refused> {
        let what = "the provider does not run, so there is nothing to read again: it reads everything when it starts";
        Err(Refused::new(Fault::NotNow, what))
    }

    async fn peers(&self) -> Result<Vec<PeerItem>, Refused> {
        Err(nobody_remembers())
    }

    async fn forget_peer(&self, _provider: &ProviderKey) -> Result<bool, Refused> {
        Err(nobody_remembers())
    }

    async fn reconcile(&self) -> Result<(), Refused> {
        Ok(())
    }

    async fn health(&self) -> Option<Vec<String>> {
        None
    }
}

fn nobody_remembers() -> Refused {
    let what = "the provider does not run, and it alone knows which certificates others have shown: start it first";
    Refused::new(Fault::NotNow, what)
}
