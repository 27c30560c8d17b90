use holder::{MailboxState, Rights};
use pec::Address;
use store::{MailboxChange, Principals};

use crate::bench::{ANNA, Bench};

#[tokio::test]
async fn what_is_noted_is_found_again() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    client.ok("SETMETADATA INBOX (/private/Comment \"mio\" /shared/comment {5+}\r\na\r\nbc)").await;
    client.ok("SETMETADATA \"\" (/private/vendor/x/a ~{1+}\r\n\0)").await;
    let told = "* METADATA \"INBOX\" (/private/comment \"mio\" /shared/comment {5}\r\na\r\nbc /shared/no NIL)";
    let asked = "GETMETADATA inbox (/PRIVATE/comment /shared/comment /shared/no)";
    assert_eq!(client.ok(asked).await, [told]);
    assert_eq!(
        client.ok("GETMETADATA (DEPTH infinity) \"\" /private").await,
        ["* METADATA \"\" (/private/vendor/x/a ~{1}\r\n\0)"]
    );
    assert!(client.ok("GETMETADATA (DEPTH 1) \"\" /private").await.is_empty());
    let lines = client.all("GETMETADATA (MAXSIZE 3) INBOX (/private/comment /shared/comment)").await;
    assert_eq!(lines, ["* METADATA \"INBOX\" (/private/comment \"mio\")", "OK [METADATA LONGENTRIES 5] done"]);
    client.ok("SETMETADATA INBOX (/private/comment NIL)").await;
    assert_eq!(client.ok("GETMETADATA INBOX /private/comment").await, ["* METADATA \"INBOX\" (/private/comment NIL)"]);
    client.refused("GETMETADATA niente /private/comment", "NO [NONEXISTENT]").await;
    client.refused("SETMETADATA INBOX (/vendor/x \"y\")", "NO [CANNOT]").await;
    let long = "x".repeat(16 * 1024 + 1);
    client
        .refused(
            &format!("SETMETADATA INBOX (/private/x {{{}+}}\r\n{long})", long.len()),
            "NO [METADATA MAXSIZE 16384]",
        )
        .await;
}

#[tokio::test]
async fn a_mailbox_has_no_more_notes_than_it_may() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    for hundred in 0..10 {
        let entries: Vec<String> = (0..100).map(|at| format!("/private/n{hundred}x{at} \"x\"")).collect();
        client.ok(&format!("SETMETADATA \"\" ({})", entries.join(" "))).await;
    }
    client.refused("SETMETADATA INBOX (/private/one \"more\")", "NO [METADATA TOOMANY]").await;
    client.ok("SETMETADATA \"\" (/private/n7x7 NIL)").await;
    client.ok("SETMETADATA INBOX (/private/one \"more\")").await;
}

/// Each reader has notes of his own; those for all are not changed in a mailbox that is only read.
#[tokio::test]
async fn private_notes_are_each_readers_own() {
    let bench = Bench::new().await;
    bench.house.store.create_user("mario", "Mario", Some("suo")).await.unwrap();
    let anna = Address::parse(ANNA).unwrap();
    bench.house.store.grant("mario", &anna, Rights { read: true, ..Rights::default() }).await.unwrap();
    let (mut one, mut other) = (bench.login().await, bench.connect().await);
    other.ok("LOGIN mario suo").await;
    let inbox = format!("Caselle/{ANNA}/INBOX");
    one.ok("SETMETADATA INBOX (/private/comment \"di Anna\" /shared/comment \"di tutti\")").await;
    assert_eq!(
        other.ok(&format!("GETMETADATA {inbox} (/private/comment /shared/comment)")).await,
        [format!("* METADATA \"{inbox}\" (/private/comment NIL /shared/comment \"di tutti\")")]
    );
    let change = MailboxChange { state: Some(MailboxState::ReadOnly), ..MailboxChange::default() };
    bench.house.store.change_mailbox(&anna, change).await.unwrap();
    let mut one = bench.login().await;
    one.ok("SETMETADATA INBOX (/private/comment \"resta\")").await;
    one.refused("SETMETADATA INBOX (/shared/comment \"resta\")", "NO [NOPERM]").await;
}
