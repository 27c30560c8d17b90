//! A message: who certified what, the original, what became of it, with its receipts folded under it.

use std::sync::Arc;

use ::holder::{Entry, Filed, SpecialUse, SystemFlags, UidSet, Want};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use bytes::Bytes;
use pec::{Identifier, Kind};
use render::{Limits, Person, Preview, Remote, Run, SignedFile};
use serde::Deserialize;
use verify::Examination;

use super::open::Room;
use crate::answer::{page, to};
use crate::frame::Frame;
use crate::house::House;
use crate::language::Language;
use crate::trouble::{Answer, Trouble};
use crate::view::body::{Card, Signatures, Stretch, cards, stretches};
use crate::view::dates::{When, whole};
use crate::view::fate::{Fate, fate, trip};
use crate::view::folders::called;
use crate::view::mark::notice;
use crate::view::verdict::{Verdict, verdict};
use crate::view::words::capital;
use crate::visitor::Visitor;

/// Receipts and notices of one message that are looked at: five hundred recipients have a thousand.
const RECEIPTS: usize = 2_000;

/// Octets of a signed file that is opened to name its signer beside it, and how many of them are; all open on a page of their own.
const SIGNED: u64 = 20 << 20;
const SIGNED_FILES: usize = 4;

#[derive(Template)]
#[template(path = "mail/message.html")]
struct MessagePage {
    frame: Frame,
    /// `/c/<mailbox>/f/<folder>/<uid>`.
    path: String,
    folder: (String, String),
    subject: String,
    verdict: Option<Verdict>,
    /// What it is, where no verdict says it.
    plain: Option<String>,
    people: Vec<(&'static str, Vec<Person>)>,
    date: Option<When>,
    stretches: Vec<Stretch>,
    is_cut: bool,
    /// The address of its HTML, where it is shown.
    foreign: Option<String>,
    has_html: bool,
    blocked: bool,
    cards: Vec<Card>,
    /// What is attached for programs.
    technical: Vec<Card>,
    trip: Option<Trip>,
    /// The message that a receipt is about.
    about: Option<String>,
    identifier: Option<String>,
    message_id: Option<String>,
    has_original: bool,
    may_send: bool,
    may_change: bool,
    write: String,
    place: String,
    is_flagged: bool,
}

/// What became of a message that was sent from here.
struct Trip {
    sentence: String,
    done: usize,
    all: usize,
    fates: Vec<Fate>,
    /// The receipt of its acceptance.
    accepted: Option<String>,
}

/// How it is shown.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct How {
    /// `testo`: as text where it has HTML too.
    #[serde(default)]
    come: String,
    #[serde(default)]
    immagini: u8,
}

/// A message read whole, and judged where it is one of certified mail.
pub(crate) struct Read {
    pub(crate) entry: Entry,
    pub(crate) octets: Bytes,
    pub(crate) kind: Option<Kind>,
    pub(crate) found: Option<Examination>,
    /// What is in an envelope; of a receipt, what it certifies the delivery of.
    pub(crate) original: Option<Bytes>,
}

impl Read {
    /// What people look at: of an envelope the original, otherwise the message itself.
    pub(crate) fn looked_at(&self) -> &Bytes {
        match (self.kind, &self.original) {
            (Some(Kind::TransportEnvelope | Kind::AnomalyEnvelope), Some(original)) => original,
            _ => &self.octets,
        }
    }
}

/// Reads a message and has it judged, on a thread that may wait.
pub(crate) async fn read(house: &Arc<House>, room: &mut Room, folder: i64, uid: u32) -> Result<Read, Trouble> {
    let folder = room.folder(folder)?.id;
    let entry = room.entry(folder, uid, Want { summary: true, ..Want::default() }).await?;
    let kind = entry.summary.as_ref().and_then(|summary| summary.kind);
    let octets = room.opened.read(entry.message, 0..entry.size).await?.ok_or(Trouble::NotFound)?;
    if kind.is_none() {
        return Ok(Read { entry, octets, kind, found: None, original: None });
    }
    let (house, message) = (house.clone(), octets.clone());
    let judged = tokio::task::spawn_blocking(move || house.judge.judge(&message)).await;
    let (found, original) = judged.map_err(|error| {
        tracing::error!(event = "page-failed", %error);
        Trouble::Us
    })?;
    Ok(Read { entry, octets, kind, found: Some(found), original })
}

