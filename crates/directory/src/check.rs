//! What must hold before an index is believed [R-I-dir-1].

use std::collections::{HashMap, HashSet};

use pec::Address;

use crate::error::DirectoryError;
use crate::record::Record;

/// A record and the lines its parts were read from; 0 when it was not read.
pub(crate) struct Placed {
    pub record: Record,
    /// Of the `dn`.
    pub line: usize,
    /// Of each of `managed_domains`.
    pub domain_lines: Vec<usize>,
    /// Of `mail_receipt`.
    pub receipt_line: usize,
    /// Of `location`.
    pub location_line: usize,
}

impl Placed {
    pub(crate) fn unplaced(record: Record) -> Self {
        Self { domain_lines: vec![0; record.managed_domains.len()], record, line: 0, receipt_line: 0, location_line: 0 }
    }
}

/// The entry `o=postacert`.
pub(crate) struct Root {
    /// Of the `dn`.
    pub line: usize,
    /// Line and value of `LDIFLocationURL`.
    pub location: Option<(usize, String)>,
}

/// Checks every record by itself and all of them together; gives them back with lower-case domains and without
/// repeated values.
pub(crate) fn check(placed: Vec<Placed>, root: Option<&Root>) -> Result<Vec<Record>, DirectoryError> {
    if let Some((line, url)) = root.and_then(|r| r.location.as_ref()) {
        https(*line, url)?;
    }
    let mut names: HashMap<(String, Option<String>), usize> = HashMap::new();
    let mut owners: HashMap<String, (String, usize)> = HashMap::new();
    let mut records = Vec::with_capacity(placed.len());
    let lines: Vec<usize> = placed.iter().map(|p| p.line).collect();
    for placed in placed {
        let record = alone(&placed)?;
        let key = (folded(&record.name), record.unit.as_deref().map(folded));
        if let Some(first) = names.insert(key, placed.line) {
            return fail(placed.line, format!("{} has a record already{}", title(&record), at(first)));
        }
        for (domain, line) in record.managed_domains.iter().zip(first_lines(&placed)) {
            if let Some((owner, first)) = owners.insert(domain.clone(), (title(&record), line)) {
                return fail(
                    line,
                    format!("the domain {domain} is claimed by {owner}{} and by {}", at(first), title(&record)),
                );
            }
        }
        records.push(record);
    }
    for (record, line) in records.iter().zip(lines) {
        if !record.is_main() && !names.contains_key(&(folded(&record.name), None)) {
            return fail(
                line,
                format!(
                    "{} is a secondary environment; expected a main record (without providerUnit) of '{}' [R-4.5.7-a]",
                    title(record),
                    record.name
                ),
            );
        }
    }
    Ok(records)
}

/// Values of DirectoryString match without regard to case and to the number of blanks (`caseIgnoreMatch`).
pub(crate) fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What one record must obey by itself.
fn alone(placed: &Placed) -> Result<Record, DirectoryError> {
    let mut record = placed.record.clone();
    if folded(&record.name).is_empty() {
        return fail(placed.line, "expected a providerName that is not empty");
    }
    if record.unit.as_deref().is_some_and(|unit| folded(unit).is_empty()) {
        return fail(placed.line, format!("expected a providerUnit that is not empty, or none, for '{}'", record.name));
    }
    if record.certificates.is_empty() {
        return fail(placed.line, format!("expected a providerCertificate;binary in the record of {}", title(&record)));
    }
    if record.managed_domains.is_empty() {
        return fail(placed.line, format!("expected a managedDomains in the record of {}", title(&record)));
    }
    let address = &record.mail_receipt;
    if address.as_str().starts_with('"') || address.domain().starts_with('[') {
        return fail(
            placed.receipt_line,
            format!("expected mailReceipt with dot-atoms on both sides of @, found {address}"),
        );
    }
    if let Some(url) = &record.location {
        if !record.is_main() {
            return fail(
                placed.location_line,
                format!("LDIFLocationURL stands only in the main record of '{}' [R-4.5.6-b]", record.name),
            );
        }
        https(placed.location_line, url)?;
    }
    for (domain, line) in record.managed_domains.iter_mut().zip(&placed.domain_lines) {
        if !is_domain(domain) {
            return fail(*line, format!("expected a domain name in managedDomains, found '{}'", domain.escape_debug()));
        }
        domain.make_ascii_lowercase();
    }
    let mut seen = HashSet::new();
    record.managed_domains.retain(|domain| seen.insert(domain.clone()));
    let mut seen = HashSet::new();
    record.certificates.retain(|certificate| seen.insert(certificate.clone()));
    Ok(record)
}

/// The line of each distinct domain, in the order in which [`alone`] keeps them.
fn first_lines(placed: &Placed) -> Vec<usize> {
    let mut seen = HashSet::new();
    let named = placed.record.managed_domains.iter().zip(&placed.domain_lines);
    named.filter(|(domain, _)| seen.insert(domain.to_ascii_lowercase())).map(|(_, line)| *line).collect()
}

/// A domain in dot-atom form, as it stands in an address (§4.5.5).
fn is_domain(domain: &str) -> bool {
    !domain.contains('@') && Address::parse(&format!("a@{domain}")).is_ok_and(|a| !a.domain().starts_with('['))
}

fn https(line: usize, url: &str) -> Result<(), DirectoryError> {
    let scheme = url.get(..8).is_some_and(|s| s.eq_ignore_ascii_case("https://"));
    if scheme && url.len() > 8 && !url.contains(char::is_whitespace) {
        return Ok(());
    }
    fail(line, format!("expected an https URL in LDIFLocationURL [R-4.5-b], found '{}'", url.escape_debug()))
}

pub(crate) fn title(record: &Record) -> String {
    match &record.unit {
        None => format!("'{}'", record.name),
        Some(unit) => format!("'{}', unit '{unit}'", record.name),
    }
}

fn at(line: usize) -> String {
    if line == 0 { String::new() } else { format!(" (line {line})") }
}

fn fail<T>(line: usize, what: impl Into<String>) -> Result<T, DirectoryError> {
    Err(DirectoryError { line, what: what.into() })
}
