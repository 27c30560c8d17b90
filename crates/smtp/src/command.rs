//! Commands, parsed without I/O.
//!
//! Addresses stay exactly as given: they become certification data [R-2.1-h].

mod path;

use door::sasl::Secret;
use pec::{Address, ReversePath};

pub use path::ForwardPath;

/// One command of a client (RFC 5321 §4.1.1 and the extensions this crate announces).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `EHLO name`
    Ehlo(String),
    /// `HELO name`
    Helo(String),
    /// `MAIL FROM:<path> parameters`
    Mail(Mail),
    /// `RCPT TO:<path>`
    Rcpt(ForwardPath),
    /// `DATA`
    Data,
    /// `BDAT octets [LAST]` (RFC 3030)
    Bdat {
        /// Octets that follow the line.
        octets: u64,
        /// Whether they are the message's last.
        last: bool,
    },
    /// `AUTH mechanism [initial response]` (RFC 4954)
    Auth {
        /// In upper case.
        mechanism: String,
        /// Base64 as given; `=` stands for the empty response.
        initial: Option<Secret>,
    },
    /// `STARTTLS` (RFC 3207)
    StartTls,
    /// `RSET`
    Rset,
    /// `NOOP`
    Noop,
    /// `VRFY`
    Vrfy,
    /// `HELP`
    Help,
    /// `QUIT`
    Quit,
}

/// What MAIL says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The reverse path.
    pub path: ReversePath,
    /// `SIZE=` in octets (RFC 1870).
    pub size: Option<u64>,
    /// `BODY=8BITMIME` (RFC 6152).
    pub eight_bit: bool,
    /// Whether `AUTH=` stood there (RFC 4954 §5); its value is of no use here.
    pub auth: bool,
}

/// Why a line is not a command that can be served. The submitter's fault, always.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxFault {
    /// No such command.
    #[error("command not recognised")]
    Unknown,
    /// A known command that this server does not have.
    #[error("command not implemented")]
    NotImplemented,
    /// Control or 8-bit octets in the line.
    #[error("a command line has only printable ASCII characters")]
    NotPrintable,
    /// Arguments do not fit; the right form follows.
    #[error("syntax: {0}")]
    Arguments(&'static str),
    /// MAIL: not a reverse path.
    #[error("bad sender address: {0}")]
    Sender(String),
    /// RCPT: not a forward path.
    #[error("bad recipient address: {0}")]
    Recipient(String),
    /// A parameter of MAIL or RCPT that is not announced.
    #[error("parameter {0} is not supported")]
    Parameter(String),
    /// A parameter that is known, with a wrong value or twice.
    #[error("bad value of parameter {0}")]
    ParameterValue(&'static str),
}

impl Command {
    /// Parses one line without its CRLF. Verbs and keywords in any case; blanks at the end are ignored.
    pub fn parse(line: &[u8]) -> Result<Self, SyntaxFault> {
        let line = std::str::from_utf8(line).map_err(|_| SyntaxFault::NotPrintable)?;
        if !line.bytes().all(|b| matches!(b, b' '..=b'~' | b'\t')) {
            return Err(SyntaxFault::NotPrintable);
        }
        let line = line.trim_end();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_start();
        let bare = |command: Self, form: &'static str| {
            if rest.is_empty() { Ok(command) } else { Err(SyntaxFault::Arguments(form)) }
        };
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => greeting(rest).map(Self::Ehlo).ok_or(SyntaxFault::Arguments("EHLO domain")),
            "HELO" => greeting(rest).map(Self::Helo).ok_or(SyntaxFault::Arguments("HELO domain")),
            "MAIL" => mail(rest),
            "RCPT" => rcpt(rest),
            "DATA" => bare(Self::Data, "DATA"),
            "BDAT" => bdat(rest),
            "AUTH" => auth(rest),
            "STARTTLS" => bare(Self::StartTls, "STARTTLS"),
            "RSET" => bare(Self::Rset, "RSET"),
            "NOOP" => Ok(Self::Noop),
            "VRFY" => Ok(Self::Vrfy),
            "HELP" => Ok(Self::Help),
            "QUIT" => bare(Self::Quit, "QUIT"),
            "EXPN" | "TURN" | "ETRN" | "SEND" | "SOML" | "SAML" => Err(SyntaxFault::NotImplemented),
            _ => Err(SyntaxFault::Unknown),
        }
    }
}

