//! What connections are opened with.

use super::config::RelayConfig;
use super::tls::TlsPolicy;
use crate::trust::alarms::Alarms;
use crate::trust::memory::Memory;
use crate::trust::reach::Reach;

/// What every connection is opened with.
pub(super) struct Means {
    pub(super) config: RelayConfig,
    pub(super) policy: TlsPolicy,
    /// Where DNS may lead.
    pub(super) reach: Reach,
    /// Who has shown a valid certificate.
    pub(super) memory: Memory,
    /// Who shows one that is not as it should be.
    pub(super) alarms: Alarms,
}
