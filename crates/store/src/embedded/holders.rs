//! Mailboxes as accounts: made, found, changed, given another address.

use pec::{Address, Moment};
use rusqlite::{Connection, Row, params};

use super::folders;
use super::fullness;
use super::holds;
use super::limits::MailboxLimits;
use super::reach;
use super::sql::{Statements, address, column, list, named, signed, texts, unsigned};
use super::units::{self, BELOW, Seat};
use crate::{
    Capabilities, Change, ChangeKind, Correspondents, Created, Mailbox, MailboxChange, MailboxId, MailboxState,
    Protocols, Renamed, Rights, StoreError, Unit, UserId,
};

/// What a new mailbox is, with its password already hashed.
pub(super) struct Opening {
    pub(super) address: Address,
    pub(super) password: Option<String>,
    pub(super) quota: u64,
    pub(super) service: bool,
    pub(super) unit: Option<Unit>,
}

/// The columns that [`read`] reads.
const COLUMNS: &str = "id, address, state, quota, counted, used, modseq, service, ordinary, correspondents, password,
  sent_copies, receipts, off, without, organisation, office";

/// How many they are.
const USED_COLUMNS: usize = 17;

/// Makes a mailbox; a holder's with its folders.
pub(super) fn create(tx: &Connection, new: &Opening) -> Result<Created, StoreError> {
    let what = "creating a mailbox";
    let key = new.address.key();
    if former(tx, &key)?.is_some() {
        return Ok(Created::Former);
    }
    // The provider's own stands in no organisation, also where its domain belongs to one.
    let seat = if new.service { Seat::default() } else { units::seat(tx, &new.address, new.unit)? };
    let sql = "INSERT INTO mailboxes (key, address, domain, state, quota, service, password, organisation, office)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (key) DO NOTHING";
    let state = MailboxState::Active.name();
    // Nobody logs in to the service mailbox.
    let password = new.password.as_ref().filter(|_| !new.service);
    let (address, domain) = (new.address.as_str(), new.address.domain_key());
    let quota = signed(new.quota);
    let params = params![key, address, domain, state, quota, new.service, password, seat.organisation, seat.office];
    if tx.run(what, sql, params)? == 0 {
        return Ok(Created::Exists);
    }
    if !new.service {
        folders::bear(tx, MailboxId(tx.last_insert_rowid()))?;
    }
    Ok(Created::Made)
}

/// The mailbox with this [`Address::key`].
pub(super) fn find(connection: &Connection, key: &str) -> Result<Option<Mailbox>, StoreError> {
    Ok(account(connection, key)?.map(|(mailbox, _)| mailbox))
}

/// The mailbox with this [`Address::key`], and the hash of its password.
pub(super) fn account(connection: &Connection, key: &str) -> Result<Option<(Mailbox, Option<String>)>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mailboxes WHERE key = ?1");
    connection.one("reading a mailbox", &sql, [key], |row| Ok((read(row)?, column(row, 10)?)))
}

/// Mailboxes by key, after this one.
pub(super) fn list_after(connection: &Connection, after: &str, limit: usize) -> Result<Vec<Mailbox>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mailboxes WHERE key > ?1 ORDER BY key LIMIT ?2");
    connection.all("reading the mailboxes", &sql, params![after, signed(limit)], read)
}

