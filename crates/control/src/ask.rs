//! Passwords of a command: asked on the terminal, twice and without showing them, or read from a file; never an argument,
//! which every user of the machine sees and every shell remembers.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::password::NewPassword;
use crate::refused::Refused;

/// Where a password comes from.
#[derive(Args, Clone, Debug, Default)]
pub struct PasswordFrom {
    /// Read the password from the first line of this file (- for standard input) instead of asking on the terminal
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// Octets of a file that are read: more is no password.
const MOST: u64 = 4096;

impl PasswordFrom {
    /// The password that somebody has elsewhere: it is as it is, and asked once.
    pub fn existing(&self, whose: &str) -> Result<NewPassword, Refused> {
        match &self.password_file {
            None => asked_once(format!("Password of {whose}: ")),
            Some(_) => self.read(whose),
        }
    }

    /// The password for whoever logs in with this name; good enough, as far as can be told here.
    pub(crate) fn read(&self, login: &str) -> Result<NewPassword, Refused> {
        match &self.password_file {
            None => asked(login),
            Some(file) if file == Path::new("-") => {
                first_line(io::stdin().lock()).map_err(|error| Refused::request(format!("standard input: {error}")))
            }
            Some(file) => {
                let read = std::fs::File::open(file).and_then(|file| first_line(BufReader::new(file)));
                read.map_err(|error| Refused::missing(format!("{}: {error}", file.display())))
            }
        }
    }
}

fn first_line(from: impl BufRead) -> io::Result<NewPassword> {
    let mut line = String::new();
    from.take(MOST).read_line(&mut line)?;
    Ok(NewPassword::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

fn asked_once(what: String) -> Result<NewPassword, Refused> {
    let nowhere = |error: io::Error| {
        Refused::request(format!(
            "there is no terminal to ask for the password on ({error}): use --password-file FILE, or -"
        ))
    };
    rpassword::prompt_password(what).map(NewPassword::new).map_err(nowhere)
}

fn asked(login: &str) -> Result<NewPassword, Refused> {
    let password = asked_once(format!("New password for {login}: "))?;
    // Nobody types twice what is not good enough.
    password.check(login)?;
    if asked_once("Once more: ".into())?.expose() != password.expose() {
        return Err(Refused::request("the two are not the same; nothing was changed"));
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_of_a_file_without_its_end() {
        for (text, password) in [("gru melone\n", "gru melone"), ("gru melone\r\nx\n", "gru melone"), (" a ", " a ")] {
            assert_eq!(first_line(text.as_bytes()).unwrap().expose(), password);
        }
        let file = PasswordFrom { password_file: Some("/nowhere/password".into()) };
        assert!(file.read("anna").unwrap_err().what.starts_with("/nowhere/password: "));
    }
}
