//! Octets that a FETCH will tell of, read of the store some at once, and the next ones while these are sent: a question for each
//! of ten thousand small messages would cost more than their octets.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;
use holder::reading::Octets;
use holder::{Coming, Denied, MessageId, Opened, StoreError};

use super::state::RUN;

/// Ranges read at once: a reader of the store is others' too.
const MOST: usize = 256;

/// Octets of a message.
type Place = (MessageId, Range<u64>);
/// What a read gave.
type Read = Result<Option<Bytes>, StoreError>;

/// What will be wanted, in the order in which it will be, and what of it was read. No more than [`RUN`] octets wait to be
/// asked for, and as many are on their way; or one range of each that is longer.
#[derive(Default)]
pub(super) struct Ahead {
    wanted: VecDeque<Place>,
    coming: Option<(Vec<Place>, Coming<Octets>)>,
    read: VecDeque<(Place, Read)>,
}

impl Ahead {
    /// These will be wanted, and nothing that was said before.
    pub(super) fn of(wanted: impl Iterator<Item = Place>) -> Self {
        Self { wanted: wanted.collect(), ..Self::default() }
    }

    /// Octets of a message: those that were read, or now with what follows them. What was said before them and not asked for
    /// is not wanted any more; what nobody said is read alone.
    pub(super) async fn read(
        &mut self,
        opened: &mut Opened,
        message: MessageId,
        range: Range<u64>,
    ) -> Result<Option<Bytes>, Denied> {
        let place = (message, range);
        if let Some(read) = self.taken(&place) {
            return read.map_err(Denied::Store);
        }
        if self.coming.as_ref().is_none_or(|(places, _)| !places.contains(&place)) {
            let Some(at) = self.wanted.iter().position(|wanted| *wanted == place) else {
                return opened.read(place.0, place.1).await;
            };
            self.wanted.drain(..at);
            self.begin(opened).await?;
        }
        if let Some((places, coming)) = self.coming.take() {
            let read = opened.arrived(coming).await?;
            self.read = places.into_iter().zip(read).collect();
            self.begin(opened).await?;
        }
        self.taken(&place).unwrap_or(Ok(None)).map_err(Denied::Store)
    }

    fn taken(&mut self, place: &Place) -> Option<Read> {
        let at = self.read.iter().position(|(read, _)| read == place)?;
        self.read.drain(..=at).next_back().map(|(_, read)| read)
    }

    /// Begins to read what is wanted next.
    async fn begin(&mut self, opened: &mut Opened) -> Result<(), Denied> {
        let mut octets = 0;
        let fits = |(_, range): &&Place| {
            let first = octets == 0;
            octets += range.end - range.start;
            first || octets <= RUN as u64
        };
        let count = self.wanted.iter().take(MOST).take_while(fits).count();
        let places: Vec<_> = self.wanted.drain(..count).collect();
        self.coming = match places.is_empty() {
            true => None,
            false => Some((places.clone(), opened.read_ahead(places).await?)),
        };
        Ok(())
    }
}
