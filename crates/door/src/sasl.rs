//! The exchanges of PLAIN (RFC 4616), LOGIN, OAUTHBEARER (RFC 7628) and XOAUTH2, which mail programs speak in its place,
//! without I/O. Each protocol words what goes wrong, and knows how a line of an exchange is carried.

mod bearer;
mod credentials;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use credentials::{Credentials, Kind, Secret};

/// What is said to a token that is not good, before the failure itself (RFC 7628 §3.2.2): base64 of
/// `{"status":"invalid_token","schemes":"bearer"}`. The client answers it with a line of no meaning.
pub const TOKEN_NOT_GOOD: &str = "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NoZW1lcyI6ImJlYXJlciJ9";

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
    /// The token is not good, or not for the login that was said.
    Token,
}

impl Fault {
    /// In words, for developers of clients.
    pub fn what(self) -> &'static str {
        match self {
            Fault::Unknown => "mechanism not supported here: use one that is offered",
            Fault::Cancelled => "authentication cancelled",
            Fault::NotBase64 => "the response is not base64 of UTF-8 text",
            Fault::Form => "the response has not the form of the mechanism",
            Fault::Token => "this token is not good, or not for this login",
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
    /// OAUTHBEARER asked for its one response.
    Bearer,
    /// XOAUTH2 asked for its one response.
    XBearer,
    /// The client was told that its token is not good, and says a line of no meaning ([`TOKEN_NOT_GOOD`]).
    TokenRefused,
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

/// Mechanisms that carry tokens.
pub const OF_TOKENS: [&str; 2] = ["OAUTHBEARER", "XOAUTH2"];

/// Begins an exchange; `initial` is the client's first response as it stands on the line, `=` for an empty one. `tokens`:
/// whether they are taken.
pub fn begin(mechanism: &str, initial: Option<&str>, tokens: bool) -> Turn {
    let exchange = match mechanism.to_ascii_uppercase().as_str() {
        "PLAIN" => Exchange::Plain,
        "LOGIN" => Exchange::LoginName,
        "OAUTHBEARER" if tokens => Exchange::Bearer,
        "XOAUTH2" if tokens => Exchange::XBearer,
        _ => return Turn::Refused(Fault::Unknown),
    };
    match initial {
        Some("=") => exchange.answer(b""),
        Some(initial) => exchange.answer(initial.as_bytes()),
        // "Username:"
        None if matches!(exchange, Exchange::LoginName) => Turn::Challenge("VXNlcm5hbWU6", exchange),
        None => Turn::Challenge("", exchange),
    }
}

impl Exchange {
    /// Takes the client's line, without its line end.
    pub fn answer(self, line: &[u8]) -> Turn {
        if let Self::TokenRefused = self {
            return Turn::Refused(Fault::Token);
        }
        if line == b"*" {
            return Turn::Refused(Fault::Cancelled);
        }
        let Some(text) = STANDARD.decode(line).ok().and_then(|octets| String::from_utf8(octets).ok()) else {
            return Turn::Refused(Fault::NotBase64);
        };
        match self {
            Self::TokenRefused => Turn::Refused(Fault::Token),
            Self::Plain => plain(&text),
            Self::Bearer => said(bearer::standard(&text)),
            Self::XBearer => said(bearer::customary(&text)),
            Self::LoginName if text.is_empty() || text.contains('\0') => Turn::Refused(Fault::Form),
            // "Password:"
            Self::LoginName => Turn::Challenge("UGFzc3dvcmQ6", Self::LoginPassword(text)),
            Self::LoginPassword(login) => Turn::Credentials(Credentials {
                acts_for: String::new(),
                login,
                secret: Secret(text),
                kind: Kind::Password,
            }),
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
    let secret = Secret(password.to_owned());
    Turn::Credentials(Credentials { acts_for, login: login.to_owned(), secret, kind: Kind::Password })
}

fn said(found: Option<Credentials>) -> Turn {
    found.map_or(Turn::Refused(Fault::Form), Turn::Credentials)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn credentials(turn: Turn) -> Option<(String, String, String)> {
        match turn {
            Turn::Credentials(said) => Some((said.acts_for, said.login, said.secret.0)),
            _ => None,
        }
    }

    #[test]
    fn plain_and_login_give_the_same_credentials() {
        let expected = Some((String::new(), "mario".to_owned(), "pässword €".to_owned()));
        for plain in ["\0mario\0pässword €", "mario\0mario\0pässword €"] {
            assert_eq!(credentials(begin("plain", Some(&STANDARD.encode(plain)), false)), expected);
        }
        let Turn::Challenge(challenge, exchange) = begin("LOGIN", None, false) else { panic!() };
        assert_eq!(STANDARD.decode(challenge).unwrap(), b"Username:");
        let Turn::Challenge(challenge, exchange) = exchange.answer(STANDARD.encode("mario").as_bytes()) else {
            panic!()
        };
        assert_eq!(STANDARD.decode(challenge).unwrap(), b"Password:");
        assert_eq!(credentials(exchange.answer(STANDARD.encode("pässword €").as_bytes())), expected);
    }

    #[test]
    fn who_wants_to_act_for_somebody_says_so() {
        let said = credentials(begin("PLAIN", Some(&STANDARD.encode("anna@pec.example\0mario\0x")), false));
        assert_eq!(said, Some(("anna@pec.example".into(), "mario".into(), "x".into())));
    }

    #[test]
    fn what_is_not_an_answer_is_refused() {
        let fault = |turn| if let Turn::Refused(fault) = turn { Some(fault) } else { None };
        assert_eq!(fault(begin("CRAM-MD5", None, false)), Some(Fault::Unknown));
        assert_eq!(fault(Exchange::Plain.answer(b"*")), Some(Fault::Cancelled));
        assert_eq!(fault(Exchange::Plain.answer(b"%%%")), Some(Fault::NotBase64));
        assert_eq!(fault(begin("PLAIN", Some("="), false)), Some(Fault::Form));
        for bad in ["mario\0x", "\0\0x", "\0mario\0x\0"] {
            assert_eq!(fault(Exchange::Plain.answer(STANDARD.encode(bad).as_bytes())), Some(Fault::Form));
        }
        assert_eq!(fault(Exchange::LoginName.answer(b"")), Some(Fault::Form));
    }

    #[test]
    fn both_ways_to_carry_a_token_give_the_same() {
        let standard = STANDARD.encode("n,a=anna@pec.example,\x01host=imap.pec.example\x01auth=Bearer ey.J.x\x01\x01");
        let customary = STANDARD.encode("user=anna@pec.example\x01auth=Bearer ey.J.x\x01\x01");
        for (mechanism, response) in [("OAUTHBEARER", &standard), ("xoauth2", &customary)] {
            let Turn::Credentials(said) = begin(mechanism, Some(response), true) else { panic!("{mechanism}") };
            assert_eq!((said.login.as_str(), said.kind, said.acts_for.as_str()), ("anna@pec.example", Kind::Token, ""));
            assert_eq!(said.secret.0, "ey.J.x");
            let Turn::Challenge("", exchange) = begin(mechanism, None, true) else { panic!("{mechanism}") };
            assert!(matches!(exchange.answer(response.as_bytes()), Turn::Credentials(_)));
            assert!(matches!(begin(mechanism, Some(response), false), Turn::Refused(Fault::Unknown)));
            assert!(matches!(begin(mechanism, Some(&STANDARD.encode("\x01")), true), Turn::Refused(Fault::Form)));
        }
        assert_eq!(STANDARD.decode(TOKEN_NOT_GOOD).unwrap(), br#"{"status":"invalid_token","schemes":"bearer"}"#);
    }

    #[test]
    fn a_password_is_not_printed() {
        let turn = begin("PLAIN", Some(&STANDARD.encode("\0mario\0segreto")), false);
        assert!(!format!("{turn:?}").contains("segreto"));
    }

    proptest! {
        #[test]
        fn answers_never_panic(line in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = Exchange::Plain.answer(&line);
            let _ = Exchange::LoginName.answer(&line);
            let _ = Exchange::Bearer.answer(STANDARD.encode(&line).as_bytes());
            let _ = Exchange::XBearer.answer(STANDARD.encode(&line).as_bytes());
            let _ = Exchange::Plain.answer(STANDARD.encode(&line).as_bytes());
        }
    }
}
