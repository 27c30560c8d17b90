//! What was found out about a message.

use pec::Words;
use pec::message::PecMessage;
use pec::message::binding::Contradiction;
use seal::Opened;
use serde::{Serialize, Serializer};

use crate::outside::Outside;
use crate::owner::Owner;

/// What was found out about a message.
#[derive(Debug, Serialize)]
pub struct Examination {
    /// Whether it proves what it says.
    pub verdict: Authenticity,
    /// The truth in one sentence, Italian.
    pub it: String,
    /// The same in English.
    pub en: String,
    /// Who owns the certificate that signed; `None` where nothing is signed.
    pub signer: Option<Owner>,
    /// Kind of message, [`pec::Kind::name`].
    pub kind: Option<&'static str>,
    /// PEC msgid.
    pub identifier: Option<String>,
    /// Client's Message-ID.
    pub message_id: Option<String>,
    /// Certified sender.
    pub sender: Option<String>,
    /// Certified recipients with their type.
    pub recipients: Vec<String>,
    /// Certified subject.
    pub subject: Option<String>,
    /// `gestore-emittente`
    pub provider: Option<String>,
    /// Day, time and zone as certified.
    pub time: Option<String>,
    /// Each check: name, and how it ended.
    pub checks: Vec<Check>,
    /// What mail programs show and the signed data do not say.
    pub contradictions: Vec<Shown>,
    /// Deviations from the norm that change nothing, by name.
    pub quirks: Vec<&'static str>,
    /// What else stands in the file and is not signed.
    pub outside: Option<Outside>,
    /// The signed messages attached to it, each judged by itself.
    pub attached: Vec<Attached>,
    /// The message's own Message-ID, without brackets.
    #[serde(skip)]
    pub(crate) own_id: Option<String>,
}

/// A field of the header that says something else than the signed data.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Its name; empty: a line that is no field.
    pub field: &'static str,
    /// What it shows.
    pub shown: String,
    /// What the signed data say; empty where they say nothing.
    pub signed: String,
}

impl Shown {
    /// The most that are told.
    pub(crate) const MOST: usize = 20;
}

impl From<Contradiction> for Shown {
    fn from(Contradiction { field, shown, signed }: Contradiction) -> Self {
        Self { field, shown, signed }
    }
}

/// A message attached to another.
#[derive(Debug, Serialize)]
pub struct Attached {
    /// The name of its file.
    pub name: String,
    /// What was found out about it; what is attached to it was not looked at.
    pub found: Examination,
}

/// One check.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: CheckName,
    /// How it ended.
    pub result: CheckResult,
    /// In English.
    pub detail: String,
}

/// Whether a message proves what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authenticity {
    /// A recognised provider says so.
    Authentic,
    /// The signed data are authentic, and the header that mail programs show says something else.
    AlteredHeader,
    /// It proves nothing: changed, not signed, signed by somebody else, revoked before, or its form is wrong.
    NotAuthentic,
    /// The signature is intact, and nothing says whether its maker is a provider.
    UnknownAuthority,
    /// An authentic anomaly envelope, which certifies nothing of its content.
    Anomaly,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckName {
    /// Whether the content is what was signed.
    Signature,
    /// Whether the chain leads to an authority that is believed.
    Authority,
    /// Whether a certificate of the chain was revoked.
    Revocation,
    /// Whether the providers' index lists the signer.
    Index,
    /// Whether it is as RFC 6109 says.
    Form,
    /// Whether the data name the owner of the certificate.
    Provider,
    /// Whether mail programs show what is signed.
    Header,
    /// Whether an authority stamped a head, and when.
    Stamp,
    /// Whether the provider's trace says the same.
    Proof,
}

/// How the time stamp of a head stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampStanding {
    /// There is none.
    Missing,
    /// It is of an authority that is believed.
    Believed,
    /// It is intact, and nothing says whether its maker is an authority.
    UnknownAuthority,
    /// It is of nobody who is believed.
    Refused,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// Well.
    Ok,
    /// Badly.
    Failed,
    /// It could not be made with what was given.
    NotChecked,
}

/// The words of an enum, the same on the terminal and in JSON.
macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $type {
            /// In one word.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}

words!(Authenticity {
    Authentic = "authentic",
    AlteredHeader = "altered-header",
    NotAuthentic = "not-authentic",
    UnknownAuthority = "unknown-authority",
    Anomaly = "anomaly",
});
words!(CheckName {
    Signature = "signature",
    Authority = "authority",
    Revocation = "revocation",
    Index = "index",
    Form = "form",
    Provider = "provider",
    Header = "header",
    Stamp = "stamp",
    Proof = "proof",
});
words!(StampStanding {
    Missing = "missing",
    Believed = "believed",
    UnknownAuthority = "unknown-authority",
    Refused = "refused",
});
words!(CheckResult { Ok = "ok", Failed = "failed", NotChecked = "not-checked" });

impl Examination {
    /// Nothing found yet.
    pub(crate) fn new() -> Self {
        Self {
            verdict: Authenticity::NotAuthentic,
            it: String::new(),
            en: String::new(),
            signer: None,
            kind: None,
            identifier: None,
            message_id: None,
            sender: None,
            recipients: Vec::new(),
            subject: None,
            provider: None,
            time: None,
            checks: Vec::new(),
            contradictions: Vec::new(),
            quirks: Vec::new(),
            outside: None,
            attached: Vec::new(),
            own_id: None,
        }
    }

    pub(crate) fn check(&mut self, name: CheckName, result: CheckResult, detail: String) {
        self.checks.push(Check { name, result, detail });
    }

    /// The form is wrong, whoever signed.
    pub(crate) fn wrong(&mut self, wrong: &Words, opened: &Opened) {
        let who = opened.signer.subject();
        self.check(CheckName::Form, CheckResult::Failed, wrong.english.clone());
        self.it =
            format!("Il messaggio è firmato da {who} ma non è un messaggio di posta certificata: {}.", wrong.italian);
        self.en = format!("The message is signed by {who} but is no certified-mail message: {}.", wrong.english);
    }

    pub(crate) fn tell(&mut self, pec: &PecMessage) {
        let data = &pec.data;
        self.kind = Some(pec.kind.name());
        self.own_id.clone_from(&pec.message_id);
        self.identifier = Some(data.identifier.clone());
        self.message_id.clone_from(&data.message_id);
        self.sender = Some(data.sender.clone());
        self.recipients = data.recipients.iter().map(|r| format!("{} ({})", r.address, r.kind.as_str())).collect();
        self.subject.clone_from(&data.subject);
        self.provider = Some(data.provider.clone());
        self.time = Some(format!("{} {} ({})", data.time.day, data.time.time, data.time.zone));
    }
}
