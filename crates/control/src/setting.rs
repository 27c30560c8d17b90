//! Values of settings, as people write them.

use std::fmt::{self, Display};
use std::str::FromStr;

use output::quantity;
use pec::Moment;
use store::MailboxState;

/// A value of a mailbox, or what its domain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting<T> {
    /// What the domain says: `default`.
    Default,
    /// This.
    To(T),
}

impl<T> Setting<T> {
    /// The value that the store keeps: `None` is what the domain says.
    pub fn into_option(self) -> Option<T> {
        match self {
            Setting::Default => None,
            Setting::To(value) => Some(value),
        }
    }
}

impl<T: Display> Display for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::Default => f.write_str("default"),
            Setting::To(value) => value.fmt(f),
        }
    }
}

impl<T: FromStr<Err = String>> FromStr for Setting<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "default" => Ok(Setting::Default),
            text => text.parse().map(Setting::To).map_err(|what| format!("{what}, or default")),
        }
    }
}

/// A day, of which the first instant in Italy counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub Moment);

impl Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // RFC 3339 begins with the day.
        f.write_str(self.0.to_string().get(..10).unwrap_or_default())
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Moment::midnight(text).map(Self).ok_or_else(|| format!("expected a day as 2027-01-01, found {text:?}"))
    }
}

/// From when on a domain takes certified mail only: the first instant of a day in Italy, or `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertifiedOnly(pub Option<Moment>);

impl Display for CertifiedOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("never"),
            Some(from) => Day(from).fmt(f),
        }
    }
}

impl FromStr for CertifiedOnly {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self(None));
        }
        let day: Day = text.parse().map_err(|what| format!("{what}, or never"))?;
        Ok(Self(Some(day.0)))
    }
}

/// Reads the state of a mailbox; the error names them all.
pub fn state(text: &str) -> Result<MailboxState, String> {
    MailboxState::from_name(text).ok_or_else(|| {
        let names = MailboxState::ALL.map(MailboxState::name).join(", ");
        format!("expected one of {names}, found {text:?}")
    })
}

/// Reads octets: a whole number, or one with KiB, MiB, GiB or TiB.
pub fn octets(text: &str) -> Result<u64, String> {
    quantity::octets(text).ok_or_else(|| format!("expected octets, as 1073741824 or 1GiB, found {text:?}"))
}

/// Reads a switch.
pub fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("expected on or off, found {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use store::OrdinaryMail;

    use super::*;

    #[test]
    fn a_setting_is_read_back_as_it_is_written() {
        for text in ["default", "refuse", "folder=Altro"] {
            assert_eq!(text.parse::<Setting<OrdinaryMail>>().unwrap().to_string(), text);
        }
        assert!("drop".parse::<Setting<OrdinaryMail>>().unwrap_err().ends_with(", or default"));
        for text in ["never", "2027-01-01", "2026-07-15"] {
            assert_eq!(text.parse::<CertifiedOnly>().unwrap().to_string(), text);
        }
        assert!("01/01/2027".parse::<CertifiedOnly>().is_err());
    }

    #[test]
    fn states_are_named() {
        assert_eq!(state("read-only"), Ok(MailboxState::ReadOnly));
        assert!(state("open").unwrap_err().contains("active, receive-only, read-only, closed"));
    }
}
