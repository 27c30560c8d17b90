//! What lies in the mailbox before anything is measured: at both servers the same.

use std::io;

use super::client::Client;
use super::messages;
use super::options::Options;
use super::server::Server;

/// Where the messages are.
pub const INBOX: &str = "INBOX";
/// Where many are: the same ones again and again.
pub const MANY: &str = "Molti";
/// Where the large one is.
pub const BIG: &str = "Grandi";
/// Where those go that are appended while it is measured.
pub const RECEIVED: &str = "Nuovi";
/// Messages of one command.
const AT_ONCE: usize = 500;

/// Fills the mailbox.
pub fn fill(server: &Server, options: &Options) -> io::Result<()> {
    let mut client = server.place.log_in()?;
    for folder in [MANY, BIG, RECEIVED] {
        client.ask(&format!("CREATE {folder}"))?;
    }
    for first in (0..options.messages).step_by(AT_ONCE) {
        let letters: Vec<_> = (first..options.messages.min(first + AT_ONCE)).map(messages::message).collect();
        client.append(INBOX, &letters)?;
    }
    client.append(BIG, &[messages::large()])?;
    client.ask(&format!("SELECT {INBOX}"))?;
    many(&mut client, options)
}

/// Half as many again, of which every third then goes: nobody has a mailbox without gaps.
fn many(client: &mut Client, options: &Options) -> io::Result<()> {
    let all = options.many + options.many / 2;
    let mut left = all;
    while left > 0 {
        let some = left.min(options.messages);
        client.ask(&format!("COPY 1:{some} {MANY}"))?;
        left -= some;
    }
    client.ask(&format!("SELECT {MANY}"))?;
    let thirds: Vec<String> = (1..=all).skip(2).step_by(3).map(|number| number.to_string()).collect();
    for some in thirds.chunks(AT_ONCE) {
        client.ask(&format!("STORE {} +FLAGS.SILENT (\\Deleted)", some.join(",")))?;
    }
    client.ask("CLOSE").map(drop)
}
