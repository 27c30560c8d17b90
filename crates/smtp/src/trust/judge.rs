//! What follows for a certificate that a host has shown: pure.

use std::sync::Arc;

use pec::Moment;
use rustls::crypto::CryptoProvider;
use rustls::{CertificateError, Error};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::tlsa::{self, Association};

/// What a handshake has shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// The certificate and those above it.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// Whether it is valid now for the host's name, by the authorities that we know.
    pub(crate) valid: Result<(), Error>,
    /// Now, as the handshake has it.
    pub(crate) at: UnixTime,
}

/// What must be true of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demands {
    /// It speaks TLS.
    pub(crate) tls: bool,
    /// Where there is one, these decide alone: the host says in signed DNS what it shows.
    pub(crate) associations: Vec<Association>,
    /// The name that has them, where the host is an alias of it.
    pub(crate) base: Option<String>,
    /// Its certificate is valid; who says so.
    pub(crate) valid: Option<Because>,
    /// Somebody wants to know of one that is not.
    pub(crate) watched: bool,
}

/// Why a certificate must be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Because {
    /// `relay.strict_tls`
    Configured,
    /// The recipient's domain: MTA-STS.
    Policy,
    /// The provider's was, at this host and time.
    Earlier(String, Moment),
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// In a word, for metrics.
    pub(crate) reason: &'static str,
    /// In words.
    pub(crate) detail: String,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Valid by the authorities that we know.
    Valid,
    /// What the host's signed DNS says.
    AsRecorded,
    /// It may be anybody, and nothing says that it must not be.
    Unverified(Doubt),
    /// Something says that it must be another one.
    Refused(Doubt),
}

impl Demands {
    /// Judges what a host with these names has shown.
    pub(crate) fn judge(&self, shown: &Shown, names: &[ServerName<'_>], crypto: &Arc<CryptoProvider>) -> Judgement {
        if !self.associations.is_empty() {
            if tlsa::allow(&self.associations, &shown.chain, names, shown.at, crypto) {
                return Judgement::AsRecorded;
            }
            let detail = "no TLSA record of the host allows its certificate (DANE)".into();
            return Judgement::Refused(Doubt { reason: "tlsa", detail });
        }
        let Err(error) = &shown.valid else { return Judgement::Valid };
        let (reason, what) = (reason(error), error.to_string());
        match &self.valid {
            None => Judgement::Unverified(Doubt { reason, detail: what }),
            Some(because) => Judgement::Refused(Doubt { reason, detail: format!("{what}; {because}") }),
        }
    }
}

impl std::fmt::Display for Because {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Because::Configured => f.write_str("relay.strict_tls wants a valid one"),
            Because::Policy => f.write_str("the MTA-STS policy of the recipient's domain wants a valid one"),
            Because::Earlier(host, at) => write!(
                f,
                "the provider's was valid at {host} on {}, so somebody may stand between: ask the provider by telephone; \
                 'sigillo peer forget' lets it pass",
                at.day()
            ),
        }
    }
}

fn reason(error: &Error) -> &'static str {
    match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "not-yet-valid",
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "other-name",
            CertificateError::UnknownIssuer => "unknown-authority",
            _ => "not-valid",
        },
        _ => "not-valid",
    }
}
