//! Those who mean harm. Each has an address of loopback of his own and does one thing, again and again.

mod mailboxes;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conformance::client::{Client, Security, Server};
use harness::connect_from;

use super::stranger::{Deed, PATIENCE, Stranger, wait};

/// All of them.
pub const DEEDS: [Deed; 13] = [
    Deed { name: "dribble DATA", count: 12, act: dribble_data },
    Deed { name: "dribble BDAT", count: 12, act: dribble_bdat },
    Deed { name: "hold BDAT with NOOPs", count: 16, act: hold },
    Deed { name: "hoard connections", count: 24, act: hoard },
    Deed { name: "guess passwords", count: 8, act: guess },
    Deed { name: "flood RCPT", count: 4, act: flood },
    Deed { name: "garbage", count: 4, act: garbage },
    Deed { name: "half handshakes", count: 4, act: half_handshake },
    Deed { name: "read slowly", count: 4, act: read_slowly },
    Deed { name: "guess passwords by IMAP", count: 8, act: mailboxes::guess },
    Deed { name: "spoil IMAP before a login", count: 4, act: mailboxes::spoil_strange },
    Deed { name: "spoil IMAP", count: 4, act: mailboxes::spoil_imap },
    Deed { name: "spoil POP3", count: 2, act: mailboxes::spoil_pop3 },
];

/// Between two octets of who dribbles.
const DRIP: Duration = Duration::from_secs(2);
/// Octets that are held without an end.
const HELD: usize = 12 << 20;
/// Connections of one address to one door: what providers grant.
const HOARD: usize = 50;

impl Stranger {
    /// A session at the incoming door, as far as the first recipient.
    fn session(&self) -> io::Result<TcpStream> {
        let mut tcp = self.connect(self.target.incoming)?;
        reply(&mut tcp)?;
        say(&mut tcp, "EHLO mx.altrove.invalid\r\n")?;
        say(&mut tcp, "MAIL FROM:<estraneo@altrove.invalid>\r\n")?;
        say(&mut tcp, &format!("RCPT TO:<{}>\r\n", self.target.known))?;
        Ok(tcp)
    }
}

fn say(tcp: &mut TcpStream, line: &str) -> io::Result<()> {
    tcp.write_all(line.as_bytes())?;
    reply(tcp)
}

/// Reads one reply; a refusal is an error.
fn reply(tcp: &mut TcpStream) -> io::Result<()> {
    let mut said = Vec::new();
    loop {
        let mut octet = [0];
        tcp.read_exact(&mut octet)?;
        said.extend(octet);
        let whole = said.ends_with(b"\n");
        let last = said.rsplit(|octet| *octet == b'\n').nth(1).and_then(|line| line.get(3)).is_some_and(|c| *c != b'-');
        if whole && last {
            break;
        }
    }
    match said.first() {
        Some(b'2' | b'3') => Ok(()),
        _ => Err(io::Error::other(String::from_utf8_lossy(&said).into_owned())),
    }
}

fn drip(tcp: &mut TcpStream, over: &AtomicBool) -> io::Result<()> {
    while !over.load(Ordering::Relaxed) {
        tcp.write_all(b"x")?;
        wait(DRIP, over);
    }
    Ok(())
}

fn dribble_data(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let mut tcp = stranger.session()?;
    say(&mut tcp, "DATA\r\n")?;
    drip(&mut tcp, over)
}

fn dribble_bdat(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let mut tcp = stranger.session()?;
    tcp.write_all(b"BDAT 1000000 LAST\r\n")?;
    drip(&mut tcp, over)
}

fn hold(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let mut tcp = stranger.session()?;
    tcp.write_all(format!("BDAT {HELD}\r\n").as_bytes())?;
    tcp.write_all(&[b"\r\n".as_slice(), &vec![b'x'; HELD - 2]].concat())?;
    reply(&mut tcp)?;
    while !over.load(Ordering::Relaxed) {
        wait(Duration::from_secs(5), over);
        say(&mut tcp, "NOOP\r\n")?;
    }
    Ok(())
}

/// As many connections as one address gets at each door, silent; what is closed is opened again.
fn hoard(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let mut held: Vec<(u16, TcpStream)> = Vec::new();
    while !over.load(Ordering::Relaxed) {
        held.retain_mut(|(_, tcp)| lives(tcp));
        for port in stranger.doors() {
            for _ in held.iter().filter(|(to, _)| *to == port).count()..HOARD {
                let Ok(tcp) = connect_from(stranger.address, port) else { break };
                tcp.set_nonblocking(true)?;
                held.push((port, tcp));
            }
        }
        wait(Duration::from_millis(500), over);
    }
    Ok(())
}

/// Whether a connection is open; what was said on it is passed over.
fn lives(tcp: &mut TcpStream) -> bool {
    let mut said = [0; 512];
    loop {
        match tcp.read(&mut said) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
    }
}

/// Passwords of a mailbox that exists and of one that does not.
fn guess(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let target = &stranger.target;
    let server = Server {
        address: format!("127.0.0.1:{}", target.submission),
        name: target.name.clone(),
        security: Security::StartTls,
        patience: PATIENCE,
    };
    let mut client = Client::over(stranger.connect(target.submission)?, &server, &target.trust)?;
    let mut number = 0;
    while !over.load(Ordering::Relaxed) {
        number += 1;
        let login = if number % 2 == 0 { target.known.clone() } else { format!("nessuno{number}@altrove.invalid") };
        client.login(&login, &format!("Password{number}!"))?;
    }
    Ok(())
}

/// Recipients whom nobody knows, hundreds in one write.
fn flood(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let domain = stranger.target.known.rsplit('@').next().unwrap_or_default().to_owned();
    let mut tcp = stranger.session()?;
    let lines: String = (0..200).map(|number| format!("RCPT TO:<nessuno{number}@{domain}>\r\n")).collect();
    while !over.load(Ordering::Relaxed) {
        tcp.write_all(lines.as_bytes())?;
        for _ in 0..200 {
            reply(&mut tcp)?;
        }
        say(&mut tcp, "RSET\r\n")?;
        say(&mut tcp, "MAIL FROM:<estraneo@altrove.invalid>\r\n")?;
    }
    Ok(())
}

/// Octets that mean nothing, at each door in turn.
fn garbage(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let noise: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    for port in stranger.doors() {
        let mut tcp = stranger.connect(port)?;
        if !over.load(Ordering::Relaxed) {
            tcp.write_all(&noise)?;
            let mut said = Vec::new();
            tcp.read_to_end(&mut said)?;
        }
    }
    Ok(())
}

/// The first half of a greeting in TLS, and silence.
fn half_handshake(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let mut tcp = stranger.connect(stranger.target.submission_tls)?;
    tcp.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")?;
    tcp.set_nonblocking(true)?;
    while lives(&mut tcp) && !over.load(Ordering::Relaxed) {
        wait(Duration::from_millis(200), over);
    }
    Ok(())
}

/// Questions without end, and an answer read every second, an octet of it.
fn read_slowly(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let mut tcp = stranger.session()?;
    let questions = "NOOP\r\n".repeat(1000);
    tcp.set_nonblocking(true)?;
    while !over.load(Ordering::Relaxed) {
        match tcp.write(questions.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
        let mut octet = [0];
        match tcp.read(&mut octet) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
        wait(Duration::from_secs(1), over);
    }
    Ok(())
}
