//! Name constraints (RFC 5280 §4.2.1.10): AgID CA1 permits the mail domains and organisations of the providers and
//! excludes every host and network [R-O-ca-2].

use x509_cert::der::Decode;
use x509_cert::name::Name;

use crate::asn1::{Malformed, Reader, tag};
use crate::key::Certificate;
use crate::name::DirectoryName;
use crate::oid;

/// The constraints of one authority.
#[derive(Debug, Default)]
pub(crate) struct NameConstraints {
    permitted: Vec<GeneralName>,
    excluded: Vec<GeneralName>,
}

/// A name of one of the forms of RFC 5280 §4.2.1.6.
#[derive(Debug, PartialEq)]
enum GeneralName {
    Email(String),
    Dns(String),
    Directory(DirectoryName),
    Ip(Vec<u8>),
    /// A form that is not compared here, by its tag.
    Other(u8),
}

impl NameConstraints {
    /// The constraints that an authority lays on everybody below it.
    pub(crate) fn of(authority: &Certificate) -> Result<Self, Malformed> {
        let mut constraints = Self::default();
        for extension in authority.extensions().iter().filter(|extension| extension.extn_id == oid::NAME_CONSTRAINTS) {
            let mut fields = Reader::new(extension.extn_value.as_bytes()).enter(tag::SEQUENCE)?;
            for (tag, names) in [(0xa0, &mut constraints.permitted), (0xa1, &mut constraints.excluded)] {
                let Some(subtrees) = fields.optional(tag)? else { continue };
                let mut subtrees = subtrees.elements();
                while !subtrees.is_empty() {
                    let mut subtree = subtrees.enter(tag::SEQUENCE)?;
                    names.push(GeneralName::read(&mut subtree)?);
                    // `minimum` is always zero and `maximum` absent in this profile of X.509.
                    if !matches!(subtree.rest(), [] | [0x80, 1, 0]) {
                        return Err(Malformed("a name constraint has a distance"));
                    }
                }
            }
        }
        Ok(constraints)
    }

    /// Checks every name of a certificate below the authority; the error is the name that is not allowed.
    pub(crate) fn check(&self, certificate: &Certificate) -> Result<(), String> {
        let names = names(certificate).map_err(|cause| format!("its names cannot be read: {cause}"))?;
        match names.iter().find(|name| !self.allow(name)) {
            None => Ok(()),
            Some(GeneralName::Email(email)) => Err(format!("the address {email}")),
            Some(GeneralName::Dns(host)) => Err(format!("the host name {host}")),
            Some(GeneralName::Directory(_)) => Err(format!("the name {}", certificate.subject())),
            Some(GeneralName::Ip(_)) => Err("an IP address".into()),
            Some(GeneralName::Other(_)) => Err("a name of an unknown form".into()),
        }
    }

    fn allow(&self, name: &GeneralName) -> bool {
        let mut permitted = self.permitted.iter().filter(|base| base.has_form_of(name)).peekable();
        if let GeneralName::Other(_) = name {
            // A constraint on a form that is not compared forbids the form (RFC 5280 §4.2.1.10).
            return permitted.peek().is_none() && !self.excluded.contains(name);
        }
        (permitted.peek().is_none() || permitted.any(|base| name.is_within(base)))
            && !self.excluded.iter().any(|base| name.is_within(base))
    }
}

/// Every name a certificate gives its subject.
fn names(certificate: &Certificate) -> Result<Vec<GeneralName>, Malformed> {
    let subject = certificate.subject_name();
    let mut names: Vec<_> = subject.texts(oid::EMAIL_ADDRESS).map(|email| GeneralName::Email(email.into())).collect();
    if !subject.is_empty() {
        names.push(GeneralName::Directory(subject.clone()));
    }
    for extension in certificate.extensions().iter().filter(|extension| extension.extn_id == oid::SUBJECT_ALT_NAME) {
        let mut alternatives = Reader::new(extension.extn_value.as_bytes()).enter(tag::SEQUENCE)?;
        while !alternatives.is_empty() {
            names.push(GeneralName::read(&mut alternatives)?);
        }
    }
    Ok(names)
}

impl GeneralName {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let name = reader.next()?;
        let text = || match std::str::from_utf8(name.content) {
            Ok(text) if text.is_ascii() => Ok(text.to_ascii_lowercase()),
            _ => Err(Malformed("a name is not ASCII")),
        };
        Ok(match name.tag {
            0x81 => Self::Email(text()?),
            0x82 => Self::Dns(text()?),
            0xa4 => {
                let name = Name::from_der(name.content).map_err(|_| Malformed("a directory name cannot be read"))?;
                Self::Directory(DirectoryName::new(&name))
            }
            0x87 => Self::Ip(name.content.to_vec()),
            other => Self::Other(other),
        })
    }

    fn has_form_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(tag), Self::Other(other)) => tag == other,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Whether this name lies in the subtree of `base`. Local parts are compared without regard to case too: no
    /// provider has two service mailboxes that differ in case.
    fn is_within(&self, base: &Self) -> bool {
        match (self, base) {
            (Self::Email(email), Self::Email(base)) => {
                if base.contains('@') {
                    return email == base;
                }
                let host = email.rsplit_once('@').map_or("", |(_, host)| host);
                base.is_empty() || host == base || base.starts_with('.') && host.ends_with(base.as_str())
            }
            (Self::Dns(host), Self::Dns(base)) => {
                let base = base.strip_prefix('.').unwrap_or(base);
                base.is_empty() || host.strip_suffix(base).is_some_and(|left| left.is_empty() || left.ends_with('.'))
            }
            (Self::Directory(name), Self::Directory(base)) => name.is_within(base),
            (Self::Ip(address), Self::Ip(base)) => {
                base.len() == address.len() * 2 && {
                    let (network, mask) = base.split_at(address.len());
                    address.iter().zip(network).zip(mask).all(|((a, n), m)| a & m == n & m)
                }
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_constraints_name_a_mailbox_a_host_or_a_domain() {
        let within =
            |email: &str, base: &str| GeneralName::Email(email.into()).is_within(&GeneralName::Email(base.into()));
        assert!(within("posta-certificata@pec.example.it", "pec.example.it"));
        assert!(!within("posta-certificata@other.pec.example.it", "pec.example.it"));
        assert!(!within("posta-certificata@evilpec.example.it", "pec.example.it"));
        assert!(within("a@pec.example.it", ".example.it"));
        assert!(!within("a@example.it", ".example.it"));
        assert!(within("a@example.it", "a@example.it"));
        assert!(!within("b@example.it", "a@example.it"));
        assert!(!within("\"x@pec.example.it\"@evil.example", "pec.example.it"));
        assert!(!within("pec.example.it", "pec.example.it"), "an address without a host");
    }

    #[test]
    fn host_and_network_constraints_cover_what_lies_below() {
        let host = |host: &str, base: &str| GeneralName::Dns(host.into()).is_within(&GeneralName::Dns(base.into()));
        assert!(host("any.example", "") && host("a.example", "example") && host("example", "example"));
        assert!(!host("notexample", "example"));
        let all = GeneralName::Ip(vec![0; 8]);
        assert!(GeneralName::Ip(vec![192, 0, 2, 1]).is_within(&all));
        assert!(!GeneralName::Ip(vec![0; 16]).is_within(&all), "IPv6 is another form");
        let network = GeneralName::Ip(vec![10, 0, 0, 0, 255, 0, 0, 0]);
        assert!(GeneralName::Ip(vec![10, 9, 8, 7]).is_within(&network));
        assert!(!GeneralName::Ip(vec![11, 9, 8, 7]).is_within(&network));
    }
}
