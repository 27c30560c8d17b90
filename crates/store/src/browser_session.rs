//! Logins by browser, which outlive the program: whoever reads his mail does not log in anew because we start again.
//!
//! A browser shows a token that we drew, of 256 bits; what is kept is its SHA-256 (why that suffices: [`crate::app_password`]).

use std::net::IpAddr;

use async_trait::async_trait;
use pec::Moment;

use crate::account::Account;
use crate::error::StoreError;
use crate::principals::SecretStamp;

/// A login by browser. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BrowserSessionId(pub i64);

/// A login by browser, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserSession {
    /// Its number.
    pub id: BrowserSessionId,
    /// Whose it is.
    pub of: Account,
    /// By which secret he was let in: with another one it is over.
    pub stamp: SecretStamp,
    /// When it began.
    pub began: Moment,
    /// When it was used last, to the minute.
    pub used: Moment,
    /// From where it began.
    pub peer: IpAddr,
    /// What the browser calls itself, cut to [`BrowserSession::CLIENT`] characters.
    pub client: String,
}

impl BrowserSession {
    /// Characters of what a browser calls itself.
    pub const CLIENT: usize = 300;
    /// Sessions that one account has at most: the one that was used least lately ends for a new one.
    pub const MOST: u32 = 50;
}

/// A login by browser that begins.
#[derive(Clone, Debug)]
pub struct NewBrowserSession {
    /// The SHA-256 of its token.
    pub digest: [u8; 32],
    /// Whose it is.
    pub of: Account,
    /// By which secret he was let in.
    pub stamp: SecretStamp,
    /// Now.
    pub at: Moment,
    /// From where.
    pub peer: IpAddr,
    /// What the browser calls itself.
    pub client: String,
}

/// Logins by browser. Whether one is too old is judged by who asks.
#[async_trait]
pub trait BrowserSessions: Send + Sync {
    /// One begins. `None`: there is no such account.
    async fn begin_browser_session(&self, new: NewBrowserSession) -> Result<Option<BrowserSessionId>, StoreError>;
    /// The one with this digest.
    async fn browser_session(&self, digest: [u8; 32]) -> Result<Option<BrowserSession>, StoreError>;
    /// Those of an account, the one that was used last first.
    async fn browser_sessions(&self, of: &Account) -> Result<Vec<BrowserSession>, StoreError>;
    /// One is used. What is lost of it in a power cut is a minute.
    async fn browser_session_used(&self, id: BrowserSessionId, at: Moment) -> Result<(), StoreError>;
    /// Ends one of an account; `false`: it has none of this number.
    async fn end_browser_session(&self, of: &Account, id: BrowserSessionId) -> Result<bool, StoreError>;
    /// Ends all of an account but this one; how many ended.
    async fn end_browser_sessions(&self, of: &Account, but: Option<BrowserSessionId>) -> Result<usize, StoreError>;
    /// Removes those that were used last before an instant, or began before another one, at most so many; how many went.
    async fn expire_browser_sessions(&self, used: Moment, began: Moment, rows: usize) -> Result<usize, StoreError>;
}
