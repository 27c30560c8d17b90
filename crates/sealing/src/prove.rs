//! Rows with their paths to a signed head.

use std::collections::{BTreeMap, HashMap, HashSet};

use pec::Identifier;
use proof::file::{FORM, Octets, ProofFile, ProvedRow, SignedHead};
use proof::{LogId, canonical, tree};
use store::{EvidenceQuery, SealedHead};

use crate::Trace;
use crate::error::SealingError;
use crate::nodes::Nodes;

/// What is to be proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Everything about a message.
    Message(Identifier),
    /// One row.
    Row(LogId, u64),
}

/// Rows of one file at most: a message to 500 recipients has some thousands.
pub const MOST: usize = 20_000;
/// Rows that are read at once.
const ROWS: usize = 500;

/// A proof, and what has none yet.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The file; `None` when nothing that is wanted is sealed yet.
    pub file: Option<ProofFile>,
    /// Rows that no head has yet.
    pub unsealed: Vec<(LogId, u64)>,
    /// Whether there are more than [`MOST`] rows: the first ones are proved.
    pub cut: bool,
}

/// Makes the proof. Damaged rows are no hindrance: their bytes lead nowhere, which [`crate::check()`] tells.
pub async fn prove(trace: &Trace, wanted: &Wanted) -> Result<Proven, SealingError> {
    let (rows, cut) = rows(trace, wanted).await?;
    let mut proof = Proof::default();
    let mut unsealed = Vec::new();
    let mut trees: HashMap<(LogId, u64), Nodes<'_>> = HashMap::new();
    for (log, number) in rows {
        let Some(head) = trace.seals.head_over(log, number).await? else {
            unsealed.push((log, number));
            continue;
        };
        let nodes = trees.entry((log, head.first)).or_insert_with(|| Nodes::of(trace, log, head.first));
        let path = tree::path(number - head.first, head.size).unwrap_or_default();
        let path = nodes.roots(path).await?;
        let found = trace.evidence.leaves(log, number, 1).await?.into_iter().find(|row| row.number == number);
        let bytes = found.ok_or(SealingError::Missing { log, number })?.canonical;
        proof.about(trace, (log, number), &bytes).await?;
        let path = path.into_iter().map(|node| Octets(node.to_vec())).collect();
        let head = proof.head(head);
        proof.rows.push(ProvedRow { head, number, row: Octets(bytes.to_vec()), path });
    }
    Ok(Proven { file: proof.file(), unsealed, cut })
}

/// A file under way.
#[derive(Default)]
struct Proof {
    heads: Vec<SignedHead>,
    places: BTreeMap<(LogId, u64), usize>,
    subjects: Vec<Octets>,
    known: HashSet<proof::SubjectHash>,
    rows: Vec<ProvedRow>,
}

impl Proof {
    fn head(&mut self, head: SealedHead) -> usize {
        let SealedHead { log, number, text, signature, stamp, .. } = head;
        *self.places.entry((log, number)).or_insert_with(|| {
            let octets = |bytes: bytes::Bytes| Octets(bytes.to_vec());
            let stamp = stamp.map(octets);
            self.heads.push(SignedHead { text: octets(text), signature: octets(signature), stamp });
            self.heads.len() - 1
        })
    }

    /// Adds what a row is about, once.
    async fn about(&mut self, trace: &Trace, (log, number): (LogId, u64), row: &[u8]) -> Result<(), SealingError> {
        let about = canonical::read_evidence(row).ok().and_then(|(row, _)| row.about.hash());
        let Some(hash) = about.filter(|hash| !self.known.contains(hash)) else { return Ok(()) };
        let bytes = trace.evidence.subject(hash).await?.ok_or(SealingError::NoSubject { log, number })?;
        self.known.insert(hash);
        self.subjects.push(Octets(bytes.to_vec()));
        Ok(())
    }

    fn file(self) -> Option<ProofFile> {
        let Self { heads, subjects, rows, .. } = self;
        (!rows.is_empty()).then(|| ProofFile { form: FORM.to_owned(), heads, subjects, rows })
    }
}

/// The rows that are wanted, at most [`MOST`], and whether there are more.
async fn rows(trace: &Trace, wanted: &Wanted) -> Result<(Vec<(LogId, u64)>, bool), SealingError> {
    let identifier = match wanted {
        Wanted::Row(log, number) => {
            let found = trace.evidence.leaves(*log, *number, 1).await?;
            let is_there = found.first().is_some_and(|row| row.number == *number);
            let none = SealingError::NoRow { log: *log, number: *number };
            return if is_there { Ok((vec![(*log, *number)], false)) } else { Err(none) };
        }
        Wanted::Message(identifier) => identifier,
    };
    let mut found = Vec::new();
    for (log, _) in trace.evidence.logs().await? {
        let mut after = 0;
        loop {
            let identifier = Some(identifier.clone());
            let query = EvidenceQuery { log: Some(log), after, identifier, limit: ROWS, ..EvidenceQuery::default() };
            let page = trace.evidence.rows(query).await?;
            let numbers = page.iter().map(|row| row.as_ref().map_or_else(|bad| bad.number, |row| row.number));
            found.extend(numbers.map(|number| (log, number)));
            if found.len() > MOST {
                found.truncate(MOST);
                return Ok((found, true));
            }
            match found.last() {
                Some((_, last)) if page.len() == ROWS => after = *last,
                _ => break,
            }
        }
    }
    Ok((found, false))
}
