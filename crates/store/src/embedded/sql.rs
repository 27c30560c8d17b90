//! Statements and columns: every failure says what was being done, and no value read can panic.

use pec::{Address, Kind, Moment};
use rusqlite::types::FromSql;
use rusqlite::{Connection, ErrorCode, Params, Row, RowIndex};

use crate::{ErrorKind, StoreError};

/// Prepared once per connection, run many times.
pub(super) trait Statements {
    /// Runs a statement that gives no rows; how many rows it changed.
    fn run(&self, what: &str, sql: &str, params: impl Params) -> Result<usize, StoreError>;
    /// Runs a statement that gives no rows once for each of these parameters.
    fn each<P: Params>(&self, what: &str, sql: &str, all: impl IntoIterator<Item = P>) -> Result<(), StoreError>;
    /// Reads the first row.
    fn one<T>(
        &self,
        what: &str,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError>;
    /// Reads every row.
    fn all<T>(
        &self,
        what: &str,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError>;
    /// Reads rows until `limit` of them were readable: one that is not hides no other, and is given beside them.
    fn readable<T>(
        &self,
        what: &str,
        sql: &str,
        params: impl Params,
        limit: usize,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<(Vec<T>, Vec<StoreError>), StoreError>;
}

impl Statements for Connection {
    fn run(&self, what: &str, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        self.prepare_cached(sql).and_then(|mut statement| statement.execute(params)).map_err(|e| failed(what, e))
    }

    fn each<P: Params>(&self, what: &str, sql: &str, all: impl IntoIterator<Item = P>) -> Result<(), StoreError> {
        let mut statement = self.prepare_cached(sql).map_err(|e| failed(what, e))?;
        all.into_iter().try_for_each(|params| statement.execute(params).map(|_| ())).map_err(|e| failed(what, e))
    }

    fn one<T>(
        &self,
        what: &str,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.prepare_cached(sql).map_err(|e| failed(what, e))?;
        let mut rows = statement.query(params).map_err(|e| failed(what, e))?;
        let found = rows.next().map_err(|e| failed(what, e))?.map(read).transpose();
        found.map_err(|error| while_doing(what, error))
    }

    fn all<T>(
        &self,
        what: &str,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.prepare_cached(sql).map_err(|e| failed(what, e))?;
        let mut rows = statement.query(params).map_err(|e| failed(what, e))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(|e| failed(what, e))? {
            all.push(read(row).map_err(|error| while_doing(what, error))?);
        }
        Ok(all)
    }

    fn readable<T>(
        &self,
        what: &str,
        sql: &str,
        params: impl Params,
        limit: usize,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<(Vec<T>, Vec<StoreError>), StoreError> {
        let mut statement = self.prepare_cached(sql).map_err(|e| failed(what, e))?;
        let mut rows = statement.query(params).map_err(|e| failed(what, e))?;
        let (mut all, mut unreadable) = (Vec::new(), Vec::new());
        while all.len() < limit
            && let Some(row) = rows.next().map_err(|e| failed(what, e))?
        {
            match read(row) {
                Ok(value) => all.push(value),
                Err(error) if error.kind == ErrorKind::Damaged => unreadable.push(while_doing(what, error)),
                Err(error) => return Err(while_doing(what, error)),
            }
        }
        Ok((all, unreadable))
    }
}

/// An error of the database, with what was being done and what the operator can do about it.
pub(super) fn failed(what: &str, error: rusqlite::Error) -> StoreError {
    let (kind, advice) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (ErrorKind::Full, "; the disk is full: free space on the store's file system"),
        Some(ErrorCode::SystemIoFailure) => (ErrorKind::Disk, "; the disk failed: look at the system log"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            (ErrorKind::Damaged, "; the file is damaged: restore the last backup")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            (ErrorKind::Disk, "; the store's folder must belong to the user that runs Sigillo and be writable")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (ErrorKind::Busy, "; another program holds sigillo.db: end its transaction")
        }
        _ => (ErrorKind::Bug, ""),
    };
    StoreError::new(kind, format!("{what}: {error}{advice}"))
}

/// An error with what was being done before it.
fn while_doing(what: &str, error: StoreError) -> StoreError {
    StoreError::new(error.kind, format!("{what}: {}", error.what))
}

/// A column's value.
pub(super) fn column<T: FromSql>(row: &Row<'_>, index: impl RowIndex) -> Result<T, StoreError> {
    row.get(index).map_err(|error| StoreError::damaged(format!("a row cannot be read: {error}")))
}

/// A column that was written from an unsigned number.
pub(super) fn unsigned<T: TryFrom<i64>>(row: &Row<'_>, index: impl RowIndex) -> Result<T, StoreError> {
    let value: i64 = column(row, index)?;
    T::try_from(value).map_err(|_| StoreError::damaged(format!("a row holds the number {value} out of its range")))
}

/// A column of seconds.
pub(super) fn moment(row: &Row<'_>, index: impl RowIndex) -> Result<Moment, StoreError> {
    Ok(Moment::from_unix(column(row, index)?))
}

/// A column with an address.
pub(super) fn address(row: &Row<'_>, index: impl RowIndex) -> Result<Address, StoreError> {
    parse_address(&column::<String>(row, index)?)
}

/// An address as it was written.
pub(super) fn parse_address(text: &str) -> Result<Address, StoreError> {
    Address::parse(text).map_err(|error| StoreError::damaged(format!("a row holds an address that is none: {error}")))
}

/// A column with the name of a kind, or nothing.
pub(super) fn kind(row: &Row<'_>, index: impl RowIndex) -> Result<Option<Kind>, StoreError> {
    named(column::<Option<String>>(row, index)?, Kind::from_name)
}

/// What has this name.
pub(super) fn named<T>(name: Option<String>, find: impl Fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
    let unknown = |name: &str| StoreError::damaged(format!("a row holds the unknown word '{name}'"));
    name.map(|name| find(&name).ok_or_else(|| unknown(&name))).transpose()
}

/// A column with a list of texts.
pub(super) fn texts(row: &Row<'_>, index: impl RowIndex) -> Result<Vec<String>, StoreError> {
    parse_texts(&column::<String>(row, index)?)
}

/// A list of texts that was written with [`list`].
pub(super) fn parse_texts(json: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::damaged(format!("a row holds a list that is none: {error}")))
}

/// A list of texts as it is written.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(texts).to_string()
}

/// A number as it is written; what exceeds 2^63-1 is written as that.
pub(super) fn signed(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}
