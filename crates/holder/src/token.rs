//! Tokens of an identity provider, as the entrance asks about them.

use async_trait::async_trait;

/// Who judges tokens.
#[async_trait]
pub trait TokenJudge: Send + Sync + 'static {
    /// The login that a token is about: a user's name or a mailbox's address. `None`: the token is not good.
    async fn login(&self, token: &str) -> Result<Option<String>, NotJudged>;
}

/// Why a token could not be judged: trouble that passes, and no fault of who shows it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotJudged(pub String);
