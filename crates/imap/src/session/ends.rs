//! What is told and kept of a search that asks for its ends alone (RFC 4731 §3.2, RFC 5182 §2.4, RFC 7162 §3.1.5).

use holder::UidSet;

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

    /// The one that is told: of the ends where nothing else is told of, or the highest of all.
    pub(super) fn told(self, returns: &[SearchReturn]) -> u64 {
        let told = only(returns).and_then(|ends| chosen(ends, [Some(self.first), Some(self.last)]).max());
        told.unwrap_or(self.highest)
    }
}

/// What `$` is: all that was found, or the first and the last of it where nothing else was asked for.
pub(super) fn saved(returns: &[SearchReturn], ends: [Option<u32>; 2], found: UidSet) -> UidSet {
    match only(returns) {
        Some(only) => chosen(only, ends).collect(),
        None => found,
    }
}

/// Which ends are asked for, and nothing else; `None`: more is.
fn only(returns: &[SearchReturn]) -> Option<[bool; 2]> {
    let wanted = |item| returns.contains(&item);
    let ends = [wanted(SearchReturn::Min), wanted(SearchReturn::Max)];
    let more = wanted(SearchReturn::All) || wanted(SearchReturn::Count);
    Some(ends).filter(|ends| !more && ends.contains(&true))
}

fn chosen<T>(wanted: [bool; 2], ends: [Option<T>; 2]) -> impl Iterator<Item = T> {
    wanted.into_iter().zip(ends).filter_map(|(wanted, end)| end.filter(|_| wanted))
}
