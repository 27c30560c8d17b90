//! SPF, DKIM and DMARC of ordinary mail, as `mail-auth` finds them out.
//!
//! The message is a stranger's, and so are the records it leads to. Everything is bounded: time, DNS lookups,
//! signatures, names that one signature covers, bodies hashed at once. What does not end in time is
//! [`Verdict::TempError`]; what asks for too much is [`Verdict::PermError`].

mod budget;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mail_auth::common::crypto::{Algorithm, HashAlgorithm};
use mail_auth::dkim::{Canonicalization, DkimError, Signature};
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcResult, Error, MessageAuthenticator, SpfOutput, SpfResult,
};
use pec::ReversePath;
use provider::authentication::{Authenticator, Findings, Peer, Verdict, Wish};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::dns::Dns;
use budget::Budget;

/// What one examination may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// All of it, from the first question to the last answer.
    pub time: Duration,
    /// DNS lookups, those answered from the cache too. SPF alone may ask 10 things, of which an `mx` may cost 10 more
    /// (RFC 7208 §4.6.4); DMARC walks up to 8 names for each of three domains (RFC 9989 §4.10).
    pub lookups: usize,
    /// DKIM signatures looked at, from the top; real mail has one to four.
    pub signatures: usize,
    /// Field names that one signature may cover: each is searched for in the whole header.
    pub names: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { time: Duration::from_secs(10), lookups: 80, signatures: 10, names: 200 }
    }
}

/// The real [`Authenticator`].
#[derive(Clone)]
pub struct MailAuthenticator(Arc<Inner>);

struct Inner {
    checks: MessageAuthenticator,
    hostname: String,
    bounds: Bounds,
    /// Bodies hashed at once: a hash takes a core.
    hashing: Arc<Semaphore>,
}

impl MailAuthenticator {
    /// Asks `dns`, which keeps what it heard as long as it holds; `hostname` is our own name (SPF's `%{r}`).
    pub fn new(dns: &Dns, hostname: impl Into<String>, bounds: Bounds) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self(Arc::new(Inner {
            checks: MessageAuthenticator(dns.resolver()),
            hostname: hostname.into(),
            bounds,
            hashing: Arc::new(Semaphore::new(cores)),
        }))
    }
}

#[async_trait]
impl Authenticator for MailAuthenticator {
    async fn examine(&self, peer: &Peer, path: &ReversePath, message: &Bytes) -> Findings {
        let (inner, peer, path, message) = (self.0.clone(), peer.clone(), path.clone(), message.clone());
        let subject = subject(&peer, &path).to_owned();
        // A task of its own: a fault in a parser of foreign bytes must not end the session.
        match tokio::spawn(async move { inner.examine(&peer, &path, message).await }).await {
            Ok(findings) => findings,
            Err(error) => {
                tracing::error!(event = "authentication-fault", %error);
                Findings {
                    spf: (Verdict::TempError, presentable(&subject)),
                    dkim: (Verdict::TempError, String::new()),
                    dmarc: (Verdict::TempError, String::new()),
                    wish: Wish::None,
                }
            }
        }
    }
}

