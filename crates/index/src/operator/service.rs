//! The service: what is held of each provider, and what is published of it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use directory::Index;
use fetch::keep;
use pec::{Clock, Moment};
use seal::Signer;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::collect;
use super::members::Members;
use super::settings::OperatorSettings;
use super::state::State;
use super::view::{Published, View};
use crate::copy::{Copy, Pinned};
use crate::door::Shown;
use crate::error::IndexError;
use crate::visit;

/// The service of an operator.
pub struct Operator {
    settings: OperatorSettings,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    state: State,
    members: Members,
    /// What is published, as it was signed.
    published: Option<(String, i64)>,
    shown: Shown,
    view: Arc<Mutex<View>>,
}

impl Operator {
    /// Reads what an earlier process left; what it published is shown at once.
    pub fn open(
        settings: OperatorSettings,
        signer: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IndexError> {
        if settings.collect.tls_roots.is_some() {
            visit::client(&settings.collect)?;
        }
        let state = State::open(&settings.state)?;
        let members = Members::open(&settings, &state)?;
        let mut operator = Self {
            members,
            signer,
            clock,
            published: None,
            shown: Shown::default(),
            view: Arc::default(),
            state,
            settings,
        };
        if let Some(octets) = operator.state.read_published()? {
            let path = operator.state.published();
            let pinned = Pinned::only(operator.signer.certificate().clone(), &path);
            match Copy::open(octets, &pinned) {
                Ok(copy) => operator.show(&copy),
                // Signed by the last key, perhaps: the first round signs it anew.
                Err(error) => tracing::warn!(event = "published-index-unusable", %error),
            }
        }
        operator.tell(None);
        Ok(operator)
    }

    /// Collects and publishes until `stop` becomes true.
    pub async fn keep(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let good = tokio::select! {
                good = self.round() => good,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            let mut due = self.members.due();
            if !good {
                due = due.min(Instant::now() + self.settings.collect.retry_first.min(self.settings.collect.refresh));
            }
            tokio::select! {
                () = sleep_until(due) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Collects what is due, and publishes what has changed; whether publishing went well.
    pub async fn round(&mut self) -> bool {
        collect::round(&mut self.members, &self.settings, &self.state, &self.clock).await;
        let published = self.publish().await;
        if let Err(error) = &published {
            tracing::error!(event = "index-not-published", %error, "what was published stays");
        }
        let good = published.is_ok();
        self.tell(published.err().map(|error| error.to_string()));
        good
    }

    /// Signs and shows the whole index when it says something new, or when its signature is half as old as the time
    /// between two collections: who fetches it sees by the signature that it is looked after.
    async fn publish(&mut self) -> Result<(), IndexError> {
        let records = self.members.records();
        if records.is_empty() {
            return Err(IndexError::Refused("no provider's file is good: there is nothing to publish".into()));
        }
        let index = Index::new(records, Some(self.settings.url.clone())).map_err(IndexError::fault)?;
        let ldif = index.to_ldif();
        let now = self.clock.now().unix();
        let mut at = now;
        if let Some((shown, signed)) = &self.published {
            let young = now.abs_diff(*signed) < self.settings.collect.refresh.as_secs().div_ceil(2);
            if *shown == ldif && young {
                return Ok(());
            }
            // No two versions of one second: readers order them by it.
            at = now.max(signed + 1);
        }
        let signer = self.signer.clone();
        let sealed = tokio::task::spawn_blocking(move || seal::p7m::seal_file(ldif.as_bytes(), at, &*signer));
        let file = sealed.await.map_err(IndexError::fault)?.map_err(|error| IndexError::Unsigned(error.to_string()))?;
        let path = self.state.published();
        keep::replace(&path, &file).map_err(|error| IndexError::Unwritten(format!("{}: {error}", path.display())))?;
        // What others will verify is verified first.
        let copy = Copy::open(file.into(), &Pinned::only(self.signer.certificate().clone(), &path))?;
        let records = copy.index.records().len();
        self.show(&copy);
        tracing::info!(event = "index-published", records, signed = %Moment::from_unix(at));
        Ok(())
    }

    fn show(&mut self, copy: &Copy) {
        self.shown.show(copy.octets.clone(), copy.signed);
        self.published = Some((copy.index.to_ldif(), copy.signed));
        let domains = copy.index.records().iter().map(|record| record.managed_domains.len()).sum();
        let published =
            Published { signed: Moment::from_unix(copy.signed), records: copy.index.records().len(), domains };
        self.view.lock().unwrap_or_else(PoisonError::into_inner).published = Some(published);
    }

    fn tell(&self, trouble: Option<String>) {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        view.trouble = trouble;
        view.members = self.members.view();
    }

    /// What is served.
    pub fn shown(&self) -> Shown {
        self.shown.clone()
    }

    /// What health tells, as it stands at any time.
    pub fn live_view(&self) -> Arc<Mutex<View>> {
        self.view.clone()
    }

    /// Where the published file stands.
    pub fn published(&self) -> PathBuf {
        self.state.published()
    }

    /// What health tells now.
    pub fn view(&self) -> View {
        self.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
