//! Writing a message: a form, a draft that mail programs see, and the act of sending, which happens once.
//!
//! A message has its Message-ID from its first draft on. Sending looks whether the same was sent before: who goes back and sends again, or
//! sends twice at once, sends once.

mod drafts;
mod form;
mod sending;

use std::sync::Arc;

use ::holder::SpecialUse;
use askama::Template;
use axum::extract::{Extension, Multipart, Path, Query, RawForm, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::response::IntoResponse;
use pec::ReceiptType;
use serde::Deserialize;

use self::drafts::{Before, draft, identifier, needed, remove, save};
use self::form::Form;
pub(crate) use self::form::MOST;
use super::open::Room;
use crate::answer::{page, to};
use crate::frame::Frame;
use crate::house::House;
use crate::language::Language;
use crate::letter::{Letter, draw_name, typed};
use crate::trouble::{Answer, Trouble};
use crate::view::chip::{Chip, chip};
use crate::view::dates::near;
use crate::view::quoting;
use crate::view::sizes::size;
use crate::visitor::{Visitor, escaped};

/// Addresses that are asked about at once.
const ASKED: usize = 100;

#[derive(Template)]
#[template(path = "mail/write.html")]
struct WritePage {
    frame: Frame,
    heading: &'static str,
    action: String,
    check: String,
    letter: Letter,
    /// The UID of the draft that it is; 0: none yet.
    version: u32,
    /// The name of this window.
    window: String,
    saved: Option<String>,
    to: Vec<Chip>,
    cc: Vec<Chip>,
    /// Place, name, octets in words and as a number.
    files: Vec<(usize, String, String, usize)>,
    forwards: Option<String>,
    trouble: Option<String>,
    /// Whether a forgotten file was asked about.
    asked: bool,
    known: Vec<String>,
    /// Recipients of one message, and what is said of more.
    most: usize,
    too_many: String,
    limit: u64,
    /// Octets of the message alone, and what is said of a file above them.
    each: u64,
    too_large: String,
    size: String,
    /// Value, name, meaning, whether it is chosen.
    receipts: [(&'static str, &'static str, &'static str, bool); 3],
}

/// With what it begins.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Beginning {
    /// A message that is answered: `folder.uid`.
    rispondi: Option<String>,
    /// Whether everybody is.
    #[serde(default)]
    tutti: u8,
    /// A message that is passed on.
    inoltra: Option<String>,
    /// Recipients.
    #[serde(default)]
    a: String,
}

/// A new message has a name before it has a draft: it is in its address.
pub(crate) async fn begin(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path(mailbox): Path<String>,
    Query(beginning): Query<Beginning>,
) -> Answer {
    let room = Room::open(&house, &visitor, &mailbox).await?;
    let mut query = format!("a={}", escaped(&beginning.a));
    for (name, value) in [("rispondi", &beginning.rispondi), ("inoltra", &beginning.inoltra)] {
        if let Some(value) = value {
            query.push_str(&format!("&{name}={}&tutti={}", escaped(value), beginning.tutti));
        }
    }
    to(&format!("{}/scrivi/{}?{query}", room.path, draw_name()?))
}

/// A draft of a mail program's has a Message-ID of its own: its form is found by its place.
pub(crate) async fn form(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, name)): Path<(String, String)>,
    Query(beginning): Query<Beginning>,
) -> Answer {
    let l = visitor.language;
    let mut room = Room::open(&house, &visitor, &mailbox).await?;
    let id = identifier(&room, &name)?;
    let from = room.opened.mailbox().address.clone();
    if let Some(entry) = draft(&mut room, &id).await? {
        let _room = house.room_for(entry.size).await;
        let octets = room.opened.read(entry.message, 0..entry.size).await?.ok_or(Trouble::NotFound)?;
        let saved = near(entry.saved, room.now, l).words;
        let saved = l.of(format!("Bozza salvata: {saved}"), format!("Draft saved: {saved}"));
        let letter = Letter::read(&octets, from);
        return shown(&house, &visitor, &mut room, Shown { saved: Some(saved), ..Shown::of(&name, letter, entry.uid) })
            .await;
    }
    if sending::sent(&mut room, &id).await?.is_some() {
        return gone();
    }
    let mut letter = Letter { to: beginning.a.clone(), ..Letter::new(id, from) };
    let mut forwards = None;
    for (place, is_forward) in [(&beginning.rispondi, false), (&beginning.inoltra, true)] {
        let Some((folder, uid)) = place.as_deref().and_then(form::place) else { continue };
        let answered = quoting::answered(&house, &mut room, folder, uid).await?;
        quoting::begin(&mut letter, &answered, is_forward, beginning.tutti > 0, l);
        forwards = is_forward.then(|| place.clone()).flatten();
    }
    shown(&house, &visitor, &mut room, Shown { forwards, ..Shown::of(&name, letter, 0) }).await
}

