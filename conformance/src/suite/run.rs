//! Runs the tests: most of them at the same time, then those that want to be alone, then those about the whole.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::all::tests;
use super::case::{Need, Test, When};
use super::outcome::Fault;
use super::stage::{House, Stage};
use crate::check::Sheet;
use crate::config::Config;

/// Tests at the same time. They mostly wait.
const AT_ONCE: usize = 16;

/// Which tests to run.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only the tests that have one of these as name, group or requirement; all when empty.
    pub only: Vec<String>,
    /// Also those that wait for hours.
    pub patient: bool,
}

/// What became of one test.
#[derive(Clone, Debug)]
pub struct Done {
    /// Which.
    pub test: Test,
    /// How it ended.
    pub end: End,
    /// How long it took.
    pub took: Duration,
}

/// What a run has to tell.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The tests, in the order of the list.
    pub tests: Vec<Done>,
    /// Each message that the provider made, by name, with what the norm's tables say of it.
    pub sheets: Vec<(String, Sheet)>,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The requirement is obeyed; what was seen, where several ways are lawful.
    Pass(String),
    /// A recommendation is not followed.
    Advice(String),
    /// The requirement is broken.
    Fail(String),
    /// It did not run, and why.
    Skip(String),
}

impl Choice {
    /// Whether a test is chosen.
    pub fn takes(&self, test: &Test) -> bool {
        let named = |word: &String| {
            let id = word.trim_start_matches('[').trim_end_matches(']');
            let has = |found: &&str| found.trim_start_matches('[').trim_end_matches(']').eq_ignore_ascii_case(id);
            word == test.name || word == test.group() || test.ids.iter().any(has)
        };
        self.only.is_empty() || self.only.iter().any(named)
    }
}

/// Runs the chosen tests against the provider of a configuration, and judges every message that it made for them. `Err`
/// when no judgement is possible.
///
/// `progress` hears how many tests are done, of how many.
pub fn run(config: Config, choice: &Choice, progress: impl Fn(usize, usize) + Sync) -> io::Result<Ran> {
    let house = House::open(config)?;
    // Without a door and a mailbox there is nothing to judge: better one clear word than a hundred failures.
    let stage = Stage::new(&house, 999)?;
    drop(stage.client()?);
    house.mailboxes.look(stage.sender())?;
    let all: Vec<(usize, Test)> = tests().into_iter().filter(|test| choice.takes(test)).enumerate().collect();
    let done: Mutex<Vec<(usize, Done)>> = Mutex::default();
    let work = |number: usize, test: &Test| {
        let started = Instant::now();
        let end = one(&house, number, test, choice.patient);
        let ended = Done { test: *test, end, took: started.elapsed() };
        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
        done.push((number, ended));
        progress(done.len(), all.len());
    };
    let of = |when: When| all.iter().filter(move |(_, test)| test.when == when).collect::<Vec<_>>();
    let together = of(When::Together);
    // The patient ones wait for a day: each has a thread of its own.
    let threads =
        if choice.patient { AT_ONCE + together.iter().filter(|(_, test)| slow(test)).count() } else { AT_ONCE };
    let at_once = |tests: &[&(usize, Test)], threads: usize| {
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some((number, test)) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
                        work(*number, test);
                    }
                });
            }
        });
    };
    at_once(&together, threads);
    at_once(&of(When::Alone), 1);
    if house.peer.is_some() {
        // What goes wrong here was told by a test already.
        stage.settle().ok();
    }
    at_once(&of(When::AtEnd), AT_ONCE);
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    Ok(Ran { tests: done.into_iter().map(|(_, done)| done).collect(), sheets: super::whole::sheets(&house)? })
}

fn slow(test: &Test) -> bool {
    test.needs.contains(&Need::Patience)
}

fn one(house: &House, number: usize, test: &Test, patient: bool) -> End {
    let missing = test.needs.iter().find(|need| !need.met(&house.config, patient));
    if let Some(missing) = missing {
        return End::Skip(format!("needs {}", missing.name()));
    }
    let outcome = Stage::new(house, number).map_err(Fault::from).and_then(|stage| (test.run)(&stage));
    match outcome {
        Ok(seen) => End::Pass(seen),
        Err(Fault::Advice(why)) => End::Advice(why),
        Err(Fault::Fail(why)) => End::Fail(why),
        Err(Fault::Skip(why)) => End::Skip(why),
    }
}
