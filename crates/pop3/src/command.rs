//! A line of the client.

use door::sasl::Secret;

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `AUTH` (RFC 5034); without a mechanism, which are there.
    Auth {
        /// The mechanism.
        mechanism: Option<String>,
        /// The first response, as it stands on the line.
        initial: Option<Secret>,
    },
    /// `CAPA`
    Capa,
    /// `DELE n`
    Dele(usize),
    /// `LANG [tag]`
    Lang(Option<String>),
    /// `LIST [n]`
    List(Option<usize>),
    /// `NOOP`
    Noop,
    /// `PASS password`
    Pass(Secret),
    /// `QUIT`
    Quit,
    /// `RETR n`
    Retr(usize),
    /// `RSET`
    Rset,
    /// `STAT`
    Stat,
    /// `STLS`
    Stls,
    /// `TOP n lines`
    Top(usize, u64),
    /// `UIDL [n]`
    Uidl(Option<usize>),
    /// `USER name`
    User(String),
    /// `UTF8`
    Utf8,
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// Nobody knows it.
    Unknown,
    /// Its arguments are wrong.
    Arguments,
}

impl Command {
    /// Reads a line, without its CRLF.
    pub fn parse(line: &[u8]) -> Result<Command, Mistake> {
        let end = line.iter().position(|octet| *octet == b' ').unwrap_or(line.len());
        let (word, rest) = line.split_at(end);
        let rest = rest.get(1..);
        let arguments = || words(rest.unwrap_or_default());
        match word.to_ascii_uppercase().as_slice() {
            b"AUTH" => match arguments()?.as_slice() {
                [] => Ok(Command::Auth { mechanism: None, initial: None }),
                [mechanism] => Ok(Command::Auth { mechanism: Some(mechanism.clone()), initial: None }),
                [mechanism, initial] => {
                    let (mechanism, initial) = (Some(mechanism.clone()), Some(Secret(initial.clone())));
                    Ok(Command::Auth { mechanism, initial })
                }
                _ => Err(Mistake::Arguments),
            },
            b"CAPA" => alone(rest, Command::Capa),
            b"DELE" => Ok(Command::Dele(one(rest)?)),
            b"LANG" => match arguments()?.as_slice() {
                [] => Ok(Command::Lang(None)),
                [tag] => Ok(Command::Lang(Some(tag.clone()))),
                _ => Err(Mistake::Arguments),
            },
            b"LIST" => Ok(Command::List(perhaps(rest)?)),
            b"NOOP" => alone(rest, Command::Noop),
            // Blanks are part of a password.
            b"PASS" => rest.map(|rest| Command::Pass(Secret(text(rest)))).ok_or(Mistake::Arguments),
            b"QUIT" => alone(rest, Command::Quit),
            b"RETR" => Ok(Command::Retr(one(rest)?)),
            b"RSET" => alone(rest, Command::Rset),
            b"STAT" => alone(rest, Command::Stat),
            b"STLS" => alone(rest, Command::Stls),
            b"TOP" => match arguments()?.as_slice() {
                [number, lines] => Ok(Command::Top(message(number)?, digits(lines)?)),
                _ => Err(Mistake::Arguments),
            },
            b"UIDL" => Ok(Command::Uidl(perhaps(rest)?)),
            b"USER" => match rest.map(text).map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()) {
                Some(name) => Ok(Command::User(name)),
                None => Err(Mistake::Arguments),
            },
            b"UTF8" => alone(rest, Command::Utf8),
            _ => Err(Mistake::Unknown),
        }
    }
}

/// Octets of a name or password: UTF-8, or else Latin-1, as old clients send it.
fn text(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => octets.iter().map(|octet| char::from(*octet)).collect(),
    }
}

fn words(rest: &[u8]) -> Result<Vec<String>, Mistake> {
    let rest = std::str::from_utf8(rest).map_err(|_| Mistake::Arguments)?;
    Ok(rest.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

fn alone(rest: Option<&[u8]>, command: Command) -> Result<Command, Mistake> {
    // A blank at the end is harmless.
    if rest.unwrap_or_default().iter().all(|octet| *octet == b' ') { Ok(command) } else { Err(Mistake::Arguments) }
}

fn one(rest: Option<&[u8]>) -> Result<usize, Mistake> {
    perhaps(rest)?.ok_or(Mistake::Arguments)
}

fn perhaps(rest: Option<&[u8]>) -> Result<Option<usize>, Mistake> {
    match words(rest.unwrap_or_default())?.as_slice() {
        [] => Ok(None),
        [number] => message(number).map(Some),
        _ => Err(Mistake::Arguments),
    }
}

/// The number of a message: from 1. One too large for any maildrop is no message rather than no number.
fn message(text: &str) -> Result<usize, Mistake> {
    usize::try_from(digits(text)?).map_err(|_| Mistake::Arguments)
}

fn digits(text: &str) -> Result<u64, Mistake> {
    if text.is_empty() || !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(Mistake::Arguments);
    }
    Ok(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(line: &str) -> Result<Command, Mistake> {
        Command::parse(line.as_bytes())
    }

    #[test]
    fn every_command_is_read_in_any_case() {
        let secret = |text: &str| Secret(text.to_owned());
        for (line, command) in [
            ("CAPA", Command::Capa),
            ("capa ", Command::Capa),
            ("Stls", Command::Stls),
            ("USER anna@pec.example", Command::User("anna@pec.example".into())),
            ("user  anna ", Command::User("anna".into())),
            ("PASS  due parole ", Command::Pass(secret(" due parole "))),
            ("PASS perché€", Command::Pass(secret("perché€"))),
            ("PASS ", Command::Pass(secret(""))),
            ("AUTH", Command::Auth { mechanism: None, initial: None }),
            ("AUTH PLAIN", Command::Auth { mechanism: Some("PLAIN".into()), initial: None }),
            ("AUTH PLAIN =", Command::Auth { mechanism: Some("PLAIN".into()), initial: Some(secret("=")) }),
            ("STAT", Command::Stat),
            ("LIST", Command::List(None)),
            ("LIST 3", Command::List(Some(3))),
            ("UIDL", Command::Uidl(None)),
            ("uidl 12", Command::Uidl(Some(12))),
            ("RETR 1", Command::Retr(1)),
            ("DELE 2", Command::Dele(2)),
            ("TOP 1 0", Command::Top(1, 0)),
            ("TOP 1 99999999999999999999999", Command::Top(1, u64::MAX)),
            ("NOOP", Command::Noop),
            ("RSET", Command::Rset),
            ("QUIT", Command::Quit),
            ("UTF8", Command::Utf8),
            ("LANG", Command::Lang(None)),
            ("LANG it", Command::Lang(Some("it".into()))),
        ] {
            assert_eq!(parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_told_apart_from_wrong_arguments() {
        for line in ["", " ", "XYZ", "APOP anna c4c9334bac560ecc979e58001b3e22fb", "RETR1", "\u{e0}"] {
            assert_eq!(parse(line), Err(Mistake::Unknown), "{line}");
        }
        for line in
            ["RETR", "RETR x", "RETR -1", "RETR 1 2", "DELE", "TOP 1", "TOP 1 x", "USER", "USER ", "PASS", "STAT 1"]
        {
            assert_eq!(parse(line), Err(Mistake::Arguments), "{line}");
        }
    }

    #[test]
    fn a_password_in_latin_1_is_the_same_as_in_utf_8() {
        assert_eq!(Command::parse(b"PASS perch\xe9"), Ok(Command::Pass(Secret("perché".into()))));
    }

    proptest! {
        #[test]
        fn reading_never_panics(line in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Command::parse(&line);
        }
    }
}
