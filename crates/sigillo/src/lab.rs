//! A laboratory: providers with certificates, a signed index, configurations and accounts in one folder, ready to run
//! on the loopback interface of one machine.
//!
//! Everything is made for trying: the authorities are born with the laboratory and nobody else knows them. Keys,
//! passwords and the README, which repeats the passwords, can be read by the owner only.
//!
//! ```text
//! lab.toml        what was made; marks the folder as a laboratory
//! README.txt      how to start the providers and send a message
//! ca.pem          root of the signing certificates       tls-ca.pem      authority of the TLS certificates
//! pec-ca.pem      the PEC authority below the root       operator.pem    who signed the index
//! pec-ca.crl      the certificates it has revoked
//! directory.ldif  the index in clear                     directory.p7m   the index signed
//! authority/      the keys of all these
//! <guest>/        signing keys (listed, renewed, unlisted, expired, revoked), tls.key, tls.pem, provider.toml (for `conformance run`)
//! <provider>/     sigillo.toml, accounts.toml, signing.key, signing.pem, tls.key, tls.pem, store/
//! ```

mod files;
mod guest;
mod pki;
mod plan;
mod revoke;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use directory::{DirectoryError, Index, Record};
use pec::Address;
use rustls::crypto::SecureRandom;
use seal::{FileSigner, KeyError};
use secrecy::SecretString;

use crate::config::{Account, ConfigError, read_accounts};
use guest::{GUEST_KEYS, GuestKeys};
use pki::{Authority, Identity, Subject};

pub use guest::GuestPlan;
pub use plan::{DEFAULT_BASE_PORT, LabPlan, Ports, ProviderPlan};
pub use revoke::revoke;

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

