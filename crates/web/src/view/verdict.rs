//! What an examination found, for people.

use verify::{Authenticity, CheckName, CheckResult, Examination};

use crate::language::Language;

/// A judgement as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// `good`, `past`, `bad` or `plain`.
    pub(crate) look: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) title: &'static str,
    pub(crate) sentence: String,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) signer: Option<String>,
    /// The signed messages that are attached to it.
    pub(crate) attached: Vec<(String, Verdict)>,
}

/// What was looked at, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// `good`, `bad` or `open`.
    pub(crate) look: &'static str,
    pub(crate) what: &'static str,
    pub(crate) result: &'static str,
    pub(crate) detail: String,
}

/// The judgement of a message.
pub(crate) fn verdict(found: &Examination, l: Language) -> Verdict {
    let nothing_signed = found.signer.is_none();
    let (look, icon, title) = match found.verdict {
        Authenticity::Authentic => ("good", "certified", l.verdict_good()),
        Authenticity::AlteredHeader => ("bad", "warning", l.verdict_header()),
        Authenticity::Anomaly => ("plain", "warning", l.verdict_anomaly()),
        Authenticity::UnknownAuthority => ("plain", "help-circle", l.verdict_unknown()),
        Authenticity::NotAuthentic if nothing_signed => ("plain", "mail", l.verdict_bad()),
        Authenticity::NotAuthentic => ("bad", "error", l.verdict_bad()),
    };
    let reasons = found.checks.iter().map(|check| {
        let (look, result) = match check.result {
            CheckResult::Ok => ("good", l.check_ok()),
            CheckResult::Failed => ("bad", l.check_failed()),
            CheckResult::NotChecked => ("open", l.check_not_made()),
        };
        Reason { look, what: name(check.name, l), result, detail: check.detail.clone() }
    });
    Verdict {
        look,
        icon,
        title,
        sentence: l.of(found.it.clone(), found.en.clone()),
        reasons: reasons.collect(),
        signer: found.signer.as_ref().map(|signer| signer.name.clone()),
        attached: found.attached.iter().map(|one| (one.name.clone(), verdict(&one.found, l))).collect(),
    }
}

fn name(of: CheckName, l: Language) -> &'static str {
    match of {
        CheckName::Signature => l.check_signature(),
        CheckName::Authority => l.check_authority(),
        CheckName::Revocation => l.check_revocation(),
        CheckName::Index => l.check_index(),
        CheckName::Form => l.check_form(),
        CheckName::Provider => l.check_provider(),
        CheckName::Header => l.check_header(),
        CheckName::Stamp => l.check_stamp(),
        CheckName::Proof => l.check_proof(),
    }
}
