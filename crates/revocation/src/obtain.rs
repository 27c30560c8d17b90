//! How lists and answers are had: read, fetched, asked for; checked; put in use; kept.

use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use fetch::{Fetcher, chance};
use pec::Moment;
use seal::revocation::{Status, ocsp};
use seal::{Certificate, Crl, RevocationError};

use crate::disk::Kept;
use crate::error::ObtainError;
use crate::held::{ANSWER_LIFE, Held, seconds};
use crate::source::{Origin, Source};

/// Octets of an answer: a few kilobytes with the responder's certificates.
const MOST_ANSWER: usize = 64 << 10;

impl Held {
    /// Renews one, if it is due: who waited for another finds it done.
    pub(crate) async fn renew(&self, source: &Source) {
        let _alone = source.busy.lock().await;
        let now = self.clock.now().unix();
        if now < source.due() {
            return;
        }
        let result = match &source.origin {
            Origin::File(path) => self.read_file(source, path).await,
            Origin::OwnList(url) => self.fetch_list(source, url, &self.own).await,
            Origin::List(url) => self.fetch_list(source, url, &self.foreign).await,
            Origin::Responder(url, certificate) => self.ask(source, url, certificate).await,
        };
        if !matches!(source.origin, Origin::File(_)) {
            let word = if result.is_ok() { "ok" } else { "failed" };
            metrics::counter!("sigillo_revocation_fetches_total", "result" => word).increment(1);
        }
        let retry = seconds(self.settings.retry).max(1);
        match result {
            Ok(next_update) => {
                let due = match &source.origin {
                    // A look at a file costs nothing, and an operator waits for its effect.
                    Origin::File(_) => now.saturating_add(retry),
                    _ => now.saturating_add(self.wait(now, next_update)),
                };
                if source.succeeded(due) {
                    tracing::info!(event = "revocation-works-again", source = %source.origin);
                }
            }
            Err(error) => {
                let due = now.saturating_add(shortened(retry));
                let error = error.to_string();
                if source.failed(&error, now, due) {
                    tracing::error!(event = "revocation-failed", error, "what was known before stays in use");
                }
            }
        }
    }

    /// Seconds until the next renewal of what came now: three quarters of what is left of it, and no more than
    /// `revocation.refresh`; a little less each time, so that not everybody asks at once.
    fn wait(&self, now: i64, next_update: Option<i64>) -> i64 {
        let refresh = seconds(self.settings.refresh);
        let left = next_update.map_or(refresh, |until| until.saturating_sub(now).max(0));
        shortened(refresh.min(left / 4 * 3).max(seconds(self.settings.retry)).max(1))
    }

    async fn read_file(&self, source: &Source, path: &Path) -> Result<Option<i64>, ObtainError> {
        let unreadable = |error| ObtainError::File { path: path.to_owned(), source: error };
        let about = std::fs::metadata(path).map_err(unreadable)?;
        let stamp = about.modified().ok().map(|modified| (modified, about.len()));
        if let (Some(stamp), Some((known, next_update))) = (stamp, source.stamp())
            && stamp == known
        {
            return self.check_age(&source.origin, next_update);
        }
        if about.len() > self.settings.max_size as u64 {
            return Err(ObtainError::TooLarge { path: path.to_owned(), most: self.settings.max_size });
        }
        let body = tokio::fs::read(path).await.map_err(unreadable)?;
        let taken = self.take_list(&source.origin, body.into(), &source.issuers).await?;
        source.set_stamp(stamp.map(|stamp| (stamp, taken)));
        self.check_age(&source.origin, taken)
    }

    async fn fetch_list(&self, source: &Source, url: &str, fetcher: &Fetcher) -> Result<Option<i64>, ObtainError> {
        let body = fetcher.get(url, self.settings.max_size).await?;
        let taken = self.take_list(&source.origin, body.clone(), &source.issuers).await?;
        if let (Origin::List(_), Some(issuer)) = (&source.origin, source.issuers.first()) {
            let issuer = issuer.clone();
            self.keep(Kept { url: url.into(), issuer, certificate: None, obtained: self.now(), body }).await;
        }
        self.check_age(&source.origin, taken)
    }

    /// A list that was late when it came still proves revocations; that it is late is a failure.
    fn check_age(&self, origin: &Origin, next_update: Option<i64>) -> Result<Option<i64>, ObtainError> {
        match next_update {
            Some(due) if due < self.now() => {
                Err(ObtainError::Late { from: origin.to_string(), due: Moment::from_unix(due) })
            }
            other => Ok(other),
        }
    }

