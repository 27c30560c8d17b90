//! What operations on mailboxes cost: statements, and what they read.

mod grants;
mod heads;
mod kept;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pec::{Address, Moment};
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::{Connection, StatementStatus};

use super::limits::MailboxLimits;
use super::sets::AMONG;
use super::{entries, expunging, flags, folders, holders, schema, seen, transfers};
use crate::{FlagChange, FlagOperation, Flags, FolderId, Reader, SystemFlags, UidSet, UserId, Want};

/// A mailbox with so many messages in its INBOX; the folder and another one, and a count of the statements run.
fn filled(messages: u32) -> (Connection, FolderId, FolderId, Arc<AtomicUsize>) {
    let mut file = Connection::open_in_memory().unwrap();
    file.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    schema::make(&file).unwrap();
    let address = Address::parse("anna@pec.example").unwrap();
    let new = holders::Opening { address: address.clone(), password: None, quota: 1 << 40, service: false, unit: None };
    holders::create(&file, &new).unwrap();
    let mailbox = holders::find(&file, &address.key()).unwrap().unwrap().id;
    let (inbox, other) = {
        let list = folders::list(&file, mailbox, Reader::Owner).unwrap();
        (list[0].id, list[1].id)
    };
    let fill = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {messages})
         INSERT INTO messages (size, digest, date, subject, header_from, sender, reply_to, header_to, cc, in_reply_to,
           message_id, whole, header, own) SELECT 7, x'', '', '', '', '', '', '', '', '', '', 0, x'', x'' FROM n;
         INSERT INTO entries (folder, uid, message, flags, modseq, counts, size, at, saved)
           SELECT {folder}, id, id, 0, 1 + id, 1, 7, 0, 0 FROM messages;
         UPDATE folders SET messages = {messages}, unseen = {messages}, size = 7 * {messages}, uid_next = {messages} + 1
           WHERE id = {folder};
         UPDATE mailboxes SET used = 7 * {messages}, counted = 7 * {messages}, modseq = 1 + {messages};",
        folder = inbox.0
    );
    file.execute_batch(&fill).unwrap();
    let count = counted(&mut file);
    (file, inbox, other, count)
}

/// Counts the statements that are run from now on.
fn counted(file: &mut Connection) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    // Told once when a statement ends, whatever triggers and cascades it has.
    let trace = move |event: TraceEvent<'_>| {
        if let TraceEvent::Profile(..) = event {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    };
    file.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(trace)).unwrap();
    count
}

/// How many steps of SQLite's machine a statement takes, and its rows.
fn steps(file: &Connection, sql: &str, params: impl rusqlite::Params) -> (i32, usize) {
    let mut statement = file.prepare(sql).unwrap();
    let mut rows = statement.query(params).unwrap();
    let mut count = 0;
    while rows.next().unwrap().is_some() {
        count += 1;
    }
    drop(rows);
    (statement.get_status(StatementStatus::VmStep), count)
}

#[test]
fn ten_thousand_entries_are_as_many_statements_as_one() {
    let costs = |messages: u32| {
        let (file, inbox, other, count) = filled(messages);
        let limits = MailboxLimits::default();
        // One range for each message, as a client that picked them by hand would name them.
        let uids: UidSet = (1..=messages).filter(|uid| uid % 2 == 1).collect();
        let flags = Flags { system: SystemFlags::DELETED, keywords: ["$Letta".to_owned()].into() };
        let change = |reader| FlagChange {
            folder: inbox,
            uids: uids.clone(),
            operation: FlagOperation::Add,
            flags: Flags { system: flags.system.with(SystemFlags::SEEN), ..flags.clone() },
            unchanged_since: None,
            known: u64::MAX,
            reader,
        };
        file.execute_batch("INSERT INTO users (name, display) VALUES ('mario', '')").unwrap();
        let mut taken = Vec::new();
        let mut note = || taken.push(count.swap(0, Ordering::Relaxed));
        note();
        for reader in [Reader::Owner, Reader::User(UserId(1))] {
            let (changed, _) = flags::change(&file, &change(reader), limits).unwrap();
            assert_eq!(changed.changed, uids);
            note();
        }
        assert_eq!(
            transfers::copy(&file, inbox, &uids, other, Moment::from_unix(0), limits).unwrap().0.len() as u64,
            uids.len()
        );
        note();
        let moved = transfers::move_to(&file, inbox, &uids, other, Moment::from_unix(0), limits).unwrap();
        assert_eq!(moved.0.len() as u64, uids.len());
        note();
        let (lots, gone, _) = expunging::all(&file, other, &UidSet::all(), limits).unwrap();
        assert_eq!(gone.len(), 2 * uids.len());
        note();
        taken.remove(0);
        // So much for each lot; then a look finds that nothing is left.
        const LOOK: usize = 3;
        if let Some(expunge) = taken.last_mut() {
            *expunge = (*expunge - LOOK) / lots;
        }
        taken
    };
    let (one, many) = (costs(1), costs(20_000));
    assert_eq!(one, many);
    assert!(many.iter().all(|statements| *statements <= 20), "{many:?}");
}

