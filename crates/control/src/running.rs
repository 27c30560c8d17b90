//! What the running provider does when something was administered.

use async_trait::async_trait;

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

    async fn health(&self) -> Option<Vec<String>> {
        None
    }
}
