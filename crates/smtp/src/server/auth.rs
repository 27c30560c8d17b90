//! The exchanges of AUTH PLAIN (RFC 4616) and AUTH LOGIN, without I/O.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Reply;
use crate::command::Secret;

/// An exchange under way: what the next line means.
pub(super) enum Exchange {
    /// PLAIN asked for its one response.
    Plain,
    /// LOGIN asked for the name.
    LoginName,
    /// LOGIN asked for the password of this name.
    LoginPassword(String),
}

/// What comes next.
pub(super) enum Turn {
    /// Send this challenge; the answer goes to [`Exchange::answer`].
    Challenge(Reply, Exchange),
    /// The client has said everything.
    Credentials {
        /// As given.
        login: String,
        /// As given.
        password: Secret,
    },
    /// The exchange is over without credentials.
    Refused(Reply),
}

/// Begins an exchange; `mechanism` in upper case.
pub(super) fn begin(mechanism: &str, initial: Option<Secret>) -> Turn {
    let exchange = match mechanism {
        "PLAIN" => Exchange::Plain,
        "LOGIN" => Exchange::LoginName,
        _ => return Turn::Refused(Reply::new(504, "5.5.4", "mechanism not supported: use PLAIN or LOGIN")),
    };
    match initial {
        // "=" is the empty initial response (RFC 4954 §4).
        Some(Secret(initial)) if initial == "=" => exchange.answer(b""),
        Some(Secret(initial)) => exchange.answer(initial.as_bytes()),
        None => {
            let challenge = if matches!(exchange, Exchange::Plain) { "" } else { "VXNlcm5hbWU6" };
            Turn::Challenge(Reply::new(334, "", challenge), exchange)
        }
    }
}

impl Exchange {
    /// Takes the client's line, without CRLF.
    pub(super) fn answer(self, line: &[u8]) -> Turn {
        if line == b"*" {
            return Turn::Refused(Reply::new(501, "5.7.0", "authentication cancelled"));
        }
        let Some(text) = STANDARD.decode(line).ok().and_then(|octets| String::from_utf8(octets).ok()) else {
            return Turn::Refused(Reply::new(501, "5.5.2", "the response is not base64 of UTF-8 text"));
        };
        match self {
            Self::Plain => plain(&text),
            Self::LoginName if text.is_empty() || text.contains('\0') => {
                Turn::Refused(Reply::new(501, "5.5.2", "the user name is empty"))
            }
            Self::LoginName => Turn::Challenge(Reply::new(334, "", "UGFzc3dvcmQ6"), Self::LoginPassword(text)),
            Self::LoginPassword(login) => Turn::Credentials { login, password: Secret(text) },
        }
    }
}

/// `authorization NUL login NUL password`.
fn plain(text: &str) -> Turn {
    let parts: Vec<&str> = text.split('\0').collect();
    match parts.as_slice() {
        [who, login, password] if !login.is_empty() => {
            if who.is_empty() || who == login {
                Turn::Credentials { login: (*login).to_owned(), password: Secret((*password).to_owned()) }
            } else {
                Turn::Refused(Reply::new(535, "5.7.8", "nobody may act for another login"))
            }
        }
        _ => Turn::Refused(Reply::new(501, "5.5.2", "the response has not the form of PLAIN")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn credentials(turn: Turn) -> Option<(String, String)> {
        match turn {
            Turn::Credentials { login, password } => Some((login, password.0)),
            _ => None,
        }
    }

    #[test]
    fn plain_and_login_give_the_same_credentials() {
        let expected = Some(("mario".to_owned(), "pässword".to_owned()));
        let plain = STANDARD.encode("\0mario\0pässword");
        assert_eq!(credentials(begin("PLAIN", Some(Secret(plain)))), expected);
        let Turn::Challenge(reply, exchange) = begin("LOGIN", None) else { panic!() };
        assert_eq!(reply.lines, ["VXNlcm5hbWU6"]);
        let Turn::Challenge(reply, exchange) = exchange.answer(STANDARD.encode("mario").as_bytes()) else { panic!() };
        assert_eq!(reply.lines, ["UGFzc3dvcmQ6"]);
        assert_eq!(credentials(exchange.answer(STANDARD.encode("pässword").as_bytes())), expected);
    }

    #[test]
    fn what_is_not_an_answer_is_refused() {
        let code = |turn| if let Turn::Refused(reply) = turn { reply.code } else { 0 };
        assert_eq!(code(begin("CRAM-MD5", None)), 504);
        assert_eq!(code(Exchange::Plain.answer(b"*")), 501);
        assert_eq!(code(Exchange::Plain.answer(b"%%%")), 501);
        assert_eq!(code(begin("PLAIN", Some(Secret("=".into())))), 501);
        assert_eq!(code(Exchange::Plain.answer(STANDARD.encode("other\0mario\0x").as_bytes())), 535);
        assert_eq!(code(Exchange::LoginName.answer(b"")), 501);
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
