//! The schema of the index (RFC 6109 §4.5.1-4.5.9): LDIF entries become records and back [R-4.5-h].
//!
//! Attributes that the schema does not know are passed over: an LDAP server adds its own to an export
//! (quirk `ldif-operational-attributes`).

use std::sync::Arc;

use bytes::Bytes;
use pec::Address;

use crate::check::{Placed, Root, folded};
use crate::dn;
use crate::error::DirectoryError;
use crate::ldif::{Attribute, Entry};
use crate::record::{Record, sha1};

/// The base of the index [R-4.5-a].
const BASE: &str = "postacert";

/// Entries to records and the root entry, if there is one. What concerns several records is not yet checked.
pub(crate) fn read(entries: &[Entry]) -> Result<(Vec<Placed>, Option<Root>), DirectoryError> {
    let mut records = Vec::new();
    let mut root: Option<Root> = None;
    for entry in entries {
        match kind(entry)? {
            Name::Root => {
                if let Some(first) = &root {
                    return fail(entry.line, format!("the root entry o={BASE} stands at line {} already", first.line));
                }
                has_class(entry, "organization")?;
                let location = single(entry, "LDIFLocationURL")?;
                let location = location.map(|a| text(a).map(|t| (a.line, t.to_owned()))).transpose()?;
                root = Some(Root { line: entry.line, location });
            }
            Name::Record { name, unit } => records.push(record(entry, &name, unit.as_deref())?),
        }
    }
    Ok((records, root))
}

/// Records to entries, the root entry first.
pub(crate) fn write(records: &[Arc<Record>], location: Option<&str>) -> Vec<Entry> {
    let mut root = vec![
        Attribute::new("objectClass", "top"),
        Attribute::new("objectClass", "organization"),
        Attribute::new("objectClass", "LDIFLocationURLObject"),
        Attribute::new("o", BASE),
    ];
    root.extend(location.map(|url| Attribute::new("LDIFLocationURL", url)));
    root.push(Attribute::new("description", "Base root for the PEC providers directory"));
    let mut entries = vec![Entry { line: 0, dn: dn::write(&[("o", BASE)]), attributes: root }];
    entries.extend(write_records(records));
    entries
}

/// Records to entries, without the root entry.
pub(crate) fn write_records(records: &[Arc<Record>]) -> Vec<Entry> {
    let entries = records.iter().map(|record| {
        let mut name = vec![("providerName", record.name.as_str()), ("o", BASE)];
        if let Some(unit) = &record.unit {
            name.insert(0, ("providerUnit", unit));
        }
        Entry { line: 0, dn: dn::write(&name), attributes: attributes(record) }
    });
    entries.collect()
}

fn attributes(record: &Record) -> Vec<Attribute> {
    let mut out = vec![
        Attribute::new("objectClass", "top"),
        Attribute::new("objectClass", "provider"),
        Attribute::new("providerName", record.name.as_str()),
    ];
    out.extend(record.unit.iter().map(|unit| Attribute::new("providerUnit", unit.as_str())));
    for certificate in &record.certificates {
        out.push(Attribute::new("providerCertificateHash", hex::encode(sha1(certificate))));
        out.push(Attribute::binary("providerCertificate", certificate.to_vec()));
    }
    out.push(Attribute::new("mailReceipt", record.mail_receipt.as_str()));
    out.extend(record.location.iter().map(|url| Attribute::new("LDIFLocationURL", url.as_str())));
    out.extend(record.managed_domains.iter().map(|domain| Attribute::new("managedDomains", domain.as_str())));
    out.extend(record.description.iter().map(|text| Attribute::new("description", text.as_str())));
    out
}

/// What a distinguished name names.
enum Name {
    Root,
    Record { name: String, unit: Option<String> },
}

fn kind(entry: &Entry) -> Result<Name, DirectoryError> {
    let components = dn::parse(&entry.dn).map_err(|what| DirectoryError { line: entry.line, what })?;
    let kinds: Vec<String> = components.iter().map(|(kind, _)| kind.to_ascii_lowercase()).collect();
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    let based = components.last().is_some_and(|(_, base)| folded(base) == BASE);
    let mut values = components.into_iter().map(|(_, value)| value);
    match (based, kinds.as_slice(), values.next(), values.next()) {
        (true, ["o"], ..) => Ok(Name::Root),
        (true, ["providername", "o"], Some(name), _) => Ok(Name::Record { name, unit: None }),
        (true, ["providerunit", "providername", "o"], unit, Some(name)) => Ok(Name::Record { name, unit }),
        _ => fail(
            entry.line,
            format!(
                "expected dn 'o={BASE}', 'providerName=<name>,o={BASE}' or \
                 'providerUnit=<environment>,providerName=<name>,o={BASE}' [R-4.5.7-a], found '{}'",
                entry.dn.escape_debug()
            ),
        ),
    }
}

