//! Who plays: the guest's names, keys and way out.

use bytes::Bytes;
use directory::Index;
use pec::compose::{Draft, Emitter};
use pec::{Address, Moment};
use provider::{Clock, Ids, SystemClock, UniqueIds};
use seal::FileSigner;
use verify::read_index;

use super::post::Post;
use crate::described::Lab;
use crate::plan::GuestPlan;

/// The other provider.
pub(super) struct Peer {
    /// Who it says it is.
    pub emitter: Emitter,
    pub domains: Vec<String>,
    pub index: Index,
    listed: FileSigner,
    expired: FileSigner,
    revoked: FileSigner,
    unlisted: FileSigner,
    pub post: Post,
}

/// Which of its keys signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// In the index.
    Listed,
    /// In the index, expired.
    Expired,
    /// In the index, and revoked by the authority.
    Revoked,
    /// Not in the index.
    Unlisted,
}

impl Peer {
    /// Reads the guest's files.
    pub(super) fn read(lab: &Lab, guest: &GuestPlan) -> Result<Self, String> {
        let folder = lab.folder.join(&guest.provider.folder);
        let signer = |name: &str| {
            let at = |kind: &str| folder.join(format!("{name}.{kind}"));
            FileSigner::from_pem_files(&at("key"), &at("pem")).map_err(|error| error.to_string())
        };
        Ok(Self {
            emitter: Emitter {
                name: guest.provider.name.clone(),
                address: guest.provider.service_address.clone(),
                english: false,
            },
            domains: guest.provider.domains.clone(),
            index: read_index(&lab.ldif).map_err(|error| error.to_string())?,
            listed: signer("signing")?,
            expired: signer("expired")?,
            revoked: signer("revoked")?,
            unlisted: signer("unlisted")?,
            post: Post::new(lab, &guest.provider.hostname)?,
        })
    }

    pub(super) fn hosts(&self, address: &Address) -> bool {
        self.domains.contains(&address.domain_key())
    }

    pub(super) fn now(&self) -> Moment {
        SystemClock.now()
    }

    pub(super) fn fresh_id(&self, moment: Moment) -> String {
        UniqueIds.fresh(moment, self.emitter.address.domain())
    }

    pub(super) fn seal(&self, draft: &Draft, keys: Keys) -> Result<Bytes, String> {
        let signer = match keys {
            Keys::Listed => &self.listed,
            Keys::Expired => &self.expired,
            Keys::Revoked => &self.revoked,
            Keys::Unlisted => &self.unlisted,
        };
        seal::seal(draft, signer).map(|pieces| pieces.to_bytes()).map_err(|error| error.to_string())
    }
}

/// One line for who watches.
pub(super) fn say(line: String) {
    output::say!("{line}");
}
