//! Which messages are in a folder already.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};
use store::{ErrorKind, FolderId, Mailboxes, MessageId, Reader, StoreError, UidSet, Want};

/// Entries read at once.
const PAGE: usize = 2_000;
/// Octets of a message read at once.
const PIECE: u64 = 64 << 10;

/// SHA-256 of a message.
pub(super) type Digest = [u8; 32];

/// What a folder held when it was first asked about, by size: a message is read only when another one has its size. Some
/// fifty octets for each message.
pub(super) struct KnownFolder {
    by_size: HashMap<u64, Vec<Held>>,
}

struct Held {
    message: MessageId,
    digest: Option<Digest>,
}

impl KnownFolder {
    /// What the folder holds now.
    pub(super) async fn of(mailboxes: &dyn Mailboxes, folder: FolderId) -> Result<Self, StoreError> {
        let mut by_size: HashMap<u64, Vec<Held>> = HashMap::new();
        let mut rest = UidSet::all();
        loop {
            let page = mailboxes.entries(folder, &rest, Want::default(), Reader::Owner, PAGE).await?;
            for entry in &page {
                by_size.entry(entry.size).or_default().push(Held { message: entry.message, digest: None });
            }
            match page.last().and_then(|last| last.uid.checked_add(1)) {
                Some(next) => rest = UidSet::from_ranges([next..=u32::MAX]),
                None => return Ok(Self { by_size }),
            }
        }
    }

    /// Takes out a message of this size and, where one is given, this digest; whether there was one.
    pub(super) async fn take(
        &mut self,
        mailboxes: &dyn Mailboxes,
        size: u64,
        digest: Option<&Digest>,
    ) -> Result<bool, StoreError> {
        let Some(held) = self.by_size.get_mut(&size) else { return Ok(false) };
        let Some(digest) = digest else { return Ok(held.pop().is_some()) };
        let mut at = 0;
        while let Some(one) = held.get_mut(at) {
            if one.digest.is_none() {
                match self::digest(mailboxes, one.message, size).await? {
                    None => {
                        held.swap_remove(at);
                        continue;
                    }
                    found => one.digest = found,
                }
            }
            if one.digest.as_ref() == Some(digest) {
                held.swap_remove(at);
                return Ok(true);
            }
            at += 1;
        }
        Ok(false)
    }
}

/// The digest of a message, read piece by piece. `None`: it is gone, or damaged; then a good copy is welcome beside it.
async fn digest(mailboxes: &dyn Mailboxes, message: MessageId, size: u64) -> Result<Option<Digest>, StoreError> {
    let (mut sum, mut at) = (Sha256::new(), 0);
    while at < size {
        match mailboxes.read_range(message, at..size.min(at + PIECE)).await {
            Ok(Some(piece)) if !piece.is_empty() => {
                sum.update(&piece);
                at += piece.len() as u64;
            }
            Ok(_) => return Ok(None),
            Err(error) if error.kind == ErrorKind::Damaged => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(sum.finalize().into()))
}
