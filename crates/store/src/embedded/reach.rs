//! What users may do with which mailboxes: by grants on each, and on the offices in which it stands. Resolved here and nowhere else.

use rusqlite::{Connection, Row, params};

use super::sql::{Statements, column};
use super::units::told;
use crate::{Change, MailboxId, Rights, StoreError};

/// What user `?1` may do with which mailboxes, as `reach (mailbox, read, send, manage)`, a row for each way that leads there.
pub(super) const REACH: &str = "WITH RECURSIVE
  below (office, read, send, manage) AS (
    SELECT office, read, send, manage FROM office_grants WHERE user = ?1
    UNION SELECT o.id, read, send, manage FROM below JOIN offices AS o ON o.parent = below.office),
  reach (mailbox, read, send, manage) AS (
    SELECT mailbox, read, send, manage FROM grants WHERE user = ?1
    UNION ALL SELECT m.id, read, send, manage FROM below JOIN mailboxes AS m ON m.office = below.office)";

/// The offices in which the mailbox with number `?1` stands, as `above (office)`.
const ABOVE: &str = "WITH RECURSIVE above (office) AS (
  SELECT office FROM mailboxes WHERE id = ?1 AND office IS NOT NULL
  UNION SELECT parent FROM above JOIN offices ON id = office WHERE parent IS NOT NULL)";

/// What a user may do with one mailbox; `None`: nothing.
pub(super) fn at(db: &Connection, user: i64, mailbox: MailboxId) -> Result<Option<Rights>, StoreError> {
    let sql = format!(
        "{ABOVE} SELECT max(read), max(send), max(manage) FROM (
           SELECT read, send, manage FROM grants WHERE user = ?2 AND mailbox = ?1
           UNION ALL SELECT read, send, manage FROM office_grants WHERE user = ?2 AND office IN (SELECT office FROM above))
         HAVING count(*) > 0"
    );
    db.one("looking for rights", &sql, params![mailbox.0, user], |row| rights(row, 0))
}

/// Rights in three columns from this one on.
pub(super) fn rights(row: &Row<'_>, at: usize) -> Result<Rights, StoreError> {
    Ok(Rights { read: column(row, at)?, send: column(row, at + 1)?, manage: column(row, at + 2)? })
}

/// Tells it on every mailbox that a user may use: sessions there look again.
pub(super) fn tell(tx: &Connection, user: i64) -> Result<Vec<Change>, StoreError> {
    let sql = format!(
        "{REACH} UPDATE mailboxes SET modseq = modseq + 1 WHERE id IN (SELECT mailbox FROM reach) RETURNING id, modseq"
    );
    tx.all("telling of a user", &sql, [user], told)
}
