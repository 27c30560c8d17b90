//! What users may do with which mailboxes: by grants on each, and on the offices in which it stands. Resolved here and nowhere else.

use rusqlite::{Connection, Row, params};

use super::sql::{Statements, column, signed};
use super::units::above;
use crate::{Capabilities, MailboxId, OfficeId, Rights, StoreError, UserId};

/// The offices on which user `?1` has rights, and those below them, as `below (office, organisation, read, send, manage)`; a row for
/// each way that leads there.
const BELOW: &str = "WITH RECURSIVE below (office, organisation, read, send, manage) AS (
  SELECT o.id, o.organisation, read, send, manage FROM office_grants JOIN offices AS o ON o.id = office WHERE user = ?1
  UNION SELECT o.id, o.organisation, read, send, manage FROM below JOIN offices AS o ON o.parent = below.office)";

/// Of the mailboxes that user `?1` may use those whose keys lie from `?2` to before `?3`, the first `?4`, in order, as
/// `reach (mailbox, key, read, send, manage)`. Those of offices are looked for in an index, and no row of them is read.
pub(super) fn page() -> String {
    format!(
        "{BELOW}, reach (mailbox, key, read, send, manage) AS (
           SELECT mailbox, max(key), max(read), max(send), max(manage) FROM (
             SELECT mailbox, key, read, send, manage FROM grants CROSS JOIN mailboxes ON id = mailbox
             WHERE user = ?1 AND key >= ?2 AND key < ?3
             UNION ALL SELECT m.id, m.key, read, send, manage FROM below
             CROSS JOIN mailboxes AS m INDEXED BY mailboxes_by_office
               ON m.office = below.office AND m.organisation = below.organisation AND m.key >= ?2 AND m.key < ?3)
           GROUP BY key ORDER BY key LIMIT ?4)"
    )
}

/// The parameters of [`page`]: keys that begin so and come after this one.
pub(super) fn range(user: UserId, beginning: &str, after: &str, limit: usize) -> (i64, String, String, i64) {
    let beginning = beginning.to_ascii_lowercase();
    // The next text after a text is that with a NUL behind it, and none that begins so comes after U+10FFFF behind it.
    let next = if after.is_empty() { String::new() } else { format!("{after}\0") };
    let end = format!("{beginning}\u{10ffff}");
    (user.0, beginning.max(next), end, signed(limit))
}

/// What a user may do with one mailbox; `None`: nothing.
pub(super) fn at(db: &Connection, user: i64, mailbox: MailboxId) -> Result<Option<Rights>, StoreError> {
    let sql = format!(
        "{} SELECT max(read), max(send), max(manage) FROM (
           SELECT read, send, manage FROM grants WHERE user = ?2 AND mailbox = ?1
           UNION ALL SELECT read, send, manage FROM office_grants WHERE user = ?2 AND office IN (SELECT id FROM above))
         HAVING count(*) > 0",
        above("SELECT office, 0 FROM mailboxes WHERE id = ?1 AND office IS NOT NULL")
    );
    db.one("looking for rights", &sql, params![mailbox.0, user], |row| rights(row, 0))
}

/// Without which capabilities of IMAP the mailboxes that a user may read are to be used.
pub(super) fn withheld(db: &Connection, user: UserId) -> Result<Capabilities, StoreError> {
    // Few mailboxes are without any: an index has those alone.
    let sql = format!(
        "{BELOW} SELECT without FROM grants JOIN mailboxes ON id = mailbox
           WHERE user = ?1 AND read AND without <> 'none' AND state <> 'closed'
         UNION SELECT without FROM below CROSS JOIN mailboxes AS m INDEXED BY mailboxes_by_without
           ON m.office = below.office AND without <> 'none' WHERE read AND state <> 'closed'"
    );
    let mut withheld = Capabilities::default();
    for text in db.all("reading withheld capabilities", &sql, [user.0], |row| column::<String>(row, 0))? {
        withheld.extend(&Capabilities::kept(&text));
    }
    Ok(withheld)
}

/// Who has rights on an office or on one above it: whom it concerns when what stands there goes elsewhere.
pub(super) fn users_of(db: &Connection, office: OfficeId) -> Result<Vec<UserId>, StoreError> {
    let sql = format!(
        "{} SELECT DISTINCT user FROM office_grants WHERE office IN (SELECT id FROM above) ORDER BY user",
        above("SELECT ?1, 0")
    );
    db.all("looking for rights on an office", &sql, [office.0], |row| column(row, 0).map(UserId))
}

/// Rights in three columns from this one on.
pub(super) fn rights(row: &Row<'_>, at: usize) -> Result<Rights, StoreError> {
    Ok(Rights { read: column(row, at)?, send: column(row, at + 1)?, manage: column(row, at + 2)? })
}
