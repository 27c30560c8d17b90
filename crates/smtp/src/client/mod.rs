//! The relay's side: implements [`provider::transport::Transport`].

mod config;
mod connection;
mod content;
mod means;
mod open;
mod pipeline;
mod pool;
pub(crate) mod tls;
mod verdict;

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use pec::{Address, Cause};
use provider::transport::{DomainPolicy, Fate, Hosts, NamedBy, Parcel, Route, Security, Transport};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

pub use config::{RelayConfig, Timeouts};
use means::Means;
use open::NoConnection;
use pipeline::{Desk, Job, Lost, Pipeline};
use pool::Pool;
use tls::TlsPolicy;

use crate::trust::alarms::{Alarms, Doubted};
use crate::trust::judge::Doubt;
use crate::trust::memory::Memory;
use crate::trust::policies::{self, Policies};
use crate::trust::reach::Reach;

/// Carries parcels by SMTP [R-2.2.2-a] over connections that are kept open.
#[derive(Clone)]
pub struct SmtpTransport {
    inner: Arc<Inner>,
}

struct Inner {
    means: Means,
    /// `None`: nobody asks for them.
    policies: Option<Arc<Policies>>,
    pool: Arc<Pool>,
}

/// A transport cannot be made: the operator's fault.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The authorities.
    #[error(transparent)]
    Roots(#[from] rustls::Error),
    /// The client for policies.
    #[error(transparent)]
    Policies(#[from] fetch::FetchError),
}

impl SmtpTransport {
    /// Fails when the roots cannot be used: the operator's fault.
    pub fn new(config: RelayConfig) -> Result<Self, Unusable> {
        let policy = TlsPolicy::new(config.roots.clone())?;
        let pool = Arc::new(Pool::new(config.idle_keep, config.connections_per_route));
        let reach = Reach::with(config.private_networks.clone());
        let (memory, alarms) = (Memory::new(config.remember), Alarms::default());
        let policies = config.mta_sts.then(|| {
            let (resolver, clock) = (Arc::clone(&config.resolver), Arc::clone(&config.clock));
            Policies::new(resolver, config.roots.clone(), reach.clone(), config.mta_sts_port, clock)
        });
        let policies = policies.transpose()?.map(Arc::new);
        let means = Means { config, policy, reach, memory, alarms };
        Ok(Self { inner: Arc::new(Inner { means, policies, pool }) })
    }

    /// Keeps in `folder` what is learnt of peers, and reads what was learnt before. What cannot be read is said and missed.
    pub async fn open(&self, folder: &Path) {
        let folders = fetch::keep::folder(folder).and_then(|()| fetch::keep::sweep(folder));
        let memory = match folders {
            Ok(()) => self.inner.means.memory.open(folder).await,
            Err(error) => Err(error),
        };
        let policies = match &self.inner.policies {
            Some(policies) => policies.open(&folder.join("mta-sts")).await,
            None => Ok(()),
        };
        for error in [memory, policies].into_iter().filter_map(Result::err) {
            let folder = folder.display();
            tracing::error!(event = "peer-memory", %folder, %error, "what was learnt of peers cannot be read");
        }
    }

    /// Which providers have shown a valid certificate.
    pub fn memory(&self) -> &Memory {
        &self.inner.means.memory
    }

    /// Whose certificate is not as it should be.
    pub fn alarms(&self) -> &Alarms {
        &self.inner.means.alarms
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
                    let route = inner.route(&domain).await;
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
    async fn send_to(&self, hosts: &Hosts, parcels: Vec<Parcel>, done: UnboundedSender<(usize, Vec<Fate>)>) {
        if let Some(policies) = &self.inner.policies {
            let certified = parcels.iter().filter(|parcel| matches!(parcel.security, Security::Certified(_)));
            policies.certified(certified.flat_map(|parcel| &parcel.recipients).map(Address::domain_key)).await;
        }
        let mut workers = JoinSet::new();
        let securities: HashSet<&Security> = parcels.iter().map(|parcel| &parcel.security).collect();
        for security in securities {
            let jobs = parcels.iter().enumerate().filter(|(_, parcel)| parcel.security == *security);
            let jobs: VecDeque<Job> = jobs.map(|(index, parcel)| Job { index, parcel: parcel.clone() }).collect();
            let count = jobs.len().min(self.inner.means.config.connections_per_route.max(1));
            // Shares the parcels out: one connection must not take them all into its window.
            let window = jobs.len().div_ceil(count.max(1)).min(self.inner.means.config.window.max(1));
            let batch = Arc::new(Batch { jobs: Mutex::new(jobs), alive: AtomicUsize::new(count), done: done.clone() });
            for _ in 0..count {
                let (inner, batch) = (Arc::clone(&self.inner), Arc::clone(&batch));
                let (hosts, security) = (hosts.clone(), security.clone());
                workers.spawn(async move { inner.work(&hosts, &security, window, batch).await });
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
    /// The route of a domain, and what its MTA-STS policy makes of it: hosts that a policy in force does not name are none.
    async fn route(&self, domain: &str) -> Route {
        let RelayConfig { table, resolver, port, .. } = &self.means.config;
        let mut route = table.route(domain, *port, resolver.as_ref()).await;
        let Route::Hosts(hosts) = &mut route else { return route };
        let (NamedBy::Dns { policy, .. }, Some(policies), false) =
            (&mut hosts.named_by, &self.policies, domain.starts_with('['))
        else {
            return route;
        };
        let Some(known) = policies.of(domain).await else { return route };
        *policy = policies::mode(&known.policy);
        let (named, others): (Vec<_>, Vec<_>) =
            hosts.list.iter().cloned().partition(|host| known.policy.names(&host.host));
        let others = others.iter().map(|host| host.host.as_str()).collect::<Vec<_>>().join(", ");
        let alarms = &self.means.alarms;
        let raise = |detail: String, refused| {
            let doubt = Doubt { reason: "policy", detail };
            alarms.raise(
                &Security::Ordinary,
                Doubted::Exchangers,
                domain,
                &doubt,
                refused,
                self.means.config.clock.now(),
            );
            doubt.detail
        };
        match policy {
            DomainPolicy::Enforce if named.is_empty() => {
                let detail =
                    format!("the MTA-STS policy of {domain} names none of its mail exchangers in DNS ({others})");
                return Route::Unknown(raise(detail, true));
            }
            DomainPolicy::Testing if !others.is_empty() => {
                raise(format!("the MTA-STS policy of {domain}, in its test, does not name {others}"), false);
            }
            _ => alarms.over(&Security::Ordinary, Doubted::Exchangers, domain),
        }
        if *policy == DomainPolicy::Enforce {
            hosts.list = named;
        }
        route
    }

    /// One connection's worth of work, over as many connections as it takes.
    async fn work(&self, hosts: &Hosts, security: &Security, window: usize, mut batch: Arc<Batch>) {
        let permits = self.pool.permits(hosts, security);
        let Ok(_permit) = permits.acquire().await else { return };
        loop {
            if batch.jobs().is_empty() {
                batch.alive.fetch_sub(1, Ordering::AcqRel);
                return;
            }
            let opened = match self.pool.take(hosts, security) {
                Some(connection) => Ok(connection),
                None => open::open(&self.means, hosts, security).await,
            };
            let mut connection = match opened {
                Ok(connection) => connection,
                Err(NoConnection { detail, never }) => {
                    // Where a domain leads us home it will tomorrow; a provider is waited for, and its mail not lost.
                    let fate = match security {
                        Security::Ordinary if never => Fate::Failed { cause: Cause::NoDomain, detail },
                        _ => Fate::Unreachable { detail },
                    };
                    // While another connection carries on, its messages are not lost for this one's failure.
                    if batch.alive.fetch_sub(1, Ordering::AcqRel) == 1 {
                        while let Some(job) = batch.next() {
                            batch.done(job.index, vec![fate.clone(); job.parcel.recipients.len()]);
                        }
                    }
                    return;
                }
            };
            match Pipeline::new(&mut connection, &self.means.config, &mut batch, window).run().await {
                Ok(()) if connection.messages < self.means.config.messages_per_connection => {
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
