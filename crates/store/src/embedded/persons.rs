//! What is kept of one person, counted and erased.
//!
//! What may be a hundred thousand rows goes in lots, between which others write; last goes what the person is known by. So who is
//! interrupted says it again, and nothing is left half.

use async_trait::async_trait;
use pec::{Address, Moment};
use rusqlite::{Connection, params};

use super::sql::{Statements, column, moment, parse_address, signed, unsigned};
use super::{Embedded, accesses, holders, users};
use crate::{AccessRow, FeedItem, MailboxId, MailboxTraces, Persons, StoreError, UserId, UserTraces};

/// Rows that go in one transaction.
const LOT: usize = 1_000;

const WHAT: &str = "looking for what is kept of a person";
const ERASING: &str = "erasing what is kept of a person";

#[async_trait]
impl Persons for Embedded {
    async fn former_addresses(&self, mailbox: MailboxId) -> Result<Vec<(Address, Moment)>, StoreError> {
        let sql = "SELECT key, until FROM former_addresses WHERE mailbox = ?1 ORDER BY key";
        let read = |row: &rusqlite::Row<'_>| Ok((parse_address(&column::<String>(row, 0)?)?, moment(row, 1)?));
        self.readers.run(move |db| db.all(WHAT, sql, [mailbox.0], read)).await
    }

    async fn accesses_by(&self, user: &str, after: i64, limit: usize) -> Result<Vec<(Address, AccessRow)>, StoreError> {
        let key = users::key(user);
        self.readers.run(move |db| accesses::by(db, &key, after, limit)).await
    }

    async fn erased_user(&self, name: &str) -> Result<Option<Moment>, StoreError> {
        let key = users::key(name);
        let sql = "SELECT erased FROM users WHERE name = ?1 AND erased IS NOT NULL";
        self.readers.run(move |db| db.one(WHAT, sql, [key], |row| moment(row, 0))).await
    }

    async fn traces_of_user(&self, name: &str) -> Result<Option<UserTraces>, StoreError> {
        let key = users::key(name);
        self.readers.run(move |db| user_traces(db, &key)).await
    }

    async fn erase_user(&self, name: &str, now: Moment) -> Result<bool, StoreError> {
        let key = users::key(name);
        let Some(user) = self.user_number(&key).await? else { return Ok(false) };
        let seen = "DELETE FROM seen WHERE user = ?1 AND (folder, uid) IN
                      (SELECT folder, uid FROM seen INDEXED BY seen_by_user WHERE user = ?1 LIMIT ?2)";
        self.in_lots(seen, user).await?;
        self.change(move |tx| {
            for sql in [
                "DELETE FROM seen WHERE user = ?1",
                "DELETE FROM seen_counts WHERE user = ?1",
                "DELETE FROM annotations WHERE reader = ?1",
                "DELETE FROM grants WHERE user = ?1",
                "DELETE FROM office_grants WHERE user = ?1",
                "DELETE FROM app_passwords WHERE user = ?1",
            ] {
                tx.run(ERASING, sql, [user])?;
            }
            let sql = "UPDATE users SET display = '', password = NULL, enabled = 0, erased = ?2
                       WHERE id = ?1 AND erased IS NULL";
            let erased = tx.run(ERASING, sql, params![user, now.unix()])? == 1;
            Ok((erased, vec![FeedItem::User(UserId(user))]))
        })
        .await
    }

    async fn traces_of_mailbox(&self, mailbox: &Address) -> Result<Option<MailboxTraces>, StoreError> {
        let key = mailbox.key();
        self.readers.run(move |db| mailbox_traces(db, &key)).await
    }

