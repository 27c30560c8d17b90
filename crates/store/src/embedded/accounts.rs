//! Passwords: argon2id on blocking threads, never more at once than there are cores.
//!
//! A program that asks for mail every minute proves the same password every minute. What was right is remembered for a short
//! while, as a keyed digest of the password and of the hash that it matched: another password or a changed one has another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::secrets::prepared;
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
pub(super) struct Password(String);

impl Password {
    /// A password as a program sent it, or a person typed it.
    pub(super) fn new(text: &str) -> Self {
        Self(prepared(text))
    }
}

/// Hashes and verifies.
pub(super) struct Accounts {
    argon: Argon2<'static>,
    /// Stands in for the hash of an account that does not exist, so that the answer takes as long.
    nobody: Arc<str>,
    turns: Arc<Semaphore>,
    proofs: Proofs,
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
        // A salt is in it that was drawn a moment ago.
        let proofs = Proofs::new(PROOF_LIFE, &nobody);
        Ok(Self { argon, nobody, turns: Arc::new(Semaphore::new(width)), proofs })
    }

    /// The PHC string of a password, with a fresh salt.
    pub(super) async fn hash(&self, password: Password) -> Result<String, StoreError> {
        let argon = self.argon.clone();
        self.turn(move || hash(&argon, &password.0)).await
    }

    /// Whether this is the password of that hash; `None` costs the same and is never right.
    pub(super) async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool, StoreError> {
        let proof = stored.as_deref().map(|stored| self.proofs.of(&password, stored));
        if proof.is_some_and(|proof| self.proofs.holds(&proof, Instant::now())) {
            return Ok(true);
        }
        let argon = self.argon.clone();
        let nobody = self.nobody.clone();
        let right = self.turn(move || verify(&argon, &password.0, stored.as_deref().unwrap_or(&nobody))).await?;
        let Some(proof) = proof.filter(|_| right) else { return Ok(false) };
        self.proofs.remember(proof, Instant::now());
        Ok(true)
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

/// How long a proof is remembered.
const PROOF_LIFE: Duration = Duration::from_secs(300);
/// Proofs that are remembered at most; each takes less than a hundred octets.
const MOST_PROOFS: usize = 50_000;

/// Passwords that were right a short while ago.
struct Proofs {
    /// Of this process alone: what lies in memory is of no use to who knows a hash.
    key: Proof,
    life: Duration,
    until: Mutex<HashMap<Proof, Instant>>,
}

type Proof = [u8; 32];

impl Proofs {
    /// `random`: what nobody else knows.
    fn new(life: Duration, random: &str) -> Self {
        Self { key: Sha256::digest(random).into(), life, until: Mutex::default() }
    }

    fn of(&self, password: &Password, stored: &str) -> Proof {
        let length = (stored.len() as u64).to_be_bytes();
        let digest = Sha256::new().chain_update(self.key).chain_update(length).chain_update(stored);
        digest.chain_update(&password.0).finalize().into()
    }

    fn holds(&self, proof: &Proof, now: Instant) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.get(proof).is_some_and(|until| now < *until)
    }

    fn remember(&self, proof: Proof, now: Instant) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= MOST_PROOFS {
            until.retain(|_, until| now < *until);
        }
        if until.len() >= MOST_PROOFS {
            until.clear();
        }
        until.insert(proof, now + self.life);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text)
    }

    #[test]
    fn a_proof_is_of_one_password_and_one_hash_and_ends() {
        let proofs = Proofs::new(PROOF_LIFE, "random");
        let now = Instant::now();
        proofs.remember(proofs.of(&password("giusta"), "hash"), now);
        let holds = |text: &str, stored: &str, now| proofs.holds(&proofs.of(&password(text), stored), now);
        assert!(holds("giusta", "hash", now));
        assert!(!holds("sbagliata", "hash", now) && !holds("giusta", "altro", now) && !holds("hgiusta", "has", now));
        assert!(!holds("giusta", "hash", now + PROOF_LIFE));
    }

    #[test]
    fn no_more_is_remembered_than_its_bound() {
        let proofs = Proofs::new(PROOF_LIFE, "random");
        let now = Instant::now();
        for number in 0..=MOST_PROOFS as u64 {
            let mut proof = [0; 32];
            proof[..8].copy_from_slice(&number.to_be_bytes());
            proofs.remember(proof, now);
        }
        assert!(proofs.until.lock().unwrap().len() <= MOST_PROOFS);
    }

    #[tokio::test]
    async fn what_was_right_is_not_hashed_again_and_what_was_wrong_is() {
        let accounts = Accounts::new(PasswordCost::CHEAPEST).unwrap();
        let stored = accounts.hash(password("giusta")).await.unwrap();
        assert!(!accounts.verify(password("sbagliata"), Some(stored.clone())).await.unwrap());
        assert!(accounts.proofs.until.lock().unwrap().is_empty());
        assert!(accounts.verify(password("giusta"), Some(stored.clone())).await.unwrap());
        // Without a turn nothing is hashed.
        accounts.turns.close();
        let again = tokio::time::timeout(Duration::from_secs(5), accounts.verify(password("giusta"), Some(stored)));
        assert!(again.await.unwrap().unwrap());
    }
}
