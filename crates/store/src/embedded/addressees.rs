//! What was certified of accepted messages, and the fate of their recipients.

use bytes::Bytes;
use pec::{Address, Identifier, Moment};
use rusqlite::{Connection, Row, params};

use super::sql::{Statements, address, column, moment, named, signed};
use super::subjects;
use crate::{
    About, Actor, Addressee, CommitError, Effect, LateAnswer, NewAddressee, Progress, Sent, State, Step, StoreError,
};

/// Notes what was certified, and every recipient.
pub(super) fn open(tx: &Connection, sent: &Sent, subject: Option<i64>) -> Result<(), StoreError> {
    let Sent { identifier, mailbox, at, data, about: _, by, addressees } = sent;
    let what = "noting what was certified";
    let subject = subject
        .ok_or_else(|| StoreError::bug("noting what was certified: it is about no subject (a fault in the point)"))?;
    let sql = "INSERT INTO sent (identifier, mailbox, at, by, subject, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let params = params![&**identifier, mailbox.as_str(), at.unix(), written(by)?, subject, data.as_ref()];
    tx.run(what, sql, params)?;
    let sql = "INSERT INTO addressees (identifier, key, position, recipient, state, accepted_at, since, due)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)";
    let row = |(position, addressee): (usize, &NewAddressee)| {
        let NewAddressee { recipient, state, due } = addressee.clone();
        let due = due.map(Moment::unix);
        (identifier.to_string(), recipient.key(), signed(position), recipient.to_string(), state.name(), at.unix(), due)
    };
    tx.each(what, sql, addressees.iter().enumerate().map(row))
}

/// Applies one step, as [`State::after`] has it.
pub(super) fn advance(tx: &Connection, progress: &Progress) -> Result<(), CommitError> {
    let Progress { about, recipient, step, at, code, receipt, due, seen } = progress;
    let what = "noting what became of a recipient";
    let key = recipient.key();
    let sql = "SELECT state, due FROM addressees WHERE identifier = ?1 AND key = ?2";
    let found = tx.one(what, sql, params![&**about, key], |row| Ok((state(row, 0)?, optional_moment(row, 1)?)))?;
    let moved = || CommitError::Moved { identifier: about.clone(), recipient: recipient.clone() };
    if let Some(seen) = seen
        && found != Some((seen.state, seen.due))
    {
        return Err(moved());
    }
    let Some((state, _)) = found else { return Ok(()) };
    let now = at.unix();
    let due = due.map(Moment::unix);
    match state.after(*step) {
        Effect::Become(next) => {
            let sql = "UPDATE addressees SET state = ?3, since = ?4, taken_at = coalesce(?5, taken_at), code = ?6,
                         receipt = ?7, due = CASE WHEN ?8 THEN NULL ELSE coalesce(?9, due) END
                       WHERE identifier = ?1 AND key = ?2";
            let taken = (*step == Step::TakeCharge).then_some(now);
            // A receipt that ends nothing is in the evidence; here stands the one that did.
            let (code, receipt) = if next.is_final() { (code, receipt) } else { (&None, &None) };
            tx.run(what, sql, params![&**about, key, next.name(), now, taken, code, receipt, next.is_final(), due])?;
        }
        Effect::Stay => {
            let sql = "UPDATE addressees SET warned_at = coalesce(?3, warned_at), due = coalesce(?4, due)
                       WHERE identifier = ?1 AND key = ?2";
            tx.run(what, sql, params![&**about, key, (*step == Step::Warn).then_some(now), due])?;
        }
        Effect::Late => {
            let sql = "UPDATE addressees SET late_step = ?3, late_at = ?4, late_receipt = ?5
                       WHERE identifier = ?1 AND key = ?2";
            tx.run(what, sql, params![&**about, key, step.name(), now, receipt])?;
        }
        // A take-charge that its delivery overtook is still the hour at which it was taken in charge.
        Effect::Again if *step == Step::TakeCharge => {
            let sql = "UPDATE addressees SET taken_at = ?3 WHERE identifier = ?1 AND key = ?2 AND taken_at IS NULL";
            tx.run(what, sql, params![&**about, key, now])?;
        }
        Effect::Again => {}
        Effect::Wrong => {
            return Err(StoreError::bug(format!(
                "{what}: {recipient} of {about} is {} and cannot {} (a fault in the point)",
                state.name(),
                step.name()
            ))
            .into());
        }
    }
    Ok(())
}

