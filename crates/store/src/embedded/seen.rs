//! What each user of a shared mailbox has seen.
//!
//! That a user has seen a message is nobody else's business: the entry gets a new modification sequence for him alone, and no other
//! client reads it again (RFC 7162 wants it of the client whose flags changed). So an entry has for a user the higher one of two,
//! its own and that of his row; so has a folder. A user's row goes with the entry, or when he takes his `\\Seen` back. That is rare
//! and a change for all, and all folders and entries go up with it: what a client was told never goes down.

/// The row of a user beside the entry `e`.
pub(super) fn own(user: &str) -> String {
    format!("LEFT JOIN seen AS s ON s.folder = e.folder AND s.uid = e.uid AND s.user = {user}")
}

/// Beside it, whether he has seen the entry.
pub(super) const SEEN: &str = "s.user IS NOT NULL";
/// Beside it, the modification sequence that the entry has for him.
pub(super) const MODSEQ: &str = "max(e.modseq, coalesce(s.modseq, 0))";

/// The highest modification sequence that folder `f` has for user `?2`.
pub(super) const HIGHEST: &str = "max(f.highest_modseq,
  coalesce((SELECT max(s.modseq) FROM seen AS s WHERE s.user = ?2 AND s.folder = f.id), 0))";

/// How many messages of folder `f` user `?2` has not seen.
pub(super) const UNSEEN: &str = "f.messages -
  coalesce((SELECT c.seen FROM seen_counts AS c WHERE c.user = ?2 AND c.folder = f.id), 0)";

/// The UIDs of folder `?1` that changed after modification sequence `?2` for user `?3` alone.
pub(super) const SINCE: &str =
    "SELECT uid FROM seen INDEXED BY seen_by_user WHERE user = ?3 AND folder = ?1 AND modseq > ?2";
