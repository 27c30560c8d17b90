//! `[directory.publish]`: what we tell the index's operator of ourselves [R-4.5-c], and the doors for signed files.

use std::net::SocketAddr;
use std::path::PathBuf;

use index::{HttpsDoor, Publish, Unit};
use pec::Address;
use serde::Deserialize;

use crate::folder::Folder;
use crate::source::ConfigError;
use crate::value;

/// `[directory.publish]`; what each key means stands at [`Publish`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishTable {
    url: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    also_certificates: Vec<PathBuf>,
    #[serde(default)]
    unit: Vec<UnitTable>,
    #[serde(default)]
    serve: Option<HttpsDoorTable>,
}

/// `[[directory.publish.unit]]`: a secondary environment [R-4.5.7-a].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitTable {
    name: String,
    #[serde(deserialize_with = "value::address")]
    mail_receipt: Address,
    #[serde(deserialize_with = "value::domains")]
    domains: Vec<String>,
    certificates: PathBuf,
    #[serde(default)]
    description: Option<String>,
}

/// A door for signed files over HTTPS [R-5.6-a].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpsDoorTable {
    #[serde(deserialize_with = "value::listen")]
    listen: Vec<SocketAddr>,
    certificate: PathBuf,
    key: PathBuf,
    #[serde(default)]
    client_authority: Option<PathBuf>,
    #[serde(default)]
    open: bool,
}

impl PublishTable {
    /// Checks the table and joins the paths.
    pub(crate) fn check(mut self, folder: &Folder<'_>) -> Result<Publish, ConfigError> {
        https(&self.url, &["directory", "publish", "url"], folder)?;
        folder.existing(&mut self.also_certificates, &["directory", "publish", "also_certificates"])?;
        let mut units = Vec::with_capacity(self.unit.len());
        for (index, mut unit) in self.unit.into_iter().enumerate() {
            let key = ["directory", "publish", "unit", &index.to_string(), "certificates"];
            folder.existing([&mut unit.certificates], &key)?;
            let UnitTable { name, mail_receipt, domains, certificates, description } = unit;
            units.push(Unit { name, mail_receipt, domains, certificates, description });
        }
        let serve = self.serve.map(|door| door.check(&["directory", "publish", "serve"], folder)).transpose()?;
        Ok(Publish {
            url: self.url,
            description: self.description,
            also_certificates: self.also_certificates,
            unit: units,
            serve,
        })
    }
}

impl HttpsDoorTable {
    /// Checks the table `key` and joins the paths.
    pub(crate) fn check(mut self, key: &[&str], folder: &Folder<'_>) -> Result<HttpsDoor, ConfigError> {
        let at = |last| [key, &[last]].concat();
        if self.listen.is_empty() {
            return Err(folder.source.error_at(&at("listen"), "expected an address: the door is shut"));
        }
        match (&self.client_authority, self.open) {
            (None, false) => {
                let what = "expected client_authority: the index is for providers that show a certificate [R-5.6-a]; \
                            or open = true, to serve it to everybody";
                return Err(folder.source.error_at(key, what));
            }
            (Some(_), true) => {
                let what = "expected either client_authority or open = true, not both";
                return Err(folder.source.error_at(&at("open"), what));
            }
            _ => {}
        }
        folder.existing([&mut self.certificate], &at("certificate"))?;
        folder.existing([&mut self.key], &at("key"))?;
        folder.existing(&mut self.client_authority, &at("client_authority"))?;
        let Self { listen, certificate, key, client_authority, open } = self;
        Ok(HttpsDoor { listen, certificate, key, client_authority, open })
    }
}

/// Refuses what is no address of a file over HTTPS [R-4.5-b].
pub(crate) fn https(url: &str, key: &[&str], folder: &Folder<'_>) -> Result<(), ConfigError> {
    if fetch::is_https(url) {
        return Ok(());
    }
    Err(folder.source.error_at(key, format!("expected an https URL, found {url:?}")))
}