    /// Puts a list in use if it is good and newer; gives its nextUpdate.
    async fn take_list(
        &self,
        origin: &Origin,
        body: Bytes,
        issuers: &[Certificate],
    ) -> Result<Option<i64>, ObtainError> {
        let _alone = self.changing.lock().await;
        let (mut judges, issuers) = (self.judges(), issuers.to_vec());
        // Reading and verifying a large list takes a while.
        let read = tokio::task::spawn_blocking(move || {
            let list = Crl::read(body)?;
            let facts = (list.issuer().to_owned(), list.this_update(), list.next_update(), list.len());
            judges.lists.insert(list, &issuers).map(|is_newer| (judges, facts, is_newer))
        });
        let (judges, (issuer, this_update, next_update, entries), is_newer) = read
            .await
            .map_err(|error| ObtainError::Fault { from: origin.to_string(), why: error.to_string() })?
            .map_err(|error| refused(origin, error))?;
        if is_newer {
            *self.judges.write().unwrap_or_else(PoisonError::into_inner) = judges;
            let [from, until] =
                [Some(this_update), next_update].map(|at| at.map(|at| Moment::from_unix(at).to_string()));
            tracing::info!(event = "revocation-list", issuer, entries, from, until, "a new list is in use");
        }
        Ok(next_update)
    }

    /// Asks a responder about a certificate.
    async fn ask(&self, source: &Source, url: &str, certificate: &Certificate) -> Result<Option<i64>, ObtainError> {
        let nobody = || ObtainError::NoAnswer { from: url.into(), why: "nobody issued the certificate".into() };
        let issuer = source.issuers.first().ok_or_else(nobody)?;
        let nonce: [u8; 16] = chance::octets();
        let request = ocsp::request(certificate, issuer, Some(&nonce));
        let request = request.map_err(|error| refused(&source.origin, error))?;
        let body = self.foreign.post(url, None, "application/ocsp-request", request.into(), MOST_ANSWER).await?;
        let now = self.now();
        let next_update =
            self.take_answer(&source.origin, body.clone(), certificate, issuer, Some(&nonce), now).await?;
        self.keep(Kept {
            url: url.into(),
            issuer: issuer.clone(),
            certificate: Some(certificate.clone()),
            obtained: now,
            body,
        })
        .await;
        Ok(Some(next_update.unwrap_or(now.saturating_add(ANSWER_LIFE))))
    }

    /// Puts an answer in use if it is good, newer and says something; gives its nextUpdate.
    async fn take_answer(
        &self,
        origin: &Origin,
        body: Bytes,
        certificate: &Certificate,
        issuer: &Certificate,
        nonce: Option<&[u8]>,
        at: i64,
    ) -> Result<Option<i64>, ObtainError> {
        let answer = ocsp::OcspAnswer::read(body, certificate, issuer, nonce, at);
        let answer = answer.map_err(|error| refused(origin, error))?;
        let (from, next_update) = (answer.this_update(), answer.next_update());
        if let Status::Unknown { why } = answer.status(0, from) {
            return Err(ObtainError::NoAnswer { from: origin.to_string(), why });
        }
        let _alone = self.changing.lock().await;
        self.judges.write().unwrap_or_else(PoisonError::into_inner).answers.insert(answer);
        Ok(next_update)
    }

    async fn keep(&self, kept: Kept) {
        let Some(disk) = self.disk.read().unwrap_or_else(PoisonError::into_inner).clone() else { return };
        let url = kept.url.clone();
        let written = tokio::task::spawn_blocking(move || disk.put(&kept)).await;
        let error = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(event = "revocation-cache", url, error, "a restart will need the network");
    }

    /// Takes in use what an earlier process fetched, and goes on renewing it.
    pub(crate) async fn take_back(&self, kept: Kept) {
        let origin = match &kept.certificate {
            None => Origin::List(kept.url.clone()),
            Some(certificate) => Origin::Responder(kept.url.clone(), certificate.clone()),
        };
        let taken = match &kept.certificate {
            None => self.take_list(&origin, kept.body, std::slice::from_ref(&kept.issuer)).await,
            Some(certificate) => {
                self.take_answer(&origin, kept.body, certificate, &kept.issuer, None, kept.obtained).await
            }
        };
        if let Err(error) = taken {
            tracing::warn!(event = "revocation-cache", url = kept.url, %error, "left out");
            return;
        }
        self.source(origin, &kept.issuer, self.now());
    }
}

fn refused(origin: &Origin, error: RevocationError) -> ObtainError {
    ObtainError::Refused { from: origin.to_string(), error }
}

/// Up to a tenth less, by chance, in whole seconds; a short wait stays as it is.
fn shortened(wait: i64) -> i64 {
    let less = chance::shortened(Duration::from_secs(wait.max(0).unsigned_abs()), 10, chance::fraction());
    seconds(less).saturating_add(i64::from(less.subsec_nanos() > 0))
}
