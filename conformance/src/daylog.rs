//! The daily log of a provider, read as an auditor reads it: from its published form (`docs/evidence-log.md`) alone [R-O-log-2].

mod exchange;
mod line;

use std::collections::BTreeMap;

use exchange::Exchange;
use line::{Body, Line};

/// What an auditor found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Lines about messages.
    pub lines: u64,
    /// Messages.
    pub messages: u64,
    /// What must not be, each with the line or the message that it is about.
    pub anomalies: Vec<String>,
    /// What is not answered yet.
    pub open: Vec<String>,
}

/// Audits the log of this provider: the texts of its files in their order, each of which follows the one before.
pub fn audit(provider: &str, files: &[impl AsRef<str>]) -> Audit {
    let mut reading = Reading { provider, ..Reading::default() };
    for file in files {
        reading.file(file.as_ref());
    }
    reading.end()
}

#[derive(Default)]
struct Reading<'a> {
    provider: &'a str,
    found: Audit,
    /// The number of the last row that a line was about.
    row: u64,
    /// The last row of the file before.
    last: Option<u64>,
    exchanges: BTreeMap<String, Exchange>,
}

impl Reading<'_> {
    fn wrong(&mut self, what: impl Into<String>) {
        self.found.anomalies.push(what.into());
    }

    fn file(&mut self, text: &str) {
        let (mut rows, mut events, mut is_closed) = (None, 0, false);
        for (at, text) in text.lines().enumerate() {
            let line = match Line::read(text) {
                Ok(line) => line,
                Err(what) => {
                    self.wrong(format!("line {}: {what}: {text}", at + 1));
                    continue;
                }
            };
            let place = format!("row {}", line.row);
            if is_closed {
                self.wrong(format!("{place}: stands behind the end"));
            }
            match line.body {
                Body::Open { first, last } => {
                    if rows.is_some() || at > 0 {
                        self.wrong(format!("{place}: begins within a file"));
                    }
                    if self.last.is_some_and(|before| before + 1 != first) {
                        self.wrong(format!("{place}: a file is missing before it"));
                    }
                    rows = Some((first, last));
                }
                Body::End { events: said, closed } => {
                    is_closed = true;
                    if said != events {
                        self.wrong(format!("{place}: {said} events are said to be there, and there are {events}"));
                    }
                    self.last = rows.map(|(_, last)| last).filter(|_| closed);
                }
                Body::Gone { first, last } => self.wrong(format!("rows {first} to {last}: are not there")),
                Body::Damaged { what } => self.wrong(format!("{place}: cannot be read: {what}")),
                Body::Event(event) => {
                    events += 1;
                    self.found.lines += 1;
                    if line.row <= self.row || !rows.is_some_and(|(first, last)| (first..=last).contains(&line.row)) {
                        self.wrong(format!("{place}: stands in another place"));
                    }
                    self.row = line.row;
                    let of_us = event.provider == self.provider;
                    let exchange = self.exchanges.entry(event.identifier.clone()).or_default();
                    let wrong = exchange.take(&event, of_us);
                    for what in wrong {
                        self.wrong(format!("{place}: {}: {what}", event.identifier));
                    }
                }
            }
        }
        if rows.is_none() || !is_closed {
            self.wrong("a file has no beginning or no end".to_owned());
        }
    }

    fn end(mut self) -> Audit {
        self.found.messages = self.exchanges.len() as u64;
        for (identifier, exchange) in std::mem::take(&mut self.exchanges) {
            let (wrong, open) = exchange.end();
            self.found.anomalies.extend(wrong.into_iter().map(|what| format!("{identifier}: {what}")));
            self.found.open.extend(open.into_iter().map(|what| format!("{identifier}: {what}")));
        }
        self.found
    }
}

#[cfg(test)]
mod tests;
