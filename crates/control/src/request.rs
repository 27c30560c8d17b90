//! What may be asked. The form travels as JSON between programs of one version.

mod disclosure;
mod domain;
mod evidence;
mod mailbox;
mod person;
mod queue;
mod reconcile;
mod unit;
mod user;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::transfer::form::TransferRequest;

pub use disclosure::{Disclosed, DisclosureRequest};
pub use domain::{DomainRequest, DomainSettings};
pub use evidence::{EvidenceFilter, EvidenceRequest, MessageFilter};
pub use mailbox::{HoldRequest, MailboxRequest, ProtocolSwitches, SetMailbox};
pub use person::{PersonAct, PersonRequest};
pub use queue::{PeerRequest, QueueRequest};
pub use reconcile::ReconcileRequest;
pub use unit::{OfficeRequest, OrganisationRequest};
pub use user::{AppPasswordRequest, UserRequest};

/// An operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// On secrets for mail programs.
    AppPassword(AppPasswordRequest),
    /// On the domains that are hosted.
    Domain(DomainRequest),
    /// On holders' mailboxes.
    Mailbox(MailboxRequest),
    /// On whom the provider serves.
    Organisation(OrganisationRequest),
    /// On the offices of organisations.
    Office(OfficeRequest),
    /// On people and programs with credentials of their own.
    User(UserRequest),
    /// On what is to be carried.
    Queue(QueueRequest),
    /// On other providers.
    Peer(PeerRequest),
    /// On what nobody removes until it is released.
    Hold(HoldRequest),
    /// The history of one message.
    Message {
        /// Its PEC identifier, with or without brackets.
        identifier: String,
    },
    /// Has it on record that what is kept of messages is read.
    Disclose(DisclosureRequest),
    /// On everything about one person.
    Person(PersonRequest),
    /// On the trace.
    Evidence(EvidenceRequest),
    /// On what is not as it must be.
    Reconcile(ReconcileRequest),
    /// How the provider fares.
    Status,
    /// Checks the store whole.
    Check,
    /// Says that the damage which was found is known.
    Acknowledge,
    /// Make the index for searches anew.
    Reindex,
    /// Has the running provider read again what it keeps of files and settings.
    Reload,
    /// Opens a mailbox for messages that are carried in or out; the call goes on as a dialogue.
    Transfer(TransferRequest),
    /// A consistent copy of the store.
    Backup {
        /// A folder that does not exist yet; an absolute path.
        folder: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Setting;

    #[test]
    fn a_request_is_read_back_and_an_unknown_key_is_refused() {
        let request = r#"{"mailbox":{"set":{"address":"anna@alfa.example","quota":5,"ordinary":"default",
            "switches":{"pop3":false}}}}"#;
        let Ok(Request::Mailbox(MailboxRequest::Set(set))) = serde_json::from_str(request) else { panic!("not read") };
        let SetMailbox { address, state, quota, ordinary, correspondents, switches, .. } = set;
        assert_eq!(switches, ProtocolSwitches { pop3: Some(false), ..ProtocolSwitches::default() });
        assert_eq!(address.as_str(), "anna@alfa.example");
        assert_eq!((state, quota, ordinary, correspondents), (None, Some(5), Some(Setting::Default), None));
        assert!(serde_json::from_str::<Request>(r#"{"mailbox":{"show":{"address":"nobody"}}}"#).is_err());
        assert!(serde_json::from_str::<Request>(r#"{"queue":{"show":{"id":1,"all":true}}}"#).is_err());
    }
}
