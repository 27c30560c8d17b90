//! At which level of fullness mailboxes stand, what they refused, and what of it their holders were told.

use pec::{Address, Moment};
use rusqlite::{Connection, Row, params};

use super::sql::{Statements, address, column, moment, signed, unsigned};
use crate::{CommitError, FullRefusal, Growth, LevelReached, Levels, MailboxId, Refusals, StoreError, Telling};

/// Mailboxes that stand at a level of which nobody was told.
pub(super) fn reached(db: &Connection, after: MailboxId, limit: usize) -> Result<Vec<LevelReached>, StoreError> {
    let sql = "SELECT m.id, m.address, f.level, m.counted, m.quota
               FROM fullness AS f INDEXED BY fullness_untold JOIN mailboxes AS m ON m.id = f.mailbox
               WHERE f.level > f.told AND f.mailbox > ?1 AND m.state <> 'closed' ORDER BY f.mailbox LIMIT ?2";
    db.all("looking for mailboxes that fill", sql, params![after.0, signed(limit)], |row| {
        Ok(LevelReached {
            mailbox: MailboxId(column(row, 0)?),
            address: address(row, 1)?,
            level: unsigned(row, 2)?,
            counted: unsigned(row, 3)?,
            quota: unsigned(row, 4)?,
        })
    })
}

/// At which level a mailbox stands, as a column of a statement on `mailboxes`.
pub(super) const STOOD: &str = "coalesce((SELECT level FROM fullness WHERE mailbox = mailboxes.id), 0)";

/// What a mailbox holds, and at which level it stood before it did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) stood: u8,
    pub(super) counted: u64,
    pub(super) quota: u64,
}

/// Has a mailbox stand where it belongs. To be asked by whatever changes its octets or its quota.
pub(super) fn judge(tx: &Connection, mailbox: MailboxId, held: Held, levels: Levels) -> Result<(), StoreError> {
    let Held { stood, counted, quota } = held;
    let what = "judging how full a mailbox is";
    match levels.stands(stood, counted, quota) {
        stands if stands == stood => {}
        0 => drop(tx.run(what, "DELETE FROM fullness WHERE mailbox = ?1", [mailbox.0])?),
        stands => {
            let sql = "INSERT INTO fullness (mailbox, level, told) VALUES (?1, ?2, 0)
                       ON CONFLICT (mailbox) DO UPDATE SET level = excluded.level, told = min(told, excluded.level)";
            tx.run(what, sql, params![mailbox.0, stands])?;
        }
    }
    Ok(())
}

/// The same of one that was changed.
pub(super) fn judge_again(tx: &Connection, mailbox: MailboxId, levels: Levels) -> Result<(), StoreError> {
    let sql = format!("SELECT {STOOD}, counted, quota FROM mailboxes WHERE id = ?1 AND NOT service");
    let held = tx.one("judging how full a mailbox is", &sql, [mailbox.0], |row| read_held(row, 0))?;
    held.map_or(Ok(()), |held| judge(tx, mailbox, held, levels))
}

/// The same of all, by levels that may be new.
pub(super) fn judge_all(connection: &Connection, levels: Levels) -> Result<(), StoreError> {
    let what = "judging how full the mailboxes are";
    let sql = format!("SELECT id, {STOOD}, counted, quota FROM mailboxes WHERE NOT service");
    let all = connection.all(what, &sql, [], |row| Ok((MailboxId(column(row, 0)?), read_held(row, 1)?)))?;
    connection.run(what, "BEGIN IMMEDIATE", [])?;
    let judged = all.into_iter().try_for_each(|(mailbox, held)| judge(connection, mailbox, held, levels));
    let end = if judged.is_ok() { "COMMIT" } else { "ROLLBACK" };
    connection.run(what, end, [])?;
    judged
}

/// What stands in three columns from this one on: [`STOOD`], `counted`, `quota`.
pub(super) fn read_held(row: &Row<'_>, first: usize) -> Result<Held, StoreError> {
    Ok(Held { stood: unsigned(row, first)?, counted: unsigned(row, first + 1)?, quota: unsigned(row, first + 2)? })
}

/// Whether anybody is to be told that his mailbox fills.
pub(super) fn is_reached(tx: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM fullness AS f INDEXED BY fullness_untold
                 JOIN mailboxes AS m ON m.id = f.mailbox WHERE f.level > f.told AND m.state <> 'closed')";
    Ok(tx.one("looking for mailboxes that fill", sql, [], |row| column(row, 0))?.unwrap_or(false))
}

/// How many mailboxes stand at each level.
pub(super) fn by_level(connection: &Connection) -> Result<Vec<(u8, u64)>, StoreError> {
    let sql = "SELECT level, count(*) FROM fullness GROUP BY level";
    connection.all("counting full mailboxes", sql, [], |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?)))
}

