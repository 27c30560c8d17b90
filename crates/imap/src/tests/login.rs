//! LOGIN.

use super::{assert_syntax, read};
use crate::Secret;
use crate::command::Command;

fn login(user: &str, password: &[u8]) -> Command {
    Command::Login { user: user.into(), password: Secret(password.to_vec()) }
}

#[test]
fn every_password_comes_through() {
    for (line, password) in [
        ("LOGIN anna@x.it segreto", &b"segreto"[..]),
        ("LOGIN anna@x.it \"a \\\"b\\\" \\\\c\"", b"a \"b\" \\c"),
        ("LOGIN anna@x.it {4+}\r\n{3}\r", b"{3}\r"),
        ("login anna@x.it \"perché€\"", "perché€".as_bytes()),
    ] {
        assert_eq!(read(line), login("anna@x.it", password));
    }
    let euro = format!("LOGIN anna@x.it {{{}}}\r\nè €", "è €".len());
    assert_eq!(read(&euro), login("anna@x.it", "è €".as_bytes()));
    let printable: String = (' '..='~').collect();
    let literal = format!("LOGIN anna@x.it {{{}}}\r\n{printable}", printable.len());
    assert_eq!(read(&literal), login("anna@x.it", printable.as_bytes()));
    let quoted = format!("LOGIN anna@x.it \"{}\"", printable.replace('\\', "\\\\").replace('"', "\\\""));
    assert_eq!(read(&quoted), login("anna@x.it", printable.as_bytes()));
}

#[test]
fn what_is_no_login_is_told() {
    assert_syntax(&[
        "LOGIN",
        "LOGIN anna",
        "LOGIN anna \"x",
        "LOGIN anna \"\\x\"",
        "LOGIN anna x y",
        "LOGIN  x",
        "LOGIN anna {9}\r\nx",
        "LOGIN anna {1}\r\n\0",
        "LOGIN anna (x)",
    ]);
}
