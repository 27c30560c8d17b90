//! Who logs in, and how the driver keeps him from guessing.

use std::time::Duration;

use guard::logins::Cause;
use guard::{Peer, Wait};
use tokio::time::Instant;

use super::super::auth::Turn;
use super::super::dialogue::Step;
use super::{AUTH_LINE, Driver, End};

/// Characters of a login in the log.
const LOGIN_SHOWN: usize = 254;
/// How long a login waits for those of its address that came before it, and how often it looks.
const TURN: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Driver {
    pub(super) async fn authenticate(&mut self, mut turn: Turn) -> Result<(), End> {
        loop {
            turn = match turn {
                Turn::Challenge(reply, exchange) => {
                    self.wire.push(&reply);
                    match self.line(AUTH_LINE).await? {
                        Some(line) => exchange.answer(&line),
                        // What came was no line and was told so: the exchange is over.
                        None => return Ok(()),
                    }
                }
                Turn::Refused(reply) => {
                    let step = self.dialogue.mistake(reply);
                    return self.say(step);
                }
                Turn::Credentials { login, password } => {
                    let step = self.log_in(&login, &password.0).await;
                    return self.say(step);
                }
            };
        }
    }

    /// Asks the service, unless too many failed before; every failure is one line of the log.
    async fn log_in(&mut self, login: &str, password: &str) -> Step {
        let config = &self.house.config;
        let peer = Peer::from(self.dialogue.session.peer.ip());
        let began = Instant::now();
        let begun = loop {
            match config.logins.begin(login, peer, Instant::now().into_std()) {
                // Many clients behind one address, or of one machine, come at once after a restart: one after the other.
                Err(Wait { cause: Cause::AtOnce, .. }) if began.elapsed() < TURN => {
                    tokio::time::sleep(LOOK_AGAIN).await
                }
                begun => break begun,
            }
        };
        let attempt = match begun {
            Ok(attempt) => attempt,
            Err(wait) => {
                self.login_failed(login, wait.cause.name());
                tokio::time::sleep(config.auth_delay).await;
                return self.dialogue.throttled(wait.after);
            }
        };
        tokio::time::sleep(attempt.held_back()).await;
        let answer = self.house.service.authenticate(&self.dialogue.session, login, password).await;
        match answer {
            Ok(Some(_)) => attempt.succeeded(Instant::now().into_std()),
            Ok(None) => {
                attempt.failed(Instant::now().into_std());
                self.login_failed(login, "wrong-password");
                // Guessing is slowed down; other sessions are not.
                tokio::time::sleep(config.auth_delay).await;
            }
            Err(_) => drop(attempt),
        }
        self.dialogue.authenticated(answer)
    }

    /// `contrib/fail2ban` reads this line: the order of its fields matters.
    fn login_failed(&self, login: &str, reason: &'static str) {
        let session = &self.dialogue.session;
        let (door, peer) = (session.door.name(), session.peer.ip().to_canonical());
        metrics::counter!("sigillo_login_failures_total", "door" => door, "reason" => reason).increment(1);
        tracing::warn!(event = "login-failed", %peer, door, reason, login = printable(login));
    }
}

/// A login as it may stand in a log: one word of bounded length, whatever was sent.
fn printable(login: &str) -> String {
    let shown = login.chars().take(LOGIN_SHOWN);
    shown.map(|c| if c.is_alphanumeric() || "@.-_+=/'!#$%&*?^{|}~:".contains(c) { c } else { '?' }).collect()
}
