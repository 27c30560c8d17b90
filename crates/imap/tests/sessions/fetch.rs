use store::{Mailboxes, Reader};

use crate::bench::{Bench, LETTER};

const ENVELOPE: &str = "From: posta-certificata@pec.example\r\nSubject: POSTA CERTIFICATA: x\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=\"a\"\r\n\r\n\
    --a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ntesto\r\n\
    --a\r\nContent-Type: message/rfc822; name=\"postacert.eml\"\r\nContent-Disposition: inline; filename=\"postacert.eml\"\r\n\r\n\
    From: Anna <anna@pec.example>\r\nSubject: dentro\r\n\r\nciao\r\n\r\n--a--\r\n";

async fn unseen(bench: &Bench) -> u32 {
    bench.house.store.folders(bench.anna.id, Reader::Owner).await.unwrap()[0].unseen
}

#[tokio::test]
async fn items_come_in_the_order_in_which_they_were_asked_for() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let mut client = bench.at_inbox().await;
    let fast = client.ok("FETCH 1 FAST").await;
    let date = "\"21-Sep-2026 16:13:20 +0200\"";
    assert_eq!(fast, [format!("* 1 FETCH (FLAGS () INTERNALDATE {date} RFC822.SIZE {})", LETTER.len())]);
    let lines = client.ok("FETCH 1 (EMAILID THREADID SAVEDATE)").await;
    assert!(
        lines[0].starts_with("* 1 FETCH (EMAILID (M") && lines[0].ends_with(&format!(" THREADID NIL SAVEDATE {date})"))
    );
    // 20: a name beyond ASCII stays in encoded words.
    assert_eq!(
        client.ok("FETCH 1 ENVELOPE").await,
        ["* 1 FETCH (ENVELOPE (\"Thu, 05 Dec 2024 11:30:30 +0100\" \"uno\" \
          ((\"=?utf-8?Q?Nicol=C3=B2?=\" NIL \"nicolo\" \"pec.example\")) \
          ((\"=?utf-8?Q?Nicol=C3=B2?=\" NIL \"nicolo\" \"pec.example\")) \
          ((\"=?utf-8?Q?Nicol=C3=B2?=\" NIL \"nicolo\" \"pec.example\")) ((NIL NIL \"anna\" \"pec.example\")) NIL NIL NIL \
          \"<1@pec.example>\"))"]
    );
}

/// 11 and 12: the origin alone, as many octets as there are, and the name that was asked for.
#[tokio::test]
async fn octets_are_announced_as_they_were_asked_for() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER]).await;
    let mut client = bench.at_inbox().await;
    assert_eq!(client.ok("FETCH 1 BODY.PEEK[TEXT]<0.5>").await, ["* 1 FETCH (BODY[TEXT]<0> {5}\r\nprima)"]);
    assert_eq!(client.ok("FETCH 1 BODY.PEEK[TEXT]<14.900>").await, ["* 1 FETCH (BODY[TEXT]<14> {7}\r\nconda\r\n)"]);
    assert_eq!(client.ok("FETCH 1 BODY.PEEK[]<9999.5>").await, ["* 1 FETCH (BODY[]<9999> {0}\r\n)"]);
    assert_eq!(client.ok("FETCH 1 BODY.PEEK[7]").await, ["* 1 FETCH (BODY[7] NIL)"]);
    let fields = client.ok("FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject X-None)]").await;
    assert_eq!(fields, ["* 1 FETCH (BODY[HEADER.FIELDS (Subject X-None)] {16}\r\nSubject: uno\r\n\r\n)"]);
    let header = LETTER.split_inclusive("\r\n\r\n").next().unwrap();
    assert_eq!(
        client.ok("FETCH 1 RFC822.HEADER").await,
        [format!("* 1 FETCH (RFC822.HEADER {{{}}}\r\n{header})", header.len())]
    );
    assert_eq!(unseen(&bench).await, 1, "a header and what is peeked at mark nothing");
}

