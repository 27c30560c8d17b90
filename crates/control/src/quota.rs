//! How much a mailbox may hold.

use crate::refused::Refused;

/// The least that a mailbox may hold, octets: a message of ordinary size.
const LEAST: u64 = 1 << 20;
/// The most, octets; beyond it is a slip of the finger.
const MOST: u64 = 1 << 44;
/// Whether a mailbox may have this quota.
pub(crate) fn within_bounds(quota: u64) -> Result<(), Refused> {
    if (LEAST..=MOST).contains(&quota) {
        return Ok(());
    }
    Err(Refused::request(format!("a quota is between 1 MiB and 16 TiB ({LEAST} and {MOST} octets), found {quota}")))
}
