//! Logins: a name and a secret in, a [`Holder`] out.

use std::sync::Arc;

use pec::{Address, Clock};
use store::{
    Access, AccessOutcome, Actor, AppPasswordId, Grant, GrantsOf, Login, Mailbox, MailboxState, Principals, Secret,
    Standing, StoreError,
};

use crate::holder::Proof;
use crate::{AccessLog, Barred, Came, Holder};

/// Where everybody comes in, whatever the door.
pub struct Entrance {
    principals: Arc<dyn Principals>,
    reserved: Vec<Address>,
    clock: Arc<dyn Clock>,
    log: Arc<AccessLog>,
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
    /// `clock`: says whether a secret has ended. `log`: writes who came.
    pub fn new(
        principals: Arc<dyn Principals>,
        reserved: Vec<Address>,
        clock: Arc<dyn Clock>,
        log: Arc<AccessLog>,
    ) -> Self {
        Self { principals, reserved, clock, log }
    }

    /// Where it is written who came.
    pub fn log(&self) -> &Arc<AccessLog> {
        &self.log
    }

    /// Who it is, when name and password are right [R-5.2-a]. A holder whose mailbox is closed, or is the provider's own,
    /// is nobody; a user always is somebody, though perhaps with nothing to use. With the address of a mailbox and an app
    /// password of his own a user comes in too, and uses that mailbox alone.
    ///
    /// What comes of it is written in the history of the mailbox that the login names. Of a user by own name it is written where
    /// he opens a mailbox or sends from it; where his name is tried with a wrong password, only the log says so.
    pub async fn enter(&self, login: &str, password: &str, came: Came) -> Result<Option<Entered>, StoreError> {
        let standing = self.principals.authenticate(login, password).await?;
        let known = standing.as_ref().map(known);
        let entered = match standing {
            Some(standing) => self.entry(login, standing, &came).await?,
            None => None,
        };
        if let Some(mailbox) = Address::parse(login).ok().filter(|_| login.contains('@')) {
            let (who, app_password) = known.filter(|_| entered.is_some()).unzip();
            let outcome = match &entered {
                Some(Entered::In(_)) => AccessOutcome::LoggedIn,
                Some(Entered::Barred(_)) => AccessOutcome::Barred,
                None => AccessOutcome::Failed,
            };
            let Came { protocol, peer, client } = came;
            self.log.note(Access {
                at: self.clock.now(),
                mailbox,
                who,
                app_password: app_password.flatten(),
                peer: Some(peer),
                client,
                protocol,
                outcome,
                message: None,
                count: 1,
            });
        }
        Ok(entered)
    }

    /// Writes that a user by own name has opened a mailbox.
    pub(crate) fn opened(&self, holder: &Holder, mailbox: &Address) {
        if !holder.is_at_one() {
            self.note(holder, mailbox, AccessOutcome::LoggedIn, None, None, 1);
        }
    }

    /// Writes what a program that logged in before calls itself.
    pub fn identified(&self, holder: &Holder, mailbox: &Address, client: &str) {
        self.note(holder, mailbox, AccessOutcome::LoggedIn, None, Some(client.to_owned()), 0);
    }

    /// Writes that a message was sent.
    pub fn sent(&self, holder: &Holder, mailbox: &Address, identifier: &str, client: Option<String>) {
        self.note(holder, mailbox, AccessOutcome::Sent, Some(identifier.to_owned()), client, 1);
    }

    fn note(
        &self,
        holder: &Holder,
        mailbox: &Address,
        outcome: AccessOutcome,
        message: Option<String>,
        client: Option<String>,
        count: u32,
    ) {
        let Came { protocol, peer, client: said } = holder.came().clone();
        self.log.note(Access {
            at: self.clock.now(),
            mailbox: mailbox.clone(),
            who: Some(holder.actor().clone()),
            app_password: holder.proof().app_password(),
            peer: Some(peer),
            client: client.or(said),
            protocol,
            outcome,
            message,
            count,
        });
    }

    /// The holder as he stands now. `None`: the account is gone, may not log in any more, has another secret, or what it may
    /// be used for has changed; what is open for him ends.
    pub async fn again(&self, holder: &Holder) -> Result<Option<Holder>, StoreError> {
        let with = holder.proof().app_password();
        let Some(standing) = self.principals.standing(holder.login(), with).await? else { return Ok(None) };
        match self.entry(holder.login(), standing, holder.came()).await? {
            Some(Entered::In(now)) if now.is_proved_by(holder) => Ok(Some(now)),
            Some(Entered::In(_) | Entered::Barred(_)) | None => Ok(None),
        }
    }

    /// Which users may use a mailbox.
    pub(crate) async fn grants(&self, mailbox: &Address) -> Result<Vec<Grant>, StoreError> {
        self.principals.grants(GrantsOf::Mailbox(mailbox.clone())).await
    }

    async fn entry(&self, login: &str, standing: Standing, came: &Came) -> Result<Option<Entered>, StoreError> {
        let protocol = came.protocol;
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
                Entered::In(Holder::of(*mailbox, proof, came.clone()))
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
                    at => Entered::In(Holder::user(&user, at, granted, proof, came.clone())),
                }
            }
        }))
    }
}

/// Who it is, and with which app password.
fn known(standing: &Standing) -> (Actor, Option<AppPasswordId>) {
    let who = match &standing.who {
        Login::Mailbox(_) => Actor::Holder,
        Login::User(user) => Actor::User(user.name.clone()),
    };
    let app_password = match &standing.secret {
        Secret::App(app) => Some(app.id),
        Secret::Password(_) => None,
    };
    (who, app_password)
}
