//! Tokens of an identity provider in place of passwords, at every door that takes a login.
//!
//! A token is a signed statement (JWT, RFC 7519) about whom it was given to. It is judged here and alone: the identity
//! provider is asked for its public keys (RFC 7517) now and then, and never about a login, so that it learns of none and
//! its trouble stops none.
//!
//! * [`judge`]: what a token must say, and by whose key; no I/O, no clock;
//! * [`keys`]: the keys, fetched or read, kept while the provider is not there;
//! * [`settings`]: what an operator says of the provider.
//!
//! Begin with [`Tokens`].

pub mod judge;
pub mod keys;
pub mod settings;

use std::sync::Arc;

use async_trait::async_trait;
pub use fetch::FetchError;
use holder::{NotJudged, TokenJudge};
use pec::Clock;

pub use judge::Fault;
pub use keys::Keys;
pub use settings::{Issuer, KeySource, Settings};

/// Judges tokens of one identity provider.
pub struct Tokens {
    issuer: Issuer,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

impl Tokens {
    /// Nothing is fetched until a token comes. Fails when the authorities for the keys' server cannot be read.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, FetchError> {
        let Settings { issuer, keys } = settings;
        Ok(Self { issuer, keys: Keys::new(keys)?, clock })
    }

    /// What is wrong, for health: the keys cannot be had. `None` where all is well, or nobody came with a token yet.
    pub fn trouble(&self) -> Option<String> {
        self.keys.trouble()
    }

    async fn judged(&self, token: &str) -> Result<Result<String, Fault>, NotJudged> {
        let keys = self.keys.in_use().await?;
        let judge = |keys: &jsonwebtoken::jwk::JwkSet| judge::login(token, keys, &self.issuer, self.clock.now());
        match judge(&keys) {
            // A new key, perhaps: the provider signs with it since a short while.
            Err(Fault::UnknownKey) => match self.keys.newer_than(&keys).await {
                Some(newer) => Ok(judge(&newer)),
                None => Ok(Err(Fault::UnknownKey)),
            },
            judged => Ok(judged),
        }
    }
}

#[async_trait]
impl TokenJudge for Tokens {
    async fn login(&self, token: &str) -> Result<Option<String>, NotJudged> {
        let judged = self.judged(token).await?;
        let word = judged.as_ref().map_or_else(Fault::name, |_| "good");
        metrics::counter!("sigillo_tokens_total", "result" => word).increment(1);
        if let Err(fault) = &judged {
            // Which claim is wrong is for the operator: whoever shows the token is told nothing.
            tracing::warn!(event = "token-refused", %fault);
        }
        Ok(judged.ok())
    }
}

#[cfg(test)]
mod tests;
