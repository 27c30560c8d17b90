//! What a mailbox takes besides certified mail, and whom it corresponds with: values that an operator sets, and that
//! points obey. Nothing is decided here.

use std::fmt;
use std::str::FromStr;

use pec::Address;

use crate::mailboxes::FolderName;

/// What becomes of ordinary mail for a mailbox (Q-17) [R-2.2.2-j].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OrdinaryMail {
    /// Refused at SMTP time.
    #[default]
    Refuse,
    /// Delivered to `INBOX` in an anomaly envelope.
    Anomaly,
    /// Delivered to this folder in an anomaly envelope.
    Folder(String),
    /// Sent on to this address in an anomaly envelope.
    Forward(Address),
}

impl fmt::Display for OrdinaryMail {
    /// The text that [`OrdinaryMail::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OrdinaryMail::Refuse => f.write_str("refuse"),
            OrdinaryMail::Anomaly => f.write_str("anomaly"),
            OrdinaryMail::Folder(name) => write!(f, "folder={name}"),
            OrdinaryMail::Forward(address) => write!(f, "forward={address}"),
        }
    }
}

impl FromStr for OrdinaryMail {
    type Err = String;

    /// Reads `refuse`, `anomaly`, `folder=NAME` or `forward=ADDRESS`; the error says what was expected.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "refuse" => Ok(OrdinaryMail::Refuse),
            None if text == "anomaly" => Ok(OrdinaryMail::Anomaly),
            Some(("folder", name)) => {
                // What is set here is where mail is put one day: it must be a name then too.
                FolderName::parse(name)
                    .map(|folder| OrdinaryMail::Folder(folder.to_string()))
                    .map_err(|error| format!("expected a folder's name after folder=: {}", error.what))
            }
            Some(("forward", address)) => Address::parse(address)
                .map(OrdinaryMail::Forward)
                .map_err(|error| format!("expected a mail address after forward=: {error}")),
            _ => Err(format!("expected refuse, anomaly, folder=NAME or forward=ADDRESS, found {text:?}")),
        }
    }
}

/// Whom a mailbox writes to and receives from: a closed group. Who is in a list must also be certified where
/// `certified_only` says so; without lists everybody is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correspondents {
    /// Only holders of certified mailboxes.
    pub certified_only: bool,
    /// These domains, lower case, without those below them.
    pub domains: Vec<String>,
    /// These addresses.
    pub addresses: Vec<Address>,
}

impl Correspondents {
    /// Whether an address is in the group; `certified` says whether it is a certified one.
    pub fn admit(&self, address: &Address, certified: bool) -> bool {
        let listed = self.domains.contains(&address.domain_key()) || self.addresses.contains(address);
        (certified || !self.certified_only) && (listed || (self.domains.is_empty() && self.addresses.is_empty()))
    }

    /// The rules as texts, for [`Correspondents::from_rules`].
    pub fn rules(&self) -> Vec<String> {
        let certified = self.certified_only.then(|| "certified".to_owned());
        let domains = self.domains.iter().map(|domain| format!("@{domain}"));
        certified.into_iter().chain(domains).chain(self.addresses.iter().map(Address::to_string)).collect()
    }

    /// A group from rules: `certified`, `@DOMAIN`, `ADDRESS`; the error says what was expected. No rule: everybody.
    pub fn from_rules<'a>(rules: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut group = Correspondents::default();
        for rule in rules {
            let what = || format!("expected certified, @DOMAIN or ADDRESS, found {rule:?}");
            match rule.strip_prefix('@') {
                _ if rule == "certified" => group.certified_only = true,
                Some(domain) => {
                    // A domain is what stands in an address.
                    let any = Address::parse(&format!("a@{domain}")).map_err(|_| what())?;
                    group.domains.push(any.domain_key());
                }
                None => group.addresses.push(Address::parse(rule).map_err(|_| what())?),
            }
        }
        Ok(group)
    }
}

impl fmt::Display for Correspondents {
    /// The rules with commas between them; `any` when there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules();
        f.write_str(if rules.is_empty() { "any" } else { "" })?;
        f.write_str(&rules.join(","))
    }
}

impl FromStr for Correspondents {
    type Err = String;

    /// Reads what [`Correspondents`] displays.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "any" => Ok(Correspondents::default()),
            rules => Correspondents::from_rules(rules.split(',').map(str::trim)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_back_as_it_is_written() {
        for text in ["refuse", "anomaly", "folder=Posta ordinaria/è=x", "forward=mario@ufficio.example"] {
            assert_eq!(text.parse::<OrdinaryMail>().unwrap().to_string(), text);
        }
        for text in ["any", "certified", "@b.example", "certified,@b.example,@c.example,anna@d.example"] {
            assert_eq!(text.parse::<Correspondents>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_policy_is_refused_with_what_was_expected() {
        for text in [
            "",
            "Refuse",
            "folder",
            "folder=",
            "folder= ",
            "folder=a//b",
            "folder=a\nb",
            "forward=",
            "forward=x",
            "drop=x",
        ] {
            assert!(text.parse::<OrdinaryMail>().unwrap_err().starts_with("expected"), "{text}");
        }
        assert!(format!("folder={}", "x".repeat(256)).parse::<OrdinaryMail>().is_err());
        for text in ["", "b.example", "@", "@b example", "certified,,", "x@"] {
            assert!(text.parse::<Correspondents>().unwrap_err().starts_with("expected"), "{text}");
        }
    }

    #[test]
    fn a_group_admits_who_is_listed_and_certified_where_it_says_so() {
        let group = |text: &str| text.parse::<Correspondents>().unwrap();
        let address = |text: &str| Address::parse(text).unwrap();
        let (anna, sub) = (address("Anna@B.example"), address("anna@sub.b.example"));
        for (rules, who, certified, admitted) in [
            ("any", &anna, false, true),
            ("certified", &anna, false, false),
            ("certified", &anna, true, true),
            ("@b.example", &anna, false, true),
            ("@b.example", &sub, true, false),
            ("certified,@b.example", &anna, false, false),
            ("certified,@b.example", &anna, true, true),
            ("anna@b.example", &anna, false, true),
            ("anna@b.example,@c.example", &sub, true, false),
        ] {
            assert_eq!(group(rules).admit(who, certified), admitted, "{rules} {who} {certified}");
        }
    }
}