impl Inner {
    async fn examine(&self, peer: &Peer, path: &ReversePath, message: Bytes) -> Findings {
        let start = Instant::now();
        // DMARC needs the answers of the other two, and some time of its own.
        let (first, last) = (start + self.bounds.time / 3 * 2, start + self.bounds.time);
        let budget = Budget::new(self.bounds.lookups);
        let hashed = timeout_at(first, self.hash(message.clone())).await.ok().flatten();
        let header = hashed.and_then(|(header, hashes)| self.header(message.get(..header)?, hashes));
        let (header, refused) = header.map_or((None, false), |(header, refused)| (Some(header), refused));

        let spf = timeout_at(first, self.spf(peer, path, &budget));
        let dkim = timeout_at(first, async {
            match &header {
                Some(header) => Ok(self.checks.verify_dkim(budget.parameters(header)).await),
                None => Err(()),
            }
        });
        let (spf, dkim) = tokio::join!(spf, dkim);
        let domain = subject(peer, path);
        let spf = spf.unwrap_or_else(|_| SpfOutput::new(domain.to_owned()).with_result(SpfResult::TempError));
        let (dkim, unknown) = match dkim {
            Ok(Ok(dkim)) => (dkim, false),
            Ok(Err(())) | Err(_) => (Vec::new(), true),
        };
        let (dmarc, wish) = match &header {
            None => ((Verdict::TempError, String::new()), Wish::None),
            Some(header) => {
                let asked = DmarcParameters::new(header, &dkim, domain, &spf);
                match timeout_at(last, self.checks.verify_dmarc(budget.parameters(asked))).await {
                    Err(_) => ((Verdict::TempError, presentable(author(header))), Wish::None),
                    Ok(output) => {
                        let verdict = match output.result() {
                            DmarcResult::Pass => Verdict::Pass,
                            // A signature that could not be looked at might have passed.
                            DmarcResult::Fail(_) if unknown => Verdict::TempError,
                            DmarcResult::Fail(_) => Verdict::Fail,
                            DmarcResult::TempError(_) => Verdict::TempError,
                            DmarcResult::PermError(_) => Verdict::PermError,
                            DmarcResult::None => Verdict::None,
                        };
                        let wish = match output.policy() {
                            Policy::Reject => Wish::Reject,
                            Policy::Quarantine => Wish::Quarantine,
                            Policy::None | Policy::Unspecified => Wish::None,
                        };
                        ((verdict, presentable(author(header))), wish)
                    }
                }
            }
        };
        let dkim = match (&header, unknown) {
            // Signatures that were left out are no use, but they were there.
            (Some(_), false) if dkim.is_empty() && refused => (Verdict::PermError, String::new()),
            (Some(header), false) => best(&dkim, author(header)),
            _ => (Verdict::TempError, String::new()),
        };
        let spent = budget.spent_out();
        if spent {
            tracing::info!(event = "authentication-bounded", peer = %peer.ip, domain, "too many DNS lookups");
        }
        // Records that lead to more lookups than anybody needs can never be checked (RFC 7208 §4.6.4).
        let bounded = |verdict| if spent && verdict == Verdict::TempError { Verdict::PermError } else { verdict };
        Findings {
            spf: (bounded(spf_verdict(spf.result())), presentable(domain)),
            dkim: (bounded(dkim.0), dkim.1),
            dmarc: (bounded(dmarc.0), dmarc.1),
            wish,
        }
    }

    /// Where the header ends, and the hashes of the body that its signatures ask for: at most one for each algorithm and
    /// canonicalization, computed away from the threads that serve sessions.
    async fn hash(&self, message: Bytes) -> Option<(usize, Hashes)> {
        let permit = self.hashing.clone().acquire_owned().await.ok()?;
        let hashing = tokio::task::spawn_blocking(move || {
            // It works on when nobody waits for it any more, and its place is taken as long.
            let _permit = permit;
            match AuthenticatedMessage::parse(&message) {
                Some(parsed) => (parsed.body_offset(), parsed.body_hashes),
                None => (0, Vec::new()),
            }
        });
        hashing.await.ok()
    }

