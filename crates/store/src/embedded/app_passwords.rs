//! App passwords: made, found by their secrets, removed, ended.

use async_trait::async_trait;
use pec::{Address, Moment};
use rusqlite::{Connection, Row, params};

use super::sql::{Statements, column, moment, parse_address, signed, unsigned};
use super::{Embedded, holders, secrets, users};
use crate::{
    Account, AppPassword, AppPasswordId, AppPasswordMade, AppPasswords, FeedItem, Login, MailboxId, NewAppPassword,
    Protocols, Secret, Standing, StoreError, UserId,
};

#[async_trait]
impl AppPasswords for Embedded {
    async fn make_app_password(&self, new: NewAppPassword) -> Result<AppPasswordMade, StoreError> {
        let secret = secrets::draw()?;
        let Some(digest) = secrets::digest(secret.expose()) else {
            return Err(StoreError::bug("a secret of ours has not its form"));
        };
        let most = self.limits.app_passwords;
        let made = self.write(move |tx| make(tx, &new, &digest, most)).await?;
        Ok(match made {
            Made::So(made) => AppPasswordMade::Made(made, secret),
            Made::Not(why) => why,
        })
    }

    async fn app_passwords(&self, of: &Account) -> Result<Vec<AppPassword>, StoreError> {
        let of = of.clone();
        self.readers
            .run(move |db| {
                let Some(owner) = Owner::find(db, &of)? else { return Ok(Vec::new()) };
                let sql = format!("SELECT {COLUMNS} WHERE {OWNED} ORDER BY a.id");
                db.all("reading app passwords", &sql, params![owner.user, owner.mailbox], read)
            })
            .await
    }

    async fn remove_app_password(&self, of: &Account, id: AppPasswordId) -> Result<Option<AppPassword>, StoreError> {
        let of = of.clone();
        self.change(move |tx| remove(tx, &of, id)).await
    }

    async fn ending_app_passwords(
        &self,
        now: Moment,
        before: Moment,
        after: AppPasswordId,
        limit: usize,
    ) -> Result<Vec<AppPassword>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE a.ends > ?1 AND a.ends < ?2 AND NOT a.ended AND a.id > ?3 ORDER BY a.id LIMIT ?4"
        );
        let (now, before) = (now.unix(), before.unix());
        self.readers
            .run(move |db| {
                let params = params![now, before, after.0, signed(limit)];
                db.all("looking for app passwords that end", &sql, params, read)
            })
            .await
    }

    async fn end_app_passwords(&self, now: Moment) -> Result<usize, StoreError> {
        // Looked for by a reader: the writer has nothing to do as long as nothing ends.
        let due = "SELECT id FROM app_passwords WHERE ends <= ?1 AND NOT ended LIMIT 1000";
        let what = "ending app passwords";
        let found: Vec<i64> = self.readers.run(move |db| db.all(what, due, [now.unix()], |row| column(row, 0))).await?;
        if found.is_empty() {
            return Ok(0);
        }
        self.change(move |tx| {
            let mut told = Vec::new();
            for id in &found {
                tx.run(what, "UPDATE app_passwords SET ended = 1 WHERE id = ?1", [id])?;
                told.extend(tell(tx, AppPasswordId(*id))?);
            }
            Ok((found.len(), told))
        })
        .await
    }
}

/// The columns that [`read`] reads, and where they come from.
const COLUMNS: &str = "a.id, u.name, m.address, a.name, a.protocols, a.made, a.ends, a.used FROM app_passwords AS a
  LEFT JOIN users AS u ON u.id = a.user LEFT JOIN mailboxes AS m ON m.id = a.mailbox";
/// Whose: a user by number, or the holder of a mailbox.
const OWNED: &str = "((?1 IS NOT NULL AND a.user = ?1) OR (?1 IS NULL AND a.user IS NULL AND a.mailbox = ?2))";

/// Whose app passwords: `user`, or the holder of `mailbox`.
struct Owner {
    user: Option<i64>,
    mailbox: Option<i64>,
}

impl Owner {
    fn find(db: &Connection, of: &Account) -> Result<Option<Self>, StoreError> {
        Ok(match of {
            Account::Mailbox(address) => {
                let found = holders::find(db, &address.key())?.filter(|mailbox| !mailbox.service);
                found.map(|mailbox| Self { user: None, mailbox: Some(mailbox.id.0) })
            }
            Account::User(name) => {
                let found = users::account(db, &users::key(name))?;
                found.map(|(user, _)| Self { user: Some(user.id.0), mailbox: None })
            }
        })
    }
}

enum Made {
    So(AppPassword),
    Not(AppPasswordMade),
}

fn make(tx: &Connection, new: &NewAppPassword, digest: &[u8; 32], most: u32) -> Result<Made, StoreError> {
    let what = "making an app password";
    let Some(owner) = Owner::find(tx, &new.of)? else { return Ok(Made::Not(AppPasswordMade::NoAccount)) };
    let mailbox = match (&owner, &new.mailbox) {
        (Owner { user: Some(user), .. }, Some(address)) => match granted(tx, *user, address)? {
            None => return Ok(Made::Not(AppPasswordMade::NotGranted)),
            found => found,
        },
        _ => owner.mailbox,
    };
    let sql = format!("SELECT count(*), coalesce(sum(a.name = ?3), 0) FROM app_passwords AS a WHERE {OWNED}");
    let counted = tx.one(what, &sql, params![owner.user, owner.mailbox, new.name], |row| {
        Ok((unsigned::<u32>(row, 0)?, unsigned::<u32>(row, 1)?))
    })?;
    match counted {
        Some((_, 1..)) => return Ok(Made::Not(AppPasswordMade::Taken)),
        Some((count, _)) if count >= most => return Ok(Made::Not(AppPasswordMade::TooMany { most })),
        _ => {}
    }
    let sql = "INSERT INTO app_passwords (digest, user, mailbox, name, protocols, made, ends)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (bits, ends) = (new.protocols.bits(), new.ends.map(Moment::unix));
    tx.run(what, sql, params![digest, owner.user, mailbox, new.name, bits, new.made.unix(), ends])?;
    let made = find(tx, "a.id = ?1", AppPasswordId(tx.last_insert_rowid()).0)?;
    made.map(|(made, _)| Made::So(made)).ok_or_else(|| StoreError::bug("an app password that was made is not there"))
}

