//! Records and findings as an operator reads them, and as a program does.

use output::printable;
use serde_json::{Value, json};

use crate::check::{Finding, State};
use crate::offer::Offer;
use crate::records::{Record, records};

/// The lines of a zone file with all records. What is not in the domain's zone is a comment there.
pub fn zone(offer: &Offer) -> Vec<String> {
    let line = |record: Record| match record.line() {
        line if line.starts_with(';') || record.is_in(&offer.domain) => line,
        line => format!("; {line}"),
    };
    records(offer).into_iter().map(line).collect()
}

impl Record {
    /// The record as an object: `name`, `type`, `value` (null where it is not known), `needed`, `purpose`.
    pub fn json(&self) -> Value {
        let Self { name, kind, value, needed, purpose, .. } = self;
        json!({ "name": name, "type": kind.to_string(), "value": value, "needed": needed, "purpose": purpose })
    }
}

impl Finding {
    /// That of the record with `result`, `found` and `todo`.
    pub fn json(&self) -> Value {
        let mut object = self.record.json();
        object["result"] = self.state.name().into();
        object["found"] = self.found.clone().into();
        object["todo"] = self.todo.clone().into();
        object
    }

    /// A line, and below it what was found and what to do where something is to be done.
    pub fn words(&self) -> String {
        let Self { record: Record { name, kind, purpose, needed, .. }, state, found, todo } = self;
        let right = *state == State::Right;
        let advised = if *needed || right { "" } else { " (advised)" };
        let mut words = format!("{}{advised}: {name} {kind}: {purpose}", state.name());
        if !right && !found.is_empty() {
            // Anybody can write anything into DNS.
            words.push_str(&format!("\n    found: {}", printable(&found.join(" | "))));
        }
        if !todo.is_empty() {
            words.push_str(&format!("\n    {}", printable(todo)));
        }
        words
    }
}

/// How all stands of what is needed: `Other` when one of them is missing or another, `Unknown` when that is not known.
pub fn outcome(findings: &[Finding]) -> State {
    let needed: Vec<_> = findings.iter().filter(|one| one.record.needed).map(|one| one.state).collect();
    match () {
        () if needed.iter().any(|state| matches!(state, State::Missing | State::Other)) => State::Other,
        () if needed.contains(&State::Unknown) => State::Unknown,
        () => State::Right,
    }
}
