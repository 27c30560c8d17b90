//! The points of two providers together: decisions, store, relay, watch.
#![allow(clippy::unwrap_used, missing_docs)] // A test fails by panicking, and its names are its docs.

mod auditor;
mod authority;
mod bound;
mod burden;
mod clamav;
mod contradictions;
mod copies;
mod ending;
mod exchange;
mod filling;
mod groups;
mod intruders;
mod kept;
mod measured;
mod ordinary;
mod postmaster;
mod real;
mod refusing;
mod shelf;
mod trust;
mod viruses;
mod world;
