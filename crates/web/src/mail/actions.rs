//! What is done to messages of a folder: read, flagged, moved.

use std::sync::Arc;

use ::holder::{FlagOperation, Flags, FolderId, SpecialUse, SystemFlags, UidSet};
use axum::extract::{Extension, Path, RawForm, State};

use super::open::Room;
use crate::answer::to;
use crate::house::House;
use crate::trouble::{Answer, Trouble};
use crate::visitor::Visitor;

/// What was asked for.
#[derive(Debug, Default)]
struct Asked {
    act: String,
    uids: Vec<u32>,
    target: Option<i64>,
}

impl Asked {
    /// Reads a form, in which one name may come several times.
    fn read(form: &[u8]) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            match &*name {
                "do" => asked.act = value.into_owned(),
                "m" => asked.uids.extend(value.parse::<u32>().ok()),
                "target" => asked.target = value.parse().ok(),
                _ => {}
            }
        }
        asked
    }
}

pub(crate) async fn on_many(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, folder)): Path<(String, i64)>,
    RawForm(form): RawForm,
) -> Answer {
    let mut room = Room::open(&house, &visitor, &mailbox).await?;
    let asked = Asked::read(&form);
    act(&mut room, folder, &asked, asked.uids.iter().copied().collect()).await?;
    to(&format!("{}/f/{folder}", room.path))
}

pub(crate) async fn on_one(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, folder, uid)): Path<(String, i64, u32)>,
    RawForm(form): RawForm,
) -> Answer {
    let mut room = Room::open(&house, &visitor, &mailbox).await?;
    act(&mut room, folder, &Asked::read(&form), UidSet::from_iter([uid])).await?;
    to(&format!("{}/f/{folder}", room.path))
}

async fn act(room: &mut Room, folder: i64, asked: &Asked, uids: UidSet) -> Result<(), Trouble> {
    let folder = room.folder(folder)?.id;
    if uids.is_empty() {
        return Ok(());
    }
    let (flag, operation) = match asked.act.as_str() {
        "read" => (SystemFlags::SEEN, FlagOperation::Add),
        "unread" => (SystemFlags::SEEN, FlagOperation::Remove),
        "flag" => (SystemFlags::FLAGGED, FlagOperation::Add),
        "unflag" => (SystemFlags::FLAGGED, FlagOperation::Remove),
        "trash" => {
            let trash = room.special(SpecialUse::Trash).ok_or(Trouble::NotFound)?.id;
            return moved(room, folder, &uids, trash).await;
        }
        "move" => {
            let Some(target) = asked.target else { return Ok(()) };
            let target = room.folder(target)?.id;
            return moved(room, folder, &uids, target).await;
        }
        _ => return Err(Trouble::Wrong),
    };
    let flags = Flags { system: flag, ..Flags::default() };
    room.opened.change_flags(folder, uids, operation, flags, None, u64::MAX).await?;
    Ok(())
}

async fn moved(room: &mut Room, from: FolderId, uids: &UidSet, to: FolderId) -> Result<(), Trouble> {
    if from != to {
        room.opened.move_to(from, uids, to, room.now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Asked;

    #[test]
    fn a_form_names_any_number_of_messages() {
        let asked = Asked::read(b"m=1&m=77&m=x&do=move&target=4&other=1");
        assert_eq!((asked.act.as_str(), asked.uids, asked.target), ("move", vec![1, 77], Some(4)));
    }
}
