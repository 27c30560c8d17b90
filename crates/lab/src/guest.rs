//! Guests of a laboratory: providers that somebody else runs, such as the conformance suite or a developer's program.
//!
//! A guest gets what a provider has, a record in the index, signing and TLS keys, a route from everybody, and no
//! process. For tests of the refusals it also gets a key that the index does not list, and listed ones whose
//! certificates have expired or are revoked. `provider.toml` lets `conformance run` play the guest against the first provider.

use std::fmt::Write;

use bytes::Bytes;
use directory::Record;
use pec::Moment;
use rcgen::KeyPair;

use crate::described::Lab;
use crate::disk::{Readers, make_folder, write};
use crate::error::LabError;
use crate::pki::{Authority, Failure, Identity, Subject};
use crate::plan::GuestPlan;
use crate::text::{folder_name, password, quoted};

/// What a guest signs and serves with.
pub(crate) struct GuestKeys {
    /// In the index.
    listed: Identity,
    /// In the index too: a renewal.
    renewed: Identity,
    /// Of the same authority and the same names, and not in the index.
    unlisted: Identity,
    /// In the index, expired a year ago.
    expired: Identity,
    /// In the index, and in the authority's list of revoked certificates.
    revoked: Identity,
    tls: Identity,
}

/// Signing keys of a guest.
pub(crate) const GUEST_KEYS: usize = 5;

impl GuestKeys {
    pub(crate) fn make(
        guest: &GuestPlan,
        keys: [KeyPair; GUEST_KEYS],
        pec: &Authority,
        tls: &Authority,
        now: Moment,
    ) -> Result<Self, Failure> {
        let provider = &guest.provider;
        let name = format!("Posta Certificata {}", provider.name);
        let subject = Subject { organization: &provider.name, common_name: &name };
        let signing = |key, at| pec.signing(key, &subject, &provider.service_address, at);
        let [listed, renewed, unlisted, expired, revoked] = keys;
        Ok(Self {
            listed: signing(listed, now)?,
            renewed: signing(renewed, now)?,
            unlisted: signing(unlisted, now)?,
            expired: signing(expired, now.plus(-4 * 365 * 24 * 3600))?,
            revoked: signing(revoked, now)?,
            tls: tls.server(&provider.hostname, now)?,
        })
    }

    /// The certificate that the authority's first list revokes.
    pub(crate) fn revoked(&self) -> Result<seal::Certificate, LabError> {
        let der = self.revoked.certificate.der().to_vec();
        seal::Certificate::from_der(der).map_err(|error| LabError::Plan(error.to_string()))
    }
}

/// The guest's record in the index.
pub(crate) fn record(guest: &GuestPlan, keys: &GuestKeys) -> Record {
    let provider = &guest.provider;
    let der = |identity: &Identity| Bytes::copy_from_slice(identity.certificate.der());
    Record {
        name: provider.name.clone(),
        unit: None,
        certificates: vec![der(&keys.listed), der(&keys.renewed), der(&keys.expired), der(&keys.revoked)],
        mail_receipt: provider.mail_receipt.clone(),
        managed_domains: provider.domains.clone(),
        location: Some(format!("https://{}/indice.ldif.p7m", provider.hostname)),
        description: Some("Gestore di prova, ospite".into()),
    }
}

/// Each of its domains with the address that mail for it goes to.
pub(crate) fn routes(guest: &GuestPlan) -> impl Iterator<Item = (&String, String)> {
    guest.provider.domains.iter().map(|domain| (domain, guest.address.to_string()))
}

/// What the README says of guests.
pub(crate) fn readme(lab: &Lab) -> String {
    let mut out = String::new();
    for guest in &lab.guests {
        let provider = &guest.provider;
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "
{name} (folder {folder}): a guest, run by somebody else
    domains            {domains}
    {address}    where the others bring its mail (STARTTLS)
    to judge the first provider with the conformance suite:  conformance run {folder}/provider.toml
",
            name = provider.name,
            folder = provider.folder,
            domains = provider.domains.join(", "),
            address = guest.address,
        );
    }
    out
}

