use crate::bench::{Bench, LETTER};

/// 16: an empty mailbox has no messages, which is an answer.
#[tokio::test]
async fn nothing_is_found_where_nothing_is() {
    let bench = Bench::new().await;
    let mut client = bench.at_inbox().await;
    assert_eq!(client.ok("UID SEARCH ALL").await, ["* SEARCH"]);
    assert_eq!(client.ok("SEARCH 1:*").await, ["* SEARCH"]);
    assert!(client.ok("FETCH 1:* FLAGS").await.is_empty());
}

#[tokio::test]
async fn every_key_finds_what_it_says() {
    let bench = Bench::new().await;
    let second = "From: Bruno <bruno@pec.example>\r\nTo: =?utf-8?Q?Citt=C3=A0?= <c@pec.example>\r\nCc: d@pec.example\r\n\
        Subject: =?utf-8?B?UGVyY2jDqQ==?= no\r\nDate: Mon, 02 Mar 2026 23:30:00 -0500\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nTGEgcmlzcG9zdGEgw6ggUVVB\r\n";
    bench.deliver(&[LETTER, second]).await;
    let mut client = bench.at_inbox().await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Seen \\Flagged lavoro)").await;
    for (keys, found) in [
        ("ALL", " 1 2"),
        ("2", " 2"),
        ("UID 2:*", " 2"),
        ("SEEN", " 1"),
        ("UNSEEN", " 2"),
        ("NOT SEEN", " 2"),
        ("FLAGGED KEYWORD Lavoro", " 1"),
        ("UNKEYWORD lavoro", " 2"),
        ("OR FLAGGED UNSEEN", " 1 2"),
        ("(SEEN UNSEEN)", ""),
        ("NEW", ""),
        ("OLD", " 1 2"),
        ("FROM nicol\u{f2}", " 1"),
        ("FROM BRUNO", " 2"),
        ("TO citt\u{e0}", " 2"),
        ("CC d@pec", " 2"),
        ("BCC x", ""),
        ("SUBJECT PERCH\u{c9}", " 2"),
        ("HEADER Message-ID \"\"", " 1"),
        ("HEADER Message-ID 1@pec", " 1"),
        ("BODY \"risposta \u{e8} qua\"", " 2"),
        ("BODY seconda", " 1"),
        ("NOT BODY seconda", " 2"),
        ("OR BODY seconda SUBJECT no", " 1 2"),
        ("TEXT bruno", " 2"),
        ("TEXT PRIMA", " 1"),
        ("LARGER 250", " 2"),
        ("SMALLER 250", " 1"),
        ("SINCE 21-Sep-2026", " 1 2"),
        ("BEFORE 21-Sep-2026", ""),
        ("ON 21-Sep-2026", " 1 2"),
        ("SENTON 2-Mar-2026", " 2"),
        ("SENTSINCE 1-Jan-2026", " 2"),
        ("SENTBEFORE 1-Jan-2026", " 1"),
        ("SAVEDSINCE 21-Sep-2026", " 1 2"),
        ("YOUNGER 60", " 1 2"),
        ("OLDER 60", ""),
    ] {
        // 30: the charset in quotation marks, with the text as it is.
        let lines = client.ok(&format!("SEARCH CHARSET \"UTF-8\" {}", literals(keys))).await;
        assert_eq!(lines, [format!("* SEARCH{found}")], "{keys}");
    }
    client.refused("SEARCH CHARSET KOI8-R ALL", "NO [BADCHARSET").await;
    client.refused("SEARCH FROBNICATE", "BAD").await;
}

/// Texts beyond ASCII as clients send them: in literals.
fn literals(keys: &str) -> String {
    let Some(at) = keys.find(|c: char| !c.is_ascii()) else { return keys.to_owned() };
    let from = match keys.find('"') {
        Some(quote) => quote,
        None => keys[..at].rfind(' ').unwrap() + 1,
    };
    let text = keys[from..].trim_matches('"');
    format!("{}{{{}+}}\r\n{text}", &keys[..from], text.len())
}

#[tokio::test]
async fn what_was_found_is_told_short_and_kept() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER; 6]).await;
    let mut client = bench.at_inbox().await;
    client.ok("STORE 2,4:5 +FLAGS.SILENT (\\Flagged)").await;
    client.send("s UID SEARCH RETURN (MIN MAX COUNT ALL) FLAGGED\r\n").await;
    assert_eq!(client.until("s").await, ["* ESEARCH (TAG \"s\") UID MIN 2 MAX 5 COUNT 3 ALL 2,4:5", "OK done"]);
    client.send("s SEARCH RETURN () 7:9\r\n").await;
    assert_eq!(client.until("s").await, ["* ESEARCH (TAG \"s\")", "OK done"]);
    assert_eq!(client.all("SEARCH RETURN (SAVE) FLAGGED").await, ["OK done"]);
    assert_eq!(client.ok("FETCH $ UID").await.len(), 3);
    assert_eq!(client.ok("SEARCH NOT $").await, ["* SEARCH 1 3 6"]);
    client.ok("SEARCH RETURN (MIN MAX SAVE) FLAGGED").await;
    assert_eq!(client.ok("SEARCH $").await, ["* SEARCH 2 5"]);
    client.ok("SEARCH RETURN (SAVE) FLAGGED").await;
    client.ok("UID STORE $ +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(client.ok("EXPUNGE").await, ["* 5 EXPUNGE", "* 4 EXPUNGE", "* 2 EXPUNGE"]);
    assert_eq!(client.ok("SEARCH $").await, ["* SEARCH"]);
}

