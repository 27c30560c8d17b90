//! What is read of the store while a door still tells what was read before: neither waits for the other.

use store::StoreError;
use tokio::task::JoinHandle;

use crate::{Denied, Opened};

/// What is on its way. Who does not want it any more drops it.
pub struct Coming<T>(JoinHandle<Result<T, StoreError>>);

impl<T: Send + 'static> Coming<T> {
    pub(crate) fn of(reading: impl Future<Output = Result<T, StoreError>> + Send + 'static) -> Self {
        Self(tokio::spawn(reading))
    }
}

impl<T> Drop for Coming<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Opened {
    /// What was on its way from this mailbox, if the holder may have it still.
    pub async fn arrived<T>(&mut self, mut coming: Coming<T>) -> Result<T, Denied> {
        let arrived = (&mut coming.0).await;
        self.still().await?;
        arrived
            .unwrap_or_else(|fault| Err(StoreError::bug(format!("what was read is lost: {fault}"))))
            .map_err(Denied::Store)
    }
}
