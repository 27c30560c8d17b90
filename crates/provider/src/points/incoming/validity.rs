//! Whether a listed signer may sign at the instant of reception (RFC 6109 §2.2.2): the second half of the validity test.

use directory::Record;
use pec::Moment;
use seal::{Opened, TrustError};

use crate::context::Context;
use crate::elaboration::Remark;
use crate::points::finding::Finding;

/// What the message is if its signer is not valid now; `None`: he is. Chain, dates, usage, revocation [R-2.2.2-e]
/// [R-I-ca-4], all at the instant of reception: whether the signature is older than a revocation, only its maker says
///
pub(super) fn untrusted(
    opened: &Opened,
    record: &Record,
    context: &Context,
    moment: Moment,
    remarks: &mut Vec<Remark>,
) -> Option<Finding> {
    let at = moment.unix();
    let error = context.trust.check_with(opened, at, context.revocation.as_ref()).err()?;
    match &error {
        TrustError::RevocationUnknown(why) => {
            let path = context.trust.path(&opened.signer, &opened.others, at).unwrap_or_default();
            return Some(Finding::Unsure { path: path.into_iter().cloned().collect(), why: why.clone() });
        }
        TrustError::Revoked { subject, since, reason } => {
            remarks.push(Remark::RevokedSigner {
                provider: record.name.clone(),
                certificate: subject.to_string(),
                since: Moment::from_unix(*since),
                reason: reason.to_string(),
            });
        }
        TrustError::Expired(_) | TrustError::NoPath(_) | TrustError::NotPermitted(_) => {}
    }
    Some(Finding::Ordinary { reason: error.words() })
}
