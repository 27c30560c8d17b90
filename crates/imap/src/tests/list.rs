//! LIST (RFC 9051, RFC 5258, 5819, 6154), LSUB and NAMESPACE.

use super::{answered, assert_syntax, fault, read, written, written_in};
use crate::command::{Command, List, ListReturn, ListSelection, StatusItem};
use crate::response::{ListEntry, StatusValue};
use crate::{Dialect, Fault};

fn list(reference: &str, patterns: &[&str]) -> List {
    List {
        selection: Vec::new(),
        reference: reference.into(),
        patterns: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
        returns: None,
        extended: false,
    }
}

#[test]
fn the_plain_form_has_a_reference_and_a_pattern() {
    assert_eq!(read("LIST \"\" *"), Command::List(list("", &["*"])));
    assert_eq!(read("list Lavoro/ %/2024"), Command::List(list("Lavoro/", &["%/2024"])));
    assert_eq!(read("LIST \"\" Citt&AOA-%"), Command::List(list("", &["Città%"])));
    assert_eq!(read("LIST \"\" \"\""), Command::List(list("", &[""])));
    assert_syntax(&["LIST", "LIST \"\"", "LIST \"\" * x", "LIST \"\" ()", "LIST \"\" * RETURN"]);
}

#[test]
fn the_extended_form_selects_and_returns() {
    let returns = vec![
        ListReturn::SpecialUse,
        ListReturn::Children,
        ListReturn::Subscribed,
        ListReturn::Status(vec![StatusItem::Messages, StatusItem::Unseen, StatusItem::Size]),
    ];
    let expected = List {
        selection: vec![ListSelection::Subscribed, ListSelection::RecursiveMatch],
        returns: Some(returns),
        extended: true,
        ..list("", &["INBOX", "%"])
    };
    let line = "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (INBOX %) RETURN (SPECIAL-USE CHILDREN SUBSCRIBED \
                STATUS (MESSAGES UNSEEN SIZE))";
    assert_eq!(read(line), Command::List(expected));
    let special = List { selection: vec![ListSelection::SpecialUse], extended: true, ..list("", &["*"]) };
    assert_eq!(read("LIST (SPECIAL-USE) \"\" *"), Command::List(special));
    let nothing = List { returns: Some(Vec::new()), extended: true, ..list("", &["*"]) };
    assert_eq!(read("LIST () \"\" * RETURN ()"), Command::List(nothing));
    assert_syntax(&["LIST (RECURSIVEMATCH) \"\" *", "LIST (REMOTE RECURSIVEMATCH) \"\" *", "LIST (X) \"\" *"]);
    let many = format!("LIST \"\" ({})", vec!["*"; 21].join(" "));
    assert_eq!(fault(&many), Fault::TooMany { what: "patterns", most: 20 });
}

#[test]
fn lsub_and_namespace_are_of_rev1_and_of_rfc_2342() {
    assert_eq!(read("LSUB \"\" %"), Command::Lsub { reference: String::new(), pattern: "%".into() });
    assert_eq!(read("NAMESPACE"), Command::Namespace);
    let answer = answered(|writer| writer.namespace(&[""], &["Altri/"], &[]));
    assert_eq!(answer, "* NAMESPACE ((\"\" \"/\")) ((\"Altri/\" \"/\")) NIL\r\n");
}

/// A STATUS stands right behind its LIST.
#[test]
fn answers_are_names_with_attributes() {
    let sent = ListEntry {
        attributes: &["\\HasNoChildren", "\\Sent"],
        name: "Città & \"x\"",
        child_info: false,
        old_name: None,
    };
    let answers = answered(|writer| {
        writer.list_entry(&sent);
        writer.mailbox_status("INBOX", &[StatusValue::Number(StatusItem::Messages, 3)]);
        writer.lsub_entry(&ListEntry { name: "a", attributes: &[], ..sent });
        writer.separator(false);
        writer.separator(true);
    });
    assert_eq!(
        answers,
        "* LIST (\\HasNoChildren \\Sent) \"/\" \"Citt&AOA- &- \\\"x\\\"\"\r\n* STATUS \"INBOX\" (MESSAGES 3)\r\n\
         * LSUB () \"/\" \"a\"\r\n* LIST (\\Noselect) \"/\" \"\"\r\n* LSUB (\\Noselect) \"/\" \"\"\r\n"
    );
    let utf8 = written_in(Dialect::Utf8, |writer| writer.list_entry(&sent));
    assert_eq!(utf8, "* LIST (\\HasNoChildren \\Sent) \"/\" \"Città & \\\"x\\\"\"\r\n");
    let extended = written(|writer| {
        writer.list_entry(&ListEntry { name: "b", attributes: &[], child_info: true, old_name: Some("a") });
        writer.list_entry(&ListEntry { name: "b", attributes: &[], child_info: false, old_name: Some("a") });
    });
    assert_eq!(
        extended,
        "* LIST () \"/\" \"b\" (\"CHILDINFO\" (\"SUBSCRIBED\") \"OLDNAME\" (\"a\"))\r\n\
         * LIST () \"/\" \"b\" (\"OLDNAME\" (\"a\"))\r\n"
    );
}
