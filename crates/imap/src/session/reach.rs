//! Which mailboxes a session reaches, and under which names.
//!
//! Who logs in with a mailbox's address has that mailbox alone, its folders at the root. A user by own name has no mailbox of
//! his own: each that is granted to him stands under `Caselle/ADDRESS/` (the other users' namespace of RFC 2342), and there
//! is no `INBOX` besides those (RFC 9051 §5.1). One of them is at hand: that of the name which a command gives, or the
//! selected one. He may be granted thousands: a few are open at a time, and lists read them page by page without opening any.

use std::sync::Arc;

use holder::{Capabilities, Denied, Desk, Ear, GrantedPage, Holder, Listing, Mailbox, Opened, Presence};
use pec::Address;

use super::caselle::{decoded, prefix, within};
use super::end::{End, OVER, Stop};
use super::spelling::canonical;
use crate::response::Code;

/// The most mailboxes that a session has open at once.
const MOST_OPEN: usize = 16;
/// Mailboxes that are looked at together for a list.
const PAGE: usize = 500;
/// Folders and subscribed names that are read together for a list; those of one mailbox always are.
const ROWS: usize = 4_000;

/// What a login reaches.
pub(crate) struct Reach {
    desk: Arc<Desk>,
    /// As of when the mailboxes were last listed.
    holder: Holder,
    /// Of a user by own name; of others the one mailbox says whether the login holds.
    presence: Option<Presence>,
    open: Vec<Reached>,
    /// The mailbox at hand.
    hand: Option<usize>,
    /// That of the selected folder.
    selected: Option<usize>,
}

struct Reached {
    /// Before the names of its folders: empty at the root, otherwise ended by `/`.
    prefix: String,
    opened: Opened,
    /// An ear of the session's own: that of `opened` has heard whatever it looked at.
    ear: Ear,
}

impl Reached {
    fn new(prefix: String, opened: Opened) -> Self {
        let ear = opened.ear();
        Self { prefix, opened, ear }
    }
}

/// What there is to list of one mailbox.
pub(super) struct Listed {
    /// Before the names of its folders: empty at the root, otherwise ended by `/`.
    pub(super) prefix: String,
    /// Its folders and subscribed names; none, where they were not wanted.
    pub(super) listing: Listing,
}

/// Some of the mailboxes that there are to list.
pub(super) struct ListedPage {
    pub(super) mailboxes: Vec<Listed>,
    /// After which the next page begins; `None`: this is the last one.
    pub(super) next: Option<Address>,
}

impl Reach {
    /// One mailbox, at the root.
    pub(super) fn one(desk: Arc<Desk>, opened: Opened) -> Self {
        let holder = opened.holder().clone();
        let open = vec![Reached::new(String::new(), opened)];
        Self { desk, holder, presence: None, open, hand: Some(0), selected: None }
    }

    /// All that a user may read, each under its address.
    pub(super) fn all(desk: Arc<Desk>, holder: Holder) -> Self {
        let presence = Some(desk.presence(&holder));
        Self { desk, holder, presence, open: Vec::new(), hand: None, selected: None }
    }

    /// Who logged in.
    pub(crate) fn holder(&self) -> &Holder {
        &self.holder
    }

    /// The only mailbox, where there is only one.
    pub(crate) fn only(&self) -> Option<&Opened> {
        self.open.first().filter(|_| self.is_one()).map(|reached| &reached.opened)
    }

    /// What capabilities the mailboxes are to be used without. A program that reaches several is offered what none of them is
    /// without.
    pub(super) async fn without(&self) -> Result<Capabilities, Stop> {
        match self.only() {
            Some(only) => Ok(only.mailbox().without.clone()),
            None => Ok(self.desk.entrance().withheld(&self.holder).await.map_err(Denied::Store)?),
        }
    }

    /// The program has said what it is.
    pub(super) fn identified(&mut self, client: &str) {
        self.holder.is_by(client.to_owned());
        for reached in &self.open {
            self.desk.entrance().identified(&self.holder, &reached.opened.mailbox().address, client);
        }
    }

