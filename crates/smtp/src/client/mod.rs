//! The relay's side: implements [`provider::transport::Transport`].

mod config;
mod connection;
mod content;
mod open;
mod pipeline;
mod pool;
pub(crate) mod tls;
mod verdict;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use pec::{Address, Cause};
use provider::transport::{Fate, HostPort, Parcel, Route, Security, Transport};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

pub use config::{RelayConfig, Timeouts};
use pipeline::{Desk, Job, Lost, Pipeline};
use pool::Pool;
use tls::TlsPolicy;

/// Carries parcels by SMTP [R-2.2.2-a] over connections that are kept open.
#[derive(Clone)]
pub struct SmtpTransport {
    inner: Arc<Inner>,
}

struct Inner {
    config: RelayConfig,
    policy: TlsPolicy,
    pool: Arc<Pool>,
}

impl SmtpTransport {
    /// Fails when the roots cannot be used: the operator's fault.
    pub fn new(config: RelayConfig) -> Result<Self, rustls::Error> {
        let policy = TlsPolicy::new(config.roots.clone())?;
        let pool = Arc::new(Pool::new(config.idle_keep, config.connections_per_route));
        Ok(Self { inner: Arc::new(Inner { config, policy, pool }) })
    }
}

#[async_trait]
impl Transport for SmtpTransport {
    async fn routes(&self, recipients: &[Address]) -> Vec<(Route, Vec<Address>)> {
        let mut lookups = JoinSet::new();
        let mut routes: HashMap<String, Option<Route>> = HashMap::new();
        for domain in recipients.iter().map(Address::domain_key) {
            if routes.insert(domain.clone(), None).is_none() {
                let inner = Arc::clone(&self.inner);
                lookups.spawn(async move {
                    let RelayConfig { table, resolver, port, .. } = &inner.config;
                    let route = table.route(&domain, *port, resolver.as_ref()).await;
                    (domain, route)
                });
            }
        }
        while let Some(found) = lookups.join_next().await {
            if let Ok((domain, route)) = found {
                routes.insert(domain, Some(route));
            }
        }
        let mut groups: Vec<(Route, Vec<Address>)> = Vec::new();
        for recipient in recipients {
            let route = routes.get(&recipient.domain_key()).cloned().flatten();
            let route = route.unwrap_or_else(|| Route::Unknown("the look-up of the route broke off".into()));
            match groups.iter_mut().find(|(known, _)| *known == route) {
                Some((_, group)) => group.push(recipient.clone()),
                None => groups.push((route, vec![recipient.clone()])),
            }
        }
        groups
    }

    async fn send(&self, route: &Route, parcels: Vec<Parcel>, done: UnboundedSender<(usize, Vec<Fate>)>) {
        let fate = match route {
            Route::Hosts(hosts) => return self.send_to(hosts, parcels, done).await,
            Route::Nowhere(detail) => Fate::Failed { cause: Cause::NoDomain, detail: detail.clone() },
            Route::Unknown(detail) => Fate::Unreachable { detail: detail.clone() },
        };
        for (index, parcel) in parcels.into_iter().enumerate() {
            let _ = done.send((index, vec![fate.clone(); parcel.recipients.len()]));
        }
    }
}

impl SmtpTransport {
    async fn send_to(&self, hosts: &[HostPort], parcels: Vec<Parcel>, done: UnboundedSender<(usize, Vec<Fate>)>) {
        let mut workers = JoinSet::new();
        for security in [Security::Certified, Security::Ordinary] {
            let jobs = parcels.iter().enumerate().filter(|(_, parcel)| parcel.security == security);
            let jobs: VecDeque<Job> = jobs.map(|(index, parcel)| Job { index, parcel: parcel.clone() }).collect();
            let count = jobs.len().min(self.inner.config.connections_per_route.max(1));
            // Shares the parcels out: one connection must not take them all into its window.
            let window = jobs.len().div_ceil(count.max(1)).min(self.inner.config.window.max(1));
            let batch = Arc::new(Batch { jobs: Mutex::new(jobs), alive: AtomicUsize::new(count), done: done.clone() });
            for _ in 0..count {
                let (inner, hosts, batch) = (Arc::clone(&self.inner), hosts.to_vec(), Arc::clone(&batch));
                workers.spawn(async move { inner.work(&hosts, security, window, batch).await });
            }
        }
        while workers.join_next().await.is_some() {}
    }
}

/// The parcels of one call that share a security, and where their fates go.
struct Batch {
    jobs: Mutex<VecDeque<Job>>,
    /// Workers that may still carry something.
    alive: AtomicUsize,
    done: UnboundedSender<(usize, Vec<Fate>)>,
}

impl Batch {
    fn jobs(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk for Arc<Batch> {
    fn next(&mut self) -> Option<Job> {
        self.jobs().pop_front()
    }

    fn done(&mut self, index: usize, fates: Vec<Fate>) {
        // A caller that no longer listens will find the message in its queue again.
        let _ = self.done.send((index, fates));
    }
}

impl Inner {
    /// One connection's worth of work, over as many connections as it takes.
    async fn work(&self, hosts: &[HostPort], security: Security, window: usize, mut batch: Arc<Batch>) {
        let permits = self.pool.permits(hosts, security);
        let Ok(_permit) = permits.acquire().await else { return };
        loop {
            if batch.jobs().is_empty() {
                batch.alive.fetch_sub(1, Ordering::AcqRel);
                return;
            }
            let opened = match self.pool.take(hosts, security) {
                Some(connection) => Ok(connection),
                None => open::open(&self.config, &self.policy, hosts, security).await,
            };
            let mut connection = match opened {
                Ok(connection) => connection,
                Err(detail) => {
                    // While another connection carries on, its messages are not lost for this one's failure.
                    if batch.alive.fetch_sub(1, Ordering::AcqRel) == 1 {
                        while let Some(job) = batch.next() {
                            let fate = Fate::Unreachable { detail: detail.clone() };
                            batch.done(job.index, vec![fate; job.parcel.recipients.len()]);
                        }
                    }
                    return;
                }
            };
            match Pipeline::new(&mut connection, &self.config, &mut batch, window).run().await {
                Ok(()) if connection.messages < self.config.messages_per_connection => {
                    self.pool.put(hosts, security, connection);
                }
                Ok(()) => drop(tokio::spawn(connection.quit())),
                Err(Lost { again }) => {
                    let mut jobs = batch.jobs();
                    again.into_iter().rev().for_each(|job| jobs.push_front(job));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
