//! The face of who and what is hosted.

use async_trait::async_trait;
use pec::{Address, Identifier, Moment};
use sha2::{Digest, Sha256};

use super::accounts::Password;
use super::{Embedded, app_passwords, domains, grants, holders, holds, reach, secrets, users};
use crate::{
    Account, AppPasswordId, Capabilities, Created, Domain, FeedItem, Grant, GrantsOf, Hold, Holding, Login, Mailbox,
    MailboxChange, NewMailbox, OfficeId, Principals, Renamed, Rights, Secret, SecretStamp, Standing, StoreError, User,
    UserId,
};

/// Mailboxes of a domain that are put into its organisation in one transaction; others have their turn in between.
const SEATED: usize = 1_000;

#[async_trait]
impl Principals for Embedded {
    async fn domains(&self) -> Result<Vec<Domain>, StoreError> {
        self.readers.run(domains::all).await
    }

    async fn put_domain(&self, domain: Domain) -> Result<bool, StoreError> {
        let (name, owned) = (domain.name.clone(), domain.organisation.is_some());
        let new = self.write(move |tx| domains::put(tx, &domain)).await?;
        let mut more = owned;
        while more {
            let name = name.clone();
            more = self.write(move |tx| domains::seat_some(tx, &name, SEATED)).await? == SEATED;
        }
        Ok(new)
    }

    async fn remove_domain(&self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.write(move |tx| domains::remove(tx, &name)).await
    }

    async fn create_mailbox(&self, mailbox: NewMailbox) -> Result<Created, StoreError> {
        self.open_mailbox(mailbox, None).await
    }

    async fn mailbox(&self, address: &Address) -> Result<Option<Mailbox>, StoreError> {
        let key = address.key();
        self.readers.run(move |db| holders::find(db, &key)).await
    }

    async fn mailboxes(&self, after: Option<&Address>, limit: usize) -> Result<Vec<Mailbox>, StoreError> {
        let after = after.map(Address::key).unwrap_or_default();
        self.readers.run(move |db| holders::list_after(db, &after, limit)).await
    }

    async fn change_mailbox(&self, address: &Address, change: MailboxChange) -> Result<Option<Mailbox>, StoreError> {
        let key = address.key();
        let limits = self.limits;
        self.change(move |tx| holders::change(tx, &key, &change, limits)).await
    }

    async fn rename_mailbox(&self, from: &Address, to: &Address, now: Moment) -> Result<Renamed, StoreError> {
        let (from, to) = (from.clone(), to.clone());
        self.change(move |tx| holders::rename(tx, &from, &to, now)).await
    }

    async fn put_hold(&self, hold: Hold) -> Result<Holding, StoreError> {
        self.write(move |tx| holds::put(tx, &hold)).await
    }

    async fn release_hold(&self, mailbox: &Address, identifier: Option<&Identifier>) -> Result<Holding, StoreError> {
        let (mailbox, identifier) = (mailbox.clone(), identifier.cloned());
        self.write(move |tx| holds::release(tx, &mailbox, identifier.as_ref())).await
    }

    async fn holds(&self, mailbox: &Address) -> Result<Vec<Hold>, StoreError> {
        let mailbox = mailbox.clone();
        self.readers.run(move |db| holds::list(db, &mailbox)).await
    }

    async fn create_user(&self, name: &str, display: &str, password: Option<&str>) -> Result<Option<User>, StoreError> {
        let (name, display) = (users::name(name)?, display.to_owned());
        let password = match password {
            Some(password) => Some(self.accounts.hash(Password::new(password)).await?),
            None => None,
        };
        self.write(move |tx| users::create(tx, &name, &display, password.as_deref())).await
    }

