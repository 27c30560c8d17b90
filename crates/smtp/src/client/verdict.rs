//! What a peer's reply means for a recipient.

use pec::Cause;
use provider::transport::Fate;

use crate::Reply;

/// Longest text of a peer that is handed on.
const DETAIL: usize = 400;

/// What was asked when the peer said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, BDAT or the end of the message.
    Content,
}

/// The fate after a reply that is not positive: 5yz is for good, anything else may pass.
pub(super) fn refused(asked: Asked, reply: &Reply) -> Fate {
    let detail = reply.summary(DETAIL);
    if reply.is_permanent() && !is_too_many(asked, reply) {
        Fate::Failed { cause: cause(asked, reply), detail }
    } else {
        Fate::Deferred { detail }
    }
}

/// The fate after the peer took the message over.
pub(super) fn accepted(reply: &Reply) -> Fate {
    Fate::Accepted { reply: reply.summary(DETAIL) }
}

/// Too many recipients, said with a permanent code: the rest goes in another message (RFC 5321 §4.5.3.1.10).
fn is_too_many(asked: Asked, reply: &Reply) -> bool {
    asked == Asked::Rcpt && reply.enhanced.as_deref() == Some("5.5.3")
}

/// The enhanced code decides where there is one; bare codes mean what they mean at their place.
fn cause(asked: Asked, reply: &Reply) -> Cause {
    match (reply.enhanced.as_deref(), asked, reply.code) {
        (Some("5.1.1"), _, _) => Cause::UnknownMailbox,
        (Some("5.2.1"), _, _) => Cause::MailboxDisabled,
        (Some("5.2.2"), _, _) => Cause::MailboxFull,
        (Some("5.2.3" | "5.3.4"), _, _) => Cause::MessageTooLarge,
        (Some("5.6.3"), Asked::Content, _) => Cause::EightBitRefused,
        (None, Asked::Rcpt, 550) => Cause::UnknownMailbox,
        (None, Asked::Rcpt, 552) => Cause::MailboxFull,
        (None, Asked::Mail | Asked::Content, 552) => Cause::MessageTooLarge,
        _ => Cause::PeerRefused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause_of(asked: Asked, code: u16, enhanced: &str) -> Option<Cause> {
        match refused(asked, &Reply::new(code, enhanced, "no")) {
            Fate::Failed { cause, .. } => Some(cause),
            _ => None,
        }
    }

    #[test]
    fn each_refusal_has_its_cause() {
        use Asked::{Content, Mail, Rcpt};
        for (asked, code, enhanced, cause) in [
            (Rcpt, 550, "5.1.1", Cause::UnknownMailbox),
            (Rcpt, 550, "", Cause::UnknownMailbox),
            (Rcpt, 550, "5.7.1", Cause::PeerRefused),
            (Rcpt, 550, "5.2.1", Cause::MailboxDisabled),
            (Rcpt, 552, "5.2.2", Cause::MailboxFull),
            (Rcpt, 552, "", Cause::MailboxFull),
            (Mail, 552, "", Cause::MessageTooLarge),
            (Content, 552, "5.3.4", Cause::MessageTooLarge),
            (Content, 552, "5.2.3", Cause::MessageTooLarge),
            (Content, 552, "5.7.0", Cause::PeerRefused),
            (Content, 552, "", Cause::MessageTooLarge),
            (Content, 554, "", Cause::PeerRefused),
            (Content, 554, "5.6.3", Cause::EightBitRefused),
        ] {
            assert_eq!(cause_of(asked, code, enhanced), Some(cause), "{asked:?} {code} {enhanced}");
        }
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        assert_eq!(cause_of(Asked::Rcpt, 452, "4.5.3"), None);
        assert_eq!(cause_of(Asked::Rcpt, 552, "5.5.3"), None);
        assert_eq!(cause_of(Asked::Content, 451, ""), None);
    }
}
