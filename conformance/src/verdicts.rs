//! What a run says: of each test, of each judged message, and of each requirement of the norm.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::check::{Sheet, Verdict};
use crate::coverage::{Requirement, UNSEEN, requirements};
use crate::report::escaped;
use crate::suite::{Choice, Done, End, Ran};

/// Everything that a run has found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The tests.
    pub tests: Vec<Done>,
    /// Checks of single messages, those of one requirement and subject together.
    pub checks: Vec<Checked>,
    /// Messages judged.
    pub messages: usize,
    /// Where each requirement stands, in the order of the norm.
    pub standings: Vec<(Requirement, Standing)>,
}

/// One check over all messages that it concerns.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Requirement, in brackets.
    pub id: &'static str,
    /// What was looked at.
    pub what: &'static str,
    /// In how many messages.
    pub count: usize,
    /// The worst that was found, with the message's name.
    pub end: End,
}

/// Where a requirement stands after a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Obeyed; by which tests.
    Obeyed(String),
    /// A recommendation in it is not followed.
    Advised(String),
    /// Broken.
    Broken(String),
    /// Not tested in this run, and why.
    Untested(String),
    /// Not to be seen from outside, and why.
    Unseen(&'static str),
}

impl Standing {
    /// One word.
    pub fn word(&self) -> &'static str {
        match self {
            Standing::Obeyed(_) => "pass",
            Standing::Advised(_) => "advice",
            Standing::Broken(_) => "FAIL",
            Standing::Untested(_) => "untested",
            Standing::Unseen(_) => "unseen",
        }
    }

    fn why(&self) -> &str {
        match self {
            Standing::Obeyed(text) | Standing::Advised(text) | Standing::Broken(text) | Standing::Untested(text) => {
                text
            }
            Standing::Unseen(text) => text,
        }
    }
}

impl Findings {
    /// Puts a run's outcome together. With a choice of tests only their requirements are told of.
    pub fn new(ran: Ran, choice: &Choice) -> Self {
        let Ran { tests, sheets } = ran;
        let checks = if choice.only.is_empty() { together(&sheets) } else { Vec::new() };
        let messages = if choice.only.is_empty() { sheets.len() } else { 0 };
        let mut standings: Vec<(Requirement, Standing)> = requirements()
            .into_iter()
            .map(|requirement| {
                let standing = standing(requirement.id, &tests, &checks);
                (requirement, standing)
            })
            .collect();
        if !choice.only.is_empty() {
            let shown = |id: &str| tests.iter().any(|done| names(done, id));
            standings.retain(|(requirement, _)| shown(requirement.id));
        }
        Findings { tests, checks, messages, standings }
    }

    /// Whether nothing is broken.
    pub fn good(&self) -> bool {
        let failed = |end: &End| matches!(end, End::Fail(_));
        !self.tests.iter().any(|done| failed(&done.end)) && !self.checks.iter().any(|check| failed(&check.end))
    }

    /// For people: what is not as it should be, then every requirement by section, then totals.
    pub fn text(&self, verbose: bool) -> String {
        let mut out = String::from("Tests\n");
        for done in &self.tests {
            let (word, why) = words(&done.end);
            if verbose || !matches!(done.end, End::Pass(_)) {
                let name = done.test.name;
                writeln!(out, "  {word:8} {name:26} {}{}", done.test.title, colon(why)).ok();
            }
        }
        for check in &self.checks {
            let (word, why) = words(&check.end);
            if verbose || !matches!(check.end, End::Pass(_)) {
                let name = format!("messages {}", check.id);
                writeln!(out, "  {word:8} {name:26} {} ({} messages){}", check.what, check.count, colon(why)).ok();
            }
        }
        let mut sections: Vec<String> = Vec::new();
        for (requirement, _) in &self.standings {
            if !sections.contains(&requirement.section()) {
                sections.push(requirement.section());
            }
        }
        for section in sections {
            writeln!(out, "\n{section}").ok();
            for (requirement, standing) in self.standings.iter().filter(|(found, _)| found.section() == section) {
                let why = match standing {
                    Standing::Obeyed(_) if !verbose => "",
                    _ => standing.why(),
                };
                let id = requirement.id;
                writeln!(out, "  {:8} {id:14} {}{}", standing.word(), requirement.short, colon(why)).ok();
            }
        }
        let ends = self.tests.iter().map(|done| words(&done.end).0);
        let standings = self.standings.iter().map(|(_, standing)| standing.word());
        writeln!(out, "\n{} tests: {}", self.tests.len(), counted(ends)).ok();
        if !self.checks.is_empty() {
            let ends = counted(self.checks.iter().map(|check| words(&check.end).0));
            writeln!(out, "{} messages judged: {ends} checks", self.messages).ok();
        }
        writeln!(out, "{} requirements: {}", self.standings.len(), counted(standings)).ok();
        out
    }