fn gone() -> Answer {
    let (it, en) = (Language::It.draft_gone(), Language::En.draft_gone());
    Err(Trouble::Refused(it.to_owned(), en.to_owned()))
}

/// What a form is shown with.
struct Shown<'a> {
    name: &'a str,
    letter: Letter,
    version: u32,
    saved: Option<String>,
    forwards: Option<String>,
    trouble: Option<String>,
    asked: bool,
}

impl<'a> Shown<'a> {
    fn of(name: &'a str, letter: Letter, version: u32) -> Self {
        Self { name, letter, version, saved: None, forwards: None, trouble: None, asked: false }
    }
}

async fn shown(house: &House, visitor: &Visitor, room: &mut Room, with: Shown<'_>) -> Answer {
    let l = visitor.language;
    let Shown { name, letter, version, saved, forwards, trouble, asked } = with;
    let context = house.provider.context();
    let limits = context.limits;
    // More than a message may have stay in their field: a chip each would be too much for a page.
    let chips = |text: &str| {
        let first = typed(text).into_iter().take(limits.recipients);
        first.map(|one| chip(one, &*context.directory, l)).collect::<Vec<_>>()
    };
    let drafts = room.special(SpecialUse::Drafts).map(|folder| folder.id);
    let heading = if version == 0 { l.new_message() } else { l.draft() };
    let octets: usize = letter.files.iter().map(|file| file.octets.len()).sum::<usize>() + letter.body.len();
    let known = room.opened.correspondents("", 50).await?;
    let each = limits.message.min(limits.product) as u64;
    page(&WritePage {
        frame: room.frame(house, visitor, heading, drafts),
        heading,
        action: format!("{}/scrivi/{name}", room.path),
        check: format!("{}/scrivi/destinatari", room.path),
        to: chips(&letter.to),
        cc: chips(&letter.cc),
        files: listed(&letter, l),
        version,
        window: draw_name()?,
        saved,
        forwards,
        trouble,
        asked,
        known: known.iter().map(ToString::to_string).collect(),
        most: limits.recipients,
        too_many: l.of(
            format!("Un messaggio ha al massimo {} destinatari: quelli in più restano scritti nel loro campo, dividili fra più messaggi.", limits.recipients),
            format!("A message has {} recipients at most: the others stay typed in their field, divide them among several messages.", limits.recipients),
        ),
        limit: limits.product as u64,
        each,
        too_large: {
            let all = size(each, l);
            l.of(
                format!("Troppo grande: con la codifica si arriva al massimo a {all}. Il resto della bozza è al suo posto."),
                format!("Too large: encoded, {all} is the most. The rest of the draft is in its place."),
            )
        },
        receipts: receipts(letter.receipt, l),
        size: {
            // Encoded, a file takes a third more.
            let encoded = (octets as u64).saturating_mul(137) / 100;
            let (used, all) = (size(encoded, l), size(limits.product as u64, l));
            l.of(
                format!("{used} di {all} con la codifica, per tutti i destinatari"),
                format!("{used} of {all} encoded, for all recipients"),
            )
        },
        letter,
    })
}

