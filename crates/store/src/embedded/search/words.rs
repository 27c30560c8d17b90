//! Messages by words, for people: newest first, a page at a time.

use std::collections::HashSet;

use pec::Moment;
use rusqlite::Connection;

use super::doc::{self, Doc};
use super::view::{self, View};
use crate::search::{WordHit, WordPlace};
use crate::{FolderId, MailboxId, MessageId, StoreError};

/// Words that count; further ones are passed over.
const WORDS: usize = 16;
/// Letters of a word that count.
const LETTERS: usize = 64;

/// What is looked for, apart: letters and digits, with marks that belong to them.
pub(super) fn apart(words: &str) -> Vec<String> {
    let part = |c: char| !c.is_alphanumeric() && !('\u{300}'..='\u{36f}').contains(&c);
    let cut = |word: &str| word.chars().take(LETTERS).collect();
    words.split(part).filter(|word| !word.is_empty()).take(WORDS).map(cut).collect()
}

/// The page of messages in a mailbox that have all of these words.
pub(super) fn page(
    view: &View,
    db: &Connection,
    mailbox: MailboxId,
    words: &[String],
    after: Option<WordPlace>,
    limit: usize,
) -> Result<Vec<WordHit>, StoreError> {
    let Some(number) = view.mailbox(mailbox.0)? else { return Ok(Vec::new()) };
    let mut left: Option<HashSet<i64>> = None;
    for word in words {
        let mut have = HashSet::new();
        for document in view.with_word(word, *doc::messages(number).start()..=*doc::texts(number).end())? {
            match Doc::of(document) {
                Doc::Message(message) => have.extend([message]),
                Doc::Text(text) => have.extend(view.holders(text)?),
            }
        }
        left = Some(match left {
            Some(left) => left.intersection(&have).copied().collect(),
            None => have,
        });
    }
    let mut places = Vec::new();
    for message in left.unwrap_or_default() {
        let its = view.places(number, message)?;
        places.extend(its.into_iter().map(|(at, folder, uid)| (at, folder, uid, message)));
    }
    if let Some(after) = after {
        places.retain(|(at, folder, uid, _)| (*at, *folder, *uid) < (after.at.unix(), after.folder.0, after.uid));
    }
    places.sort_unstable_by(|one, other| other.cmp(one));
    let mut page = Vec::new();
    for (at, folder, uid, message) in places {
        if page.len() == limit {
            break;
        }
        let (folder, message) = (FolderId(folder), view.message(message)?);
        // What went a moment ago is not shown.
        if let Some(message) = view::entry(db, folder, uid)?.filter(|there| Some(*there) == message) {
            page.push(WordHit { folder, uid, message: MessageId(message), at: Moment::from_unix(at) });
        }
    }
    Ok(page)
}
