//! MTA-STS (RFC 8461): the record and the policy of a domain, as texts.

use serde::{Deserialize, Serialize};

/// The longest policy that is read: what the standard asks for at least (§3.3).
pub(crate) const MOST: usize = 64 << 10;
/// The longest `max_age`: a year (§3.2).
const YEAR: i64 = 31_557_600;
/// Patterns of hosts that are read: real domains have a few.
const PATTERNS: usize = 64;

/// The policy of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) mode: Mode,
    /// Hosts, in lower case; `*.` stands for one label.
    mx: Vec<String>,
    /// Seconds for which it holds after it was fetched.
    pub(crate) max_age: i64,
}

/// What a host that does not fit means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    Enforce,
    Testing,
    None,
}

/// The identifier in the TXT records under `_mta-sts` (§3.1); `None` where there is no policy, or more than one record says so.
pub(crate) fn identifier(texts: &[String]) -> Option<String> {
    let mut records = texts.iter().filter(|text| text.split(';').next().is_some_and(|first| first.trim() == "v=STSv1"));
    let record = records.next().filter(|_| records.next().is_none())?;
    let id = record.split(';').find_map(|field| field.trim().strip_prefix("id="))?.trim();
    let fits = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then(|| id.to_owned())
}

impl Policy {
    /// Reads a policy (§3.2); the error says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        let (mut version, mut mode, mut max_age, mut mx) = (None, None, None, Vec::new());
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (key, value) = line.split_once(':').ok_or("a line is no 'key: value'")?;
            let value = value.trim();
            match key.trim() {
                "version" => version = version.or(Some(value)),
                "mode" => mode = mode.or(Some(value)),
                "max_age" => max_age = max_age.or(Some(value)),
                "mx" if mx.len() == PATTERNS => return Err("it names too many hosts"),
                "mx" if value.len() <= 255 => mx.push(value.trim_end_matches('.').to_ascii_lowercase()),
                "mx" => return Err("a host's name is too long"),
                _ => {}
            }
        }
        if version != Some("STSv1") {
            return Err("its version is not STSv1");
        }
        let mode = match mode {
            Some("enforce") => Mode::Enforce,
            Some("testing") => Mode::Testing,
            Some("none") => Mode::None,
            _ => return Err("its mode is none that is known"),
        };
        let max_age: i64 = max_age.and_then(|age| age.parse().ok()).ok_or("its max_age is no number")?;
        if mode != Mode::None && mx.is_empty() {
            return Err("it names no host");
        }
        Ok(Self { mode, mx, max_age: max_age.clamp(0, YEAR) })
    }

    /// Whether it names a mail exchanger (§4.1).
    pub(crate) fn names(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let above = host.split_once('.').map(|(_, above)| above);
        self.mx.iter().any(|pattern| match pattern.strip_prefix("*.") {
            Some(suffix) => above == Some(suffix),
            None => *pattern == host,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_and_has_an_identifier() {
        let id = |texts: &[&str]| identifier(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(id(&["v=spf1 -all", "v=STSv1; id=20160831085700Z;"]).as_deref(), Some("20160831085700Z"));
        assert_eq!(id(&["v=STSv1;id=a1"]).as_deref(), Some("a1"));
        for none in
            [&[][..], &["v=STSv1;"], &["v=STSv2; id=1"], &["v=STSv1; id=a-b"], &["v=STSv1; id=1", "v=STSv1; id=2"]]
        {
            assert_eq!(id(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_policy_is_read_with_its_hosts() {
        let text = "version: STSv1\r\nmode: enforce\r\nmx: MX.beta.example\r\nmx: *.example.net\r\nmax_age: 604800\r\nmode: none\r\nx: y\r\n";
        let policy = Policy::read(text).unwrap();
        assert_eq!((policy.mode, policy.max_age), (Mode::Enforce, 604_800));
        for host in ["mx.beta.example", "MX.Beta.Example.", "a.example.net"] {
            assert!(policy.names(host), "{host}");
        }
        for host in ["beta.example", "a.b.example.net", "example.net", "mx.beta.example.evil.example"] {
            assert!(!policy.names(host), "{host}");
        }
        assert_eq!(Policy::read("version: STSv1\nmode: none\nmax_age: 99999999999\n").unwrap().max_age, YEAR);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_policy_or_none(text in "(version: STSv1\n)?(mode: [a-z]{1,8}\n|mx: [ -~]{0,9}\n|max_age: [0-9-]{0,20}\n|\\PC*){0,6}") {
            let _ = identifier(std::slice::from_ref(&text));
            if let Ok(policy) = Policy::read(&text) {
                proptest::prop_assert!((0..=YEAR).contains(&policy.max_age));
            }
        }
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let hosts = "mx: a.example\n".repeat(PATTERNS + 1);
        for text in [
            "",
            "<html>not found</html>",
            "version: STSv2\nmode: none\nmax_age: 1\n",
            "version: STSv1\nmode: strict\nmx: a\nmax_age: 1\n",
            "version: STSv1\nmode: enforce\nmax_age: 1\n",
            "version: STSv1\nmode: enforce\nmx: a\n",
            "version: STSv1\nmode: enforce\nmx: a\nmax_age: soon\n",
            &format!("version: STSv1\nmode: enforce\nmax_age: 1\n{hosts}"),
        ] {
            assert!(Policy::read(text).is_err(), "{text}");
        }
    }
}
