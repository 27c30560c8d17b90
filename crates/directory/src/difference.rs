//! What a newer copy of the index would change, for the people who look at it first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::check::title;
use crate::index::Index;
use crate::record::{Record, sha1};

/// One change from an older index to a newer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// An environment of a provider came.
    RecordAdded(String),
    /// An environment of a provider went.
    RecordRemoved(String),
    /// A domain came, or went to this environment.
    DomainAdded {
        /// Which.
        domain: String,
        /// Whose it is now.
        record: String,
    },
    /// A domain went, or went from this environment.
    DomainRemoved {
        /// Which.
        domain: String,
        /// Whose it was.
        record: String,
    },
    /// A certificate came.
    CertificateAdded {
        /// Hex SHA-1 of its DER, as in the index.
        hash: String,
        /// Whose it is.
        record: String,
    },
    /// A certificate went.
    CertificateRemoved {
        /// Hex SHA-1 of its DER, as in the index.
        hash: String,
        /// Whose it was.
        record: String,
    },
    /// Something else of a record changed: service mailbox, address of the file, description.
    Changed {
        /// Which environment.
        record: String,
        /// What.
        what: &'static str,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RecordAdded(record) => write!(f, "+ provider {record}"),
            Self::RecordRemoved(record) => write!(f, "- provider {record}"),
            Self::DomainAdded { domain, record } => write!(f, "+ domain {domain} of {record}"),
            Self::DomainRemoved { domain, record } => write!(f, "- domain {domain} of {record}"),
            Self::CertificateAdded { hash, record } => write!(f, "+ certificate {hash} of {record}"),
            Self::CertificateRemoved { hash, record } => write!(f, "- certificate {hash} of {record}"),
            Self::Changed { record, what } => write!(f, "~ {what} of {record}"),
        }
    }
}

/// Everything that differs, by name of the provider; nothing when both say the same.
pub fn differences(old: &Index, new: &Index) -> Vec<Difference> {
    let (before, after) = (by_title(old), by_title(new));
    let mut out = Vec::new();
    for (title, record) in &after {
        if !before.contains_key(title) {
            out.push(Difference::RecordAdded(title.clone()));
        }
        compare(title, before.get(title).copied(), Some(record), &mut out);
    }
    for (title, record) in before.iter().filter(|(title, _)| !after.contains_key(*title)) {
        out.push(Difference::RecordRemoved(title.clone()));
        compare(title, Some(record), None, &mut out);
    }
    out
}

fn compare(title: &str, old: Option<&Record>, new: Option<&Record>, out: &mut Vec<Difference>) {
    let record = || title.to_owned();
    let (held, offered) = (domains(old), domains(new));
    for domain in held.difference(&offered) {
        out.push(Difference::DomainRemoved { domain: (*domain).to_owned(), record: record() });
    }
    for domain in offered.difference(&held) {
        out.push(Difference::DomainAdded { domain: (*domain).to_owned(), record: record() });
    }
    let certificates = |of: Option<&Record>| of.map_or(Vec::new(), |record| record.certificates.clone());
    let (held, offered) = (certificates(old), certificates(new));
    for certificate in held.iter().filter(|certificate| !offered.contains(certificate)) {
        out.push(Difference::CertificateRemoved { hash: hex::encode(sha1(certificate)), record: record() });
    }
    for certificate in offered.iter().filter(|certificate| !held.contains(certificate)) {
        out.push(Difference::CertificateAdded { hash: hex::encode(sha1(certificate)), record: record() });
    }
    if let (Some(old), Some(new)) = (old, new) {
        for (what, changed) in [
            ("mailReceipt", old.mail_receipt != new.mail_receipt),
            ("LDIFLocationURL", old.location != new.location),
            ("description", old.description != new.description),
        ] {
            if changed {
                out.push(Difference::Changed { record: record(), what });
            }
        }
    }
}

fn domains(record: Option<&Record>) -> BTreeSet<&str> {
    record.map(|record| record.managed_domains.iter().map(String::as_str).collect()).unwrap_or_default()
}

fn by_title(index: &Index) -> BTreeMap<String, &Record> {
    index.records().iter().map(|record| (title(record), &**record)).collect()
}
