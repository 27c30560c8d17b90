//! Hops and rights, as requests and answers name them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use store::{Hop, Rights};

/// A hop of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum HopName {
    /// Our own Incoming Point.
    Local,
    /// Another provider.
    Provider {
        /// Its name in the index.
        name: String,
        /// The unit of a secondary environment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    /// An ordinary domain.
    Domain(String),
}

impl From<&Hop> for HopName {
    fn from(hop: &Hop) -> Self {
        match hop {
            Hop::Local => HopName::Local,
            Hop::Provider(key) => HopName::Provider {
                name: key.name.as_ref().to_owned(),
                unit: key.unit.as_ref().map(|unit| unit.as_ref().to_owned()),
            },
            Hop::Ordinary(domain) => HopName::Domain(domain.clone()),
        }
    }
}

impl From<HopName> for Hop {
    fn from(name: HopName) -> Self {
        match name {
            HopName::Local => Hop::Local,
            HopName::Provider { name, unit } => {
                Hop::Provider(pec::ProviderKey { name: name.into(), unit: unit.map(Into::into) })
            }
            HopName::Domain(domain) => Hop::Ordinary(domain.to_ascii_lowercase()),
        }
    }
}

impl fmt::Display for HopName {
    /// For people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HopName::Local => f.write_str("this provider"),
            HopName::Provider { name, unit } => {
                write!(f, "provider {name}")?;
                unit.iter().try_for_each(|unit| write!(f, "/{unit}"))
            }
            HopName::Domain(domain) => write!(f, "domain {domain}"),
        }
    }
}

/// What a user may do with a mailbox, as text: `read`, `send`, `manage` with commas between them, or `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RightsWanted(pub Rights);

impl fmt::Display for RightsWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rights { read, send, manage } = self.0;
        let names = [(read, "read"), (send, "send"), (manage, "manage")];
        let names: Vec<&str> = names.into_iter().filter(|(has, _)| *has).map(|(_, name)| name).collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for RightsWanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rights = Rights::default();
        for name in text.split(',').map(str::trim) {
            match name {
                "all" => rights = Rights::ALL,
                "read" => rights.read = true,
                "send" => rights.send = true,
                "manage" => rights.manage = true,
                _ => {
                    return Err(format!(
                        "expected read, send, manage with commas between them, or all, found {text:?}"
                    ));
                }
            }
        }
        Ok(Self(rights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_back_as_they_are_written() {
        for text in ["read", "read,send", "manage", "read,send,manage"] {
            assert_eq!(text.parse::<RightsWanted>().unwrap().to_string(), text);
        }
        assert_eq!("all".parse::<RightsWanted>().unwrap().0, Rights::ALL);
        for wrong in ["", "write", "read,,send"] {
            assert!(wrong.parse::<RightsWanted>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn hops_keep_names_that_hold_a_slash() {
        let hop = Hop::Provider(pec::ProviderKey { name: "A/B".into(), unit: None });
        assert_eq!(Hop::from(HopName::from(&hop)), hop);
        let hop = Hop::Provider(pec::ProviderKey { name: "A".into(), unit: Some("B".into()) });
        assert_eq!(Hop::from(HopName::from(&hop)), hop);
    }
}
