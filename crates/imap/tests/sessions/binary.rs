use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::bench::{Bench, Client, LETTER};

fn message(parts: &[(&str, &str)]) -> String {
    let mut message = "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
    for (encoding, body) in parts {
        message +=
            &format!("--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n");
    }
    message + "--b--\r\n"
}

/// The octets of the only item of an answer, as they were announced.
async fn octets(client: &mut Client, item: &str) -> (String, Vec<u8>) {
    client.send(&format!("b UID FETCH 1 {item}\r\n")).await;
    let mut head = String::new();
    while !head.ends_with("}\r\n") {
        head.push(char::from(client.octets(1).await[0]));
    }
    let announced = head.trim_end_matches("}\r\n").rsplit('{').next().unwrap().parse().unwrap();
    let octets = client.octets(announced).await;
    assert!(client.until("b").await.last().unwrap().starts_with("OK"));
    (head, octets)
}

#[tokio::test]
async fn parts_come_without_their_encoding() {
    let bench = Bench::new().await;
    let message =
        message(&[("quoted-printable", "citt=C3=A0 =\r\nbella  "), ("BASE64", "YWIA\r\n/w=="), ("8bit", "così")]);
    bench.deliver(&[&message]).await;
    let mut client = bench.at_inbox().await;
    assert_eq!(client.ok("FETCH 1 BINARY.PEEK[1]").await, ["* 1 FETCH (BINARY[1] ~{12}\r\ncittà bella)"]);
    let sizes = "* 1 FETCH (BINARY.SIZE[1] 12 BINARY.SIZE[2] 4 BINARY.SIZE[3] 5 BINARY.SIZE[9] 0 UID 1)";
    let asked = "FETCH 1 (BINARY.SIZE[1] BINARY.SIZE[2] BINARY.SIZE[3] BINARY.SIZE[9] UID)";
    assert_eq!(client.ok(asked).await, [sizes]);
    let (head, part) = octets(&mut client, "BINARY.PEEK[2]").await;
    assert_eq!((head.as_str(), part.as_slice()), ("* 1 FETCH (UID 1 BINARY[2] ~{4}\r\n", &b"ab\0\xff"[..]));
    let (head, part) = octets(&mut client, "BINARY.PEEK[2]<1.2>").await;
    assert_eq!((head.as_str(), part.as_slice()), ("* 1 FETCH (UID 1 BINARY[2]<1> ~{2}\r\n", &b"b\0"[..]));
    assert_eq!(client.ok("FETCH 1 BINARY.PEEK[1]<50.9>").await, ["* 1 FETCH (BINARY[1]<50> ~{0}\r\n)"]);
    assert_eq!(client.ok("FETCH 1 BINARY.PEEK[7]").await, ["* 1 FETCH (BINARY[7] NIL)"]);
    // The message itself is not encoded: its parts are.
    let (_, whole) = octets(&mut client, "BINARY.PEEK[]").await;
    assert_eq!(whole, message.as_bytes());
    assert_eq!(client.ok("FETCH 1 BINARY.SIZE[]").await, [format!("* 1 FETCH (BINARY.SIZE[] {})", message.len())]);
    // What is read is seen.
    assert_eq!(client.ok("FETCH 1 BINARY[3]").await, ["* 1 FETCH (BINARY[3] ~{5}\r\ncosì FLAGS (\\Seen))"]);
}

#[tokio::test]
async fn an_encoding_that_nobody_knows_is_told() {
    let bench = Bench::new().await;
    bench.deliver(&[&message(&[("x-uuencode", "begin"), ("7bit", "chiaro")])]).await;
    let mut client = bench.at_inbox().await;
    let lines = client.all("FETCH 1 (BINARY.PEEK[1] BINARY.PEEK[2])").await;
    assert_eq!(lines[0], "* 1 FETCH (BINARY[1] NIL BINARY[2] ~{6}\r\nchiaro)");
    assert!(lines[1].starts_with("NO [UNKNOWN-CTE]"), "{lines:?}");
    client.refused("FETCH 1 BINARY.SIZE[1]", "NO [UNKNOWN-CTE]").await;
    assert_eq!(client.ok("FETCH 1 BODY.PEEK[1]").await, ["* 1 FETCH (BODY[1] {5}\r\nbegin)"]);
}

#[tokio::test]
async fn a_large_part_is_the_same_whole_and_in_pieces_of_any_size() {
    let bench = Bench::new().await;
    let content: Vec<u8> = (0..300_000u32).flat_map(|number| number.to_le_bytes()).take(700_000).collect();
    let lines: Vec<String> =
        STANDARD.encode(&content).as_bytes().chunks(76).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect();
    bench.deliver(&[&message(&[("base64", &lines.join("\r\n"))])]).await;
    let mut client = bench.at_inbox().await;
    assert_eq!(client.ok("FETCH 1 BINARY.SIZE[1]").await, ["* 1 FETCH (BINARY.SIZE[1] 700000)"]);
    let (_, whole) = octets(&mut client, "BINARY.PEEK[1]").await;
    assert!(whole == content);
    let mut joined = Vec::new();
    for from in (0..content.len()).step_by(61_111) {
        let (_, piece) = octets(&mut client, &format!("BINARY.PEEK[1]<{from}.61111>")).await;
        joined.extend(piece);
    }
    assert!(joined == content);
    // Backwards, and over the end.
    let (_, piece) = octets(&mut client, "BINARY.PEEK[1]<99.3>").await;
    assert_eq!(piece, content[99..102]);
    let (_, piece) = octets(&mut client, "BINARY.PEEK[1]<699990.4000000>").await;
    assert_eq!(piece, content[699_990..]);
}

#[tokio::test]
async fn a_literal8_is_appended_unless_it_holds_nul() {
    let bench = Bench::new().await;
    let mut client = bench.at_inbox().await;
    let answer = client.ask(&format!("APPEND INBOX ~{{{}+}}\r\n{LETTER}", LETTER.len())).await;
    assert!(answer.starts_with("OK [APPENDUID "), "{answer}");
    assert_eq!(
        client.ok("FETCH 1 RFC822").await[0],
        format!("* 1 FETCH (RFC822 {{{}}}\r\n{LETTER} FLAGS (\\Seen \\Recent))", LETTER.len())
    );
    client.refused("APPEND INBOX ~{9+}\r\na: b\r\n\r\n\0", "NO [UNKNOWN-CTE]").await;
    client.ok("NOOP").await;
    assert_eq!(client.ok("SEARCH ALL").await, ["* SEARCH 1"]);
}
