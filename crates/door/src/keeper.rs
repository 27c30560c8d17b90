//! A login tried under the guard: one way for all doors, with one line of the log for each failure.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use guard::logins::Cause;
use guard::{Logins, Measure, Peer, Wait, Work};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::sasl::Kind;

/// Steps that a session costs before its first command: most of it is the handshake of TLS.
const SESSION: u32 = 20;
/// Characters of a login in the log.
const LOGIN_SHOWN: usize = 254;
/// How long a login waits for those of its address that came before it, and how often it looks.
const TURN: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Who lets people in at a door.
#[derive(Clone)]
pub struct Keeper {
    /// Who failed to log in; one for all doors.
    pub logins: Arc<Logins>,
    /// What strangers make us do; one for all doors.
    pub work: Arc<Work>,
    /// How long the answer to a wrong password is held back.
    pub delay: Duration,
    /// Passwords of who is not known where he comes from, looked at at once: guessers must not keep every core from those
    /// who are.
    strangers: Arc<Semaphore>,
}

/// How a login ended.
#[derive(Debug)]
pub enum Tried<T, E> {
    /// The password is right.
    In(T),
    /// It is not, or nobody has that name.
    Wrong,
    /// Too many failed before; the password was not looked at.
    Throttled {
        /// When another attempt makes sense.
        after: Duration,
    },
    /// Nobody could say.
    Failed(E),
}

impl Keeper {
    /// With two seconds of delay, and the usual measure of work.
    pub fn new(logins: Arc<Logins>) -> Self {
        Self::measured(logins, Work::new(Measure::default()))
    }

    /// With this measure of work.
    pub fn measured(logins: Arc<Logins>, work: Arc<Work>) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        let strangers = Arc::new(Semaphore::new((cores / 2).max(1)));
        Self { logins, work, delay: Duration::from_secs(2), strangers }
    }

    /// A session of this peer begins: it is served when its turn has come.
    pub async fn begins(&self, peer: SocketAddr) {
        tokio::time::sleep(self.steps(peer, SESSION)).await;
    }

    /// A command of who is not logged in: how long it waits for its turn.
    pub fn command(&self, peer: SocketAddr) -> Duration {
        self.steps(peer, 1)
    }

    fn steps(&self, peer: SocketAddr, steps: u32) -> Duration {
        let wait = self.work.ask(Peer::from(peer.ip()), steps, Instant::now().into_std());
        if !wait.is_zero() {
            metrics::counter!("sigillo_strangers_kept_waiting_total").increment(1);
        }
        wait
    }

    /// A message of this peer was accepted.
    pub fn accepted(&self, peer: SocketAddr) {
        self.work.bore_fruit(Peer::from(peer.ip()), Instant::now().into_std());
    }

    /// Asks `prove`, unless too many failed before. Strangers' passwords are proved a few at a time, since each costs a core
    /// for a moment; a token costs none.
    pub async fn try_login<T, E>(
        &self,
        door: &'static str,
        peer: SocketAddr,
        login: &str,
        kind: Kind,
        prove: impl Future<Output = Result<Option<T>, E>>,
    ) -> Tried<T, E> {
        let from = Peer::from(peer.ip());
        let began = Instant::now();
        let begun = loop {
            match self.logins.begin(login, from, Instant::now().into_std()) {
                // Many clients behind one address, or of one machine, come at once after a restart: one after the other.
                Err(Wait { cause: Cause::AtOnce, .. }) if began.elapsed() < TURN => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                begun => break begun,
            }
        };
        let attempt = match begun {
            Ok(attempt) => attempt,
            Err(wait) => {
                failed(door, peer, login, wait.cause.name());
                tokio::time::sleep(self.delay).await;
                return Tried::Throttled { after: wait.after };
            }
        };
        tokio::time::sleep(attempt.held_back()).await;
        let turn = match attempt.is_known() || kind == Kind::Token {
            true => None,
            false => match timeout(TURN, self.strangers.acquire()).await {
                Ok(turn) => turn.ok(),
                Err(_) => {
                    failed(door, peer, login, Cause::AtOnce.name());
                    return Tried::Throttled { after: TURN };
                }
            },
        };
        let proved = prove.await;
        drop(turn);
        match proved {
            Ok(Some(who)) => {
                let now = Instant::now().into_std();
                attempt.succeeded(now);
                self.work.bore_fruit(from, now);
                Tried::In(who)
            }
            Ok(None) => {
                attempt.failed(Instant::now().into_std());
                failed(door, peer, login, "wrong-password");
                // Guessing is slowed down; other sessions are not.
                tokio::time::sleep(self.delay).await;
                Tried::Wrong
            }
            Err(error) => Tried::Failed(error),
        }
    }
}

