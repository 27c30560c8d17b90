//! Which modification sequence is told of what was found (RFC 7162 §3.1.5, RFC 4731 §3.2).

use crate::command::SearchReturn;

/// Modification sequences of what was found.
#[derive(Clone, Copy)]
pub(super) struct ModSeqs {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) highest: u64,
}

impl ModSeqs {
    /// One more, behind the others.
    pub(super) fn with(earlier: Option<Self>, mod_seq: u64) -> Self {
        match earlier {
            None => Self { first: mod_seq, last: mod_seq, highest: mod_seq },
            Some(Self { first, highest, .. }) => Self { first, last: mod_seq, highest: highest.max(mod_seq) },
        }
    }

    /// The one that is told: of the first and the last where nothing else is told of, or the highest of all (RFC 4731 §3.2).
    pub(super) fn told(self, returns: &[SearchReturn]) -> u64 {
        let wanted = |item| returns.contains(&item);
        let (min, max) = (wanted(SearchReturn::Min), wanted(SearchReturn::Max));
        if wanted(SearchReturn::All) || wanted(SearchReturn::Count) || !(min || max) {
            return self.highest;
        }
        let ends = [(min, self.first), (max, self.last)];
        ends.into_iter().filter_map(|(wanted, end)| wanted.then_some(end)).max().unwrap_or(self.highest)
    }
}
