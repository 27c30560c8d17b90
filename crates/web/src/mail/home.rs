//! The first page of a login: its mailbox, or all that it may use.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, Query, State};
use pec::Address;
use serde::Deserialize;

use super::open::path;
use crate::answer::{page, to};
use crate::frame::Frame;
use crate::house::House;
use crate::trouble::Answer;
use crate::visitor::Visitor;

/// Mailboxes of a page.
const PAGE: usize = 100;

#[derive(Template)]
#[template(path = "mail/mailboxes.html")]
struct MailboxesPage {
    frame: Frame,
    /// What their addresses begin with.
    beginning: String,
    /// Address and path.
    mailboxes: Vec<(String, String)>,
    next: Option<String>,
}

/// Which ones.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    q: String,
    dopo: Option<String>,
}

pub(crate) async fn home(State(house): State<Arc<House>>, Extension(visitor): Extension<Visitor>) -> Answer {
    let holder = visitor.holder()?;
    let first = house.desk.entrance().first(holder, |rights| rights.read, 2).await?;
    match first.as_slice() {
        [(only, _)] => to(&path(&only.address)),
        _ => to("/caselle"),
    }
}

pub(crate) async fn mailboxes(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Query(which): Query<Which>,
) -> Answer {
    let (l, holder) = (visitor.language, visitor.holder()?);
    let after = which.dopo.as_deref().and_then(|after| Address::parse(after).ok());
    let beginning = which.q.trim();
    let found = house.desk.entrance().granted(holder, beginning, after.as_ref(), PAGE).await?;
    let readable = found.mailboxes.into_iter().filter(|(_, rights)| rights.read);
    page(&MailboxesPage {
        frame: Frame::bare(&house, &visitor, l.your_mailboxes()),
        beginning: beginning.to_owned(),
        mailboxes: readable.map(|(mailbox, _)| (mailbox.address.to_string(), path(&mailbox.address))).collect(),
        next: found.next.map(|next| {
            format!("/caselle?q={}&dopo={}", crate::visitor::escaped(beginning), crate::visitor::escaped(next.as_str()))
        }),
    })
}
