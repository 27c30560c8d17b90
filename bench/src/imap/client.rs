//! A small IMAP client over TLS: it sends one command and reads its answer to the end, literals and all, holding none of it
//! but the last line.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// The longest line that is no literal.
const LINE: u64 = 64 << 20;
/// Octets read of the connection at once.
const BUFFER: usize = 16 << 10;

/// Where to log in, and how.
#[derive(Clone)]
pub struct Place {
    /// `host:port`, TLS from the first octet.
    pub address: String,
    /// Name in the certificate.
    pub name: String,
    /// Whom to believe.
    pub trust: Arc<ClientConfig>,
    /// Login.
    pub login: String,
    /// Its password.
    pub password: String,
}

/// What an answer was, besides its octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Octets, those of literals included.
    pub octets: u64,
    /// Octets in literals.
    pub literals: u64,
    /// Untagged lines, but those that only say something.
    pub lines: u64,
    /// The number of the last `EXISTS`.
    pub exists: u64,
}

/// A session.
pub struct Client {
    wire: BufReader<StreamOwned<ClientConnection, TcpStream>>,
    next: u32,
    line: Vec<u8>,
}

impl Place {
    /// Connects, and reads the greeting. No answer is waited for longer than two minutes.
    pub fn connect(&self) -> io::Result<Client> {
        let tcp = TcpStream::connect(&self.address)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(Duration::from_secs(120)))?;
        tcp.set_write_timeout(Some(Duration::from_secs(120)))?;
        let name = ServerName::try_from(self.name.clone()).map_err(io::Error::other)?;
        let session = ClientConnection::new(self.trust.clone(), name).map_err(io::Error::other)?;
        let wire = BufReader::with_capacity(BUFFER, StreamOwned::new(session, tcp));
        let mut client = Client { wire, next: 0, line: Vec::new() };
        client.read_line()?;
        match client.line.starts_with(b"* OK") {
            true => Ok(client),
            false => Err(client.unexpected("a greeting")),
        }
    }

    /// Connects and logs in.
    pub fn log_in(&self) -> io::Result<Client> {
        let mut client = self.connect()?;
        client.ask(&format!("LOGIN {} {}", self.login, self.password))?;
        Ok(client)
    }

    /// Connects, logs in and selects.
    pub fn at(&self, mailbox: &str) -> io::Result<Client> {
        let mut client = self.log_in()?;
        client.ask(&format!("SELECT {mailbox}"))?;
        Ok(client)
    }
}

impl Client {
    /// Sends a command and reads its whole answer, which must be `OK`.
    pub fn ask(&mut self, command: &str) -> io::Result<Answer> {
        let tag = self.send(command.as_bytes())?;
        self.answer(&tag)
    }

    /// Sends a command, and reads nothing.
    pub fn send(&mut self, command: &[u8]) -> io::Result<String> {
        let tag = format!("t{}", self.next);
        self.next += 1;
        let mut octets = Vec::with_capacity(command.len() + 16);
        octets.extend_from_slice(tag.as_bytes());
        octets.push(b' ');
        octets.extend_from_slice(command);
        octets.extend_from_slice(b"\r\n");
        let wire = self.wire.get_mut();
        wire.write_all(&octets)?;
        wire.flush()?;
        Ok(tag)
    }

    /// Appends messages to a mailbox with one command (RFC 3502), their literals not waited for (RFC 7888).
    pub fn append(&mut self, mailbox: &str, messages: &[Vec<u8>]) -> io::Result<()> {
        let mut command = format!("APPEND {mailbox}").into_bytes();
        for message in messages {
            command.extend_from_slice(format!(" {{{}+}}\r\n", message.len()).as_bytes());
            command.extend_from_slice(message);
        }
        let tag = self.send(&command)?;
        self.answer(&tag).map(drop)
    }

    /// Begins to idle, and reads that the server does.
    pub fn idle(&mut self) -> io::Result<()> {
        self.send(b"IDLE")?;
        loop {
            self.read_line()?;
            match self.line.first() {
                Some(b'+') => return Ok(()),
                Some(b'*') => {}
                _ => return Err(self.unexpected("+ after IDLE")),
            }
        }
    }

    /// Reads so many octets of whatever comes.
    pub fn read_some(&mut self, octets: u64) -> io::Result<()> {
        let read = io::copy(&mut self.wire.by_ref().take(octets), &mut io::sink())?;
        if read == octets { Ok(()) } else { Err(closed()) }
    }

    /// Reads to the end of the answer to the command with this tag.
    fn answer(&mut self, tag: &str) -> io::Result<Answer> {
        let mut answer = Answer::default();
        loop {
            self.read_line()?;
            answer.octets += self.line.len() as u64;
            if let Some(octets) = literal(&self.line) {
                self.read_some(octets)?;
                answer.octets += octets;
                answer.literals += octets;
                continue;
            }
            if let Some(rest) = self.line.strip_prefix(tag.as_bytes()).and_then(|rest| rest.strip_prefix(b" ")) {
                return if rest.starts_with(b"OK") { Ok(answer) } else { Err(self.unexpected("OK")) };
            }
            // Who takes long says so meanwhile.
            answer.lines += u64::from(!self.line.starts_with(b"* OK "));
            if let Some(exists) = exists(&self.line) {
                answer.exists = exists;
            }
        }
    }

    fn read_line(&mut self) -> io::Result<()> {
        self.line.clear();
        self.wire.by_ref().take(LINE).read_until(b'\n', &mut self.line)?;
        if self.line.ends_with(b"\n") { Ok(()) } else { Err(closed()) }
    }

    fn unexpected(&self, expected: &str) -> io::Error {
        let line = String::from_utf8_lossy(self.line.get(..self.line.len().min(300)).unwrap_or_default());
        io::Error::other(format!("the server said {:?}, expected {expected}", line.trim_end()))
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")
}

/// The length of the literal that a line announces.
fn literal(line: &[u8]) -> Option<u64> {
    let inside = line.strip_suffix(b"}\r\n")?;
    let begin = inside.iter().rposition(|octet| *octet == b'{')? + 1;
    std::str::from_utf8(inside.get(begin..)?).ok()?.parse().ok()
}

/// The number in `* n EXISTS`.
fn exists(line: &[u8]) -> Option<u64> {
    let number = line.strip_prefix(b"* ")?.strip_suffix(b" EXISTS\r\n")?;
    std::str::from_utf8(number).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_announces_its_literal() {
        assert_eq!(literal(b"* 1 FETCH (BODY[] {12}\r\n"), Some(12));
        assert_eq!(literal(b"* OK {12} said\r\n"), None);
        assert_eq!(literal(b"* 1 FETCH (X \"{y}\r\n"), None);
    }

    #[test]
    fn how_many_messages_there_are_is_read() {
        assert_eq!(exists(b"* 10000 EXISTS\r\n"), Some(10_000));
        assert_eq!(exists(b"* 3 RECENT\r\n"), None);
    }
}
