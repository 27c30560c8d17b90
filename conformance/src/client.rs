//! A small SMTP client: submission over TLS, many messages pipelined on one connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Where to submit.
#[derive(Clone, Debug)]
pub struct Server {
    /// `host:port`
    pub address: String,
    /// Name its certificate must bear.
    pub name: String,
    /// How TLS begins.
    pub security: Security,
    /// What an answer may take.
    pub patience: Duration,
}

/// How TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Never: for tests of the refusal of clear sessions.
    Clear,
    /// After STARTTLS (port 587).
    StartTls,
    /// At once (port 465).
    Tls,
}

/// A message to submit.
#[derive(Clone, Debug)]
pub struct Message {
    /// MAIL FROM.
    pub sender: String,
    /// RCPT TO.
    pub recipients: Vec<String>,
    /// Header and body, CRLF line ends.
    pub bytes: Vec<u8>,
}

/// A reply of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// Its lines without the code, joined by line ends.
    pub text: String,
}

/// What a server answered to one message, command by command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// To MAIL.
    pub mail: Reply,
    /// To each RCPT; empty when MAIL was refused.
    pub recipients: Vec<Reply>,
    /// To DATA when it was refused, else to the content; `None` when it did not come to that.
    pub end: Option<Reply>,
}

/// A session after EHLO.
pub struct Client {
    wire: BufReader<Wire>,
    pipelining: bool,
    extensions: String,
}

/// Trust in the certificates of a PEM file.
pub fn trust(authority: &Path) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(authority)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| io::Error::other(format!("{}: {error}", authority.display())))?;
    roots.add_parsable_certificates(certificates);
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

impl Client {
    /// Connects, begins TLS, greets.
    pub fn connect(server: &Server, trust: &Arc<ClientConfig>) -> io::Result<Self> {
        Self::connect_with(server, trust, "")
    }

    /// The same, with command lines sent in clear right behind STARTTLS, as an attacker on the way puts them in: for
    /// tests that they do not count.
    pub fn connect_with(server: &Server, trust: &Arc<ClientConfig>, behind: &str) -> io::Result<Self> {
        let tcp = TcpStream::connect(&server.address)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", server.address)))?;
        Self::begun(tcp, server, trust, behind)
    }

    /// The same over a connection that stands, from whatever address.
    pub fn over(tcp: TcpStream, server: &Server, trust: &Arc<ClientConfig>) -> io::Result<Self> {
        Self::begun(tcp, server, trust, "")
    }

