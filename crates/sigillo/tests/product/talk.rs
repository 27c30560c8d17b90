//! SMTP by hand, for what no honest client says.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conformance::client::trust;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::house::{PATIENCE, World};

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A session that sends any octets.
pub struct Talk {
    stream: BufReader<Box<dyn Stream>>,
    tcp: TcpStream,
}

impl Talk {
    /// A connection in clear; nothing is read yet.
    pub fn clear(port: u16) -> Self {
        let tcp = connect(port);
        Self { stream: BufReader::new(Box::new(tcp.try_clone().unwrap())), tcp }
    }

    /// The same from another address of loopback.
    pub fn clear_from(address: [u8; 4], port: u16) -> Self {
        let tcp = harness::connect_from(address.into(), port).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream: BufReader::new(Box::new(tcp.try_clone().unwrap())), tcp }
    }

    /// What writes to the connection beside the session.
    pub fn writer(&self) -> TcpStream {
        self.tcp.try_clone().unwrap()
    }

    /// A session with a TLS door of alfa; nothing is read yet.
    pub fn at(world: &World, port: u16) -> Self {
        let tcp = connect(port);
        let name = ServerName::try_from(world.alfa.provider.hostname.clone()).unwrap();
        let session = ClientConnection::new(trust(&world.lab.tls_ca).unwrap(), name).unwrap();
        let stream = BufReader::new(Box::new(StreamOwned::new(session, tcp.try_clone().unwrap())) as Box<dyn Stream>);
        Self { stream, tcp }
    }

    /// A session with alfa's submission door after EHLO.
    pub fn tls(world: &World) -> Self {
        let mut talk = Self::at(world, world.alfa.ports().submission_tls);
        talk.expect(220);
        talk.say("EHLO client.example", 250);
        talk
    }

    /// The same, logged in as mario.rossi.
    pub fn mario(world: &World) -> Self {
        let mut talk = Self::tls(world);
        talk.say(&plain("mario.rossi@alfa.example", &world.alfa.password("mario.rossi")), 235);
        talk
    }

    /// The same with MAIL, RCPT and DATA said.
    pub fn mario_in_data(world: &World, recipient: &str) -> Self {
        let mut talk = Self::mario(world);
        talk.say("MAIL FROM:<mario.rossi@alfa.example>", 250);
        talk.say(&format!("RCPT TO:<{recipient}>"), 250);
        talk.say("DATA", 354);
        talk
    }

    pub fn raw(&mut self, octets: &[u8]) {
        self.stream.get_mut().write_all(octets).unwrap();
        self.stream.get_mut().flush().unwrap();
    }

    /// Says a line and wants this code; gives the reply.
    pub fn say(&mut self, line: &str, code: u16) -> String {
        self.raw(format!("{line}\r\n").as_bytes());
        let reply = self.reply();
        assert!(reply.starts_with(&code.to_string()), "{line:.200}: {reply}, expected {code}");
        reply
    }

    pub fn expect(&mut self, code: u16) -> String {
        let reply = self.reply();
        assert!(reply.starts_with(&code.to_string()), "{reply}, expected {code}");
        reply
    }

    /// The next reply, all its lines; empty when the server has closed.
    pub fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let from = reply.len();
            match self.stream.read_line(&mut reply) {
                Ok(0) => return reply,
                Ok(_) if reply.get(from + 3..from + 4) == Some("-") => {}
                Ok(_) => return reply,
                Err(error) if ended(&error) => return reply,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Fails unless the server closes now without another word.
    pub fn closed(&mut self) {
        assert_eq!(self.reply(), "");
    }

    /// Cuts the connection without a goodbye.
    pub fn cut(self) {
        self.tcp.shutdown(Shutdown::Both).unwrap();
    }
}

/// The line of AUTH PLAIN.
pub fn plain(login: &str, password: &str) -> String {
    format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{login}\0{password}")))
}

fn connect(port: u16) -> TcpStream {
    let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    tcp.set_write_timeout(Some(PATIENCE)).unwrap();
    tcp
}

/// A server that hangs up need not do it politely.
fn ended(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}
