//! A dialogue with a server: commands said, answers read within bounds. A message goes past into its spool, in pieces; whatever the
//! server announces, no more than a line of [`LINE`] octets is held.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imap::answer::{Answer, announced};
use imap::response::Condition;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use crate::spool::{LARGEST, Spooling, Unkept};

/// Octets of an answer without the message in it: the numbers of some two million messages.
const LINE: u64 = 16 << 20;
/// What stands before a message.
const MESSAGE: &[u8] = b"BODY[] ";
/// Octets of a literal that is no message.
const LITERAL: u64 = 64 << 10;
/// How long a connection, a handshake and a greeting may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a server may say nothing.
const SILENCE: Duration = Duration::from_secs(120);

/// Why the dialogue is over.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the server has hung up")]
    HungUp,
    #[error("the server has said nothing for {} seconds", .0.as_secs())]
    Silent(Duration),
    #[error("it cannot be reached: {0}")]
    Unreached(io::Error),
    #[error("{0}")]
    Untrusted(String),
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    #[error("the server refuses {what}: {text}")]
    Refused { what: String, text: String },
    #[error("the server says goodbye: {0}")]
    Bye(String),
    #[error("the server does not speak IMAP as it should: {0}")]
    Strange(String),
    #[error("a message of it: {0}")]
    Unkept(#[from] Unkept),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Trouble::HungUp,
            _ => Trouble::Broken(error),
        }
    }
}

/// A command that was said.
pub(super) struct Asked {
    tag: String,
    /// What is told of it when it is refused.
    what: String,
}

