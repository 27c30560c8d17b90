//! The order of commands and what each is answered, without I/O.

use std::time::Duration;

use door::sasl::{self, Fault, OF_TOKENS, Secret, Turn};
use holder::Holder;
use pec::{Address, ReversePath};

use super::{Door, Limits, Session};
use crate::Reply;
use crate::command::{Command, ForwardPath, Mail, SyntaxFault};

/// Fewest recipients a message may have, whatever is configured [R-L-12-2].
const RECIPIENTS: usize = 50;

/// Where the session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// No EHLO yet, or not since TLS began.
    Fresh,
    /// Greeted, no message begun.
    Ready,
    /// MAIL was accepted.
    Mail,
    /// At least one BDAT was accepted.
    Chunks,
}

/// What the driver does next.
pub(super) enum Step {
    /// Say this.
    Reply(Reply),
    /// Say this and close.
    Close(Reply),
    /// Say this and begin TLS.
    StartTls(Reply),
    /// Carry on an authentication.
    Auth(Turn),
    /// Ask the service; then [`Dialogue::mail_answered`].
    Mail(Mail),
    /// Ask the service; then [`Dialogue::rcpt_answered`].
    Rcpt(Address),
    /// Say 354 and read a message.
    Data,
    /// Read a chunk; say the refusal, when there is one, instead of keeping it.
    Chunk {
        /// Octets that follow.
        octets: u64,
        /// Whether they are the last.
        last: bool,
        /// Why they are not wanted.
        refusal: Option<Reply>,
    },
}

/// One session's state.
pub(super) struct Dialogue {
    pub(super) session: Session,
    pub(super) extended: bool,
    hostname: String,
    limits: Limits,
    offers_tls: bool,
    tokens: bool,
    stage: Stage,
    refused: u32,
    /// The last MAIL was refused: a client that pipelines did not know it when it sent what follows.
    mail_refused: bool,
    errors: u32,
    auth_failures: u32,
}

impl Dialogue {
    /// A new session; `offers_tls`: the door has a certificate; `tokens`: they are taken.
    pub(super) fn new(session: Session, hostname: &str, limits: &Limits, offers_tls: bool, tokens: bool) -> Self {
        let (hostname, limits) = (hostname.to_owned(), limits.clone());
        let stage = Stage::Fresh;
        Self {
            session,
            extended: false,
            hostname,
            limits,
            offers_tls,
            tokens,
            stage,
            refused: 0,
            mail_refused: false,
            errors: 0,
            auth_failures: 0,
        }
    }

    /// The first reply of all.
    pub(super) fn greeting(&self) -> Reply {
        Reply::new(220, "", format!("{} ESMTP", self.hostname))
    }

    /// No message is under way.
    pub(super) fn between_messages(&self) -> bool {
        matches!(self.stage, Stage::Fresh | Stage::Ready)
    }

    /// Chunks of a message were accepted, the last not yet.
    pub(super) fn in_chunks(&self) -> bool {
        self.stage == Stage::Chunks
    }

    /// Mistakes so far.
    pub(super) fn errors(&self) -> u32 {
        self.errors
    }

