//! Logins: a name and a secret in, a [`Holder`] out.

use std::sync::Arc;

use pec::{Address, Clock};
use store::{Login, Mailbox, MailboxState, Principals, Protocol, Secret, Standing, StoreError};

use crate::holder::Proof;
use crate::{Barred, Holder};

/// Where everybody comes in, whatever the door.
pub struct Entrance {
    principals: Arc<dyn Principals>,
    reserved: Vec<Address>,
    clock: Arc<dyn Clock>,
}

/// How a right name and secret were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entered {
    /// He is in.
    In(Holder),
    /// It is known who it is, and he does not come in this way.
    Barred(Barred),
}

impl Entrance {
    /// The entrance to these accounts. `reserved`: addresses that are the provider's own, under which nobody logs in.
    /// `clock`: says whether a secret has ended.
    pub fn new(principals: Arc<dyn Principals>, reserved: Vec<Address>, clock: Arc<dyn Clock>) -> Self {
        Self { principals, reserved, clock }
    }

    /// Who it is, when name and password are right [R-5.2-a]. A holder whose mailbox is closed, or is the provider's own,
    /// is nobody; a user always is somebody, though perhaps with nothing to use. With the address of a mailbox and an app
    /// password of his own a user comes in too, and uses that mailbox alone.
    pub async fn enter(&self, login: &str, password: &str, protocol: Protocol) -> Result<Option<Entered>, StoreError> {
        match self.principals.authenticate(login, password).await? {
            Some(standing) => self.entry(login, standing, protocol).await,
            None => Ok(None),
        }
    }

    /// The holder as he stands now. `None`: the account is gone, may not log in any more, has another secret, or what it may
    /// be used for has changed; what is open for him ends.
    pub async fn again(&self, holder: &Holder) -> Result<Option<Holder>, StoreError> {
        let with = match holder.proof() {
            Proof::App(id) => Some(*id),
            Proof::Password(_) => None,
        };
        let Some(standing) = self.principals.standing(holder.login(), with).await? else { return Ok(None) };
        match self.entry(holder.login(), standing, holder.protocol()).await? {
            Some(Entered::In(now)) if now.is_proved_by(holder) => Ok(Some(now)),
            Some(Entered::In(_) | Entered::Barred(_)) | None => Ok(None),
        }
    }

    async fn entry(&self, login: &str, standing: Standing, protocol: Protocol) -> Result<Option<Entered>, StoreError> {
        let Standing { who, secret } = standing;
        let usable = |mailbox: &Mailbox| {
            mailbox.state != MailboxState::Closed && !mailbox.service && !self.reserved.contains(&mailbox.address)
        };
        if let Login::Mailbox(mailbox) = &who
            && !usable(mailbox)
        {
            return Ok(None);
        }
        if let Secret::App(app) = &secret {
            if let Some(ended) = app.ends.filter(|_| app.has_ended(self.clock.now())) {
                return Ok(Some(Entered::Barred(Barred::Ended(ended))));
            }
            if !app.protocols.has(protocol) {
                return Ok(Some(Entered::Barred(Barred::NotFor(protocol))));
            }
        }
        let only = match &secret {
            Secret::App(app) => app.mailbox.clone(),
            Secret::Password(_) => None,
        };
        let proof = Proof::of(secret);
        Ok(Some(match who {
            Login::Mailbox(mailbox) if mailbox.protocols.has(protocol) => {
                Entered::In(Holder::of(*mailbox, proof, protocol))
            }
            Login::Mailbox(_) => Entered::Barred(Barred::Off(protocol)),
            Login::User(user) => {
                let mut granted = self.principals.granted(user.id).await?;
                let at = login.contains('@').then(|| login.to_ascii_lowercase());
                granted.retain(|(mailbox, _)| {
                    usable(mailbox)
                        && at.as_ref().is_none_or(|at| mailbox.address.key() == *at)
                        && only.as_ref().is_none_or(|only| mailbox.address == *only)
                });
                let before = granted.len();
                granted.retain(|(mailbox, _)| mailbox.protocols.has(protocol));
                match at {
                    // What he asked for by its address is not there for him.
                    Some(_) if before == 0 => return Ok(None),
                    _ if before > 0 && granted.is_empty() => Entered::Barred(Barred::Off(protocol)),
                    at => Entered::In(Holder::user(&user, at, granted, proof, protocol)),
                }
            }
        }))
    }
}
