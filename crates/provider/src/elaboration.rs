//! One elaboration under way: what a decision makes, before anything is signed, committed, counted or said.
//!
//! A decision adds drafts, deposits, dispatches, progress and evidence to an [`Elaboration`]; the engine
//! (`duties::engine`) signs the drafts side by side, commits the Outcome whole, and then logs and counts.

use pec::compose::{Certified, Draft};
use pec::{Address, Identifier, Kind, Moment, Pieces, ProviderKey};
use seal::KeyError;
use store::{
    About, Actor, Event, Evidence, Handle, Keeping, Keeps, Named, NewMessage, Outcome, SharedSubject, Subject, Summary,
};

use crate::context::Context;

/// What one decision makes, at one instant, about one message.
pub struct Elaboration<'a> {
    /// What it may consult.
    pub context: &'a Context,
    /// Its one instant [R-4.1-a].
    pub moment: Moment,
    /// Which message its evidence is about.
    pub about: About,
    /// Who acts.
    pub actor: Actor,
    /// Everything it causes but messages, which [`Elaboration::draft`] and [`Elaboration::keep`] add.
    pub outcome: Outcome,
    /// What is to be said and counted when it is done.
    pub remarks: Vec<Remark>,
    slots: Vec<Slot>,
}

/// A message of the elaboration.
enum Slot {
    Ready(Box<NewMessage>),
    Draft(Box<Draft>),
}

/// A row of evidence, but for what is common to the elaboration.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// What was done.
    pub event: Event,
    /// What the message is.
    pub kind: Option<Kind>,
    /// Its Message-ID without brackets.
    pub message_id: &'a str,
    /// Who emitted it.
    pub provider: &'a str,
    /// Whom this concerns.
    pub concerns: Vec<String>,
    /// The error, or what the peer said.
    pub error: Option<String>,
}

impl<'a> Elaboration<'a> {
    /// An elaboration that causes nothing yet.
    pub fn new(context: &'a Context, moment: Moment, about: About, actor: Actor) -> Self {
        Self { context, moment, about, actor, outcome: Outcome::default(), remarks: Vec::new(), slots: Vec::new() }
    }

    /// Adds a message to be signed.
    pub fn draft(&mut self, draft: Draft) -> Handle {
        self.add(Slot::Draft(Box::new(draft)))
    }

    /// Adds a message as it is.
    pub fn keep(&mut self, kind: Option<Kind>, identifier: Option<Identifier>, pieces: Pieces) -> Handle {
        let summary = Summary::read(kind, identifier, &pieces);
        self.put_in(NewMessage { pieces, summary })
    }

    /// Adds a message whose header values are read already.
    pub fn put_in(&mut self, message: NewMessage) -> Handle {
        self.add(Slot::Ready(Box::new(message)))
    }

    /// Has a message of this kind kept as long as the evidence, as the domain of `whose` has it (a holder of ours): what
    /// certifies is kept, and who removed it can have it again.
    pub fn preserve(&mut self, message: Handle, kind: Kind, whose: &Address) {
        let keeps = self.context.hosting.keeps(whose);
        let kept = match kind {
            Kind::AnomalyEnvelope => false,
            Kind::TransportEnvelope => keeps >= Keeps::Envelopes,
            _ => true,
        };
        if kept {
            let (since, whole) = (self.moment, keeps == Keeps::Originals);
            self.outcome.kept.push(Keeping { message, since, whole });
        }
    }

    fn add(&mut self, slot: Slot) -> Handle {
        self.slots.push(slot);
        Handle(self.slots.len() - 1)
    }

    /// Adds a row of evidence [R-2.3-a].
    pub fn record(&mut self, row: Row<'_>) {
        let Row { event, kind, message_id, provider, concerns, error } = row;
        self.outcome.evidence.push(Evidence {
            at: self.moment,
            event,
            kind,
            about: self.about.clone(),
            message_id: message_id.to_owned(),
            provider: provider.to_owned(),
            concerns,
            error,
            actor: self.actor.clone(),
        });
    }

    /// Adds the row of a notification or envelope of ours.
    pub fn record_emitted(&mut self, draft: &Draft) {
        let data = draft.data.as_ref();
        let concerns = data.map(|d| d.delivery.iter().chain(&d.reception).cloned().collect()).unwrap_or_default();
        let error = data.and_then(|d| d.extended_error.clone());
        self.outcome.evidence.push(Evidence {
            at: self.moment,
            event: Event::Emitted,
            kind: Some(draft.kind),
            about: self.about.clone(),
            message_id: draft.message_id.clone(),
            provider: self.context.identity.emitter.name.clone(),
            concerns,
            error,
            // What we emit is our doing, whoever caused it.
            actor: Actor::System,
        });
    }

    /// What it came to.
    pub fn finish(self) -> Elaborated {
        Elaborated { outcome: self.outcome, slots: self.slots, remarks: self.remarks }
    }
}

/// The subject of a certified message, for its evidence. `original` is the SHA-256 of the certified original, where it is
/// known.
pub fn subject(certified: &Certified, original: Option<[u8; 32]>) -> About {
    About::Subject(SharedSubject::new(Subject {
        identifier: certified.identifier.as_str().into(),
        sender: certified.sender.to_string(),
        recipients: certified
            .recipients
            .iter()
            .map(|recipient| Named { address: recipient.address.to_string(), kind: Some(recipient.kind) })
            .collect(),
        subject: certified.subject.clone().unwrap_or_default(),
        client_id: certified.message_id.clone(),
        original,
    }))
}