#[derive(Template)]
#[template(path = "parts/chips.html")]
struct Chips {
    frame: Frame,
    l: Language,
    chips: Vec<Chip>,
}

/// Which addresses are certified, before anything is sent.
pub(crate) async fn check(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path(mailbox): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let l = visitor.language;
    Room::open(&house, &visitor, &mailbox).await?;
    let context = house.provider.context();
    let query = query.unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "a");
    let asked = asked.map(|(_, address)| address.into_owned()).collect::<Vec<_>>().join(",");
    let chips = typed(&asked).into_iter().take(ASKED).map(|one| chip(one, &*context.directory, l)).collect();
    page(&Chips { frame: Frame::bare(&house, &visitor, ""), l, chips })
}

pub(crate) async fn autosave(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, name)): Path<(String, String)>,
    headers: HeaderMap,
    RawForm(words): RawForm,
) -> Answer {
    let l = visitor.language;
    let mut room = Room::open(&house, &visitor, &mailbox).await?;
    let _room = house.room_for(needed(&mut room, &name, &headers).await?).await;
    let form = Form::read_words(&words);
    let _alone = house.letter(&name).await;
    let mut before = Before::read(&house, &mut room, &name, &form).await?;
    let plain = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    if before.is_sent || !before.is_known_to(&form) {
        return Ok((StatusCode::CONFLICT, plain, l.draft_elsewhere()).into_response());
    }
    form.apply(&mut before.letter);
    let uid = save(&mut room, &before.letter, before.uid()).await?;
    let at = near(room.now, room.now, l).words;
    let said = l.of(format!("Bozza salvata alle {at}"), format!("Draft saved at {at}"));
    Ok((plain, [("draft-version", uid.to_string())], said).into_response())
}

#[derive(Template)]
#[template(path = "parts/files.html")]
struct Files {
    frame: Frame,
    l: Language,
    files: Vec<(usize, String, String, usize)>,
}

/// Files as a script sends them, one by one: each becomes part of the draft.
pub(crate) async fn attach(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, name)): Path<(String, String)>,
    headers: HeaderMap,
    multipart: Multipart,
) -> Answer {
    let l = visitor.language;
    let mut room = Room::open(&house, &visitor, &mailbox).await?;
    let _room = house.room_for(needed(&mut room, &name, &headers).await?).await;
    let form = Form::read(multipart).await?;
    let _alone = house.letter(&name).await;
    let mut before = Before::read(&house, &mut room, &name, &form).await?;
    if before.is_sent || !before.is_known_to(&form) {
        let plain = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
        return Ok((StatusCode::CONFLICT, plain, l.draft_elsewhere()).into_response());
    }
    let known = before.letter.files.len();
    form.attach(&mut before.letter);
    before.letter.window.clone_from(&form.window);
    let uid = save(&mut room, &before.letter, before.uid()).await?;
    let files = listed(&before.letter, l).split_off(known);
    let card = page(&Files { frame: Frame::bare(&house, &visitor, ""), l, files })?;
    Ok(([("draft-version", uid.to_string())], card).into_response())
}

/// The files of a letter: place, name, octets in words and as a number.
fn listed(letter: &Letter, l: Language) -> Vec<(usize, String, String, usize)> {
    let files = letter.files.iter().enumerate();
    files.map(|(at, file)| (at, file.name.clone(), size(file.octets.len() as u64, l), file.octets.len())).collect()
}