    /// Answers one line.
    pub(super) fn command(&mut self, line: &[u8]) -> Step {
        let command = match Command::parse(line) {
            Ok(command) => command,
            // Where the chunk would end is not known: nothing after it can be understood.
            Err(fault) if line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"BDAT")) => {
                return Step::Close(Reply::new(501, "5.5.4", fault.to_string()));
            }
            Err(fault) => return self.mistake(fault_reply(&fault)),
        };
        if let Some(refusal) = self.tls_first(&command) {
            return match command {
                Command::Bdat { octets, last } => Step::Chunk { octets, last, refusal: Some(refusal) },
                _ => self.mistake(refusal),
            };
        }
        match command {
            Command::Ehlo(name) => self.greeted(name, true),
            Command::Helo(name) => self.greeted(name, false),
            Command::Mail(mail) => self.mail(mail),
            Command::Rcpt(path) => self.rcpt(path),
            Command::Data => self.data(),
            Command::Bdat { octets, last } => self.bdat(octets, last),
            Command::Auth { mechanism, initial } => match self.auth_refusal() {
                Some(refusal) => self.mistake(refusal),
                None => {
                    let initial = initial.as_ref().map(|Secret(initial)| initial.as_str());
                    Step::Auth(sasl::begin(&mechanism, initial, self.tokens))
                }
            },
            Command::StartTls => self.start_tls(),
            Command::Rset => {
                self.reset();
                Step::Reply(Reply::new(250, "2.0.0", "flushed"))
            }
            Command::Noop => Step::Reply(Reply::new(250, "2.0.0", "ok")),
            Command::Vrfy => Step::Reply(Reply::new(252, "2.5.2", "not verified; send and see")),
            Command::Help => Step::Reply(Reply::new(214, "2.0.0", "see RFC 5321")),
            Command::Quit => Step::Close(Reply::new(221, "2.0.0", format!("{} closing", self.hostname))),
        }
    }

    /// A mistake of the client: its reply, or 421 when there were too many.
    pub(super) fn mistake(&mut self, reply: Reply) -> Step {
        self.errors += 1;
        if self.errors > self.limits.errors {
            Step::Close(Reply::new(421, "4.7.0", "too many errors; closing"))
        } else {
            Step::Reply(reply)
        }
    }

    /// MAIL was put to the service.
    pub(super) fn mail_answered(&mut self, mail: Mail, reply: &Reply) {
        self.mail_refused = !reply.is_positive();
        if reply.is_positive() {
            self.stage = Stage::Mail;
            self.session.path = Some(mail.path);
            self.session.eight_bit = mail.eight_bit;
        }
    }

    /// RCPT was put to the service.
    pub(super) fn rcpt_answered(&mut self, recipient: Address, reply: &Reply) {
        if reply.is_positive() {
            self.session.recipients.push(recipient);
        } else {
            self.refused += 1;
        }
    }

    /// The service knows the password, or not.
    pub(super) fn authenticated(&mut self, answer: Result<Option<Holder>, Reply>) -> Step {
        match answer {
            Ok(Some(login)) => {
                self.session.login = Some(login);
                Step::Reply(Reply::new(235, "2.7.0", "authenticated"))
            }
            Ok(None) => self.login_failed(Reply::new(535, "5.7.8", "user name or password wrong")),
            Err(reply) => Step::Reply(reply),
        }
    }

    /// Too many logins failed: the password was not looked at (RFC 4954 §4.7.3).
    pub(super) fn throttled(&mut self, wait: Duration) -> Step {
        let seconds = wait.as_secs().max(1);
        self.login_failed(Reply::new(454, "4.7.0", format!("too many failed logins; try again in {seconds} seconds")))
    }

    pub(super) fn login_failed(&mut self, reply: Reply) -> Step {
        self.auth_failures += 1;
        if self.auth_failures >= self.limits.auth_failures.max(1) {
            Step::Close(Reply::new(421, "4.7.0", "too many failed authentications; closing"))
        } else {
            Step::Reply(reply)
        }
    }

    /// TLS runs: everything said in clear is forgotten (RFC 3207 §4.2).
    pub(super) fn tls_started(&mut self, tls: String) {
        self.reset();
        self.stage = Stage::Fresh;
        self.extended = false;
        self.session.helo.clear();
        self.session.tls = Some(tls);
    }

    /// A chunk was kept and more follow.
    pub(super) fn chunk_kept(&mut self) {
        self.stage = Stage::Chunks;
    }

    /// The transaction is over, well or not.
    pub(super) fn reset(&mut self) {
        if self.stage != Stage::Fresh {
            self.stage = Stage::Ready;
        }
        self.session.path = None;
        self.session.recipients.clear();
        self.session.eight_bit = false;
        self.refused = 0;
        self.mail_refused = false;
    }

    /// A command of a message whose MAIL was refused, or never came.
    fn without_mail(&mut self) -> Step {
        let reply = Reply::new(503, "5.5.1", "MAIL first");
        if self.mail_refused { Step::Reply(reply) } else { self.mistake(reply) }
    }

    /// On submission nothing is said in clear beyond what leads to TLS (RFC 3207 §4, RFC 8314) [R-5.3-user] [R-3.1-a].
    fn tls_first(&self, command: &Command) -> Option<Reply> {
        if self.session.tls.is_some() || self.session.door == Door::Incoming {
            return None;
        }
        match command {
            Command::Auth { .. } => Some(Reply::new(538, "5.7.11", "encryption required: STARTTLS first")),
            Command::Mail(_) | Command::Rcpt(_) | Command::Data | Command::Bdat { .. } | Command::Vrfy => {
                Some(Reply::new(530, "5.7.0", "must issue a STARTTLS command first"))
            }
            _ => None,
        }
    }

    fn greeted(&mut self, name: String, extended: bool) -> Step {
        self.reset();
        self.stage = Stage::Ready;
        self.session.helo = name;
        self.extended = extended;
        if !extended {
            return Step::Reply(Reply::new(250, "", self.hostname.clone()));
        }
        let mut lines = vec![
            self.hostname.clone(),
            "PIPELINING".into(),
            format!("SIZE {}", self.limits.message),
            "8BITMIME".into(),
            "ENHANCEDSTATUSCODES".into(),
            "CHUNKING".into(),
        ];
        if self.session.tls.is_none() && self.offers_tls {
            lines.push("STARTTLS".into());
        }
        if self.session.tls.is_some() && self.session.door != Door::Incoming {
            let tokens = OF_TOKENS.into_iter().filter(|_| self.tokens);
            lines.push(tokens.fold("AUTH PLAIN LOGIN".to_owned(), |line, mechanism| format!("{line} {mechanism}")));
        }
        Step::Reply(Reply { code: 250, enhanced: None, lines })
    }

    fn mail(&mut self, mail: Mail) -> Step {
        match self.mail_refusal(&mail) {
            Some(refusal) => {
                self.mail_refused = true;
                // A message too large is no mistake in the dialogue.
                if refusal.code == 552 { Step::Reply(refusal) } else { self.mistake(refusal) }
            }
            None => Step::Mail(mail),
        }
    }

    fn mail_refusal(&self, mail: &Mail) -> Option<Reply> {
        let submission = self.session.door != Door::Incoming;
        match self.stage {
            Stage::Fresh => return Some(Reply::new(503, "5.5.1", "EHLO or HELO first")),
            Stage::Mail | Stage::Chunks => return Some(Reply::new(503, "5.5.1", "a message is already under way")),
            Stage::Ready => {}
        }
        if submission && self.session.login.is_none() {
            return Some(Reply::new(530, "5.7.0", "authentication required"));
        }
        if mail.auth && !submission {
            return Some(fault_reply(&SyntaxFault::Parameter("AUTH".into())));
        }
        if mail.size.is_some_and(|size| size > self.limits.message as u64) {
            let text = format!("message larger than {} octets", self.limits.message);
            return Some(Reply::new(552, "5.3.4", text));
        }
        None
    }

    fn rcpt(&mut self, path: ForwardPath) -> Step {
        if self.stage != Stage::Mail {
            return self.without_mail();
        }
        if self.session.recipients.len() >= self.limits.recipients.max(RECIPIENTS) {
            self.refused += 1;
            return Step::Reply(Reply::new(452, "4.5.3", "too many recipients; send the rest apart"));
        }
        match path {
            ForwardPath::Address(address) => Step::Rcpt(address),
            // Without a domain it is this host's; a holder means the one of the domain that he writes from.
            ForwardPath::Postmaster(local) => {
                let sender = self.session.path.as_ref().filter(|_| self.session.door != Door::Incoming);
                let domain = sender.and_then(ReversePath::address).map_or(self.hostname.as_str(), Address::domain);
                match Address::parse(&format!("{local}@{domain}")) {
                    Ok(address) => Step::Rcpt(address),
                    Err(_) => self.mistake(Reply::new(550, "5.1.1", "no postmaster without a domain here")),
                }
            }
        }
    }

    fn data(&mut self) -> Step {
        match self.stage {
            Stage::Mail if !self.session.recipients.is_empty() => Step::Data,
            // A client that pipelines did not know yet that all were refused: no mistake of its.
            Stage::Mail if self.refused > 0 => Step::Reply(Reply::new(554, "5.5.1", "no valid recipients")),
            Stage::Mail => self.mistake(Reply::new(503, "5.5.1", "RCPT first")),
            Stage::Chunks => self.mistake(Reply::new(503, "5.5.1", "no DATA after BDAT")),
            Stage::Fresh | Stage::Ready => self.without_mail(),
        }
    }

    fn bdat(&mut self, octets: u64, last: bool) -> Step {
        let refusal = match self.stage {
            Stage::Chunks => None,
            Stage::Mail if !self.session.recipients.is_empty() => None,
            Stage::Mail if self.refused > 0 => Some(Reply::new(554, "5.5.1", "no valid recipients")),
            Stage::Mail => Some(Reply::new(503, "5.5.1", "RCPT first")),
            Stage::Fresh | Stage::Ready => Some(Reply::new(503, "5.5.1", "MAIL first")),
        };
        Step::Chunk { octets, last, refusal }
    }

    fn auth_refusal(&self) -> Option<Reply> {
        match self.session.door {
            Door::Incoming => Some(Reply::new(502, "5.5.1", "no authentication on this port: use submission")),
            _ if self.session.login.is_some() => Some(Reply::new(503, "5.5.1", "already authenticated")),
            _ if self.stage != Stage::Ready || !self.extended => {
                Some(Reply::new(503, "5.5.1", "AUTH stands after EHLO and outside a message"))
            }
            _ => None,
        }
    }

    fn start_tls(&mut self) -> Step {
        if self.session.tls.is_some() {
            self.mistake(Reply::new(503, "5.5.1", "already under TLS"))
        } else if !self.offers_tls {
            self.mistake(Reply::new(502, "5.5.1", "no TLS here"))
        } else if !self.between_messages() {
            self.mistake(Reply::new(503, "5.5.1", "a message is under way"))
        } else {
            Step::StartTls(Reply::new(220, "2.0.0", "begin TLS"))
        }
    }
}