pub(super) struct Talk<S> {
    stream: BufReader<S>,
    number: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream), number: 0 }
    }

    /// The stream, when nothing is left unread: what came before TLS is not believed behind it.
    pub(super) fn into_stream(self) -> Result<S, Trouble> {
        match self.stream.buffer() {
            [] => Ok(self.stream.into_inner()),
            _ => Err(Trouble::Strange("it has answered in the clear what it was not asked".into())),
        }
    }

    pub(super) async fn greeting(&mut self) -> Result<(), Trouble> {
        let greeting = timeout(PATIENCE, self.answer(None)).await.map_err(|_| Trouble::Silent(PATIENCE))?;
        match greeting {
            Ok(Answer::Status { condition: Condition::Ok, .. }) => Ok(()),
            Ok(Answer::Status { condition: Condition::PreAuth, .. }) => {
                Err(Trouble::Strange("it takes us for somebody before we have said who we are".into()))
            }
            Ok(_) | Err(Trouble::Strange(_)) => Err(Trouble::Strange("its first words are no greeting".into())),
            Err(trouble) => Err(trouble),
        }
    }

    /// Says a command; [`Self::next`] gives its answers.
    pub(super) async fn ask(&mut self, command: &[u8]) -> Result<Asked, Trouble> {
        // A login is told without its words.
        let what = match command.starts_with(b"LOGIN ") || command.starts_with(b"AUTHENTICATE ") {
            true => "the login".to_owned(),
            false => String::from_utf8_lossy(command).chars().take(100).collect(),
        };
        self.number += 1;
        let tag = format!("s{}", self.number);
        self.say(&[tag.as_bytes(), b" ", command].concat()).await?;
        Ok(Asked { tag, what })
    }

    /// The next answer until the command is done; the message in it goes into `body`.
    pub(super) async fn next(&mut self, asked: &Asked, body: Option<&mut Spooling>) -> Result<Option<Answer>, Trouble> {
        match self.answer(body).await? {
            Answer::Status { tag: Some(tag), condition, text, .. } if tag == asked.tag => match condition {
                Condition::Ok => Ok(None),
                _ => Err(Trouble::Refused { what: asked.what.clone(), text: output::printable(&text) }),
            },
            answer => Ok(Some(answer)),
        }
    }

    /// Says a command, and gives every answer until it is done to `take`.
    pub(super) async fn command(&mut self, command: &[u8], mut take: impl FnMut(Answer)) -> Result<(), Trouble> {
        let asked = self.ask(command).await?;
        while let Some(answer) = self.next(&asked, None).await? {
            take(answer);
        }
        Ok(())
    }

    /// Logs in with AUTHENTICATE PLAIN (RFC 4616), whatever octets the password has, or with LOGIN.
    pub(super) async fn log_in(&mut self, user: &str, password: &str, capabilities: &[String]) -> Result<(), Trouble> {
        let has = |name: &str| capabilities.iter().any(|capability| capability == name);
        if !has("AUTH=PLAIN") {
            let plain = |text: &str| text.bytes().all(|octet| matches!(octet, b' '..=b'~'));
            if has("LOGINDISABLED") || !plain(user) || !plain(password) {
                let text = "it offers no way to log in with this password (AUTH=PLAIN)".to_owned();
                return Err(Trouble::Refused { what: "the login".into(), text });
            }
            return self.command(format!("LOGIN {} {}", quoted(user), quoted(password)).as_bytes(), drop).await;
        }
        let asked = self.ask(b"AUTHENTICATE PLAIN").await?;
        let mut secret = Some(STANDARD.encode(format!("\0{user}\0{password}")));
        while let Some(answer) = self.next(&asked, None).await? {
            if answer == Answer::Continue {
                // Who asks again has not understood: nothing more is said, and that takes the login back (RFC 9051 §6.2.2).
                self.say(secret.take().unwrap_or_else(|| "*".into()).as_bytes()).await?;
            }
        }
        Ok(())
    }

    async fn say(&mut self, line: &[u8]) -> Result<(), Trouble> {
        let line = [line, b"\r\n"].concat();
        let said = async {
            self.stream.write_all(&line).await?;
            self.stream.flush().await
        };
        timeout(SILENCE, said).await.map_err(|_| Trouble::Silent(SILENCE))?.map_err(Trouble::from)
    }

    /// The next answer; the message in it goes into `body`.
    async fn answer(&mut self, mut body: Option<&mut Spooling>) -> Result<Answer, Trouble> {
        let mut whole = Vec::new();
        loop {
            let from = whole.len();
            let left = LINE.saturating_sub(from as u64);
            let read = timeout(SILENCE, (&mut self.stream).take(left).read_until(b'\n', &mut whole)).await;
            read.map_err(|_| Trouble::Silent(SILENCE))??;
            let line = whole.get(from..).unwrap_or_default();
            if !line.ends_with(b"\n") {
                return Err(match left <= line.len() as u64 {
                    true => Trouble::Strange(format!("an answer has more than {LINE} octets")),
                    false => Trouble::HungUp,
                });
            }
            let Some((octets, before)) = announced(line) else { break };
            let end = from + before;
            let item = whole.get(end.saturating_sub(MESSAGE.len())..end).unwrap_or_default();
            let is_message = item.eq_ignore_ascii_case(MESSAGE);
            match body.as_deref_mut().filter(|_| is_message) {
                Some(body) => {
                    self.message(octets, body).await?;
                    whole.truncate(end);
                    whole.extend_from_slice(b"\"\"");
                }
                None if octets <= LITERAL => self.literal(octets, &mut whole).await?,
                None => {
                    return Err(Trouble::Strange(format!(
                        "it announces {octets} octets where a name or a word stands"
                    )));
                }
            }
        }
        match Answer::parse(&whole) {
            Ok(Answer::Status { tag: None, condition: Condition::Bye, text, .. }) => Err(Trouble::Bye(text)),
            Ok(answer) => Ok(answer),
            Err(fault) => Err(Trouble::Strange(fault.to_string())),
        }
    }

    async fn literal(&mut self, octets: u64, whole: &mut Vec<u8>) -> Result<(), Trouble> {
        let from = whole.len();
        whole.resize(from + usize::try_from(octets).unwrap_or(0), 0);
        let read = timeout(SILENCE, self.stream.read_exact(whole.get_mut(from..).unwrap_or_default())).await;
        read.map_err(|_| Trouble::Silent(SILENCE))??;
        Ok(())
    }

    async fn message(&mut self, mut octets: u64, body: &mut Spooling) -> Result<(), Trouble> {
        if octets > LARGEST {
            return Err(Trouble::Strange(format!(
                "it announces {octets} octets of a message that it has said is smaller"
            )));
        }
        while octets > 0 {
            let here = timeout(SILENCE, self.stream.fill_buf()).await.map_err(|_| Trouble::Silent(SILENCE))??;
            let taken = here.len().min(usize::try_from(octets).unwrap_or(usize::MAX));
            if taken == 0 {
                return Err(Trouble::HungUp);
            }
            body.put(here.get(..taken).unwrap_or_default())?;
            self.stream.consume(taken);
            octets -= taken as u64;
        }
        Ok(())
    }
}

