//! Logins: a name and a secret in, a [`Holder`] out.

use std::sync::Arc;

use pec::{Address, Clock};
use store::{Access, AccessOutcome, Actor, AppPasswordId, Login, Principals, Protocol, Secret, Standing, StoreError};

use crate::holder::Proof;
use crate::{AccessLog, Barred, Came, Holder, NotJudged, TokenJudge};

/// Where everybody comes in, whatever the door.
pub struct Entrance {
    pub(crate) principals: Arc<dyn Principals>,
    pub(crate) reserved: Vec<Address>,
    clock: Arc<dyn Clock>,
    log: Arc<AccessLog>,
    tokens: Option<Arc<dyn TokenJudge>>,
}

/// With what somebody wants to prove who he is.
#[derive(Clone, Copy)]
pub enum Given<'a> {
    /// A password, the account's own or an app password.
    Password(&'a str),
    /// A token of the identity provider.
    Token(&'a str),
}

/// Why nobody can say who it is. The fault is not that of who wants in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unproved {
    /// The identity provider's keys are not known: a token may be right later.
    #[error("tokens cannot be judged now: {0}")]
    Tokens(#[from] NotJudged),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
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
    /// `clock`: says whether a secret has ended. `log`: writes who came. `tokens`: who
    /// judges them; `None`: passwords alone are taken.
    pub fn new(
        principals: Arc<dyn Principals>,
        reserved: Vec<Address>,
        clock: Arc<dyn Clock>,
        log: Arc<AccessLog>,
        tokens: Option<Arc<dyn TokenJudge>>,
    ) -> Self {
        Self { principals, reserved, clock, log, tokens }
    }

    /// Whether tokens are taken.
    pub fn takes_tokens(&self) -> bool {
        self.tokens.is_some()
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
    ///
    /// A token proves whom it is about. With it a user may name the address of a mailbox, which he then uses alone; nobody
    /// else's name goes with it, and an empty one is his own.
    pub async fn enter(&self, login: &str, given: Given<'_>, came: Came) -> Result<Option<Entered>, Unproved> {
        let (proved, about) = match given {
            Given::Password(password) => (self.principals.authenticate(login, password).await?, None),
            Given::Token(token) => match self.about(login, token).await? {
                Some((standing, about)) => (Some(standing), Some(about)),
                None => (None, None),
            },
        };
        let known = proved.as_ref().map(known);
        let login = match &about {
            Some(about) if login.is_empty() => about,
            _ => login,
        };
        let entered = match proved {
            Some(standing) => self.entry(login, standing, about.as_deref(), &came).await?,
            None => None,
        };
        let entered = match entered {
            // By own name he comes in whatever he may use, but not where nothing of it is used by this protocol.
            Some(Entered::In(holder)) if !holder.is_at_one() && self.is_off(&holder).await? => {
                Some(Entered::Barred(Barred::Off(came.protocol)))
            }
            entered => entered,
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
        let about = match holder.proof() {
            Proof::Token(about) => Some(&**about),
            Proof::Password(_) | Proof::App(_) => None,
        };
        let standing = self.principals.standing(about.unwrap_or(holder.login()), with).await?;
        let Some(standing) = standing else { return Ok(None) };
        match self.entry(holder.login(), standing, about, holder.came()).await? {
            Some(Entered::In(now)) if now.is_proved_by(holder) => Ok(Some(now)),
            Some(Entered::In(_) | Entered::Barred(_)) | None => Ok(None),
        }
    }

    /// Who has this name now and was let in by `proof` before; `None`: nobody, or the secret is another one.
    pub(crate) async fn resumed(&self, login: &str, came: Came, proof: Proof) -> Result<Option<Holder>, StoreError> {
        let Some(standing) = self.principals.standing(login, None).await? else { return Ok(None) };
        match self.entry(login, standing, None, &came).await? {
            Some(Entered::In(holder)) if *holder.proof() == proof => Ok(Some(holder)),
            Some(Entered::In(_) | Entered::Barred(_)) | None => Ok(None),
        }
    }

    /// Who a good token is about, as he stands now, and his login; `None` where he may not use the name that was said.
    async fn about(&self, login: &str, token: &str) -> Result<Option<(Standing, String)>, Unproved> {
        let Some(tokens) = &self.tokens else { return Ok(None) };
        let Some(about) = tokens.login(token).await? else { return Ok(None) };
        let Some(standing) = self.principals.standing(&about, None).await? else { return Ok(None) };
        let own = login.is_empty() || login.eq_ignore_ascii_case(&about);
        let may = own || (matches!(standing.who, Login::User(_)) && login.contains('@'));
        Ok(may.then_some((standing, about)))
    }

    async fn entry(
        &self,
        login: &str,
        standing: Standing,
        token: Option<&str>,
        came: &Came,
    ) -> Result<Option<Entered>, StoreError> {
        let protocol = came.protocol;
        let Standing { who, secret } = standing;
        if let Login::Mailbox(mailbox) = &who
            && !self.usable(mailbox)
        {
            return Ok(None);
        }
        if let Secret::App(app) = &secret {
            if let Some(ended) = app.ends.filter(|_| app.has_ended(self.clock.now())) {
                return Ok(Some(Entered::Barred(Barred::Ended(ended))));
            }
            // The pages change passwords and more: they are for people.
            if !app.protocols.has(protocol) || protocol == Protocol::Web {
                return Ok(Some(Entered::Barred(Barred::NotFor(protocol))));
            }
        }
        let only = match &secret {
            Secret::App(app) => app.mailbox.clone(),
            Secret::Password(_) => None,
        };
        let proof = token.map_or_else(|| Proof::of(secret), |about| Proof::Token(about.into()));
        Ok(Some(match who {
            Login::Mailbox(mailbox) if mailbox.protocols.has(protocol) => {
                Entered::In(Holder::of(*mailbox, proof, came.clone()))
            }
            Login::Mailbox(_) => Entered::Barred(Barred::Off(protocol)),
            Login::User(user) if !login.contains('@') => Entered::In(Holder::by_name(&user, only, proof, came.clone())),
            Login::User(user) => {
                let named = Address::parse(login).ok().filter(|named| only.as_ref().is_none_or(|only| only == named));
                let granted = match &named {
                    Some(named) => self.principals.granted_at(user.id, named).await?,
                    None => None,
                };
                match granted.filter(|(mailbox, _)| self.usable(mailbox)) {
                    // What he asked for by its address is not there for him.
                    None => return Ok(None),
                    Some((mailbox, _)) if !mailbox.protocols.has(protocol) => Entered::Barred(Barred::Off(protocol)),
                    Some(granted) => Entered::In(Holder::by_address(&user, login, granted, proof, came.clone())),
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
