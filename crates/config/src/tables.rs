//! The tables that are read as they are written.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use pec::Address;
use provider::checking::Rounds;
use provider::transport::HostPort;
use report::ProviderCode;
use serde::Deserialize;

use crate::guard::Guard;
use crate::limits::DoorLimits;
use crate::signing::before_the_end;
use crate::value::{self, DAY};

/// `[provider]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// `providerName` of our record in the index, and `gestore-emittente`.
    pub name: String,
    /// From of everything we generate.
    #[serde(deserialize_with = "value::address")]
    pub service_address: Address,
    /// Our `mailReceipt`: the service mailbox.
    #[serde(deserialize_with = "value::address")]
    pub mail_receipt: Address,
    /// What the supervisor calls us (`CodGestPEC`).
    #[serde(default, deserialize_with = "code")]
    pub code: Option<ProviderCode>,
    /// Our name in greetings, EHLO and `Received`.
    #[serde(deserialize_with = "value::domain")]
    pub hostname: String,
}

fn code<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<ProviderCode>, D::Error> {
    value::text(d).map(Some)
}

/// `[trust]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Authorities that end every path (PEM).
    pub anchors: PathBuf,
    /// Further authorities known beforehand (PEM).
    #[serde(default)]
    pub intermediates: Option<PathBuf>,
    /// Whether SHA-1 signatures and short RSA keys of peers are accepted.
    #[serde(default = "yes")]
    pub legacy: bool,
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// The folder of the embedded store.
    pub path: PathBuf,
    /// Octets free on a disk below which the operator is told.
    #[serde(default = "two_gibibytes", deserialize_with = "value::size")]
    pub free_alarm: usize,
    /// From the beginning of one round of the check beside running work to that of the next; zero: there are none.
    #[serde(default = "check_every", deserialize_with = "value::duration")]
    pub check_every: Duration,
    /// Octets that such a round reads in a second.
    #[serde(default = "check_rate", deserialize_with = "value::size")]
    pub check_rate: usize,
}

fn check_every() -> Duration {
    Rounds::default().every
}

fn check_rate() -> usize {
    usize::try_from(Rounds::default().rate).unwrap_or(usize::MAX)
}

impl Store {
    /// How the rounds of the check go.
    pub fn rounds(&self) -> Rounds {
        Rounds { every: self.check_every, rate: self.check_rate as u64 }
    }
}

/// `[smtp]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Port 25: other providers and ordinary mail.
    #[serde(default)]
    pub incoming: Listeners,
    /// Port 587: holders, STARTTLS.
    #[serde(default)]
    pub submission: Listeners,
    /// Port 465: holders, TLS from the first octet.
    #[serde(default)]
    pub submission_tls: Listeners,
    /// The certificate of the doors.
    pub tls: Tls,
    /// What a client may ask of us.
    #[serde(default)]
    pub limits: DoorLimits,
    /// What keeps strangers from starving the doors.
    #[serde(default)]
    pub guard: Guard,
}

/// Where one door listens; nowhere keeps it shut.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listeners {
    /// Addresses with ports.
    #[serde(deserialize_with = "value::listen")]
    pub listen: Vec<SocketAddr>,
}

/// `[smtp.tls]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Chain, the server's own certificate first (PEM).
    pub certificate: PathBuf,
    /// Its key (PEM).
    pub key: PathBuf,
    /// How long before its end the operator is told, longest first.
    #[serde(default = "before_the_end", deserialize_with = "value::durations")]
    pub warn_before: Vec<Duration>,
}

