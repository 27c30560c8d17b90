//! `[timestamps]`: the authorities that stamp the heads of the evidence.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use stamp::{AuthoritySettings, Login, Policy, Settings};

use crate::folder::Folder;
use crate::source::ConfigError;
use crate::value::{self, DAY, HOUR, at_most, positive};

/// The most authorities: each may cost a timeout before the next one is asked.
const AUTHORITIES: usize = 8;

/// `[timestamps]`, checked.
#[derive(Clone, Debug)]
pub struct Timestamps {
    /// Whom to ask.
    pub settings: Settings,
    /// The files with passwords.
    pub(crate) password_files: Vec<PathBuf>,
}

/// As it is written; what each key means stands at [`Settings`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TimestampsTable {
    authority: Vec<AuthorityTable>,
    #[serde(deserialize_with = "value::duration")]
    timeout: Duration,
    #[serde(deserialize_with = "value::duration")]
    retry_first: Duration,
    #[serde(deserialize_with = "value::duration")]
    retry_max: Duration,
    #[serde(deserialize_with = "value::duration")]
    clock_tolerance: Duration,
    tls_roots: Option<PathBuf>,
}

/// `[[timestamps.authority]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityTable {
    url: String,
    roots: PathBuf,
    policy: Option<String>,
    login: Option<String>,
    password_file: Option<PathBuf>,
}

impl Default for TimestampsTable {
    fn default() -> Self {
        let Settings { timeout, retry_first, retry_max, tolerance, .. } = Settings::default();
        let (authority, tls_roots) = (Vec::new(), None);
        Self { authority, timeout, retry_first, retry_max, clock_tolerance: tolerance, tls_roots }
    }
}

impl TimestampsTable {
    /// Checks the values, and reads the passwords; paths become relative to the folder.
    pub(crate) fn check(mut self, at: &Folder<'_>) -> Result<Timestamps, ConfigError> {
        let times = [
            ("timeout", self.timeout, HOUR),
            ("retry_first", self.retry_first, DAY),
            ("retry_max", self.retry_max, DAY),
            ("clock_tolerance", self.clock_tolerance, HOUR),
        ];
        for (key, found, most) in times {
            positive(found, &["timestamps", key], at.source)?;
            at_most(found, most, &["timestamps", key], at.source)?;
        }
        if self.retry_max < self.retry_first {
            let what = "expected no less than timestamps.retry_first";
            return Err(at.source.error_at(&["timestamps", "retry_max"], what));
        }
        at.existing(&mut self.tls_roots, &["timestamps", "tls_roots"])?;
        if !(1..=AUTHORITIES).contains(&self.authority.len()) {
            let found = self.authority.len();
            let what = format!("expected from 1 to {AUTHORITIES} tables [[timestamps.authority]], found {found}");
            return Err(at.source.error_at(&["timestamps"], what));
        }
        let (mut authorities, mut password_files) = (Vec::new(), Vec::new());
        for (number, authority) in self.authority.into_iter().enumerate() {
            let number = number.to_string();
            let has_roots = self.tls_roots.is_some();
            let (settings, password_file) = authority.check(&["timestamps", "authority", &number], has_roots, at)?;
            authorities.push(settings);
            password_files.extend(password_file);
        }
        let Self { timeout, retry_first, retry_max, clock_tolerance: tolerance, tls_roots, .. } = self;
        let settings = Settings { authorities, timeout, retry_first, retry_max, tolerance, tls_roots };
        Ok(Timestamps { settings, password_files })
    }
}

impl AuthorityTable {
    /// Checks the values of the table at `key`; `tls`: whether it is known whom to believe over TLS.
    fn check(
        mut self,
        key: &[&str; 3],
        tls: bool,
        at: &Folder<'_>,
    ) -> Result<(AuthoritySettings, Option<PathBuf>), ConfigError> {
        let [table, list, number] = *key;
        let fail = |key: &str, what: &str| at.source.error_at(&[table, list, number, key], what);
        let is_https = fetch::is_https(&self.url);
        if !fetch::is_address(&self.url) {
            let what = "expected an address that begins with http:// or https://; who we are stands in login and password_file";
            return Err(fail("url", what));
        }
        if is_https && !tls {
            return Err(fail("url", "expected timestamps.tls_roots too: whom to believe over TLS"));
        }
        at.existing([&mut self.roots], &[table, list, number, "roots"])?;
        let policy = self.policy.map(|text| text.parse::<Policy>().map_err(|error| fail("policy", &error.to_string())));
        at.existing(&mut self.password_file, &[table, list, number, "password_file"])?;
        let login = match (self.login, &self.password_file) {
            (None, None) => None,
            (Some(_), None) => return Err(fail("login", "expected password_file beside it")),
            (None, Some(_)) => return Err(fail("password_file", "expected login beside it")),
            (Some(_), Some(_)) if !is_https => {
                return Err(fail(
                    "login",
                    "expected an address that begins with https:// too: everybody on the way would read the password",
                ));
            }
            (Some(user), _) if user.is_empty() || user.contains(':') => {
                return Err(fail("login", "expected a name without a colon (RFC 7617)"));
            }
            (Some(user), Some(file)) => {
                let password = at.secret(file, &[table, list, number, "password_file"])?;
                Some(Login { user, password })
            }
        };
        let settings = AuthoritySettings { url: self.url, roots: self.roots, policy: policy.transpose()?, login };
        Ok((settings, self.password_file))
    }
}
