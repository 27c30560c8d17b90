//! Dialogues of mail programs that other servers failed, where no other test has them. The numbers are those of our list of
//! such reports.

use std::collections::BTreeSet;

use pec::Moment;
use store::{Actor, Mailboxes, Reader, Removal, UidSet};

use crate::bench::{ANNA, Bench, LETTER};

/// 31: mpop sends everything at once, and no more: each answer comes in its turn, begins with its own line, and the last one is
/// that to QUIT.
#[tokio::test]
async fn what_is_sent_at_once_is_answered_in_turn_until_the_end() {
    let bench = Bench::new().await;
    let large = format!("Subject: grande\r\n\r\n{}", ".riga\r\n".repeat(30_000));
    bench.house.deliver(&bench.anna, &[LETTER, large.as_bytes(), LETTER]).await;
    let mut client = bench.connect().await;
    assert_eq!(client.line().await, "+OK Sigillo POP3");
    let commands =
        "STAT\r\nUIDL\r\nLIST\r\nRETR 1\r\nDELE 1\r\nTOP 2 1\r\nRETR 2\r\nRETR 9\r\nDELE 2\r\nTOP 3 0\r\nQUIT\r\n";
    let sent = format!("CAPA\r\nUSER {ANNA}\r\nPASS due parole €\r\n{commands}");
    client.send(&sent).await;
    client.says_no_more().await;
    assert!(client.several().await.contains(&"PIPELINING".to_owned()));
    assert_eq!(client.line().await, "+OK send PASS");
    let size = large.len() + 2 * LETTER.len();
    assert_eq!(client.line().await, format!("+OK 3 {size}"));
    assert_eq!(client.line().await, format!("+OK 3 {size}"));
    assert_eq!((client.several().await.len(), client.several().await.len()), (3, 3));
    assert_eq!(client.several().await.len(), 5);
    assert_eq!(client.line().await, "+OK deleted when you QUIT");
    assert_eq!(client.several().await, ["Subject: grande", "", "..riga"]);
    assert_eq!(client.several().await.len(), 30_002);
    assert_eq!(client.line().await, "-ERR no such message");
    assert_eq!(client.line().await, "+OK deleted when you QUIT");
    assert_eq!(client.several().await, ["Subject: uno", ""]);
    assert_eq!(client.line().await, "+OK bye");
    assert!(client.is_over().await);
    assert_eq!(bench.count().await, 1);
}

/// 31: whatever was said before it, QUIT is answered.
#[tokio::test]
async fn quit_is_answered_in_every_state() {
    let bench = Bench::new().await;
    bench.house.deliver(&bench.anna, &[LETTER]).await;
    for before in [&[][..], &["USER nessuno"], &["CAPA"], &["XYZ"]] {
        let mut client = bench.connect().await;
        client.line().await;
        for command in before {
            client.send(&format!("{command}\r\n")).await;
        }
        client.send("QUIT\r\n").await;
        let mut last = client.line().await;
        while last != "+OK bye" {
            last = client.line().await;
        }
        assert!(client.is_over().await);
    }
    for before in [&[][..], &["DELE 1", "RSET"], &["RETR 7"], &["DELE 1"]] {
        let mut client = bench.login().await;
        for command in before {
            client.ask(command).await;
        }
        assert_eq!(client.ask("QUIT").await, "+OK bye");
        assert!(client.is_over().await);
    }
    assert_eq!(bench.count().await, 0);
}

/// 32: Outlook takes a message for one that it has where what identifies it was another's before.
#[tokio::test]
async fn what_identifies_a_message_was_never_anothers() {
    let bench = Bench::new().await;
    let mut known = BTreeSet::new();
    for round in 0..4 {
        bench.house.deliver(&bench.anna, &[LETTER, LETTER]).await;
        let mut client = bench.login().await;
        let all = client.lines("UIDL").await;
        let fresh = all.len().saturating_sub(2);
        for line in &all[fresh..] {
            let (_, unique) = line.split_once(' ').unwrap();
            assert!(known.insert(unique.to_owned()), "{round}: {unique} was another's");
        }
        let inbox = bench.house.store.folders(bench.anna.id, Reader::Owner).await.unwrap().remove(0).id;
        match round {
            // The last one goes, by POP3.
            0 => {
                client.ask(&format!("DELE {}", all.len())).await;
                assert_eq!(client.ask("QUIT").await, "+OK bye");
            }
            // All of them go, elsewhere.
            1 => {
                let removal = Removal { by: Actor::Holder, door: "imap", at: Moment::from_unix(1_790_000_000) };
                bench.house.store.expunge(inbox, &UidSet::all(), &removal).await.unwrap();
            }
            // The INBOX is renamed: its messages move, and it begins anew.
            _ => assert!(bench.house.store.rename_folder(inbox, &format!("vecchia{round}")).await.unwrap()),
        }
    }
}

/// 32: what LIST and RETR say of the size are the octets that come, dots undoubled; where the last line of a message has no end,
/// it is completed, since the answer must end in a line of its own.
#[tokio::test]
async fn the_octets_that_are_announced_come() {
    let bench = Bench::new().await;
    let large = format!("Subject: grande\r\n\r\n{}", "..\r\n.\r\nè\r\n".repeat(20_000));
    let messages = ["Subject: a\r\n\r\n.\r\n..\r\n\r\n", "Subject: b\r\n\r\n", &large, "Subject: c\r\n\r\nsenza fine"];
    bench.house.deliver(&bench.anna, &messages.map(str::as_bytes)).await;
    let mut client = bench.login().await;
    let listed = client.lines("LIST").await;
    for (number, message) in (1..).zip(messages) {
        assert_eq!(listed[number - 1], format!("{number} {}", message.len()));
        assert_eq!(client.ask(&format!("RETR {number}")).await, format!("+OK {} octets", message.len()));
        let retrieved = client.until_the_end().await;
        let came: String =
            retrieved.iter().map(|line| format!("{}\r\n", line.strip_prefix('.').unwrap_or(line))).collect();
        let whole = message.ends_with("\r\n");
        assert!(came == if whole { message.to_owned() } else { format!("{message}\r\n") }, "{number}");
    }
}
