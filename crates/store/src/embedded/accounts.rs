//! Passwords: argon2id on blocking threads, never more at once than there are cores.

use std::sync::Arc;
use std::thread::available_parallelism;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::{ErrorKind, StoreError};

/// What one login costs. The default is OWASP's recommendation for argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self { memory: 19 * 1024, passes: 2, lanes: 1 }
    }
}

impl PasswordCost {
    /// As cheap as argon2 allows: for tests, never for holders.
    pub const CHEAPEST: PasswordCost = PasswordCost { memory: 8, passes: 1, lanes: 1 };
}

/// A password on its way to be hashed; it has no form that prints.
pub(super) struct Password(pub(super) String);

/// Hashes and verifies.
pub(super) struct Accounts {
    argon: Argon2<'static>,
    /// Stands in for the hash of an account that does not exist, so that the answer takes as long.
    nobody: Arc<str>,
    turns: Arc<Semaphore>,
}

impl Accounts {
    pub(super) fn new(cost: PasswordCost) -> Result<Self, StoreError> {
        let fault = |error| {
            let why = format!("the cost of passwords in the configuration is not possible: {error}");
            StoreError::new(ErrorKind::Refused, why)
        };
        let params = Params::new(cost.memory, cost.passes, cost.lanes, None).map_err(fault)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash(&argon, "").map(Arc::from)?;
        let width = available_parallelism().map_or(1, |cores| cores.get());
        Ok(Self { argon, nobody, turns: Arc::new(Semaphore::new(width)) })
    }

    /// The PHC string of a password, with a fresh salt.
    pub(super) async fn hash(&self, password: Password) -> Result<String, StoreError> {
        let argon = self.argon.clone();
        self.turn(move || hash(&argon, &password.0)).await
    }

    /// Whether this is the password of that hash; `None` costs the same and is never right.
    pub(super) async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool, StoreError> {
        let argon = self.argon.clone();
        let nobody = self.nobody.clone();
        self.turn(move || {
            let known = stored.is_some();
            let right = verify(&argon, &password.0, stored.as_deref().unwrap_or(&nobody))?;
            Ok(right && known)
        })
        .await
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = self.turns.clone().acquire_owned().await;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            // Held until here: a client that hangs up does not make room for the next guess.
            drop(turn);
            result
        });
        task.await.map_err(|error| StoreError::bug(format!("a fault in the store's own code: {error}")))?
    }
}

fn hash(argon: &Argon2<'_>, password: &str) -> Result<String, StoreError> {
    let hash: Result<PasswordHash, Error> = argon.hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| StoreError::bug(format!("hashing a password: {error}")))
}

fn verify(argon: &Argon2<'_>, password: &str, stored: &str) -> Result<bool, StoreError> {
    let damaged = |error| StoreError::damaged(format!("a stored password is damaged, set it again: {error}"));
    let stored = PasswordHash::new(stored).map_err(|error| damaged(error.to_string()))?;
    match argon.verify_password(password.as_bytes(), &stored) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(damaged(error.to_string())),
    }
}
