//! Drafts: found by the Message-ID that each keeps, and changed by one window at a time.

use ::holder::{By, Entry, Flags, FolderId, Letter as Stored, Listed, SpecialUse, SystemFlags, UidSet, Want};
use axum::http::header::{CONTENT_LENGTH, HeaderMap};

use super::super::open::Room;
use super::form::{self, Form, MOST};
use super::sending;
use crate::house::House;
use crate::letter::{File, Letter, bare, is_name};
use crate::trouble::Trouble;
use crate::view::quoting;

/// Drafts among which one is looked for.
const DRAFTS: usize = 500;

/// The Message-ID of a message of this name.
pub(super) fn identifier(room: &Room, name: &str) -> Result<String, Trouble> {
    let domain = room.opened.mailbox().address.domain_key();
    if is_name(name) { Ok(format!("{name}@{domain}")) } else { Err(Trouble::NotFound) }
}

/// The draft with this Message-ID.
pub(super) async fn draft(room: &mut Room, id: &str) -> Result<Option<Entry>, Trouble> {
    let Some(drafts) = room.special(SpecialUse::Drafts).map(|folder| folder.id) else { return Ok(None) };
    let want = Want { summary: true, ..Want::default() };
    let found = room.opened.newest(drafts, None, Listed::All, want, DRAFTS).await?;
    let is_it = |entry: &Entry| entry.summary.as_ref().is_some_and(|summary| bare(&summary.message_id) == id);
    Ok(found.entries.into_iter().find(is_it))
}

/// A letter as it stands before a form changes it.
pub(super) struct Before {
    pub(super) letter: Letter,
    /// Whether it was sent: then it stands as it went.
    pub(super) is_sent: bool,
    /// Its draft.
    entry: Option<Entry>,
}

impl Before {
    pub(super) async fn read(house: &House, room: &mut Room, name: &str, form: &Form) -> Result<Self, Trouble> {
        let id = identifier(room, name)?;
        let entry = draft(room, &id).await?;
        let sent = sending::sent(room, &id).await?;
        let from = room.opened.mailbox().address.clone();
        let mut letter = match sent.as_ref().or(entry.as_ref()) {
            Some(entry) => {
                let octets = room.opened.read(entry.message, 0..entry.size).await?.ok_or(Trouble::NotFound)?;
                Letter::read(&octets, from)
            }
            None => Letter::new(id, from),
        };
        if entry.is_none()
            && sent.is_none()
            && let Some((folder, uid)) = form.forwards.as_deref().and_then(form::place)
        {
            let answered = quoting::answered(house, room, folder, uid).await?;
            let media = "application/octet-stream".into();
            letter.files.push(File { name: answered.file_name(), media, octets: answered.message });
        }
        Ok(Self { letter, is_sent: sent.is_some(), entry })
    }

    /// Whether the form was made of this draft, or the same window has saved it since.
    pub(super) fn is_known_to(&self, form: &Form) -> bool {
        let version = self.entry.as_ref().map_or(0, |entry| entry.uid);
        form.version == version || (!form.window.is_empty() && form.window == self.letter.window)
    }

    pub(super) fn uid(&self) -> Option<u32> {
        self.entry.as_ref().map(|entry| entry.uid)
    }
}

/// Octets for which there must be room while a form is read: itself, the draft before it, and what is made of both.
pub(super) async fn needed(room: &mut Room, name: &str, headers: &HeaderMap) -> Result<u64, Trouble> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    // Nobody waits until all of it has come to hear that it is too much.
    if length.is_some_and(|length| length > MOST as u64) {
        return Err(Trouble::TooLarge);
    }
    let id = identifier(room, name)?;
    let before = draft(room, &id).await?.map_or(0, |entry| entry.size);
    Ok(2 * (length.unwrap_or(MOST as u64) + before))
}

/// Saves the draft in place of the one before; its UID.
pub(super) async fn save(room: &mut Room, letter: &Letter, before: Option<u32>) -> Result<u32, Trouble> {
    let drafts = room.special(SpecialUse::Drafts).ok_or(Trouble::NotFound)?.id;
    let failed = |error: std::io::Error| {
        tracing::error!(event = "page-failed", %error, "a draft could not be written");
        Trouble::Us
    };
    let flags = Flags { system: SystemFlags::DRAFT.with(SystemFlags::SEEN), ..Default::default() };
    let stored = Stored { message: letter.draft(room.now).map_err(failed)?, flags, at: room.now };
    let uid = room.opened.append(drafts, vec![stored], room.now).await?.first().copied().ok_or(Trouble::Us)?;
    if let Some(before) = before {
        remove(room, drafts, before).await?;
    }
    Ok(uid)
}

pub(super) async fn remove(room: &mut Room, folder: FolderId, uid: u32) -> Result<(), Trouble> {
    let by = By { door: "web", at: room.now };
    room.opened.expunge(folder, &UidSet::from_iter([uid]), by).await?;
    Ok(())
}
