//! What is answered, without I/O.

use door::sasl::{self, Credentials, Exchange, Fault, Kind, OF_TOKENS, Secret, TOKEN_NOT_GOOD, Turn};

use crate::command::{Command, Mistake};
use crate::maildrop::Maildrop;
use crate::words::{self, LANGUAGES, Language, Text};

/// Mistakes before the session ends.
const MISTAKES: u32 = 20;

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// Go on reading: the answer is written.
    Next,
    /// The answer is written; close.
    Close(&'static str),
    /// The answer is written; TLS begins.
    StartTls,
    /// The client wants in.
    LogIn(Credentials),
    /// Send a list.
    Listing(Listing),
    /// Send a message, or its header and so many lines.
    Send {
        /// Its number.
        number: usize,
        /// Lines of the body; `None`: all of it.
        lines: Option<u64>,
    },
    /// Mark this message as deleted, if it may go.
    Mark(usize),
    /// Delete what is marked, and close.
    Update,
}

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Octets of each message.
    Sizes,
    /// What identifies each for ever.
    Unique,
}

impl Listing {
    /// The line of a message, without its line end.
    pub fn line(self, maildrop: &Maildrop, number: usize, item: crate::maildrop::Item) -> String {
        match self {
            Listing::Sizes => format!("{number} {}", item.size),
            Listing::Unique => format!("{number} {}", maildrop.unique(item)),
        }
    }
}

/// RFC 2449 §8, RFC 3206.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The credentials are at fault.
    Auth,
    /// It may work later.
    Temporary,
    /// It will not work by trying again.
    Permanent,
    /// None.
    None,
}

/// One session's talk.
pub struct Dialogue {
    language: Language,
    /// Whether the connection is under TLS.
    secure: bool,
    /// Whether STLS can be had.
    stls: bool,
    /// Whether tokens are taken.
    tokens: bool,
    user: Option<String>,
    exchange: Option<Exchange>,
    maildrop: Option<Maildrop>,
    mistakes: u32,
}

impl Dialogue {
    /// A session that begins; `stls` says whether TLS can be started within it, `tokens` whether they are taken.
    pub fn new(secure: bool, stls: bool, tokens: bool) -> Self {
        let (language, mistakes) = (Language::default(), 0);
        Self { language, secure, stls, tokens, user: None, exchange: None, maildrop: None, mistakes }
    }

    /// The first line.
    pub fn greeting(out: &mut Vec<u8>) {
        out.extend_from_slice(b"+OK Sigillo POP3\r\n");
    }

    /// What was opened by the login.
    pub fn maildrop(&self) -> Option<&Maildrop> {
        self.maildrop.as_ref()
    }

    /// The same, to note what was sent.
    pub fn maildrop_mut(&mut self) -> Option<&mut Maildrop> {
        self.maildrop.as_mut()
    }

    /// TLS has begun: what was said before counts no more.
    pub fn tls_started(&mut self) {
        (self.secure, self.user, self.exchange) = (true, None, None);
    }

    /// The login succeeded.
    pub fn opened(&mut self, maildrop: Maildrop, out: &mut Vec<u8>) {
        let (count, octets) = maildrop.stat();
        out.extend_from_slice(format!("+OK {count} {octets}\r\n").as_bytes());
        self.maildrop = Some(maildrop);
    }

    /// A refusal that is not the client's mistake.
    pub fn refuse(&self, code: Code, text: Text, out: &mut Vec<u8>) {
        let code = match code {
            Code::Auth => "[AUTH] ",
            Code::Temporary => "[SYS/TEMP] ",
            Code::Permanent => "[SYS/PERM] ",
            Code::None => "",
        };
        out.extend_from_slice(format!("-ERR {code}{}\r\n", text.of(self.language)).as_bytes());
    }

