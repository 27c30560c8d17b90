//! Rows as JSON Lines, as `sigillo evidence list --json` has them: what rows are about stands before the first of them.

use std::collections::{HashSet, VecDeque};

use control::Item;
use control::item::{RowItem, SubjectItem};
use store::{About, EvidenceRow, SubjectHash};

/// Subjects that are remembered: one that comes again after so many others is written again.
const SUBJECTS: usize = 10_000;

/// Writes rows, and what they are about.
#[derive(Debug, Default)]
pub(crate) struct JsonLines {
    known: HashSet<SubjectHash>,
    order: VecDeque<SubjectHash>,
}

impl JsonLines {
    /// Adds the lines of a row.
    pub(crate) fn row(&mut self, row: &EvidenceRow, to: &mut Vec<u8>) {
        if let About::Subject(subject) = &row.evidence.about {
            let hash = subject.hash();
            if self.known.insert(hash) {
                self.order.push_back(hash);
                if self.order.len() > SUBJECTS
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.known.remove(&oldest);
                }
                write(&Item::Subject(SubjectItem::of(subject, false)), to);
            }
        }
        write(&Item::Row(RowItem::of(row)), to);
    }
}

/// Texts and numbers: there is nothing that cannot be written.
fn write(item: &Item, to: &mut Vec<u8>) {
    to.extend(serde_json::to_vec(item).unwrap_or_default());
    to.push(b'\n');
}
