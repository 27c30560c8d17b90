//! Connections kept open, per route.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use provider::transport::{Hosts, Security};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::connection::Connection;

/// A connection opened for ordinary mail may be in clear, so it never carries certified mail; one that was good enough for a
/// provider need not be for another.
type Key = (Hosts, Security);

/// The kept connections of a transport.
pub(super) struct Pool {
    state: Mutex<State>,
    keep: Duration,
    per_route: usize,
}

#[derive(Default)]
struct State {
    slots: HashMap<Key, Slot>,
    /// Somebody looks after old connections.
    tended: bool,
}

struct Slot {
    permits: Arc<Semaphore>,
    idle: Vec<(Connection, Instant)>,
}

impl Pool {
    pub(super) fn new(keep: Duration, per_route: usize) -> Self {
        Self { state: Mutex::default(), keep, per_route: per_route.max(1) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to have one more connection to a route open is a permit of this.
    pub(super) fn permits(&self, hosts: &Hosts, security: &Security) -> Arc<Semaphore> {
        let mut state = self.state();
        let slot = state
            .slots
            .entry(key(hosts, security))
            .or_insert_with(|| Slot { permits: Arc::new(Semaphore::new(self.per_route)), idle: Vec::new() });
        Arc::clone(&slot.permits)
    }

    /// A kept connection that still seems alive; the one used last, so that the others may expire.
    pub(super) fn take(&self, hosts: &Hosts, security: &Security) -> Option<Connection> {
        let mut state = self.state();
        let idle = &mut state.slots.get_mut(&key(hosts, security))?.idle;
        while let Some((mut connection, since)) = idle.pop() {
            if since.elapsed() < self.keep && connection.is_quiet() {
                connection.stale = true;
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection for the next message, for a while.
    pub(super) fn put(self: &Arc<Self>, hosts: &Hosts, security: &Security, connection: Connection) {
        let mut state = self.state();
        if let Some(slot) = state.slots.get_mut(&key(hosts, security)) {
            slot.idle.push((connection, Instant::now()));
        }
        if !std::mem::replace(&mut state.tended, true) {
            tokio::spawn(tend(Arc::downgrade(self), self.keep));
        }
    }

    /// Takes leave of connections kept too long and forgets routes that are not used; `false` when none is kept.
    fn prune(&self) -> bool {
        let now = Instant::now();
        let mut old = Vec::new();
        let mut state = self.state();
        state.slots.retain(|_, slot| {
            let idle = std::mem::take(&mut slot.idle);
            let (expired, kept): (Vec<_>, Vec<_>) =
                idle.into_iter().partition(|(_, since)| now.duration_since(*since) >= self.keep);
            slot.idle = kept;
            old.extend(expired);
            !slot.idle.is_empty() || Arc::strong_count(&slot.permits) > 1
        });
        state.tended = state.slots.values().any(|slot| !slot.idle.is_empty());
        old.into_iter().for_each(|(connection, _)| drop(tokio::spawn(connection.quit())));
        state.tended
    }
}

/// Prunes until nothing is kept.
async fn tend(pool: Weak<Pool>, keep: Duration) {
    loop {
        tokio::time::sleep(keep.max(Duration::from_millis(10))).await;
        match pool.upgrade() {
            Some(pool) if pool.prune() => {}
            _ => return,
        }
    }
}

fn key(hosts: &Hosts, security: &Security) -> Key {
    (hosts.clone(), security.clone())
}