    /// A mistake of the client's; after too many the session ends.
    pub fn mistake(&mut self, text: Text, out: &mut Vec<u8>) -> Step {
        self.mistakes += 1;
        if self.mistakes >= MISTAKES {
            self.refuse(Code::None, words::MISTAKES, out);
            return Step::Close("too many mistakes");
        }
        self.refuse(Code::None, text, out);
        Step::Next
    }

    /// A refused login: counted as a mistake is.
    pub fn not_in(&mut self, code: Code, text: Text, out: &mut Vec<u8>) -> Step {
        self.mistakes += 1;
        self.refuse(code, text, out);
        if self.mistakes >= MISTAKES { Step::Close("too many mistakes") } else { Step::Next }
    }

    /// A good answer with a text.
    pub fn good(&self, text: Text, out: &mut Vec<u8>) -> Step {
        out.extend_from_slice(format!("+OK {}\r\n", text.of(self.language)).as_bytes());
        Step::Next
    }

    /// Takes a line of the client, without its CRLF, and writes the answer.
    pub fn line(&mut self, line: &[u8], out: &mut Vec<u8>) -> Step {
        if let Some(exchange) = self.exchange.take() {
            return self.turn(exchange.answer(line), out);
        }
        let command = match Command::parse(line) {
            Ok(command) => command,
            Err(Mistake::Unknown) => return self.mistake(words::UNKNOWN, out),
            Err(Mistake::Arguments) => return self.mistake(words::ARGUMENTS, out),
        };
        match command {
            Command::Capa => self.capabilities(out),
            Command::Noop if self.maildrop.is_some() => self.good(words::HERE, out),
            Command::Utf8 => self.good(words::UTF8, out),
            Command::Lang(tag) => self.speak(tag.as_deref(), out),
            Command::Quit if self.maildrop.is_some() => Step::Update,
            Command::Quit => {
                self.good(words::BYE, out);
                Step::Close("quit")
            }
            command if self.maildrop.is_none() => self.authorization(command, out),
            command => self.transaction(command, out),
        }
    }

    fn authorization(&mut self, command: Command, out: &mut Vec<u8>) -> Step {
        match command {
            Command::Stls if self.stls && !self.secure => {
                self.good(words::BEGIN_TLS, out);
                Step::StartTls
            }
            Command::Stls => self.mistake(words::NO_TLS, out),
            // Nothing secret is asked for in clear.
            Command::User(_) | Command::Pass(_) | Command::Auth { .. } if !self.secure => {
                self.mistake(words::TLS_FIRST, out)
            }
            Command::User(name) => {
                self.user = Some(name);
                self.good(words::SEND_PASS, out)
            }
            Command::Pass(password) => match self.user.take() {
                Some(login) => {
                    let (acts_for, kind) = (String::new(), Kind::Password);
                    Step::LogIn(Credentials { acts_for, login, secret: password, kind })
                }
                None => self.mistake(words::USER_FIRST, out),
            },
            Command::Auth { mechanism: None, .. } => {
                out.extend_from_slice(b"+OK\r\n");
                for mechanism in self.mechanisms() {
                    out.extend_from_slice(format!("{mechanism}\r\n").as_bytes());
                }
                out.extend_from_slice(b".\r\n");
                Step::Next
            }
            Command::Auth { mechanism: Some(mechanism), initial } => {
                let initial = initial.as_ref().map(|Secret(initial)| initial.as_str());
                self.turn(sasl::begin(&mechanism, initial, self.tokens), out)
            }
            _ => self.mistake(words::NOT_HERE, out),
        }
    }