fn record(entry: &Entry, dn_name: &str, dn_unit: Option<&str>) -> Result<Placed, DirectoryError> {
    has_class(entry, "provider")?;
    let name = required(entry, "providerName")?;
    agree(name, "providerName", Some(dn_name))?;
    let unit = single(entry, "providerUnit")?;
    match (unit, dn_unit) {
        (Some(unit), _) => agree(unit, "providerUnit", dn_unit)?,
        (None, Some(in_dn)) => {
            return fail(entry.line, format!("expected providerUnit '{in_dn}', as in the dn; the record has none"));
        }
        (None, None) => {}
    }
    let receipt = required(entry, "mailReceipt")?;
    let mail_receipt = Address::parse(text(receipt)?).map_err(|error| DirectoryError {
        line: receipt.line,
        what: format!("expected mailReceipt as an address: {error}"),
    })?;
    let domains = values(entry, "managedDomains")?;
    let location = single(entry, "LDIFLocationURL")?;
    let descriptions: Result<Vec<&str>, _> =
        entry.attributes.iter().filter(|a| a.is("description")).map(text).collect();
    let descriptions = descriptions?.join("\n");
    let record = Record {
        name: text(name)?.to_owned(),
        unit: unit.map(|a| text(a).map(str::to_owned)).transpose()?,
        certificates: certificates(entry)?,
        mail_receipt,
        managed_domains: domains.iter().map(|a| text(a).map(str::to_owned)).collect::<Result<_, _>>()?,
        location: location.map(|a| text(a).map(str::to_owned)).transpose()?,
        description: (!descriptions.is_empty()).then_some(descriptions),
    };
    Ok(Placed {
        record,
        line: entry.line,
        domain_lines: domains.iter().map(|a| a.line).collect(),
        receipt_line: receipt.line,
        location_line: location.map_or(0, |a| a.line),
    })
}

/// The certificates; every hash said must be the SHA-1 of one of them, whatever its case [R-I-dir-1] [R-I-dir-2].
fn certificates(entry: &Entry) -> Result<Vec<Bytes>, DirectoryError> {
    let mut certificates: Vec<Bytes> = Vec::new();
    for attribute in entry.attributes.iter().filter(|a| a.is("providerCertificate")) {
        // `;binary` is obligatory in transfer (RFC 4522); without it the octets are the same (quirk `ldif-no-binary`).
        if attribute.options.iter().any(|o| !o.eq_ignore_ascii_case("binary")) {
            return fail(
                attribute.line,
                format!("expected 'providerCertificate;binary', found '{}'", attribute.description()),
            );
        }
        certificates.push(attribute.value.clone().into());
    }
    let hashes = values(entry, "providerCertificateHash")?;
    if hashes.is_empty() {
        return fail(entry.line, "expected a providerCertificateHash in this record");
    }
    for hash in hashes {
        let said = text(hash)?;
        let mut octets = [0; 20];
        if hex::decode_to_slice(said, &mut octets).is_err() {
            return fail(
                hash.line,
                format!("expected providerCertificateHash as 40 hex digits, found '{}'", said.escape_debug()),
            );
        }
        if !certificates.iter().any(|certificate| sha1(certificate) == octets) {
            return fail(hash.line, format!("the hash {said} is not the SHA-1 of any certificate of this record"));
        }
    }
    Ok(certificates)
}

fn has_class(entry: &Entry, class: &str) -> Result<(), DirectoryError> {
    let classes = values(entry, "objectClass")?;
    if classes.iter().any(|a| a.value.eq_ignore_ascii_case(class.as_bytes())) {
        return Ok(());
    }
    fail(entry.line, format!("expected 'objectClass: {class}' in this entry"))
}

/// A value of the record must be what the distinguished name says.
fn agree(attribute: &Attribute, what: &str, in_dn: Option<&str>) -> Result<(), DirectoryError> {
    let said = text(attribute)?;
    match in_dn {
        Some(in_dn) if folded(in_dn) == folded(said) => Ok(()),
        Some(in_dn) => fail(attribute.line, format!("expected {what} '{in_dn}', as in the dn, found '{said}'")),
        None => fail(attribute.line, format!("{what} '{said}' is not in the dn; expected it in both or in neither")),
    }
}

/// Every value of an attribute without options.
fn values<'a>(entry: &'a Entry, name: &str) -> Result<Vec<&'a Attribute>, DirectoryError> {
    let found: Vec<&Attribute> = entry.attributes.iter().filter(|a| a.is(name)).collect();
    match found.iter().find(|a| !a.options.is_empty()) {
        Some(a) => fail(a.line, format!("expected '{name}' without options, found '{}'", a.description())),
        None => Ok(found),
    }
}

fn single<'a>(entry: &'a Entry, name: &str) -> Result<Option<&'a Attribute>, DirectoryError> {
    match values(entry, name)?.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        [_, second, ..] => fail(second.line, format!("a second {name} in one record; the attribute is single-valued")),
    }
}

fn required<'a>(entry: &'a Entry, name: &str) -> Result<&'a Attribute, DirectoryError> {
    match single(entry, name)? {
        Some(attribute) => Ok(attribute),
        None => fail(entry.line, format!("expected a {name} in this record")),
    }
}

fn text(attribute: &Attribute) -> Result<&str, DirectoryError> {
    std::str::from_utf8(&attribute.value).map_err(|_| DirectoryError {
        line: attribute.line,
        what: format!("the value of {} is not UTF-8", attribute.name),
    })
}

fn fail<T>(line: usize, what: impl Into<String>) -> Result<T, DirectoryError> {
    Err(DirectoryError { line, what: what.into() })
}