/// The argument of EHLO: a domain or literal; other printable words are taken too, because clients say their machine's
/// name whatever it is. Parentheses and the like would break the `Received` field that quotes it.
fn greeting(rest: &str) -> Option<String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    (!rest.is_empty() && rest.len() <= 255 && rest.bytes().all(fits)).then(|| rest.to_owned())
}

fn mail(rest: &str) -> Result<Command, SyntaxFault> {
    const FORM: SyntaxFault = SyntaxFault::Arguments("MAIL FROM:<address> [parameters]");
    let (path, parameters) = path::split(rest, "FROM:").ok_or(FORM)?;
    let path = match path {
        "" => ReversePath::Null,
        path => ReversePath::Address(
            Address::parse(path::without_route(path)).map_err(|e| SyntaxFault::Sender(e.to_string()))?,
        ),
    };
    let mut mail = Mail { path, size: None, eight_bit: false, auth: false };
    let mut body = false;
    for parameter in parameters.split_ascii_whitespace() {
        let (keyword, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match keyword.to_ascii_uppercase().as_str() {
            "SIZE" => {
                let digits = (1..=20).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
                if !digits || mail.size.is_some() {
                    return Err(SyntaxFault::ParameterValue("SIZE"));
                }
                // Twenty digits may exceed 64 bits; such a size is over every limit anyway.
                mail.size = Some(value.parse().unwrap_or(u64::MAX));
            }
            "BODY" => {
                mail.eight_bit = match value.to_ascii_uppercase().as_str() {
                    "7BIT" if !body => false,
                    "8BITMIME" if !body => true,
                    "BINARYMIME" => return Err(SyntaxFault::Parameter("BODY=BINARYMIME".into())),
                    _ => return Err(SyntaxFault::ParameterValue("BODY")),
                };
                body = true;
            }
            "AUTH" if !value.is_empty() && !mail.auth => mail.auth = true,
            "AUTH" => return Err(SyntaxFault::ParameterValue("AUTH")),
            other => return Err(SyntaxFault::Parameter(other.chars().take(40).collect())),
        }
    }
    Ok(Command::Mail(mail))
}

fn rcpt(rest: &str) -> Result<Command, SyntaxFault> {
    const FORM: SyntaxFault = SyntaxFault::Arguments("RCPT TO:<address>");
    let (path, parameters) = path::split(rest, "TO:").ok_or(FORM)?;
    let path = ForwardPath::parse(path).map_err(|e| SyntaxFault::Recipient(e.to_string()))?;
    match parameters.split_ascii_whitespace().next() {
        None => Ok(Command::Rcpt(path)),
        // DSN (RFC 3461) is not announced: notifications of certified mail are of their own kind.
        Some(parameter) => {
            let keyword = parameter.split('=').next().unwrap_or(parameter);
            Err(SyntaxFault::Parameter(keyword.to_ascii_uppercase().chars().take(40).collect()))
        }
    }
}

fn bdat(rest: &str) -> Result<Command, SyntaxFault> {
    const FORM: SyntaxFault = SyntaxFault::Arguments("BDAT octets [LAST]");
    let mut words = rest.split_ascii_whitespace();
    let octets = words.next().unwrap_or_default();
    if octets.is_empty() || octets.len() > 18 || !octets.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FORM);
    }
    let octets = octets.parse().map_err(|_| FORM)?;
    let last = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("LAST") => true,
        Some(_) => return Err(FORM),
    };
    if words.next().is_some() { Err(FORM) } else { Ok(Command::Bdat { octets, last }) }
}

fn auth(rest: &str) -> Result<Command, SyntaxFault> {
    const FORM: SyntaxFault = SyntaxFault::Arguments("AUTH mechanism [initial-response]");
    let mut words = rest.split_ascii_whitespace();
    let mechanism = words.next().filter(|m| m.len() <= 20).ok_or(FORM)?.to_ascii_uppercase();
    let initial = words.next().map(|word| Secret(word.to_owned()));
    if words.next().is_some() { Err(FORM) } else { Ok(Command::Auth { mechanism, initial }) }
}

#[cfg(test)]
mod tests;
