//! What a client sends by mistake or with intention: each has an answer with a code, and nothing is lost.

use std::time::Duration;

use store::{Mailboxes, Reader};

use crate::bench::{Bench, LETTER};

#[tokio::test]
async fn four_gigabytes_are_refused_wherever_they_are_announced() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    for command in ["SELECT {4294967296}", "SEARCH TEXT {4294967296}", "APPEND Bozze {4294967296}"] {
        client.refused(command, "NO [TOOBIG]").await;
    }
    client.ok("NOOP").await;
    client.send("a CREATE {4294967296+}\r\n").await;
    assert!(client.line().await.starts_with("a NO [TOOBIG]"));
    assert!(client.line().await.starts_with("* BYE "));
    assert!(client.is_over().await);
}

#[tokio::test]
async fn a_name_of_a_megabyte_is_refused_however_it_comes() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    let name = "x".repeat(1_000_000);
    client.refused(&format!("CREATE {{{}+}}\r\n{name}", name.len()), "NO [TOOBIG]").await;
    client.refused(&format!("CREATE {name}"), "BAD [TOOBIG]").await;
    client.refused(&format!("CREATE {{{}}}", name.len()), "NO [TOOBIG]").await;
    // What the line takes is too long for a name.
    client.refused(&format!("CREATE {}", &name[..2_000]), "NO [CANNOT]").await;
    client.refused(&format!("SELECT {}", &name[..2_000]), "NO [NONEXISTENT]").await;
    assert_eq!(client.ok("LIST \"\" *").await.len(), 4);
}

#[tokio::test]
async fn a_name_that_does_not_decode_is_refused() {
    let bench = Bench::new().await;
    let mut client = bench.login().await;
    for name in ["\"&\"", "\"&AOA\"", "\"&AGE-\"", "\"&2AA-\"", "\"citt\u{e0}\""] {
        for command in ["CREATE", "SELECT", "DELETE", "SUBSCRIBE", "STATUS"] {
            let items = if command == "STATUS" { " (MESSAGES)" } else { "" };
            client.refused(&format!("{command} {name}{items}"), "NO [CANNOT]").await;
        }
        client.refused(&format!("APPEND {name} {{1+}}\r\nx"), "NO [CANNOT]").await;
    }
    assert_eq!(client.ok("LIST \"\" *").await.len(), 4);
}

/// Who makes folders without end is stopped at some, and goes on with those.
#[tokio::test]
async fn folders_without_end_come_to_one() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let mut client = bench.login().await;
    let below = "/x".repeat(400);
    let mut made = 0;
    let refusal = loop {
        assert!(made < 1_000, "no end");
        let answer = client.ask(&format!("CREATE {made}{below}")).await;
        if !answer.starts_with("OK ") {
            break answer;
        }
        made += 1;
    };
    assert!(refusal.starts_with("NO [LIMIT] a mailbox may have 10000 folders"), "{refusal}");
    let folders = bench.house.store.folders(bench.anna.id, Reader::Owner).await.unwrap();
    assert!(folders.len() <= 10_000 && folders.len() > 9_500, "{}", folders.len());
    assert_eq!(client.ok("LIST \"\" *").await.len(), folders.len());
    assert_eq!(client.ok("SELECT INBOX").await[2], "* 1 EXISTS");
    client.refused(&format!("RENAME 0{below} y{below}"), "NO [LIMIT]").await;
    client.ok(&format!("DELETE 0{below}")).await;
    client.ok("CREATE ancora").await;
}

/// Who asks and does not read is let go after a while; others have never waited for him.
#[tokio::test]
async fn who_reads_nothing_is_let_go() {
    let bench = Bench::new().await;
    let message = format!("Subject: x\r\n\r\n{}", "Ogni riga conta.\r\n".repeat(50_000));
    bench.deliver(&[&message]).await;
    let mut deaf = bench.login().await;
    deaf.ok("SELECT INBOX").await;
    tokio::time::pause();
    deaf.send("a FETCH 1 BODY.PEEK[]\r\nb STORE 1 +FLAGS (\\Deleted)\r\nc EXPUNGE\r\n").await;
    let mut other = bench.at_inbox().await;
    assert_eq!(other.ok("FETCH 1 RFC822.SIZE").await, [format!("* 1 FETCH (RFC822.SIZE {})", message.len())]);
    tokio::time::sleep(bench.limits.idle + Duration::from_secs(60)).await;
    // It was cut in the middle of the message: what stood behind was not done.
    let rest = deaf.rest().await;
    assert!(rest.len() < message.len(), "{} octets", rest.len());
    let mut again = bench.at_inbox().await;
    assert_eq!(again.ok("SEARCH ALL UNDELETED").await, ["* SEARCH 1"]);
}
