//! Sets of message numbers and UIDs as clients write them.

use std::ops::RangeInclusive;

/// `seq-number` (RFC 9051 §9): a number, or `*` for the last one there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeqNumber {
    /// Never 0.
    Number(u32),
    /// `*`
    Last,
}

impl SeqNumber {
    fn resolve(self, last: u32) -> u32 {
        match self {
            Self::Number(number) => number,
            Self::Last => last,
        }
    }
}

/// `sequence-set`: of message numbers or of UIDs, as the command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequenceSet {
    /// `$`: what the last SEARCH saved (RFC 5182).
    Saved,
    /// Ranges in the client's order, their ends too; a single number is a range.
    Ranges(Vec<(SeqNumber, SeqNumber)>),
}

impl SequenceSet {
    /// The numbers meant when `last` is the highest there is, as ascending ranges that neither overlap nor touch. `*:5` is
    /// `5:*`, and `559:*` has the last one even where that is below 559 (RFC 9051 §9). Where nothing is (`last` is 0), `*`
    /// is nothing. `None` for [`SequenceSet::Saved`].
    pub fn resolve(&self, last: u32) -> Option<Vec<RangeInclusive<u32>>> {
        let Self::Ranges(ranges) = self else { return None };
        let mut sorted: Vec<(u32, u32)> = ranges
            .iter()
            .map(|(from, to)| (from.resolve(last), to.resolve(last)))
            .map(|(from, to)| (from.min(to), from.max(to)))
            // Only `*` of an empty mailbox is 0: nothing is in reach of it.
            .filter(|(from, _)| *from > 0)
            .collect();
        sorted.sort_unstable();
        let mut joined: Vec<RangeInclusive<u32>> = Vec::with_capacity(sorted.len());
        for (from, to) in sorted {
            match joined.last_mut() {
                Some(before) if from <= before.end().saturating_add(1) => {
                    *before = *before.start()..=to.max(*before.end());
                }
                _ => joined.push(from..=to),
            }
        }
        Some(joined)
    }

    /// Whether a `*` or `$` stands in it, which some places do not take.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Saved => true,
            Self::Ranges(ranges) => ranges.iter().any(|(from, to)| *from == SeqNumber::Last || *to == SeqNumber::Last),
        }
    }
}
