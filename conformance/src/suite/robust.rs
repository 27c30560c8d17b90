//! SMTP robustness of both doors: what a hostile or broken client does must not stop the provider nor smuggle anything.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::case::{Need, Test, test};
use super::outcome::{Fault, Outcome};
use super::stage::{Stage, ensure, pass, seen};
use crate::client::{Client, Security};

const PEER: &[Need] = &[Need::Peer];
const DOOR: &[&str] = &["[R-2.2.2-a]"];

pub(super) const TESTS: &[Test] = &[
    test("robust.smuggling", "no line end but CRLF ends a message: nothing is smuggled", DOOR, PEER, smuggling),
    test(
        "robust.starttls",
        "what was said before TLS does not count after it",
        &["[R-5.3-a]", "[R-2.2.2-a]"],
        PEER,
        starttls,
    ),
    test("robust.long-line", "a command line without an end does no harm", DOOR, PEER, long_line),
    test("robust.half", "half a command and half a message do no harm", DOOR, PEER, half),
    test("robust.early", "a client that talks before the greeting does no harm", DOOR, PEER, early),
    test("robust.noise", "noise does no harm", DOOR, PEER, noise),
    test("robust.order", "commands out of order are refused", &["[R-2.2.2-a]", "[R-3.1-a]"], PEER, order),
    test("robust.many", "many clients at a time do no harm", DOOR, PEER, many),
];

/// How long a client of these tests waits for what need not come.
const SHORT: Duration = Duration::from_secs(5);

fn raw(address: &str) -> Result<TcpStream, Fault> {
    let tcp = TcpStream::connect(address)?;
    tcp.set_read_timeout(Some(SHORT))?;
    tcp.set_write_timeout(Some(SHORT))?;
    Ok(tcp)
}

/// The same after its greeting, which must come.
fn greeted(stage: &Stage<'_>, address: &str) -> Result<TcpStream, Fault> {
    let mut tcp = raw(address)?;
    tcp.set_read_timeout(Some(stage.patience()))?;
    read_reply(&mut tcp)?;
    tcp.set_read_timeout(Some(SHORT))?;
    Ok(tcp)
}

/// The door greets and answers EHLO.
fn alive(stage: &Stage<'_>) -> Result<(), Fault> {
    let door = stage.incoming()?;
    let greeted = stage.session(&door.address, &door.name, Security::StartTls);
    let submission = stage.client();
    ensure(greeted.is_ok(), || format!("the door for providers does not answer: {:?}", greeted.err()))?;
    ensure(submission.is_ok(), || format!("the submission door does not answer: {:?}", submission.err()))
}

/// The doors that speak first in clear.
fn doors<'a>(stage: &'a Stage<'_>) -> Result<Vec<&'a str>, Fault> {
    let submission = &stage.config().submission;
    let mut doors = vec![stage.incoming()?.address.as_str()];
    if submission.security == Security::StartTls {
        doors.push(&submission.address);
    }
    Ok(doors)
}

/// Each false end of a message, with a second message behind it: the server answers once, after the true end, or refuses
/// the whole. Whatever it took is one message.
fn smuggling(stage: &Stage<'_>) -> Outcome {
    let mut ways = Vec::new();
    let mut submitted = Vec::new();
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r\n\0.\r\n", "\n\n.\r\r\n"] {
        let door = stage.incoming()?;
        let other = stage.session(&door.address, &door.name, Security::StartTls)?;
        let token = stage.token();
        let from = stage.correspondent()?;
        ways.push(smuggled(other, [&token, &from, stage.recipient()], end)?);
        let found = stage.about(stage.recipient(), &token)?;
        ensure(found.iter().all(|mail| !mail.said.is_empty()), || {
            format!("{end:?}: something lies bare in the mailbox")
        })?;
        let (token, target) = (stage.token(), stage.peer_address("contrabbando")?);
        let way = smuggled(stage.logged_in()?, [&token, stage.sender(), &target], end)?;
        if way.starts_with("250") {
            submitted.push((token, end));
        }
        ways.push(way);
    }
    // What was accepted goes on as one message: on its way out it is not cut in two either.
    for (token, end) in &submitted {
        stage.taken(token, "posta-certificata").map_err(|fault| Fault::Fail(format!("{end:?}: {fault:?}")))?;
    }
    stage.quiet_out()?;
    for (token, end) in &submitted {
        let count = stage.taken_about(token)?.len();
        ensure(count == 1, || format!("{end:?}: the peer was brought {count} messages"))?;
    }
    alive(stage)?;
    ways.sort();
    ways.dedup();
    seen(format!("replies {}", ways.join(", ")))
}

/// Brings one message with a false end in the middle; says how it was answered.
fn smuggled(mut client: Client, [token, path, victim]: [&str; 3], end: &str) -> Result<String, Fault> {
    client.command(&format!("MAIL FROM:<{path}>"))?.expect(250)?;
    client.command(&format!("RCPT TO:<{victim}>"))?.expect(250)?;
    client.command("DATA")?.expect(354)?;
    let header = |subject: &str| format!("From: {path}\r\nTo: {victim}\r\nSubject: {subject} {token}\r\n\r\n{subject}");
    let behind = format!("MAIL FROM:<{path}>\r\nRCPT TO:<{victim}>\r\nDATA\r\n{}", header("due"));
    let first = client.command(&format!("{}{end}{behind}\r\n.", header("uno")));
    // Had the false end been taken, the replies to the smuggled commands would come before this one.
    match (first, client.command("XYZZY")) {
        (Ok(first), Ok(second)) => {
            ensure(second.code / 100 == 5, || {
                format!("{end:?} ended a message: what stood behind it was answered with {}", second.code)
            })?;
            Ok(first.code.to_string())
        }
        (Ok(first), Err(_)) => Ok(format!("{} and closed", first.code)),
        (Err(_), _) => Ok("closed".into()),
    }
}

