//! A client's command lines: what was understood, said again, is understood as the same command.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pec::Address;
use smtp::command::{Command, ForwardPath, Mail, Secret};

fuzz_target!(|line: &[u8]| {
    let command = match Command::parse(line) {
        Ok(command) => command,
        Err(fault) => {
            // The fault goes into a reply: no line break may come with it.
            assert!(!fault.to_string().contains(['\r', '\n']));
            return;
        }
    };
    assert!(line.iter().all(|octet| matches!(octet, b' '..=b'~' | b'\t')));
    let path = match &command {
        Command::Mail(mail) => mail.path.address(),
        Command::Rcpt(ForwardPath::Address(address)) => Some(address),
        _ => None,
    };
    // [R-2.1-h]: addresses become certification data as they were given.
    assert!(path.is_none_or(|path| stands_in(line, path)));
    if let Some(said) = say(&command) {
        assert_eq!(Command::parse(said.as_bytes()), Ok(command), "{said}");
    }
});

fn stands_in(line: &[u8], address: &Address) -> bool {
    let address = address.as_str().as_bytes();
    line.windows(address.len()).any(|window| window == address)
}

/// The command as a line; `None` for those that keep nothing of theirs.
fn say(command: &Command) -> Option<String> {
    match command {
        Command::Ehlo(name) => Some(format!("EHLO {name}")),
        Command::Helo(name) => Some(format!("HELO {name}")),
        Command::Mail(Mail { path, size, eight_bit, auth }) => {
            let path = path.as_str();
            let size = size.map(|size| format!(" SIZE={size}")).unwrap_or_default();
            let body = if *eight_bit { " BODY=8BITMIME" } else { "" };
            let auth = if *auth { " AUTH=<>" } else { "" };
            Some(format!("MAIL FROM:<{path}>{size}{body}{auth}"))
        }
        Command::Rcpt(ForwardPath::Address(address)) => Some(format!("RCPT TO:<{address}>")),
        Command::Rcpt(ForwardPath::Postmaster(name)) => Some(format!("RCPT TO:<{name}>")),
        Command::Bdat { octets, last } => Some(format!("BDAT {octets}{}", if *last { " LAST" } else { "" })),
        Command::Auth { mechanism, initial } => {
            let initial = initial.as_ref().map(|Secret(initial)| format!(" {initial}")).unwrap_or_default();
            Some(format!("AUTH {mechanism}{initial}"))
        }
        _ => None,
    }
}