/// What was certified of a message.
pub(super) fn sent(connection: &Connection, identifier: &Identifier) -> Result<Option<Sent>, StoreError> {
    let sql =
        "SELECT t.mailbox, t.at, t.by, t.data, s.hash, s.canonical FROM sent t JOIN subjects s ON s.id = t.subject
               WHERE t.identifier = ?1";
    connection.one("reading what was certified", sql, [&**identifier], |row| {
        Ok(Sent {
            identifier: identifier.clone(),
            mailbox: address(row, 0)?,
            at: moment(row, 1)?,
            by: actor(&column::<String>(row, 2)?)?,
            data: Bytes::from(column::<Vec<u8>>(row, 3)?),
            about: About::Subject(subjects::read(row, 4, 5)?),
            addressees: Vec::new(),
        })
    })
}

const ADDRESSEE: &str =
    "SELECT identifier, recipient, state, accepted_at, since, taken_at, warned_at, code, receipt, due,
                           late_step, late_at, late_receipt FROM addressees";

/// One recipient of one message.
pub(super) fn one(
    connection: &Connection,
    identifier: &Identifier,
    recipient: &Address,
) -> Result<Option<Addressee>, StoreError> {
    let sql = format!("{ADDRESSEE} WHERE identifier = ?1 AND key = ?2");
    connection.one("reading a recipient", &sql, params![&**identifier, recipient.key()], read)
}

/// Every recipient of a message, in the order of its envelope.
pub(super) fn all(connection: &Connection, identifier: &Identifier) -> Result<Vec<Addressee>, StoreError> {
    let sql = format!("{ADDRESSEE} WHERE identifier = ?1 ORDER BY position");
    connection.all("reading the recipients", &sql, [&**identifier], read)
}

/// Recipients whose deadline has come; beside them what cannot be read.
pub(super) fn due(
    connection: &Connection,
    now: Moment,
    limit: usize,
) -> Result<(Vec<Addressee>, Vec<StoreError>), StoreError> {
    let sql = format!("{ADDRESSEE} WHERE due <= ?1 ORDER BY due, identifier, key");
    connection.readable("reading the deadlines", &sql, [now.unix()], limit, |row| {
        read(row).map_err(|error| {
            let name = |at: usize| column::<String>(row, at).unwrap_or_default();
            StoreError::new(error.kind, format!("recipient {} of {}: {}", name(1), name(0), error.what))
        })
    })
}

fn read(row: &Row<'_>) -> Result<Addressee, StoreError> {
    let late = named(column(row, 10)?, Step::from_name)?;
    let late = late.map(|step| Ok(LateAnswer { step, at: moment(row, 11)?, receipt: column(row, 12)? }));
    Ok(Addressee {
        identifier: column::<String>(row, 0)?.into(),
        recipient: address(row, 1)?,
        state: state(row, 2)?,
        accepted_at: moment(row, 3)?,
        since: moment(row, 4)?,
        taken_at: optional_moment(row, 5)?,
        warned_at: optional_moment(row, 6)?,
        code: column(row, 7)?,
        receipt: column(row, 8)?,
        due: optional_moment(row, 9)?,
        late: late.transpose()?,
    })
}

fn state(row: &Row<'_>, index: usize) -> Result<State, StoreError> {
    let state = named(column(row, index)?, State::from_name)?;
    state.ok_or_else(|| StoreError::damaged("a recipient has no state"))
}

fn optional_moment(row: &Row<'_>, index: usize) -> Result<Option<Moment>, StoreError> {
    Ok(column::<Option<i64>>(row, index)?.map(Moment::from_unix))
}

/// Who sent a message, as it is written.
fn written(by: &Actor) -> Result<String, StoreError> {
    match by {
        Actor::Holder => Ok("holder".into()),
        Actor::User(name) => Ok(format!("user:{name}")),
        Actor::System => Ok("system".into()),
        Actor::Operator(_) | Actor::Peer => {
            Err(StoreError::bug(format!("noting what was certified: {by:?} is no sender (a fault in the point)")))
        }
    }
}

fn actor(text: &str) -> Result<Actor, StoreError> {
    match text.split_once(':') {
        None if text == "holder" => Ok(Actor::Holder),
        None if text == "system" => Ok(Actor::System),
        Some(("user", name)) => Ok(Actor::User(name.into())),
        _ => Err(StoreError::damaged(format!("a message was sent by the unknown '{text}'"))),
    }
}
