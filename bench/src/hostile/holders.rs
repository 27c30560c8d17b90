//! Holders who write at a steady rate, and how long they wait.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use conformance::client::{Client, Message, Server};
use rustls::ClientConfig;

use super::watch::Deliveries;
use crate::lab::Account;

/// Mail programs at work at once: beyond them a message waits, which counts as its time.
const PROGRAMS: usize = 32;
/// How long a mail program waits before it tries again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long it tries.
const PATIENCE: Duration = Duration::from_secs(120);

/// Those who write.
pub struct Holders {
    /// Where they submit.
    pub server: Server,
    /// Whom they trust.
    pub trust: Arc<ClientConfig>,
    /// Who they are, in turn.
    pub senders: Vec<Account>,
    /// Another one of the same provider, who sends nothing.
    pub spare: Account,
    /// To whom they write.
    pub recipient: String,
    /// Between two messages.
    pub every: Duration,
}

/// What came of the messages of a phase.
#[derive(Default)]
pub struct Phase {
    accepted: Vec<Accepted>,
    /// Messages that were never accepted.
    given_up: usize,
    /// Attempts that failed and were made again, with the last words about each.
    failures: Vec<String>,
}

struct Accepted {
    subject: String,
    identifier: String,
    /// When the holder wanted to send.
    due: Instant,
    took: Duration,
}

impl Holders {
    /// Writes for so long. Every message has its moment, whatever became of those before: nobody waits for a slow answer.
    pub fn write(&self, name: &str, time: Duration) -> Phase {
        let begun = Instant::now();
        let count = (time.as_secs_f64() / self.every.as_secs_f64()) as usize;
        let (next, phase) = (AtomicUsize::new(0), Mutex::new(Phase::default()));
        thread::scope(|scope| {
            for _ in 0..PROGRAMS.min(count) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(turn) = u32::try_from(number).ok().filter(|_| number < count) else { return };
                        let due = begun + self.every * turn;
                        wait_until(due);
                        let subject = format!("{name} {number}");
                        self.send(number, subject, due, &phase);
                    }
                });
            }
        });
        phase.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, number: usize, subject: String, due: Instant, phase: &Mutex<Phase>) {
        loop {
            let answer = self.submit(number, &subject);
            let took = due.elapsed();
            let mut phase = phase.lock().unwrap_or_else(PoisonError::into_inner);
            match answer {
                Ok(identifier) => {
                    phase.accepted.push(Accepted { subject, identifier, due, took });
                    return;
                }
                Err(error) => phase.failures.push(error.to_string()),
            }
            if took > PATIENCE {
                phase.given_up += 1;
                return;
            }
            drop(phase);
            thread::park_timeout(AGAIN);
        }
    }

    /// A session for one message, as mail programs do; the identifier that it was given.
    fn submit(&self, number: usize, subject: &str) -> io::Result<String> {
        let sender = self.senders.get(number % self.senders.len().max(1));
        let sender = sender.ok_or_else(|| io::Error::other("nobody who writes"))?;
        let mut client = Client::connect(&self.server, &self.trust)?;
        client.login(&sender.address, &sender.password)?;
        let text = format!(
            "From: {}\r\nTo: {}\r\nSubject: {subject}\r\nMessage-ID: <{}@client.invalid>\r\n\
             Date: Mon, 5 Jan 2026 10:00:00 +0100\r\n\r\n{}",
            sender.address,
            self.recipient,
            subject.replace(' ', "."),
            "Testo di prova, quanto basta a riempire il messaggio.\r\n".repeat(40)
        );
        let (from, recipients) = (sender.address.clone(), vec![self.recipient.clone()]);
        let answers = client.offer(&Message { sender: from, recipients, bytes: text.into_bytes() })?;
        let last = answers.last();
        let identifier = last.text.split_once("accepted: ").filter(|_| answers.taken());
        identifier
            .map(|(_, identifier)| identifier.trim().to_owned())
            .ok_or_else(|| io::Error::other(format!("{} {}", last.code, last.text)))
    }
}

#[allow(clippy::disallowed_methods, reason = "this is how to wait for a moment")]
fn wait_until(due: Instant) {
    thread::sleep(due.saturating_duration_since(Instant::now()));
}

impl Phase {
    /// The subjects of what was accepted.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.accepted.iter().map(|one| one.subject.as_str())
    }

    /// The slowest hundredth of acceptances begins here.
    pub fn accepted_p99(&self, _: &Deliveries) -> Option<Duration> {
        quantile(self.acceptances(), 0.99)
    }

    /// The slowest hundredth of whole exchanges begins here.
    pub fn exchanged_p99(&self, deliveries: &Deliveries) -> Option<Duration> {
        quantile(self.exchanges(deliveries), 0.99)
    }

    fn acceptances(&self) -> Vec<Duration> {
        self.accepted.iter().map(|one| one.took).collect()
    }

    fn exchanges(&self, deliveries: &Deliveries) -> Vec<Duration> {
        let told = |one: &Accepted| deliveries.of(&one.identifier).map(|at| at.saturating_duration_since(one.due));
        self.accepted.iter().filter_map(told).collect()
    }

    /// In words.
    pub fn told(&self, deliveries: &Deliveries) -> String {
        let (accepted, exchanged) = (self.acceptances(), self.exchanges(deliveries));
        let both = |times: &[Duration]| {
            let of = |share| quantile(times.to_vec(), share).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0);
            format!("p50 {:.0} ms, p99 {:.0} ms, worst {:.0} ms", of(0.5), of(0.99), of(1.0))
        };
        let mut told = format!(
            "{} accepted, {} given up, {} attempts failed; acceptance {}; exchange {} (of {} seen in the log)",
            accepted.len(),
            self.given_up,
            self.failures.len(),
            both(&accepted),
            both(&exchanged),
            exchanged.len(),
        );
        let mut kinds: Vec<&String> = self.failures.iter().collect();
        kinds.sort();
        kinds.dedup();
        kinds.truncate(5);
        kinds.iter().for_each(|kind| told.push_str(&format!("\n    failed: {kind}")));
        told
    }
}

/// The time below which this share of all lies.
fn quantile(mut times: Vec<Duration>, share: f64) -> Option<Duration> {
    times.sort();
    let place = (times.len() as f64 * share).ceil() as usize;
    times.get(place.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_hundredth_begins_at_the_ninety_ninth_of_a_hundred() {
        let times: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(quantile(times.clone(), 0.99), Some(Duration::from_millis(99)));
        assert_eq!(quantile(times.clone(), 0.5), Some(Duration::from_millis(50)));
        assert_eq!(quantile(times, 1.0), Some(Duration::from_millis(100)));
        assert_eq!(quantile(Vec::new(), 0.99), None);
    }
}
