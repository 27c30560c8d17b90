//! What is common to all operations on one message, and its canonical bytes.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use pec::{Identifier, RecipientType};
use sha2::{Digest, Sha256};

use crate::cbor::{Reader, Writer};
use crate::version::{self, FormatError, VERSION};

/// The SHA-256 of a subject's canonical bytes: what evidence names it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubjectHash(pub [u8; 32]);

/// What is common to every operation on one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// PEC msgid; for what is not certified, the one we gave.
    pub identifier: Identifier,
    /// Sender of the original; empty for the null path.
    pub sender: String,
    /// Recipients of the original, in order.
    pub recipients: Vec<Named>,
    /// Subject of the original, decoded.
    pub subject: String,
    /// Client's Message-ID, as certified.
    pub client_id: Option<String>,
    /// SHA-256 of the certified original (`postacert.eml`), where it is known.
    pub original: Option<[u8; 32]>,
}

/// A recipient as a subject names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Address.
    pub address: String,
    /// What it was certified as; `None` where nothing was certified.
    pub kind: Option<RecipientType>,
}

/// A subject with its canonical bytes and their hash, made once however many rows name it.
#[derive(Clone, Debug)]
pub struct SharedSubject(Arc<Held>);

#[derive(Debug)]
struct Held {
    subject: Subject,
    made: OnceLock<(Bytes, SubjectHash)>,
}

impl SharedSubject {
    /// Holds a subject.
    pub fn new(subject: Subject) -> Self {
        Self(Arc::new(Held { subject, made: OnceLock::new() }))
    }

    /// The subject.
    pub fn subject(&self) -> &Subject {
        &self.0.subject
    }

    /// Its canonical bytes, made at the first call.
    pub fn canonical(&self) -> &Bytes {
        &self.made().0
    }

    /// Their SHA-256.
    pub fn hash(&self) -> SubjectHash {
        self.made().1
    }

    fn made(&self) -> &(Bytes, SubjectHash) {
        self.0.made.get_or_init(|| {
            let bytes = Bytes::from(write(&self.0.subject));
            let hash = hash(&bytes);
            (bytes, hash)
        })
    }
}

impl PartialEq for SharedSubject {
    fn eq(&self, other: &Self) -> bool {
        self.subject() == other.subject()
    }
}

impl Eq for SharedSubject {}

/// The SHA-256 of a subject's canonical bytes.
pub fn hash(canonical: &[u8]) -> SubjectHash {
    SubjectHash(Sha256::digest(canonical).into())
}

/// Writes a subject.
pub fn write(subject: &Subject) -> Vec<u8> {
    let Subject { identifier, sender, recipients, subject, client_id, original } = subject;
    let mut to = Writer::default();
    to.array(7);
    to.unsigned(VERSION);
    to.text(identifier);
    to.text(sender);
    to.array(recipients.len());
    for Named { address, kind } in recipients {
        to.array(2);
        to.text(address);
        to.optional(*kind, |to, kind| to.unsigned(recipient_number(kind)));
    }
    to.text(subject);
    to.optional(client_id.as_deref(), Writer::text);
    to.optional(original.as_ref(), |to, digest| to.bytes(digest));
    to.into_bytes()
}

/// Reads a subject.
pub fn read(bytes: &[u8]) -> Result<Subject, FormatError> {
    let from = &mut Reader::new(bytes);
    from.array_of(7, "an array of 7 items")?;
    version::read(from)?;
    let subject = Subject {
        identifier: Identifier::from(from.text()?),
        sender: from.text()?,
        recipients: from.list(|from| {
            from.array_of(2, "an address and what it was certified as")?;
            let address = from.text()?;
            let kind = from.optional(|from| {
                let number = from.unsigned()?;
                RECIPIENTS.into_iter().find(|kind| recipient_number(*kind) == number).ok_or("a type of recipient")
            })?;
            Ok(Named { address, kind })
        })?,
        subject: from.text()?,
        client_id: from.optional(Reader::text)?,
        original: from.optional(version::digest)?,
    };
    from.end()?;
    Ok(subject)
}

pub(crate) const RECIPIENTS: [RecipientType; 2] = [RecipientType::Certified, RecipientType::Ordinary];

/// The number of a type of recipient; never another.
fn recipient_number(kind: RecipientType) -> u64 {
    match kind {
        RecipientType::Certified => 1,
        RecipientType::Ordinary => 2,
    }
}
