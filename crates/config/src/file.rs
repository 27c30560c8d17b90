//! The file as it is written.

use serde::Deserialize;

use crate::bounds::MailboxBounds;
use crate::clock::ClockTable;
use crate::directory::DirectoryTable;
use crate::dns::Dns;
use crate::evidence::Evidence;
use crate::log::Log;
use crate::mailboxes::{ImapExtensions, MailboxDoors};
use crate::ordinary::Ordinary;
use crate::quota::Quota;
use crate::revocation::RevocationTable;
use crate::scanner::{Infected, ScannerTable};
use crate::signing::SigningTable;

use crate::tables::{Admin, Control, Privacy, Provider, Receipts, Relay, Retention, Shutdown, Smtp, Store, Trust};
use crate::timestamps::TimestampsTable;
use crate::tokens::TokensTable;
use crate::web::Web;

/// Every table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub provider: Provider,
    pub signing: SigningTable,
    pub trust: Trust,
    #[serde(default)]
    pub revocation: RevocationTable,
    pub directory: DirectoryTable,
    pub store: Store,
    pub smtp: Smtp,
    #[serde(default)]
    pub imap: MailboxDoors,
    #[serde(default)]
    pub imap_extensions: ImapExtensions,
    #[serde(default)]
    pub pop3: MailboxDoors,
    #[serde(default)]
    pub web: Web,
    #[serde(default)]
    pub mailboxes: MailboxBounds,
    #[serde(default)]
    pub quota: Quota,
    pub tokens: Option<TokensTable>,
    #[serde(default)]
    pub relay: Relay,
    #[serde(default)]
    pub dns: Dns,
    pub scanner: ScannerTable,
    #[serde(default)]
    pub infected: Infected,
    #[serde(default)]
    pub ordinary: Ordinary,
    #[serde(default)]
    pub evidence: Evidence,
    pub timestamps: Option<TimestampsTable>,
    #[serde(default)]
    pub privacy: Privacy,
    #[serde(default)]
    pub retention: Retention,
    #[serde(default)]
    pub receipts: Receipts,
    #[serde(default)]
    pub log: Log,
    #[serde(default)]
    pub clock: ClockTable,
    #[serde(default)]
    pub admin: Admin,
    #[serde(default)]
    pub control: Control,
    #[serde(default)]
    pub shutdown: Shutdown,
}
