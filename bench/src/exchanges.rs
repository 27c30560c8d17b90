//! Certified exchanges per second between two providers on this machine.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use conformance::client::{Client, Message, Security, Server, trust};
use harness::Block;

use crate::floor::{Floor, measure};
use crate::lab::{Lab, Provider, pause, program};
use crate::metrics::Page;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Messages to submit.
    #[arg(long, default_value_t = 2_000)]
    messages: usize,
    /// Submission connections kept open.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Octets of a message's text.
    #[arg(long, default_value_t = 2_000)]
    size: usize,
    /// Seconds after which the measurement is given up.
    #[arg(long, default_value_t = 180)]
    limit: u64,
    /// The program; by default the one beside this one.
    #[arg(long)]
    sigillo: Option<PathBuf>,
}

/// Counters of both providers together; receipts of the sender's alone.
#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    receipts: f64,
    signatures: f64,
    flushes: f64,
    outcomes: f64,
}

/// Makes a lab, loads it, prints figures.
pub fn run(options: &Options) -> io::Result<()> {
    let limit = Instant::now() + Duration::from_secs(options.limit);
    let sigillo = program(options.sigillo.as_deref())?;
    let scratch = tempfile::tempdir()?;
    let dir = scratch.path().join("lab");
    // Another laboratory may run here; nobody who asks so gets these ports until the end.
    let ports = Block::take()?;
    let lab = Lab::make(&sigillo, &dir, ports.base())?;
    let [alfa, beta, ..] = lab.provider.as_slice() else {
        return Err(io::Error::other("the lab has no two providers"));
    };
    let few = || io::Error::other("the lab's providers have no mailboxes");
    let recipient = beta.account.first().ok_or_else(few)?.address.clone();
    // Before the providers run, so that nothing else is on the cores.
    let floor = measure(3)?;
    println!("{floor}");

    let running = (alfa.start(&sigillo, &dir)?, beta.start(&sigillo, &dir)?);
    let server = Server {
        address: alfa.submission(),
        name: alfa.hostname.clone(),
        security: Security::Tls,
        patience: Duration::from_secs(options.limit),
    };
    let trust = trust(&dir.join("tls-ca.pem"))?;
    let mut clients = Vec::new();
    let connections = options.connections();
    for number in 0..connections {
        let sender = alfa.account.get(number % alfa.account.len().max(1)).ok_or_else(few)?;
        let mut client = Client::connect(&server, &trust)?;
        client.login(&sender.address, &sender.password)?;
        clients.push((client, sender.address.clone()));
    }
    // One message for each connection warms the way to the other provider.
    let before = Counters::read(alfa, beta)?;
    load(&mut clients, &recipient, 64, connections)?;
    wait(alfa, beta, before.receipts + connections as f64, limit)?;

    let before = Counters::read(alfa, beta)?;
    let begun = Instant::now();
    load(&mut clients, &recipient, options.size, options.messages)?;
    let submitted = begun.elapsed();
    let after = wait(alfa, beta, before.receipts + options.messages as f64, limit)?;
    print(options, floor, submitted, begun.elapsed(), before, after);
    drop(running);
    drop(ports);
    Ok(())
}

impl Options {
    /// No more connections than messages.
    fn connections(&self) -> usize {
        self.connections.clamp(1, self.messages.max(1))
    }
}

/// Submits so many messages, every connection as fast as it is served.
fn load(clients: &mut [(Client, String)], recipient: &str, size: usize, messages: usize) -> io::Result<()> {
    let left = &AtomicUsize::new(messages);
    let outcomes: Vec<io::Result<()>> = thread::scope(|scope| {
        let threads: Vec<_> = clients
            .iter_mut()
            .map(|(client, sender)| scope.spawn(|| client.send(Supply { left, sender, recipient, size }, || ())))
            .collect();
        let lost = || Err(io::Error::other("a connection's thread ended badly"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
    });
    outcomes.into_iter().collect()
}

/// Messages for one connection, as long as some are left for all.
struct Supply<'a> {
    left: &'a AtomicUsize,
    sender: &'a str,
    recipient: &'a str,
    size: usize,
}

impl Iterator for Supply<'_> {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        let number = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).ok()?;
        let (sender, recipient) = (self.sender, self.recipient);
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

impl Counters {
    fn read(sender: &Provider, receiver: &Provider) -> io::Result<Self> {
        let (sender, receiver) = (Page::read(&sender.admin())?, Page::read(&receiver.admin())?);
        let both = |name| sender.sum(name, None) + receiver.sum(name, None);
        Ok(Counters {
            receipts: sender.sum("sigillo_deposited_total", Some("kind=\"delivery\"")),
            signatures: both("sigillo_signatures_total"),
            flushes: both("sigillo_store_flushes_total"),
            outcomes: both("sigillo_store_outcomes_total"),
        })
    }
}

/// Waits until so many delivery notifications lie in the senders' mailboxes.
fn wait(sender: &Provider, receiver: &Provider, receipts: f64, limit: Instant) -> io::Result<Counters> {
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

fn print(options: &Options, floor: Floor, submitted: Duration, whole: Duration, before: Counters, after: Counters) {
    let count = options.messages as f64;
    let rate = count / whole.as_secs_f64();
    let (messages, connections) = (options.messages, options.connections());
    println!("{messages} messages of {} octets, {connections} connections", options.size);
    println!("accepted: {:.0}/s, all within {:.2} s", count / submitted.as_secs_f64(), submitted.as_secs_f64());
    println!("certified exchanges: {rate:.0}/s, all receipts after {:.2} s", whole.as_secs_f64());
    println!("of the floor: {:.0} %", 100.0 * rate / floor.exchanges());
    let per = |before: f64, after: f64| (after - before) / count;
    println!(
        "per exchange: {:.2} signatures, {:.2} outcomes, {:.3} flushes",
        per(before.signatures, after.signatures),
        per(before.outcomes, after.outcomes),
        per(before.flushes, after.flushes)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_share_a_supply_that_ends() {
        let left = AtomicUsize::new(3);
        let supply = || Supply { left: &left, sender: "a@b.it", recipient: "c@d.it", size: 100 };
        let messages: Vec<Message> = supply().take(2).chain(supply()).collect();
        assert_eq!(messages.len(), 3);
        let ids: std::collections::BTreeSet<Vec<u8>> = messages.into_iter().map(|message| message.bytes).collect();
        assert_eq!(ids.len(), 3);
    }
}