/// `[relay]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Relay {
    /// Domain (lower case) to host, asked before DNS.
    #[serde(deserialize_with = "value::routes")]
    pub routes: BTreeMap<String, HostPort>,
    /// Never ask DNS.
    pub static_only: bool,
    /// Our EHLO name; `None`: `provider.hostname`, see [`crate::Config::ehlo`].
    #[serde(deserialize_with = "value::optional_domain")]
    pub ehlo: Option<String>,
    /// Connections to one route at once.
    pub connections: usize,
    /// Messages of one connection under way without an answer.
    pub window: usize,
    /// Wait before the second attempt; each further wait is twice as long.
    #[serde(deserialize_with = "value::duration")]
    pub retry_first: Duration,
    /// The longest wait between attempts.
    #[serde(deserialize_with = "value::duration")]
    pub retry_max: Duration,
    /// How long a message is tried, at most 24 hours [R-2.2.2-b].
    #[serde(deserialize_with = "value::duration")]
    pub lifetime: Duration,
    /// Whether the peer's certificate must be valid for its name.
    pub strict_tls: bool,
    /// Authorities for peers' TLS certificates (PEM); `None`: the system's.
    pub tls_roots: Option<PathBuf>,
    /// How long a provider that has shown a valid certificate is remembered without showing one.
    #[serde(deserialize_with = "value::duration")]
    pub certificates_remembered: Duration,
    /// Whether the MTA-STS policies of domains are asked for (RFC 8461).
    pub mta_sts: bool,
    /// Private networks to which domains may lead the relay nevertheless.
    #[serde(deserialize_with = "value::networks")]
    pub private_networks: Vec<IpNet>,
    /// Time for a connection.
    #[serde(deserialize_with = "value::duration")]
    pub connect_timeout: Duration,
    /// Time for the answer to a command.
    #[serde(deserialize_with = "value::duration")]
    pub command_timeout: Duration,
    /// Time for the answer to the end of a message.
    #[serde(deserialize_with = "value::duration")]
    pub data_timeout: Duration,
    /// How long a connection without work is kept.
    #[serde(deserialize_with = "value::duration")]
    pub keep_open: Duration,
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            routes: BTreeMap::new(),
            static_only: false,
            ehlo: None,
            connections: 16,
            window: 32,
            retry_first: Duration::from_secs(60),
            retry_max: Duration::from_secs(15 * 60),
            lifetime: DAY,
            strict_tls: false,
            tls_roots: None,
            certificates_remembered: Duration::from_secs(90 * 24 * 3600),
            mta_sts: true,
            private_networks: Vec::new(),
            connect_timeout: Duration::from_secs(30),
            // RFC 5321 §4.5.3.2
            command_timeout: Duration::from_secs(5 * 60),
            data_timeout: Duration::from_secs(10 * 60),
            keep_open: Duration::from_secs(30),
        }
    }
}

/// `[retention]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Months of the calendar after which evidence goes [R-2.3-b].
    #[serde(deserialize_with = "value::months")]
    pub evidence: u16,
    /// Months of the calendar after which the access history of mailboxes goes.
    #[serde(deserialize_with = "value::months")]
    pub accesses: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self { evidence: provider::points::quarantine::MONTHS, accesses: 6 }
    }
}

/// `[privacy]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Privacy {
    /// Who may answer persons who ask what is kept about them.
    pub officers: Vec<String>,
}

/// `[receipts]`
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Receipts {
    /// What the digest of an attachment covers in a brief receipt.
    pub brief_hash: BriefHash,
}

/// What the digest of an attachment covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BriefHash {
    /// The attachment as it stands in the message.
    #[default]
    Encoded,
    /// The attachment as the sender's program saw it.
    Decoded,
}

/// `[admin]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// Metrics and health over HTTP, without authentication; `None`: shut.
    #[serde(default, deserialize_with = "value::optional_listen")]
    pub listen: Option<SocketAddr>,
}

/// `[control]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Where the running provider is administered; empty until the whole file is checked: then it is in the store's folder.
    #[serde(default)]
    pub socket: PathBuf,
}

/// `[shutdown]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shutdown {
    /// How long sessions under way may finish.
    #[serde(deserialize_with = "value::duration")]
    pub grace: Duration,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { grace: Duration::from_secs(30) }
    }
}

fn two_gibibytes() -> usize {
    2 << 30
}

fn yes() -> bool {
    true
}
