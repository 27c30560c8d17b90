//! What is counted and logged when an elaboration is done: after the commit, once, however often it was decided.

use std::collections::BTreeMap;

use pec::Kind;
use store::Outcome;

use crate::elaboration::Remark;

/// What an Outcome puts in mailboxes, taken before it is handed to the store.
pub(super) struct Deposits(BTreeMap<&'static str, u64>);

impl Deposits {
    pub(super) fn of(outcome: &Outcome) -> Self {
        let mut kinds = BTreeMap::new();
        for deposit in &outcome.deposits {
            let kind = outcome.messages.get(deposit.message.0).and_then(|message| message.summary.kind);
            *kinds.entry(kind.map_or("other", Kind::name)).or_default() += 1;
        }
        Self(kinds)
    }

    /// They are there.
    pub(super) fn count(self) {
        for (kind, count) in self.0 {
            metrics::counter!("sigillo_deposited_total", "kind" => kind).increment(count);
        }
    }
}

/// Says and counts what an elaboration remarked.
pub(super) fn say(remarks: Vec<Remark>) {
    remarks.into_iter().for_each(one);
}

/// Recipients for a line of the log: the first ones, and how many more.
fn listed(recipients: &[String]) -> String {
    const SHOWN: usize = 5;
    let first: Vec<&str> = recipients.iter().take(SHOWN).map(String::as_str).collect();
    match recipients.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn one(remark: Remark) {
    match remark {
        Remark::VirusFound { point, of, from, virus } => {
            tracing::warn!(event = "virus-found", point, of, from, virus);
        }
        Remark::VirusMissed { identifier, provider, virus } => {
            tracing::warn!(event = "virus-missed", %identifier, provider, virus);
            metrics::counter!("sigillo_viruses_missed_total").increment(1);
        }
        Remark::VirusDetectionUnfounded { identifier } => tracing::warn!(
            event = "virus-detection-unfounded",
            %identifier,
            "a virus detection notice is about a message that was not sent from here"
        ),
        Remark::Malformed { provider, reason } => tracing::warn!(
            event = "malformed-message",
            provider,
            reason,
            "a certified provider sent a message that is not formally correct"
        ),
        Remark::Contradicted { signer, kind, identifier, recipients, signed, first } => {
            let recipients = listed(&recipients);
            tracing::warn!(
                event = "contradicted",
                signer = %signer,
                kind = kind.name(),
                %identifier,
                recipients,
                signed,
                first,
                "what was done before came with other signed octets: no effect, but somebody signs two messages as one"
            );
            metrics::counter!("sigillo_contradictions_total").increment(1);
        }
        Remark::SpokeForAnother { provider, recipient } => tracing::warn!(
            event = "spoke-for-another",
            recipient,
            provider,
            "a provider spoke for a recipient of another"
        ),
        Remark::RevokedSigner { provider, certificate, since, reason } => {
            tracing::warn!(
                event = "revoked-signer",
                provider,
                certificate,
                %since,
                reason,
                "a message was signed with a revoked certificate that the index still lists"
            );
            metrics::counter!("sigillo_revoked_signers_total").increment(1);
        }
        Remark::Quirk { quirk, provider, identifier } => {
            tracing::info!(quirk, provider, %identifier, "quirk tolerated");
            metrics::counter!("sigillo_quirks_total", "quirk" => quirk).increment(1);
        }
        Remark::WithoutFacts { identifier } => tracing::error!(
            event = "recipient-without-facts",
            %identifier,
            "a recipient is awaited and what was certified of the message is not known"
        ),
    }
}
