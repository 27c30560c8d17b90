//! A laboratory that exists, described.

use std::path::{Path, PathBuf};

use config::Account;
use pec::Address;

use crate::plan::{GuestPlan, LabPlan, Ports, ProviderPlan};

/// A laboratory that exists.
#[derive(Clone, Debug)]
pub struct Lab {
    /// Its folder.
    pub folder: PathBuf,
    /// The root of the signing certificates (PEM).
    pub ca: PathBuf,
    /// The PEC authority below it (PEM).
    pub pec_ca: PathBuf,
    /// Its list of revoked certificates (PEM).
    pub crl: PathBuf,
    /// The authority of the TLS certificates (PEM).
    pub tls_ca: PathBuf,
    /// The certificate that signed the index (PEM).
    pub operator: PathBuf,
    /// The index in clear.
    pub ldif: PathBuf,
    /// The index signed.
    pub directory: PathBuf,
    /// The providers, as planned.
    pub providers: Vec<LabProvider>,
    /// The guests, as planned.
    pub guests: Vec<GuestPlan>,
}

/// A provider of a laboratory.
#[derive(Clone, Debug)]
pub struct LabProvider {
    /// Its folder.
    pub folder: PathBuf,
    /// Its configuration.
    pub config: PathBuf,
    /// `providerName`
    pub name: String,
    /// The domains it hosts, lower case.
    pub domains: Vec<String>,
    /// Its name in greetings.
    pub hostname: String,
    /// From of what it generates.
    pub service_address: Address,
    /// Its service mailbox.
    pub mail_receipt: Address,
    /// Where it listens, on 127.0.0.1.
    pub ports: Ports,
    /// Its mailboxes, each with its password, the service mailbox among them.
    pub accounts: Vec<Account>,
}

impl Lab {
    /// The names of the files of every laboratory.
    pub(crate) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            ca: folder.join("ca.pem"),
            pec_ca: folder.join("pec-ca.pem"),
            crl: folder.join("pec-ca.crl"),
            tls_ca: folder.join("tls-ca.pem"),
            operator: folder.join("operator.pem"),
            ldif: folder.join("directory.ldif"),
            directory: folder.join("directory.p7m"),
            providers: Vec::new(),
            guests: Vec::new(),
        }
    }

    pub(crate) fn described(folder: &Path, plan: &LabPlan, accounts: Vec<Vec<Account>>) -> Self {
        let providers = plan.providers.iter().zip(accounts);
        let providers = providers.map(|(plan, accounts)| LabProvider::described(folder, plan, accounts)).collect();
        Self { providers, guests: plan.guests.clone(), ..Self::at(folder) }
    }
}

impl LabProvider {
    pub(crate) fn described(lab: &Path, plan: &ProviderPlan, accounts: Vec<Account>) -> Self {
        let folder = lab.join(&plan.folder);
        Self {
            config: folder.join("sigillo.toml"),
            folder,
            name: plan.name.clone(),
            domains: plan.domains.clone(),
            hostname: plan.hostname.clone(),
            service_address: plan.service_address.clone(),
            mail_receipt: plan.mail_receipt.clone(),
            ports: plan.ports,
            accounts,
        }
    }
}
