//! The whole index in memory, and what may be asked of it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::DirectoryError;
use crate::record::{Record, sha1};
use crate::{check, ldif, schema};

/// What the points ask. One real implementation, [`Index`]; a reloadable holder wraps it.
pub trait Directory: Send + Sync {
    /// The record that manages a domain, without regard to case [R-2.2.1-f].
    fn by_domain(&self, domain: &str) -> Option<Arc<Record>>;
    /// The records that hold this very certificate; the hash is only the way to find them [R-2.2.2-d]. Main
    /// environments come first.
    fn by_certificate(&self, der: &[u8]) -> Vec<Arc<Record>>;
    /// A record of this `providerName`, without regard to case and blanks at its ends.
    fn by_name(&self, name: &str) -> Option<Arc<Record>>;
}

impl<T: Directory + ?Sized> Directory for Arc<T> {
    fn by_domain(&self, domain: &str) -> Option<Arc<Record>> {
        (**self).by_domain(domain)
    }

    fn by_certificate(&self, der: &[u8]) -> Vec<Arc<Record>> {
        (**self).by_certificate(der)
    }

    fn by_name(&self, name: &str) -> Option<Arc<Record>> {
        (**self).by_name(name)
    }
}

/// The whole index in memory.
#[derive(Clone, Debug, Default)]
pub struct Index {
    records: Vec<Arc<Record>>,
    location: Option<String>,
    /// Lower-case domain to its only record.
    domains: HashMap<String, Arc<Record>>,
    /// SHA-1 of a certificate to the records that hold one with that hash, main environments first.
    hashes: HashMap<[u8; 20], Vec<Arc<Record>>>,
}

impl Index {
    /// Builds from records; fails as [R-I-dir-1]: no domain in two records, schema obeyed, one main record per
    /// provider. `location` is the URL of the whole index. Domains become lower case; a value said twice in one
    /// record counts once, as in any LDAP entry.
    pub fn new(records: Vec<Record>, location: Option<String>) -> Result<Self, DirectoryError> {
        let records = records.into_iter().map(check::Placed::unplaced).collect();
        let root = location.map(|location| check::Root { line: 0, location: Some((0, location)) });
        Self::build(records, root)
    }

    /// Reads a whole LDIF (root entry and records) [R-4.5-h]; checks every hash against the certificates of its
    /// record. A file without the root entry is a provider's own [R-4.5-c].
    pub fn from_ldif(ldif: &str) -> Result<Self, DirectoryError> {
        let (records, root) = schema::read(&ldif::read(ldif)?)?;
        Self::build(records, root)
    }

    /// Writes the whole LDIF, the root entry first, secondary environments beside their main one [R-4.5-f]; lines folded
    /// at 76.
    pub fn to_ldif(&self) -> String {
        ldif::write(&schema::write(&self.records, self.location.as_deref()))
    }

    /// Writes the records without the root entry: a provider's own file, its secondary environments beside the main one
    /// [R-4.5-c] [R-4.5-f].
    pub fn to_own_ldif(&self) -> String {
        ldif::write(&schema::write_records(&self.records))
    }

    /// The records, in order.
    pub fn records(&self) -> &[Arc<Record>] {
        &self.records
    }

    /// Where the whole index is published: `LDIFLocationURL` of the root entry [R-4.5-b].
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    fn build(placed: Vec<check::Placed>, root: Option<check::Root>) -> Result<Self, DirectoryError> {
        let records: Vec<Arc<Record>> = check::check(placed, root.as_ref())?.into_iter().map(Arc::new).collect();
        let mut index = Self { location: root.and_then(|r| r.location).map(|(_, url)| url), ..Self::default() };
        let (main, secondary): (Vec<_>, Vec<_>) = records.iter().partition(|r| r.is_main());
        for record in main.into_iter().chain(secondary) {
            for domain in &record.managed_domains {
                index.domains.insert(domain.clone(), record.clone());
            }
            for certificate in &record.certificates {
                index.hashes.entry(sha1(certificate)).or_default().push(record.clone());
            }
        }
        index.records = records;
        Ok(index)
    }
}

impl Directory for Index {
    fn by_domain(&self, domain: &str) -> Option<Arc<Record>> {
        self.domains.get(&domain.to_ascii_lowercase()).cloned()
    }

    fn by_certificate(&self, der: &[u8]) -> Vec<Arc<Record>> {
        let found = self.hashes.get(&sha1(der)).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter(|record| record.has_certificate(der)).cloned().collect()
    }

    fn by_name(&self, name: &str) -> Option<Arc<Record>> {
        // Providers are some dozens, and only a name that is not the signer's is looked for.
        self.records.iter().find(|record| record.name.trim().eq_ignore_ascii_case(name.trim())).cloned()
    }
}
