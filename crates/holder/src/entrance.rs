//! Logins: a name and a secret in, a [`Holder`] out.

use std::sync::Arc;

use pec::Address;
use store::{Login, Mailbox, MailboxState, Principals, Standing, StoreError};

use crate::Holder;

/// Where everybody comes in, whatever the door.
pub struct Entrance {
    principals: Arc<dyn Principals>,
    reserved: Vec<Address>,
}

impl Entrance {
    /// The entrance to these accounts. `reserved`: addresses that are the provider's own, under which nobody logs in.
    pub fn new(principals: Arc<dyn Principals>, reserved: Vec<Address>) -> Self {
        Self { principals, reserved }
    }

    /// Who it is, when name and password are right [R-5.2-a]. A holder whose mailbox is closed, or is the provider's own,
    /// is nobody; a user always is somebody, though perhaps with nothing to use.
    pub async fn enter(&self, login: &str, password: &str) -> Result<Option<Holder>, StoreError> {
        match self.principals.authenticate(login, password).await? {
            Some(standing) => self.holder(standing).await,
            None => Ok(None),
        }
    }

    /// The holder as he stands now. `None`: the account is gone, may not log in any more, or has another secret; what is
    /// open for him ends.
    pub async fn again(&self, holder: &Holder) -> Result<Option<Holder>, StoreError> {
        let Some(standing) = self.principals.standing(holder.login()).await? else { return Ok(None) };
        Ok(self.holder(standing).await?.filter(|now| now.is_proved_by(holder)))
    }

    async fn holder(&self, standing: Standing) -> Result<Option<Holder>, StoreError> {
        let usable = |mailbox: &Mailbox| {
            mailbox.state != MailboxState::Closed && !mailbox.service && !self.reserved.contains(&mailbox.address)
        };
        match standing.who {
            Login::Mailbox(mailbox) if usable(&mailbox) => Ok(Some(Holder::of(*mailbox, standing.secret))),
            Login::Mailbox(_) => Ok(None),
            Login::User(user) => {
                let mut granted = self.principals.granted(user.id).await?;
                granted.retain(|(mailbox, _)| usable(mailbox));
                Ok(Some(Holder::user(&user, granted, standing.secret)))
            }
        }
    }
}
