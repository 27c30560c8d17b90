//! Whether the signer's certificate was revoked, before the signature or after it [R-2.2.2-e].

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use pec::{Clock, Moment};
use revocation::{KeptAnswer, RevocationCache};
use seal::revocation::ocsp::OcspAnswer;
use seal::revocation::{AnyOf, OcspStore, Reason, Status, is_published};
use seal::{Certificate, Crl, CrlStore, Revocation, Revocations};

use crate::error::VerifyError;
use crate::examination::CheckResult;

/// What may be asked about revocations.
#[derive(Default)]
pub struct Sources {
    /// Lists that the caller gave.
    files: Vec<(PathBuf, Bytes)>,
    /// The authorities' servers, if they may be asked.
    online: Option<Arc<RevocationCache>>,
    /// Answers of responders that the caller gave.
    answers: Option<OcspStore>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignerRevocation {
    /// Not revoked, as far as is known today.
    Not,
    /// Revoked after the moment of the signature.
    After(Revoked),
    /// Revoked at the moment of the signature or before.
    Before(Revoked),
    /// Nothing certain is known, for this reason.
    Unknown(String),
}

/// A revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revoked {
    /// Whose certificate.
    subject: String,
    since: i64,
    reason: Reason,
}

/// The last second of the year 9999: whatever is listed as revoked is so by then.
const ALWAYS: i64 = 253_402_300_799;

impl Sources {
    /// Reads the lists; `online`: by whose clock the servers that certificates name may be asked, if they may.
    pub fn new(files: &[PathBuf], online: Option<Arc<dyn Clock>>) -> Result<Self, VerifyError> {
        let mut read = Vec::new();
        for file in files {
            let list = Bytes::from(std::fs::read(file).map_err(|error| VerifyError::file(file, error))?);
            Crl::read(list.clone()).map_err(|error| VerifyError::file(file, error))?;
            read.push((file.clone(), list));
        }
        let online = online.map(|clock| RevocationCache::new(revocation::Settings::default(), &[], clock));
        let online = online.transpose().map_err(|error| VerifyError::Client(error.to_string()))?;
        Ok(Self { files: read, online: online.map(Arc::new), answers: None })
    }

    /// Of what is known already; nobody is asked.
    pub fn known(known: Arc<RevocationCache>) -> Self {
        Self { online: Some(known), ..Self::default() }
    }

    /// Of these lists, each with the name by which it is told of.
    pub fn of_lists(lists: Vec<(PathBuf, Bytes)>) -> Self {
        Self { files: lists, ..Self::default() }
    }

