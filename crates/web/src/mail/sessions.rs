//! From where somebody is logged in, and ending it.

use std::sync::Arc;

use ::holder::BrowserSessionId;
use askama::Template;
use axum::Form;
use axum::extract::{Extension, State};
use serde::Deserialize;

use crate::answer::{page, to};
use crate::frame::Frame;
use crate::house::House;
use crate::trouble::{Answer, Trouble};
use crate::view::browser::browser;
use crate::view::dates::{When, near};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "mail/sessions.html")]
struct SessionsPage {
    frame: Frame,
    sessions: Vec<Session>,
    /// The history of the login's one mailbox.
    history: Option<String>,
}

struct Session {
    id: i64,
    browser: String,
    peer: String,
    began: When,
    used: When,
    is_this: bool,
}

pub(crate) async fn list(State(house): State<Arc<House>>, Extension(visitor): Extension<Visitor>) -> Answer {
    let (l, now) = (visitor.language, house.clock.now());
    let browsing = visitor.browsing.as_ref().ok_or(Trouble::Over)?;
    let sessions = house.browsers.of(&browsing.holder).await?.into_iter().map(|session| Session {
        id: session.id.0,
        browser: browser(&session.client, l),
        peer: session.peer.to_string(),
        began: near(session.began, now, l),
        used: near(session.used, now, l),
        is_this: session.id == browsing.session.id,
    });
    page(&SessionsPage {
        frame: Frame::bare(&house, &visitor, l.sessions()),
        sessions: sessions.collect(),
        history: browsing.holder.at().map(|(mailbox, _)| format!("{}/accessi", super::open::path(&mailbox.address))),
    })
}

/// Which one ends; without a number, all others.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Ending {
    id: Option<i64>,
}

pub(crate) async fn end(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Form(ending): Form<Ending>,
) -> Answer {
    let browsing = visitor.browsing.as_ref().ok_or(Trouble::Over)?;
    match ending.id {
        Some(id) => drop(house.browsers.end(&browsing.holder, BrowserSessionId(id)).await?),
        None => drop(house.browsers.end_others(browsing).await?),
    }
    to("/accessi")
}
