//! Which mailboxes a session reaches, and under which names.
//!
//! Who logs in with a mailbox's address has that mailbox alone, its folders at the root. A user by own name has no mailbox of
//! his own: each that is granted to him stands under `Caselle/ADDRESS/` (the other users' namespace of RFC 2342), and there
//! is no `INBOX` besides those (RFC 9051 §5.1). One of them is at hand: that of the name which a command gives, or the
//! selected one.

use std::sync::Arc;

use holder::{Capabilities, Denied, Desk, Holder, Mailbox, Opened, Presence, Pulse};
use pec::Address;
use tokio::sync::watch;

use super::end::{End, OVER, Stop};
use super::spelling::canonical;
use crate::response::Code;

/// Above the mailboxes of a user.
pub(super) const CASELLE: &str = "Caselle";

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
    pulse: watch::Receiver<Pulse>,
}

impl Reached {
    fn new(prefix: String, opened: Opened) -> Self {
        let pulse = opened.pulse();
        Self { prefix, opened, pulse }
    }
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
    pub(super) fn without(&self) -> impl Iterator<Item = &Capabilities> {
        let mailboxes: Vec<&Mailbox> = match self.only() {
            Some(only) => vec![only.mailbox()],
            None => {
                self.holder.mailboxes().iter().filter(|(_, rights)| rights.read).map(|(mailbox, _)| mailbox).collect()
            }
        };
        mailboxes.into_iter().map(|mailbox| &mailbox.without)
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
        at.map(|reached| reached.pulse.borrow().content).unwrap_or_default()
    }

    /// Puts at hand the mailbox in which this name stands; the name that the folder has there.
    pub(super) async fn locate(&mut self, name: &str) -> Result<String, Stop> {
        if self.is_one() {
            self.hand = Some(0);
            return Ok(canonical(name));
        }
        self.hand = None;
        let below = name.strip_prefix(CASELLE).and_then(|rest| rest.strip_prefix('/'));
        let Some((coded, local)) = below.and_then(|below| below.split_once('/')) else { return Err(no_such()) };
        let named = |holder: &Holder| {
            let readable = holder.mailboxes().iter().filter(|(_, rights)| rights.read);
            readable
                .map(|(mailbox, _)| mailbox.address.clone())
                .find(|address| coded.eq_ignore_ascii_case(&code(address)))
        };
        let mut address = named(&self.holder);
        if address.is_none() {
            // Granted since it was looked.
            self.look().await?;
            address = named(&self.holder);
        }
        self.open(&address.ok_or_else(no_such)?).await?;
        Ok(canonical(local))
    }

    /// Puts a mailbox at hand.
    async fn open(&mut self, address: &Address) -> Result<(), Stop> {
        let prefix = prefix(address);
        if let Some(at) = self.open.iter().position(|reached| reached.prefix == prefix) {
            self.hand = Some(at);
            return Ok(());
        }
        let opened = match self.desk.open(&self.holder, address).await {
            Err(Denied::NotYours(_)) => return Err(no_such()),
            opened => opened?,
        };
        self.open.push(Reached::new(prefix, opened));
        self.hand = Some(self.open.len() - 1);
        Ok(())
    }

    /// Looks again at what the login may use.
    async fn look(&mut self) -> Result<(), Stop> {
        let now = self.desk.entrance().again(&self.holder).await.map_err(Denied::Store)?;
        self.holder = now.ok_or(Stop::End(OVER))?;
        Ok(())
    }

    /// The mailboxes that there are to list, after which each can be put at hand with [`Reach::list`].
    pub(super) async fn listed(&mut self) -> Result<Vec<Option<Address>>, Stop> {
        if self.is_one() {
            return Ok(vec![None]);
        }
        self.look().await?;
        let readable = self.holder.mailboxes().iter().filter(|(_, rights)| rights.read);
        Ok(readable.map(|(mailbox, _)| Some(mailbox.address.clone())).collect())
    }

    /// Puts one of those at hand; `false`: it is not granted any more.
    pub(super) async fn list(&mut self, listed: Option<&Address>) -> Result<bool, Stop> {
        let Some(address) = listed else {
            self.hand = Some(0);
            return Ok(true);
        };
        match self.open(address).await {
            Ok(()) => Ok(true),
            Err(Stop::Refused(..)) => Ok(false),
            Err(stop) => Err(stop),
        }
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
        let pulse = at.and_then(|at| self.open.get_mut(at)).map(|reached| &mut reached.pulse);
        let changed = async {
            let heard = match pulse {
                Some(pulse) => pulse.changed().await.is_ok(),
                None => false,
            };
            if !heard {
                std::future::pending::<()>().await;
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

/// Where the folders of a mailbox stand.
fn prefix(address: &Address) -> String {
    format!("{CASELLE}/{}/", code(address))
}

/// An address as one level of a name: what separates levels, or stands for any name, is written as quoted-printable does.
fn code(address: &Address) -> String {
    let mut coded = String::with_capacity(address.as_str().len());
    for one in address.as_str().chars() {
        match one {
            '/' | '%' | '*' | '=' => coded.push_str(&format!("={:02X}", u32::from(one))),
            one => coded.push(one),
        }
    }
    coded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_level_whatever_it_holds() {
        let code = |text: &str| super::code(&Address::parse(text).unwrap());
        assert_eq!(code("Ufficio.Protocollo@alfa.example"), "Ufficio.Protocollo@alfa.example");
        assert_eq!(code("a/b=%*@alfa.example"), "a=2Fb=3D=25=2A@alfa.example");
    }
}