/// An elaboration that has been decided, and is not signed yet.
#[derive(Default)]
pub struct Elaborated {
    /// Everything it causes, messages apart.
    pub outcome: Outcome,
    /// What is to be said and counted when it is done.
    pub remarks: Vec<Remark>,
    slots: Vec<Slot>,
}

impl std::fmt::Debug for Elaborated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Elaborated").field("outcome", &self.outcome).field("messages", &self.slots.len()).finish()
    }
}

impl Elaborated {
    /// Whether it puts a message of this kind, signed already, in a mailbox.
    pub(crate) fn deposits(&self, kind: Kind) -> bool {
        let is = |slot: Option<&Slot>| matches!(slot, Some(Slot::Ready(message)) if message.summary.kind == Some(kind));
        self.outcome.deposits.iter().any(|deposit| is(self.slots.get(deposit.message.0)))
    }

    /// How many signatures it takes.
    pub fn signatures(&self) -> usize {
        self.slots.iter().filter(|slot| matches!(slot, Slot::Draft(_))).count()
    }

    /// The drafts with their places, taken out to be signed; [`Elaborated::put`] brings them back.
    pub(crate) fn take_drafts(&mut self) -> Vec<(usize, Box<Draft>)> {
        let mut drafts = Vec::new();
        for (at, slot) in self.slots.iter_mut().enumerate() {
            if let Slot::Draft(_) = slot {
                let empty = Slot::Ready(Box::new(NewMessage { pieces: Pieces::new(), summary: Summary::default() }));
                if let Slot::Draft(draft) = std::mem::replace(slot, empty) {
                    drafts.push((at, draft));
                }
            }
        }
        drafts
    }

    pub(crate) fn put(&mut self, at: usize, message: NewMessage) {
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = Slot::Ready(Box::new(message));
        }
    }

    /// The Outcome, whole, once every draft is signed.
    pub(crate) fn into_outcome(self) -> (Outcome, Vec<Remark>) {
        let ready = |slot| match slot {
            Slot::Ready(message) => Some(*message),
            Slot::Draft(_) => None,
        };
        let messages = self.slots.into_iter().filter_map(ready).collect();
        (Outcome { messages, ..self.outcome }, self.remarks)
    }
}

/// A signed draft, ready for the store.
pub(crate) fn signed(
    draft: &Draft,
    sign: impl FnOnce(&Draft) -> Result<Pieces, KeyError>,
) -> Result<NewMessage, KeyError> {
    let pieces = sign(draft)?;
    let identifier = draft.data.as_ref().map(|data| Identifier::from(data.identifier.as_str()));
    let summary = Summary::read(Some(draft.kind), identifier, &pieces);
    Ok(NewMessage { pieces, summary })
}

/// Something worth saying about an elaboration, said and counted by the engine, once, when it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A virus was found, at this point.
    VirusFound {
        /// `access` or `incoming`.
        point: &'static str,
        /// PEC msgid, or the path of ordinary mail.
        of: String,
        /// Who signed it, or who logged in; empty for ordinary mail.
        from: String,
        /// Its name.
        virus: String,
    },
    /// Another provider found a virus in what our own scan had let pass [R-2.2.2-m].
    VirusMissed {
        /// PEC msgid.
        identifier: Identifier,
        /// Who found it.
        provider: String,
        /// Its name.
        virus: String,
    },
    /// A virus detection is about a message that was not sent from here.
    VirusDetectionUnfounded {
        /// PEC msgid.
        identifier: Identifier,
    },
    /// A certified provider sent a message that is not formally correct.
    Malformed {
        /// Who.
        provider: String,
        /// Why.
        reason: String,
    },
    /// Something came under the name of what was done, and says something else [R-2.2.1-a].
    Contradicted {
        /// Who signed it.
        signer: ProviderKey,
        /// What it is.
        kind: Kind,
        /// PEC msgid.
        identifier: Identifier,
        /// The recipients for whom it was done before.
        recipients: Vec<String>,
        /// SHA-256 of what it says: of an envelope all that is signed, of a notification the facts that it certifies.
        signed: String,
        /// SHA-256 of the one that was done.
        first: String,
    },
    /// A provider spoke for a recipient of another: what it says moves nothing.
    SpokeForAnother {
        /// Who.
        provider: String,
        /// For whom.
        recipient: String,
    },
    /// A message was signed with a revoked certificate that the index still lists.
    RevokedSigner {
        /// Who.
        provider: String,
        /// Whose certificate.
        certificate: String,
        /// Since when, and why.
        since: Moment,
        /// The reason of the revocation.
        reason: String,
    },
    /// A deviation that was tolerated.
    Quirk {
        /// Its name.
        quirk: &'static str,
        /// Whose.
        provider: String,
        /// PEC msgid.
        identifier: Identifier,
    },
    /// A recipient was awaited whose message is not known any more: nobody can be told.
    WithoutFacts {
        /// PEC msgid.
        identifier: Identifier,
    },
}