/// The path once MAIL was accepted, for logs.
pub(super) fn path_text(path: Option<&ReversePath>) -> &str {
    path.map_or("", ReversePath::as_str)
}

fn fault_reply(fault: &SyntaxFault) -> Reply {
    let (code, enhanced) = match fault {
        SyntaxFault::Unknown | SyntaxFault::NotPrintable => (500, "5.5.2"),
        SyntaxFault::NotImplemented => (502, "5.5.1"),
        SyntaxFault::Arguments(_) | SyntaxFault::ParameterValue(_) => (501, "5.5.4"),
        SyntaxFault::Sender(_) => (501, "5.1.7"),
        SyntaxFault::Recipient(_) => (501, "5.1.3"),
        SyntaxFault::Parameter(_) => (555, "5.5.4"),
    };
    Reply::new(code, enhanced, fault.to_string())
}

/// How an exchange ends that gave no credentials (RFC 4954 §4).
pub(super) fn refused(fault: Fault) -> Reply {
    let (number, code) = match fault {
        Fault::Unknown => (504, "5.5.4"),
        Fault::Cancelled => (501, "5.7.0"),
        Fault::NotBase64 | Fault::Form => (501, "5.5.2"),
        Fault::Token => (535, "5.7.8"),
    };
    Reply::new(number, code, fault.what())
}

#[cfg(test)]
mod tests;