#[tokio::test]
async fn what_is_read_is_seen_and_told_so() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let mut client = bench.at_inbox().await;
    let lines = client.ok("FETCH 1 RFC822.TEXT").await;
    assert_eq!(lines, ["* 1 FETCH (RFC822.TEXT {21}\r\nprima riga\r\nseconda\r\n FLAGS (\\Seen))"]);
    assert_eq!(
        client.ok("FETCH 1 (BODY[TEXT] FLAGS)").await,
        ["* 1 FETCH (BODY[TEXT] {21}\r\nprima riga\r\nseconda\r\n FLAGS (\\Seen))"]
    );
    assert!(client.ok("NOOP").await.is_empty(), "it was told");
    assert_eq!(unseen(&bench).await, 1);
    client.ok("EXAMINE INBOX").await;
    client.ok("FETCH 2 BODY[]").await;
    assert_eq!(unseen(&bench).await, 1, "who only looks marks nothing");
}

/// 9: `BODY[2.MIME]` of `postacert.eml` is the part's own header.
#[tokio::test]
async fn parts_of_an_envelope_are_found() {
    let bench = Bench::new().await;
    bench.deliver(&[ENVELOPE]).await;
    let mut client = bench.at_inbox().await;
    let mime = "Content-Type: message/rfc822; name=\"postacert.eml\"\r\nContent-Disposition: inline; filename=\"postacert.eml\"\r\n\r\n";
    assert_eq!(
        client.ok("FETCH 1 BODY.PEEK[2.MIME]").await,
        [format!("* 1 FETCH (BODY[2.MIME] {{{}}}\r\n{mime})", mime.len())]
    );
    assert_eq!(client.ok("FETCH 1 BODY.PEEK[2.1]").await, ["* 1 FETCH (BODY[2.1] {6}\r\nciao\r\n)"]);
    assert_eq!(
        client.ok("FETCH 1 BODY.PEEK[2.HEADER.FIELDS.NOT (FROM)]").await,
        ["* 1 FETCH (BODY[2.HEADER.FIELDS.NOT (FROM)] {19}\r\nSubject: dentro\r\n\r\n)"]
    );
    let structure = &client.ok("FETCH 1 BODYSTRUCTURE").await[0];
    assert!(structure.contains("\"message\" \"rfc822\" (\"name\" \"postacert.eml\") NIL NIL \"7bit\""), "{structure}");
    assert!(structure.contains("(NIL \"dentro\" ((\"Anna\" NIL \"anna\" \"pec.example\"))"), "{structure}");
    assert!(structure.ends_with("\"mixed\" (\"boundary\" \"a\") NIL NIL NIL))"), "{structure}");
}

#[tokio::test]
async fn numbers_do_not_shift_while_a_client_counts() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER, LETTER]).await;
    let (mut one, mut other) = (bench.at_inbox().await, bench.at_inbox().await);
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    // What went keeps its number until it may be told.
    let lines = one.all("FETCH 1:3 UID").await;
    assert_eq!(lines, ["* 2 FETCH (UID 2)", "* 3 FETCH (UID 3)", "OK [EXPUNGEISSUED] done"]);
    let lines = one.ok("STORE 3 +FLAGS (x)").await;
    assert_eq!(lines.last().unwrap(), "* 3 FETCH (UID 3 FLAGS (x))");
    assert_eq!(one.ok("SEARCH KEYWORD x").await, ["* SEARCH 3"]);
    assert_eq!(one.ok("NOOP").await, ["* 1 EXPUNGE"]);
    assert_eq!(one.ok("FETCH 2 UID").await, ["* 2 FETCH (UID 3)"]);
}

/// 2 and 29: sets as telephones write them.
#[tokio::test]
async fn every_form_of_a_set_is_taken() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER; 5]).await;
    let mut client = bench.at_inbox().await;
    let numbers = |lines: Vec<String>| -> Vec<String> {
        lines.iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(numbers(client.ok("UID FETCH 1,3:4,5 UID").await), ["1", "3", "4", "5"]);
    assert_eq!(numbers(client.ok("UID FETCH *:123 UID").await), ["5"]);
    assert_eq!(numbers(client.ok("UID FETCH 123:* UID").await), ["5"]);
    assert_eq!(numbers(client.ok("FETCH * UID").await), ["5"]);
    assert_eq!(numbers(client.ok("FETCH 4:2,2 UID").await), ["2", "3", "4"]);
    // 10: since ever.
    let lines = client.ok("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 0)").await;
    // Who names modification sequences for the first time is told the last one (RFC 7162 §3.1).
    assert!(lines[0].starts_with("* OK [HIGHESTMODSEQ "), "{lines:?}");
    assert_eq!(lines[1..].len(), 5);
    assert_eq!(client.ok("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 0)").await.len(), 5);
}

