//! What changes while a page is open: counts of folders, told by server-sent events on the change feed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use ::holder::Ear;
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use serde::Deserialize;

use super::open::Room;
use crate::frame::{Frame, OpenMailbox};
use crate::house::House;
use crate::language::Language;
use crate::trouble::Answer;
use crate::visitor::Visitor;

/// Changes that come within it are told once.
const PAUSE: Duration = Duration::from_millis(300);

#[derive(Template)]
#[template(path = "parts/live.html")]
struct Changed {
    frame: Frame,
    l: Language,
    open: OpenMailbox,
}

/// Where somebody is.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Where {
    cartella: Option<i64>,
}

struct Told {
    house: Arc<House>,
    visitor: Visitor,
    mailbox: String,
    folder: Option<i64>,
    ear: Ear,
}

pub(crate) async fn changes(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path(mailbox): Path<String>,
    Query(at): Query<Where>,
) -> Answer {
    let ear = Room::open(&house, &visitor, &mailbox).await?.opened.ear();
    let told = Told { house, visitor, mailbox, folder: at.cartella, ear };
    let events = stream::unfold(told, |mut told| async move {
        told.ear.changed().await;
        tokio::time::sleep(PAUSE).await;
        let events = told.look().await?;
        Some((stream::iter(events.into_iter().map(Ok::<_, Infallible>)), told))
    });
    let events = futures_util::StreamExt::flatten(events);
    // What is told is his alone, and kept nowhere.
    let told = [(CACHE_CONTROL, "no-store")];
    Ok((told, Sse::new(events).keep_alive(KeepAlive::default())).into_response())
}

impl Told {
    /// What there is to tell; `None`: the login or the mailbox is over, and the page finds out when it is asked for.
    async fn look(&mut self) -> Option<Vec<Event>> {
        // Who logged out hears no more.
        let browsing = self.visitor.browsing.as_ref()?;
        if !self.house.browsers.is_there(browsing).await.ok()? {
            return None;
        }
        let room = Room::open(&self.house, &self.visitor, &self.mailbox).await.ok()?;
        let open = self.folder.map(::holder::FolderId);
        let frame = room.frame(&self.house, &self.visitor, "", open);
        let inbox = room.folders.iter().find(|folder| folder.name == "INBOX").map_or(0, |folder| folder.unseen);
        let open = frame.open.clone()?;
        let html = Changed { l: self.visitor.language, open, frame }.render().ok()?;
        Some(vec![Event::default().data(html), Event::default().event("counts").data(inbox.to_string())])
    }
}
