//! The copy of the providers' index in use: read from a signed file, looked at again, its age known.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use directory::{Directory, Index, Record, Reloadable};
use pec::Moment;
use provider::{Clock, SystemClock};
use seal::Certificate;
use tokio::sync::watch;

use crate::config;

/// The index in use and when it was signed.
pub struct Fresh {
    index: Reloadable,
    signed: AtomicI64,
    config: config::Directory,
}

impl Fresh {
    /// Reads the signed file for the first time.
    pub fn read(config: &config::Directory) -> Result<Self, String> {
        let (index, signed) = read(config)?;
        Ok(Self { index: Reloadable::new(index), signed: AtomicI64::new(signed), config: config.clone() })
    }

    /// Seconds since the copy in use was signed.
    pub fn age(&self, now: Moment) -> i64 {
        (now.unix() - self.signed.load(Ordering::Relaxed)).max(0)
    }

    /// Whether the copy is older than the operator wants to be told (`directory.alarm_after`).
    pub fn is_old(&self, now: Moment) -> bool {
        self.is_above(Some(self.config.alarm_after), now)
    }

    /// Whether the copy is older than the operator wants to go on with (`directory.refuse_after`, Q-15).
    pub fn is_too_old(&self, now: Moment) -> bool {
        self.is_above(self.config.refuse_after, now)
    }

    fn is_above(&self, limit: Option<Duration>, now: Moment) -> bool {
        limit.is_some_and(|limit| u64::try_from(self.age(now)).is_ok_and(|age| age > limit.as_secs()))
    }

    fn take(&self, index: Index, signed: i64) -> Result<(), String> {
        let change = self.index.replace(index).map_err(|error| error.to_string())?;
        self.signed.store(signed, Ordering::Relaxed);
        tracing::info!(event = "index-reloaded", before = change.before, after = change.after);
        Ok(())
    }
}

impl Directory for Fresh {
    fn by_domain(&self, domain: &str) -> Option<Arc<Record>> {
        self.index.current().by_domain(domain)
    }

    fn by_certificate(&self, der: &[u8]) -> Vec<Arc<Record>> {
        self.index.current().by_certificate(der)
    }
}

/// Looks at the file again from time to time; a copy that is refused changes nothing and raises the alarm [R-4.5-e].
pub async fn keep_fresh(fresh: Arc<Fresh>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(fresh.config.reload) => {}
            _ = stop.changed() => {}
        }
        if *stop.borrow() {
            return;
        }
        let holder = fresh.clone();
        let looked = tokio::task::spawn_blocking(move || match read(&holder.config) {
            Ok((_, signed)) if signed == holder.signed.load(Ordering::Relaxed) => Ok(()),
            // An old file put back would bring back certificates that were withdrawn.
            Ok((_, signed)) if signed < holder.signed.load(Ordering::Relaxed) => {
                Err(format!("{}: signed before the copy in use", holder.config.file.display()))
            }
            Ok((index, signed)) => holder.take(index, signed),
            Err(error) => Err(error),
        });
        match looked.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(event = "index-refused", error, "the last good copy stays in use"),
            Err(error) => tracing::error!(event = "index-refused", %error),
        }
        let now = SystemClock.now();
        if fresh.is_old(now) {
            let age = fresh.age(now);
            tracing::error!(
                event = "index-old",
                age_seconds = age,
                "the copy of the providers' index is old (directory.alarm_after)"
            );
        }
    }
}

/// Reads the signed file and checks that the pinned operator signed it [R-I-dir-1] [R-7-b].
fn read(config: &config::Directory) -> Result<(Index, i64), String> {
    let say = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let pem = std::fs::read(&config.signer).map_err(|error| say(&config.signer, &error))?;
    let pinned = Certificate::from_pem(&pem).map_err(|error| say(&config.signer, &error))?;
    let file = std::fs::read(&config.file).map_err(|error| say(&config.file, &error))?;
    let opened = seal::p7m::open_file(&file).map_err(|error| say(&config.file, &error))?;
    if !pinned.iter().any(|certificate| certificate.der() == opened.signer.der()) {
        let who = opened.signer.subject();
        return Err(say(
            &config.file,
            &format!("signed by {who}, who is not the operator in {}", config.signer.display()),
        ));
    }
    let text = String::from_utf8(opened.content).map_err(|error| say(&config.file, &error))?;
    let index = Index::from_ldif(&text).map_err(|error| say(&config.file, &error))?;
    Ok((index, opened.signing_time.unwrap_or_default()))
}
