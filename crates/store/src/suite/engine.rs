//! What an engine shows the suite.

use std::sync::Arc;

use async_trait::async_trait;

use crate::Store;

/// How the suite comes to stores of one engine.
#[async_trait]
pub trait Engine: Sync {
    /// The store of this name: empty the first time; after its `close`, as it was left.
    async fn open(&self, name: &str) -> Arc<dyn Store>;
    /// Checks, after a behaviour, that all stores opened so far are sound; they are used no more.
    async fn check(&self);
}