/// What a user may use, by key: what begins so, after this one.
pub(super) fn granted(
    connection: &Connection,
    user: UserId,
    beginning: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<(Mailbox, Rights)>, StoreError> {
    let sql = format!(
        "{} SELECT {COLUMNS}, read, send, manage FROM reach CROSS JOIN mailboxes USING (key) ORDER BY reach.key",
        reach::page()
    );
    let range = reach::range(user, beginning, after, limit);
    connection
        .all("reading what a user may use", &sql, range, |row| Ok((read(row)?, reach::rights(row, USED_COLUMNS)?)))
}

/// What a user may do with the mailbox with this [`Address::key`].
pub(super) fn granted_at(
    connection: &Connection,
    user: UserId,
    key: &str,
) -> Result<Option<(Mailbox, Rights)>, StoreError> {
    let Some(mailbox) = find(connection, key)? else { return Ok(None) };
    Ok(reach::at(connection, user.0, mailbox.id)?.map(|rights| (mailbox, rights)))
}

/// Mailboxes in a unit and below it by key, after this one.
pub(super) fn list_in(
    connection: &Connection,
    unit: Unit,
    after: &str,
    limit: usize,
) -> Result<Vec<Mailbox>, StoreError> {
    let what = "reading the mailboxes of an office";
    // In the order of the organisation's addresses, whichever of its offices they stand in: each page is a stretch of one index.
    let (sql, id) = match unit {
        Unit::Organisation(id) => (
            format!("SELECT {COLUMNS} FROM mailboxes WHERE organisation = ?1 AND key > ?2 ORDER BY key LIMIT ?3"),
            id.0,
        ),
        Unit::Office(id) => (
            format!(
                "{BELOW} SELECT {COLUMNS} FROM mailboxes INDEXED BY mailboxes_by_organisation
                 WHERE organisation = (SELECT organisation FROM offices WHERE id = ?1) AND key > ?2
                   AND +office IN (SELECT below.id FROM below) ORDER BY key LIMIT ?3"
            ),
            id.0,
        ),
    };
    connection.all(what, &sql, params![id, after, signed(limit)], read)
}

/// Changes what is to be changed.
pub(super) fn change(
    tx: &Connection,
    key: &str,
    change: &MailboxChange,
    limits: MailboxLimits,
) -> Result<(Option<Mailbox>, Vec<Change>), StoreError> {
    if *change == MailboxChange::default() {
        return Ok((find(tx, key)?, Vec::new()));
    }
    if change.state == Some(MailboxState::Closed)
        && let Some(mailbox) = find(tx, key)?
    {
        holds::open(tx, mailbox.id)?;
    }
    let MailboxChange {
        state,
        quota,
        ordinary,
        correspondents,
        sent_copies,
        receipts,
        unit,
        switch_on,
        switch_off,
        without,
    } = change;
    let seat = match unit {
        Some(unit) => find(tx, key)?.map(|mailbox| units::seat(tx, &mailbox.address, *unit)).transpose()?,
        None => None,
    };
    let sql = format!(
        "UPDATE mailboxes SET modseq = modseq + 1, state = coalesce(?2, state), quota = coalesce(?3, quota),
           ordinary = CASE WHEN ?4 THEN ?5 ELSE ordinary END,
           correspondents = CASE WHEN ?6 THEN ?7 ELSE correspondents END,
           sent_copies = CASE WHEN ?8 THEN ?9 ELSE sent_copies END, receipts = coalesce(?10, receipts),
           off = (off & ~?11) | ?12, organisation = CASE WHEN ?13 THEN ?14 ELSE organisation END,
           office = CASE WHEN ?13 THEN ?15 ELSE office END, without = coalesce(?16, without)
         WHERE key = ?1 RETURNING {COLUMNS}"
    );
    let rules = |group: &Correspondents| list(group.rules().iter().map(String::as_str));
    let params = params![
        key,
        state.map(MailboxState::name),
        quota.map(signed),
        ordinary.is_some(),
        ordinary.as_ref().and_then(Option::as_ref).map(ToString::to_string),
        correspondents.is_some(),
        correspondents.as_ref().and_then(Option::as_ref).map(rules),
        sent_copies.is_some(),
        sent_copies.flatten().map(|copies| copies.to_string()),
        receipts.map(|receipts| receipts.to_string()),
        switch_on.bits(),
        switch_off.bits(),
        seat.is_some(),
        seat.and_then(|seat| seat.organisation),
        seat.and_then(|seat| seat.office),
        without.as_ref().map(ToString::to_string),
    ];
    let mailbox = tx.one("changing a mailbox", &sql, params, read)?;
    if let (Some(mailbox), Some(_)) = (&mailbox, quota) {
        fullness::judge_again(tx, mailbox.id, limits.levels)?;
    }
    let told = mailbox.iter().map(|mailbox| told(mailbox.id, mailbox.modseq)).collect();
    Ok((mailbox, told))
}

/// Gives a mailbox another address; the old one is never given again, unless to itself.
pub(super) fn rename(
    tx: &Connection,
    from: &Address,
    to: &Address,
    now: Moment,
) -> Result<(Renamed, Vec<Change>), StoreError> {
    let what = "renaming a mailbox";
    let (old, new) = (from.key(), to.key());
    let Some(mailbox) = find(tx, &old)? else { return Ok((Renamed::Missing, Vec::new())) };
    let taken = old != new && find(tx, &new)?.is_some();
    if taken || former(tx, &new)?.is_some_and(|owner| owner != mailbox.id) {
        return Ok((Renamed::Taken, Vec::new()));
    }
    let sql =
        "UPDATE mailboxes SET modseq = modseq + 1, key = ?2, address = ?3, domain = ?4, organisation = ?5, office = ?6
               WHERE id = ?1 RETURNING modseq";
    // It stays where it stands, unless the new domain's organisation is another.
    let seat = if mailbox.service { Seat::default() } else { units::seat(tx, to, mailbox.unit)? };
    let params = params![mailbox.id.0, new, to.as_str(), to.domain_key(), seat.organisation, seat.office];
    let modseq: Option<u64> = tx.one(what, sql, params, |row| unsigned(row, 0))?;
    if old != new {
        tx.run(what, "DELETE FROM former_addresses WHERE key = ?1", [&new])?;
        let sql = "INSERT INTO former_addresses (key, mailbox, until) VALUES (?1, ?2, ?3)";
        tx.run(what, sql, params![old, mailbox.id.0, now.unix()])?;
    }
    Ok((Renamed::Done, modseq.map(|modseq| told(mailbox.id, modseq)).into_iter().collect()))
}

/// Changes the password of a holder's mailbox. `false`: there is no such mailbox, or it is the service mailbox.
pub(super) fn set_password(tx: &Connection, key: &str, hash: &str) -> Result<(bool, Vec<Change>), StoreError> {
    let sql = "UPDATE mailboxes SET modseq = modseq + 1, password = ?2 WHERE key = ?1 AND NOT service
               RETURNING id, modseq";
    let changed = tx.one("changing a password", sql, params![key, hash], |row| {
        Ok(told(MailboxId(column(row, 0)?), unsigned(row, 1)?))
    })?;
    Ok((changed.is_some(), Vec::from_iter(changed)))
}

/// Whose address this was once.
fn former(connection: &Connection, key: &str) -> Result<Option<MailboxId>, StoreError> {
    let sql = "SELECT mailbox FROM former_addresses WHERE key = ?1";
    connection.one("reading former addresses", sql, [key], |row| Ok(MailboxId(column(row, 0)?)))
}

/// Sessions of a mailbox look again; `None`: there is no such mailbox.
pub(super) fn look_again(tx: &Connection, mailbox: MailboxId) -> Result<Option<Change>, StoreError> {
    let sql = "UPDATE mailboxes SET modseq = modseq + 1 WHERE id = ?1 RETURNING modseq";
    tx.one("telling of a mailbox", sql, [mailbox.0], |row| Ok(told(mailbox, unsigned(row, 0)?)))
}

/// What sessions look again for.
fn told(mailbox: MailboxId, modseq: u64) -> Change {
    Change { mailbox, folder: None, modseq, what: ChangeKind::Mailbox }
}

fn read(row: &Row<'_>) -> Result<Mailbox, StoreError> {
    let state = named(column(row, 2)?, MailboxState::from_name)?;
    let group = match column::<Option<String>>(row, 9)? {
        None => None,
        Some(_) => {
            let rules = texts(row, 9)?;
            Some(Correspondents::from_rules(rules.iter().map(String::as_str)).map_err(StoreError::damaged)?)
        }
    };
    Ok(Mailbox {
        id: MailboxId(column(row, 0)?),
        address: address(row, 1)?,
        state: state.ok_or_else(|| StoreError::damaged("a mailbox has no state"))?,
        quota: unsigned(row, 3)?,
        counted: unsigned(row, 4)?,
        used: unsigned(row, 5)?,
        modseq: unsigned(row, 6)?,
        service: column(row, 7)?,
        ordinary: named(column(row, 8)?, |text| text.parse().ok())?,
        correspondents: group,
        sent_copies: named(column(row, 11)?, |text| text.parse().ok())?,
        receipts: column::<String>(row, 12)?.parse().map_err(StoreError::damaged)?,
        protocols: Protocols::from_bits(column(row, 13)?).others(),
        without: Capabilities::kept(&column::<String>(row, 14)?),
        unit: Seat::read(row, 15)?.unit(),
    })
}