#[tokio::test]
async fn the_last_change_of_what_was_found_is_told() {
    let bench = Bench::new().await;
    bench.deliver(&[LETTER, LETTER]).await;
    let mut client = bench.at_inbox().await;
    client.ok("STORE 2 +FLAGS.SILENT (x)").await;
    let status = client.ok("STATUS INBOX (HIGHESTMODSEQ)").await.pop().unwrap();
    let highest = status.trim_start_matches("* STATUS \"INBOX\" (HIGHESTMODSEQ ").trim_end_matches(')').to_owned();
    assert_eq!(client.ok(&format!("SEARCH MODSEQ {highest}")).await, [format!("* SEARCH 2 (MODSEQ {highest})")]);
    for of_nothing in [format!("SEARCH MODSEQ {highest}0"), format!("SORT (DATE) UTF-8 MODSEQ {highest}0")] {
        let answer = client.ok(&of_nothing).await;
        assert!(matches!(&answer[..], [only] if !only.contains("MODSEQ")), "{answer:?}");
    }
    // Of the ends alone it is theirs (RFC 4731 §3.2).
    let first = client.ok("FETCH 1 MODSEQ").await.pop().unwrap();
    let first = first.trim_start_matches("* 1 FETCH (MODSEQ (").trim_end_matches("))").to_owned();
    assert_ne!(first, highest);
    for (returns, told) in [
        ("MIN", format!("MIN 1 MODSEQ {first}")),
        ("MAX", format!("MAX 2 MODSEQ {highest}")),
        ("MIN MAX", format!("MIN 1 MAX 2 MODSEQ {highest}")),
        ("MIN COUNT", format!("MIN 1 COUNT 2 MODSEQ {highest}")),
    ] {
        client.send(&format!("s SEARCH RETURN ({returns}) MODSEQ 1\r\n")).await;
        assert_eq!(client.until("s").await[0], format!("* ESEARCH (TAG \"s\") {told}"), "{returns}");
    }
    client.send("s SORT RETURN (MIN) (REVERSE ARRIVAL) UTF-8 MODSEQ 1\r\n").await;
    assert!(client.until("s").await[0].starts_with("* ESEARCH (TAG \"s\") MIN "));
}

/// 18: SORT puts in order what SEARCH finds.
#[tokio::test]
async fn what_was_found_is_put_in_order() {
    let bench = Bench::new().await;
    let letter = |from: &str, subject: &str, day: u8| {
        format!(
            "From: {from}@pec.example\r\nSubject: {subject}\r\nDate: {day} Mar 2026 10:00:00 +0100\r\n\r\n{subject}\r\n"
        )
    };
    let letters = [
        letter("carla", "Re: bando", 3),
        letter("Anna", "Gara lunga lunga lunga", 1),
        letter("bruno", "=?utf-8?Q?=C3=A8_altro?=", 2),
        letter("anna", "bando", 4),
        letter("dora", "_sottolineato", 5),
    ];
    bench.deliver(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut client = bench.at_inbox().await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    for (command, order) in [
        ("SORT (DATE) UTF-8 ALL", " 2 3 1 4 5"),
        ("SORT (REVERSE DATE) UTF-8 ALL", " 5 4 1 3 2"),
        ("SORT (FROM DATE) US-ASCII ALL", " 2 4 3 1 5"),
        ("SORT (FROM REVERSE DATE) UTF-8 ALL", " 4 2 3 1 5"),
        ("SORT (SUBJECT) UTF-8 ALL", " 1 4 3 2 5"),
        ("SORT (REVERSE SIZE) UTF-8 2:4", " 3 2 4"),
        ("SORT (ARRIVAL) UTF-8 ALL", " 1 2 3 4 5"),
        ("UID SORT (DATE) UTF-8 UNDELETED", " 2 3 4 5"),
        ("SORT (DATE) UTF-8 SUBJECT niente", ""),
    ] {
        assert_eq!(client.ok(command).await, [format!("* SORT{order}")], "{command}");
    }
    client.send("s UID SORT RETURN (ALL COUNT) (REVERSE DATE) UTF-8 ALL\r\n").await;
    assert_eq!(client.until("s").await, ["* ESEARCH (TAG \"s\") UID COUNT 5 ALL 5,4,1,3,2", "OK done"]);
    // What follows each other is one range, what goes down is none.
    client.send("s SORT RETURN (ALL) (ARRIVAL) UTF-8 ALL\r\n").await;
    assert_eq!(client.until("s").await[0], "* ESEARCH (TAG \"s\") ALL 1:5");
    // The ends are those of the order, and so is what is kept of them alone.
    client.send("s SORT RETURN (MIN MAX SAVE) (DATE) UTF-8 ALL\r\n").await;
    assert_eq!(client.until("s").await[0], "* ESEARCH (TAG \"s\") MIN 2 MAX 5");
    assert_eq!(client.ok("SEARCH $").await, ["* SEARCH 2 5"]);
    client.refused("SORT (DATE) KOI8-R ALL", "NO [BADCHARSET").await;
}
