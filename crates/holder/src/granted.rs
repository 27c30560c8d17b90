//! Which mailboxes a login may use. A user may be granted an office with thousands: they are asked for page by page, or one by its
//! address, and no session holds them.

use pec::Address;
use store::{Capabilities, Grant, GrantsOf, Mailbox, MailboxState, Rights, StoreError, User};

use crate::holder::Uses;
use crate::{Entrance, Holder};

/// Mailboxes that are asked for at once where one is looked for: mostly one of the first is it.
const PAGES: [usize; 2] = [8, 200];

/// Some of the mailboxes that a login may use, with the rights on each.
#[derive(Clone, Debug)]
pub struct GrantedPage {
    /// By address.
    pub mailboxes: Vec<(Mailbox, Rights)>,
    /// After which the next page begins; `None`: this is the last one.
    pub next: Option<Address>,
}

impl Entrance {
    /// What the login may do with a mailbox now; `None`: it may not use it, or there is none. That the login itself still holds is
    /// not asked.
    pub async fn at(&self, holder: &Holder, mailbox: &Address) -> Result<Option<(Mailbox, Rights)>, StoreError> {
        let (user, only) = match holder.uses() {
            Uses::One(one) => return Ok(Some(&**one).filter(|(one, _)| one.address == *mailbox).cloned()),
            Uses::Granted { user, only } => (user, only),
        };
        if only.as_ref().is_some_and(|only| only != mailbox) {
            return Ok(None);
        }
        let found = self.principals.granted_at(*user, mailbox).await?;
        Ok(found.filter(|(mailbox, _)| self.usable(mailbox) && mailbox.protocols.has(holder.came().protocol)))
    }

    /// The mailboxes that the login may use now, by address: those that begin so, without regard to case, and come after this one.
    /// At most `limit` are looked at. That the login itself still holds is not asked.
    pub async fn granted(
        &self,
        holder: &Holder,
        beginning: &str,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<GrantedPage, StoreError> {
        let mut page = self.looked_at(holder, beginning, after, limit).await?;
        page.mailboxes.retain(|(mailbox, _)| mailbox.protocols.has(holder.came().protocol));
        Ok(page)
    }

    /// The first mailboxes that the login may use so, by address.
    pub async fn first(
        &self,
        holder: &Holder,
        so: impl Fn(Rights) -> bool,
        most: usize,
    ) -> Result<Vec<(Mailbox, Rights)>, StoreError> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = page_after(after.as_ref());
            let GrantedPage { mailboxes, next } = self.granted(holder, "", after.as_ref(), page).await?;
            found.extend(mailboxes.into_iter().filter(|(_, rights)| so(*rights)).take(most - found.len()));
            if found.len() == most || next.is_none() {
                return Ok(found);
            }
            after = next;
        }
    }

    /// Without which capabilities of IMAP the mailboxes of the login are to be used.
    pub async fn withheld(&self, holder: &Holder) -> Result<Capabilities, StoreError> {
        match holder.uses() {
            Uses::One(one) => Ok(one.0.without.clone()),
            Uses::Granted { user, only: None } => self.principals.withheld(*user).await,
            Uses::Granted { only: Some(only), .. } => {
                Ok(self.at(holder, only).await?.map(|(mailbox, _)| mailbox.without).unwrap_or_default())
            }
        }
    }

    /// Whether there are mailboxes that the login may use, and all of them are switched off for its protocol.
    pub(crate) async fn is_off(&self, holder: &Holder) -> Result<bool, StoreError> {
        let (mut any, mut after) = (false, None);
        loop {
            let page = page_after(after.as_ref());
            let GrantedPage { mailboxes, next } = self.looked_at(holder, "", after.as_ref(), page).await?;
            if mailboxes.iter().any(|(mailbox, _)| mailbox.protocols.has(holder.came().protocol)) {
                return Ok(false);
            }
            any |= !mailboxes.is_empty();
            match next {
                Some(next) => after = Some(next),
                None => return Ok(any),
            }
        }
    }

    /// Which users may use a mailbox, by name, with all that they may by whichever grant.
    pub(crate) async fn users(&self, mailbox: &Address) -> Result<Vec<(User, Rights)>, StoreError> {
        let mut users: Vec<(User, Rights)> = Vec::new();
        for Grant { user, rights, .. } in self.principals.grants(GrantsOf::Mailbox(mailbox.clone())).await? {
            match users.last_mut().filter(|(last, _)| last.id == user.id) {
                Some((_, all)) => *all = all.with(rights),
                None => users.push((user, rights)),
            }
        }
        Ok(users)
    }

    /// Whether anybody may use a mailbox: it is open, and none of the provider's own.
    pub(crate) fn usable(&self, mailbox: &Mailbox) -> bool {
        mailbox.state != MailboxState::Closed && !mailbox.service && !self.reserved.contains(&mailbox.address)
    }

    /// A page of what the login may use by whatever protocol.
    async fn looked_at(
        &self,
        holder: &Holder,
        beginning: &str,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<GrantedPage, StoreError> {
        let begins = |address: &Address| address.key().starts_with(&beginning.to_ascii_lowercase());
        let mut page = match holder.uses() {
            Uses::One(one) => GrantedPage { mailboxes: vec![(**one).clone()], next: None },
            Uses::Granted { user, only: Some(only) } => GrantedPage {
                mailboxes: self.principals.granted_at(*user, only).await?.into_iter().collect(),
                next: None,
            },
            Uses::Granted { user, only: None } => {
                let mailboxes = self.principals.granted(*user, beginning, after, limit).await?;
                let last = mailboxes.last().filter(|_| mailboxes.len() == limit);
                GrantedPage { next: last.map(|(mailbox, _)| mailbox.address.clone()), mailboxes }
            }
        };
        page.mailboxes.retain(|(mailbox, _)| self.usable(mailbox) && begins(&mailbox.address));
        Ok(page)
    }
}

fn page_after(last: Option<&Address>) -> usize {
    PAGES[usize::from(last.is_some())]
}