    async fn erase_traces(&self, mailbox: &Address) -> Result<bool, StoreError> {
        let key = mailbox.key();
        let found = self.readers.run(move |db| holders::find(db, &key)).await?.filter(|found| !found.service);
        let Some(mailbox) = found.map(|found| found.id) else { return Ok(false) };
        let labels = "DELETE FROM entry_keywords WHERE (folder, uid, keyword) IN
                        (SELECT e.folder, e.uid, e.keyword FROM keywords AS k
                         JOIN entry_keywords AS e INDEXED BY entry_keywords_by_keyword ON e.keyword = k.id
                         WHERE k.mailbox = ?1 LIMIT ?2)";
        self.in_lots(labels, mailbox.0).await?;
        self.change(move |tx| {
            let users = "SELECT user FROM grants WHERE mailbox = ?1
                         UNION SELECT user FROM app_passwords WHERE mailbox = ?1 AND user IS NOT NULL";
            let told = tx.all(ERASING, users, [mailbox.0], |row| column(row, 0).map(UserId))?;
            tx.run(
                ERASING,
                "DELETE FROM entry_keywords WHERE keyword IN (SELECT id FROM keywords WHERE mailbox = ?1)",
                [mailbox.0],
            )?;
            for table in [
                "keywords",
                "annotations",
                "subscriptions",
                "sent_copies",
                "refusals",
                "refusing",
                "app_passwords",
                "grants",
            ] {
                tx.run(ERASING, &format!("DELETE FROM {table} WHERE mailbox = ?1"), [mailbox.0])?;
            }
            let sql =
                "UPDATE mailboxes SET password = NULL, ordinary = NULL, correspondents = NULL, sent_copies = NULL,
                         receipts = 'inbox', off = 0, without = 'none' WHERE id = ?1";
            tx.run(ERASING, sql, [mailbox.0])?;
            let look = holders::look_again(tx, mailbox)?.map(FeedItem::from);
            Ok((true, told.into_iter().map(FeedItem::User).chain(look).collect()))
        })
        .await
    }
}

impl Embedded {
    async fn user_number(&self, key: &str) -> Result<Option<i64>, StoreError> {
        let key = key.to_owned();
        Ok(self.readers.run(move |db| users::account(db, &key)).await?.map(|(user, _)| user.id.0))
    }

    /// Removes rows of whom `?1` is, `?2` at once, until none are left.
    async fn in_lots(&self, sql: &'static str, whose: i64) -> Result<(), StoreError> {
        while self.write(move |tx| tx.run(ERASING, sql, params![whose, signed(LOT)])).await? == LOT {}
        Ok(())
    }
}

fn user_traces(db: &Connection, key: &str) -> Result<Option<UserTraces>, StoreError> {
    let sql = "SELECT (SELECT count(*) FROM grants WHERE user = u.id) + (SELECT count(*) FROM office_grants WHERE user = u.id),
                 (SELECT count(*) FROM app_passwords WHERE user = u.id),
                 (SELECT coalesce(sum(seen), 0) FROM seen_counts WHERE user = u.id),
                 (SELECT count(*) FROM annotations WHERE reader = u.id)
               FROM users AS u WHERE u.name = ?1 AND u.erased IS NULL";
    db.one(WHAT, sql, [key], |row| {
        Ok(UserTraces {
            grants: unsigned(row, 0)?,
            app_passwords: unsigned(row, 1)?,
            seen: unsigned(row, 2)?,
            notes: unsigned(row, 3)?,
        })
    })
}

fn mailbox_traces(db: &Connection, key: &str) -> Result<Option<MailboxTraces>, StoreError> {
    let count = |table: &str| format!("(SELECT count(*) FROM {table} WHERE mailbox = m.id)");
    let tables = ["app_passwords", "grants", "keywords", "annotations", "subscriptions", "sent_copies", "refusals"];
    let counts: Vec<String> = tables.into_iter().map(count).collect();
    let sql = format!(
        "SELECT m.password IS NOT NULL, coalesce(m.ordinary, m.correspondents, m.sent_copies) IS NOT NULL
           OR (m.receipts, m.off, m.without) <> ('inbox', 0, 'none'), {}
         FROM mailboxes AS m WHERE m.key = ?1 AND NOT m.service",
        counts.join(", ")
    );
    db.one(WHAT, &sql, [key], |row| {
        Ok(MailboxTraces {
            password: column(row, 0)?,
            rules: column(row, 1)?,
            app_passwords: unsigned(row, 2)?,
            grants: unsigned(row, 3)?,
            labels: unsigned(row, 4)?,
            notes: unsigned(row, 5)?,
            subscriptions: unsigned(row, 6)?,
            copies: unsigned(row, 7)?,
            refusals: unsigned(row, 8)?,
        })
    })
}
