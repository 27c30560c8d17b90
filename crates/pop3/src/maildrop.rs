//! The `INBOX` as it was at the login (RFC 1939 §5): what numbers mean until the session ends.

use holder::{MessageId, UidSet};

/// One message.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// UID in the `INBOX`.
    pub uid: u32,
    /// The message.
    pub message: MessageId,
    /// Its octets, as RETR sends them before dots are doubled. Where the last line has no end, RETR completes it.
    pub size: u64,
}

/// What a session sees.
#[derive(Clone, Debug, Default)]
pub struct Maildrop {
    validity: u32,
    items: Vec<Item>,
    deleted: Vec<bool>,
    fetched: Vec<bool>,
}

impl Maildrop {
    /// These messages, of an `INBOX` with this UIDVALIDITY.
    pub fn new(validity: u32, items: Vec<Item>) -> Self {
        let none = vec![false; items.len()];
        Self { validity, deleted: none.clone(), fetched: none, items }
    }

    /// The message with this number, unless it is marked as deleted.
    pub fn get(&self, number: usize) -> Option<Item> {
        let at = number.checked_sub(1)?;
        let item = self.items.get(at)?;
        (!self.deleted.get(at)?).then_some(*item)
    }

    /// Whether the message with this number is marked as deleted.
    pub fn is_deleted(&self, number: usize) -> bool {
        number.checked_sub(1).and_then(|at| self.deleted.get(at)).is_some_and(|deleted| *deleted)
    }

    /// What UIDL says of a message: 1 to 70 printable characters that are never another's (RFC 1939 §7).
    pub fn unique(&self, item: Item) -> String {
        format!("{}-{}", self.validity, item.uid)
    }

    /// Messages that are not marked, with their numbers, from this number on.
    pub fn from(&self, number: usize) -> impl Iterator<Item = (usize, Item)> {
        let skipped = number.saturating_sub(1);
        self.items
            .iter()
            .zip(&self.deleted)
            .enumerate()
            .skip(skipped)
            .filter_map(|(at, (item, deleted))| (!deleted).then_some((at + 1, *item)))
    }

    /// How many there are, and their octets.
    pub fn stat(&self) -> (usize, u64) {
        self.from(1).fold((0, 0), |(count, octets), (_, item)| (count + 1, octets + item.size))
    }

    /// Marks a message as deleted; `false`: there is none, or it is marked.
    pub fn delete(&mut self, number: usize) -> bool {
        let found = self.get(number).is_some();
        if let Some(mark) = number.checked_sub(1).and_then(|at| self.deleted.get_mut(at)).filter(|_| found) {
            *mark = true;
        }
        found
    }

    /// Takes every mark away.
    pub fn reset(&mut self) {
        self.deleted.fill(false);
    }

    /// Notes that a message was sent whole.
    pub fn fetched(&mut self, number: usize) {
        if let Some(mark) = number.checked_sub(1).and_then(|at| self.fetched.get_mut(at)) {
            *mark = true;
        }
    }

    /// What QUIT removes.
    pub fn to_remove(&self) -> UidSet {
        self.items.iter().zip(&self.deleted).filter(|(_, deleted)| **deleted).map(|(item, _)| item.uid).collect()
    }

    /// What was sent whole and stays.
    pub fn to_mark_seen(&self) -> UidSet {
        let marks = self.fetched.iter().zip(&self.deleted);
        self.items
            .iter()
            .zip(marks)
            .filter(|(_, (fetched, deleted))| **fetched && !**deleted)
            .map(|(i, _)| i.uid)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drop_of(uids: &[u32]) -> Maildrop {
        let item = |uid: &u32| Item { uid: *uid, message: MessageId(i64::from(*uid)), size: u64::from(*uid) * 10 };
        Maildrop::new(1_700_000_000, uids.iter().map(item).collect())
    }

    #[test]
    fn numbers_stay_when_messages_are_marked() {
        let mut drop = drop_of(&[3, 5, 8]);
        assert_eq!(drop.stat(), (3, 160));
        assert!(drop.delete(2) && !drop.delete(2) && !drop.delete(0) && !drop.delete(4));
        assert_eq!(drop.stat(), (2, 110));
        assert!(drop.get(2).is_none() && drop.is_deleted(2) && !drop.is_deleted(9));
        assert_eq!(drop.from(1).map(|(number, item)| (number, item.uid)).collect::<Vec<_>>(), [(1, 3), (3, 8)]);
        assert_eq!(drop.to_remove(), [5].into_iter().collect());
        drop.reset();
        assert_eq!(drop.stat(), (3, 160));
        assert!(drop.to_remove().is_empty());
    }

    #[test]
    fn what_was_fetched_and_stays_is_seen() {
        let mut drop = drop_of(&[3, 5, 8]);
        drop.fetched(1);
        drop.fetched(3);
        drop.fetched(7);
        drop.delete(3);
        assert_eq!(drop.to_mark_seen(), [3].into_iter().collect());
    }

    #[test]
    fn the_unique_identifier_is_short_and_printable() {
        let item = Item { uid: u32::MAX, message: MessageId(1), size: 1 };
        let unique = Maildrop::new(u32::MAX, vec![item]).unique(item);
        assert!(unique.len() <= 70 && unique.bytes().all(|octet| octet.is_ascii_graphic()), "{unique}");
    }
}
