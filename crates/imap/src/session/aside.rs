//! Work that takes long.

use super::end::Stop;
use crate::response::Code;

/// Does work beside the threads on which sessions wait for each other: to put a hundred thousand messages in order takes longer than
/// anybody else's command.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(event = "messages-not-ordered", %error);
        Stop::no(Code::ServerBug, "a fault of ours; try again later")
    })
}
