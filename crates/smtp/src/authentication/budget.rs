//! The lookups of one examination, counted.
//!
//! `mail-auth` asks its cache before each DNS lookup. The resolver below keeps answers already, so the place of the cache
//! is free for what counts, and for the answer "no more" when the count is out.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use mail_auth::{DnsError, DnssecStatus, Error, Parameters, RecordSet, ResolverCache, Txt};

/// How many lookups are left.
pub(super) struct Budget {
    asked: AtomicUsize,
    most: usize,
}

/// Parameters of a check whose five caches are the budget.
pub(super) type Counted<'a, P> = Parameters<'a, P, Budget, Budget, Budget, Budget, Budget>;

impl Budget {
    pub(super) fn new(most: usize) -> Self {
        Self { asked: AtomicUsize::new(0), most }
    }

    /// Whether a lookup was denied.
    pub(super) fn spent_out(&self) -> bool {
        self.asked.load(Ordering::Relaxed) > self.most
    }

    /// Parameters whose lookups are counted here.
    pub(super) fn parameters<P>(&self, asked: P) -> Counted<'_, P> {
        Parameters {
            params: asked,
            cache_txt: Some(self),
            cache_mx: Some(self),
            cache_ptr: Some(self),
            cache_ipv4: Some(self),
            cache_ipv6: Some(self),
        }
    }

    fn denied(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.most
    }
}

impl<K> ResolverCache<K, Txt> for Budget {
    fn get<Q: Hash + Eq + ?Sized>(&self, _: &Q) -> Option<Txt>
    where
        K: Borrow<Q>,
    {
        self.denied().then(|| Txt::Error(Error::Dns(DnsError::Resolver("too many lookups".into()))))
    }

    fn remove<Q: Hash + Eq + ?Sized>(&self, _: &Q) -> Option<Txt>
    where
        K: Borrow<Q>,
    {
        None
    }

    fn insert(&self, _: K, _: Txt, _: Instant) {}
}

impl<K, T> ResolverCache<K, RecordSet<T>> for Budget {
    fn get<Q: Hash + Eq + ?Sized>(&self, _: &Q) -> Option<RecordSet<T>>
    where
        K: Borrow<Q>,
    {
        self.denied().then(|| RecordSet { rrset: [].into(), dnssec_status: DnssecStatus::Indeterminate })
    }

    fn remove<Q: Hash + Eq + ?Sized>(&self, _: &Q) -> Option<RecordSet<T>>
    where
        K: Borrow<Q>,
    {
        None
    }

    fn insert(&self, _: K, _: RecordSet<T>, _: Instant) {}
}
