//! A file that is attached to a message, whole.

use std::sync::Arc;

use ::holder::{Folder, Want};
use bytes::Bytes;
use render::{Limits, Message, PartPath, Preview, SignedFile};
use tokio::sync::SemaphorePermit;

use super::message::read;
use super::open::Room;
use crate::house::House;
use crate::trouble::Trouble;
use crate::view::row::subject;
use crate::visitor::Visitor;

/// Memory of a message whose file is looked at: itself, its original, the file, what is inside of it, and what that is copied to
/// while it is opened.
const TIMES: u64 = 5;

/// A file, with how it can be looked at.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) preview: Preview,
    pub(crate) octets: Bytes,
}

impl From<SignedFile> for File {
    /// What is inside.
    fn from(file: SignedFile) -> Self {
        Self { name: file.name, preview: file.preview, octets: file.content }
    }
}

/// An attached file, the mailbox it is in, and the memory it takes until dropped.
pub(crate) struct Attached<'a> {
    pub(crate) file: File,
    pub(crate) room: Room,
    pub(crate) folder: Folder,
    /// The subject of what it is attached to.
    pub(crate) subject: String,
    pub(crate) memory: SemaphorePermit<'a>,
}

/// Where a file is: mailbox, folder, message, part.
pub(crate) type Place = (String, i64, u32, String);

/// The file at a place.
pub(crate) async fn attached<'a>(
    house: &'a Arc<House>,
    visitor: &Visitor,
    (mailbox, folder, uid, part): &Place,
) -> Result<Attached<'a>, Trouble> {
    let part: PartPath = part.parse().map_err(|_| Trouble::NotFound)?;
    let mut room = Room::open(house, visitor, mailbox).await?;
    let folder = room.folder(*folder)?.clone();
    let size = room.entry(folder.id, *uid, Want::default()).await?.size;
    let memory = house.room_for(TIMES * size).await;
    let read = read(house, &mut room, folder.id.0, *uid).await?;
    let summary = read.entry.summary.as_ref();
    let subject = subject(summary.map_or("", |summary| &summary.subject), read.kind, visitor.language);
    let looked_at = read.looked_at().clone();
    let found = tokio::task::spawn_blocking(move || {
        let message = Message::read(looked_at, Limits::default());
        let (octets, attachment) = (message.part(&part)?, message.attachment(&part)?);
        Some(File { name: attachment.name, preview: attachment.preview, octets })
    });
    let file = found.await.map_err(|_| Trouble::Us)?.ok_or(Trouble::NotFound)?;
    Ok(Attached { file, room, folder, subject, memory })
}