    async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        let key = users::key(name);
        self.readers.run(move |db| Ok(users::account(db, &key)?.map(|(user, _)| user))).await
    }

    async fn users(&self) -> Result<Vec<User>, StoreError> {
        self.readers.run(users::all).await
    }

    async fn enable_user(&self, name: &str, enabled: bool) -> Result<bool, StoreError> {
        let key = users::key(name);
        self.change(move |tx| users::enable(tx, &key, enabled)).await
    }

    async fn grant(&self, user: &str, mailbox: &Address, rights: Rights) -> Result<bool, StoreError> {
        let (user, mailbox) = (users::key(user), mailbox.key());
        self.change(move |tx| grants::on_mailbox(tx, &user, &mailbox, rights)).await
    }

    async fn grant_office(&self, user: &str, office: OfficeId, rights: Rights) -> Result<bool, StoreError> {
        let user = users::key(user);
        self.change(move |tx| grants::on_office(tx, &user, office, rights)).await
    }

    async fn grants(&self, of: GrantsOf) -> Result<Vec<Grant>, StoreError> {
        self.readers.run(move |db| grants::list(db, &of)).await
    }

    async fn granted(
        &self,
        user: UserId,
        beginning: &str,
        after: Option<&Address>,
        limit: usize,
    ) -> Result<Vec<(Mailbox, Rights)>, StoreError> {
        let (beginning, after) = (beginning.to_owned(), after.map(Address::key).unwrap_or_default());
        self.readers.run(move |db| holders::granted(db, user, &beginning, &after, limit)).await
    }

    async fn withheld(&self, user: UserId) -> Result<Capabilities, StoreError> {
        self.readers.run(move |db| reach::withheld(db, user)).await
    }

    async fn granted_at(&self, user: UserId, mailbox: &Address) -> Result<Option<(Mailbox, Rights)>, StoreError> {
        let key = mailbox.key();
        self.readers.run(move |db| holders::granted_at(db, user, &key)).await
    }

    async fn set_password(&self, account: &Account, password: &str) -> Result<bool, StoreError> {
        let account = account.clone();
        let hash = self.accounts.hash(Password::new(password)).await?;
        self.change(move |tx| match account {
            Account::Mailbox(address) => {
                let (set, told) = holders::set_password(tx, &address.key(), &hash)?;
                Ok((set, told.into_iter().map(FeedItem::from).collect()))
            }
            Account::User(name) => users::set_password(tx, &users::key(&name), &hash),
        })
        .await
    }

    async fn authenticate(&self, login: &str, password: &str) -> Result<Option<Standing>, StoreError> {
        if let Some(digest) = secrets::digest(password) {
            let login = login.to_owned();
            let found = self.readers.run(move |db| app_passwords::proved(db, &login, &digest)).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        let (who, hash) = self.account(login).await?;
        let standing = who.map(|who| Standing { who, secret: Secret::Password(hash.as_deref().map(stamp)) });
        let right = self.accounts.verify(Password::new(password), hash).await?;
        // Who may not log in is refused only after the work of a proof: the time tells nothing.
        Ok(standing.filter(|_| right))
    }

    async fn standing(&self, login: &str, with: Option<AppPasswordId>) -> Result<Option<Standing>, StoreError> {
        if let Some(id) = with {
            let login = login.to_owned();
            return self.readers.run(move |db| app_passwords::again(db, &login, id)).await;
        }
        let (who, hash) = self.account(login).await?;
        Ok(who.map(|who| Standing { who, secret: Secret::Password(hash.as_deref().map(stamp)) }))
    }
}

impl Embedded {
    /// Who has this name and may log in, and the hash of the password, also of who may not.
    async fn account(&self, login: &str) -> Result<(Option<Login>, Option<String>), StoreError> {
        let login = login.to_owned();
        let account = self.readers.run(move |db| {
            Ok(if login.contains('@') {
                let found = holders::account(db, &login.to_ascii_lowercase())?;
                found.map(|(mailbox, hash)| (Some(Login::Mailbox(Box::new(mailbox))), hash))
            } else {
                let found = users::account(db, &users::key(&login))?;
                found.map(|(user, hash)| (Some(user).filter(|user| user.enabled).map(Login::User), hash))
            })
        });
        Ok(account.await?.unwrap_or_default())
    }
}

fn stamp(hash: &str) -> SecretStamp {
    let digest: [u8; 32] = Sha256::digest(hash).into();
    let mut stamp = [0; 16];
    stamp.copy_from_slice(&digest[..16]);
    SecretStamp(stamp)
}