    /// Whether it is one mailbox, at the root.
    pub(super) fn is_one(&self) -> bool {
        self.presence.is_none()
    }

    /// A command begins: the mailbox of the selected folder is at hand, if one is selected.
    pub(super) fn begin(&mut self, selected: bool) {
        self.selected = self.selected.filter(|_| selected);
        self.hand = self.selected.or(self.is_one().then_some(0));
    }

    /// The folder that is selected is one of the mailbox at hand, or none is.
    pub(super) fn select(&mut self, any: bool) {
        self.selected = self.hand.filter(|_| any);
    }

    /// The mailbox at hand.
    pub(super) fn opened(&mut self) -> Result<&mut Opened, Stop> {
        let hand = self.hand.and_then(|hand| self.open.get_mut(hand));
        hand.map(|reached| &mut reached.opened).ok_or_else(no_such)
    }

    /// The mailbox of the selected folder.
    pub(super) fn of_selected(&mut self) -> Result<&mut Opened, Stop> {
        let selected = self.selected.and_then(|selected| self.open.get_mut(selected));
        selected.map(|reached| &mut reached.opened).ok_or_else(|| Stop::bad("select a mailbox first"))
    }

    /// The mailbox of the selected folder, and the one at hand where that is another.
    pub(super) fn both(&mut self) -> Result<(&mut Opened, Option<&mut Opened>), Stop> {
        let missing = || Stop::bad("select a mailbox first");
        let (Some(from), Some(to)) = (self.selected, self.hand) else { return Err(missing()) };
        if from == to {
            return Ok((self.of_selected()?, None));
        }
        let both = self.open.get_disjoint_mut([from, to]).map_err(|_| missing())?;
        let [from, to] = both.map(|reached| &mut reached.opened);
        Ok((from, Some(to)))
    }

    /// What the mailbox of the selected folder, or else the one at hand, has been heard of.
    pub(super) fn beat(&self) -> u64 {
        let at = self.selected.or(self.hand).and_then(|at| self.open.get(at));
        at.map(|reached| reached.ear.content()).unwrap_or_default()
    }

    /// Puts at hand the mailbox in which this name stands; the name that the folder has there.
    pub(super) async fn locate(&mut self, name: &str) -> Result<String, Stop> {
        if self.is_one() {
            self.hand = Some(0);
            return Ok(canonical(name));
        }
        self.hand = None;
        let (coded, local) = within(name).ok_or_else(no_such)?;
        self.open(&decoded(coded).ok_or_else(no_such)?).await?;
        Ok(canonical(local))
    }

    /// Puts a mailbox at hand.
    async fn open(&mut self, address: &Address) -> Result<(), Stop> {
        if let Some(at) = self.open.iter().position(|reached| reached.opened.mailbox().address == *address) {
            match self.open.get_mut(at).map(|reached| &mut reached.opened) {
                // What he may not use any more is not there for him; the session goes on with what he has selected.
                Some(opened) if self.selected != Some(at) => match opened.still().await {
                    Err(Denied::Over) => self.shut(at),
                    still => {
                        self.hand = Some(at);
                        return Ok(still?);
                    }
                },
                _ => {
                    self.hand = Some(at);
                    return Ok(());
                }
            }
        }
        let opened = match self.desk.open(&self.holder, address).await {
            Err(Denied::NotYours(_)) => return Err(no_such()),
            opened => opened?,
        };
        if self.open.len() >= MOST_OPEN
            && let Some(oldest) = (0..self.open.len()).find(|at| self.selected != Some(*at))
        {
            self.shut(oldest);
        }
        self.open.push(Reached::new(prefix(&opened.mailbox().address), opened));
        self.hand = Some(self.open.len() - 1);
        Ok(())
    }

    /// Lets go of a mailbox of which nothing is selected.
    fn shut(&mut self, at: usize) {
        self.open.remove(at);
        self.hand = None;
        self.selected = self.selected.map(|selected| if selected > at { selected - 1 } else { selected });
    }

