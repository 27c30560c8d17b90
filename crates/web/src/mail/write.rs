//! Writing a message: a form, a draft that mail programs see, and the act of sending, which happens once.
//!
//! A message has its Message-ID from its first draft on. Sending looks whether the same was sent before: who goes back and sends again, or
//! sends twice at once, sends once.

mod form;
mod sending;

use std::sync::Arc;

use ::holder::{By, Entry, Letter as Stored, SpecialUse, SystemFlags, UidSet, Want};
use askama::Template;
use axum::extract::{Extension, Multipart, Path, Query, RawForm, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use axum::response::IntoResponse;
use pec::ReceiptType;
use serde::Deserialize;

use self::form::Form;
use super::open::Room;
use crate::answer::{page, to};
use crate::frame::Frame;
use crate::house::House;
use crate::language::Language;
use crate::letter::{File, Letter, bare, draw_name, is_name, typed};
use crate::trouble::{Answer, Trouble};
use crate::view::chip::{Chip, chip};
use crate::view::dates::near;
use crate::view::quoting;
use crate::view::sizes::size;
use crate::visitor::{Visitor, escaped};

/// Octets of a form with all its files.
pub(crate) const MOST: usize = 150 << 20;
/// Drafts among which one is looked for.
const DRAFTS: usize = 500;

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
    limit: u64,
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

/// The Message-ID of a message of this name.
fn identifier(room: &Room, name: &str) -> Result<String, Trouble> {
    let domain = room.opened.mailbox().address.domain_key();
    if is_name(name) { Ok(format!("{name}@{domain}")) } else { Err(Trouble::NotFound) }
}

/// The draft with this Message-ID.
async fn draft(room: &mut Room, id: &str) -> Result<Option<Entry>, Trouble> {
    let Some(drafts) = room.special(SpecialUse::Drafts).map(|folder| folder.id) else { return Ok(None) };
    let want = Want { summary: true, ..Want::default() };
    let found = room.opened.newest(drafts, None, ::holder::Listed::All, want, DRAFTS).await?;
    let is_it = |entry: &Entry| entry.summary.as_ref().is_some_and(|summary| bare(&summary.message_id) == id);
    Ok(found.entries.into_iter().find(is_it))
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
    if sending::was_sent(&mut room, &id).await? {
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
    let chips = |text: &str| typed(text).into_iter().map(|one| chip(one, &*context.directory, l)).collect::<Vec<_>>();
    let drafts = room.special(SpecialUse::Drafts).map(|folder| folder.id);
    let heading = if version == 0 { l.new_message() } else { l.draft() };
    let octets: usize = letter.files.iter().map(|file| file.octets.len()).sum::<usize>() + letter.body.len();
    let known = room.opened.correspondents("", 50).await?;
    let limits = context.limits;
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
        limit: limits.product as u64,
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
    RawQuery(query): RawQuery,
) -> Answer {
    let l = visitor.language;
    let context = house.provider.context();
    let query = query.unwrap_or_default();
    let asked = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "a");
    let asked = asked.map(|(_, address)| address.into_owned()).collect::<Vec<_>>().join(",");
    let chips = typed(&asked).into_iter().take(1000).map(|one| chip(one, &*context.directory, l)).collect();
    page(&Chips { frame: Frame::bare(&house, &visitor, ""), l, chips })
}

/// A letter as it stands before a form changes it.
struct Before {
    letter: Letter,
    /// Its draft.
    entry: Option<Entry>,
}

impl Before {
    async fn read(house: &House, room: &mut Room, name: &str, form: &Form) -> Result<Self, Trouble> {
        let id = identifier(room, name)?;
        let entry = draft(room, &id).await?;
        let from = room.opened.mailbox().address.clone();
        let mut letter = match &entry {
            Some(entry) => {
                let octets = room.opened.read(entry.message, 0..entry.size).await?.ok_or(Trouble::NotFound)?;
                Letter::read(&octets, from)
            }
            None => Letter::new(id, from),
        };
        if entry.is_none()
            && let Some((folder, uid)) = form.forwards.as_deref().and_then(form::place)
        {
            let answered = quoting::answered(house, room, folder, uid).await?;
            let media = "application/octet-stream".into();
            letter.files.push(File { name: answered.file_name(), media, octets: answered.message });
        }
        Ok(Self { letter, entry })
    }

    /// Whether the form was made of this draft, or the same window has saved it since.
    fn is_known_to(&self, form: &Form) -> bool {
        let version = self.entry.as_ref().map_or(0, |entry| entry.uid);
        form.version == version || (!form.window.is_empty() && form.window == self.letter.window)
    }

    fn uid(&self) -> Option<u32> {
        self.entry.as_ref().map(|entry| entry.uid)
    }
}

/// Octets for which there must be room while a form is read: itself, the draft before it, and what is made of both.
async fn needed(room: &mut Room, name: &str, headers: &HeaderMap) -> Result<u64, Trouble> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let id = identifier(room, name)?;
    let before = draft(room, &id).await?.map_or(0, |entry| entry.size);
    Ok(2 * (length.unwrap_or(MOST as u64) + before))
}

