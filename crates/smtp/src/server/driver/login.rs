//! Who logs in, and how the driver keeps him from guessing.

use door::Tried;
use door::sasl::{Credentials, Exchange, Fault, Kind, TOKEN_NOT_GOOD, Turn};
use holder::Given;

use super::super::dialogue::{Step, refused};
use super::{AUTH_LINE, Driver, End};
use crate::Reply;

impl Driver {
    pub(super) async fn authenticate(&mut self, mut turn: Turn) -> Result<(), End> {
        loop {
            turn = match turn {
                Turn::Challenge(challenge, exchange) => {
                    self.push(&Reply::new(334, "", challenge));
                    match self.line(AUTH_LINE).await? {
                        Some(line) => exchange.answer(&line),
                        // What came was no line and was told so: the exchange is over.
                        None => return Ok(()),
                    }
                }
                Turn::Refused(Fault::Token) => {
                    let step = self.dialogue.login_failed(refused(Fault::Token));
                    return self.say(step);
                }
                Turn::Refused(fault) => {
                    let step = self.dialogue.mistake(refused(fault));
                    return self.say(step);
                }
                Turn::Credentials(said) if !said.acts_for.is_empty() => {
                    let reply = Reply::new(535, "5.7.8", "nobody may act for another login");
                    let step = self.dialogue.mistake(reply);
                    return self.say(step);
                }
                Turn::Credentials(said) => match self.log_in(said).await {
                    Some(step) => return self.say(step),
                    // Of a token that is told before the failure (RFC 7628 §3.2.3).
                    None => Turn::Challenge(TOKEN_NOT_GOOD, Exchange::TokenRefused),
                },
            };
        }
    }

    /// What is said to it; `None`: the token is not good.
    async fn log_in(&mut self, said: Credentials) -> Option<Step> {
        let (name, kind) = (said.named(), said.kind);
        let config = &self.house.config;
        let session = &self.dialogue.session;
        let given = match kind {
            Kind::Password => Given::Password(&said.secret.0),
            Kind::Token => Given::Token(&said.secret.0),
        };
        let prove = self.house.service.authenticate(session, &said.login, given);
        Some(match config.keeper.try_login(config.door.name(), session.peer, &name, kind, prove).await {
            Tried::In(holder) => {
                self.presence = self.house.service.presence(&holder);
                self.dialogue.authenticated(Ok(Some(holder)))
            }
            Tried::Wrong if kind == Kind::Token => return None,
            Tried::Wrong => self.dialogue.authenticated(Ok(None)),
            Tried::Throttled { after } => self.dialogue.throttled(after),
            Tried::Failed(reply) => self.dialogue.authenticated(Err(reply)),
        })
    }
}
