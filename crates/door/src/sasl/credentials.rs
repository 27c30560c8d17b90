//! What a client said of itself.

use std::fmt;

/// What must never be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a client said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// For whom it wants to act; empty: for itself.
    pub acts_for: String,
    /// As given.
    pub login: String,
    /// As given.
    pub secret: Secret,
    /// What the secret is.
    pub kind: Kind,
}

/// What a client proves itself with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A password.
    Password,
    /// A token of an identity provider.
    Token,
}
