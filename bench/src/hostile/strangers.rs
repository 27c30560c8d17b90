//! Those who mean harm. Each has an address of loopback of his own and does one thing, again and again.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use conformance::client::{Client, Security, Server};
use harness::connect_from;
use rustls::ClientConfig;

/// What they go for.
#[derive(Clone)]
pub struct Target {
    /// The door for other providers.
    pub incoming: u16,
    /// The door with STARTTLS.
    pub submission: u16,
    /// The door with TLS at once.
    pub submission_tls: u16,
    /// Its name in TLS.
    pub name: String,
    /// Whom guessers trust.
    pub trust: Arc<ClientConfig>,
    /// A mailbox that exists.
    pub known: String,
}

/// Something that does harm.
pub struct Deed {
    /// In words.
    pub name: &'static str,
    /// Addresses that do it.
    pub count: usize,
    act: fn(&Stranger, &AtomicBool) -> io::Result<()>,
}

/// All of them.
pub const DEEDS: [Deed; 9] = [
    Deed { name: "dribble DATA", count: 12, act: dribble_data },
    Deed { name: "dribble BDAT", count: 12, act: dribble_bdat },
    Deed { name: "hold BDAT with NOOPs", count: 16, act: hold },
    Deed { name: "hoard connections", count: 24, act: hoard },
    Deed { name: "guess passwords", count: 8, act: guess },
    Deed { name: "flood RCPT", count: 4, act: flood },
    Deed { name: "garbage", count: 4, act: garbage },
    Deed { name: "half handshakes", count: 4, act: half_handshake },
    Deed { name: "read slowly", count: 4, act: read_slowly },
];

/// Between two octets of who dribbles.
const DRIP: Duration = Duration::from_secs(2);
/// What an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Octets that are held without an end.
const HELD: usize = 12 << 20;
/// Connections of one address to one door: what providers grant.
const HOARD: usize = 50;

/// One who means harm.
pub struct Stranger {
    /// What he does.
    pub deed: &'static Deed,
    address: Ipv4Addr,
    target: Target,
    begun: AtomicUsize,
    stopped: AtomicUsize,
}

impl Stranger {
    /// Number so-and-so.
    pub fn new(deed: &'static Deed, number: u8, target: Target) -> Self {
        let address = Ipv4Addr::new(127, 0, 7, number);
        Self { deed, address, target, begun: AtomicUsize::new(0), stopped: AtomicUsize::new(0) }
    }

    /// Does it until that is over.
    pub fn act_until(&self, over: &AtomicBool) {
        while !over.load(Ordering::Relaxed) {
            self.begun.fetch_add(1, Ordering::Relaxed);
            if (self.deed.act)(self, over).is_err() {
                self.stopped.fetch_add(1, Ordering::Relaxed);
                // Who is refused at the door comes back, and not ten thousand times a second from one address.
                wait(Duration::from_millis(50), over);
            }
        }
    }

    /// How often he began.
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    /// How often he was refused, cut off or let wait too long.
    pub fn stopped(&self) -> usize {
        self.stopped.load(Ordering::Relaxed)
    }

    fn connect(&self, port: u16) -> io::Result<TcpStream> {
        let tcp = connect_from(self.address, port)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        tcp.set_write_timeout(Some(PATIENCE))?;
        Ok(tcp)
    }

    /// A session at the incoming door, as far as the first recipient.
    fn session(&self) -> io::Result<TcpStream> {
        let mut tcp = self.connect(self.target.incoming)?;
        reply(&mut tcp)?;
        say(&mut tcp, "EHLO mx.altrove.invalid\r\n")?;
        say(&mut tcp, "MAIL FROM:<estraneo@altrove.invalid>\r\n")?;
        say(&mut tcp, &format!("RCPT TO:<{}>\r\n", self.target.known))?;
        Ok(tcp)
    }

    fn doors(&self) -> [u16; 3] {
        [self.target.incoming, self.target.submission, self.target.submission_tls]
    }
}

/// Waits, not beyond the end.
fn wait(time: Duration, over: &AtomicBool) {
    let until = Instant::now() + time;
    while !over.load(Ordering::Relaxed) && Instant::now() < until {
        thread::park_timeout(Duration::from_millis(50).min(time));
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
