//! All lines about one message, and what may be among them.

use std::collections::{BTreeMap, BTreeSet};

use super::line::Event;

/// The lines about one message.
#[derive(Default)]
pub(super) struct Exchange {
    common: Option<Common>,
    acceptances: u64,
    refusals: u64,
    envelopes: u64,
    /// Envelopes of others, and for whom they came.
    came: u64,
    came_for: BTreeSet<String>,
    certified: BTreeSet<String>,
    by: BTreeMap<String, Recipient>,
}

/// What all lines must say alike.
#[derive(PartialEq, Eq)]
struct Common {
    sender: String,
    recipients: Vec<(String, String)>,
    subject: String,
}

/// What was said of a recipient.
#[derive(Default)]
struct Recipient {
    taken: u64,
    taken_by_us: bool,
    /// How it ended, and whether we said so.
    ends: Vec<(&'static str, bool)>,
    detections: u64,
    detected_by_us: bool,
}

impl Recipient {
    /// An answer that comes after we have given up is late, and no second end.
    fn end(&mut self, name: &'static str, of_us: bool) -> bool {
        let late = matches!(self.ends.as_slice(), [("MancataConsegna24h", true)]) && !of_us;
        if !late {
            self.ends.push((name, of_us));
        }
        self.ends.len() < 2
    }
}

impl Exchange {
    /// Takes the next line; gives what is wrong with it.
    pub(super) fn take(&mut self, event: &Event, of_us: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut say = |what: String| wrong.push(what);
        let common = Common {
            sender: event.sender.clone(),
            recipients: event.recipients.clone(),
            subject: event.subject.clone(),
        };
        match &self.common {
            Some(before) if *before != common => {
                say("sender, recipients or subject differ from the lines before".into())
            }
            Some(_) => {}
            None => {
                let certified = event.recipients.iter().filter(|(_, kind)| kind == "certificato");
                self.certified = certified.map(|(address, _)| address.clone()).collect();
                self.common = Some(common);
            }
        }
        let concerned = event.reception.iter().chain(&event.delivery);
        if event.name != "BustaTrasporto" {
            for address in concerned.filter(|address| !self.certified.contains(*address)) {
                let ours = of_us && matches!(event.name, "MancataConsegna" | "MancataConsegna24h");
                let ordinary = event.recipients.iter().any(|(known, kind)| known == address && kind == "esterno");
                // A provider tells its holder that an ordinary recipient was not reached.
                if !(ours && ordinary) {
                    say(format!("{} for {address}, who is no certified recipient", event.name));
                }
            }
        }
        match event.name {
            "Accettazione" => {
                self.acceptances += 1;
                if self.acceptances > 1 {
                    say("accepted twice".into());
                }
                if self.came > 0 {
                    say("accepted here, and came from another provider".into());
                }
                if self.refusals > 0 {
                    say("accepted and not accepted".into());
                }
            }
            "NonAccettazione" | "NonAccettazioneVirus" => {
                self.refusals += 1;
                if self.acceptances > 0 {
                    say("accepted and not accepted".into());
                }
            }
            "BustaTrasporto" if of_us => {
                self.envelopes += 1;
                if self.envelopes > 1 {
                    say("has two envelopes".into());
                }
                if self.acceptances == 0 {
                    say("has an envelope before it was accepted".into());
                }
            }
            "BustaTrasporto" => {
                self.came += 1;
                for address in &event.reception {
                    if !self.came_for.insert(address.clone()) {
                        say(format!("came twice for {address}"));
                    }
                }
                if self.acceptances > 0 {
                    say("accepted here, and came from another provider".into());
                }
            }
            "PresaInCarico" => {
                if self.came + self.envelopes == 0 {
                    say("taken in charge before there was an envelope".into());
                }
                for address in &event.reception {
                    let recipient = self.by.entry(address.clone()).or_default();
                    recipient.taken += 1;
                    recipient.taken_by_us |= of_us;
                    if recipient.taken > 1 {
                        say(format!("taken in charge twice for {address}"));
                    }
                }
            }
            "RilevazioneVirus" => {
                for address in &event.delivery {
                    let recipient = self.by.entry(address.clone()).or_default();
                    recipient.detections += 1;
                    recipient.detected_by_us |= of_us;
                    if recipient.detections > 1 {
                        say(format!("a virus was detected twice for {address}"));
                    }
                    if of_us && !recipient.taken_by_us {
                        say(format!("a virus was detected for {address} before it was taken in charge"));
                    }
                }
            }
            name @ ("Consegna" | "MancataConsegna" | "MancataConsegnaVirus" | "MancataConsegna24h") => {
                for address in &event.delivery {
                    let recipient = self.by.entry(address.clone()).or_default();
                    if name == "Consegna" && of_us && !recipient.taken_by_us {
                        say(format!("delivered to {address} before it was taken in charge"));
                    }
                    if name == "MancataConsegnaVirus" && recipient.detections == 0 {
                        say(format!("not delivered to {address} for a virus that nobody detected"));
                    }
                    if !recipient.end(name, of_us) {
                        say(format!("ended twice for {address}: {name} after another end"));
                    }
                }
            }
            _ => {}
        }
        wrong
    }

    /// What is wrong with all of it, and what is not answered yet.
    pub(super) fn end(self) -> (Vec<String>, Vec<String>) {
        let (mut wrong, mut open) = (Vec::new(), Vec::new());
        let is_sent = self.acceptances > 0;
        if is_sent && self.envelopes == 0 {
            wrong.push("accepted, and has no envelope".to_owned());
        }
        if self.came > 0 {
            // Who came with it; without names, every certified recipient of whom anything is said.
            for address in self.came_for.iter().filter(|address| self.certified.contains(*address)) {
                match self.by.get(address) {
                    Some(recipient) if recipient.taken_by_us => {
                        let ours = recipient.ends.iter().filter(|(_, of_us)| *of_us).count();
                        if ours == 0 && !recipient.detected_by_us {
                            wrong.push(format!("taken in charge for {address}, and nothing was answered"));
                        }
                        if ours > 0 && recipient.detected_by_us {
                            wrong.push(format!("answered for {address} though a virus was detected"));
                        }
                    }
                    _ => wrong.push(format!("came for {address}, and was not taken in charge")),
                }
            }
        }
        if is_sent {
            for address in &self.certified {
                let Some(recipient) = self.by.get(address) else {
                    open.push(format!("nothing is known of {address}"));
                    continue;
                };
                let detected = recipient.detections > 0 && !recipient.detected_by_us;
                let by_others = detected || recipient.ends.iter().any(|(_, of_us)| !of_us);
                if recipient.taken == 0 && by_others {
                    open.push(format!("answered for {address}, and its provider has not taken it in charge"));
                }
                match recipient.ends.first() {
                    None if recipient.detections > 0 => {
                        wrong.push(format!("a virus was detected for {address}, and the sender was not told"));
                    }
                    None => open.push(format!("not answered for {address}")),
                    Some(_) => {}
                }
            }
        }
        (wrong, open)
    }
}
