//! What stands behind the SMTP doors: the points of the provider. The one file where the provider's answers become
//! replies with numbers.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pec::{Address, Moment, ReversePath};
use provider::authentication::Peer;
use provider::incoming::Arrival;
use provider::{Answer, Provider};

use crate::reply::Reply;
use crate::server::{Door, Service, Session};

/// Says whether the index of providers is too old to go on with at a moment.
pub type IndexTooOld = Arc<dyn Fn(Moment) -> bool + Send + Sync>;

/// The Access Point behind the submission doors, the Incoming Point behind port 25.
pub struct Points {
    provider: Arc<Provider>,
    /// Octets above which even a notice is refused [R-3.1.1-h].
    ceiling: usize,
    index_too_old: IndexTooOld,
}

impl Points {
    /// Doors to this provider; `ceiling` octets are the most a submitted message may have.
    pub fn new(provider: Arc<Provider>, ceiling: usize, index_too_old: IndexTooOld) -> Self {
        Self { provider, ceiling, index_too_old }
    }
}

#[async_trait]
impl Service for Points {
    async fn authenticate(&self, _session: &Session, login: &str, password: &str) -> Result<Option<String>, Reply> {
        self.provider.login(login, password).await.map_err(reply)
    }

    async fn mail(&self, session: &Session, path: &ReversePath, size: Option<u64>) -> Reply {
        if (self.index_too_old)(self.provider.now()) {
            tracing::error!(
                event = "index-too-old",
                path = path.as_str(),
                "a message was put off (directory.refuse_after)"
            );
            metrics::counter!("sigillo_failures_total", "part" => "index").increment(1);
            let text = "the index of providers is too old to go on; nothing was lost, try again later";
            return Reply { code: 451, enhanced: Some("4.3.5".into()), lines: vec![text.into()] };
        }
        match (session.door, &session.login) {
            (Door::Incoming, _) => reply(Answer::fine("2.1.0")),
            (_, Some(_)) if size.is_some_and(|size| size > self.ceiling as u64) => {
                reply(Answer::too_large(self.ceiling))
            }
            (_, Some(login)) => reply(self.provider.may_send(login, path).await),
            (_, None) => {
                Reply { code: 530, enhanced: Some("5.7.0".into()), lines: vec!["authentication required".into()] }
            }
        }
    }

    async fn rcpt(&self, session: &Session, recipient: &Address) -> Reply {
        reply(match session.door {
            Door::Incoming => {
                let path = session.path.as_ref().unwrap_or(&ReversePath::Null);
                self.provider.takes(path, &session.recipients, recipient).await
            }
            // Which recipients are certified is said by the acceptance, what is wrong with them by a notice.
            Door::Submission | Door::SubmissionTls => Answer::fine("2.1.5"),
        })
    }

    async fn message(&self, session: &Session, message: Bytes, received_len: usize) -> Reply {
        let recipients = session.recipients.clone();
        reply(match (session.door, &session.login) {
            (Door::Incoming, _) => {
                let path = session.path.clone().unwrap_or(ReversePath::Null);
                let peer = Some(Peer { ip: session.peer.ip(), helo: session.helo.clone() });
                self.provider.receive(Arrival { path, recipients, message, peer }).await
            }
            (_, Some(login)) => self.provider.submit(login, recipients, message, received_len).await,
            (_, None) => Answer { code: 530, enhanced: "5.7.0", text: "authentication required".into() },
        })
    }
}

fn reply(answer: Answer) -> Reply {
    Reply { code: answer.code, enhanced: Some(answer.enhanced.into()), lines: vec![answer.text] }
}
