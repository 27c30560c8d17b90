//! What a client said of itself.

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest, Sha256};

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

impl Credentials {
    /// By what name failures are counted and told: the login, or where a token comes without one, a digest of the token, so
    /// that one old token stands in the way of no other.
    pub fn named(&self) -> Cow<'_, str> {
        if self.kind == Kind::Password || !self.login.is_empty() {
            return Cow::Borrowed(&self.login);
        }
        let digest = Sha256::digest(&self.secret.0);
        Cow::Owned(digest.iter().take(8).fold("token-".to_owned(), |name, octet| format!("{name}{octet:02x}")))
    }
}

/// What a client proves itself with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A password.
    Password,
    /// A token of an identity provider.
    Token,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_by_login_and_those_of_tokens_without_one_apart() {
        let named = |login: &str, secret: &str, kind| {
            let (acts_for, login, secret) = (String::new(), login.to_owned(), Secret(secret.to_owned()));
            Credentials { acts_for, login, secret, kind }.named().into_owned()
        };
        assert_eq!(named("anna", "a", Kind::Token), "anna");
        assert_eq!(named("", "a", Kind::Password), "");
        let (old, new) = (named("", "old", Kind::Token), named("", "new", Kind::Token));
        assert!(old != new && old == named("", "old", Kind::Token) && old.len() == "token-".len() + 16, "{old}");
    }
}
