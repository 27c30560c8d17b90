//! Keywords: each mailbox has its own, once without regard to case.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::limits::MailboxLimits;
use super::sql::{Statements, column, list, signed};
use crate::{ErrorKind, FolderId, MailboxId, StoreError};

/// The longest keyword, octets.
const LONGEST: usize = 255;

/// The numbers of these keywords in a mailbox; those that it does not know yet are made.
pub(super) fn numbers(
    tx: &Connection,
    mailbox: MailboxId,
    keywords: &BTreeSet<String>,
    limits: MailboxLimits,
) -> Result<BTreeSet<i64>, StoreError> {
    let mut numbers = BTreeSet::new();
    let mut new = BTreeMap::new();
    for keyword in keywords {
        match find(tx, mailbox, keyword)? {
            Some(number) => drop(numbers.insert(number)),
            None => drop(new.entry(key(keyword)).or_insert(keyword)),
        }
    }
    if new.is_empty() {
        return Ok(numbers);
    }
    new.values().try_for_each(|keyword| check(keyword))?;
    make_room(tx, mailbox, keywords, new.len(), limits.keywords)?;
    for (key, keyword) in new {
        let sql = "INSERT INTO keywords (mailbox, key, name) VALUES (?1, ?2, ?3)";
        tx.run("making a keyword", sql, params![mailbox.0, key, keyword])?;
        numbers.insert(tx.last_insert_rowid());
    }
    Ok(numbers)
}

/// The numbers of those of these keywords that a mailbox knows.
pub(super) fn known(
    connection: &Connection,
    mailbox: MailboxId,
    keywords: &BTreeSet<String>,
) -> Result<BTreeSet<i64>, StoreError> {
    let found = keywords.iter().map(|keyword| find(connection, mailbox, keyword));
    found.filter_map(Result::transpose).collect()
}

/// The keywords of the mailbox that has this folder, as first written, by their numbers.
pub(super) fn names(connection: &Connection, folder: FolderId) -> Result<BTreeMap<i64, String>, StoreError> {
    let sql = "SELECT id, name FROM keywords WHERE mailbox = (SELECT mailbox FROM folders WHERE id = ?1)";
    let all = connection.all("reading keywords", sql, [folder.0], |row| Ok((column(row, 0)?, column(row, 1)?)))?;
    Ok(all.into_iter().collect())
}

/// The keywords that entries of this folder have.
pub(super) fn held(connection: &Connection, folder: FolderId) -> Result<BTreeSet<String>, StoreError> {
    let sql = "SELECT name FROM keywords AS k WHERE mailbox = (SELECT mailbox FROM folders WHERE id = ?1)
                 AND EXISTS (SELECT 1 FROM entry_keywords AS e WHERE e.keyword = k.id AND e.folder = ?1)";
    let all = connection.all("reading keywords", sql, [folder.0], |row| column(row, 0))?;
    Ok(all.into_iter().collect())
}

/// The numbers in a column made with `group_concat`.
pub(super) fn grouped(column: Option<&str>) -> impl Iterator<Item = i64> {
    column.into_iter().flat_map(|numbers| numbers.split(',')).filter_map(|number| number.parse().ok())
}

fn find(connection: &Connection, mailbox: MailboxId, keyword: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM keywords WHERE mailbox = ?1 AND key = ?2";
    connection.one("finding a keyword", sql, params![mailbox.0, key(keyword)], |row| column(row, 0))
}

fn key(keyword: &str) -> String {
    keyword.to_lowercase()
}

fn check(keyword: &str) -> Result<(), StoreError> {
    let refused = |why: String| Err(StoreError::new(ErrorKind::Refused, why));
    if keyword.is_empty() || keyword.len() > LONGEST {
        return refused(format!("a keyword has 1 to {LONGEST} octets, this one has {}", keyword.len()));
    }
    // A backslash begins a system flag: as a keyword it would be taken for one.
    if keyword.starts_with('\\') || keyword.contains(|found: char| found.is_control() || found.is_whitespace()) {
        return refused(format!("'{}' is no keyword", keyword.escape_debug()));
    }
    Ok(())
}

/// Sees that so many keywords more are within the limit. Those that no message has any more make room, `wanted` ones
/// excepted.
fn make_room(
    tx: &Connection,
    mailbox: MailboxId,
    wanted: &BTreeSet<String>,
    more: usize,
    limit: u32,
) -> Result<(), StoreError> {
    let what = "counting keywords";
    let full = || -> Result<bool, StoreError> {
        let sql = "SELECT count(*) + ?2 > ?3 FROM keywords WHERE mailbox = ?1";
        Ok(tx.one(what, sql, params![mailbox.0, signed(more), limit], |row| column(row, 0))?.unwrap_or(true))
    };
    if !full()? {
        return Ok(());
    }
    let sql = "DELETE FROM keywords WHERE mailbox = ?1 AND key NOT IN (SELECT value FROM json_each(?2))
                 AND NOT EXISTS (SELECT 1 FROM entry_keywords WHERE keyword = keywords.id)";
    let keys: Vec<String> = wanted.iter().map(|keyword| key(keyword)).collect();
    tx.run(what, sql, params![mailbox.0, list(keys.iter().map(String::as_str))])?;
    if full()? {
        let why = format!("a mailbox may have {limit} different keywords: remove some from its messages");
        return Err(StoreError::new(ErrorKind::Limit, why));
    }
    Ok(())
}
