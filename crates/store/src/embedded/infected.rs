//! The special store: messages in which a virus was found [R-2.2.4-a].

use rusqlite::{Connection, Row, params};

use super::sql::{Statements, column, moment, named, signed, unsigned};
use crate::{Infected, InfectedQuery, InfectedRow, MessageId, Point, StoreError};

/// Puts a stored message away.
pub(super) fn add(tx: &Connection, infected: &Infected, message: MessageId) -> Result<(), StoreError> {
    let sql = "INSERT INTO infected (message, identifier, at, virus, point, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let Infected { identifier, at, virus, point, until, .. } = infected;
    let params = params![message.0, &**identifier, at.unix(), virus, point.name(), until.unix()];
    tx.run("putting an infected message away", sql, params)?;
    Ok(())
}

/// Rows that match, ascending.
pub(super) fn rows(connection: &Connection, query: &InfectedQuery) -> Result<Vec<InfectedRow>, StoreError> {
    let filter = if query.identifier.is_some() { "i.identifier = ?3 AND" } else { "?3 IS NULL AND" };
    let sql = format!(
        "SELECT i.number, i.message, i.identifier, i.at, i.virus, i.point, i.until, m.size FROM infected i
           JOIN messages m ON m.id = i.message WHERE {filter} i.number > ?1 ORDER BY i.number LIMIT ?2"
    );
    let params = params![signed(query.after), signed(query.limit), query.identifier.as_deref()];
    connection.all("reading the special store", &sql, params, row)
}

fn row(row: &Row<'_>) -> Result<InfectedRow, StoreError> {
    let point = named(column(row, 5)?, Point::from_name)?;
    Ok(InfectedRow {
        number: unsigned(row, 0)?,
        message: MessageId(column(row, 1)?),
        identifier: column::<String>(row, 2)?.into(),
        at: moment(row, 3)?,
        virus: column(row, 4)?,
        point: point.ok_or_else(|| StoreError::damaged("a row of the special store has no point"))?,
        until: moment(row, 6)?,
        size: unsigned(row, 7)?,
    })
}
