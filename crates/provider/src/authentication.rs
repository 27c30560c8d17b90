//! What the network says about the origin of ordinary mail: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989, before
//! it RFC 7489).
//!
//! None of it certifies anything: it stands in the text of an anomaly envelope, for the reader, and a mailbox's policy
//! may ask for it. Certified mail does not need it: its provider's signature says who sent it.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use bytes::Bytes;
use pec::ReversePath;

/// The system at the other end of an SMTP session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub ip: IpAddr,
    /// The name it gave in EHLO or HELO.
    pub helo: String,
}

/// The outcome of one method, in the words of RFC 8601 §2.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// There is nothing to check.
    None,
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// The domain says that it probably does not hold (SPF).
    SoftFail,
    /// The domain says nothing about it (SPF), or the signature is of no use (DKIM).
    Neutral,
    /// It could not be checked now (DNS).
    TempError,
    /// It can never be checked: records or signature are wrong.
    PermError,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::None => "none",
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::SoftFail => "softfail",
            Verdict::Neutral => "neutral",
            Verdict::TempError => "temperror",
            Verdict::PermError => "permerror",
        })
    }
}

/// What the domain of From asks to do with mail that fails DMARC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Wish {
    /// Nothing.
    #[default]
    None,
    /// To treat it with suspicion.
    Quarantine,
    /// To refuse it.
    Reject,
}

/// What was found out about the origin of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// SPF, and the domain it was checked for (MAIL FROM, or EHLO when that is null).
    pub spf: (Verdict, String),
    /// The best DKIM signature, and its domain (`d=`), empty when there is none.
    pub dkim: (Verdict, String),
    /// DMARC, and the domain of From.
    pub dmarc: (Verdict, String),
    /// What that domain asks for.
    pub wish: Wish,
}

impl fmt::Display for Findings {
    /// One line, as in `Authentication-Results`: `spf=pass (a.example), dkim=none, dmarc=fail (b.example)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods = [("spf", &self.spf), ("dkim", &self.dkim), ("dmarc", &self.dmarc)];
        for (index, (name, (verdict, domain))) in methods.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={verdict}")?;
            if !domain.is_empty() {
                write!(f, " ({domain})")?;
            }
        }
        Ok(())
    }
}

/// Who finds it out.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Checks one message of one peer. Never fails: what cannot be checked is [`Verdict::TempError`].
    async fn examine(&self, peer: &Peer, path: &ReversePath, message: &Bytes) -> Findings;
}
