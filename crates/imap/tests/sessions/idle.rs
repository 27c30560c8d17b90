use crate::bench::{Bench, LETTER};

#[tokio::test]
async fn who_idles_hears_of_what_others_do() {
    let bench = Bench::new().await;
    let (mut one, mut other) = (bench.at_inbox().await, bench.at_inbox().await);
    one.send("i IDLE\r\n").await;
    assert_eq!(one.line().await, "+ idling");
    bench.deliver(&[LETTER]).await;
    assert_eq!(one.line().await, "* 1 EXISTS");
    assert_eq!(one.line().await, "* 1 RECENT");
    other.ok("UID STORE 1 +FLAGS (\\Flagged $Forwarded)").await;
    assert!(one.line().await.starts_with("* FLAGS ("));
    assert!(one.line().await.starts_with("* OK [PERMANENTFLAGS ("));
    assert_eq!(one.line().await, "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent $Forwarded))");
    other.ok("STORE 1 +FLAGS (\\Deleted)").await;
    assert_eq!(one.line().await, "* 1 FETCH (UID 1 FLAGS (\\Deleted \\Flagged \\Recent $Forwarded))");
    other.ok("EXPUNGE").await;
    assert_eq!(one.line().await, "* 1 EXPUNGE");
    assert_eq!(one.line().await, "* 0 RECENT");
    one.send("DONE\r\n").await;
    assert_eq!(one.line().await, "i OK idle no more");
}

/// 3: a command where DONE is expected ends the IDLE, and is answered.
#[tokio::test]
async fn a_command_ends_an_idle() {
    let bench = Bench::new().await;
    let mut client = bench.at_inbox().await;
    client.send("i IDLE\r\n").await;
    client.line().await;
    client.send("j NOOP\r\n").await;
    assert_eq!(client.line().await, "i OK idle no more");
    assert_eq!(client.line().await, "j OK done");
    client.refused("DONE", "BAD").await;
    // What is no command ends it as well: who is answered BAD does not idle any more.
    client.send("i IDLE\r\n").await;
    client.line().await;
    client.send("j NOSUCH\r\n").await;
    assert_eq!(client.line().await, "i OK idle no more");
    assert!(client.line().await.starts_with("j BAD "));
}
