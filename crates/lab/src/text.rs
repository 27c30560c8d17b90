//! Words of the laboratory's files.

use config::Account;
use secrecy::ExposeSecret;

use crate::described::LabProvider;

/// The name of a provider's folder.
pub(crate) fn folder_name(provider: &LabProvider) -> String {
    provider.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The password of a laboratory's account.
pub fn password(account: &Account) -> &str {
    account.password.as_ref().map_or("", |p| p.expose_secret())
}

/// A text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