    fn begun(tcp: TcpStream, server: &Server, trust: &Arc<ClientConfig>, behind: &str) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(server.patience))?;
        tcp.set_write_timeout(Some(server.patience))?;
        let secure = |tcp| -> io::Result<Wire> {
            let name = ServerName::try_from(server.name.clone()).map_err(io::Error::other)?;
            let session = ClientConnection::new(Arc::clone(trust), name).map_err(io::Error::other)?;
            Ok(Wire::Tls(Box::new(StreamOwned::new(session, tcp))))
        };
        let first = if server.security == Security::Tls { secure(tcp)? } else { Wire::Clear(tcp) };
        let mut client = Client { wire: BufReader::new(first), pipelining: false, extensions: String::new() };
        client.read()?.expect(220)?;
        client.greet()?;
        if server.security == Security::StartTls {
            client.write(format!("STARTTLS\r\n{behind}").as_bytes())?;
            client.read()?.expect(220)?;
            if !client.wire.buffer().is_empty() {
                return Err(io::Error::other("the server sent clear text after its reply to STARTTLS"));
            }
            let Wire::Clear(tcp) = client.wire.into_inner() else { return Err(io::Error::other("TLS stands already")) };
            client = Client { wire: BufReader::new(secure(tcp)?), pipelining: false, extensions: String::new() };
            client.greet()?;
        }
        Ok(client)
    }

    /// AUTH PLAIN.
    pub fn login(&mut self, login: &str, password: &str) -> io::Result<()> {
        let response = STANDARD.encode(format!("\0{login}\0{password}"));
        self.command(&format!("AUTH PLAIN {response}"))?.expect(235)
    }

    /// Sends one command line and reads its reply.
    pub fn command(&mut self, line: &str) -> io::Result<Reply> {
        self.write(format!("{line}\r\n").as_bytes())?;
        self.read()
    }

    /// Submits messages one after the other. Where the server pipelines (RFC 2920), the commands of the next travel
    /// with the content of the one before, so that a message costs one round trip. `done` hears of each as soon as the server has taken it.
    pub fn send(&mut self, messages: impl IntoIterator<Item = Message>, mut done: impl FnMut()) -> io::Result<()> {
        let mut messages = messages.into_iter();
        let mut next = messages.next();
        let mut ahead = false;
        while let Some(current) = next {
            if !ahead {
                self.begin(&current)?;
            }
            self.taken(&current)?;
            next = messages.next();
            let mut octets = stuffed(&current.bytes);
            ahead = self.pipelining && next.is_some();
            if ahead {
                octets.extend(next.iter().flat_map(commands).flat_map(String::into_bytes));
            }
            self.write(&octets)?;
            self.read()?.expect(250)?;
            done();
        }
        Ok(())
    }

    /// Offers one message, each command after the reply to the one before; a refusal is no error here. Without a
    /// recipient that is taken no content is sent.
    pub fn offer(&mut self, message: &Message) -> io::Result<Answers> {
        let mail = self.command(&format!("MAIL FROM:<{}>", message.sender))?;
        let mut answers = Answers { mail, recipients: Vec::new(), end: None };
        if answers.mail.code == 250 {
            for recipient in &message.recipients {
                answers.recipients.push(self.command(&format!("RCPT TO:<{recipient}>"))?);
            }
        }
        if answers.recipients.iter().any(|reply| reply.code / 100 == 2) {
            let mut end = self.command("DATA")?;
            if end.code == 354 {
                self.write(&stuffed(&message.bytes))?;
                end = self.read()?;
            }
            answers.end = Some(end);
        }
        Ok(answers)
    }

    /// Writes octets and goes away without waiting for a reply.
    pub fn write_and_leave(mut self, octets: &[u8]) -> io::Result<()> {
        self.write(octets)
    }

    /// What the server said to the last EHLO.
    pub fn extensions(&self) -> &str {
        &self.extensions
    }

    fn greet(&mut self) -> io::Result<()> {
        let reply = self.command("EHLO client.invalid")?;
        reply.expect(250)?;
        self.extensions.clone_from(&reply.text);
        self.pipelining = reply.text.lines().any(|line| line.eq_ignore_ascii_case("PIPELINING"));
        Ok(())
    }

    /// Sends MAIL, each RCPT, and DATA. Without pipelining all replies but the last are read in between.
    fn begin(&mut self, message: &Message) -> io::Result<()> {
        if self.pipelining {
            return self.write(commands(message).concat().as_bytes());
        }
        let lines = commands(message);
        let Some((data, others)) = lines.split_last() else { return Ok(()) };
        for line in others {
            self.write(line.as_bytes())?;
            self.read()?.expect(250)?;
        }
        self.write(data.as_bytes())
    }

    /// Reads the replies that are still to come before the content.
    fn taken(&mut self, message: &Message) -> io::Result<()> {
        let unread = if self.pipelining { message.recipients.len() + 1 } else { 0 };
        for _ in 0..unread {
            self.read()?.expect(250)?;
        }
        self.read()?.expect(354)
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        let wire = self.wire.get_mut();
        wire.write_all(octets)?;
        wire.flush()
    }

    fn read(&mut self) -> io::Result<Reply> {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            // A reply line has 512 octets at most (RFC 5321 §4.5.3.1.5); ten times that is patience enough.
            self.wire.by_ref().take(5_120).read_line(&mut line)?;
            let code = line.get(..3).and_then(|code| code.parse().ok());
            let code = code.ok_or_else(|| io::Error::other(format!("no reply but {line:?}")))?;
            text.push_str(line.get(4..).unwrap_or_default().trim_end());
            if line.get(3..4) != Some("-") {
                return Ok(Reply { code, text });
            }
            text.push('\n');
        }
    }
}

