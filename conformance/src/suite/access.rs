//! The Access Point's door: authentication, confidentiality, limits (§3.1, §5.2, §5.3).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::case::{Need, Test, test};
use super::outcome::Outcome;
use super::stage::{Stage, ensure, pass, seen};
use crate::client::{Message, Security};

pub(super) const TESTS: &[Test] = &[
    test("access.login", "nothing is submitted before authentication", &["[R-5.2-a]", "[R-3.1-a]"], &[], login),
    test("access.password", "a wrong password opens nothing", &["[R-5.2-a]"], &[], password),
    test("access.clear", "no password is taken in clear", &["[R-5.3-user]"], &[], clear),
    test("access.identity", "nobody submits in another's name", &["[R-5.2-a]", "[R-3.1.1-c]"], &[Need::Peer], identity),
    test(
        "access.size",
        "SIZE is announced, and above it SMTP itself refuses",
        &["[R-3.1.1-h]", "[R-L-12-1]"],
        &[],
        size,
    ),
    test("access.thirty", "thirty megabytes may be announced", &["[R-L-12-2]"], &[], thirty),
    test("access.fifty", "fifty recipients are taken", &["[R-L-12-2]"], &[Need::Peer], fifty),
    test(
        "access.product",
        "size times recipients has a limit, and the sender is told",
        &["[R-3.1.1-f]", "[R-L-12-1]"],
        &[Need::Product],
        product,
    ),
];

fn login(stage: &Stage<'_>) -> Outcome {
    let reply = stage.client()?.command(&format!("MAIL FROM:<{}>", stage.sender()))?;
    ensure(reply.code / 100 != 2, || "MAIL is taken before AUTH".into())?;
    pass()
}

fn password(stage: &Stage<'_>) -> Outcome {
    let mut client = stage.client()?;
    ensure(client.login(stage.sender(), "certo-non-questa").is_err(), || "a wrong password is taken".into())?;
    let reply = client.command(&format!("MAIL FROM:<{}>", stage.sender()));
    ensure(reply.is_ok_and(|reply| reply.code / 100 != 2), || "MAIL is taken after a wrong password".into())?;
    pass()
}

fn clear(stage: &Stage<'_>) -> Outcome {
    let door = &stage.config().submission;
    if door.security == Security::Tls {
        let mut tcp = TcpStream::connect(&door.address)?;
        tcp.set_read_timeout(Some(Duration::from_secs(5)))?;
        tcp.write_all(b"EHLO client.invalid\r\n")?;
        let mut said = [0; 3];
        let spoke = tcp.read_exact(&mut said).is_ok() && matches!(&said, b"220" | b"250");
        ensure(!spoke, || "the door speaks SMTP in clear".into())?;
        return seen("TLS from the first octet");
    }
    let mut client = stage.session(&door.address, &door.name, Security::Clear)?;
    let offered = client.extensions().lines().any(|line| line.to_ascii_uppercase().starts_with("AUTH"));
    ensure(!offered, || "AUTH is announced before STARTTLS".into())?;
    let sender = &stage.config().sender;
    let taken = client.login(sender.login.as_ref().unwrap_or(&sender.address), &sender.password);
    ensure(taken.is_err(), || "the password is taken in clear".into())?;
    pass()
}

/// The reverse path of somebody else is refused in the dialogue or by a notice; nothing goes out.
fn identity(stage: &Stage<'_>) -> Outcome {
    let target = stage.peer_address("identita")?;
    let mut letter = stage.letter(&[&target]).set("From", Some(stage.recipient()));
    letter.path = stage.recipient().to_owned();
    let reply = stage.submit(&letter)?;
    let how = if reply.code == 250 {
        stage.until("a non-acceptance", stage.patience(), || {
            let found = [stage.about(stage.sender(), &letter.token)?, stage.about(stage.recipient(), &letter.token)?];
            Ok(found.concat().iter().any(|mail| mail.said == "non-accettazione").then_some(()))
        })?;
        "a notice".to_owned()
    } else {
        format!("SMTP {}", reply.code)
    };
    stage.quiet_out()?;
    ensure(stage.taken_about(&letter.token)?.is_empty(), || "it reached the peer".into())?;
    seen(how)
}