/// Saves the draft in place of the one before; its UID.
async fn save(room: &mut Room, letter: &Letter, before: Option<u32>) -> Result<u32, Trouble> {
    let drafts = room.special(SpecialUse::Drafts).ok_or(Trouble::NotFound)?.id;
    let failed = |error: std::io::Error| {
        tracing::error!(event = "page-failed", %error, "a draft could not be written");
        Trouble::Us
    };
    let flags = ::holder::Flags { system: SystemFlags::DRAFT.with(SystemFlags::SEEN), ..Default::default() };
    let stored = Stored { message: letter.draft(room.now).map_err(failed)?, flags, at: room.now };
    let uid = room.opened.append(drafts, vec![stored], room.now).await?.first().copied().ok_or(Trouble::Us)?;
    if let Some(before) = before {
        remove(room, drafts, before).await?;
    }
    Ok(uid)
}

async fn remove(room: &mut Room, folder: ::holder::FolderId, uid: u32) -> Result<(), Trouble> {
    let by = By { door: "web", at: room.now };
    room.opened.expunge(folder, &UidSet::from_iter([uid]), by).await?;
    Ok(())
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
    if !before.is_known_to(&form) || sending::was_sent(&mut room, &before.letter.id).await? {
        return Ok((StatusCode::CONFLICT, plain, l.draft_gone()).into_response());
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
    if !before.is_known_to(&form) || sending::was_sent(&mut room, &before.letter.id).await? {
        let plain = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
        return Ok((StatusCode::CONFLICT, plain, l.draft_gone()).into_response());
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
    if sending::was_sent(&mut room, &old.letter.id).await? {
        return gone();
    }
    let (is_same, before) = (old.is_known_to(&form), old.uid());
    let mut letter = old.letter;
    form.apply(&mut letter);
    if form.act == "discard" {
        if let (Some(drafts), Some(before)) = (room.special(SpecialUse::Drafts).map(|folder| folder.id), before) {
            remove(&mut room, drafts, before).await?;
        }
        return to(&room.path);
    }
    // Another window saved meanwhile: nothing of either is lost.
    let uid = save(&mut room, &letter, before.filter(|_| is_same)).await?;
    if !is_same {
        let said = l.of(
            "Questa bozza è stata cambiata anche in un’altra finestra: le due versioni sono tutte e due fra le bozze. Controlla quale vale.",
            "This draft was changed in another window too: both versions are among the drafts. Look which one holds.",
        );
        let trouble = Some(said.to_owned());
        return shown(&house, &visitor, &mut room, Shown { trouble, ..Shown::of(&name, letter, uid) }).await;
    }
    if form.act != "send" {
        return to(&format!("{}/scrivi/{name}", room.path));
    }
    let trouble = match letter.recipients() {
        Err(wrong) => Some(l.of(
            format!("Questi non sono indirizzi: {}. Nulla è stato inviato.", wrong.join(", ")),
            format!("These are no addresses: {}. Nothing was sent.", wrong.join(", ")),
        )),
        Ok(recipients) if recipients.is_empty() => Some(l.no_recipient().to_owned()),
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
                let sent = room.special(SpecialUse::Sent).map(|folder| folder.id.0);
                return to(&sent.map_or_else(|| room.path.clone(), |sent| format!("{}/f/{sent}", room.path)));
            }
            sending::Sent::Not(why) => Some(why),
        },
    };
    shown(&house, &visitor, &mut room, Shown { trouble, ..Shown::of(&name, letter, uid) }).await
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