/// Notes that a full mailbox refused a message, of which its holder is to be told.
pub(super) fn refuse(tx: &Connection, refusal: &FullRefusal) -> Result<(), CommitError> {
    let what = "noting a refusal";
    let FullRefusal { mailbox, at, size, certified, identifier, sender, subject } = refusal;
    let id = owner(tx, mailbox)?;
    let listed = "SELECT count(*), coalesce(sum(identifier = ?2), 0) FROM refusals WHERE mailbox = ?1";
    let identifier = identifier.as_deref();
    let (rows, same) = tx
        .one(what, listed, params![id, identifier], |row| Ok((unsigned::<usize>(row, 0)?, unsigned::<u64>(row, 1)?)))?
        .unwrap_or_default();
    if same > 0 {
        return Ok(());
    }
    if rows < Refusals::LISTED {
        let sql = "INSERT INTO refusals (mailbox, at, size, certified, identifier, sender, subject)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        tx.run(what, sql, params![id, at.unix(), signed(*size), certified, identifier, sender, subject])?;
    }
    let sql = "INSERT INTO refusing (mailbox, count, told) VALUES (?1, 1, 0)
               ON CONFLICT (mailbox) DO UPDATE SET count = count + 1";
    tx.run(what, sql, [id])?;
    Ok(())
}

/// Notes that a holder is told.
pub(super) fn tell(tx: &Connection, telling: &Telling) -> Result<(), CommitError> {
    let what = "noting what a holder is told";
    let (mailbox, told) = match telling {
        Telling::Level { mailbox, level } => {
            let sql = "UPDATE fullness SET told = ?2 WHERE mailbox = ?1 AND told < ?2 AND level >= ?2";
            (mailbox, tx.run(what, sql, params![owner(tx, mailbox)?, level])?)
        }
        Telling::Refusals { mailbox, told, count, last, at } => {
            let id = owner(tx, mailbox)?;
            let sql =
                "UPDATE refusing SET count = count - ?2, told = ?3 WHERE mailbox = ?1 AND count >= ?2 AND told = ?4";
            let told = tx.run(what, sql, params![id, signed(*count), at.unix(), told.unix()])?;
            let sql = "DELETE FROM refusals WHERE mailbox = ?1 AND number <= ?2";
            tx.run(what, sql, params![id, signed(*last)])?;
            (mailbox, told)
        }
    };
    if told == 0 { Err(CommitError::AlreadyTold(mailbox.clone())) } else { Ok(()) }
}

fn owner(tx: &Connection, mailbox: &Address) -> Result<i64, CommitError> {
    let sql = "SELECT id FROM mailboxes WHERE key = ?1 AND NOT service";
    let found = tx.one("finding a mailbox", sql, [mailbox.key()], |row| column(row, 0))?;
    found.ok_or_else(|| CommitError::NoMailbox(mailbox.clone()))
}

/// What mailboxes refused whose holders were told at `before` at the latest.
pub(super) fn untold(
    db: &Connection,
    before: Moment,
    after: MailboxId,
    limit: usize,
) -> Result<Vec<Refusals>, StoreError> {
    let what = "reading what full mailboxes refused";
    let sql = "SELECT m.id, m.address, m.counted, m.quota, r.told, r.count
               FROM refusing AS r INDEXED BY refusing_untold JOIN mailboxes AS m ON m.id = r.mailbox
               WHERE r.count > 0 AND r.mailbox > ?1 AND r.told <= ?2 AND m.state <> 'closed'
               ORDER BY r.mailbox LIMIT ?3";
    let mut all = db.all(what, sql, params![after.0, before.unix(), signed(limit)], |row| {
        Ok(Refusals {
            mailbox: MailboxId(column(row, 0)?),
            address: address(row, 1)?,
            counted: unsigned(row, 2)?,
            quota: unsigned(row, 3)?,
            told: moment(row, 4)?,
            count: unsigned(row, 5)?,
            listed: Vec::new(),
            last: 0,
        })
    })?;
    let sql = "SELECT number, at, size, certified, identifier, sender, subject FROM refusals WHERE mailbox = ?1
               ORDER BY number";
    for refusals in &mut all {
        let Refusals { mailbox, address, last, .. } = refusals;
        refusals.listed = db.all(what, sql, [mailbox.0], |row| {
            *last = unsigned(row, 0)?;
            Ok(FullRefusal {
                mailbox: address.clone(),
                at: moment(row, 1)?,
                size: unsigned(row, 2)?,
                certified: column(row, 3)?,
                identifier: column::<Option<String>>(row, 4)?.map(Into::into),
                sender: column(row, 5)?,
                subject: column(row, 6)?,
            })
        })?;
    }
    Ok(all)
}

/// What came within the window, and since when there is anything. Every entry of the mailbox is read, and no message: some 30 ms
/// for a hundred thousand. It is asked for a letter and for who looks at the mailbox, both of them rare; an index by date would
/// cost each delivery.
pub(super) fn growth(db: &Connection, mailbox: MailboxId, now: Moment) -> Result<Growth, StoreError> {
    let sql = "SELECT min(e.at), coalesce(sum(e.size) FILTER (WHERE e.at > ?2), 0)
               FROM folders AS f CROSS JOIN entries AS e ON e.folder = f.id WHERE f.mailbox = ?1 AND e.counts";
    let begun = now.plus(-Growth::WINDOW).unix();
    let found = db.one("reading how a mailbox grew", sql, params![mailbox.0, begun], |row| {
        let since = column::<Option<i64>>(row, 0)?.map(Moment::from_unix);
        Ok(Growth { since, octets: unsigned(row, 1)? })
    })?;
    Ok(found.unwrap_or_default())
}
