//! A folder as a list, the newest first: pages of fifty, however many messages it has.

use std::sync::Arc;

use ::holder::{Entry, Folder, FolderId, Listed, Opened, SpecialUse, Want};
use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use axum::http::header::HeaderMap;
use pec::Moment;
use pec::mime::Structure;
use serde::Deserialize;

use super::open::Room;
use crate::answer::page;
use crate::frame::Frame;
use crate::house::House;
use crate::language::Language;
use crate::trouble::{Answer, Trouble};
use crate::view::folders::called;
use crate::view::row::{Day, Place, READ, Row, Rows, days, original};
use crate::visitor::Visitor;

/// Messages of a page.
pub(crate) const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "mail/list.html")]
struct ListPage {
    frame: Frame,
    heading: String,
    about: String,
    /// Address, words, whether it is this one.
    tabs: Vec<(String, &'static str, bool)>,
    /// Where the form goes.
    actions: String,
    rows: RowsPart,
    /// Folders to move to: number and name.
    targets: Vec<(i64, String)>,
    may_change: bool,
    is_trash: bool,
    /// Where changes are told.
    live: String,
    empty: String,
}

/// Rows, and where they go on; also by themselves, for a page that is there.
#[derive(Template)]
#[template(path = "parts/rows.html")]
pub(crate) struct RowsPart {
    pub(crate) frame: Frame,
    pub(crate) l: Language,
    pub(crate) days: Vec<Day>,
    pub(crate) next: Option<String>,
    /// Whether rows are chosen.
    pub(crate) chosen: bool,
}

/// Which part of it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    mostra: String,
    sotto: Option<u32>,
}

pub(crate) async fn inbox(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path(mailbox): Path<String>,
    headers: HeaderMap,
    query: Query<Which>,
) -> Answer {
    let room = Room::open(&house, &visitor, &mailbox).await?;
    let inbox = room.folders.iter().find(|folder| folder.name == "INBOX").ok_or(Trouble::NotFound)?.id;
    shown(&house, &visitor, room, inbox, &headers, &query).await
}

pub(crate) async fn folder(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, folder)): Path<(String, i64)>,
    headers: HeaderMap,
    query: Query<Which>,
) -> Answer {
    let room = Room::open(&house, &visitor, &mailbox).await?;
    shown(&house, &visitor, room, FolderId(folder), &headers, &query).await
}

/// What rows of a folder are about.
pub(crate) fn place(folder: &Folder) -> Place {
    match folder.special {
        Some(SpecialUse::Sent) => Place::Sent,
        Some(SpecialUse::Drafts) => Place::Drafts,
        _ => Place::Came,
    }
}

async fn shown(
    house: &House,
    visitor: &Visitor,
    mut room: Room,
    id: FolderId,
    headers: &HeaderMap,
    which: &Which,
) -> Answer {
    let l = visitor.language;
    let folder = room.folder(id.0)?.clone();
    let listed = match which.mostra.as_str() {
        "messaggi" => Listed::Messages,
        "ricevute" => Listed::Receipts,
        _ => Listed::All,
    };
    let path = format!("{}/f/{}", room.path, id.0);
    let want = Want { summary: true, structure: true, header: false };
    let newest = room.opened.newest(id, which.sotto, listed, want, PAGE).await?;
    let rows = rows(&mut room.opened, &path, place(&folder), newest.entries, l).await?;
    let name = called(&folder, l);
    let frame = room.frame(house, visitor, &name, Some(id));
    let next = newest.next.map(|below| match which.mostra.as_str() {
        "messaggi" | "ricevute" => format!("{path}?mostra={}&sotto={below}", which.mostra),
        _ => format!("{path}?sotto={below}"),
    });
    let rows = RowsPart { frame: frame.clone(), l, days: days(rows, room.now, l), next, chosen: true };
    if headers.contains_key("hx-request") {
        return page(&rows);
    }
    let tab = |mostra: &str, words, is| {
        let query = if mostra.is_empty() { String::new() } else { format!("?mostra={mostra}") };
        (format!("{path}{query}"), words, is)
    };
    let tabs = match place(&folder) {
        Place::Came => vec![
            tab("", l.all_messages(), listed == Listed::All),
            tab("messaggi", l.messages_only(), listed == Listed::Messages),
            tab("ricevute", l.receipts(), listed == Listed::Receipts),
        ],
        Place::Sent | Place::Drafts => Vec::new(),
    };
    let targets = room.folders.iter().filter(|other| other.id != id).map(|other| (other.id.0, called(other, l)));
    let address = room.opened.mailbox().address.clone();
    let empty = match place(&folder) {
        Place::Came if folder.name == "INBOX" => l.of(
            format!("I messaggi che arrivano a {address} compaiono qui da soli."),
            format!("Messages that arrive for {address} appear here by themselves."),
        ),
        Place::Drafts => l.of("Ciò che scrivi si salva qui.", "What you write is saved here.").to_owned(),
        Place::Sent => l.of("Qui resta una copia di ciò che invii.", "A copy of what you send stays here.").to_owned(),
        Place::Came => l.of("Questa cartella è vuota.", "This folder is empty.").to_owned(),
    };
    page(&ListPage {
        frame,
        heading: name,
        about: about(&folder, l),
        tabs,
        actions: format!("{path}/azioni"),
        rows,
        targets: targets.collect(),
        may_change: room.opened.writable().is_ok(),
        is_trash: folder.special == Some(SpecialUse::Trash),
        live: format!("{}/cambiamenti?cartella={}", room.path, id.0),
        empty,
    })
}

fn about(folder: &Folder, l: Language) -> String {
    let (unseen, messages) = (folder.unseen, folder.messages);
    let time = l.italian_time();
    match unseen {
        0 => l.of(format!("{messages} messaggi · {time}"), format!("{messages} messages · {time}")),
        _ => l.of(
            format!("{unseen} da leggere su {messages} · {time}"),
            format!("{unseen} unread of {messages} · {time}"),
        ),
    }
}

/// Rows of entries, with the beginnings of their texts, which are read together.
pub(crate) async fn rows(
    opened: &mut Opened,
    path: &str,
    place: Place,
    entries: Vec<Entry>,
    l: Language,
) -> Result<Vec<(Moment, Row)>, Trouble> {
    let structures: Vec<Option<Structure>> = entries
        .iter()
        .map(|entry| entry.structure.as_ref().and_then(|kept| Structure::from_bytes(kept).ok()))
        .collect();
    let mut wanted = Vec::new();
    for (entry, structure) in entries.iter().zip(&structures) {
        let kind = entry.summary.as_ref().and_then(|summary| summary.kind);
        let text = structure.as_ref().and_then(|structure| original(structure, kind).first_text());
        let range =
            text.map_or(0..0, |text| text.body().start as u64..text.body().end.min(text.body().start + READ) as u64);
        wanted.push((entry.message, range));
    }
    let coming = opened.read_ahead(wanted).await?;
    let beginnings = opened.arrived(coming).await?;
    let identifiers = match place {
        Place::Sent => entries.iter().filter_map(|entry| entry.summary.as_ref()?.identifier.clone()).collect(),
        Place::Came | Place::Drafts => Vec::new(),
    };
    let fates = if identifiers.is_empty() { Vec::new() } else { opened.fates_counted(identifiers).await? };
    let with = Rows { path, place, fates: &fates, l };
    let rows = entries.iter().zip(&structures).zip(beginnings).map(|((entry, structure), beginning)| {
        let beginning = beginning.ok().flatten();
        (entry.internal_date, with.row(entry, structure.as_ref(), beginning.as_ref()))
    });
    Ok(rows.collect())
}
