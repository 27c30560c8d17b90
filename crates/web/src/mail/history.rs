//! Who came to a mailbox and who sent from it, the latest first.

use std::sync::Arc;

use ::holder::{AccessOutcome, AccessRow, Actor};
use askama::Template;
use axum::extract::{Extension, Path, State};

use super::open::Room;
use crate::answer::page;
use crate::frame::Frame;
use crate::house::House;
use crate::language::Language;
use crate::trouble::Answer;
use crate::view::browser::browser;
use crate::view::dates::{When, near};
use crate::visitor::Visitor;

/// Rows that are read at once, and those that are shown.
const READ: usize = 1_000;
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "mail/history.html")]
struct HistoryPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    when: When,
    who: String,
    how: String,
    outcome: &'static str,
    is_bad: bool,
    count: u64,
}

pub(crate) async fn history(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path(mailbox): Path<String>,
) -> Answer {
    let l = visitor.language;
    let mut room = Room::open(&house, &visitor, &mailbox).await?;
    let mut last: Vec<AccessRow> = Vec::new();
    let mut after = 0;
    // Rows come in their order; only the last ones are kept.
    loop {
        let read = room.opened.accesses(after, READ).await?;
        let Some(end) = read.last() else { break };
        after = end.id;
        let is_end = read.len() < READ;
        last.extend(read);
        last.drain(..last.len().saturating_sub(SHOWN));
        if is_end {
            break;
        }
    }
    last.sort_by_key(|row| std::cmp::Reverse((row.last, row.id)));
    let now = room.now;
    page(&HistoryPage {
        frame: room.frame(&house, &visitor, l.history(), None),
        rows: last.into_iter().map(|one| row(one, now, l)).collect(),
    })
}

fn row(of: AccessRow, now: pec::Moment, l: Language) -> Row {
    let who = match &of.who {
        Some(Actor::Holder) => l.of("titolare", "holder").to_owned(),
        Some(Actor::User(name)) => name.clone(),
        Some(_) | None => l.of("sconosciuto", "unknown").to_owned(),
    };
    let who = match &of.app_password {
        Some(name) => format!("{who} ({name})"),
        None => who,
    };
    let (outcome, is_bad) = match of.outcome {
        AccessOutcome::LoggedIn => (l.of("entrato", "came in"), false),
        AccessOutcome::Failed => (l.of("password sbagliata", "wrong password"), true),
        AccessOutcome::Barred => (l.of("respinto", "turned away"), true),
        AccessOutcome::Sent => (l.of("inviato", "sent"), false),
    };
    let client = of.client.as_deref().map(|client| browser(client, l));
    let peer = of.peer.map(|peer| peer.to_string());
    let how = [Some(of.protocol.to_string()), client, peer].into_iter().flatten().collect::<Vec<_>>().join(", ");
    Row { when: near(of.last, now, l), who, how, outcome, is_bad, count: of.count }
}