pub(crate) async fn message(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, folder, uid)): Path<(String, i64, u32)>,
    Query(how): Query<How>,
) -> Answer {
    let l = visitor.language;
    let mut room = Room::open(&house, &visitor, &mailbox).await?;
    let at = room.folder(folder)?.clone();
    let size = room.entry(at.id, uid, Want::default()).await?.size;
    let _room = house.room_for(3 * size + 3 * size.min(SIGNED)).await;
    let read = read(&house, &mut room, folder, uid).await?;
    if at.special == Some(SpecialUse::Drafts)
        && let Some(name) = read.entry.summary.as_ref().and_then(|summary| draft(&summary.message_id))
    {
        return to(&format!("{}/scrivi/{name}", room.path));
    }
    if !read.entry.flags.system.contains(SystemFlags::SEEN) && room.opened.writable().is_ok() {
        room.opened.seen(at.id, UidSet::from_iter([uid]), u64::MAX).await?;
        // The column counts what is to be read.
        room.folders = room.opened.folders().await?;
    }
    let looked_at = read.looked_at().clone();
    let shown = tokio::task::spawn_blocking(move || {
        let message = render::Message::read(looked_at, Limits::default());
        let shown = message.shown();
        let blocked = shown.has_html && message.page(Remote::Blocked).is_some_and(|page| page.blocked > 0);
        let signatures = signatures(&message, &shown);
        (shown, blocked, signatures)
    });
    let (shown, blocked, signatures) = shown.await.map_err(|_| Trouble::Us)?;
    let path = format!("{}/f/{folder}/{uid}", room.path);
    let summary = read.entry.summary.as_deref();
    let identifier = summary.and_then(|summary| summary.identifier.clone());
    let filed = match &identifier {
        Some(identifier) => room.opened.filed(identifier, RECEIPTS).await?,
        None => Vec::new(),
    };
    let trip = match (&identifier, read.kind) {
        (Some(identifier), None) => self::trip_of(&mut room, identifier, &filed, l).await?,
        _ => None,
    };
    let is_envelope = matches!(read.kind, Some(Kind::TransportEnvelope | Kind::AnomalyEnvelope));
    let about =
        filed.iter().find(|one| one.kind.is_none() && read.kind.is_some() && !is_envelope).map(|one| place(&room, one));
    // A receipt says the same in its text, and is not laid out by a stranger.
    let is_receipt = read.kind.is_some() && !is_envelope;
    let as_text = how.come == "testo" || !shown.has_html || is_receipt;
    let plain = match (read.kind, &trip, at.special) {
        (None, None, special) if special != Some(SpecialUse::Sent) => Some(l.of(
            "Nessun gestore garantisce chi ha scritto né quando.",
            "No provider vouches for who wrote it nor when.",
        )),
        _ => None,
    };
    let subject = match read.kind {
        Some(kind) if !is_envelope => {
            let whole = summary.map_or("", |summary| &summary.subject);
            let (name, subject) = (notice(kind, l), whole.strip_prefix(kind.subject_prefix()).unwrap_or(whole));
            format!("{}: {subject}", capital(name))
        }
        _ if shown.subject.trim().is_empty() => l.no_subject().to_owned(),
        _ => shown.subject.clone(),
    };
    let mut people = vec![(l.from(), shown.from.clone()), (l.to(), shown.to.clone()), (l.cc(), shown.cc.clone())];
    people.retain(|(_, people)| !people.is_empty());
    let images = if how.immagini > 0 { "?immagini=1" } else { "" };
    page(&MessagePage {
        frame: room.frame(&house, &visitor, &subject, Some(at.id)),
        folder: (format!("{}/f/{folder}", room.path), called(&at, l)),
        verdict: read.found.as_ref().map(|found| verdict(found, l)),
        plain: plain.map(str::to_owned),
        people,
        date: shown.date.map(|date| whole(date, l)),
        foreign: (!as_text).then(|| format!("{path}/html{images}")),
        has_html: shown.has_html && !is_receipt,
        blocked: blocked && how.immagini == 0 && !as_text,
        // What a receipt carries is for programs: it stands with the technical details.
        technical: if is_receipt { cards(&shown, &signatures, &path, l) } else { Vec::new() },
        cards: if is_receipt { Vec::new() } else { cards(&shown, &signatures, &path, l) },
        is_cut: shown.cut || shown.text.cut,
        stretches: if as_text { stretches(&shown) } else { Vec::new() },
        trip,
        about,
        identifier: identifier.map(|identifier| identifier.to_string()),
        message_id: summary.map(|summary| summary.message_id.clone()).filter(|id| !id.is_empty()),
        has_original: read.original.is_some(),
        may_send: room.opened.rights().send,
        may_change: room.opened.writable().is_ok(),
        write: format!("{}/scrivi", room.path),
        place: format!("{folder}.{uid}"),
        is_flagged: read.entry.flags.system.contains(SystemFlags::FLAGGED),
        subject,
        path,
    })
}

/// Who signed the first few signed files, one file in memory at a time.
fn signatures(message: &render::Message, shown: &render::Shown) -> Signatures {
    let small = shown.attachments.iter().filter(|file| file.preview == Preview::Signed && file.length <= SIGNED);
    let opened = small.take(SIGNED_FILES).filter_map(|file| {
        let opened = SignedFile::open(&file.name, &message.part(&file.path)?, &Limits::default()).ok()?;
        Some((file.path.clone(), opened.signatures))
    });
    opened.collect()
}

/// The name of a draft that has a form.
fn draft(message_id: &str) -> Option<String> {
    let id = crate::letter::bare(message_id);
    let name = id.split('@').next()?;
    crate::letter::is_name(name).then(|| name.to_owned())
}

fn place(room: &Room, filed: &Filed) -> String {
    format!("{}/f/{}/{}", room.path, filed.folder.0, filed.uid)
}

async fn trip_of(
    room: &mut Room,
    identifier: &Identifier,
    filed: &[Filed],
    l: Language,
) -> Result<Option<Trip>, Trouble> {
    let fates = room.opened.fates(identifier).await?;
    if fates.is_empty() {
        return Ok(None);
    }
    let receipt = |id: &str| filed.iter().find(|one| one.message_id == id).map(|one| place(room, one));
    let accepted = filed.iter().find(|one| one.kind == Some(Kind::Acceptance)).map(|one| place(room, one));
    let done = fates.iter().filter(|fate| fate.state == ::holder::State::Delivered).count();
    Ok(Some(Trip {
        sentence: trip(&fates, room.now, l),
        done,
        all: fates.len(),
        fates: fates.iter().map(|one| fate(one, room.now, l, receipt)).collect(),
        accepted,
    }))
}
