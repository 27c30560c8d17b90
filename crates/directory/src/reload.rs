//! The index that is asked while a newer copy takes its place.

use std::sync::{Arc, PoisonError, RwLock};

use crate::index::{Directory, Index};
use crate::record::Record;

/// Holds the last good copy of the index [R-4.5-e]. Whoever asks keeps what he was given; a new copy is seen by the
/// next question. A copy that was refused changes nothing.
#[derive(Debug, Default)]
pub struct Reloadable {
    current: RwLock<Arc<Index>>,
}

/// What a new copy changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Records held before.
    pub before: usize,
    /// Records held now.
    pub after: usize,
}

/// The new copy has less than half of the records: probably a damaged or partial file. The old one stays
/// [R-I-dir-1]; the operator must look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the new copy of the index has {offered} records where {held} are held; the old copy stays in use \
     (check the file, then force the change)"
)]
pub struct Collapse {
    /// Records of the copy in use.
    pub held: usize,
    /// Records of the copy refused.
    pub offered: usize,
}

impl Reloadable {
    /// Begins with this copy.
    pub fn new(index: Index) -> Self {
        Self { current: RwLock::new(Arc::new(index)) }
    }

    /// The copy in use.
    pub fn current(&self) -> Arc<Index> {
        // The lock guards a single assignment: a poisoned one still holds a whole index.
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether [`Self::replace`] would take this copy: nothing is changed.
    pub fn check(&self, index: &Index) -> Result<(), Collapse> {
        not_collapsed(&self.current(), index)
    }

    /// Puts a new copy in use, unless the number of records has collapsed below half [R-I-dir-1].
    pub fn replace(&self, index: Index) -> Result<Change, Collapse> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        not_collapsed(&current, &index)?;
        Ok(put(&mut current, index))
    }

    /// Puts a new copy in use whatever its size: the operator has looked at it.
    pub fn replace_forced(&self, index: Index) -> Change {
        put(&mut self.current.write().unwrap_or_else(PoisonError::into_inner), index)
    }
}

fn not_collapsed(held: &Index, offered: &Index) -> Result<(), Collapse> {
    let (held, offered) = (held.records().len(), offered.records().len());
    if offered.saturating_mul(2) < held { Err(Collapse { held, offered }) } else { Ok(()) }
}

fn put(current: &mut Arc<Index>, index: Index) -> Change {
    let change = Change { before: current.records().len(), after: index.records().len() };
    *current = Arc::new(index);
    change
}

impl Directory for Reloadable {
    fn by_domain(&self, domain: &str) -> Option<Arc<Record>> {
        self.current().by_domain(domain)
    }

    fn by_certificate(&self, der: &[u8]) -> Vec<Arc<Record>> {
        self.current().by_certificate(der)
    }

    fn by_name(&self, name: &str) -> Option<Arc<Record>> {
        self.current().by_name(name)
    }
}