impl Answers {
    /// Whether the content was taken.
    pub fn taken(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.code == 250)
    }

    /// The reply that decided: of the content, else the first refusal.
    pub fn last(&self) -> &Reply {
        let refused = self.recipients.iter().find(|reply| reply.code / 100 != 2);
        self.end.as_ref().or(refused).unwrap_or(&self.mail)
    }
}

impl Reply {
    /// An error unless the code is this one.
    pub fn expect(&self, code: u16) -> io::Result<()> {
        if self.code == code {
            return Ok(());
        }
        Err(io::Error::other(format!("the server said {} {}, expected {code}", self.code, self.text)))
    }
}

enum Wire {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Read for Wire {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Clear(tcp) => tcp.read(into),
            Wire::Tls(tls) => tls.read(into),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Clear(tcp) => tcp.write(octets),
            Wire::Tls(tls) => tls.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Wire::Clear(tcp) => tcp.flush(),
            Wire::Tls(tls) => tls.flush(),
        }
    }
}

fn commands(message: &Message) -> Vec<String> {
    let mut lines = vec![format!("MAIL FROM:<{}>\r\n", message.sender)];
    lines.extend(message.recipients.iter().map(|recipient| format!("RCPT TO:<{recipient}>\r\n")));
    lines.push("DATA\r\n".into());
    lines
}

/// Content with leading dots doubled, and the line that ends it.
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 8);
    for line in bytes.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that says its lines without reading, then gives back all it was sent.
    fn scripted(lines: &'static str) -> (Server, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard = thread::spawn(move || {
            let (mut tcp, _) = listener.accept().unwrap();
            tcp.write_all(lines.as_bytes()).unwrap();
            let mut heard = String::new();
            tcp.read_to_string(&mut heard).unwrap();
            heard
        });
        let patience = Duration::from_secs(10);
        (Server { address, name: "localhost".into(), security: Security::Clear, patience }, heard)
    }

    fn nobody() -> Arc<ClientConfig> {
        Arc::new(ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth())
    }

    fn message(text: &str) -> Message {
        Message { sender: "a@b.it".into(), recipients: vec!["c@d.it".into()], bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn the_next_envelope_travels_with_the_content_before_it() {
        let taken = "250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n";
        let script = format!("220 hi\r\n250-x\r\n250 PIPELINING\r\n235 in\r\n{taken}{taken}");
        let (server, heard) = scripted(script.leak());
        let mut client = Client::connect(&server, &nobody()).unwrap();
        client.login("a@b.it", "secret").unwrap();
        let mut done = 0;
        client.send([message("X: 1\r\n\r\n.dot\r\n"), message("X: 2")], || done += 1).unwrap();
        drop(client);
        assert_eq!(done, 2);
        let envelope = "MAIL FROM:<a@b.it>\r\nRCPT TO:<c@d.it>\r\nDATA\r\n";
        let expected = format!(
            "EHLO client.invalid\r\nAUTH PLAIN AGFAYi5pdABzZWNyZXQ=\r\n{envelope}X: 1\r\n\r\n..dot\r\n.\r\n{envelope}X: 2\r\n.\r\n",
        );
        assert_eq!(heard.join().unwrap(), expected);
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let (server, heard) = scripted("220 hi\r\n250 x\r\n250 ok\r\n550 5.1.1 nobody here\r\n554 no\r\n");
        let mut client = Client::connect(&server, &nobody()).unwrap();
        let refused = client.send([message("X: 1\r\n")], || ()).unwrap_err();
        drop(client);
        heard.join().unwrap();
        assert!(refused.to_string().contains("550 5.1.1 nobody here"), "{refused}");
    }
}