/// Of a thousand messages each comes, page by page.
#[tokio::test]
async fn a_large_folder_is_fetched_whole() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER; 500]).await;
    let mut client = bench.at_inbox().await;
    let lines = client.ok("FETCH 1:* (UID FLAGS ENVELOPE)").await;
    assert_eq!(lines.len(), 500);
    assert!(lines[499].starts_with("* 500 FETCH (UID 500 FLAGS () ENVELOPE ("));
    client.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)").await;
    let lines = client.ok("EXPUNGE").await;
    assert_eq!((lines.len(), lines[0].as_str(), lines[499].as_str()), (500, "* 500 EXPUNGE", "* 1 EXPUNGE"));
}

/// Who takes a large message slowly holds up nobody, and gets it whole in the end.
/// Octets are read of the store for some messages at once: around the size of what is read at once, and where one is gone.
#[tokio::test]
async fn what_is_fetched_of_many_messages_is_each_ones_own() {
    let bench = Bench::new().await;
    let body = |number: usize| {
        let size = [0, 7, 30_000, 65_536, 65_537, 140_000][number % 6];
        format!("{number} {}\r\n", "x".repeat(size))
    };
    let messages: Vec<String> = (0..150).map(|number| format!("Subject: s{number}\r\n\r\n{}", body(number))).collect();
    bench.deliver(&messages.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut client = bench.at_inbox().await;
    let mut other = bench.at_inbox().await;
    other.ok("STORE 61:63 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    let asked = "FETCH 1:* (BODY.PEEK[TEXT] BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[]<9.5> BODY.PEEK[TEXT]<1.2>)";
    let mut lines = client.all(asked).await;
    assert!(lines.pop().unwrap().starts_with("OK [EXPUNGEISSUED] "));
    let told: Vec<&String> = lines.iter().filter(|line| line.contains(" FETCH (BODY[TEXT] ")).collect();
    let left: Vec<usize> = (0..150).filter(|number| !(60..63).contains(number)).collect();
    assert_eq!(told.len(), left.len());
    for (number, line) in left.into_iter().zip(told) {
        let (text, whole) = (body(number), &messages[number]);
        let header = format!("Subject: s{number}\r\n\r\n");
        let expected = format!(
            "* {} FETCH (BODY[TEXT] {{{}}}\r\n{text} BODY[HEADER.FIELDS (SUBJECT)] {{{}}}\r\n{header} BODY[]<9> {{5}}\r\n{} \
             BODY[TEXT]<1> {{2}}\r\n{})",
            number + 1,
            text.len(),
            header.len(),
            &whole[9..14],
            &text[1..3],
        );
        assert!(*line == expected, "{number}: {:.200}", line);
    }
}

#[tokio::test]
async fn a_slow_client_holds_up_nobody() {
    let bench = Bench::new().await;
    let message = format!("Subject: grande\r\n\r\n{}", "Ogni riga conta.\r\n".repeat(300_000));
    bench.deliver(&[&message]).await;
    let mut slow = bench.login().await;
    slow.ok("EXAMINE INBOX").await;
    slow.send("s FETCH 1 BODY[]\r\n").await;
    let mut other = bench.at_inbox().await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    let lines = slow.until("s").await;
    assert!(lines[0] == format!("* 1 FETCH (BODY[] {{{}}}\r\n{message})", message.len()));
    // What went while it was sent is told by the connection's end, never by other octets.
    slow.send("s FETCH 1 BODY[]\r\n").await;
    assert!(slow.octets(100_000).await.starts_with(b"* 1 FETCH"));
    other.ok("EXPUNGE").await;
    let rest = slow.rest().await;
    assert!(rest.len() < message.len() - 100_000 && !rest.ends_with(b"done\r\n"), "{} octets", rest.len());
}
