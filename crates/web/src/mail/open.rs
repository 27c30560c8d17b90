//! A mailbox opened for one page.

use ::holder::{Entry, Folder, FolderId, Opened, UidSet, Want};
use pec::{Address, Moment};

use crate::frame::{Frame, OpenMailbox};
use crate::house::House;
use crate::trouble::Trouble;
use crate::view::folders;
use crate::view::sizes::size;
use crate::visitor::Visitor;

/// A mailbox, and what every page of it shows.
pub(crate) struct Room {
    pub(crate) opened: Opened,
    pub(crate) folders: Vec<Folder>,
    /// `/c/<address>`.
    pub(crate) path: String,
    pub(crate) now: Moment,
}

impl Room {
    /// Opens the mailbox of this address for who asks.
    pub(crate) async fn open(house: &House, visitor: &Visitor, mailbox: &str) -> Result<Self, Trouble> {
        let address = Address::parse(mailbox).map_err(|_| Trouble::NotFound)?;
        let browsing = visitor.browsing.as_ref().ok_or(Trouble::Over)?;
        let mut opened = house.open(browsing, &address).await?;
        let folders = opened.folders().await?;
        let path = path(&opened.mailbox().address);
        Ok(Self { opened, folders, path, now: house.clock.now() })
    }

    /// The folder of this number.
    pub(crate) fn folder(&self, id: i64) -> Result<&Folder, Trouble> {
        self.folders.iter().find(|folder| folder.id.0 == id).ok_or(Trouble::NotFound)
    }

    /// The one with this special use.
    pub(crate) fn special(&self, special: ::holder::SpecialUse) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.special == Some(special))
    }

    /// One message of a folder.
    pub(crate) async fn entry(&mut self, folder: FolderId, uid: u32, want: Want) -> Result<Entry, Trouble> {
        let found = self.opened.entries(folder, &UidSet::from_iter([uid]), want, 1).await?;
        found.into_iter().next().ok_or(Trouble::NotFound)
    }

    /// The frame of a page of this mailbox.
    pub(crate) fn frame(&self, house: &House, visitor: &Visitor, title: &str, open: Option<FolderId>) -> Frame {
        let l = visitor.language;
        let (own, made) = folders::column(&self.folders, &self.path, open, l);
        let mailbox = self.opened.mailbox();
        let (counted, quota) = (mailbox.counted, mailbox.quota.max(1));
        let fullness = u32::try_from((u128::from(counted) * 100 / u128::from(quota)).min(100)).unwrap_or(100);
        let (used, all) = (size(counted, l), size(mailbox.quota, l));
        let open = OpenMailbox {
            address: mailbox.address.to_string(),
            path: self.path.clone(),
            own,
            made,
            among_others: !self.opened.holder().is_at_one(),
            may_send: self.opened.rights().send && mailbox.state == ::holder::MailboxState::Active,
            fullness,
            fullness_words: l.of(format!("{used} di {all}"), format!("{used} of {all}")),
        };
        Frame { open: Some(open), ..Frame::bare(house, visitor, title) }
    }
}

/// The pages of a mailbox.
pub(crate) fn path(address: &Address) -> String {
    format!("/c/{}", crate::visitor::escaped(address.as_str()))
}
