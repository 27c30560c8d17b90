//! Octets that a FETCH will tell of, read of the store some at once: a question for each of ten thousand small messages would
//! cost more than their octets.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;
use holder::{Denied, MessageId, Opened};

use super::state::RUN;

/// Ranges read at once: a reader of the store is others' too.
const MOST: usize = 256;

/// What a read gave.
type Read = Result<Option<Bytes>, Denied>;

/// What will be wanted, in the order in which it will be, and what of it was read. No more than [`RUN`] octets are read
/// ahead, or one range that is longer.
#[derive(Default)]
pub(super) struct Ahead {
    wanted: VecDeque<(MessageId, Range<u64>)>,
    read: VecDeque<(MessageId, Range<u64>, Read)>,
}

impl Ahead {
    /// These will be wanted, and nothing that was said before.
    pub(super) fn of(wanted: impl Iterator<Item = (MessageId, Range<u64>)>) -> Self {
        Self { wanted: wanted.collect(), read: VecDeque::new() }
    }

    /// Octets of a message: those that were read, or now with what follows them. What was said before them and not asked for
    /// is not wanted any more; what nobody said is read alone.
    pub(super) async fn read(&mut self, opened: &mut Opened, message: MessageId, range: Range<u64>) -> Read {
        if let Some(at) = self.read.iter().position(|(its, at, _)| (*its, at) == (message, &range)) {
            return self.read.drain(..=at).next_back().map_or(Ok(None), |(.., read)| read);
        }
        let Some(at) = self.wanted.iter().position(|(its, at)| (*its, at) == (message, &range)) else {
            return opened.read(message, range).await;
        };
        self.wanted.drain(..at);
        let mut octets = 0;
        let fits = |(_, range): &&(MessageId, Range<u64>)| {
            let first = octets == 0;
            octets += range.end - range.start;
            first || octets <= RUN as u64
        };
        let count = self.wanted.iter().take(MOST).take_while(fits).count().max(1);
        let some: Vec<_> = self.wanted.drain(..count).collect();
        let read = opened.read_all(some.clone()).await?;
        self.read = some.into_iter().zip(read).map(|((message, range), read)| (message, range, read)).collect();
        self.read.pop_front().map_or(Ok(None), |(.., read)| read)
    }
}