/// `quoted` of printable ASCII.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A server that answers each line with the next of these texts, and hangs up after the last one.
#[cfg(test)]
pub(super) fn scripted(answers: Vec<String>) -> Talk<tokio::io::DuplexStream> {
    let (ours, theirs) = tokio::io::duplex(64 << 10);
    tokio::spawn(async move {
        let mut theirs = BufReader::new(theirs);
        for answer in answers {
            let mut line = Vec::new();
            // Who hangs up first needs no answer.
            if matches!(theirs.read_until(b'\n', &mut line).await, Ok(0) | Err(_)) {
                return;
            }
            let _ = theirs.write_all(answer.as_bytes()).await;
        }
    });
    Talk::new(ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::LineEnds;

    async fn fetch(text: &str) -> Result<Vec<u8>, Trouble> {
        let mut spooling = Spooling::new(LineEnds::AsTheyAre);
        let mut talk = scripted(vec![text.to_owned()]);
        let asked = talk.ask(b"UID FETCH 1 (BODY.PEEK[])").await?;
        while talk.next(&asked, Some(&mut spooling)).await?.is_some() {}
        Ok(spooling.whole()?.head()?)
    }

    #[tokio::test]
    async fn a_message_goes_past_into_its_spool() {
        let text = "* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[] {5}\r\na\r\nbc UID 1)\r\n* OK still here\r\ns1 OK done\r\n";
        assert_eq!(fetch(text).await.unwrap(), b"a\r\nbc");
    }

    #[tokio::test]
    async fn who_hangs_up_lies_or_never_ends_is_found_out() {
        for (text, why) in [
            ("", "hung up"),
            ("* 1 FETCH (BODY[] {5}\r\nab", "hung up"),
            ("* 1 FETCH (BODY[] {4294967296}\r\nab", "announces 4294967296 octets of a message"),
            ("* LIST () \"/\" {99999999}\r\n", "announces 99999999 octets where a name"),
            ("* BYE too many\r\n", "goodbye: too many"),
            ("s1 NO [UNAVAILABLE] later\r\n", "refuses UID FETCH 1 (BODY.PEEK[]): later"),
            ("HTTP/1.1 400 Bad Request\r\n", "does not speak IMAP"),
            ("* 1 FETCH (BODY[] {3}\r\nabc", "hung up"),
        ] {
            let said = fetch(text).await.unwrap_err().to_string();
            assert!(said.contains(why), "{text:?}: {said}");
        }
        let endless = format!("* SEARCH {}", "1 ".repeat(9 << 20));
        let said = fetch(&endless).await.unwrap_err().to_string();
        assert!(said.contains("more than 16777216 octets"), "{said}");
    }

    #[tokio::test]
    async fn a_refused_login_says_nothing_of_the_password() {
        let mut talk = scripted(vec!["s1 NO [AUTHENTICATIONFAILED] wrong\r\n".into()]);
        let said = talk.log_in("anna", "segreta", &[]).await.unwrap_err().to_string();
        assert_eq!(said, "the server refuses the login: wrong");
        let said = scripted(Vec::new()).log_in("anna", "perché", &[]).await.unwrap_err().to_string();
        assert!(said.contains("no way to log in") && !said.contains("perché"), "{said}");
    }
}
