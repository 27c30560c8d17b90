//! What is done once and only once.

use pec::{Identifier, Kind, ProviderKey};

/// How a point recognises what it has already done: provider + identifier + kind + recipient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OnceKey {
    /// Who sent it (for a notification: who emitted it); `None` for ordinary mail.
    pub provider: Option<ProviderKey>,
    /// PEC msgid, or the digest of what has none.
    pub identifier: Identifier,
    /// What it is.
    pub kind: OnceKind,
    /// The recipient it concerns, in [`Address::key`](pec::Address::key) form; empty for all.
    pub recipient: String,
}

/// What is noted of something that is done once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OnceNote {
    /// What.
    pub key: OnceKey,
    /// SHA-256 of what it was done with: of an envelope the octets that the signature covers, of a notification the facts that
    /// it certifies. `None` where nothing is signed, as in ordinary mail.
    pub signed: Option<[u8; 32]>,
}

impl From<OnceKey> for OnceNote {
    fn from(key: OnceKey) -> Self {
        Self { key, signed: None }
    }
}

/// Whether something was done before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was not.
    Not,
    /// It was with what has this very digest, or with another one whose contradiction is noted already.
    So,
    /// It was with something else, which has this SHA-256.
    Otherwise([u8; 32]),
}

/// What is done once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OnceKind {
    /// A certified message of this kind.
    Certified(Kind),
    /// One of the two notices of silence, told apart by the instant that it certifies.
    Silence(String),
    /// Ordinary mail.
    Ordinary,
    /// The notice that an app password, which the identifier names, ends within so many days.
    AppPasswordEnds(u8),
}

impl OnceKind {
    /// As it is written: [`Kind::name`], `timeout INSTANT`, `ordinary` or `app-password-ends DAYS`.
    pub fn name(&self) -> String {
        match self {
            OnceKind::Certified(kind) => kind.name().to_owned(),
            OnceKind::Silence(instant) => format!("{} {instant}", Kind::Timeout.name()),
            OnceKind::Ordinary => "ordinary".to_owned(),
            OnceKind::AppPasswordEnds(days) => format!("app-password-ends {days}"),
        }
    }
}