    fn mechanisms(&self) -> impl Iterator<Item = &'static str> {
        ["PLAIN", "LOGIN"].into_iter().chain(OF_TOKENS.into_iter().filter(|_| self.tokens))
    }

    /// A token is not good, or not for that login: the client answers what it is told with a line of no meaning, and is refused
    /// then (RFC 7628 §3.2.3).
    pub fn token_not_good(&mut self, out: &mut Vec<u8>) -> Step {
        self.turn(Turn::Challenge(TOKEN_NOT_GOOD, Exchange::TokenRefused), out)
    }

    fn turn(&mut self, turn: Turn, out: &mut Vec<u8>) -> Step {
        match turn {
            Turn::Challenge(challenge, exchange) => {
                out.extend_from_slice(format!("+ {challenge}\r\n").as_bytes());
                self.exchange = Some(exchange);
                Step::Next
            }
            Turn::Credentials(credentials) => Step::LogIn(credentials),
            Turn::Refused(Fault::Token) => self.not_in(Code::Auth, words::WRONG, out),
            Turn::Refused(_) => self.mistake(words::EXCHANGE, out),
        }
    }

    fn transaction(&mut self, command: Command, out: &mut Vec<u8>) -> Step {
        let Some(maildrop) = &mut self.maildrop else { return Step::Next };
        match command {
            Command::Stat => {
                let (count, octets) = maildrop.stat();
                out.extend_from_slice(format!("+OK {count} {octets}\r\n").as_bytes());
                Step::Next
            }
            Command::List(None) => Step::Listing(Listing::Sizes),
            Command::Uidl(None) => Step::Listing(Listing::Unique),
            Command::List(Some(number)) => self.one(Listing::Sizes, number, out),
            Command::Uidl(Some(number)) => self.one(Listing::Unique, number, out),
            Command::Retr(number) => self.send(number, None, out),
            Command::Top(number, lines) => self.send(number, Some(lines), out),
            Command::Dele(number) => match maildrop.get(number) {
                Some(_) => Step::Mark(number),
                None => self.missing(number, out),
            },
            Command::Rset => {
                maildrop.reset();
                let (count, octets) = maildrop.stat();
                out.extend_from_slice(format!("+OK {count} {octets}\r\n").as_bytes());
                Step::Next
            }
            _ => self.mistake(words::NOT_HERE, out),
        }
    }

    /// Marks a message as deleted, and says so.
    pub fn mark(&mut self, number: usize, out: &mut Vec<u8>) {
        if self.maildrop.as_mut().is_some_and(|maildrop| maildrop.delete(number)) {
            self.good(words::DELETED, out);
        }
    }

    fn one(&mut self, listing: Listing, number: usize, out: &mut Vec<u8>) -> Step {
        let found = self.maildrop.as_ref().and_then(|drop| Some(listing.line(drop, number, drop.get(number)?)));
        match found {
            Some(line) => {
                out.extend_from_slice(format!("+OK {line}\r\n").as_bytes());
                Step::Next
            }
            None => self.missing(number, out),
        }
    }

    fn send(&mut self, number: usize, lines: Option<u64>, out: &mut Vec<u8>) -> Step {
        match self.maildrop.as_ref().and_then(|maildrop| maildrop.get(number)) {
            Some(_) => Step::Send { number, lines },
            None => self.missing(number, out),
        }
    }

    fn missing(&mut self, number: usize, out: &mut Vec<u8>) -> Step {
        let deleted = self.maildrop.as_ref().is_some_and(|maildrop| maildrop.is_deleted(number));
        self.mistake(if deleted { words::MARKED } else { words::NO_MESSAGE }, out)
    }

    fn capabilities(&self, out: &mut Vec<u8>) -> Step {
        out.extend_from_slice(b"+OK\r\n");
        let mut say = |line: &str| out.extend_from_slice(format!("{line}\r\n").as_bytes());
        for line in ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER", "UTF8 USER", "LANG"] {
            say(line);
        }
        if self.maildrop.is_none() && self.secure {
            say("USER");
            say(&self.mechanisms().fold("SASL".to_owned(), |line, mechanism| format!("{line} {mechanism}")));
        }
        if self.maildrop.is_none() && self.stls && !self.secure {
            say("STLS");
        }
        say("IMPLEMENTATION Sigillo");
        say(".");
        Step::Next
    }

    /// LANG (RFC 6856 §3): lists the languages, or takes one; `*` is ours to choose.
    fn speak(&mut self, tag: Option<&str>, out: &mut Vec<u8>) -> Step {
        let Some(tag) = tag else {
            out.extend_from_slice(b"+OK\r\n");
            for (tag, name, _) in LANGUAGES {
                out.extend_from_slice(format!("{tag} {name}\r\n").as_bytes());
            }
            out.extend_from_slice(b".\r\n");
            return Step::Next;
        };
        // `it-CH` is spoken to in `it`.
        let primary = tag.split('-').next().unwrap_or_default();
        let found = LANGUAGES.into_iter().find(|(known, ..)| known.eq_ignore_ascii_case(primary) || tag == "*");
        let Some((known, _, language)) = found else { return self.mistake(words::NO_LANGUAGE, out) };
        self.language = language;
        out.extend_from_slice(format!("+OK {known} {}\r\n", words::LANGUAGE.of(language)).as_bytes());
        Step::Next
    }
}

