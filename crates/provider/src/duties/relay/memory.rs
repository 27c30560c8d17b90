//! The memory that messages on their way out are read into.

use std::any::Any;

use async_trait::async_trait;
use store::Hop;

/// Memory taken; dropped, it is given back.
pub type Room = Box<dyn Any + Send + Sync>;

/// Where memory for messages on their way out is taken. The doors take theirs from the same, so it comes from outside.
#[async_trait]
pub trait Memory: Send + Sync + 'static {
    /// Room for `octets` on their way to `hop`, when there is some now.
    fn try_take(&self, hop: &Hop, octets: usize) -> Option<Room>;
    /// Waits for it. Dropping the future is harmless.
    async fn take(&self, hop: &Hop, octets: usize) -> Room;
}
