//! What the supervisor calls a provider.

use std::fmt;
use std::str::FromStr;

/// `CodGestPEC`: `TIN-` and a fiscal code, `VAT-` and a VAT number, or `IPA-` and a code of the public bodies' index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderCode(String);

impl FromStr for ProviderCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_code = |code: &str, least: usize, most: usize| {
            (least..=most).contains(&code.len())
                && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        };
        let good = match text.split_once('-') {
            // Of companies the fiscal code has 11 digits, of people 16 characters.
            Some(("TIN", code)) => is_code(code, 11, 16),
            Some(("VAT", code)) => is_code(code, 11, 11) && code.bytes().all(|b| b.is_ascii_digit()),
            Some(("IPA", code)) => is_code(&code.to_ascii_uppercase(), 1, 16),
            _ => false,
        };
        let what = "expected TIN- and a fiscal code, VAT- and 11 digits, or IPA- and at most 16 characters";
        if good { Ok(Self(text.to_owned())) } else { Err(format!("{what}, found {text:?}")) }
    }
}

impl fmt::Display for ProviderCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_of_three_forms() {
        for good in ["TIN-97735020584", "TIN-RSSMRA80A01H501U", "VAT-01234567890", "IPA-agid", "IPA-r_lombar"] {
            assert_eq!(good.parse::<ProviderCode>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "97735020584",
            "TIN-1",
            "VAT-0123456789",
            "VAT-0123456789A",
            "IPA-",
            "IPA-12345678901234567",
            "TIN-97735020584,1",
        ] {
            assert!(bad.parse::<ProviderCode>().is_err(), "{bad}");
        }
    }
}
