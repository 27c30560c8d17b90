//! Whether a listed signer may sign at the instant of reception (RFC 6109 §2.2.2): the second half of the validity test.

use directory::Record;
use pec::Moment;
use seal::{Opened, TrustError};

use super::Finding;
use crate::point::Knowledge;

/// What the message is if its signer is not valid now; `None`: he is. Chain, dates, usage, revocation [R-2.2.2-e]
/// [R-I-ca-4], all at the instant of reception: whether the signature is older than a revocation, only its maker says
///
pub(super) fn untrusted(opened: &Opened, record: &Record, known: &Knowledge, moment: Moment) -> Option<Finding> {
    let at = moment.unix();
    let error = known.trust.check_with(opened, at, known.revocation.as_ref()).err()?;
    match &error {
        TrustError::RevocationUnknown(why) => {
            let path = known.trust.path(&opened.signer, &opened.others, at).unwrap_or_default();
            return Some(Finding::Unsure { path: path.into_iter().cloned().collect(), why: why.clone() });
        }
        TrustError::Revoked { subject, since, reason } => {
            metrics::counter!("sigillo_revoked_signers_total").increment(1);
            tracing::warn!(
                event = "revoked-signer",
                provider = record.name,
                certificate = subject,
                since = %Moment::from_unix(*since),
                %reason,
                "a message was signed with a revoked certificate that the index still lists"
            );
        }
        TrustError::Expired(_) | TrustError::NoPath(_) | TrustError::NotPermitted(_) => {}
    }
    Some(Finding::Ordinary { reason: error.words() })
}
