use crate::bench::{Bench, LETTER};

/// 5: special uses are told without being asked for. 23: what is subscribed exists.
#[tokio::test]
async fn folders_are_listed_with_what_they_are_for() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    let born = [
        "* LIST (\\HasNoChildren) \"/\" \"INBOX\"",
        "* LIST (\\HasNoChildren \\Drafts) \"/\" \"Bozze\"",
        "* LIST (\\HasNoChildren \\Trash) \"/\" \"Cestino\"",
        "* LIST (\\HasNoChildren \\Sent) \"/\" \"Inviata\"",
    ];
    assert_eq!(client.ok("LIST \"\" *").await, born);
    assert_eq!(client.ok("LIST \"\" \"\"").await, ["* LIST (\\Noselect) \"/\" \"\""]);
    assert_eq!(
        client.ok("LIST (SUBSCRIBED) \"\" B*").await,
        ["* LIST (\\HasNoChildren \\Drafts \\Subscribed) \"/\" \"Bozze\""]
    );
    assert_eq!(client.ok("LIST (SPECIAL-USE) \"\" %").await, born[1..]);
    client.ok("CREATE Lavoro/2026/").await;
    assert_eq!(client.ok("LIST \"\" L%").await, ["* LIST (\\HasChildren) \"/\" \"Lavoro\""]);
    client.ok("SUBSCRIBE Lavoro/2026").await;
    client.ok("SUBSCRIBE niente").await;
    assert_eq!(client.ok("LIST (SUBSCRIBED) \"\" n*").await, ["* LIST (\\NonExistent \\Subscribed) \"/\" \"niente\""]);
    let recursive = client.ok("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" L%").await;
    assert_eq!(recursive, ["* LIST (\\HasChildren) \"/\" \"Lavoro\" (\"CHILDINFO\" (\"SUBSCRIBED\"))"]);
    // What is below and named itself is told by itself (RFC 5258 §3.5).
    assert_eq!(
        client.ok("LIST (SUBSCRIBED RECURSIVEMATCH) \"\" L*").await,
        ["* LIST (\\HasNoChildren \\Subscribed) \"/\" \"Lavoro/2026\""]
    );
    assert_eq!(client.ok("LSUB \"\" L%").await, ["* LSUB (\\Noselect) \"/\" \"Lavoro\""]);
    assert_eq!(client.ok("LSUB \"\" L*").await, ["* LSUB (\\HasNoChildren) \"/\" \"Lavoro/2026\""]);
    client.ok("UNSUBSCRIBE Lavoro/2026").await;
    assert!(client.ok("LSUB \"\" L*").await.is_empty());
    assert_eq!(client.ok("NAMESPACE").await, ["* NAMESPACE ((\"\" \"/\")) NIL NIL"]);
}

/// 22: each STATUS stands right behind its LIST.
#[tokio::test]
async fn states_stand_behind_the_folders_that_they_are_of() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let mut client = bench.login().await;
    let lines = client.ok("LIST \"\" (INBOX Bozze) RETURN (STATUS (MESSAGES UNSEEN))").await;
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[1], "* STATUS \"INBOX\" (MESSAGES 1 UNSEEN 1)");
    assert!(lines[2].ends_with("\"Bozze\""));
    assert_eq!(lines[3], "* STATUS \"Bozze\" (MESSAGES 0 UNSEEN 0)");
    let lines = client.ok("STATUS INBOX (UIDNEXT SIZE DELETED RECENT APPENDLIMIT)").await;
    assert_eq!(
        lines,
        [format!("* STATUS \"INBOX\" (UIDNEXT 2 SIZE {} DELETED 0 RECENT 1 APPENDLIMIT 1048576)", LETTER.len())]
    );
    client.refused("STATUS niente (MESSAGES)", "NO [NONEXISTENT]").await;
}

#[tokio::test]
async fn folders_are_made_renamed_and_removed() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    assert!(client.ask("CREATE a/b").await.starts_with("OK [MAILBOXID (F"));
    client.refused("CREATE a/b", "NO [ALREADYEXISTS]").await;
    client.refused("CREATE inbox", "NO [ALREADYEXISTS]").await;
    client.refused("CREATE a//b", "NO [CANNOT]").await;
    client.refused("CREATE x (USE (\\Drafts))", "NO [USEATTR]").await;
    client.refused("CREATE x (USE (\\All))", "NO [USEATTR]").await;
    client.ok("CREATE Archivio (USE (\\Archive))").await;
    client.refused("DELETE a", "NO [HASCHILDREN]").await;
    client.ok("RENAME a c").await;
    client.refused("RENAME c Bozze", "NO [ALREADYEXISTS]").await;
    client.refused("DELETE a/b", "NO [NONEXISTENT]").await;
    client.refused("DELETE INBOX", "NO [CANNOT]").await;
    client.ok("SELECT c/b").await;
    assert!(client.ok("DELETE c/b").await[0].starts_with("* OK [CLOSED]"));
    client.refused("FETCH 1 FLAGS", "BAD").await;
}

/// 19: modified UTF-7, unless the client takes UTF-8; then a raw `&` is an `&`.
#[tokio::test]
async fn names_are_written_as_the_client_takes_them() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    client.ok("CREATE \"Citt&AOA- &- d\"").await;
    assert_eq!(client.ok("LIST \"\" C*d").await, ["* LIST (\\HasNoChildren) \"/\" \"Citt&AOA- &- d\""]);
    client.refused("CREATE \"a&b\"", "NO [CANNOT]").await;
    assert_eq!(client.ok("ENABLE UTF8=ACCEPT X-UNKNOWN").await, ["* ENABLED UTF8=ACCEPT"]);
    assert_eq!(client.ok("LIST \"\" C*d").await, ["* LIST (\\HasNoChildren) \"/\" \"Città & d\""]);
    client.ok("CREATE \"a & b\"").await;
    client.ok("DELETE \"a & b\"").await;
}

#[tokio::test]
async fn the_quota_is_told() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let mut client = bench.login().await;
    let quota = "* QUOTA \"\" (STORAGE 1 1048576)";
    assert_eq!(client.ok("GETQUOTAROOT INBOX").await, ["* QUOTAROOT \"INBOX\" \"\"", quota]);
    assert_eq!(client.ok("GETQUOTA \"\"").await, [quota]);
    client.refused("GETQUOTA altra", "NO [NONEXISTENT]").await;
}
