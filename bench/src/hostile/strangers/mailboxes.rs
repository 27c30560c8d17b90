//! What is done to the doors of mailboxes: passwords guessed, commands that are none, by strangers and by who is logged in.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::hostile::stranger::{Stranger, wait};

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Commands that are understood, of which others are made.
const IMAP: [&str; 24] = [
    "CAPABILITY",
    "ID (\"name\" \"x\" \"version\" NIL)",
    "SELECT INBOX (QRESYNC (1 5 1:3))",
    "EXAMINE \"Inviata\"",
    "LIST (SUBSCRIBED) \"\" (\"*\" \"%\") RETURN (STATUS (MESSAGES UIDNEXT SIZE) SPECIAL-USE)",
    "STATUS INBOX (MESSAGES UNSEEN HIGHESTMODSEQ SIZE)",
    "FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE)",
    "UID FETCH 1:4294967295 (UID BODY.PEEK[1.2.HEADER.FIELDS (Subject \"To\")]<0.100> MODSEQ) (CHANGEDSINCE 1 VANISHED)",
    "FETCH *:5 (BINARY.PEEK[1.1] BINARY.SIZE[2] PREVIEW (LAZY) BODY[1.MIME])",
    "SEARCH RETURN (MIN MAX COUNT SAVE) OR NOT FROM \"anna\" (SINCE 1-Jan-2024 LARGER 10) UID $",
    "SEARCH CHARSET UTF-8 TEXT {4+}\r\nperò TEXT \"x\"",
    "SORT (REVERSE DATE SUBJECT) UTF-8 ALL",
    "THREAD REFERENCES UTF-8 UNDELETED",
    "STORE 1 (UNCHANGEDSINCE 5) +FLAGS.SILENT (\\Seen $Forwarded)",
    "COPY 1:* Cestino",
    "MOVE 1 \"Cestino\"",
    "CREATE \"a/b &AOA-\" (USE (\\Junk))",
    "RENAME a c",
    "DELETE a",
    "APPEND INBOX (\\Seen) \" 1-Jan-2024 10:00:00 +0100\" {12+}\r\nSubject: x\r\n",
    "GETMETADATA (DEPTH infinity MAXSIZE 100) \"\" (/private/comment /shared)",
    "SETMETADATA INBOX (/private/comment \"x\")",
    "ENABLE QRESYNC UTF8=ACCEPT IMAP4rev2",
    "IDLE\r\nDONE",
];
const POP3: [&str; 10] = ["CAPA", "STAT", "LIST 1", "UIDL", "RETR 1", "TOP 1 10", "DELE 1", "RSET", "LANG *", "UTF8"];
/// What is put in: signs that mean something, numbers at the edges, octets of no text.
const BITS: [&[u8]; 24] = [
    b"(",
    b")",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"{4294967296}",
    b"{99999999999999999999+}",
    b"~{3+}",
    b"\r",
    b"\n",
    b"\0",
    b"*",
    b":",
    b",",
    b"$",
    b"[",
    b"]",
    b"<",
    b"0",
    b"4294967296",
    b"\xff\xfe",
    b"&",
    b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

/// Numbers that look drawn, the same for each stranger.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    /// A command that is nearly one.
    fn spoilt(&mut self, known: &[&str]) -> Vec<u8> {
        let mut command = known.get(self.below(known.len())).copied().unwrap_or_default().as_bytes().to_vec();
        for _ in 0..self.below(4) {
            let at = self.below(command.len() + 1);
            match self.below(4) {
                0 if at < command.len() => drop(command.remove(at)),
                1 if at < command.len() => command.truncate(at),
                2 if at < command.len() => {
                    let more = command.get(at..).unwrap_or_default().to_vec();
                    command.extend(more);
                }
                _ => {
                    let bit = BITS.get(self.below(BITS.len())).copied().unwrap_or_default();
                    command.splice(at..at, bit.iter().copied());
                }
            }
        }
        command
    }
}

impl Stranger {
    fn over_tls(&self, port: u16) -> io::Result<Tls> {
        let name = ServerName::try_from(self.target.name.clone()).map_err(io::Error::other)?;
        let session = ClientConnection::new(self.target.trust.clone(), name).map_err(io::Error::other)?;
        let mut tls = StreamOwned::new(session, self.connect(port)?);
        line(&mut tls)?;
        Ok(tls)
    }
}

/// Reads a line.
fn line(tls: &mut Tls) -> io::Result<Vec<u8>> {
    let mut said = Vec::new();
    let mut octet = [0];
    while !said.ends_with(b"\n") {
        tls.read_exact(&mut octet)?;
        said.extend(octet);
    }
    Ok(said)
}

/// Passwords of a mailbox that exists and of none, by IMAP.
pub(super) fn guess(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let mut tls = stranger.over_tls(stranger.target.imap_tls)?;
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let login = if number % 2 == 0 { stranger.target.known.as_str() } else { "nessuno@altrove.invalid" };
        write!(tls, "{number} LOGIN {login} Password{number}!\r\n")?;
        while !line(&mut tls)?.starts_with(format!("{number} ").as_bytes()) {}
    }
    Ok(())
}

/// Commands that are none, before a login and by IMAP.
pub(super) fn spoil_strange(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let mut tls = stranger.over_tls(stranger.target.imap_tls)?;
    spoil(stranger, &mut tls, &IMAP, over)
}

/// The same of who is logged in: a program that has gone mad.
pub(super) fn spoil_imap(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let (login, password) = stranger.target.own.clone();
    let mut tls = stranger.over_tls(stranger.target.imap_tls)?;
    write!(tls, "a LOGIN {login} {password}\r\n")?;
    while !line(&mut tls)?.starts_with(b"a ") {}
    spoil(stranger, &mut tls, &IMAP, over)
}

/// The same by POP3.
pub(super) fn spoil_pop3(stranger: &Stranger, over: &AtomicBool) -> io::Result<()> {
    let (login, password) = stranger.target.own.clone();
    let mut tls = stranger.over_tls(stranger.target.pop3_tls)?;
    write!(tls, "USER {login}\r\nPASS {password}\r\n")?;
    line(&mut tls)?;
    line(&mut tls)?;
    spoil(stranger, &mut tls, &POP3, over)
}

/// Says spoilt commands until that is over or the connection is; what is answered is read and passed over.
fn spoil(stranger: &Stranger, tls: &mut Tls, known: &[&str], over: &AtomicBool) -> io::Result<()> {
    let seed = u64::from(stranger.address.to_bits()) << 20 | stranger.begun() as u64;
    let mut draw = Draw(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut said = vec![0; 64 << 10];
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let mut command = format!("s{number} ").into_bytes();
        command.extend(draw.spoilt(known));
        command.extend(b"\r\n");
        // Now and then what comes at once belongs together.
        if draw.below(4) == 0 {
            command.extend(b"\r\nNOOP\r\n");
        }
        tls.write_all(&command)?;
        tls.sock.set_read_timeout(Some(Duration::from_millis(100)))?;
        loop {
            match tls.read(&mut said) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) if read < said.len() => break,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => break,
                Err(error) => return Err(error),
            }
        }
        wait(Duration::from_millis(10), over);
    }
    Ok(())
}
