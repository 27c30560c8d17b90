//! What no head says by itself: rows that are not sealed yet, and what rows are about.

use proof::canonical;
use store::{ErrorKind, Leaf, Tile};

use super::{Chain, Checked};
use crate::error::SealingError;

/// Subjects that are remembered.
const SUBJECTS: usize = 4096;

impl Chain<'_> {
    /// The rows that no head has: each is there, with what it is about.
    pub(super) async fn tail(&mut self, end: u64, last: u64, checked: &mut Checked) -> Result<(), SealingError> {
        let mut next = end.max(self.oldest);
        while next <= last {
            let count = usize::try_from(last - next + 1).unwrap_or(usize::MAX).min(Tile::FULL);
            let rows = self.leaves(next, count).await?;
            let found = rows.first().map_or(last + 1, |row| row.number.min(last + 1));
            if found > next {
                checked.find(self.log, format_args!("rows {next} to {}", found - 1), "are missing, or cannot be read");
            }
            next = found;
            for row in rows.iter().filter(|row| row.number <= last) {
                if row.number > next {
                    let gap = format_args!("rows {next} to {}", row.number - 1);
                    checked.find(self.log, gap, "are missing, or cannot be read");
                }
                next = row.number + 1;
                self.subject(row, checked).await?;
            }
        }
        Ok(())
    }

    /// Whether what a row is about is there, as the row says.
    pub(super) async fn subject(&mut self, row: &Leaf, checked: &mut Checked) -> Result<(), SealingError> {
        // A row that cannot be read is another fault, which the trees tell.
        let about = canonical::read_evidence(&row.canonical).ok().and_then(|(row, _)| row.about.hash());
        let Some(hash) = about.filter(|hash| !self.known.contains(hash)) else { return Ok(()) };
        let kept = match self.trace.evidence.subject(hash).await {
            Err(error) if error.kind == ErrorKind::Damaged => None,
            kept => kept?,
        };
        match kept.map(|bytes| canonical::hash(&bytes) == hash) {
            Some(true) => {
                if self.known.len() >= SUBJECTS {
                    self.known.clear();
                }
                self.known.insert(hash);
            }
            Some(false) => checked.find(self.log, format_args!("row {}", row.number), "is about what was altered"),
            None => checked.find(self.log, format_args!("row {}", row.number), "is about what is missing"),
        }
        Ok(())
    }
}
