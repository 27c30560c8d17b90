//! One head of a provider's trace, judged by itself.

use proof::file::SignedHead;
use proof::head::Head;
use seal::{Certificate, Opened, p7m};

use crate::authority::{Authorities, SignerStanding, moment_of};
use crate::examination::{CheckName, Examination, StampStanding};
use crate::examine::check_authority;
use crate::revoked::Sources;
use crate::stamps::{self, HeadStamp, StampAuthorities};

/// What is known of a head whose signature and stamp hold.
#[derive(Debug)]
pub struct HeadExamination {
    /// Who signed: the certificate's subject.
    pub signer: String,
    /// Whether that is a provider, by an authority that is believed; otherwise nothing says so.
    pub is_certified: bool,
    /// Its time stamp.
    pub stamp: HeadStamp,
}

/// Opens the signature of a head, which is one by a certificate of the provider that it names; the error says why not.
pub(crate) fn open_head(head: &Head, signed: &SignedHead) -> Result<Opened, String> {
    let opened = p7m::open_detached(&signed.signature.0, &signed.text.0).map_err(|error| error.to_string())?;
    match opened.signer.has_address_at(&head.domain) {
        true => Ok(opened),
        false => {
            let who = opened.signer.subject();
            Err(format!("signed by {who}, which has no address at {}", head.domain))
        }
    }
}

/// Judges a head; the error says in English why it does not hold: who signed or stamped is nobody who is believed, or was
/// revoked before, or it was altered.
pub fn examine_head(
    head: &Head,
    signed: &SignedHead,
    authorities: &Authorities,
    stamped_by: &StampAuthorities,
    sources: &Sources,
) -> Result<HeadExamination, String> {
    let mut found = Examination::new();
    let opened = open_head(head, signed).map_err(|why| format!("the provider's signature does not hold: {why}"))?;
    let signer = opened.signer.subject();
    let standing = check_authority(&opened, authorities, None, None, sources, None, &mut found);
    let stamp = stamps::judge(head, signed, stamped_by, sources, &mut found).map_err(|wrong| wrong.english)?;
    let why = |name| {
        let failed = found.checks.iter().rev().find(|check| check.name == name);
        failed.map_or_else(String::new, |check| check.detail.clone())
    };
    let is_certified = match standing {
        SignerStanding::Certified(_) => true,
        SignerStanding::Unknown => false,
        SignerStanding::Refused => {
            return Err(format!("signed by {signer}, who is no recognised provider: {}", why(CheckName::Authority)));
        }
        SignerStanding::Revoked(revoked) => return Err(revoked.before().1),
    };
    match stamp.standing {
        StampStanding::Refused => {
            Err(format!("its time stamp is of nobody who is believed: {}", why(CheckName::Stamp)))
        }
        _ => Ok(HeadExamination { signer, is_certified, stamp }),
    }
}

/// The chains of those who signed heads, and of those who stamped them, each with the moment for which it is judged; `at` is
/// another one for those who signed.
pub fn chains_of_heads(
    heads: &[SignedHead],
    authorities: &Authorities,
    stamped_by: &StampAuthorities,
    at: Option<i64>,
) -> Vec<(Vec<Certificate>, i64)> {
    let chain = |opened: Opened| {
        let (at, _) = moment_of(&opened, at);
        Some((authorities.path(&opened, at)?.ok()?, at))
    };
    let signed = heads.iter().filter_map(|head| p7m::open_detached(&head.signature.0, &head.text.0).ok());
    let stamped = heads.iter().filter_map(|head| stamped_by.chain(head));
    signed.filter_map(chain).chain(stamped).collect()
}
