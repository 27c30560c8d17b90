//! What a message consists of, octet for octet: itself, the original in it, what is attached; and foreign HTML, from an address of its
//! own and under a policy of its own.

use std::sync::Arc;

use ::holder::Want;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use render::{Limits, Message, Remote, disposition};
use serde::Deserialize;

use super::attached::{self, Attached, attached};
use super::message::{Read, read};
use super::open::Room;
use crate::house::House;
use crate::trouble::{Answer, Trouble};
use crate::view::body::shown_as;
use crate::visitor::Visitor;

/// What is shown in a browser without being ours does nothing there.
const INERT: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";
/// A browser's own reader of PDF needs more of its frame; it is no page of ours, and runs nothing of the document here.
const DOCUMENT: &str = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";

async fn whole(house: &Arc<House>, visitor: &Visitor, mailbox: &str, folder: i64, uid: u32) -> Result<Read, Trouble> {
    let mut room = Room::open(house, visitor, mailbox).await?;
    let id = room.folder(folder)?.id;
    let size = room.entry(id, uid, Want::default()).await?.size;
    let _room = house.room_for(3 * size).await;
    read(house, &mut room, folder, uid).await
}

fn file(octets: Bytes, media: &'static str, name: &str) -> Response {
    let told = HeaderValue::from_str(&disposition(name)).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    ([(CONTENT_TYPE, HeaderValue::from_static(media)), (CONTENT_DISPOSITION, told)], octets).into_response()
}

/// A file of somebody's: shown by the browser as what `shown` says, where it cannot do anything, or downloaded.
pub(crate) fn given(octets: Bytes, name: &str, shown: Option<&'static str>) -> Response {
    let mut reply = file(octets, shown.unwrap_or("application/octet-stream"), name);
    if let Some(media) = shown {
        let headers = reply.headers_mut();
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
        let policy = if media == "application/pdf" { DOCUMENT } else { INERT };
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    reply
}

type Place = Path<(String, i64, u32)>;

/// The message as it came.
pub(crate) async fn as_it_came(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, folder, uid)): Place,
) -> Answer {
    let mut room = Room::open(&house, &visitor, &mailbox).await?;
    let id = room.folder(folder)?.id;
    let entry = room.entry(id, uid, Want::default()).await?;
    let _room = house.room_for(entry.size).await;
    let octets = room.opened.read(entry.message, 0..entry.size).await?.ok_or(Trouble::NotFound)?;
    Ok(file(octets, "message/rfc822", &format!("messaggio-{uid}.eml")))
}

/// The original in an envelope or receipt.
pub(crate) async fn original(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, folder, uid)): Place,
) -> Answer {
    let read = whole(&house, &visitor, &mailbox, folder, uid).await?;
    let original = read.original.ok_or(Trouble::NotFound)?;
    Ok(file(original, "message/rfc822", &format!("originale-{uid}.eml")))
}

/// How a part is wanted.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct How {
    /// Shown by the browser, where it may be.
    #[serde(default)]
    apri: u8,
    /// With the pictures of foreign HTML that lie elsewhere.
    #[serde(default)]
    immagini: u8,
}

impl How {
    /// Whether the browser is to show it.
    pub(crate) fn is_to_open(&self) -> bool {
        self.apri > 0
    }
}

/// Something attached.
pub(crate) async fn part(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path(place): Path<attached::Place>,
    Query(how): Query<How>,
) -> Answer {
    let Attached { file, .. } = attached(&house, &visitor, &place).await?;
    let shown = shown_as(file.preview).filter(|_| how.is_to_open());
    Ok(given(file.octets, &file.name, shown))
}

/// The HTML of a message, for the frame in its page.
pub(crate) async fn html(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, folder, uid)): Place,
    Query(how): Query<How>,
) -> Answer {
    let read = whole(&house, &visitor, &mailbox, folder, uid).await?;
    let remote = if how.immagini > 0 { Remote::Allowed } else { Remote::Blocked };
    let looked_at = read.looked_at().clone();
    let made = tokio::task::spawn_blocking(move || Message::read(looked_at, Limits::default()).page(remote));
    let page = made.await.map_err(|_| Trouble::Us)?.ok_or(Trouble::NotFound)?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(remote.csp())),
        (HeaderName::from_static("x-frame-options"), HeaderValue::from_static("SAMEORIGIN")),
    ];
    Ok((headers, page.document).into_response())
}