#[cfg(test)]
mod tests {
    use holder::MessageId;

    use super::*;
    use crate::maildrop::Item;

    fn say(dialogue: &mut Dialogue, line: &str) -> (String, Step) {
        let mut out = Vec::new();
        let step = dialogue.line(line.as_bytes(), &mut out);
        (String::from_utf8(out).unwrap(), step)
    }

    fn inside() -> Dialogue {
        let mut dialogue = Dialogue::new(true, true, false);
        let items = [(7, 100), (9, 200)].map(|(uid, size)| Item { uid, message: MessageId(1), size });
        let mut out = Vec::new();
        dialogue.opened(Maildrop::new(5, items.to_vec()), &mut out);
        assert_eq!(out, b"+OK 2 300\r\n");
        dialogue
    }

    #[test]
    fn nothing_secret_is_taken_in_clear() {
        let mut dialogue = Dialogue::new(false, true, false);
        for line in ["USER anna", "PASS x", "AUTH PLAIN AGEAYgBj"] {
            assert!(say(&mut dialogue, line).0.starts_with("-ERR start TLS"), "{line}");
        }
        let capabilities = say(&mut dialogue, "CAPA").0;
        assert!(capabilities.contains("\r\nSTLS\r\n") && !capabilities.contains("USER\r\nSASL"), "{capabilities}");
        assert!(matches!(say(&mut dialogue, "STLS").1, Step::StartTls));
        dialogue.tls_started();
        let capabilities = say(&mut dialogue, "CAPA").0;
        assert!(!capabilities.contains("STLS") && capabilities.contains("\r\nSASL PLAIN LOGIN\r\n"), "{capabilities}");
        assert!(say(&mut dialogue, "STLS").0.starts_with("-ERR"));
    }

    #[test]
    fn user_and_pass_and_sasl_give_credentials() {
        let mut dialogue = Dialogue::new(true, false, false);
        assert!(say(&mut dialogue, "PASS x").0.starts_with("-ERR give USER"));
        assert_eq!(say(&mut dialogue, "USER anna@pec.example").0, "+OK send PASS\r\n");
        let Step::LogIn(said) = say(&mut dialogue, "PASS due parole").1 else { panic!() };
        assert_eq!((said.login.as_str(), said.secret.0.as_str()), ("anna@pec.example", "due parole"));
        // The name was used up.
        assert!(say(&mut dialogue, "PASS x").0.starts_with("-ERR"));
        assert_eq!(say(&mut dialogue, "AUTH PLAIN").0, "+ \r\n");
        let Step::LogIn(said) = say(&mut dialogue, "AGEAYg==").1 else { panic!() };
        assert_eq!((said.login.as_str(), said.secret.0.as_str()), ("a", "b"));
        assert_eq!(say(&mut dialogue, "AUTH LOGIN").0, "+ VXNlcm5hbWU6\r\n");
        assert!(say(&mut dialogue, "*").0.starts_with("-ERR"));
    }

