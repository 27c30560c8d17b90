//! IMAP4rev2 (RFC 9051), which a client enables.

use crate::bench::{Bench, LETTER};

#[tokio::test]
async fn what_the_former_revision_said_otherwise_is_not_said() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let mut client = bench.connect().await;
    let offered = client.all("CAPABILITY").await;
    assert!(offered[0].starts_with("* CAPABILITY IMAP4rev1 IMAP4rev2 "), "{offered:?}");
    client.refused("ENABLE IMAP4rev2", "BAD").await;
    let mut client = bench.login().await;
    assert_eq!(client.ok("ENABLE imap4rev2 CONDSTORE").await, ["* ENABLED IMAP4rev2 CONDSTORE"]);
    let lines = client.ok("SELECT iNbOx").await;
    assert!(!lines.iter().any(|line| line.contains("RECENT") || line.contains("[UNSEEN")), "{lines:?}");
    assert!(lines.contains(&"* LIST (\\Subscribed) \"/\" \"INBOX\" (\"OLDNAME\" (\"iNbOx\"))".to_owned()), "{lines:?}");
    let lines = client.ok("SELECT Bozze").await;
    assert!(lines[0].starts_with("* OK [CLOSED]"));
    assert!(lines.contains(&"* LIST (\\Drafts \\Subscribed) \"/\" \"Bozze\"".to_owned()), "{lines:?}");
    client.ok("SELECT INBOX").await;
    client.ok("STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(client.ok("STATUS INBOX (MESSAGES DELETED SIZE)").await.len(), 1);
    // SEARCH is answered in the new form, whatever is found.
    client.send("s SEARCH DELETED\r\n").await;
    assert_eq!(client.until("s").await, ["* ESEARCH (TAG \"s\") ALL 2", "OK done"]);
    client.send("s UID SEARCH SEEN\r\n").await;
    assert_eq!(client.until("s").await, ["* ESEARCH (TAG \"s\") UID", "OK done"]);
    assert_eq!(client.ok("NAMESPACE").await, ["* NAMESPACE ((\"\" \"/\")) NIL NIL"]);
}

#[tokio::test]
async fn names_and_texts_are_in_utf8() {
    let bench = Bench::new().await;
    bench.deliver(&["From: Nicol\u{f2} <n@pec.example>\r\n\r\n"]).await;
    let mut client = bench.login().await;
    client.ok("ENABLE IMAP4rev2").await;
    client.ok("CREATE \"Citt\u{e0} & d\"").await;
    assert_eq!(client.ok("LIST \"\" C*d").await, ["* LIST (\\HasNoChildren) \"/\" \"Città & d\""]);
    client.ok("SELECT INBOX").await;
    assert!(client.ok("FETCH 1 ENVELOPE").await[0].contains("((\"Nicolò\" NIL \"n\" \"pec.example\"))"));
}

#[tokio::test]
async fn a_name_that_is_another_here_is_told_with_the_one_that_was_said() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    client.ok("ENABLE IMAP4rev2").await;
    assert!(client.ok("CREATE a/b/").await.is_empty(), "a separator at the end is no other name");
    assert_eq!(client.ok("CREATE inbox/c").await, ["* LIST () \"/\" \"INBOX/c\" (\"OLDNAME\" (\"inbox/c\"))"]);
    assert_eq!(client.ok("RENAME a/b d").await, ["* LIST () \"/\" \"d\" (\"OLDNAME\" (\"a/b\"))"]);
    // What is in the INBOX moves, the INBOX stays.
    assert!(client.ok("RENAME INBOX vecchia").await.is_empty());
    // To others nothing of it is said.
    let mut other = bench.login().await;
    assert!(other.ok("CREATE inbox/e").await.is_empty());
    assert!(other.ok("RENAME d f").await.is_empty());
}
