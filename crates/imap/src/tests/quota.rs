//! GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208).

use super::{answered, assert_syntax, read};
use crate::command::Command;
use crate::response::{Code, Condition};

#[test]
fn roots_and_limits_are_read() {
    assert_eq!(read("GETQUOTA \"\""), Command::GetQuota(String::new()));
    assert_eq!(read("GETQUOTAROOT INBOX"), Command::GetQuotaRoot("INBOX".into()));
    let limits = vec![("STORAGE".into(), 512), ("MESSAGE".into(), 9_000_000_000)];
    let expected = Command::SetQuota { root: "anna@x.it".into(), limits };
    assert_eq!(read("SETQUOTA anna@x.it (storage 512 MESSAGE 9000000000)"), expected);
    assert_eq!(read("SETQUOTA x ()"), Command::SetQuota { root: "x".into(), limits: Vec::new() });
    assert_syntax(&["GETQUOTA", "SETQUOTA x (STORAGE)", "SETQUOTA x (STORAGE 9223372036854775808)"]);
}

#[test]
fn answers_tell_usage_and_limit() {
    let answers = answered(|writer| {
        writer.quota_root("INBOX", &["anna@x.it", ""]);
        writer.quota("", &[("STORAGE", 10, 512)]);
        writer.status(None, Condition::No, Some(Code::OverQuota), "the mailbox is full");
    });
    assert_eq!(
        answers,
        "* QUOTAROOT \"INBOX\" anna@x.it \"\"\r\n* QUOTA \"\" (STORAGE 10 512)\r\n* NO [OVERQUOTA] the mailbox is full\r\n"
    );
}
