//! The list of all tests.

use super::case::Test;
use super::{
    access, answers, envelope, exchange, formal, incoming, ordinary, outgoing, quirks, receipts, robust, silence, tree,
    virus, whole,
};

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