    /// For machines: a suite for each group of tests, one for the messages, one for each section of the norm with a test
    /// case for each requirement.
    pub fn junit(&self) -> String {
        let mut suites: Vec<(String, Vec<Case>)> = Vec::new();
        let mut put = |suite: String, case: Case| match suites.iter_mut().find(|(name, _)| *name == suite) {
            Some((_, cases)) => cases.push(case),
            None => suites.push((suite, vec![case])),
        };
        for done in &self.tests {
            let name = format!("{} {} {}", done.test.name, done.test.ids.join(" "), done.test.title);
            put(done.test.group().to_owned(), Case { name, end: done.end.clone(), seconds: done.took.as_secs_f64() });
        }
        for check in &self.checks {
            put(
                "messages".into(),
                Case { name: format!("{} {}", check.id, check.what), end: check.end.clone(), seconds: 0.0 },
            );
        }
        for (requirement, standing) in &self.standings {
            let end = match standing {
                Standing::Obeyed(by) => End::Pass(by.clone()),
                Standing::Advised(why) => End::Advice(why.clone()),
                Standing::Broken(why) => End::Fail(why.clone()),
                Standing::Untested(why) => End::Skip(why.clone()),
                Standing::Unseen(why) => End::Skip(format!("not to be seen from outside: {why}")),
            };
            let name = format!("{} {}", requirement.id, requirement.short);
            put(requirement.section(), Case { name, end, seconds: 0.0 });
        }
        let mut body = String::new();
        let mut totals = Totals::default();
        for (name, cases) in &suites {
            let own = Totals::of(cases);
            totals.add(&own);
            let name = escaped(name);
            writeln!(body, "  <testsuite name=\"{name}\" {own} skipped=\"{}\">", own.skipped).ok();
            for case in cases {
                case.write(&name, &mut body);
            }
            body.push_str("  </testsuite>\n");
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"conformance\" {totals}>\n{body}</testsuites>\n"
        )
    }
}

struct Case {
    name: String,
    end: End,
    seconds: f64,
}

impl Case {
    fn write(&self, class: &str, out: &mut String) {
        let name = escaped(&self.name);
        write!(out, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{:.3}\"", self.seconds).ok();
        match &self.end {
            End::Pass(seen) if seen.is_empty() => writeln!(out, "/>"),
            End::Pass(seen) => writeln!(out, "><system-out>{}</system-out></testcase>", escaped(seen)),
            End::Advice(why) => writeln!(out, "><system-out>advice: {}</system-out></testcase>", escaped(why)),
            End::Fail(why) => {
                let why = escaped(why);
                writeln!(out, "><failure message=\"{why}\" type=\"requirement\">{why}</failure></testcase>")
            }
            End::Skip(why) => writeln!(out, "><skipped message=\"{}\"/></testcase>", escaped(why)),
        }
        .ok();
    }
}

#[derive(Default)]
struct Totals {
    tests: usize,
    failures: usize,
    skipped: usize,
    seconds: f64,
}