    /// Looks again whether the login holds.
    pub(super) async fn look(&mut self) -> Result<(), Stop> {
        let now = self.desk.entrance().again(&self.holder).await.map_err(Denied::Store)?;
        self.holder = now.ok_or(Stop::End(OVER))?;
        Ok(())
    }

    /// The mailboxes that there are to list after this one, by address: of those of a user, which stand under their addresses, such
    /// that the address begins so. Folders and subscribed names are read where they are `wanted` of a mailbox with such a prefix.
    pub(super) async fn listed(
        &mut self,
        beginning: &str,
        wanted: impl Fn(&str) -> bool,
        after: Option<&Address>,
    ) -> Result<ListedPage, Stop> {
        if self.is_one() {
            let opened = self.opened()?;
            let (folders, subscribed) = (opened.folders().await?, opened.subscriptions().await?);
            let listed = Listed { prefix: String::new(), listing: Listing { folders, subscribed } };
            return Ok(ListedPage { mailboxes: vec![listed], next: None });
        }
        let page = self.desk.entrance().granted(&self.holder, beginning, after, PAGE).await;
        let GrantedPage { mut mailboxes, mut next } = page.map_err(Denied::Store)?;
        mailboxes.retain(|(_, rights)| rights.read);
        let placed = mailboxes.into_iter().map(|(mailbox, _)| {
            let prefix = prefix(&mailbox.address);
            (wanted(&prefix), prefix, mailbox)
        });
        let placed: Vec<(bool, String, Mailbox)> = placed.collect();
        let ids: Vec<_> = placed.iter().filter(|(wanted, ..)| *wanted).map(|(.., mailbox)| mailbox.id).collect();
        let mut read = self.desk.listings(&self.holder, &ids, ROWS).await?.into_iter();
        let mut listed: Vec<Listed> = Vec::with_capacity(placed.len());
        let mut last = None;
        for (wanted, prefix, mailbox) in placed {
            let listing = match wanted.then(|| read.next()) {
                None => Listing { folders: Vec::new(), subscribed: Vec::new() },
                Some(Some(listing)) => listing,
                // As many as are read together: the others come with the next page.
                Some(None) => {
                    next = last;
                    break;
                }
            };
            listed.push(Listed { prefix, listing });
            last = Some(mailbox.address);
        }
        Ok(ListedPage { mailboxes: listed, next })
    }

    /// The name that a folder of the mailbox at hand has in this session.
    pub(super) fn name(&self, local: &str) -> String {
        let hand = self.hand.and_then(|hand| self.open.get(hand));
        format!("{}{local}", hand.map_or("", |reached| reached.prefix.as_str()))
    }

    /// The quota root of the mailbox at hand: nothing at the root, otherwise where it stands.
    pub(super) fn root(&self) -> String {
        let name = self.name("");
        name.strip_suffix('/').unwrap_or(&name).to_owned()
    }

    /// Waits until something is heard of the mailbox of the selected folder, or of the only one.
    ///
    /// # Errors
    ///
    /// When the login is over.
    pub(super) async fn heard(&mut self) -> Result<(), End> {
        let at = self.selected.or(self.presence.is_none().then_some(0));
        let ear = at.and_then(|at| self.open.get_mut(at)).map(|reached| &mut reached.ear);
        let changed = async {
            match ear {
                Some(ear) => ear.changed().await,
                None => std::future::pending().await,
            }
        };
        let over = async {
            match &mut self.presence {
                Some(presence) => presence.over().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = changed => Ok(()),
            over = over => {
                if let Err(error) = over {
                    tracing::error!(event = "login-not-known", %error);
                }
                Err(OVER)
            }
        }
    }

    /// Whether the login still holds, as far as the mailbox says of which something was heard.
    pub(super) async fn still(&mut self) -> Result<(), End> {
        let at = self.selected.or(self.presence.is_none().then_some(0));
        let Some(reached) = at.and_then(|at| self.open.get_mut(at)) else { return Ok(()) };
        match reached.opened.still().await {
            Err(Denied::Over) => Err(OVER),
            // Trouble of the store is told to the next command.
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn no_such() -> Stop {
    Stop::no(Code::NonExistent, "there is no such mailbox; those of other people stand under Caselle/")
}
