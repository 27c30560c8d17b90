//! Mail addresses as the SMTP dialogue states them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// An addr-spec (`local-part@domain`, RFC 5321 §4.1.2), kept exactly as it was given.
///
/// Certified addresses must come back to the letter, so nothing is normalised; two addresses are
/// equal when they differ only in the case of ASCII letters [R-I-ap-1], or in quotes and escapes that RFC 5321 §4.1.2
/// says mean nothing: `"mario.rossi"@x.it` is `mario.rossi@x.it`.
#[derive(Clone)]
pub struct Address {
    text: Arc<str>,
    at: usize,
}

impl Address {
    /// Takes an addr-spec without angle brackets: dot-atom or quoted local part, a domain of
    /// letters-digits-hyphen labels or an address literal, at most 254 octets (RFC 5321 §4.5.3.1).
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let fail = |why| Err(AddressError { text: text.chars().take(300).collect(), why });
        if text.len() > 254 {
            return fail("longer than 254 octets");
        }
        let Some(at) = text.rfind('@') else {
            return fail("no @");
        };
        let (local, domain) = (&text[..at], &text[at + 1..]);
        if local.is_empty() || local.len() > 64 {
            return fail("the part before @ has no or more than 64 octets");
        }
        if !(is_dot_atom(local) || is_quoted(local)) {
            return fail("the part before @ is neither a dot-atom nor a quoted string");
        }
        if !(is_domain(domain) || is_literal(domain)) {
            return fail("the part after @ is not a domain name");
        }
        Ok(Self { text: text.into(), at })
    }

    /// The address as given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the last `@`, as given.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// What stands after the last `@`, as given.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The form that indexes and databases compare: ASCII lower case [R-I-ap-1], without quotes and escapes that are not
    /// needed.
    pub fn key(&self) -> String {
        if !self.is_quoted() {
            return self.text.to_ascii_lowercase();
        }
        let mut local = String::with_capacity(self.at);
        let mut chars = self.local().chars().skip(1).take(self.local().len().saturating_sub(2));
        while let Some(c) = chars.next() {
            // `parse` let no escape stand at the end.
            local.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
        }
        if !is_dot_atom(&local) {
            local = format!("\"{}\"", local.replace('\\', "\\\\").replace('"', "\\\""));
        }
        format!("{local}@{}", self.domain()).to_ascii_lowercase()
    }

    /// Whether it is the postmaster of its domain, whom every domain that takes mail has (RFC 5321 §4.5.1), in any case and
    /// with quotes or without.
    pub fn is_postmaster(&self) -> bool {
        self.key().strip_prefix("postmaster@").is_some()
    }

    /// The postmaster of its domain. Beyond 254 octets where the domain has more than 243, of which none is known.
    pub fn postmaster(&self) -> Self {
        const LOCAL: &str = "postmaster";
        Self { text: format!("{LOCAL}@{}", self.domain()).into(), at: LOCAL.len() }
    }

    fn is_quoted(&self) -> bool {
        self.text.starts_with('"')
    }

    /// The domain in ASCII lower case.
    pub fn domain_key(&self) -> String {
        self.domain().to_ascii_lowercase()
    }
}

/// The SMTP reverse path (RFC 5321 §4.1.1.2): an address, or the null path of a bounce.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReversePath {
    /// `<>`
    Null,
    /// `<address>`
    Address(Address),
}

impl ReversePath {
    /// The address, unless the path is null.
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::Null => None,
            Self::Address(address) => Some(address),
        }
    }

    /// The path without brackets; the null path is the empty string.
    pub fn as_str(&self) -> &str {
        self.address().map_or("", Address::as_str)
    }
}

/// A text that is not an addr-spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a mail address: {why}")]
pub struct AddressError {
    text: String,
    why: &'static str,
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

fn is_dot_atom(s: &str) -> bool {
    s.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

fn is_quoted(s: &str) -> bool {
    let Some(inner) = s.strip_prefix('"').and_then(|s| s.strip_suffix('"')) else {
        return false;
    };
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        let ok = match c {
            '\\' => matches!(chars.next(), Some(' '..='~')),
            '"' => false,
            c => matches!(c, ' '..='~'),
        };
        if !ok {
            return false;
        }
    }
    s.len() >= 2
}

fn is_domain(s: &str) -> bool {
    s.len() <= 253
        && s.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

fn is_literal(s: &str) -> bool {
    s.strip_prefix('[').and_then(|s| s.strip_suffix(']')).is_some_and(|inner| match inner.strip_prefix("IPv6:") {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => inner.parse::<std::net::Ipv4Addr>().is_ok(),
    })
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        match self.is_quoted() || other.is_quoted() {
            true => self.key() == other.key(),
            false => self.text.eq_ignore_ascii_case(&other.text),
        }
    }
}

impl Eq for Address {}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::parse(s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back_as_given_and_compares_without_case() {
        let a = Address::parse("Mario.Rossi@Comune.Example.IT").unwrap();
        assert_eq!(a.as_str(), "Mario.Rossi@Comune.Example.IT");
        assert_eq!((a.local(), a.domain()), ("Mario.Rossi", "Comune.Example.IT"));
        assert_eq!(a, Address::parse("mario.rossi@comune.example.it").unwrap());
    }

    #[test]
    fn quoted_local_parts_and_address_literals_are_addresses() {
        for good in [r#""a b"@x.it"#, r#""a\"b@c"@x.it"#, "u@[127.0.0.1]", "u@[IPv6:::1]", "u@localhost"] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn every_domain_has_one_postmaster() {
        for text in ["postmaster@x.it", "Postmaster@Y.it", "\"POSTMASTER\"@x.it"] {
            assert!(Address::parse(text).unwrap().is_postmaster(), "{text}");
        }
        assert!(!Address::parse("postmaster.x@x.it").unwrap().is_postmaster());
        let postmaster = Address::parse("a@B.it").unwrap().postmaster();
        assert_eq!((postmaster.as_str(), postmaster.local()), ("postmaster@B.it", "postmaster"));
        assert!(postmaster.is_postmaster() && postmaster == Address::parse("PostMaster@b.IT").unwrap());
    }

    #[test]
    fn quotes_and_escapes_that_are_not_needed_make_no_other_address() {
        // [R-I-ap-1]
        let same = |one: &str, other: &str| Address::parse(one).unwrap() == Address::parse(other).unwrap();
        assert!(same(r#""mario.rossi"@x.it"#, "Mario.Rossi@X.it"));
        assert!(same(r#""m\ario"@x.it"#, "mario@x.it"));
        assert!(same(r#""a\ b"@x.it"#, r#""A b"@x.it"#));
        assert!(!same(r#""a b"@x.it"#, "ab@x.it") && !same(r#""a\"b"@x.it"#, r#""a\\b"@x.it"#));
        for text in [r#""a b"@x.it"#, r#""a\"\\b@c"@x.it"#, r#""..":x"@x.it"#, r#""\m"@x.it"#] {
            let Ok(address) = Address::parse(text) else { continue };
            assert_eq!(address.as_str(), text);
            assert_eq!(Address::parse(&address.key()).map(|again| again.key()), Ok(address.key()));
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        let long = format!("{}@x.it", "a".repeat(65));
        for bad in
            ["", "@", "a@", "@b", "a b@c.it", "a@b c.it", "a..b@c.it", "a@-b.it", "à@b.it", "<a@b>", "a@b\r\n", &long]
        {
            assert!(Address::parse(bad).is_err(), "{bad:?}");
        }
    }
}