    /// With these answers of responders too, which are kept; one that does not hold is left out.
    #[must_use]
    pub fn with_answers<'a>(mut self, kept: impl IntoIterator<Item = &'a KeptAnswer>) -> Self {
        let mut answers = OcspStore::new(0);
        for KeptAnswer { certificate, issuer, obtained, body, .. } in kept {
            if let Ok(answer) = OcspAnswer::read(body.clone(), certificate, issuer, None, *obtained) {
                answers.insert(answer);
            }
        }
        self.answers = Some(answers);
        self
    }

    /// Asks the servers that the certificates of a path name, if they may be asked. The path leads to an authority that the
    /// caller believes.
    pub async fn ask(&self, path: &[Certificate], at: i64) {
        if let Some(known) = &self.online {
            known.learn(path, at).await;
        }
    }

    /// What is known about the certificates of a path, leaf first, for a signature of the moment `at`.
    pub(crate) fn judge(&self, path: &[Certificate], at: i64) -> SignerRevocation {
        if self.files.is_empty() && self.online.is_none() && self.answers.is_none() {
            return SignerRevocation::Unknown(
                "it must be asked of its authority (give its list with --crl, or --online)".into(),
            );
        }
        let mut lists = CrlStore::new(0);
        let mut refused = String::new();
        for (file, list) in &self.files {
            let issuers = path.get(1..).unwrap_or_default();
            if let Err(error) = Crl::read(list.clone()).and_then(|list| lists.insert(list, issuers)) {
                refused.push_str(&format!("; {}: {error}", file.display()));
            }
        }
        let online: Option<&dyn Revocation> = self.online.as_deref().map(|known| known as _);
        let answers = self.answers.as_ref().map(|answers| answers as &dyn Revocation);
        let sources: Vec<&dyn Revocation> =
            std::iter::once(&lists as &dyn Revocation).chain(answers).chain(online).collect();
        let both = AnyOf(&sources);
        let (mut after, mut unknown) = (None, None);
        for (certificate, issuer) in path.iter().zip(path.iter().skip(1)) {
            let subject = certificate.subject();
            if !is_published(certificate) && !lists.covers(certificate, issuer) {
                unknown.get_or_insert_with(|| format!("{subject} names neither a list nor a responder"));
                continue;
            }
            // What is listed today, whenever it was revoked.
            match both.status(certificate, issuer, ALWAYS) {
                Status::Revoked { since, reason } if since <= at => {
                    return SignerRevocation::Before(Revoked { subject, since, reason });
                }
                Status::Revoked { since, reason } => {
                    after.get_or_insert(Revoked { subject, since, reason });
                    continue;
                }
                Status::Good | Status::Unknown { .. } => {}
            }
            if let Status::Unknown { why } = both.status(certificate, issuer, at) {
                unknown.get_or_insert_with(|| format!("{subject}: {why}"));
            }
        }
        match (after, unknown) {
            (Some(revoked), _) => SignerRevocation::After(revoked),
            (None, Some(why)) => SignerRevocation::Unknown(why + &refused),
            (None, None) => SignerRevocation::Not,
        }
    }
}

impl SignerRevocation {
    /// How the check ended, in English too.
    pub(crate) fn check(&self) -> (CheckResult, String) {
        match self {
            Self::Not => (CheckResult::Ok, "no certificate of the chain was revoked".into()),
            Self::After(revoked) => {
                let Revoked { subject, reason, .. } = revoked;
                (
                    CheckResult::Ok,
                    format!("{subject} was revoked on {} ({reason}), after this was signed", revoked.since()),
                )
            }
            Self::Before(revoked) => {
                let Revoked { subject, reason, .. } = revoked;
                (
                    CheckResult::Failed,
                    format!("{subject} was revoked on {} ({reason}), before this was signed", revoked.since()),
                )
            }
            Self::Unknown(why) => {
                (CheckResult::NotChecked, format!("whether a certificate was revoked is not known: {why}"))
            }
        }
    }
}

impl Revoked {
    /// Whether this was later than a moment, seconds since 1970.
    pub(crate) fn is_after(&self, moment: i64) -> bool {
        self.since > moment
    }

    fn since(&self) -> String {
        Moment::from_unix(self.since).to_string()
    }

    /// As the Italian sentences write a moment.
    fn dal(&self) -> String {
        let since = Moment::from_unix(self.since);
        format!("{} alle {} ({})", since.day(), since.time(), since.zone())
    }

    /// What follows the verdict of an authentic message, Italian and English. The time of the signature is its signer's
    /// word: who has stolen a key can write another.
    pub(crate) fn afterwards(&self) -> (String, String) {
        let (since, subject) = (self.since(), &self.subject);
        (
            format!(
                "Il certificato di {subject} è stato poi revocato, il {} ({}): dopo questa firma, se la sua data è vera.",
                self.dal(),
                self.reason.italian()
            ),
            format!(
                "The certificate of {subject} was revoked later, on {since} ({}): after this was signed, if its date is true.",
                self.reason
            ),
        )
    }

    /// The verdict on what was signed with a revoked certificate, Italian and English.
    pub(crate) fn before(&self) -> (String, String) {
        let (since, subject) = (self.since(), &self.subject);
        (
            format!(
                "La firma è integra, ma fatta quando il certificato di {subject} era già revocato, dal {} ({}).",
                self.dal(),
                self.reason.italian()
            ),
            format!(
                "The signature is intact, but made when the certificate of {subject} was already revoked, since {since} ({}).",
                self.reason
            ),
        )
    }
}
