//! ENABLE and COMPRESS.

use super::{answered, assert_syntax, read};
use crate::command::Command;

#[test]
fn what_is_enabled_has_names() {
    let names = |names: &[&str]| Command::Enable(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(read("ENABLE CONDSTORE utf8=accept"), names(&["CONDSTORE", "UTF8=ACCEPT"]));
    assert_eq!(read("enable IMAP4rev2"), names(&["IMAP4REV2"]));
    assert_syntax(&["ENABLE", "ENABLE ", "ENABLE (QRESYNC)"]);
    let answers = answered(|writer| {
        writer.enabled(&["CONDSTORE", "UTF8=ACCEPT"]);
        writer.enabled(&[]);
    });
    assert_eq!(answers, "* ENABLED CONDSTORE UTF8=ACCEPT\r\n* ENABLED\r\n");
}

#[test]
fn compression_has_an_algorithm() {
    assert_eq!(read("COMPRESS deflate"), Command::Compress("DEFLATE".into()));
    assert_syntax(&["COMPRESS", "COMPRESS DEFLATE 9"]);
}
