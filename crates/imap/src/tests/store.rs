//! STORE.

use super::{answered, assert_syntax, read, set, written};
use crate::command::{Command, Store, StoreAction};
use crate::flag::Flag;
use crate::response::{Code, Condition};

#[test]
fn flags_are_added_taken_away_and_replaced() {
    let store = Store {
        set: set(&[(2, 4)]),
        unchanged_since: None,
        action: StoreAction::Replace,
        silent: false,
        flags: vec![Flag::Deleted],
    };
    let by = |store: Store| Command::Store { uid: false, store };
    assert_eq!(read("STORE 2:4 FLAGS (\\Deleted)"), by(store.clone()));
    assert_eq!(read("STORE 2:4 +FLAGS \\deleted"), by(Store { action: StoreAction::Add, ..store.clone() }));
    let silent = Store { action: StoreAction::Remove, silent: true, ..store.clone() };
    assert_eq!(read("STORE 2:4 -flags.silent (\\Deleted)"), by(silent));
    let unchanged = Store { unchanged_since: Some(12_121_230_045), ..store.clone() };
    assert_eq!(read("STORE 2:4 (UNCHANGEDSINCE 12121230045) FLAGS (\\Deleted)"), by(unchanged));
    let kinds = vec![Flag::Seen, Flag::Keyword("$MDNSent".into()), Flag::Extension("Recent".into())];
    let several = Store { flags: kinds, ..store.clone() };
    assert_eq!(read("STORE 2:4 FLAGS \\Seen $MDNSent \\Recent"), by(several));
    assert_eq!(read("UID STORE 2:4 FLAGS ()"), Command::Store { uid: true, store: Store { flags: vec![], ..store } });
    assert_syntax(&[
        "STORE 1 FLAGS",
        "STORE 1 FLAGS (\\)",
        "STORE 1 *FLAGS (x)",
        "STORE 1 FLAGS ((x))",
        "STORE 1 (UNCHANGEDSINCE) FLAGS (x)",
        "STORE 1 FLAGS.LOUD (x)",
        "STORE 1 FLAGS (\\*)",
    ]);
}

#[test]
fn what_was_left_alone_is_told() {
    let answer = written(|writer| {
        writer.status(None, Condition::Ok, Some(Code::Modified(&[7..=7, 9..=11])), "changed meanwhile");
    });
    assert_eq!(answer, "* OK [MODIFIED 7,9:11] changed meanwhile\r\n");
    let answer = answered(|writer| {
        let mut fetch = writer.fetch(7);
        fetch.uid(8).flags(&["\\Seen", "x"]).mod_seq(12);
        fetch.end();
    });
    assert_eq!(answer, "* 7 FETCH (UID 8 FLAGS (\\Seen x) MODSEQ (12))\r\n");
}
