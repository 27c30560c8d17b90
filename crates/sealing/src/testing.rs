//! A clock that the test sets, a key that can be taken away, whose they are, and rows to seal: for tests here and in programs of
//! their own.
#![allow(clippy::unwrap_used, reason = "only tests come here")]

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use pec::{Clock, Moment};
use seal::testing::network;
use seal::{Certificate, KeyError, Signer, Trust};
use store::{About, Actor, Event, Evidence};

use crate::{Identity, Judge};

/// A clock that the test sets.
pub struct Hand(AtomicI64);

impl Hand {
    /// At this second.
    pub fn at(second: i64) -> Self {
        Self(AtomicI64::new(second))
    }

    /// So much later.
    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> Moment {
        Moment::from_unix(self.0.load(Ordering::Relaxed))
    }
}

/// The provider's key, which can be away.
#[derive(Default)]
pub struct Key {
    /// Whether it is.
    pub away: AtomicBool,
}

impl Signer for Key {
    fn certificate(&self) -> &Certificate {
        network().signer.certificate()
    }

    fn issuers(&self) -> &[Certificate] {
        network().signer.issuers()
    }

    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, KeyError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(KeyError("the signing device does not answer".into()));
        }
        network().signer.sign(data)
    }
}

/// The provider of that key.
pub fn identity() -> Identity {
    let email = network().signer.certificate().emails()[0].clone();
    Identity { domain: email.rsplit_once('@').unwrap().1.to_owned(), provider: "Provider One S.p.A.".into() }
}

/// Who believes its authority, at this moment.
pub fn judge(now: Moment) -> Judge {
    Judge { now, trust: Trust::new(vec![network().root.clone()], vec![network().authority.clone()]).unwrap() }
}

/// A row about no message.
pub fn row(at: Moment, number: usize) -> Evidence {
    Evidence {
        at,
        event: Event::Administered,
        kind: None,
        about: About::Nothing,
        message_id: number.to_string(),
        provider: String::new(),
        concerns: Vec::new(),
        error: None,
        actor: Actor::System,
    }
}