    /// The header, read again where it can be kept across questions, with the hashes in place of those of an empty body;
    /// and whether signatures were left out: those that cover too many names, and those with SHA-1, which nobody may
    /// verify any more (RFC 8301 §3.1).
    fn header<'m>(&self, header: &'m [u8], hashes: Hashes) -> Option<(AuthenticatedMessage<'m>, bool)> {
        let Some(mut parsed) = AuthenticatedMessage::parse(header) else {
            return Some((AuthenticatedMessage::default(), false));
        };
        if !parsed.body_hashes.iter().map(|hash| (hash.0, hash.1, hash.2)).eq(hashes.iter().map(|h| (h.0, h.1, h.2))) {
            return None;
        }
        parsed.body_hashes = hashes;
        let all = parsed.dkim_headers.len();
        let usable =
            |signature: &Signature| signature.h.len() <= self.bounds.names && signature.a != Algorithm::RsaSha1;
        parsed.dkim_headers.retain(|signature| usable(&signature.header));
        let refused = parsed.dkim_headers.len() < all;
        parsed.dkim_headers.truncate(self.bounds.signatures);
        for signature in &mut parsed.dkim_headers {
            // Asked for by the signer: lookups of where to report failures, which we do not.
            signature.header.r = false;
        }
        Some((parsed, refused))
    }

    async fn spf(&self, peer: &Peer, path: &ReversePath, budget: &Budget) -> SpfOutput {
        let ip = peer.ip.to_canonical();
        let asked = match path.address() {
            Some(address) => SpfParameters::verify_mail_from(ip, &peer.helo, &self.hostname, address.as_str()),
            None => SpfParameters::verify_ehlo(ip, &peer.helo, &self.hostname),
        };
        self.checks.verify_spf(budget.parameters(asked)).await
    }
}

type Hashes = Vec<(Canonicalization, HashAlgorithm, u64, Vec<u8>)>;

/// The domain that SPF is asked about (RFC 7208 §2.4).
fn subject<'a>(peer: &'a Peer, path: &'a ReversePath) -> &'a str {
    path.as_str().rsplit_once('@').map_or(&peer.helo, |(_, domain)| domain)
}

/// The domain of From; empty when there is none.
fn author<'a>(message: &'a AuthenticatedMessage<'_>) -> &'a str {
    message.from().rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// The signature that says most in favour of the message; among equals the author's own.
fn best(signatures: &[DkimOutput<'_>], author: &str) -> (Verdict, String) {
    let of = |output: &DkimOutput<'_>| {
        let (rank, verdict) = match output.result() {
            DkimResult::Pass => (5, Verdict::Pass),
            DkimResult::TempError(_) => (4, Verdict::TempError),
            // RFC 8601 §2.7.1: it was acceptable and did not hold; `mail-auth` calls it neutral.
            DkimResult::Neutral(Error::Dkim(DkimError::FailedBodyHashMatch)) => (3, Verdict::Fail),
            DkimResult::Fail(_) => (3, Verdict::Fail),
            DkimResult::Neutral(_) => (2, Verdict::Neutral),
            DkimResult::PermError(_) => (1, Verdict::PermError),
            DkimResult::None => (0, Verdict::None),
        };
        let domain = output.signature().map_or("", |signature| signature.d.as_str());
        let own = domain.eq_ignore_ascii_case(author);
        ((rank, own), verdict, presentable(domain))
    };
    // The first of the greatest: signatures are added on top.
    let found = signatures.iter().map(of).reduce(|best, next| if next.0 > best.0 { next } else { best });
    found.map_or((Verdict::None, String::new()), |(_, verdict, domain)| (verdict, domain))
}

fn spf_verdict(result: SpfResult) -> Verdict {
    match result {
        SpfResult::Pass => Verdict::Pass,
        SpfResult::Fail => Verdict::Fail,
        SpfResult::SoftFail => Verdict::SoftFail,
        SpfResult::Neutral => Verdict::Neutral,
        SpfResult::TempError => Verdict::TempError,
        SpfResult::PermError => Verdict::PermError,
        SpfResult::None => Verdict::None,
    }
}

/// A foreign domain as it may stand in a text for people and in a log: one line, no more than a domain can have.
fn presentable(domain: &str) -> String {
    let shown = domain.trim_end_matches('.').chars().take(255);
    shown.map(|c| if c.is_alphanumeric() || ".-_[]:".contains(c) { c } else { '?' }).collect::<String>().to_lowercase()
}