/// Writes the guest's folder.
pub(crate) fn write_files(guest: &GuestPlan, keys: &GuestKeys, pec: &Authority, lab: &Lab) -> Result<(), LabError> {
    let folder = lab.folder.join(&guest.provider.folder);
    make_folder(&folder, 0o755)?;
    let signing = [
        ("signing", &keys.listed),
        ("renewed", &keys.renewed),
        ("unlisted", &keys.unlisted),
        ("expired", &keys.expired),
        ("revoked", &keys.revoked),
    ];
    for (name, identity) in signing {
        let chain = identity.pem() + &pec.certificate.pem();
        write(&folder.join(format!("{name}.key")), identity.key.as_bytes(), Readers::Owner)?;
        write(&folder.join(format!("{name}.pem")), chain.as_bytes(), Readers::All)?;
    }
    write(&folder.join("tls.key"), keys.tls.key.as_bytes(), Readers::Owner)?;
    write(&folder.join("tls.pem"), keys.tls.pem().as_bytes(), Readers::All)?;
    if let Some(text) = conformance(guest, lab) {
        write(&folder.join("provider.toml"), text.as_bytes(), Readers::Owner)?;
    }
    Ok(())
}

/// The configuration of `conformance run` with this guest as its peer; `None` when the first provider lacks the two
/// mailboxes that it needs.
fn conformance(guest: &GuestPlan, lab: &Lab) -> Option<String> {
    let tested = lab.providers.first()?;
    let mut accounts = tested.accounts.iter().filter(|account| !account.service);
    let (sender, recipient) = (accounts.next()?, accounts.next()?);
    let program = std::env::current_exe().ok().map_or("sigillo".into(), |path| path.display().to_string());
    let peer = &guest.provider;
    let text = |text: &str| quoted(text);
    Some(format!(
        "# Made by the laboratory: `conformance run` plays {guest_name} against {name}. See docs/conformance.md.
authority = \"../ca.pem\"
tls_authority = \"../tls-ca.pem\"
wait = 30
retry = 60
recipient = {recipient}
unknown = {unknown}
ordinary = \"nessuno@ordinario.invalid\"
virus = false
product = 524288000

[submission]
address = \"127.0.0.1:{submission}\"
name = {hostname}
security = \"starttls\"

[sender]
address = {sender}
password = {password}

[read]
command = [{program}, \"mailbox\", \"read\", \"--config\", {config}, \"{{address}}\", \"--out\", \"{{dir}}\"]

[incoming]
address = \"127.0.0.1:{incoming}\"
name = {hostname}
mail_receipt = {receipts}

[peer]
listen = {listen}
hostname = {peer_host}
name = {peer_name}
domain = {peer_domain}
service_address = {peer_service}
mail_receipt = {peer_receipts}
signing = {{ key = \"signing.key\", certificates = \"signing.pem\" }}
renewed = {{ key = \"renewed.key\", certificates = \"renewed.pem\" }}
unlisted = {{ key = \"unlisted.key\", certificates = \"unlisted.pem\" }}
expired = {{ key = \"expired.key\", certificates = \"expired.pem\" }}
revoked = {{ key = \"revoked.key\", certificates = \"revoked.pem\" }}
tls = {{ key = \"tls.key\", certificates = \"tls.pem\" }}
",
        guest_name = peer.name,
        name = tested.name,
        recipient = text(recipient.address.as_str()),
        unknown = text(&format!("sconosciuto@{}", recipient.address.domain())),
        submission = tested.ports.submission,
        hostname = text(&tested.hostname),
        sender = text(sender.address.as_str()),
        password = text(password(sender)),
        program = text(&program),
        config = text(&format!("../{}/sigillo.toml", folder_name(tested))),
        incoming = tested.ports.incoming,
        receipts = text(tested.mail_receipt.as_str()),
        listen = text(&guest.address.to_string()),
        peer_host = text(&peer.hostname),
        peer_name = text(&peer.name),
        peer_domain = text(peer.domains.first()?),
        peer_service = text(peer.service_address.as_str()),
        peer_receipts = text(peer.mail_receipt.as_str()),
    ))
}
