//! What is new in a source, and whether there is room for it.

use std::collections::BTreeMap;

use control::Refused;
use control::transfer::form::Room;
use output::quantity::show_octets;
use pec::Address;

/// What is new in a source.
#[derive(Default)]
pub(super) struct Survey {
    /// By folder of the mailbox.
    pub(super) folders: BTreeMap<String, Sum>,
    pub(super) all: Sum,
    /// Messages and octets that are gone through once more to import: those too that are there already.
    pub(super) come: (u64, u64),
    pub(super) passed_over: u64,
}

/// Messages and octets, those that are new and those that are there already.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) new: u64,
    pub(super) octets: u64,
    pub(super) there: u64,
    pub(super) there_octets: u64,
}

impl Sum {
    pub(super) fn count(&mut self, there: bool, octets: u64) {
        match there {
            true => {
                self.there += 1;
                self.there_octets += octets;
            }
            false => {
                self.new += 1;
                self.octets += octets;
            }
        }
    }
}

/// Whether the mailbox has room for what is new.
pub(super) fn fits(room: Room, new: &Sum, address: &Address) -> Result<(), Refused> {
    let Some(missing) = new.octets.checked_sub(room.left()).filter(|missing| *missing > 0) else { return Ok(()) };
    let mib = (room.counted + new.octets).div_ceil(1 << 20);
    Err(Refused::request(format!(
        "{address} has room for {} and {} new messages of {} are to come: {missing} octets ({}) are missing; nothing was imported. \
         Give it more ('sigillo mailbox set {address} --quota {mib}MiB'), or import fewer folders (--folder)",
        show_octets(room.left()),
        new.new,
        show_octets(new.octets),
        show_octets(missing),
    )))
}
