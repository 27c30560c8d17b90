//! Who certified what, for everybody: a file is dropped and judged, and nothing of it is kept.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use askama::Template;
use axum::extract::{Extension, Multipart, State};
use bytes::Bytes;
use guard::Peer;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::answer::page;
use crate::frame::Frame;
use crate::house::House;
use crate::trouble::{Answer, Trouble};
use crate::view::verdict::{Verdict, verdict};
use crate::visitor::{From, Visitor};

/// Octets of a file.
pub(crate) const MOST: usize = 60 << 20;
/// Files of strangers that are in memory at once: each takes as much as it is long, twice.
static AT_ONCE: Semaphore = Semaphore::const_new(4);
/// Who has one there: one of each peer, or few would keep all others out by sending slowly.
static PEERS: LazyLock<Mutex<HashSet<Peer>>> = LazyLock::new(Mutex::default);
/// Time for sending a file.
const PATIENCE: Duration = Duration::from_secs(60);

/// The place of a peer's file, until dropped.
struct Turn(Peer);

impl Turn {
    /// `None`: another file of the peer is there.
    fn of(peer: Peer) -> Option<Self> {
        PEERS.lock().unwrap_or_else(PoisonError::into_inner).insert(peer).then(|| Self(peer))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        PEERS.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

#[derive(Template)]
#[template(path = "public/verifier.html")]
struct VerifierPage {
    frame: Frame,
    name: String,
    verdict: Option<Verdict>,
    trouble: Option<&'static str>,
}

fn empty(house: &House, visitor: &Visitor) -> VerifierPage {
    let l = visitor.language;
    VerifierPage {
        frame: Frame::public(house, visitor, l.verifier()),
        name: String::new(),
        verdict: None,
        trouble: None,
    }
}

pub(crate) async fn form(State(house): State<Arc<House>>, Extension(visitor): Extension<Visitor>) -> Answer {
    page(&empty(&house, &visitor))
}

pub(crate) async fn verify(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Extension(From(peer)): Extension<From>,
    multipart: Multipart,
) -> Answer {
    let l = visitor.language;
    // An office behind one address is many who are logged in.
    let _own = match visitor.browsing {
        None => Some(Turn::of(Peer::from(peer.ip())).ok_or(Trouble::TooMuch)?),
        Some(_) => None,
    };
    // Never closed.
    let _turn = AT_ONCE.acquire().await.map_err(|_| Trouble::Us)?;
    let dropped = timeout(PATIENCE, dropped(multipart)).await.map_err(|_| Trouble::TooSlow)??;
    let mut shown = empty(&house, &visitor);
    let Some((name, octets)) = dropped.filter(|(name, octets)| !(name.is_empty() && octets.is_empty())) else {
        shown.trouble = Some(l.nothing_dropped());
        return page(&shown);
    };
    let judge = house.clone();
    let judged = tokio::task::spawn_blocking(move || judge.judge.judge(&octets).0);
    let found = judged.await.map_err(|_| Trouble::Us)?;
    metrics::counter!("sigillo_verified_for_strangers_total", "verdict" => found.verdict.name()).increment(1);
    (shown.name, shown.verdict) = (name, Some(verdict(&found, l)));
    page(&shown)
}

/// The file in a form, and its name.
async fn dropped(mut multipart: Multipart) -> Result<Option<(String, Bytes)>, Trouble> {
    let mut dropped = None;
    while let Some(field) = multipart.next_field().await.map_err(failed)? {
        if field.name() == Some("file") {
            let name =
                field.file_name().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect::<String>();
            dropped = Some((name, field.bytes().await.map_err(failed)?));
        }
    }
    Ok(dropped)
}

fn failed(error: axum::extract::multipart::MultipartError) -> Trouble {
    if error.status().as_u16() == 413 { Trouble::TooLarge } else { Trouble::Wrong }
}