/// `contrib/fail2ban` reads this line: the order of its fields matters.
fn failed(door: &'static str, peer: SocketAddr, login: &str, reason: &'static str) {
    let peer = peer.ip().to_canonical();
    metrics::counter!("sigillo_login_failures_total", "door" => door, "reason" => reason).increment(1);
    tracing::warn!(event = "login-failed", %peer, door, reason, login = printable(login));
}

/// A login as it may stand in a log: one word of bounded length, whatever was sent.
fn printable(login: &str) -> String {
    let shown = login.chars().take(LOGIN_SHOWN);
    shown.map(|c| if c.is_alphanumeric() || "@.-_+=/'!#$%&*?^{|}~:".contains(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use guard::Throttle;

    use super::*;

    fn keeper(free: u32) -> Keeper {
        Keeper::new(Logins::new(Throttle { free, ..Throttle::default() }))
    }

    async fn tried(keeper: &Keeper, right: bool) -> Tried<&'static str, ()> {
        let peer = SocketAddr::from(([192, 0, 2, 1], 1000));
        keeper.try_login("pop3", peer, "anna@pec.example", Kind::Password, async { Ok(right.then_some("anna")) }).await
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_passwords_are_held_back_and_then_not_looked_at() {
        let keeper = keeper(2);
        let began = Instant::now();
        for _ in 0..5 {
            assert!(matches!(tried(&keeper, false).await, Tried::Wrong));
        }
        assert!(began.elapsed() >= Duration::from_secs(10));
        let Tried::Throttled { after } = tried(&keeper, true).await else { panic!() };
        tokio::time::sleep(after).await;
        assert!(matches!(tried(&keeper, true).await, Tried::In("anna")));
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_wait_for_their_turn_and_who_logs_in_does_not() {
        let mut keeper = keeper(2);
        keeper.work = Work::new(Measure { steps: SESSION + 10, rate: 2, ..Measure::default() });
        let (peer, began) = (SocketAddr::from(([192, 0, 2, 1], 1000)), Instant::now());
        keeper.begins(peer).await;
        assert!((0..10).all(|_| keeper.command(peer).is_zero()));
        assert_eq!(keeper.command(peer), Duration::from_millis(500));
        keeper.begins(peer).await;
        assert_eq!(began.elapsed().as_millis() / 100, 105);
        assert!(keeper.command(SocketAddr::from(([192, 0, 2, 2], 1000))).is_zero());
        assert!(matches!(tried(&keeper, true).await, Tried::In("anna")));
        assert!(keeper.command(peer).is_zero());
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_of_ours_is_nobodys_failure() {
        let keeper = keeper(0);
        let peer = SocketAddr::from(([192, 0, 2, 1], 1000));
        for _ in 0..5 {
            let tried: Tried<(), &str> =
                keeper.try_login("pop3", peer, "anna", Kind::Password, async { Err("disk") }).await;
            assert!(matches!(tried, Tried::Failed("disk")));
        }
        assert!(matches!(self::tried(&keeper, true).await, Tried::In("anna")));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_known_does_not_wait_for_guessers() {
        let keeper = keeper(100);
        assert!(matches!(tried(&keeper, true).await, Tried::In("anna")));
        // Guesses from many addresses, each of which takes for ever.
        for number in 1..=50 {
            let keeper = keeper.clone();
            tokio::spawn(async move {
                let peer = SocketAddr::from(([198, 51, 100, number], 1000));
                let prove = async {
                    std::future::pending::<()>().await;
                    Ok(None)
                };
                let _: Tried<(), ()> = keeper.try_login("pop3", peer, "anna@pec.example", Kind::Password, prove).await;
            });
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let known = tokio::time::timeout(Duration::from_secs(1), tried(&keeper, true));
        assert!(matches!(known.await, Ok(Tried::In("anna"))));
    }

    #[test]
    fn a_login_is_one_bounded_word_of_the_log() {
        assert_eq!(printable("anna@pec.example"), "anna@pec.example");
        assert_eq!(printable("a b\r\nc\0\u{202e}"), "a?b??c??");
        assert_eq!(printable(&"x".repeat(9000)).len(), LOGIN_SHOWN);
    }
}
