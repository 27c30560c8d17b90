//! What stands behind the SMTP doors: the points of the provider. The one file where the provider's answers become
//! replies with numbers.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use holder::{Desk, Given, Holder, Presence};
use pec::{Address, ReversePath};
use provider::authentication::Peer;
use provider::points::finding::Arrival;
use provider::{PeerFault, Provider, RecipientFault, Refusal, Submitted, SubmitterFault};

use crate::reply::Reply;
use crate::server::{Door, Service, Session};

/// The Access Point behind the submission doors, the Incoming Point behind port 25.
pub struct Points {
    provider: Arc<Provider>,
    desk: Arc<Desk>,
}

impl Points {
    /// Doors to this provider; the desk says when a login is over.
    pub fn new(provider: Arc<Provider>, desk: Arc<Desk>) -> Self {
        Self { provider, desk }
    }
}

#[async_trait]
impl Service for Points {
    async fn authenticate(&self, session: &Session, login: &str, given: Given<'_>) -> Result<Option<Holder>, Reply> {
        self.provider.login(login, given, session.peer.ip()).await.map_err(|refusal| refused(&refusal))
    }

    fn takes_tokens(&self) -> bool {
        self.provider.entrance().takes_tokens()
    }

    fn presence(&self, holder: &Holder) -> Option<Presence> {
        Some(self.desk.presence(holder))
    }

    async fn mail(&self, session: &Session, path: &ReversePath, size: Option<u64>) -> Reply {
        let answer = match (session.door, &session.login) {
            (Door::Incoming, _) => self.provider.open(path),
            (_, Some(holder)) => self.provider.may_send(holder, path, size).await,
            (_, None) => return unknown(),
        };
        answer.map_or_else(|refusal| refused(&refusal), |()| Reply::new(250, "2.1.0", "OK"))
    }

    async fn rcpt(&self, session: &Session, recipient: &Address) -> Reply {
        let answer = match session.door {
            Door::Incoming => {
                let path = session.path.as_ref().unwrap_or(&ReversePath::Null);
                self.provider.takes(path, &session.recipients, recipient).await
            }
            // Which recipients are certified is said by the acceptance, what is wrong with them by a notice.
            Door::Submission | Door::SubmissionTls => Ok(()),
        };
        answer.map_or_else(|refusal| refused(&refusal), |()| Reply::new(250, "2.1.5", "OK"))
    }

    async fn message(&self, session: &Session, message: Bytes, received_len: usize) -> Reply {
        let recipients = session.recipients.clone();
        let path = session.path.clone().unwrap_or(ReversePath::Null);
        match (session.door, &session.login) {
            (Door::Incoming, _) => {
                let peer = Some(Peer { ip: session.peer.ip(), helo: session.helo.clone() });
                let received = self.provider.receive(Arrival { path, recipients, message, peer }).await;
                received.map_or_else(|refusal| refused(&refusal), |what| Reply::new(250, "2.0.0", what.to_string()))
            }
            (_, Some(holder)) => {
                let submitted = self.provider.submit(holder, &path, recipients, message, received_len).await;
                submitted.map_or_else(|refusal| refused(&refusal), |what| accepted(&what))
            }
            (_, None) => unknown(),
        }
    }
}

/// Done and durable: the receipt, good or bad, is in the mailbox.
fn accepted(what: &Submitted) -> Reply {
    let text = match what {
        Submitted::Accepted { identifier } => format!("accepted: {identifier}"),
        Submitted::Infected { identifier, .. } | Submitted::NotAccepted { identifier, .. } => {
            format!("not accepted, the notice {identifier} in your mailbox says why")
        }
    };
    Reply::new(250, "2.0.0", text)
}

fn unknown() -> Reply {
    Reply::new(530, "5.7.0", "authentication required")
}

/// Nothing was taken.
fn refused(refusal: &Refusal) -> Reply {
    Reply::new(number(refusal), refusal.code(), refusal.to_string())
}

/// The reply code (RFC 5321 §4.2.3) of a reason.
fn number(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::Submitter(SubmitterFault::Barred(_)) => 525,
        Refusal::Submitter(SubmitterFault::LoginOver) => 530,
        Refusal::Submitter(SubmitterFault::NotYourAddress { .. }) => 553,
        Refusal::Submitter(SubmitterFault::MayNotSend { .. }) => 550,
        Refusal::Submitter(SubmitterFault::TooLarge { .. }) => 552,
        Refusal::Peer(PeerFault::Apart) => 452,
        Refusal::Peer(PeerFault::TooIrregular { .. }) => 450,
        Refusal::Peer(PeerFault::NotAuthentic { .. } | PeerFault::NotHere { .. }) => 550,
        Refusal::Peer(_) => 554,
        Refusal::Recipient(RecipientFault::Full) => 552,
        Refusal::Recipient(RecipientFault::OperatorFull) => 452,
        Refusal::Recipient(_) => 550,
        Refusal::Us(_) => 451,
    }
}

#[cfg(test)]
mod tests {
    use provider::Failure;

    use super::*;

    #[test]
    fn the_class_of_the_number_is_that_of_the_code() {
        let text = String::new;
        let refusals = [
            Refusal::Submitter(SubmitterFault::NotYourAddress { login: text() }),
            Refusal::Submitter(SubmitterFault::Barred(holder::Barred::Off(holder::Protocol::Submission))),
            Refusal::Submitter(SubmitterFault::LoginOver),
            Refusal::Submitter(SubmitterFault::MayNotSend { mailbox: text() }),
            Refusal::Submitter(SubmitterFault::TooLarge { limit: 1 }),
            Refusal::Peer(PeerFault::NotHere { domain: text() }),
            Refusal::Peer(PeerFault::CertifiedOnly { reason: text() }),
            Refusal::Peer(PeerFault::NotAuthentic { domain: text() }),
            Refusal::Peer(PeerFault::Infected { virus: text() }),
            Refusal::Peer(PeerFault::Apart),
            Refusal::Peer(PeerFault::TooIrregular { signer: text() }),
            Refusal::Peer(PeerFault::NotAll(Box::new(Refusal::Recipient(RecipientFault::Full)))),
            Refusal::Recipient(RecipientFault::Disabled),
            Refusal::Recipient(RecipientFault::Full),
            Refusal::Recipient(RecipientFault::NoMailbox),
            Refusal::Recipient(RecipientFault::NotAdmitted),
        ];
        for refusal in refusals.into_iter().chain(Failure::ALL.map(Refusal::Us)) {
            let class = number(&refusal) / 100;
            assert!(refusal.code().starts_with(&class.to_string()), "{refusal:?}");
            assert_eq!(class == 4, refusal.is_temporary(), "{refusal:?}");
        }
    }
}
