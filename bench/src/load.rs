//! Messages submitted side by side by holders of one provider to a holder of the other.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use conformance::client::{Client, Message, Security, Server, trust};

use crate::lab::{Lab, Provider, pause};
use crate::metrics::Page;

/// Connections to the submission door of one provider, logged in.
pub struct Load {
    clients: Vec<(Client, String)>,
    recipients: Vec<String>,
}

impl Load {
    /// Opens so many connections to `from`; what they submit goes to the holders of `to` in turn, since a
    /// mailbox has its quota. No answer is waited for longer
    /// than `patience`.
    pub fn open(lab: &Lab, from: &Provider, to: &Provider, connections: usize, patience: Duration) -> io::Result<Self> {
        let few = || io::Error::other("the lab's providers have no mailboxes");
        let server =
            Server { address: from.submission(), name: from.hostname.clone(), security: Security::Tls, patience };
        let trust = trust(&lab.folder.join("tls-ca.pem"))?;
        let mut clients = Vec::new();
        for number in 0..connections {
            let sender = from.account.get(number % from.account.len().max(1)).ok_or_else(few)?;
            let mut client = Client::connect(&server, &trust)?;
            client.login(&sender.address, &sender.password)?;
            clients.push((client, sender.address.clone()));
        }
        let recipients: Vec<String> = to.account.iter().map(|account| account.address.clone()).collect();
        if recipients.is_empty() { Err(few()) } else { Ok(Self { clients, recipients }) }
    }

    /// Submits so many messages with a text of `size` octets, every connection as fast as it is served.
    pub fn submit(&mut self, size: usize, messages: usize) -> io::Result<()> {
        let (left, recipients) = (&AtomicUsize::new(messages), self.recipients.as_slice());
        let outcomes: Vec<io::Result<()>> = thread::scope(|scope| {
            let threads: Vec<_> = self
                .clients
                .iter_mut()
                .map(|(client, sender)| scope.spawn(|| client.send(Supply { left, sender, recipients, size }, || ())))
                .collect();
            let lost = || Err(io::Error::other("a connection's thread ended badly"));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
        });
        outcomes.into_iter().collect()
    }
}

/// Messages for one connection, as long as some are left for all.
struct Supply<'a> {
    left: &'a AtomicUsize,
    sender: &'a str,
    recipients: &'a [String],
    size: usize,
}

impl Iterator for Supply<'_> {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        let number = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).ok()?;
        let (sender, recipient) = (self.sender, self.recipients.get(number % self.recipients.len().max(1))?);
        let line = "Testo di prova, quanto basta a riempire il messaggio.\r\n";
        let text = line.repeat(self.size.div_ceil(line.len()));
        let header = format!(
            "From: {sender}\r\nTo: {recipient}\r\nSubject: Misura {number}\r\nMessage-ID: <{number}.{}@client.invalid>\r\n\
             Date: Mon, 5 Jan 2026 10:00:00 +0100\r\n\r\n",
            self.size
        );
        let bytes = (header + &text).into_bytes();
        Some(Message { sender: sender.to_owned(), recipients: vec![recipient.to_owned()], bytes })
    }
}

/// Counters of both providers together; receipts of the sender's alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    /// Delivery notifications in senders' mailboxes.
    pub receipts: f64,
    /// Signatures made.
    pub signatures: f64,
    /// Flushes of both stores.
    pub flushes: f64,
    /// Outcomes committed.
    pub outcomes: f64,
}

impl Counters {
    /// What the metrics pages say now.
    pub fn read(sender: &Provider, receiver: &Provider) -> io::Result<Self> {
        let (sender, receiver) = (Page::read(&sender.admin())?, Page::read(&receiver.admin())?);
        let both = |name| sender.sum(name, None) + receiver.sum(name, None);
        Ok(Counters {
            receipts: sender.sum("sigillo_deposited_total", Some("kind=\"delivery\"")),
            signatures: both("sigillo_signature_seconds_count"),
            flushes: both("sigillo_store_flushes_total"),
            outcomes: both("sigillo_store_outcomes_total"),
        })
    }

    /// Waits until so many delivery notifications lie in the senders' mailboxes, until `limit`.
    pub fn wait(sender: &Provider, receiver: &Provider, receipts: f64, limit: Instant) -> io::Result<Self> {
        loop {
            let counters = Counters::read(sender, receiver)?;
            if counters.receipts >= receipts {
                return Ok(counters);
            }
            if Instant::now() > limit {
                let missing = receipts - counters.receipts;
                return Err(io::Error::other(format!("time is over and {missing} delivery notifications are missing")));
            }
            pause();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_share_a_supply_that_ends() {
        let left = AtomicUsize::new(3);
        let recipients = ["c@d.it".to_owned()];
        let supply = || Supply { left: &left, sender: "a@b.it", recipients: &recipients, size: 100 };
        let messages: Vec<Message> = supply().take(2).chain(supply()).collect();
        assert_eq!(messages.len(), 3);
        let ids: std::collections::BTreeSet<Vec<u8>> = messages.into_iter().map(|message| message.bytes).collect();
        assert_eq!(ids.len(), 3);
    }
}
