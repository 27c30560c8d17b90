//! One test of the suite: what it shows, and what it needs.

use super::outcome::Outcome;
use super::stage::Stage;
use crate::config::Config;

/// One test.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// Short name, `group.thing`.
    pub name: &'static str,
    /// What it shows, as a sentence.
    pub title: &'static str,
    /// The requirements that it shows, in brackets.
    pub ids: &'static [&'static str],
    /// What the configuration must offer.
    pub needs: &'static [Need],
    /// When it runs.
    pub when: When,
    /// The test.
    pub run: fn(&Stage<'_>) -> Outcome,
}

/// What a test needs beside the submission door and the mailboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// `[peer]` and `[incoming]`.
    Peer,
    /// `product`
    Product,
    /// `peer.renewed`
    Renewed,
    /// `peer.unlisted`
    Unlisted,
    /// `peer.expired`
    Expired,
    /// `peer.revoked`
    Revoked,
    /// `unknown`
    Unknown,
    /// `ordinary`
    Ordinary,
    /// `virus = true`
    Virus,
    /// `--patient`
    Patience,
}

/// When a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Beside others.
    Together,
    /// Alone, after those: it changes what others rely on.
    Alone,
    /// At the end, over everything that the others caused.
    AtEnd,
}

impl Need {
    /// In the words of the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Need::Peer => "[peer] and [incoming]",
            Need::Product => "product",
            Need::Renewed => "peer.renewed",
            Need::Unlisted => "peer.unlisted",
            Need::Expired => "peer.expired",
            Need::Revoked => "peer.revoked",
            Need::Unknown => "unknown",
            Need::Ordinary => "ordinary",
            Need::Virus => "virus = true",
            Need::Patience => "--patient: 12 to 24 hours",
        }
    }

    pub(super) fn met(self, config: &Config, patient: bool) -> bool {
        let peer = config.peer.as_ref();
        match self {
            Need::Peer => peer.is_some(),
            Need::Product => config.product.is_some(),
            Need::Renewed => peer.is_some_and(|peer| peer.renewed.is_some()),
            Need::Unlisted => peer.is_some_and(|peer| peer.unlisted.is_some()),
            Need::Expired => peer.is_some_and(|peer| peer.expired.is_some()),
            Need::Revoked => peer.is_some_and(|peer| peer.revoked.is_some()),
            Need::Unknown => config.unknown.is_some(),
            Need::Ordinary => config.ordinary.is_some(),
            Need::Virus => config.virus,
            Need::Patience => patient,
        }
    }
}

impl Test {
    /// The part of the suite that it belongs to.
    pub fn group(&self) -> &'static str {
        self.name.split('.').next().unwrap_or_default()
    }
}

impl Test {
    /// The same, when all others have ended.
    pub(super) const fn at_end(self) -> Self {
        Self { when: When::AtEnd, ..self }
    }
}

/// A test that runs beside others.
pub(super) const fn test(
    name: &'static str,
    title: &'static str,
    ids: &'static [&'static str],
    needs: &'static [Need],
    run: fn(&Stage<'_>) -> Outcome,
) -> Test {
    Test { name, title, ids, needs, when: When::Together, run }
}