/// Why a laboratory was not made.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The plan cannot work.
    #[error("the plan of the laboratory: {0}")]
    Plan(String),
    /// The folder holds something else.
    #[error("the folder {} is not empty and holds no laboratory; choose a new or an empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// The folder holds another laboratory.
    #[error("the folder {} holds a laboratory made with another plan; choose another folder or remove that one", .0.display())]
    Different(PathBuf),
    /// A laboratory that is there cannot be read.
    #[error(transparent)]
    Existing(#[from] ConfigError),
    /// A file or folder cannot be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key or certificate cannot be made.
    #[error("certificates of the laboratory: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The index is refused.
    #[error("index of the laboratory: {0}")]
    Directory(#[from] DirectoryError),
    /// The index cannot be signed.
    #[error("signature of the laboratory's index: {0}")]
    Sign(#[from] KeyError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

/// Makes a laboratory in `folder`, which must be empty or not there. A folder that holds a laboratory of the same plan
/// is left as it is and described; passwords of the plan then mean nothing.
pub fn create(folder: &Path, plan: &LabPlan) -> Result<Lab, LabError> {
    plan.check()?;
    if folder.join(files::MARK).exists() {
        let lab = open(folder)?;
        return if plan.made(&lab) { Ok(lab) } else { Err(LabError::Different(folder.to_owned())) };
    }
    let occupied = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(source) => return Err(LabError::Io { path: folder.to_owned(), source }),
    };
    if occupied {
        return Err(LabError::NotEmpty(folder.to_owned()));
    }
    // All that can fail for a reason of ours happens before the first file is written.
    let certificates = Certificates::make(plan)?;
    let index = index(plan, &certificates)?.to_ldif();
    let operator = FileSigner::from_pem(certificates.operator.key.as_bytes(), certificates.operator.pem().as_bytes())?;
    let signed = seal::p7m::seal_file(index.as_bytes(), plan.now.unix(), &operator)?;
    let revoked = certificates.guests.iter().map(GuestKeys::revoked).collect::<Result<Vec<_>, _>>()?;
    let (crl, register) = revoke::first(&certificates.pec, &revoked.iter().collect::<Vec<_>>(), plan.now)?;
    let accounts = plan.providers.iter().map(with_passwords).collect::<Result<Vec<_>, _>>()?;

    let lab = Lab::described(folder, plan, accounts);
    make_folder(folder, 0o755)?;
    write(&lab.ca, certificates.root.certificate.pem().as_bytes(), Readers::All)?;
    write(&lab.pec_ca, certificates.pec.certificate.pem().as_bytes(), Readers::All)?;
    write(&lab.crl, crl.as_bytes(), Readers::All)?;
    write(&lab.tls_ca, certificates.tls.certificate.pem().as_bytes(), Readers::All)?;
    write(&lab.operator, certificates.operator.pem().as_bytes(), Readers::All)?;
    write(&lab.ldif, index.as_bytes(), Readers::All)?;
    write(&lab.directory, &signed, Readers::All)?;
    let authority = folder.join("authority");
    make_folder(&authority, 0o700)?;
    for (name, key) in [
        ("root.key", certificates.root.key_pem()),
        ("pec-ca.key", certificates.pec.key_pem()),
        ("tls-ca.key", certificates.tls.key_pem()),
        ("operator.key", certificates.operator.key.clone()),
    ] {
        write(&authority.join(name), key.as_bytes(), Readers::Owner)?;
    }
    write(&authority.join(revoke::REVOKED), register.as_bytes(), Readers::Owner)?;
    for (provider, (signing, tls)) in lab.providers.iter().zip(&certificates.providers) {
        make_folder(&provider.folder, 0o755)?;
        let chain = signing.pem() + &certificates.pec.certificate.pem();
        let at = |name: &str| provider.folder.join(name);
        write(&at("signing.key"), signing.key.as_bytes(), Readers::Owner)?;
        write(&at("signing.pem"), chain.as_bytes(), Readers::All)?;
        write(&at("tls.key"), tls.key.as_bytes(), Readers::Owner)?;
        write(&at("tls.pem"), tls.pem().as_bytes(), Readers::All)?;
        write(&at(files::ACCOUNTS), files::accounts(provider).as_bytes(), Readers::Owner)?;
        write(&provider.config, files::config(provider, &lab).as_bytes(), Readers::All)?;
        make_folder(&at("store"), 0o700)?;
    }
    for (guest, keys) in lab.guests.iter().zip(&certificates.guests) {
        guest::write_files(guest, keys, &certificates.pec, &lab)?;
    }
    write(&folder.join("README.txt"), files::readme(&lab).as_bytes(), Readers::Owner)?;
    write(&folder.join(files::MARK), files::mark(&lab).as_bytes(), Readers::All)?;
    Ok(lab)
}

/// Describes the laboratory in `folder`. A provider whose file of accounts was removed has none here.
pub fn open(folder: &Path) -> Result<Lab, LabError> {
    let mut lab = Lab::at(folder);
    let (providers, guests) = files::read_mark(&folder.join(files::MARK))?;
    lab.guests = guests;
    for provider in providers {
        let home = folder.join(&provider.folder);
        let file = home.join(files::ACCOUNTS);
        let accounts = if file.exists() { read_accounts(&file, Some(&provider.domains))? } else { Vec::new() };
        lab.providers.push(LabProvider::described(folder, &provider, accounts));
    }
    Ok(lab)
}

impl Lab {
    /// The names of the files of every laboratory.
    fn at(folder: &Path) -> Self {
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

    fn described(folder: &Path, plan: &LabPlan, accounts: Vec<Vec<Account>>) -> Self {
        let providers = plan.providers.iter().zip(accounts);
        let providers = providers.map(|(plan, accounts)| LabProvider::described(folder, plan, accounts)).collect();
        Self { providers, guests: plan.guests.clone(), ..Self::at(folder) }
    }
}

impl LabProvider {
    fn described(lab: &Path, plan: &ProviderPlan, accounts: Vec<Account>) -> Self {
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

/// Every certificate of a laboratory.
struct Certificates {
    root: Authority,
    pec: Authority,
    tls: Authority,
    operator: Identity,
    /// Signing and TLS, one pair for each provider.
    providers: Vec<(Identity, Identity)>,
    guests: Vec<GuestKeys>,
}

impl Certificates {
    fn make(plan: &LabPlan) -> Result<Self, LabError> {
        let now = plan.now;
        let mut keys = pki::rsa_keys(plan.providers.len() + 3 + GUEST_KEYS * plan.guests.len())?.into_iter();
        let mut key = || keys.next().ok_or(LabError::Random);
        let root = Authority::root(key()?, now)?;
        let all = plan.providers.iter().chain(plan.guests.iter().map(|guest| &guest.provider));
        let domains: Vec<String> = all.flat_map(|p| p.domains.iter().cloned()).collect();
        let pec = root.pec(key()?, &domains, now)?;
        let tls = Authority::tls(now)?;
        let subject = Subject { organization: "Laboratorio PEC", common_name: "Gestore dell'indice di prova" };
        let address = Address::parse(OPERATOR).map_err(|error| LabError::Plan(error.to_string()))?;
        let operator = root.signing(key()?, &subject, &address, now)?;
        let mut providers = Vec::new();
        for provider in &plan.providers {
            let name = format!("Posta Certificata {}", provider.name);
            let subject = Subject { organization: &provider.name, common_name: &name };
            let signing = pec.signing(key()?, &subject, &provider.service_address, now)?;
            providers.push((signing, tls.server(&provider.hostname, now)?));
        }
        let mut guests = Vec::new();
        for guest in &plan.guests {
            let keys: Vec<_> = (0..GUEST_KEYS).map(|_| key()).collect::<Result<_, _>>()?;
            let keys = keys.try_into().map_err(|_| LabError::Random)?;
            guests.push(GuestKeys::make(guest, keys, &pec, &tls, now)?);
        }
        Ok(Self { root, pec, tls, operator, providers, guests })
    }
}

impl Identity {
    fn pem(&self) -> String {
        self.certificate.pem()
    }
}

/// Whom the index's own certificate names; no provider, so its domain is in no record.
const OPERATOR: &str = "indice@indice.example";
/// Where the index would be published [R-4.5-b].
const LOCATION: &str = "https://indice.example/indice.ldif.p7m";

fn index(plan: &LabPlan, certificates: &Certificates) -> Result<Index, LabError> {
    let records = plan.providers.iter().zip(&certificates.providers).map(|(provider, (signing, _))| Record {
        name: provider.name.clone(),
        unit: None,
        certificates: vec![Bytes::copy_from_slice(signing.certificate.der())],
        mail_receipt: provider.mail_receipt.clone(),
        managed_domains: provider.domains.clone(),
        location: Some(format!("https://{}/indice.ldif.p7m", provider.hostname)),
        description: Some("Gestore di prova".into()),
    });
    let guests = plan.guests.iter().zip(&certificates.guests).map(|(guest, keys)| guest::record(guest, keys));
    Ok(Index::new(records.chain(guests).collect(), Some(LOCATION.into()))?)
}

/// The provider's accounts, every one with a password; the service mailbox is added where the plan has none.
fn with_passwords(provider: &ProviderPlan) -> Result<Vec<Account>, LabError> {
    let mut accounts = provider.accounts.clone();
    if !accounts.iter().any(|a| a.address == provider.mail_receipt) {
        accounts.push(ProviderPlan::account(provider.mail_receipt.clone(), true));
    }
    for account in &mut accounts {
        if account.password.is_none() {
            account.password = Some(random_password()?);
        }
    }
    Ok(accounts)
}

/// 80 random bits in letters and digits that are not taken for each other.
fn random_password() -> Result<SecretString, LabError> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let random: &dyn SecureRandom = rustls::crypto::aws_lc_rs::default_provider().secure_random;
    let mut octets = [0; 16];
    random.fill(&mut octets).map_err(|_| LabError::Random)?;
    let text: String =
        octets.iter().filter_map(|octet| LETTERS.get(usize::from(octet % 32))).map(|&c| char::from(c)).collect();
    Ok(text.into())
}

/// Who may read a file.
#[derive(Clone, Copy)]
enum Readers {
    All,
    Owner,
}

fn write(path: &Path, content: &[u8], readers: Readers) -> Result<(), LabError> {
    let mode = match readers {
        Readers::All => 0o644,
        Readers::Owner => 0o600,
    };
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| file.write_all(content))
        .map_err(|source| LabError::Io { path: path.to_owned(), source })
}

fn make_folder(path: &Path, mode: u32) -> Result<(), LabError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(|source| LabError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
