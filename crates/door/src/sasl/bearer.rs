//! How a client carries a token.

use super::credentials::{Credentials, Kind, Secret};

/// What separates the fields.
const BETWEEN: char = '\u{1}';

/// OAUTHBEARER (RFC 7628 §3.1): `n,a=NAME,^Aauth=Bearer TOKEN^A^A`. The name may be missing, and other fields (host, port)
/// say nothing that is not known.
pub(super) fn standard(text: &str) -> Option<Credentials> {
    let (header, fields) = text.split_once(BETWEEN)?;
    // No channel is bound: "p=" is refused (RFC 5801 §4).
    let name = header.strip_prefix("n,").or_else(|| header.strip_prefix("y,"))?.strip_suffix(',')?;
    let name = match name {
        "" => String::new(),
        name => unescaped(name.strip_prefix("a=")?)?,
    };
    credentials(name, fields)
}

/// XOAUTH2: `user=NAME^Aauth=Bearer TOKEN^A^A`.
pub(super) fn customary(text: &str) -> Option<Credentials> {
    let (name, fields) = text.strip_prefix("user=")?.split_once(BETWEEN)?;
    credentials(name.to_owned(), fields)
}

fn credentials(login: String, fields: &str) -> Option<Credentials> {
    let fields = fields.strip_suffix("\u{1}\u{1}")?;
    let (scheme, token) = fields.split(BETWEEN).find_map(|field| field.strip_prefix("auth="))?.split_once(' ')?;
    // The scheme's letters have no case, and a token none but those of RFC 6750 §2.1.
    let is_token = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+/=".contains(&octet);
    let good = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.bytes().all(is_token);
    let good = good && !login.contains('\0');
    good.then(|| Credentials { acts_for: String::new(), login, secret: Secret(token.to_owned()), kind: Kind::Token })
}

/// A name in a header: `=2C` is a comma, `=3D` an equals sign, and neither stands there bare (RFC 5801 §4).
fn unescaped(name: &str) -> Option<String> {
    let mut parts = name.split('=');
    let mut whole = parts.next()?.to_owned();
    for part in parts {
        let (sign, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return None,
        };
        whole.push(sign);
        whole.push_str(rest);
    }
    (!whole.is_empty() && !name.contains(',')).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, String)> {
        standard(text).map(|said| (said.login, said.secret.0))
    }

    #[test]
    fn a_name_may_be_missing_and_is_unescaped() {
        assert_eq!(found("n,,\x01auth=Bearer a.b.c\x01\x01"), Some((String::new(), "a.b.c".into())));
        assert_eq!(found("y,a=a=3Db=2Cc,\x01auth=bearer t\x01\x01"), Some(("a=b,c".into(), "t".into())));
    }

    #[test]
    fn what_has_another_form_is_nothing() {
        for bad in [
            "",
            "n,,",
            "p=tls-exporter,,\x01auth=Bearer t\x01\x01",
            "n,a=,\x01auth=Bearer t\x01\x01",
            "n,a=x=2c,\x01auth=Bearer t\x01\x01",
            "n,b=x,\x01auth=Bearer t\x01\x01",
            "n,a=x,y,\x01auth=Bearer t\x01\x01",
            "n,,\x01auth=Bearer t\x01",
            "n,,\x01auth=Basic t\x01\x01",
            "n,,\x01auth=Bearer \x01\x01",
            "n,,\x01auth=Bearer a b\x01\x01",
            "n,,\x01host=x\x01\x01",
        ] {
            assert_eq!(found(bad), None, "{bad:?}");
        }
        assert!(customary("anna\x01auth=Bearer t\x01\x01").is_none());
    }
}