    #[test]
    fn a_token_that_is_not_good_is_refused_in_two_steps() {
        let mut dialogue = Dialogue::new(true, false, true);
        assert!(say(&mut dialogue, "CAPA").0.contains("\r\nSASL PLAIN LOGIN OAUTHBEARER XOAUTH2\r\n"));
        assert_eq!(say(&mut dialogue, "AUTH").0, "+OK\r\nPLAIN\r\nLOGIN\r\nOAUTHBEARER\r\nXOAUTH2\r\n.\r\n");
        assert_eq!(say(&mut dialogue, "AUTH XOAUTH2").0, "+ \r\n");
        // user=anna ^A auth=Bearer t ^A ^A
        let Step::LogIn(said) = say(&mut dialogue, "dXNlcj1hbm5hAWF1dGg9QmVhcmVyIHQBAQ==").1 else { panic!() };
        assert_eq!((said.login.as_str(), said.kind), ("anna", Kind::Token));
        let mut out = Vec::new();
        assert!(matches!(dialogue.token_not_good(&mut out), Step::Next));
        assert!(out.starts_with(b"+ eyJ"));
        assert_eq!(say(&mut dialogue, "AQ==").0, "-ERR [AUTH] wrong user name or password\r\n");
        assert!(say(&mut dialogue, "NOOP").0.starts_with("-ERR"), "nobody is in");
    }

    #[test]
    fn a_maildrop_is_counted_listed_marked_and_reset() {
        let mut dialogue = inside();
        assert_eq!(say(&mut dialogue, "STAT").0, "+OK 2 300\r\n");
        assert_eq!(say(&mut dialogue, "LIST 2").0, "+OK 2 200\r\n");
        assert_eq!(say(&mut dialogue, "UIDL 1").0, "+OK 1 5-7\r\n");
        assert!(matches!(say(&mut dialogue, "UIDL").1, Step::Listing(Listing::Unique)));
        assert!(matches!(say(&mut dialogue, "RETR 2").1, Step::Send { number: 2, lines: None }));
        assert!(matches!(say(&mut dialogue, "DELE 2"), (silence, Step::Mark(2)) if silence.is_empty()));
        let mut out = Vec::new();
        dialogue.mark(2, &mut out);
        assert_eq!(out, b"+OK deleted when you QUIT\r\n");
        assert_eq!(say(&mut dialogue, "DELE 2").0, "-ERR marked as deleted\r\n");
        assert_eq!(say(&mut dialogue, "RETR 2").0, "-ERR marked as deleted\r\n");
        assert_eq!(say(&mut dialogue, "RETR 3").0, "-ERR no such message\r\n");
        assert_eq!(say(&mut dialogue, "STAT").0, "+OK 1 100\r\n");
        assert_eq!(say(&mut dialogue, "RSET").0, "+OK 2 300\r\n");
        assert!(matches!(say(&mut dialogue, "TOP 2 5").1, Step::Send { number: 2, lines: Some(5) }));
        assert!(matches!(say(&mut dialogue, "QUIT").1, Step::Update));
    }

    #[test]
    fn answers_are_in_the_language_that_was_asked_for() {
        let mut dialogue = inside();
        assert_eq!(say(&mut dialogue, "LANG").0, "+OK\r\nen English\r\nit Italiano\r\n.\r\n");
        assert_eq!(say(&mut dialogue, "LANG it-IT").0, "+OK it da ora le risposte sono in italiano\r\n");
        assert_eq!(say(&mut dialogue, "RETR 9").0, "-ERR il messaggio non esiste\r\n");
        assert!(say(&mut dialogue, "LANG de").0.starts_with("-ERR"));
        assert!(say(&mut dialogue, "LANG *").0.starts_with("+OK en"));
    }

    #[test]
    fn who_only_makes_mistakes_is_sent_away() {
        let mut dialogue = inside();
        let mut steps = (0..MISTAKES).map(|_| say(&mut dialogue, "XYZ").1);
        assert!(steps.by_ref().take(MISTAKES as usize - 1).all(|step| matches!(step, Step::Next)));
        assert!(matches!(steps.next(), Some(Step::Close(_))));
    }
}
