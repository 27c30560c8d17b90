//! Logins by browser: who is let in is given a token for its cookie, which stands for him until he ends it, it grows old, or his
//! secret changes. It outlives the program.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use pec::{Clock, Moment};
use sha2::{Digest, Sha256};
use store::{
    Account, Actor, BrowserSession, BrowserSessionId, BrowserSessions, NewBrowserSession, Protocol, StoreError,
};

use crate::holder::Proof;
use crate::{Came, Entrance, Holder};

/// Octets of a token.
const TOKEN: usize = 32;
/// The use of a login is noted to the minute: pages that follow each other write nothing.
const NOTED: i64 = 60;
/// Seconds between two sweeps of what is too old.
const SWEPT: i64 = 3600;
/// Old ones that go in one transaction.
const ROWS: usize = 500;

/// When logins by browser are over by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    /// Without being used.
    pub idle: Duration,
    /// However much it is used.
    pub most: Duration,
}

impl Default for Age {
    /// Two hours without use, twelve hours in all.
    fn default() -> Self {
        Self { idle: Duration::from_secs(2 * 3600), most: Duration::from_secs(12 * 3600) }
    }
}

/// What a browser shows to be known again. It has no form that prints by itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Draws one, of 256 bits.
    fn draw() -> Result<Self, StoreError> {
        let mut drawn = [0; TOKEN];
        getrandom::fill(&mut drawn)
            .map_err(|error| StoreError::bug(format!("the system gives no random numbers: {error}")))?;
        Ok(Self(hex::encode(drawn)))
    }

    /// What a browser showed; `None`: it is no token of ours.
    pub fn shown(text: &str) -> Option<Self> {
        let is_ours = text.len() == 2 * TOKEN && text.bytes().all(|octet| octet.is_ascii_hexdigit());
        is_ours.then(|| Self(text.to_ascii_lowercase()))
    }

    /// For the cookie.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"sigillo browser session\0").chain_update(&self.0).finalize().into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Who is known by his browser's token.
#[derive(Clone, Debug)]
pub struct Browsing {
    /// Who.
    pub holder: Holder,
    /// By which login.
    pub session: BrowserSession,
    /// When it is over if it is not used again.
    pub ends: Moment,
}

/// Where logins by browser are kept.
pub struct Browsers {
    sessions: Arc<dyn BrowserSessions>,
    entrance: Arc<Entrance>,
    clock: Arc<dyn Clock>,
    age: Age,
    /// When what is too old was removed last, seconds since 1970.
    swept: AtomicI64,
}

impl Browsers {
    /// Keeps them here.
    pub fn new(sessions: Arc<dyn BrowserSessions>, entrance: Arc<Entrance>, clock: Arc<dyn Clock>, age: Age) -> Self {
        Self { sessions, entrance, clock, age, swept: AtomicI64::new(0) }
    }

    /// Somebody who has just been let in with a password stays known by a token. `None`: he is not let in so any more, or came in
    /// with something that opens no pages.
    pub async fn begin(&self, holder: &Holder) -> Result<Option<Token>, StoreError> {
        let Proof::Password(Some(stamp)) = holder.proof() else { return Ok(None) };
        let Some(of) = account(holder) else { return Ok(None) };
        // Whoever comes sweeps for those who do not come any more.
        let now = self.clock.now().unix();
        let last = self.swept.load(Ordering::Relaxed);
        let is_due = now - last >= SWEPT;
        if is_due && self.swept.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.sweep().await?;
        }
        let token = Token::draw()?;
        let Came { peer, client, .. } = holder.came().clone();
        let new = NewBrowserSession {
            digest: token.digest(),
            of,
            stamp: *stamp,
            at: self.clock.now(),
            peer,
            client: client.unwrap_or_default(),
        };
        Ok(self.sessions.begin_browser_session(new).await?.map(|_| token))
    }

    /// Who shows this token, as he stands now. `None`: nobody; it is over, or his secret or his rights have changed.
    pub async fn known(&self, token: &Token, peer: IpAddr) -> Result<Option<Browsing>, StoreError> {
        let now = self.clock.now();
        let Some(session) = self.sessions.browser_session(token.digest()).await? else { return Ok(None) };
        let end = session.began.plus(seconds(self.age.most));
        if end <= now || session.used.plus(seconds(self.age.idle)) <= now {
            return Ok(None);
        }
        let login = match &session.of {
            Account::Mailbox(address) => address.to_string(),
            Account::User(name) => name.clone(),
        };
        let client = Some(session.client.clone()).filter(|client| !client.is_empty());
        let came = Came { client, ..Came::by(Protocol::Web, peer) };
        let Some(holder) = self.entrance.resumed(&login, came, Proof::Password(Some(session.stamp))).await? else {
            return Ok(None);
        };
        if now.unix() - session.used.unix() >= NOTED {
            self.sessions.browser_session_used(session.id, now).await?;
        }
        Ok(Some(Browsing { holder, session, ends: end.min(now.plus(seconds(self.age.idle))) }))
    }

    /// Those of who is logged in, the one that was used last first, without those that are over by their age.
    pub async fn of(&self, holder: &Holder) -> Result<Vec<BrowserSession>, StoreError> {
        let Some(of) = account(holder) else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let (idle, most) = (now.plus(-seconds(self.age.idle)), now.plus(-seconds(self.age.most)));
        let mut all = self.sessions.browser_sessions(&of).await?;
        all.retain(|one| one.used > idle && one.began > most);
        Ok(all)
    }

    /// Whether a login by browser is there still.
    pub async fn is_there(&self, browsing: &Browsing) -> Result<bool, StoreError> {
        Ok(self.of(&browsing.holder).await?.iter().any(|one| one.id == browsing.session.id))
    }

    /// Ends one of his own; `false`: he has none of this number.
    pub async fn end(&self, holder: &Holder, session: BrowserSessionId) -> Result<bool, StoreError> {
        let Some(of) = account(holder) else { return Ok(false) };
        self.sessions.end_browser_session(&of, session).await
    }

    /// Ends all of his own but this one; how many ended.
    pub async fn end_others(&self, browsing: &Browsing) -> Result<usize, StoreError> {
        self.sessions.end_browser_sessions(&browsing.session.of, Some(browsing.session.id)).await
    }

    /// Removes what is over by its age.
    async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (used, began) = (now.plus(-seconds(self.age.idle)), now.plus(-seconds(self.age.most)));
        while self.sessions.expire_browser_sessions(used, began, ROWS).await? == ROWS {}
        Ok(())
    }
}

fn seconds(of: Duration) -> i64 {
    i64::try_from(of.as_secs()).unwrap_or(i64::MAX / 4)
}

/// Whose pages he sees: a user's by his name, a holder's by his mailbox's address. A user who logs in with the address of a mailbox has
/// no pages of that name.
fn account(holder: &Holder) -> Option<Account> {
    match holder.actor() {
        Actor::User(name) if !holder.is_at_one() => Some(Account::User(name.clone())),
        Actor::Holder => holder.at().map(|(mailbox, _)| Account::Mailbox(mailbox.address.clone())),
        _ => None,
    }
}
