//! What was done, in words or as JSON, one object a line.

use control::command::Ended;
use output::printable;
use output::quantity::show_octets;
use serde::Serialize;

use crate::source::Fault;

/// Faults that are told one by one; the others are counted.
const TOLD: u64 = 1000;

/// Something to say.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum Line<'a> {
    Fault { place: &'a str, what: &'a str },
    Folder { name: &'a str, new: u64, new_octets: u64, there: u64 },
    Import { dry_run: bool, new: u64, new_octets: u64, there: u64, passed_over: u64, faults: u64 },
    Export { messages: u64, octets: u64, folders: u64, faults: u64, to: &'a str },
    Note { what: &'a str },
}

/// Says things.
pub(crate) struct Report {
    json: bool,
    faults: u64,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, faults: 0 }
    }

    pub(crate) fn quiet(&self) -> bool {
        self.json
    }

    pub(crate) fn faults(&self) -> u64 {
        self.faults
    }

    /// Something that could not be done; the rest was.
    pub(crate) fn fault(&mut self, Fault { place, what }: &Fault) {
        self.faults += 1;
        if self.faults <= TOLD {
            self.say(&Line::Fault { place, what });
        }
    }

    pub(crate) fn say(&self, line: &Line<'_>) {
        if self.json {
            output::say!("{}", serde_json::to_string(line).unwrap_or_else(|error| format!("\"{error}\"")));
        } else {
            output::say!("{}", printable(&words(line)));
        }
    }

    pub(crate) fn ended(&self) -> Ended {
        if self.faults == 0 { Ended::Well } else { Ended::Faults }
    }
}

fn words(line: &Line<'_>) -> String {
    match line {
        Line::Fault { place, what } => format!("not done: {place}: {what}"),
        Line::Folder { name, new, new_octets, there } => {
            format!("{name:30} {new:>7} new, {:>9}, {there:>7} there already", show_octets(*new_octets))
        }
        Line::Import { dry_run, new, new_octets, there, passed_over, faults } => {
            let what = if *dry_run { "would be imported" } else { "imported" };
            let passed = match passed_over {
                0 => String::new(),
                count => format!(", {count} passed over that are no messages"),
            };
            let faults = match faults {
                0 => String::new(),
                count => format!(", {count} FAULTS"),
            };
            format!("{new} messages {what}, {}; {there} were there already{passed}{faults}", show_octets(*new_octets))
        }
        Line::Export { messages, octets, folders, faults, to } => {
            let faults = match faults {
                0 => String::new(),
                count => format!("; {count} COULD NOT BE READ, and are not in it (INCOMPLETE.txt names them)"),
            };
            format!("{messages} messages of {folders} folders, {}, are in {to}{faults}", show_octets(*octets))
        }
        Line::Note { what } => (*what).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_says_would_and_faults_are_loud() {
        let line = Line::Import { dry_run: true, new: 2, new_octets: 2048, there: 5, passed_over: 0, faults: 1 };
        assert_eq!(words(&line), "2 messages would be imported, 2.0 KiB; 5 were there already, 1 FAULTS");
        let line = Line::Import { dry_run: false, new: 0, new_octets: 0, there: 5, passed_over: 3, faults: 0 };
        assert_eq!(words(&line), "0 messages imported, 0 B; 5 were there already, 3 passed over that are no messages");
    }
}
