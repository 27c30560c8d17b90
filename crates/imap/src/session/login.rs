//! STARTTLS, LOGIN and AUTHENTICATE.

use door::sasl::{self, Credentials, Fault, Kind, TOKEN_NOT_GOOD, Turn};
use door::{Sessions as _, Standing, Tried};
use holder::{Barred, Came, Denied, Entered, Given, Holder, Protocol, Unproved};
use pec::header::undeclared;

use super::end::Stop;
use super::reach::Reach;
use super::state::Session;
use crate::bounds::Bounds;
use crate::framing::Step;
use crate::response::{Code, Condition};
use crate::secret::Secret;
use crate::tag::Tag;

impl Session<'_> {
    pub(super) async fn starttls(&mut self, tag: &Tag) -> Result<(), Stop> {
        if self.tls.is_some() {
            return Err(Stop::bad("TLS is active"));
        }
        self.ok(tag, None, "begin TLS");
        self.flush().await?;
        // Octets sent in clear behind STARTTLS would be taken for octets sent under TLS (CVE-2011-0411): they are thrown away.
        Ok(self.start_tls().await?)
    }

    /// Whether a secret may be said now.
    fn may_log_in(&self) -> Result<(), Stop> {
        match (&self.mine, &self.tls) {
            (Some(_), _) => Err(Stop::bad("you are logged in")),
            (None, None) => Err(Stop::no(Code::PrivacyRequired, "start TLS first")),
            (None, Some(_)) => Ok(()),
        }
    }

    pub(super) async fn login(&mut self, tag: &Tag, user: &[u8], password: &Secret) -> Result<(), Stop> {
        self.may_log_in()?;
        let (login, secret) = (undeclared(user), sasl::Secret(undeclared(&password.0)));
        self.log_in(tag, Credentials { acts_for: String::new(), login, secret, kind: Kind::Password }).await
    }

    pub(super) async fn authenticate(
        &mut self,
        tag: &Tag,
        mechanism: &str,
        initial: Option<Secret>,
    ) -> Result<(), Stop> {
        self.may_log_in()?;
        let initial = initial.map(|Secret(initial)| undeclared(&initial));
        let mut turn = sasl::begin(mechanism, initial.as_deref(), self.house.desk.entrance().takes_tokens());
        loop {
            match turn {
                Turn::Credentials(said) => return self.log_in(tag, said).await,
                Turn::Refused(Fault::Unknown) => return Err(Stop::no(Code::Cannot, Fault::Unknown.what())),
                Turn::Refused(fault) => return Err(Stop::Refused(Condition::Bad, None, fault.what().into())),
                Turn::Challenge(challenge, exchange) => {
                    let Some(line) = self.challenged(challenge).await? else { return Ok(()) };
                    turn = exchange.answer(&line);
                }
            }
        }
    }

    /// The client's line for a challenge; `None`: it was none, and that was answered.
    async fn challenged(&mut self, challenge: &str) -> Result<Option<Vec<u8>>, Stop> {
        self.out.challenge(challenge);
        self.framer.expect_line();
        loop {
            match self.framer.next(&mut self.wire.input, self.out.dialect()) {
                Step::Incomplete => self.wait().await?,
                Step::Line(line) => return Ok(Some(line.to_vec())),
                Step::Refused(refusal) => {
                    self.refused(refusal)?;
                    return Ok(None);
                }
                _ => {}
            }
        }
    }

    async fn log_in(&mut self, tag: &Tag, said: Credentials) -> Result<(), Stop> {
        let house = self.house;
        let came = Came { client: self.client.clone(), ..Came::by(Protocol::Imap, self.peer.ip()) };
        let given = match said.kind {
            Kind::Password => Given::Password(&said.secret.0),
            Kind::Token => Given::Token(&said.secret.0),
        };
        let prove = house.desk.entrance().enter(&said.login, given, came);
        match house.keeper.try_login(house.name(), self.peer, &said.named(), said.kind, prove).await {
            Tried::In(Entered::Barred(barred)) => Err(Stop::no(code(barred), barred.to_string())),
            Tried::In(Entered::In(holder)) => {
                self.open(&holder, &said.acts_for).await?;
                self.welcome(tag);
                Ok(())
            }
            Tried::Wrong if said.kind == Kind::Token => match self.challenged(TOKEN_NOT_GOOD).await? {
                Some(_) => Err(Stop::no(Code::AuthenticationFailed, "this token is not good, or not for this login")),
                None => Ok(()),
            },
            Tried::Wrong => Err(Stop::no(Code::AuthenticationFailed, "wrong user name or password")),
            Tried::Throttled { .. } => {
                Err(Stop::no(Code::Unavailable, "too many failed attempts; wait before the next one"))
            }
            Tried::Failed(Unproved::Tokens(_)) => {
                Err(Stop::no(Code::Unavailable, "tokens cannot be judged now; try again later, or use a password"))
            }
            Tried::Failed(Unproved::Store(error)) => Err(Denied::Store(error).into()),
        }
    }

    async fn open(&mut self, holder: &Holder, acts_for: &str) -> Result<(), Stop> {
        let desk = &self.house.desk;
        let reach = if holder.is_at_one() || !acts_for.is_empty() {
            desk.open_meant(holder, acts_for).await?.map(|opened| Reach::one(desk.clone(), opened))
        } else {
            let readable = desk.entrance().first(holder, |rights| rights.read, 1).await.map_err(Denied::Store)?;
            (!readable.is_empty()).then(|| Reach::all(desk.clone(), holder.clone()))
        };
        let Some(reach) = reach else {
            return Err(Stop::no(Code::AuthorizationFailed, "this login may read no such mailbox"));
        };
        let without = reach.without().await?;
        if !without.is_empty() {
            self.offer.to_mut().lessen(&without);
        }
        self.mine = Some(reach);
        self.framer.set_bounds(Bounds::HOLDER);
        if let Some(place) = &self.place {
            place.stands(Standing::Kept);
        }
        Ok(())
    }
}

/// What a client may act on (RFC 5530).
fn code(barred: Barred) -> Code<'static> {
    match barred {
        Barred::Ended(_) => Code::Expired,
        Barred::NotFor(_) => Code::AuthorizationFailed,
        Barred::Off(_) => Code::ContactAdmin,
    }
}
