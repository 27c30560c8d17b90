//! Organisations and offices, as people name them.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::refused::Refused;

/// An organisation by its name, or an office by the names from its organisation down to it: `Comune di Alfa/Affari generali`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPath(Vec<String>);

impl UnitPath {
    /// With these names, the organisation's first.
    pub fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// The names, the organisation's first.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// The name of an office, and where it stands; `None`: this is an organisation.
    pub fn split(&self) -> Option<(UnitPath, &str)> {
        match self.0.split_last() {
            Some((last, above)) if !above.is_empty() => Some((Self(above.to_vec()), last)),
            _ => None,
        }
    }
}

impl Display for UnitPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

impl FromStr for UnitPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<String> = text.split('/').map(|name| name.trim().to_owned()).collect();
        if names.iter().any(String::is_empty) {
            return Err(format!("expected ORGANISATION or ORGANISATION/OFFICE/…, found {text:?}"));
        }
        Ok(Self(names))
    }
}

/// What is said where there is no value.
const NONE: &str = "none";

/// Refuses to call anything what commands take for no value: nobody could name it afterwards.
pub(crate) fn sayable(text: &str) -> Result<(), Refused> {
    if text.trim().eq_ignore_ascii_case(NONE) {
        return Err(Refused::request(format!("nothing can be called '{NONE}': commands take it for no value")));
    }
    Ok(())
}

/// A value, or `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrNone<T>(pub Option<T>);

impl<T: Display> Display for OrNone<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str(NONE),
            Some(value) => value.fmt(f),
        }
    }
}

impl<T: FromStr> FromStr for OrNone<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        match text {
            NONE => Ok(Self(None)),
            text => text.parse().map(|value| Self(Some(value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_back_and_split() {
        let path: UnitPath = "Comune di Alfa / Affari generali/Protocollo".parse().unwrap();
        assert_eq!(path.to_string(), "Comune di Alfa/Affari generali/Protocollo");
        let (above, name) = path.split().unwrap();
        assert_eq!((above.to_string().as_str(), name), ("Comune di Alfa/Affari generali", "Protocollo"));
        assert!("Comune di Alfa".parse::<UnitPath>().unwrap().split().is_none());
        for wrong in ["", "/", "Comune/", "Comune//Protocollo"] {
            assert!(wrong.parse::<UnitPath>().is_err(), "{wrong}");
        }
        for text in ["none", "Comune/Protocollo"] {
            assert_eq!(text.parse::<OrNone<UnitPath>>().unwrap().to_string(), text);
        }
    }
}