fn size(stage: &Stage<'_>) -> Outcome {
    let mut client = stage.logged_in()?;
    let announced = client.extensions().lines().find_map(|line| line.strip_prefix("SIZE")).map(str::trim);
    let announced: u64 = announced.and_then(|text| text.parse().ok()).unwrap_or(0);
    ensure(announced > 0, || "SIZE with a limit is not announced".into())?;
    let reply = client.command(&format!("MAIL FROM:<{}> SIZE={}", stage.sender(), announced + 1))?;
    ensure(reply.code == 552, || format!("above SIZE the reply is {} {}", reply.code, reply.text))?;
    seen(format!("{announced} octets"))
}

fn thirty(stage: &Stage<'_>) -> Outcome {
    // The larger reading of "megabyte".
    let reply = stage.logged_in()?.command(&format!("MAIL FROM:<{}> SIZE=31457280", stage.sender()))?;
    ensure(reply.code == 250, || format!("{} {}", reply.code, reply.text))?;
    pass()
}

/// One octet too many for fifty recipients. They are invented: nothing goes out.
fn product(stage: &Stage<'_>) -> Outcome {
    let limit = stage.config().product.unwrap_or_default();
    let domain = stage.recipient().split('@').nth(1).unwrap_or_default();
    let targets: Vec<String> = (0..50).map(|number| format!("troppi{number:02}@{domain}")).collect();
    let names: Vec<&str> = targets.iter().map(String::as_str).collect();
    let mut letter = stage.letter(&names).set("To", Some(&names.join(",\r\n ")));
    let size = usize::try_from(limit / 50 + 1).unwrap_or(usize::MAX);
    let line = format!("{}\r\n", "x".repeat(70));
    letter.body = line.repeat(size / line.len() + 1).into_bytes();
    let reply = stage.submit(&letter)?;
    if reply.code / 100 == 5 {
        return seen(format!("SMTP {} {}", reply.code, reply.text));
    }
    let notice = stage.mail(stage.sender(), &letter.token, "non-accettazione")?;
    seen(stage.datum(&notice, "errore-esteso")?)
}

fn fifty(stage: &Stage<'_>) -> Outcome {
    let targets: Vec<String> =
        (0..50).map(|number| stage.peer_address(&format!("cinquanta{number:02}"))).collect::<Result<_, _>>()?;
    let names: Vec<&str> = targets.iter().map(String::as_str).collect();
    let mut letter = stage.letter(&names);
    letter = letter.clone().set("To", Some(&names.join(",\r\n ")));
    let (sender, bytes) = (letter.path.clone(), letter.bytes());
    let answers = stage.logged_in()?.offer(&Message { sender, recipients: targets, bytes })?;
    let refused = answers.recipients.iter().find(|reply| reply.code / 100 != 2);
    ensure(refused.is_none(), || format!("a recipient is refused: {refused:?}"))?;
    ensure(answers.taken(), || format!("{} {}", answers.last().code, answers.last().text))?;
    let acceptance = stage.mail(stage.sender(), &letter.token, "accettazione")?;
    let data = stage.data(&acceptance)?;
    let listed = crate::xml::texts(&data, "destinatari").len();
    ensure(listed == 50, || format!("{listed} recipients in the acceptance"))?;
    let came = || -> Result<Option<()>, super::outcome::Fault> {
        let all: usize = stage.taken_about(&letter.token)?.iter().map(|taken| taken.recipients.len()).sum();
        Ok((all == 50).then_some(()))
    };
    stage.until("the envelope for all fifty", stage.patience(), came)?;
    for envelope in stage.taken_about(&letter.token)? {
        let received = envelope.recipients.clone();
        stage.tell(&stage.notice(&envelope, "presa-in-carico", |data| data.received = received)?)?;
    }
    pass()
}