/// The columns of `messages` that a statement reads, by their positions in the table; `None`: it does not open it.
fn columns(file: &Connection, sql: &str) -> Option<Vec<i64>> {
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'messages'";
    let root: i64 = file.query_row(root, [], |row| row.get(0)).unwrap();
    let mut program = file.prepare(&format!("EXPLAIN {sql}")).unwrap();
    let code = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?));
    let codes: Vec<_> = program.raw_query().mapped(code).map(Result::unwrap).collect();
    let cursor = codes.iter().find(|(code, _, page)| code == "OpenRead" && *page == root)?.1;
    let read = codes.iter().filter(|(code, of, _)| code == "Column" && *of == cursor).map(|(.., column)| *column);
    Some(read.collect())
}

#[test]
fn a_list_reads_what_is_wanted_and_no_large_column_besides() {
    let (file, ..) = filled(1);
    let position = |name: &str| -> i64 {
        let sql = "SELECT cid FROM pragma_table_info('messages') WHERE name = ?1";
        file.query_row(sql, [name], |row| row.get(0)).unwrap()
    };
    let (structure, header, own) = (position("structure"), position("header"), position("own"));
    for reader in [Reader::Owner, Reader::User(UserId(1))] {
        for bits in 0..8u8 {
            let want = Want { summary: bits & 1 > 0, header: bits & 2 > 0, structure: bits & 4 > 0 };
            let read = columns(&file, &entries::question(want, reader, true));
            let Some(read) = read else {
                assert_eq!(want, Want::default(), "flags, dates and sizes need no row of a message");
                continue;
            };
            assert_eq!(read.contains(&header), want.header, "{want:?}");
            assert_eq!(read.contains(&structure), want.structure, "{want:?}");
            assert!(!read.contains(&own), "{want:?}");
            assert!(want != Want::default() && own > header && header > structure);
            // What stands before the large columns is read without them.
            assert!(want.header || want.structure || read.iter().all(|column| *column < structure), "{want:?}");
        }
    }
}

#[test]
fn no_question_looks_at_entries_that_it_does_not_want() {
    let (file, ..) = filled(100);
    let plan = |sql: &str| -> Vec<String> {
        let mut plan = file.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        plan.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect()
    };
    for (sql, search) in [
        (format!("SELECT e.uid FROM {AMONG}"), "(folder=? AND uid>? AND uid<?)"),
        (entries::question(Want::default(), Reader::Owner, true), "(folder=? AND uid>? AND uid<?)"),
        (entries::question(Want::default(), Reader::User(UserId(1)), true), "(folder=? AND uid=? AND user=?)"),
        (entries::CHANGED_SINCE.to_owned(), "COVERING INDEX entries_by_modseq (folder=? AND modseq>?)"),
        (seen::SINCE.to_owned(), "COVERING INDEX seen_by_user (user=? AND folder=? AND modseq>?)"),
        (format!("SELECT {} FROM folders AS f WHERE f.id = ?1", seen::HIGHEST), "seen_by_user (user=? AND folder=?)"),
        (
            format!("DELETE FROM entries WHERE folder = ?1 AND uid IN (SELECT e.uid FROM {AMONG})"),
            "(folder=? AND uid=?)",
        ),
    ] {
        let plan = plan(&sql);
        assert!(plan.iter().any(|step| step.contains(search)), "{sql}: {plan:?}");
        let scanned = |step: &String| step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE");
        assert!(!plan.iter().any(scanned), "{sql}: {plan:?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{sql}: {plan:?}");
    }
}
