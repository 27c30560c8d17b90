//! Heads as they are shown.

use std::ops::RangeInclusive;

use futures_util::{Stream, StreamExt as _, stream};
use proof::LogId;
use proof::file::SignedHead;

use super::discord::{Discord, WatchError};
use super::publication::Publication;
use crate::resource::Resource;

/// Heads that are asked for at once: the way there and back is waited for once for so many, and a provider reads no more at once
/// unless it is told to.
const AT_ONCE: usize = 4;

/// A head; `None`: it is not shown.
pub(crate) async fn head(from: &dyn Publication, log: LogId, number: u64) -> Result<Option<SignedHead>, WatchError> {
    let Some(octets) = from.get(Resource::Head { log, number }).await? else { return Ok(None) };
    let read = serde_json::from_slice(&octets);
    read.map(Some).map_err(|error| Discord::at(log, number, format!("cannot be read: {error}")).into())
}

/// Heads of a log in the order of their numbers, some of them under way while the first is judged.
pub(crate) fn heads(
    from: &dyn Publication,
    log: LogId,
    numbers: RangeInclusive<u64>,
) -> impl Stream<Item = Result<Option<SignedHead>, WatchError>> + Unpin {
    stream::iter(numbers).map(move |number| Box::pin(head(from, log, number))).buffered(AT_ONCE)
}