impl Totals {
    fn of(cases: &[Case]) -> Self {
        Totals {
            tests: cases.len(),
            failures: cases.iter().filter(|case| matches!(case.end, End::Fail(_))).count(),
            skipped: cases.iter().filter(|case| matches!(case.end, End::Skip(_))).count(),
            seconds: cases.iter().map(|case| case.seconds).sum(),
        }
    }

    fn add(&mut self, other: &Totals) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.skipped += other.skipped;
        self.seconds += other.seconds;
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Totals { tests, failures, seconds, .. } = self;
        write!(f, "tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" time=\"{seconds:.3}\"")
    }
}

/// The sheets of all messages, check by check.
fn together(sheets: &[(String, Sheet)]) -> Vec<Checked> {
    let mut all: Vec<Checked> = Vec::new();
    for (name, sheet) in sheets {
        for finding in &sheet.findings {
            let end = match &finding.verdict {
                Verdict::Pass => End::Pass(String::new()),
                Verdict::Advice(why) => End::Advice(format!("{name}: {why}")),
                Verdict::Fail(why) => End::Fail(format!("{name}: {why}")),
            };
            match all.iter_mut().find(|check| check.id == finding.id && check.what == finding.what) {
                Some(check) => {
                    check.count += 1;
                    if rank(&end) > rank(&check.end) {
                        check.end = end;
                    }
                }
                None => all.push(Checked { id: finding.id, what: finding.what, count: 1, end }),
            }
        }
    }
    all
}

fn rank(end: &End) -> u8 {
    match end {
        End::Skip(_) => 0,
        End::Pass(_) => 1,
        End::Advice(_) => 2,
        End::Fail(_) => 3,
    }
}

fn names(done: &Done, id: &str) -> bool {
    done.test.ids.iter().any(|found| found.trim_matches(['[', ']']) == id)
}

fn standing(id: &str, tests: &[Done], checks: &[Checked]) -> Standing {
    let of_tests = tests.iter().filter(|done| names(done, id)).map(|done| (done.test.name.to_owned(), &done.end));
    let of_checks = checks.iter().filter(|check| check.id.trim_matches(['[', ']']) == id);
    let of_checks = of_checks.map(|check| (format!("{} messages", check.count), &check.end));
    let mut by_rank: BTreeMap<u8, Vec<(String, &End)>> = BTreeMap::new();
    for (name, end) in of_tests.chain(of_checks) {
        by_rank.entry(rank(end)).or_default().push((name, end));
    }
    let Some((worst, found)) = by_rank.last_key_value() else {
        let reason = UNSEEN.iter().find(|(unseen, _)| *unseen == id);
        return reason.map_or_else(
            || Standing::Untested("no message of this kind was made".into()),
            |(_, why)| Standing::Unseen(why),
        );
    };
    let told = |(name, end): &(String, &End)| match words(end).1 {
        "" => name.clone(),
        why => format!("{name}: {why}"),
    };
    match worst {
        3 => Standing::Broken(found.iter().map(told).collect::<Vec<_>>().join("; ")),
        2 => Standing::Advised(found.iter().map(told).collect::<Vec<_>>().join("; ")),
        1 => Standing::Obeyed(found.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", ")),
        _ => Standing::Untested(found.iter().map(told).collect::<Vec<_>>().join("; ")),
    }
}

fn words(end: &End) -> (&'static str, &str) {
    match end {
        End::Pass(seen) => ("pass", seen),
        End::Advice(why) => ("advice", why),
        End::Fail(why) => ("FAIL", why),
        End::Skip(why) => ("skipped", why),
    }
}

fn colon(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {why}") }
}

fn counted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let order = ["pass", "advice", "FAIL", "skipped", "untested", "unseen"];
    let told = order.iter().filter_map(|word| counts.get(word).map(|count| format!("{count} {word}")));
    told.collect::<Vec<_>>().join(", ")
}