fn starttls(stage: &Stage<'_>) -> Outcome {
    let submission = &stage.config().submission;
    let door = stage.incoming()?;
    let mut doors = vec![(&door.address, &door.name)];
    if submission.security == Security::StartTls {
        doors.push((&submission.address, &submission.name));
    }
    let mut ways = Vec::new();
    for (address, name) in doors {
        // A server that refuses or hangs up does not fall for it either.
        let Ok(mut client) = stage.injected(address, name) else {
            ways.push("refused");
            continue;
        };
        // Were the command answered under TLS, every reply would come one command too late.
        let reply = client.command("XYZZY")?;
        ensure(reply.code / 100 == 5, || format!("{address} obeyed a command that was put in: {}", reply.code))?;
        ways.push("forgotten");
    }
    alive(stage)?;
    seen(ways.join(", "))
}

fn long_line(stage: &Stage<'_>) -> Outcome {
    let mut ways = Vec::new();
    for address in doors(stage)? {
        let mut tcp = greeted(stage, address)?;
        let piece = vec![b'A'; 64 << 10];
        // A server that has had enough closes, and writing fails.
        let sent = (0..64).take_while(|_| tcp.write_all(&piece).is_ok()).count();
        tcp.write_all(b"\r\n").ok();
        let said = read_reply(&mut tcp).unwrap_or_default();
        ensure(!said.starts_with('2'), || format!("{address} took it: {said:?}"))?;
        ways.push(format!("{:?} after {} KiB", said.get(..3).unwrap_or("closed"), sent * 64));
    }
    alive(stage)?;
    seen(ways.join(", "))
}

fn half(stage: &Stage<'_>) -> Outcome {
    for address in doors(stage)? {
        for start in ["", "EH", "EHLO a.invalid\r\nMAI", "EHLO a.invalid\r\nMAIL FROM:<"] {
            let mut tcp = greeted(stage, address)?;
            tcp.write_all(start.as_bytes())?;
        }
    }
    let door = stage.incoming()?;
    let (token, target) = (stage.token(), stage.recipient());
    let mut client: Client = stage.session(&door.address, &door.name, Security::StartTls)?;
    client.command(&format!("MAIL FROM:<{}>", stage.correspondent()?))?.expect(250)?;
    client.command(&format!("RCPT TO:<{target}>"))?.expect(250)?;
    client.command("DATA")?.expect(354)?;
    client.write_and_leave(format!("Subject: mezzo {token}\r\n\r\nmezza riga").as_bytes())?;
    alive(stage)?;
    stage.quiet_in()?;
    ensure(stage.about_now(target, &token)?.is_empty(), || "half a message was taken".into())?;
    pass()
}

fn early(stage: &Stage<'_>) -> Outcome {
    let mut ways = Vec::new();
    for address in doors(stage)? {
        let mut tcp = raw(address)?;
        tcp.write_all(b"EHLO presto.invalid\r\nNOOP\r\nQUIT\r\n")?;
        let mut said = Vec::new();
        tcp.take(64 << 10).read_to_end(&mut said).ok();
        ways.push(String::from_utf8_lossy(said.get(..3).unwrap_or_default()).into_owned());
    }
    alive(stage)?;
    seen(format!("first reply {}", ways.join(", ")))
}

fn noise(stage: &Stage<'_>) -> Outcome {
    for address in doors(stage)? {
        for start in [
            &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"\0\0\0\0\r\n\xff\xfe\r\n",
        ] {
            let mut tcp = raw(address)?;
            tcp.write_all(start)?;
            let wrong = "XYZZY\r\n".repeat(40);
            tcp.write_all(wrong.as_bytes()).ok();
            let mut said = Vec::new();
            tcp.take(64 << 10).read_to_end(&mut said).ok();
            ensure(said.len() < 64 << 10, || "it answers noise without an end".into())?;
        }
    }
    alive(stage)?;
    pass()
}

fn order(stage: &Stage<'_>) -> Outcome {
    let door = stage.incoming()?;
    let mut client = stage.session(&door.address, &door.name, Security::StartTls)?;
    for command in ["DATA", "RCPT TO:<a@b.invalid>", "STARTTLS", "MAIL FROM:a@b@c", "VRFY", "AUTH"] {
        let reply = client.command(command)?;
        ensure(matches!(reply.code, 252 | 400..=599), || format!("{command}: {} {}", reply.code, reply.text))?;
    }
    let mut holder = stage.logged_in()?;
    for command in ["DATA", &format!("RCPT TO:<{}>", stage.recipient()), "AUTH PLAIN AGEAYg=="] {
        let reply = holder.command(command)?;
        ensure(reply.code / 100 == 5, || format!("{command}: {} {}", reply.code, reply.text))?;
    }
    pass()
}

fn many(stage: &Stage<'_>) -> Outcome {
    let mut open = Vec::new();
    for address in doors(stage)? {
        for _ in 0..20 {
            open.push(raw(address)?);
        }
    }
    alive(stage)?;
    drop(open);
    stage.quiet_in()?;
    pass()
}

/// One reply, all of its lines.
fn read_reply(tcp: &mut TcpStream) -> Result<String, Fault> {
    let mut said = Vec::new();
    let mut octet = [0];
    while said.len() < 8_192 && tcp.read(&mut octet)? == 1 {
        said.push(octet[0]);
        if octet[0] == b'\n' {
            let start =
                said.iter().rev().skip(1).position(|octet| *octet == b'\n').map_or(0, |back| said.len() - 1 - back);
            if said.get(start + 3) != Some(&b'-') {
                break;
            }
        }
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}
