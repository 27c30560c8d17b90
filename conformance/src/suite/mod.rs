//! The black-box tests of a provider: one list, each with the requirements that it shows.
//!
//! A test knows the provider through its doors and mailboxes alone. Tests are independent of each other: each has letters
//! and mailboxes of the peer of its own, told apart by a token, so most of them run at the same time.

pub mod stage;

mod access;
mod actor;
mod answers;
mod envelope;
mod exchange;
mod formal;
mod incoming;
mod ordinary;
mod outgoing;
mod quirks;
mod receipts;
mod robust;
mod run;
mod silence;
mod tree;
mod virus;
mod whole;

use std::io;

pub use run::{Choice, Done, End, Ran, run};
use stage::Stage;

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

/// What a test says: nothing, or which of several lawful ways was seen.
pub type Outcome = Result<String, Fault>;

/// Why a test did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The requirement is broken.
    Fail(String),
    /// A recommendation is not followed.
    Advice(String),
    /// Something is missing that the test needs.
    Skip(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Fail(error.to_string())
    }
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

    fn met(self, config: &crate::config::Config, patient: bool) -> bool {
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

/// Every test, in the order of a message's way.
pub fn tests() -> Vec<Test> {
    [
        access::TESTS,
        formal::TESTS,
        exchange::TESTS,
        envelope::TESTS,
        outgoing::TESTS,
        answers::TESTS,
        incoming::TESTS,
        receipts::TESTS,
        tree::TESTS,
        ordinary::TESTS,
        quirks::TESTS,
        virus::TESTS,
        robust::TESTS,
        silence::TESTS,
        whole::TESTS,
    ]
    .concat()
}

impl Test {
    /// The same, when all others have ended.
    const fn at_end(self) -> Self {
        Self { when: When::AtEnd, ..self }
    }
}

/// A test that runs beside others.
const fn test(
    name: &'static str,
    title: &'static str,
    ids: &'static [&'static str],
    needs: &'static [Need],
    run: fn(&Stage<'_>) -> Outcome,
) -> Test {
    Test { name, title, ids, needs, when: When::Together, run }
}
