//! A copy that becomes the store: what was numbered after it was made is lost, and clients may know it. So a copy carries
//! a note, and when it is opened nothing is ever numbered as it was there.

use rusqlite::Connection;

use super::sql::{Statements, column, failed};
use crate::StoreError;

/// By how much numbers that are never given twice go on: far more than a store numbers after a copy was made, and still a
/// whole number for those who count in 53 bits after a thousand restorations.
const STEP: i64 = 1 << 32;

/// Notes in a copy that it is one.
pub(super) fn note(copy: &Connection) -> Result<(), StoreError> {
    copy.run("marking a copy", "INSERT OR REPLACE INTO counters VALUES ('copied', 1)", []).map(drop)
}

/// Whether this store was a copy. If so, every folder gets a UIDVALIDITY that was never given, so that clients read it
/// anew, and messages, folders, mailboxes, users, organisations, offices and modification sequences are numbered on from far above; evidence begins a log.
pub(super) fn renew(connection: &Connection) -> Result<bool, StoreError> {
    let what = "renewing what clients know of a copy";
    let copied = connection.one(what, "SELECT value FROM counters WHERE name = 'copied'", [], |row| column(row, 0))?;
    if copied != Some(1) {
        return Ok(false);
    }
    // The lost store counted from its birth on, one for each folder: seconds of today are above all that it gave.
    // Evidence goes on in a log of its own, which bears the hour: rows that the lost store gave out keep their places, also
    // where the same copy is restored a second time.
    let script = format!(
        "BEGIN IMMEDIATE;
         UPDATE counters SET value = max(value, unixepoch()) WHERE name = 'uid_validity';
         UPDATE folders SET uid_validity = (SELECT value FROM counters WHERE name = 'uid_validity') + renewed.place
           FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM folders) AS renewed WHERE renewed.id = folders.id;
         UPDATE counters SET value = value + (SELECT count(*) FROM folders) WHERE name = 'uid_validity';
         UPDATE mailboxes SET modseq = modseq + {STEP};
         INSERT INTO logs SELECT max(max(log) + 1, unixepoch() / 3600), 0 FROM logs;
         UPDATE sqlite_sequence SET seq = seq + {STEP} WHERE name IN ('folders', 'mailboxes', 'messages', 'offices',
           'organisations', 'service', 'users');
         DELETE FROM counters WHERE name = 'copied';
         COMMIT;"
    );
    connection.execute_batch(&script).map_err(|error| {
        // The transaction was left open; the file stays as it was.
        let _ = connection.execute_batch("ROLLBACK");
        failed(what, error)
    })?;
    tracing::info!(event = "store-restored", "a copy is the store now: clients read their folders anew");
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pec::Address;

    use super::super::{evidence, folders, holders, schema};
    use super::*;
    use crate::{FolderName, Reader};

    #[test]
    fn nothing_in_a_copy_is_numbered_as_in_the_store_that_was_lost() {
        let file = Connection::open_in_memory().unwrap();
        schema::make(&file).unwrap();
        let holder = |address: &str| {
            let address = Address::parse(address).unwrap();
            let new =
                holders::Opening { address: address.clone(), password: None, quota: 0, service: false, unit: None };
            holders::create(&file, &new).unwrap();
            holders::find(&file, &address.key()).unwrap().unwrap()
        };
        let (anna, bruno) = (holder("anna@pec.example"), holder("bruno@pec.example"));
        let validities = || -> BTreeSet<u32> {
            let list = [anna.id, bruno.id].map(|mailbox| folders::list(&file, mailbox, Reader::Owner).unwrap());
            list.concat().into_iter().map(|folder| folder.uid_validity).collect()
        };
        let before = validities();
        assert!(!renew(&file).unwrap(), "a store that was never copied goes on as it was");
        assert_eq!(validities(), before);

        note(&file).unwrap();
        // What the lost store gave meanwhile.
        let lost = before.last().unwrap() + 1;
        assert!(renew(&file).unwrap() && !renew(&file).unwrap());
        let after = validities();
        assert_eq!(after.len(), 8, "each folder has its own");
        assert!(after.iter().all(|validity| *validity >= lost && !before.contains(validity)));
        let name = FolderName::parse("Nuova").unwrap();
        folders::open(&file, anna.id, &name, 1).unwrap();
        assert_eq!(validities().difference(&after).count(), 1);
        assert!(holder("anna@pec.example").modseq > anna.modseq + 1_000_000);
        assert!(holder("carla@pec.example").id.0 > bruno.id.0 + 1_000_000);
        let logs: Vec<(u32, u64)> =
            evidence::logs(&file).unwrap().into_iter().map(|(log, last)| (log.0, last)).collect();
        assert!(matches!(logs[..], [(1, 0), (hour, 0)] if hour > 400_000), "{logs:?}");
        note(&file).unwrap();
        assert!(renew(&file).unwrap());
        assert_eq!(evidence::logs(&file).unwrap().last().unwrap().0.0, logs[1].0 + 1, "a second time in the same hour");
    }
}
