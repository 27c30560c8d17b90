//! Whether the virus scanner works, known before a message asks it.

use std::sync::Arc;
use std::time::Duration;

use super::engine::Provider;

/// Probes the scanner at once and then once a minute until `stop` becomes true, so that health tells of its trouble
/// before a message does.
pub async fn keep_watch(provider: Arc<Provider>, mut stop: tokio::sync::watch::Receiver<bool>) {
    while !*stop.borrow() {
        provider.screen().probe(provider.now()).await;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
            _ = stop.changed() => {}
        }
    }
}
