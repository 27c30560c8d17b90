//! CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE.

use super::{answered, assert_syntax, fault, read};
use crate::Fault;
use crate::command::Command;
use crate::name::NameFault;
use crate::response::{Code, Condition};

#[test]
fn a_mailbox_is_made_with_its_special_use() {
    let made = |mailbox: &str, special_use: &[&str]| Command::Create {
        mailbox: mailbox.into(),
        special_use: special_use.iter().map(|name| (*name).to_owned()).collect(),
    };
    assert_eq!(read("CREATE Ricevute"), made("Ricevute", &[]));
    assert_eq!(read("CREATE \"Lavoro/\""), made("Lavoro/", &[]));
    assert_eq!(read("CREATE Inviata (USE (\\Sent))"), made("Inviata", &["\\Sent"]));
    assert_eq!(read("create x (use (\\Drafts \\Sent))"), made("x", &["\\Drafts", "\\Sent"]));
    assert_syntax(&["CREATE", "CREATE x (USE)", "CREATE x (USE (Sent))", "CREATE x ()", "CREATE x y"]);
}

#[test]
fn names_are_decoded() {
    assert_eq!(read("DELETE Citt&AOA-"), Command::Delete("Città".into()));
    assert_eq!(read("RENAME a&-b \"c d\""), Command::Rename { from: "a&b".into(), to: "c d".into() });
    assert_eq!(read("SUBSCRIBE \"\\\"x\\\"\""), Command::Subscribe("\"x\"".into()));
    assert_eq!(read("UNSUBSCRIBE inbox"), Command::Unsubscribe("inbox".into()));
    assert_eq!(fault("CREATE a&b"), Fault::Name(NameFault::Utf7));
}

#[test]
fn a_special_use_that_is_taken_has_a_code() {
    let answer = answered(|writer| writer.status(None, Condition::No, Some(Code::UseAttr), "\\Sent is taken"));
    assert_eq!(answer, "* NO [USEATTR] \\Sent is taken\r\n");
}