pub(crate) async fn act(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, name)): Path<(String, String)>,
    headers: HeaderMap,
    multipart: Multipart,
) -> Answer {
    let l = visitor.language;
    let mut room = Room::open(&house, &visitor, &mailbox).await?;
    let _room = house.room_for(needed(&mut room, &name, &headers).await?).await;
    let form = Form::read(multipart).await?;
    let _alone = house.letter(&name).await;
    let old = Before::read(&house, &mut room, &name, &form).await?;
    let (is_same, is_sent, before) = (old.is_known_to(&form), old.is_sent, old.uid());
    let mut letter = old.letter.clone();
    form.apply(&mut letter);
    if form.act == "discard" {
        if let (Some(drafts), Some(before)) = (room.special(SpecialUse::Drafts).map(|folder| folder.id), before) {
            remove(&mut room, drafts, before).await?;
        }
        return to(&room.path);
    }
    // Who sends again what went already finds it where it is.
    if is_sent && letter.says_the_same(&old.letter) {
        return to_sent(&room);
    }
    if is_sent || !is_same {
        // Nothing of either window is lost: what stands in this one goes on under a name of its own.
        let name = draw_name()?;
        letter.id = identifier(&room, &name)?;
        let uid = save(&mut room, &letter, None).await?;
        let said = if is_sent { l.sent_meanwhile() } else { l.changed_meanwhile() };
        let trouble = Some(said.to_owned());
        return shown(&house, &visitor, &mut room, Shown { trouble, ..Shown::of(&name, letter, uid) }).await;
    }
    let uid = save(&mut room, &letter, before).await?;
    if form.act != "send" {
        return to(&format!("{}/scrivi/{name}", room.path));
    }
    let most = house.provider.context().limits.recipients;
    let trouble = match letter.recipients() {
        Err(wrong) => Some(l.of(
            format!("Questi non sono indirizzi: {}. Nulla è stato inviato.", some(&wrong)),
            format!("These are no addresses: {}. Nothing was sent.", some(&wrong)),
        )),
        Ok(recipients) if recipients.is_empty() => Some(l.no_recipient().to_owned()),
        Ok(recipients) if recipients.len() > most => Some(too_many(recipients.len(), most, l)),
        Ok(_) if letter.forgets_a_file() && !form.asked => {
            let trouble = Some(l.forgotten().to_owned());
            return shown(&house, &visitor, &mut room, Shown { trouble, asked: true, ..Shown::of(&name, letter, uid) })
                .await;
        }
        Ok(recipients) => match sending::send(&house, &visitor, &mut room, &letter, recipients).await? {
            sending::Sent::Accepted => {
                if let Some(drafts) = room.special(SpecialUse::Drafts).map(|folder| folder.id) {
                    remove(&mut room, drafts, uid).await?;
                }
                return to_sent(&room);
            }
            sending::Sent::Not(why) => Some(why),
        },
    };
    shown(&house, &visitor, &mut room, Shown { trouble, ..Shown::of(&name, letter, uid) }).await
}

/// Leads to what was sent.
fn to_sent(room: &Room) -> Answer {
    let sent = room.special(SpecialUse::Sent).map(|folder| folder.id.0);
    to(&sent.map_or_else(|| room.path.clone(), |sent| format!("{}/f/{sent}", room.path)))
}

/// The first few of what may be thousands.
fn some(all: &[String]) -> String {
    const SHOWN: usize = 5;
    let first =
        all.iter().take(SHOWN).map(|one| one.chars().take(100).collect::<String>()).collect::<Vec<_>>().join(", ");
    if all.len() > SHOWN { format!("{first}, … ({})", all.len()) } else { first }
}

fn too_many(recipients: usize, most: usize, l: Language) -> String {
    l.of(
        format!("Sono {recipients} destinatari, e un messaggio ne ha al massimo {most}: dividili fra più messaggi. Nulla è stato inviato, e sono tutti nella bozza."),
        format!("These are {recipients} recipients, and a message has {most} at most: divide them among several messages. Nothing was sent, and all are in the draft."),
    )
}

/// The kinds of receipts, with what they mean.
fn receipts(chosen: ReceiptType, l: Language) -> [(&'static str, &'static str, &'static str, bool); 3] {
    [
        (ReceiptType::Complete, l.receipt_complete(), l.receipt_complete_says()),
        (ReceiptType::Brief, l.receipt_brief(), l.receipt_brief_says()),
        (ReceiptType::Concise, l.receipt_concise(), l.receipt_concise_says()),
    ]
    .map(|(kind, name, says)| (kind.as_str(), name, says, kind == chosen))
}
