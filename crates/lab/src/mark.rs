//! The file that marks a folder as a laboratory, and says what it was made of.

use std::path::Path;

use pec::Address;
use serde::{Deserialize, Serialize};

use crate::described::Lab;
use crate::error::LabError;
use crate::plan::{GuestPlan, Ports, ProviderPlan};
use crate::text::folder_name;

/// Its name.
pub(crate) const MARK: &str = "lab.toml";

/// The content of [`MARK`].
pub(crate) fn mark(lab: &Lab) -> String {
    let provider = lab.providers.iter().map(|p| MarkedProvider {
        folder: folder_name(p),
        name: p.name.clone(),
        domains: p.domains.clone(),
        hostname: p.hostname.clone(),
        service_address: p.service_address.as_str().to_owned(),
        mail_receipt: p.mail_receipt.as_str().to_owned(),
        ports: p.ports,
    });
    let guest = lab.guests.iter().map(GuestPlan::marked).collect();
    let mark = Mark { version: 1, provider: provider.collect(), guest };
    // Texts and numbers can always be written.
    let body = toml::to_string(&mark).unwrap_or_default();
    format!("# What this laboratory was made of.\n{body}")
}

/// The providers that a mark tells of, without their accounts, and the guests.
pub(crate) fn read_mark(file: &Path) -> Result<(Vec<ProviderPlan>, Vec<GuestPlan>), LabError> {
    let mark: Mark = config::read_toml(file)?;
    if mark.version != 1 {
        return Err(LabError::Plan(format!("{}: made by another version of the program", file.display())));
    }
    let address = |text: &str| Address::parse(text).map_err(|e| LabError::Plan(format!("{}: {e}", file.display())));
    let plan = |p: MarkedProvider| {
        Ok(ProviderPlan {
            service_address: address(&p.service_address)?,
            mail_receipt: address(&p.mail_receipt)?,
            folder: p.folder,
            name: p.name,
            domains: p.domains,
            hostname: p.hostname,
            ports: p.ports,
            accounts: Vec::new(),
        })
    };
    let guests = mark.guest.iter().map(|text| GuestPlan::parse(text)).collect::<Result<_, _>>()?;
    Ok((mark.provider.into_iter().map(plan).collect::<Result<_, LabError>>()?, guests))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    version: u32,
    /// `NAME=HOST:PORT`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    guest: Vec<String>,
    provider: Vec<MarkedProvider>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkedProvider {
    folder: String,
    name: String,
    domains: Vec<String>,
    hostname: String,
    service_address: String,
    mail_receipt: String,
    ports: Ports,
}
