//! One round: every provider that is due is asked, beside each other; one that fails stops nobody.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use fetch::chance::fraction;
use futures_util::stream::{self, StreamExt};
use pec::{Clock, Moment};
use tokio::time::Instant;

use super::members::{Members, Slot, open_file};
use super::settings::{Member, OperatorSettings};
use super::state::State;
use crate::copy::Copy;
use crate::error::IndexError;
use crate::live::write;
use crate::settings::Fetching;
use crate::visit::visit;

/// Providers asked at once.
const AT_ONCE: usize = 8;

/// Asks everybody who is due, holds what is good, keeps it on disk.
pub(super) async fn round(members: &mut Members, settings: &OperatorSettings, state: &State, clock: &Arc<dyn Clock>) {
    let moment = clock.now();
    let now = Instant::now();
    let due = members.0.iter().enumerate().filter(|(_, slot)| slot.due <= now);
    let questions: Vec<_> =
        due.map(|(at, slot)| ask(at, Question::of(slot), settings.collect.clone(), moment)).collect();
    let answers: Vec<(usize, Result<Option<Copy>, IndexError>)> =
        stream::iter(questions).buffer_unordered(AT_ONCE).collect().await;

    let mut results: Vec<(usize, Result<&'static str, IndexError>)> = Vec::new();
    let mut offered = Vec::new();
    let mut answers = answers;
    // The order of the configuration decides between two that claim the same for the first time.
    answers.sort_by_key(|(at, _)| *at);
    for (at, answer) in answers {
        match answer {
            Ok(None) => results.push((at, Ok("same"))),
            Ok(Some(copy)) => offered.push((at, copy)),
            Err(error) => results.push((at, Err(error))),
        }
    }
    let held = members.hold(offered, |member, copy| keep(member, copy, state));
    results.extend(held.into_iter().map(|(at, held)| (at, held.map(|()| "new"))));
    for (at, result) in results {
        if let Some(slot) = members.0.get_mut(at) {
            settle(slot, result, clock.now());
        }
    }
    if let Err(error) = state.write_statuses(&members.statuses()) {
        tracing::error!(event = "status-not-kept", %error);
    }
}

/// What must be known to ask for a provider's file.
struct Question {
    member: Arc<Member>,
    /// Signing time and hash of the file held.
    held: Option<(i64, String)>,
}

impl Question {
    fn of(slot: &Slot) -> Self {
        let held = slot.held.as_ref().map(|copy| (copy.signed, copy.sha256()));
        Self { member: Arc::new(slot.member.clone()), held }
    }
}

async fn ask(at: usize, question: Question, how: Fetching, now: Moment) -> (usize, Result<Option<Copy>, IndexError>) {
    (at, answer(question, &how, now).await)
}

async fn answer(question: Question, how: &Fetching, now: Moment) -> Result<Option<Copy>, IndexError> {
    let sha256 = question.held.as_ref().map(|(_, sha256)| &**sha256);
    let (visited, source) = match (&question.member.url, &question.member.file) {
        (Some(url), first) => match (visit(url, how, sha256).await, first, &question.held) {
            (Ok(visited), ..) => (visited, url.clone()),
            // A provider cannot start, and serve its file, before there is an index.
            (Err(_), Some(path), None) if path.exists() => on_disk(path, how).await?,
            (Err(error), ..) => return Err(error.into()),
        },
        (None, Some(path)) => on_disk(path, how).await?,
        (None, None) => return Err(IndexError::Ours("there is neither url nor file".into())),
    };
    let Some(visited) = visited else { return Ok(None) };
    let opened = tokio::task::spawn_blocking(move || {
        let copy = open_file(visited, &question.member)?;
        if let Some((signed, sha256)) = &question.held {
            if copy.sha256() == *sha256 {
                return Ok(None);
            }
            copy.may_follow(*signed, now)?;
        } else {
            copy.may_follow(0, now)?;
        }
        Ok(Some(copy))
    });
    let opened: Result<_, IndexError> = opened.await.map_err(IndexError::fault)?;
    opened.map_err(|error| error.about(source))
}

async fn on_disk(path: &Path, how: &Fetching) -> Result<(Option<Bytes>, String), IndexError> {
    let (path, most, source) = (path.to_owned(), how.max_size, path.display().to_string());
    let read = tokio::task::spawn_blocking(move || read(&path, most)).await;
    let octets = read.map_err(IndexError::fault)?.map_err(|error| error.about(&source))?;
    Ok((Some(octets), source))
}

fn read(path: &Path, most: usize) -> Result<Bytes, IndexError> {
    let unread = |error: std::io::Error| IndexError::Ours(error.to_string());
    let file = std::fs::File::open(path).map_err(unread)?;
    let mut octets = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut octets).map_err(unread)?;
    if octets.len() > most {
        return Err(IndexError::Refused(format!("the file is larger than {most} octets")));
    }
    Ok(octets.into())
}

fn keep(member: &Member, copy: &Copy, state: &State) -> Result<(), IndexError> {
    write(&state.file_of(&member.name), &copy.octets)
}

/// Remembers how it went, and when to ask again.
fn settle(slot: &mut Slot, result: Result<&'static str, IndexError>, now: Moment) {
    let now = now.unix();
    let provider = &slot.member.name;
    let (label, wait) = match result {
        Ok(result) => {
            if let Some((since, _)) = slot.status.failing.take() {
                tracing::info!(event = "file-good-again", provider, since = %Moment::from_unix(since));
            }
            slot.status.good = Some(now);
            tracing::info!(event = "file-collected", provider, result);
            (result, slot.rhythm.succeeded(fraction()))
        }
        Err(error) => {
            let since = slot.status.failing.as_ref().map_or(now, |(since, _)| *since);
            let since_when = Moment::from_unix(since);
            if slot.held.is_some() {
                tracing::error!(event = "file-refused", provider, %error, since = %since_when, "its last good file stays");
            } else {
                tracing::error!(event = "file-refused", provider, %error, since = %since_when, "it is not in the index");
            }
            slot.status.failing = Some((since, error.to_string()));
            ("failed", slot.rhythm.failed(fraction()))
        }
    };
    metrics::counter!("sigillo_index_collected_total", "result" => label).increment(1);
    slot.due = Instant::now() + wait;
}
