//! Words looked for in the whole mailbox, newest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::holder::{FolderId, UidSet, Want, WordPlace};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header::HeaderMap;
use pec::Moment;
use serde::Deserialize;

use super::list::{PAGE, RowsPart, place, rows};
use super::open::Room;
use crate::answer::page;
use crate::frame::Frame;
use crate::house::House;
use crate::trouble::Answer;
use crate::view::row::days;
use crate::visitor::{Visitor, escaped};

#[derive(Template)]
#[template(path = "mail/search.html")]
struct SearchPage {
    frame: Frame,
    words: String,
    rows: RowsPart,
}

/// What for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    q: String,
    /// Behind which one: `instant.folder.uid`.
    dopo: Option<String>,
}

fn behind(text: &str) -> Option<WordPlace> {
    let mut parts = text.split('.');
    let at = Moment::from_unix(parts.next()?.parse().ok()?);
    let folder = FolderId(parts.next()?.parse().ok()?);
    Some(WordPlace { at, folder, uid: parts.next()?.parse().ok()? })
}

pub(crate) async fn found(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path(mailbox): Path<String>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let l = visitor.language;
    let mut room = Room::open(&house, &visitor, &mailbox).await?;
    let words: String = wanted.q.trim().chars().take(200).collect();
    let after = wanted.dopo.as_deref().and_then(behind);
    let hits = if words.is_empty() { Vec::new() } else { room.opened.words(&words, after, PAGE).await? };
    let next = hits.last().filter(|_| hits.len() == PAGE).map(|last| {
        let query = escaped(&words);
        format!("{}/cerca?q={query}&dopo={}.{}.{}", room.path, last.at.unix(), last.folder.0, last.uid)
    });
    let mut by_folder: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
    for hit in &hits {
        by_folder.entry(hit.folder.0).or_default().push(hit.uid);
    }
    let want = Want { summary: true, structure: true, header: false };
    let mut found = Vec::new();
    for (id, uids) in by_folder {
        // What the index still has of a folder that is gone.
        let Ok(folder) = room.folder(id).cloned() else { continue };
        let uids: UidSet = uids.into_iter().collect();
        let entries = room.opened.entries(folder.id, &uids, want, PAGE).await?;
        let path = format!("{}/f/{id}", room.path);
        let numbers: Vec<u32> = entries.iter().map(|entry| entry.uid).collect();
        let rows = rows(&mut room.opened, &path, place(&folder), entries, l).await?;
        found.extend(numbers.into_iter().map(|uid| (id, uid)).zip(rows));
    }
    // In the order in which they were found.
    let order = |place: (i64, u32)| hits.iter().position(|hit| (hit.folder.0, hit.uid) == place);
    found.sort_by_key(|(place, _)| order(*place));
    let frame = room.frame(&house, &visitor, l.search(), None);
    let listed = days(found.into_iter().map(|(_, row)| row), room.now, l);
    let rows = RowsPart { frame: frame.clone(), l, days: listed, next, chosen: false };
    if headers.contains_key("hx-request") {
        return page(&rows);
    }
    page(&SearchPage { frame, words, rows })
}
