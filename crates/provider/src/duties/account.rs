//! What is counted and logged when an elaboration is done: after the commit, once, however often it was decided.

use std::collections::BTreeMap;

use pec::{Kind, Moment};
use store::{Event, Outcome};

use crate::elaboration::Remark;

/// What an Outcome makes and puts in mailboxes, by kind, taken before it is handed to the store.
pub(super) struct Tally {
    deposited: BTreeMap<&'static str, u64>,
    emitted: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(super) fn of(outcome: &Outcome) -> Self {
        let (mut deposited, mut emitted) = (BTreeMap::new(), BTreeMap::new());
        for deposit in &outcome.deposits {
            let kind = outcome.messages.get(deposit.message.0).and_then(|message| message.summary.kind);
            *deposited.entry(kind.map_or("other", Kind::name)).or_default() += 1;
        }
        for row in outcome.evidence.iter().filter(|row| row.event == Event::Emitted) {
            *emitted.entry(row.kind.map_or("other", Kind::name)).or_default() += 1;
        }
        let mut refused = BTreeMap::new();
        for refusal in &outcome.refused {
            *refused.entry(if refusal.certified { "certified" } else { "ordinary" }).or_default() += 1;
        }
        Self { deposited, emitted, refused }
    }

    /// It is committed.
    pub(super) fn count(self) {
        for (kind, count) in self.deposited {
            metrics::counter!("sigillo_deposited_total", "kind" => kind).increment(count);
        }
        for (kind, count) in self.emitted {
            metrics::counter!("sigillo_emitted_total", "kind" => kind).increment(count);
        }
        for (mail, count) in self.refused {
            metrics::counter!("sigillo_full_mailbox_refusals_total", "mail" => mail).increment(count);
        }
    }
}

/// A message that its sender's provider accepted then is in its mailboxes now.
pub(super) fn delivered(accepted: Option<Moment>, now: Moment) {
    if let Some(accepted) = accepted {
        // The other provider's clock may be ahead of ours by a little.
        metrics::histogram!("sigillo_delivery_seconds").record((now.unix() - accepted.unix()).max(0) as f64);
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
                "what was done before came and says something else: no effect, but somebody signs two messages as one"
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
