//! The days of the evidence sealed, proved and checked (`docs/evidence-format.md`).
//!
//! * [`Sealer`]: beside everything else, rows that are committed become leaves of their log's tree, and the tree's heads are
//!   signed, at intervals and when a day has ended;
//! * [`Stamper`]: heads get time stamps of an authority, which nothing waits for;
//! * [`prove`]: rows with their paths to a signed head, in one file;
//! * [`check`]: all rows and heads against each other; names the first row that is not what was sealed;
//! * [`command`]: `sigillo evidence heads`, `prove` and `check`.
//!
//! Trees are never held: what is read at once is bounded, however many rows a day has.

pub mod check;
pub mod command;
mod day;
mod error;
mod growing;
mod nodes;
#[cfg(test)]
mod place;
pub mod prove;
mod sealer;
mod stamper;
mod standing;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod tiling;

use std::sync::Arc;

use store::{EvidenceLog, Seals};

pub use check::{Checked, Judge, check};
pub use error::SealingError;
pub use prove::{Proven, Wanted, prove};
pub use sealer::{Identity, Sealer};
pub use stamper::{Stamper, StampingError, Waiting};
pub use standing::Standing;

/// What is sealed, and where what seals it is kept.
#[derive(Clone)]
pub struct Trace {
    /// The rows.
    pub evidence: Arc<dyn EvidenceLog>,
    /// What seals them.
    pub seals: Arc<dyn Seals>,
}

impl Trace {
    /// Of one store.
    pub fn of(store: Arc<impl EvidenceLog + Seals + 'static>) -> Self {
        Self { evidence: store.clone(), seals: store }
    }
}
