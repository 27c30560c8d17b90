//! The black-box tests of a provider: one list, each with the requirements that it shows.
//!
//! A test knows the provider through its doors and mailboxes alone. Tests are independent of each other: each has letters
//! and mailboxes of the peer of its own, told apart by a token, so most of them run at the same time.

pub mod stage;

mod access;
mod actor;
mod all;
mod answers;
mod case;
mod envelope;
mod exchange;
mod formal;
mod incoming;
mod ordinary;
mod outcome;
mod outgoing;
mod quirks;
mod receipts;
mod robust;
mod run;
mod silence;
mod steps;
mod tree;
mod virus;
mod whole;

pub use all::tests;
pub use case::{Need, Test, When};
pub use outcome::{Fault, Outcome};
pub use run::{Choice, Done, End, Ran, run};
