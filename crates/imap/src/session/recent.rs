//! `\Recent` (RFC 3501 §2.3.2): the messages of which this session was the first to be told. IMAP4rev2 has no such flag (RFC 9051,
//! appendix E): a session of that revision is told of none, and takes none from others.

use holder::{Denied, Folder, Opened, UidSet};

use super::end::Stop;
use super::numbers::Numbers;
use super::sets;

/// What is recent to a session in the mailbox that it has selected.
#[derive(Default)]
pub(super) struct Recent {
    /// Runs of UIDs, whichever of them messages have.
    uids: UidSet,
    /// How many messages the client knows to be; `None`: it has not been told.
    told: Option<u32>,
}

impl Recent {
    /// Whether this message is.
    pub(super) fn has(&self, uid: u32) -> bool {
        self.uids.contains(uid)
    }

    /// The UIDs that are, whichever of them messages have.
    pub(super) fn uids(&self) -> &UidSet {
        &self.uids
    }

    /// How many of these messages are.
    pub(super) fn count(&self, numbers: &Numbers) -> u32 {
        u32::try_from(sets::both(&self.uids, numbers.set()).len()).unwrap_or(u32::MAX)
    }

    /// The same, where the client does not know it; now it does.
    pub(super) fn news(&mut self, numbers: &Numbers) -> Option<u32> {
        let count = self.count(numbers);
        (self.told.replace(count) != Some(count)).then_some(count)
    }

    /// The client is told of the messages below this UID in a folder that was just looked at. Of which no session was told
    /// before, those are recent; and to no session after this one if it `takes` them, as who only reads does not (§6.3.2).
    pub(super) async fn learn(
        &mut self,
        opened: &mut Opened,
        folder: &Folder,
        below: u32,
        takes: bool,
    ) -> Result<(), Stop> {
        let mut from = folder.recent_from;
        // Where nothing is new, nothing is written.
        if from >= below {
            return Ok(());
        }
        if takes {
            from = match opened.take_recent(folder.id, below).await {
                Ok(first) => first,
                Err(Denied::Over) => return Err(Denied::Over.into()),
                // What can be read is read; and where it is not known whether a message is recent, it is (§2.3.2).
                Err(denied) => {
                    drop(Stop::from(denied));
                    from
                }
            };
        }
        self.uids = sets::either(&self.uids, &UidSet::from_ranges([from..=below.saturating_sub(1)]));
        Ok(())
    }
}
