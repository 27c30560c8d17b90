//! What the pieces of a message are judged by: authorities, the index of the day, lists of revoked certificates.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use directory::Index;
use pec::Moment;
use verify::{
    Authorities, Examination, ProofExamination, Sources, StampAuthorities, VerifyError, examine, examine_proof,
};

/// Where what judges is.
#[derive(Clone, Debug)]
pub struct Material {
    /// The authorities for providers (PEM).
    pub authorities: PathBuf,
    /// The authorities for time stamps (PEM).
    pub stamp_authorities: Vec<PathBuf>,
    /// The copy of the providers' index, and those of earlier days.
    pub index: index::History,
    /// Where lists of revoked certificates are kept.
    pub revocations: PathBuf,
}

/// What judges, read.
pub(crate) struct Judge {
    pub(crate) material: Material,
    authorities: Authorities,
    stamp_authorities: StampAuthorities,
    sources: Sources,
    /// The lists that are kept, as they were published.
    pub(crate) lists: Vec<revocation::KeptList>,
    /// The answers of responders that are kept, as they came.
    pub(crate) answers: Vec<revocation::KeptAnswer>,
    /// The index that was read last: most messages are of one day.
    last: Option<(index::Dated, Arc<Index>)>,
    /// The indexes that were read, by day and digest.
    pub(crate) used: BTreeMap<String, index::Dated>,
    /// Why those that are kept and cannot be read were not used, by their days.
    pub(crate) unreadable: BTreeMap<String, String>,
}

impl Judge {
    /// Reads it. Blocks.
    pub(crate) fn read(material: Material) -> Result<Self, VerifyError> {
        let lists = revocation::kept_lists(&material.revocations);
        let answers = revocation::kept_answers(&material.revocations);
        let named = lists.iter().map(|list| (PathBuf::from(&list.url), list.body.clone()));
        Ok(Self {
            authorities: Authorities::read(std::slice::from_ref(&material.authorities))?,
            stamp_authorities: StampAuthorities::read(&material.stamp_authorities)?,
            sources: Sources::of_lists(named.collect()).with_answers(&answers),
            lists,
            answers,
            last: None,
            used: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            material,
        })
    }

    /// The index of a day, where one is kept: that day's, or the nearest before it, or the nearest after. Blocks.
    fn index_of(&mut self, moment: Moment) -> Option<Arc<Index>> {
        let dated = self.material.index.of(moment)?;
        if self.last.as_ref().is_none_or(|(last, _)| *last != dated) {
            let read = || {
                let octets = dated.read().map_err(|error| error.to_string())?;
                verify::signed_index(Path::new(&dated.day), &octets).map_err(|error| error.to_string())
            };
            let index = match read() {
                Ok(index) => index,
                Err(why) => {
                    self.unreadable.insert(dated.day, why);
                    return None;
                }
            };
            self.used.insert(format!("{}-{:.12}", dated.day, dated.sha256), dated.clone());
            self.last = Some((dated, Arc::new(index)));
        }
        self.last.as_ref().map(|(_, index)| index.clone())
    }

    /// Judges a message of that instant; the original that it carries beside it. Blocks.
    pub(crate) fn message(&mut self, message: &Bytes, moment: Option<Moment>) -> (Examination, Option<Bytes>) {
        let index = moment.and_then(|moment| self.index_of(moment));
        examine(message, &self.authorities, index.as_deref(), &self.sources, None)
    }

    /// Judges a file that proves. Blocks.
    pub(crate) fn proof(&self, file: &[u8]) -> ProofExamination {
        examine_proof(file, &self.authorities, &self.stamp_authorities, &self.sources, None)
    }
}
