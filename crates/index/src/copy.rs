//! A signed file of the index, opened and believed, or refused with the reason.

use std::path::Path;

use bytes::Bytes;
use directory::Index;
use pec::Moment;
use seal::Certificate;
use sha2::{Digest, Sha256};

use crate::error::IndexError;

/// How far ahead of our clock a file may be signed: clocks differ, and a file from next year would shut out all others.
const AHEAD: i64 = 3600;

/// A signed file whose signature and content were verified.
#[derive(Clone, Debug)]
pub struct Copy {
    /// What it says.
    pub index: Index,
    /// When it was signed, seconds since 1970; 0 when it does not say.
    pub signed: i64,
    /// SHA-256 of what it says (LDIF), hexadecimal: the same however often it is signed anew.
    pub content: String,
    /// The file.
    pub octets: Bytes,
}

impl Copy {
    /// Verifies signature, signer and schema, all of it before anything is believed [R-I-dir-1]; `pinned` are the
    /// certificates that may sign [R-7-b].
    pub fn open(octets: Bytes, pinned: &Pinned<'_>) -> Result<Self, IndexError> {
        let opened = seal::p7m::open_file(&octets).map_err(refused)?;
        if !pinned.certificates.iter().any(|certificate| certificate.der() == opened.signer.der()) {
            let who = opened.signer.subject();
            return Err(IndexError::Refused(format!(
                "signed by {who}, who is not the signer in {}",
                pinned.file.display()
            )));
        }
        let text = String::from_utf8(opened.content).map_err(refused)?;
        let index = Index::from_ldif(&text).map_err(refused)?;
        let content = hex::encode(Sha256::digest(&text));
        Ok(Self { index, signed: opened.signing_time.unwrap_or_default(), content, octets })
    }

    /// Whether this copy may follow one signed at `held`: an old file played back would bring back certificates and
    /// domains that were withdrawn.
    pub fn may_follow(&self, held: i64, now: Moment) -> Result<(), IndexError> {
        if self.signed < held {
            let (signed, held) = (Moment::from_unix(self.signed), Moment::from_unix(held));
            return Err(IndexError::Refused(format!("signed at {signed}, before the copy in use ({held})")));
        }
        if self.signed > now.unix() + AHEAD {
            let signed = Moment::from_unix(self.signed);
            return Err(IndexError::Refused(format!(
                "signed at {signed}, which is still to come: one of the two clocks is wrong"
            )));
        }
        Ok(())
    }

    /// The hash of the file: its ETag with our own servers.
    pub fn sha256(&self) -> String {
        sha256(&self.octets)
    }
}

/// Who may sign a file.
pub struct Pinned<'a> {
    certificates: Vec<Certificate>,
    file: &'a Path,
}

impl<'a> Pinned<'a> {
    /// The [`leaves`] of a PEM file, which not everybody may write [R-7-b].
    pub fn read(file: &'a Path) -> Result<Self, IndexError> {
        only_ours(file)?;
        Ok(Self { certificates: leaves(file)?, file })
    }

    /// One certificate; `file` is where it stands.
    pub fn only(certificate: Certificate, file: &'a Path) -> Self {
        Self { certificates: vec![certificate], file }
    }
}

/// The certificates of a PEM file that are no issuers of others in it: a file for signing holds its chain too, and an
/// authority signs no index.
pub fn leaves(file: &Path) -> Result<Vec<Certificate>, IndexError> {
    let all = Certificate::from_pem_file(file).map_err(|error| IndexError::Ours(error.to_string()))?;
    let issues = |one: &Certificate| all.iter().any(|other| other != one && other.issuer() == one.subject());
    let leaves: Vec<Certificate> = all.iter().filter(|certificate| !issues(certificate)).cloned().collect();
    if leaves.is_empty() {
        return Err(IndexError::file(file, "expected a signer's certificate (PEM), found none"));
    }
    Ok(leaves)
}

/// Refuses a file that every user of the machine may change: the index decides whose mail is believed [R-7-b].
pub fn only_ours(file: &Path) -> Result<(), IndexError> {
    use std::os::unix::fs::PermissionsExt;

    let found = std::fs::metadata(file).map_err(|error| IndexError::file(file, error))?;
    if found.permissions().mode() & 0o002 == 0 {
        return Ok(());
    }
    Err(IndexError::Ours(format!(
        "{0}: every user of this machine may change it, and it decides whose mail is believed; take the right away: chmod o-w {0}",
        file.display()
    )))
}

fn refused(error: impl std::fmt::Display) -> IndexError {
    IndexError::Refused(error.to_string())
}

/// Hex SHA-256.
pub fn sha256(octets: &[u8]) -> String {
    hex::encode(Sha256::digest(octets))
}