fn granted(tx: &Connection, user: i64, mailbox: &Address) -> Result<Option<i64>, StoreError> {
    Ok(holders::granted_at(tx, UserId(user), &mailbox.key())?.map(|(mailbox, _)| mailbox.id.0))
}

fn remove(
    tx: &Connection,
    of: &Account,
    id: AppPasswordId,
) -> Result<(Option<AppPassword>, Vec<FeedItem>), StoreError> {
    let Some(owner) = Owner::find(tx, of)? else { return Ok((None, Vec::new())) };
    let sql = format!("SELECT {COLUMNS} WHERE {OWNED} AND a.id = ?3");
    let what = "removing an app password";
    let found = tx.one(what, &sql, params![owner.user, owner.mailbox, id.0], read)?;
    if found.is_none() {
        return Ok((None, Vec::new()));
    }
    let told = tell(tx, id)?;
    tx.run(what, "DELETE FROM app_passwords WHERE id = ?1", [id.0])?;
    Ok((found, told))
}

/// Tells it to whose it is, whose sessions look again.
fn tell(tx: &Connection, id: AppPasswordId) -> Result<Vec<FeedItem>, StoreError> {
    let sql = "SELECT user, mailbox FROM app_passwords WHERE id = ?1";
    let owner = tx.one("telling of an app password", sql, [id.0], |row| {
        Ok((column::<Option<i64>>(row, 0)?.map(UserId), column::<Option<i64>>(row, 1)?.map(MailboxId)))
    })?;
    Ok(match owner {
        Some((Some(user), _)) => vec![user.into()],
        Some((None, Some(mailbox))) => holders::look_again(tx, mailbox)?.map(FeedItem::from).into_iter().collect(),
        Some((None, None)) | None => Vec::new(),
    })
}

/// Who logs in with this name and the secret that has this digest.
pub(super) fn proved(db: &Connection, login: &str, digest: &[u8; 32]) -> Result<Option<Standing>, StoreError> {
    standing(db, login, find(db, "a.digest = ?1", digest)?)
}

/// Who logged in with this name and this app password, as he stands now.
pub(super) fn again(db: &Connection, login: &str, id: AppPasswordId) -> Result<Option<Standing>, StoreError> {
    standing(db, login, find(db, "a.id = ?1", id.0)?)
}

/// An app password, and the number of the mailbox that it is for.
type Found = (AppPassword, Option<i64>);

fn find(db: &Connection, which: &str, value: impl rusqlite::ToSql) -> Result<Option<Found>, StoreError> {
    let columns = COLUMNS.replacen(" FROM", ", a.mailbox FROM", 1);
    let sql = format!("SELECT {columns} WHERE {which}");
    db.one("looking for an app password", &sql, [value], |row| Ok((read(row)?, column(row, 8)?)))
}

/// The name must be that of its owner, or the address of a mailbox that it opens.
fn standing(db: &Connection, login: &str, found: Option<Found>) -> Result<Option<Standing>, StoreError> {
    let Some((app, mailbox)) = found else { return Ok(None) };
    let key = login.to_ascii_lowercase();
    let who = match &app.of {
        Account::Mailbox(address) if address.key() == key => {
            holders::find(db, &key)?.map(|mailbox| Login::Mailbox(Box::new(mailbox)))
        }
        Account::Mailbox(_) => None,
        Account::User(name) => {
            let user = users::account(db, name)?.map(|(user, _)| user).filter(|user| user.enabled);
            match user {
                Some(user) if login.contains('@') => {
                    let named = holders::find(db, &key)?.filter(|named| mailbox.is_none_or(|only| only == named.id.0));
                    let granted = match named {
                        Some(named) => granted(db, user.id.0, &named.address)?,
                        None => None,
                    };
                    granted.map(|_| Login::User(user))
                }
                Some(user) if users::key(login) == user.name => Some(Login::User(user)),
                _ => None,
            }
        }
    };
    Ok(who.map(|who| Standing { who, secret: Secret::App(app) }))
}

fn read(row: &Row<'_>) -> Result<AppPassword, StoreError> {
    let user: Option<String> = column(row, 1)?;
    let mailbox = column::<Option<String>>(row, 2)?.map(|text| parse_address(&text)).transpose()?;
    let (of, mailbox) = match (user, mailbox) {
        (Some(name), mailbox) => (Account::User(name), mailbox),
        (None, Some(address)) => (Account::Mailbox(address), None),
        (None, None) => return Err(StoreError::damaged("an app password is nobody's")),
    };
    let optional = |at| column::<Option<i64>>(row, at).map(|at| at.map(Moment::from_unix));
    Ok(AppPassword {
        id: AppPasswordId(column(row, 0)?),
        of,
        mailbox,
        name: column(row, 3)?,
        protocols: Protocols::from_bits(column(row, 4)?),
        made: moment(row, 5)?,
        ends: optional(6)?,
        used: optional(7)?,
    })
}
