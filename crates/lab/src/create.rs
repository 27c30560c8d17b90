//! A laboratory made.

use std::fs;
use std::io;
use std::path::Path;

use bytes::Bytes;
use config::Account;
use directory::{Index, Record};
use pec::Address;
use rustls::crypto::SecureRandom;
use seal::FileSigner;
use secrecy::SecretString;

use crate::described::Lab;
use crate::disk::{Readers, make_folder, write};
use crate::error::LabError;
use crate::files::{self, ACCOUNTS};
use crate::filling::{fill, filling};
use crate::guest::{self, GUEST_KEYS, GuestKeys};
use crate::list;
use crate::mark::{self, MARK};
use crate::open::open;
use crate::pki::{self, Authority, Identity, Subject};
use crate::plan::{GuestPlan, LabPlan, ProviderPlan};

/// Makes a laboratory in `folder`, which must be empty or not there. A folder that holds a laboratory of the same plan
/// is left as it is and described; passwords of the plan then mean nothing.
pub fn create(folder: &Path, plan: &LabPlan) -> Result<Lab, LabError> {
    plan.check()?;
    if folder.join(MARK).exists() {
        let lab = open(folder)?;
        return if is_of(plan, &lab) { Ok(lab) } else { Err(LabError::Different(folder.to_owned())) };
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
    let (crl, register) = list::first(&certificates.pec, &revoked.iter().collect::<Vec<_>>(), plan.now)?;
    let accounts = plan.providers.iter().map(with_passwords).collect::<Result<Vec<_>, _>>()?;

    let lab = Lab::described(folder, plan, accounts);
    let fillings = lab.providers.iter().map(filling).collect::<Result<Vec<_>, _>>()?;
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
    write(&authority.join(list::REVOKED), register.as_bytes(), Readers::Owner)?;
    for (provider, (signing, tls)) in lab.providers.iter().zip(&certificates.providers) {
        make_folder(&provider.folder, 0o755)?;
        let chain = signing.pem() + &certificates.pec.certificate.pem();
        let at = |name: &str| provider.folder.join(name);
        write(&at("signing.key"), signing.key.as_bytes(), Readers::Owner)?;
        write(&at("signing.pem"), chain.as_bytes(), Readers::All)?;
        write(&at("tls.key"), tls.key.as_bytes(), Readers::Owner)?;
        write(&at("tls.pem"), tls.pem().as_bytes(), Readers::All)?;
        write(&at(ACCOUNTS), files::accounts(provider).as_bytes(), Readers::Owner)?;
        write(&provider.config, files::config(provider, &lab).as_bytes(), Readers::All)?;
    }
    fill(lab.providers.iter().map(|provider| provider.folder.join("store")).zip(fillings).collect())?;
    for (guest, keys) in lab.guests.iter().zip(&certificates.guests) {
        guest::write_files(guest, keys, &certificates.pec, &lab)?;
    }
    write(&folder.join("README.txt"), files::readme(&lab).as_bytes(), Readers::Owner)?;
    write(&folder.join(MARK), mark::mark(&lab).as_bytes(), Readers::All)?;
    Ok(lab)
}

/// Whether this is the plan of that laboratory.
fn is_of(plan: &LabPlan, lab: &Lab) -> bool {
    plan.providers.len() == lab.providers.len()
        && plan.providers.iter().zip(&lab.providers).all(|(planned, made)| {
            made.folder.ends_with(&planned.folder)
                && made.name == planned.name
                && made.domains == planned.domains
                && made.hostname == planned.hostname
                && made.service_address == planned.service_address
                && made.mail_receipt == planned.mail_receipt
                && made.ports == planned.ports
        })
        && plan.guests.iter().map(GuestPlan::marked).eq(lab.guests.iter().map(GuestPlan::marked))
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
