//! The exchanges of PLAIN (RFC 4616) and LOGIN, without I/O. Each protocol words what goes wrong, and knows how a line of
//! an exchange is carried.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What must never be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a client said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// For whom it wants to act; empty: for itself.
    pub acts_for: String,
    /// As given.
    pub login: String,
    /// As given.
    pub password: Secret,
}

/// Why an exchange ended without credentials. The client's doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A mechanism that nobody speaks here.
    Unknown,
    /// The client gave up.
    Cancelled,
    /// The line is not base64 of UTF-8 text.
    NotBase64,
    /// The text has not the form that the mechanism asks for.
    Form,
}

impl Fault {
    /// In words, for developers of clients.
    pub fn what(self) -> &'static str {
        match self {
            Fault::Unknown => "mechanism not supported: use PLAIN or LOGIN",
            Fault::Cancelled => "authentication cancelled",
            Fault::NotBase64 => "the response is not base64 of UTF-8 text",
            Fault::Form => "the response has not the form of the mechanism",
        }
    }
}

/// An exchange under way: what the next line means.
#[derive(Debug)]
pub enum Exchange {
    /// PLAIN asked for its one response.
    Plain,
    /// LOGIN asked for the name.
    LoginName,
    /// LOGIN asked for the password of this name.
    LoginPassword(String),
}

/// What comes next.
#[derive(Debug)]
pub enum Turn {
    /// Send this challenge, which is base64; the answer goes to [`Exchange::answer`].
    Challenge(&'static str, Exchange),
    /// The client has said everything.
    Credentials(Credentials),
    /// The exchange is over.
    Refused(Fault),
}

/// Begins an exchange; `initial` is the client's first response as it stands on the line, `=` for an empty one.
pub fn begin(mechanism: &str, initial: Option<&str>) -> Turn {
    let exchange = match mechanism.to_ascii_uppercase().as_str() {
        "PLAIN" => Exchange::Plain,
        "LOGIN" => Exchange::LoginName,
        _ => return Turn::Refused(Fault::Unknown),
    };
    match initial {
        Some("=") => exchange.answer(b""),
        Some(initial) => exchange.answer(initial.as_bytes()),
        // "Username:"
        None => Turn::Challenge(if matches!(exchange, Exchange::Plain) { "" } else { "VXNlcm5hbWU6" }, exchange),
    }
}

impl Exchange {
    /// Takes the client's line, without its line end.
    pub fn answer(self, line: &[u8]) -> Turn {
        if line == b"*" {
            return Turn::Refused(Fault::Cancelled);
        }
        let Some(text) = STANDARD.decode(line).ok().and_then(|octets| String::from_utf8(octets).ok()) else {
            return Turn::Refused(Fault::NotBase64);
        };
        match self {
            Self::Plain => plain(&text),
            Self::LoginName if text.is_empty() || text.contains('\0') => Turn::Refused(Fault::Form),
            // "Password:"
            Self::LoginName => Turn::Challenge("UGFzc3dvcmQ6", Self::LoginPassword(text)),
            Self::LoginPassword(login) => {
                let (acts_for, password) = (String::new(), Secret(text));
                Turn::Credentials(Credentials { acts_for, login, password })
            }
        }
    }
}

/// `authorization NUL login NUL password`.
fn plain(text: &str) -> Turn {
    let mut parts = text.split('\0');
    let (Some(who), Some(login), Some(password), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Turn::Refused(Fault::Form);
    };
    if login.is_empty() {
        return Turn::Refused(Fault::Form);
    }
    let acts_for = if who == login { "" } else { who }.to_owned();
    Turn::Credentials(Credentials { acts_for, login: login.to_owned(), password: Secret(password.to_owned()) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn credentials(turn: Turn) -> Option<(String, String, String)> {
        match turn {
            Turn::Credentials(said) => Some((said.acts_for, said.login, said.password.0)),
            _ => None,
        }
    }

    #[test]
    fn plain_and_login_give_the_same_credentials() {
        let expected = Some((String::new(), "mario".to_owned(), "pässword €".to_owned()));
        for plain in ["\0mario\0pässword €", "mario\0mario\0pässword €"] {
            assert_eq!(credentials(begin("plain", Some(&STANDARD.encode(plain)))), expected);
        }
        let Turn::Challenge(challenge, exchange) = begin("LOGIN", None) else { panic!() };
        assert_eq!(STANDARD.decode(challenge).unwrap(), b"Username:");
        let Turn::Challenge(challenge, exchange) = exchange.answer(STANDARD.encode("mario").as_bytes()) else {
            panic!()
        };
        assert_eq!(STANDARD.decode(challenge).unwrap(), b"Password:");
        assert_eq!(credentials(exchange.answer(STANDARD.encode("pässword €").as_bytes())), expected);
    }

    #[test]
    fn who_wants_to_act_for_somebody_says_so() {
        let said = credentials(begin("PLAIN", Some(&STANDARD.encode("anna@pec.example\0mario\0x"))));
        assert_eq!(said, Some(("anna@pec.example".into(), "mario".into(), "x".into())));
    }

    #[test]
    fn what_is_not_an_answer_is_refused() {
        let fault = |turn| if let Turn::Refused(fault) = turn { Some(fault) } else { None };
        assert_eq!(fault(begin("CRAM-MD5", None)), Some(Fault::Unknown));
        assert_eq!(fault(Exchange::Plain.answer(b"*")), Some(Fault::Cancelled));
        assert_eq!(fault(Exchange::Plain.answer(b"%%%")), Some(Fault::NotBase64));
        assert_eq!(fault(begin("PLAIN", Some("="))), Some(Fault::Form));
        for bad in ["mario\0x", "\0\0x", "\0mario\0x\0"] {
            assert_eq!(fault(Exchange::Plain.answer(STANDARD.encode(bad).as_bytes())), Some(Fault::Form));
        }
        assert_eq!(fault(Exchange::LoginName.answer(b"")), Some(Fault::Form));
    }

    #[test]
    fn a_password_is_not_printed() {
        let turn = begin("PLAIN", Some(&STANDARD.encode("\0mario\0segreto")));
        assert!(!format!("{turn:?}").contains("segreto"));
    }

    proptest! {
        #[test]
        fn answers_never_panic(line in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = Exchange::Plain.answer(&line);
            let _ = Exchange::LoginName.answer(&line);
            let _ = Exchange::Plain.answer(STANDARD.encode(&line).as_bytes());
        }
    }
}
