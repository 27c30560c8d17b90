//! ID (RFC 2971).

use super::{answered, assert_syntax, fault, read};
use crate::Fault;
use crate::command::Command;

#[test]
fn a_client_says_who_it_is() {
    let pairs = vec![("name".into(), Some("Thunderbird".into())), ("version".into(), None)];
    assert_eq!(read("ID (\"name\" \"Thunderbird\" \"version\" NIL)"), Command::Id(Some(pairs)));
    assert_eq!(read("ID NIL"), Command::Id(None));
    assert_eq!(read("id ()"), Command::Id(Some(Vec::new())));
    assert_syntax(&["ID", "ID (\"name\")", "ID (name x)", "ID (NIL NIL)"]);
    let many = format!("ID ({})", vec!["\"a\" \"b\""; 31].join(" "));
    assert_eq!(fault(&many), Fault::TooMany { what: "fields of ID", most: 30 });
}

#[test]
fn the_server_says_who_it_is() {
    let answers = answered(|writer| {
        writer.id(&[("name", "Sigillo \"1\"")]);
        writer.id(&[]);
    });
    assert_eq!(answers, "* ID (\"name\" \"Sigillo \\\"1\\\"\")\r\n* ID NIL\r\n");
}
