//! A port that cannot be had: who listens there, and what to do.

use std::fmt::Display;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// A port that cannot be had, and what to do about the commonest reasons.
pub fn cannot_listen(address: impl Display, error: &Error) -> String {
    let address = address.to_string();
    let port = || address.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let todo = match error.kind() {
        ErrorKind::AddrInUse => match port().and_then(taken_by) {
            Some(who) => format!(": {who} listens there already"),
            None => ": another program listens there already, perhaps another laboratory or provider".into(),
        },
        ErrorKind::PermissionDenied => ": ports below 1024 need a privilege, as CAP_NET_BIND_SERVICE".into(),
        ErrorKind::AddrNotAvailable => ": it is no address of this machine".into(),
        _ => String::new(),
    };
    format!("cannot listen on {address}: {error}{todo}")
}

/// The program that listens on a TCP port, as `sigillo (process 4711)`. `None` when nobody does, and where the system does
/// not say: another user's processes, another container's, a system without `/proc`.
pub fn taken_by(port: u16) -> Option<String> {
    of_port(Path::new("/proc"), port)
}

fn of_port(proc: &Path, port: u16) -> Option<String> {
    // Of all its threads this one has the namespace's tables.
    let tables = ["net/tcp", "net/tcp6"].map(|name| fs::read_to_string(proc.join(name)).unwrap_or_default());
    let socket =
        format!("socket:[{}]", tables.iter().flat_map(|table| table.lines()).find_map(|row| inode(row, port))?);
    fs::read_dir(proc).ok()?.flatten().map(|entry| entry.path()).find_map(|process| {
        let number = process.file_name()?.to_str()?.parse::<u32>().ok()?;
        let files = fs::read_dir(process.join("fd")).ok()?.flatten();
        let mut targets = files.filter_map(|file| fs::read_link(file.path()).ok());
        targets.any(|target| target.as_os_str() == socket.as_str()).then(|| {
            let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
            format!("{} (process {number})", name.trim())
        })
    })
}

/// The socket of a row that listens on this port: `sl local_address rem_address st … uid timeout inode` (proc(5)).
fn inode(row: &str, port: u16) -> Option<&str> {
    const LISTEN: &str = "0A";
    let words: Vec<&str> = row.split_whitespace().collect();
    let (_, local) = words.get(1)?.rsplit_once(':')?;
    let listens = u16::from_str_radix(local, 16) == Ok(port) && words.get(3) == Some(&LISTEN);
    listens.then(|| words.get(9).copied()).flatten()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn whoever_has_a_port_is_named() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let who = taken_by(port).unwrap();
        assert!(who.ends_with(&format!(" (process {})", std::process::id())), "{who}");
        drop(listener);
        assert_eq!(taken_by(port), None);
    }

    #[test]
    fn a_system_that_does_not_say_is_no_trouble() {
        assert_eq!(of_port(Path::new("/nonexistent"), 25), None);
        for row in ["", "sl local_address", "0: 0100007F:0019 00000000:0000 01 x x x x x 7"] {
            assert_eq!(inode(row, 25), None, "{row}");
        }
        assert_eq!(inode("0: 0100007F:0019 00000000:0000 0A x x x 0 0 7 1", 25), Some("7"));
    }
}
