//! From the configuration to the parts of a provider; whatever is wrong is said with file and reason, before anything
//! is opened.

use std::path::Path;
use std::sync::Arc;

use config::{BriefHash, Config, Device, KeySource, ScannerKind, Signing};
use directory::Directory;
use index::LiveIndex;
use pec::Address;
use pec::brief::HashInput;
use pec::compose::Emitter;
use provider::authentication::Authenticator;
use provider::scanner::{Clamd, NoScanner, Scanner, Screen};
use provider::{Identity, SystemClock, UniqueIds};
use revocation::{OwnCertificate, RevocationCache};
use rustls::pki_types::CertificateDer;
use rustls::{RootCertStore, ServerConfig};
use seal::pkcs11::{Pin, Pkcs11Options, Token};
use seal::{Certificate, FileSigner, KeyError, Pkcs11Signer, Signer, Trust, WatchedSigner, profile};
use secrecy::{ExposeSecret, SecretString};
use smtp::authentication::{Bounds, MailAuthenticator};
use smtp::client::{RelayConfig, SmtpTransport};
use smtp::resolver::{DnsResolver, Resolver, SystemHosts};
use smtp::route::RouteTable;
use smtp::{Dns, Proofs};
use store::{Embedded, EmbeddedOptions, NewMailbox, Principals, Store};
use tls::LivePair;

use crate::exit::{self, Failed, store_error};

/// Everything that the configuration names, read and checked.
pub struct Parts {
    /// The key that signs.
    pub signer: Arc<WatchedSigner>,
    trust: Arc<Trust>,
    /// What is known about revoked certificates.
    pub revocation: Arc<RevocationCache>,
    /// Our own certificate, watched.
    pub own: Arc<OwnCertificate>,
    /// The index in use.
    pub directory: Arc<LiveIndex>,
    /// The relay's connections.
    pub transport: SmtpTransport,
    authenticator: Option<Arc<dyn Authenticator>>,
    /// The doors' certificate, which is read again when its files change.
    pub pair: Arc<LivePair>,
}

impl Parts {
    /// Reads and checks every file.
    pub fn read(config: &Config) -> Result<Self, Failed> {
        let signer = Arc::new(WatchedSigner::new(signer(config)?, Arc::new(SystemClock)));
        let directory = Arc::new(
            LiveIndex::read(&config.directory, Arc::new(SystemClock))
                .map_err(|error| (exit::CONFIG, error.to_string()))?,
        );
        check_identity(config, signer.certificate(), directory.as_ref())?;
        let trust = trust(config)?;
        let revocation = Arc::new(revocation(config, signer.as_ref())?);
        let (warn_days, clock) = (&config.signing.warn_days, Arc::new(SystemClock));
        let own = Arc::new(OwnCertificate::new(signer.as_ref(), &trust, warn_days, revocation.clone(), clock));
        let dns = dns(config, &Proofs::Ignored)?;
        Ok(Self {
            trust: Arc::new(trust),
            revocation,
            own,
            transport: transport(config, proven(config, dns.as_ref())?.as_ref())?,
            authenticator: authenticator(config, dns.as_ref()),
            pair: pair(config)?,
            signer,
            directory,
        })
    }

    /// The parts of the provider.
    pub fn provider(self, config: &Config, store: Arc<dyn Store>) -> provider::Parts {
        let reserved = self.signer.certificate().emails().iter().filter_map(|email| Address::parse(email).ok());
        let (index, at) = (self.directory.clone(), self.directory.clone());
        provider::Parts {
            identity: Identity {
                emitter: Emitter {
                    name: config.provider.name.clone(),
                    address: config.provider.service_address.clone(),
                    english: false,
                },
                mail_receipt: config.provider.mail_receipt.clone(),
                reserved: reserved.collect(),
            },
            ledger: store.clone(),
            principals: store,
            index_too_old: Arc::new(move |now| index.is_too_old(now)),
            index_at: Arc::new(move |now| now.plus(-at.age(now))),
            ceiling: config.smtp.limits.refuse_above,
            directory: self.directory,
            trust: self.trust,
            signer: self.signer,
            clock: Arc::new(SystemClock),
            ids: Arc::new(UniqueIds),
            limits: config.smtp.limits.formal(),
            lifetime: i64::try_from(config.relay.lifetime.as_secs()).unwrap_or(i64::MAX),
            threads: threads(config),
            screen: screen(config),
            brief_hash: match config.receipts.brief_hash {
                BriefHash::Encoded => HashInput::Encoded,
                BriefHash::Decoded => HashInput::Decoded,
            },
            authenticator: self.authenticator,
            rules: config.rules(),
            revocation: self.revocation,
        }
    }
}

/// Opens the store of a provider that has one, with what the provider needs in it.
pub async fn open_store(config: &Config) -> Result<Arc<Embedded>, Failed> {
    let path = config.store.path.clone();
    let store = match tokio::task::spawn_blocking(move || Embedded::open(&path, EmbeddedOptions::default())).await {
        Ok(opened) => opened.map_err(store_error)?,
        Err(error) => return Err((exit::OS_ERROR, error.to_string())),
    };
    let provider = &config.provider;
    let hosted = store.domains().await.map_err(store_error)?;
    // Peers check that the domain of our From is among our managed domains [R-7-a].
    for (key, address) in [("service_address", &provider.service_address), ("mail_receipt", &provider.mail_receipt)] {
        let domain = address.domain_key();
        if !hosted.iter().any(|one| one.name == domain) {
            let what =
                format!("provider.{key} {address} is in no domain that is hosted: 'sigillo domain add {domain}'");
            return Err((exit::CONFIG, what));
        }
    }
    // Take-charge notices need their mailbox [R-2.2.5-a]; nobody logs in to it.
    let address = provider.mail_receipt.clone();
    match store.mailbox(&address).await.map_err(store_error)? {
        Some(mailbox) if !mailbox.service => {
            return Err((exit::CONFIG, format!("provider.mail_receipt {address} is a holder's mailbox")));
        }
        Some(_) => {}
        None => {
            let service = NewMailbox { address: address.clone(), password: None, quota: u64::MAX >> 1, service: true };
            store.create_mailbox(service).await.map_err(store_error)?;
            tracing::info!(event = "mailbox-created", %address, service = true);
        }
    }
    Ok(store)
}

/// Says of which hosted domains the index does not know that they are ours.
pub fn check_domains<'a>(config: &Config, hosted: impl Iterator<Item = &'a str>, directory: &LiveIndex) {
    for domain in hosted {
        if directory.by_domain(domain).is_none_or(|record| record.name != config.provider.name) {
            tracing::warn!(event = "not-in-index", domain, "the index does not say that this domain is ours");
        }
    }
}

/// The addresses that the signing certificate names. Where the certificate stands in a file, no key is touched.
pub(crate) fn certified_addresses(signing: &Signing) -> Result<Vec<String>, Failed> {
    let file = match &signing.source {
        KeySource::Pem { certificates, .. } => Some(certificates),
        KeySource::Device { device, .. } => device.certificates.as_ref(),
        KeySource::Pkcs12 { .. } => None,
    };
    let Some(file) = file else { return Ok(signer_of(signing)?.certificate().emails().to_vec()) };
    Ok(certificates(file)?.first().map_or_else(Vec::new, |own| own.emails().to_vec()))
}

fn signer(config: &Config) -> Result<Arc<dyn Signer>, Failed> {
    signer_of(&config.signing)
}

/// The key of a table `[signing]`.
pub(crate) fn signer_of(signing: &Signing) -> Result<Arc<dyn Signer>, Failed> {
    let signer: Result<Arc<dyn Signer>, KeyError> = match &signing.source {
        KeySource::Device { device, pin } => return on_device(signing, device, pin),
        KeySource::Pem { key, certificates } => FileSigner::from_pem_files(key, certificates).map(|s| Arc::new(s) as _),
        KeySource::Pkcs12 { file, password } => {
            FileSigner::from_pkcs12_file(file, password.expose_secret()).map(|s| Arc::new(s) as _)
        }
    };
    signer.map_err(|error| (exit::CONFIG, error.to_string()))
}

/// A key in a PKCS#11 device [R-5.1-a]. The PIN is offered once: a device locks after a few wrong ones.
fn on_device(signing: &Signing, device: &Device, pin: &SecretString) -> Result<Arc<dyn Signer>, Failed> {
    let options = Pkcs11Options {
        module: device.module.clone(),
        token: Token::Label(device.token.clone()),
        pin: Pin::from(pin.expose_secret().to_owned()),
        key_label: device.key_label.clone(),
        key_id: None,
        certificates: device.certificates.as_deref().map(read).transpose()?,
        sessions: device.sessions.map_or_else(|| threads_of(signing), usize::from),
    };
    let signer = Pkcs11Signer::open(options).map_err(|error| (exit::UNAVAILABLE, error.to_string()))?;
    Ok(Arc::new(signer))
}

fn threads(config: &Config) -> usize {
    threads_of(&config.signing)
}

fn threads_of(signing: &Signing) -> usize {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    signing.threads.map_or(cores, usize::from)
}

/// What others would refuse is refused here, at start: the From address must be the certificate's [R-2.1-d]. What only
/// deviates, or depends on the index's operator, is a warning.
fn check_identity(config: &Config, certificate: &Certificate, directory: &LiveIndex) -> Result<(), Failed> {
    let service = &config.provider.service_address;
    if !certificate.emails().iter().any(|email| email.eq_ignore_ascii_case(service.as_str())) {
        let named = certificate.emails().join(", ");
        let why = format!("provider.service_address {service} is not in the signing certificate, which names {named}");
        return Err((exit::CONFIG, why));
    }
    for deviation in profile::deviations(certificate, Some(&config.provider.name)) {
        tracing::warn!(event = "certificate-profile", deviation, "the signing certificate deviates from RFC 6109 §5.5");
    }
    let records = directory.by_certificate(certificate.der());
    if !records.iter().any(|record| record.name == config.provider.name) {
        tracing::warn!(
            event = "not-in-index",
            "the index does not hold our certificate under our name: others will refuse us"
        );
    }
    Ok(())
}

fn screen(config: &Config) -> Screen {
    let scanner: Arc<dyn Scanner> = match &config.scanner.kind {
        ScannerKind::Clamd { address, timeout, connections } => {
            Arc::new(Clamd::new(address.clone(), *timeout, *connections))
        }
        ScannerKind::None => {
            tracing::warn!(
                event = "no-scanner",
                "messages are not scanned for viruses; a provider must (RFC 6109 §5.4)"
            );
            Arc::new(NoScanner)
        }
    };
    Screen::new(scanner, config.scanner.unscannable)
}

fn trust(config: &Config) -> Result<Trust, Failed> {
    let anchors = certificates(&config.trust.anchors)?;
    let intermediates = config.trust.intermediates.as_deref().map(certificates).transpose()?.unwrap_or_default();
    let trust = Trust::new(anchors, intermediates).map_err(|error| (exit::CONFIG, error.to_string()))?;
    Ok(if config.trust.legacy { trust.for_the_past() } else { trust })
}

/// Whose lists the operator's files may hold: the pinned authorities, those known beforehand, and our own issuers.
fn revocation(config: &Config, signer: &dyn Signer) -> Result<RevocationCache, Failed> {
    let mut authorities = certificates(&config.trust.anchors)?;
    authorities.extend(config.trust.intermediates.as_deref().map(certificates).transpose()?.unwrap_or_default());
    authorities.extend(signer.issuers().iter().cloned());
    RevocationCache::new(config.revocation.clone(), &authorities, Arc::new(SystemClock))
        .map_err(|error| (exit::CONFIG, format!("revocation: {error}")))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, Failed> {
    let pem = read(path)?;
    Certificate::from_pem(&pem).map_err(|error| (exit::CONFIG, format!("{}: {error}", path.display())))
}

fn pair(config: &Config) -> Result<Arc<LivePair>, Failed> {
    let files = &config.smtp.tls;
    LivePair::read(&files.certificate, &files.key).map_err(|error| (exit::CONFIG, format!("smtp.tls: {error}")))
}

/// TLS of doors that show this certificate.
pub fn doors_tls(pair: Arc<LivePair>) -> Arc<ServerConfig> {
    Arc::new(ServerConfig::builder().with_no_client_auth().with_cert_resolver(pair))
}

/// DNS, where anything asks it; one cache for all.
fn dns(config: &Config, proofs: &Proofs) -> Result<Option<Dns>, Failed> {
    if config.relay.static_only && !config.authenticate() {
        return Ok(None);
    }
    let servers = &config.dns.servers;
    let dns = if servers.is_empty() { Dns::system(proofs) } else { Dns::servers(servers, proofs) };
    dns.map(Some).map_err(|error| (exit::CONFIG, format!("DNS: {error}")))
}

/// The relay's DNS: with proofs, where the operator wants them. What SPF, DKIM and DMARC ask needs none.
fn proven(config: &Config, dns: Option<&Dns>) -> Result<Option<Dns>, Failed> {
    if !config.dns.dnssec || config.relay.static_only {
        return Ok(dns.cloned());
    }
    let proofs = Proofs::from(config.dns.trust_anchors.as_deref());
    let proofs = proofs.map_err(|error| (exit::CONFIG, format!("dns.trust_anchors: {error}")))?;
    self::dns(config, &proofs)
}

fn authenticator(config: &Config, dns: Option<&Dns>) -> Option<Arc<dyn Authenticator>> {
    let dns = dns.filter(|_| config.authenticate())?;
    let bounds = Bounds { time: config.ordinary.authenticate_timeout, ..Bounds::default() };
    Some(Arc::new(MailAuthenticator::new(dns, &config.provider.hostname, bounds)))
}

fn transport(config: &Config, dns: Option<&Dns>) -> Result<SmtpTransport, Failed> {
    let relay = &config.relay;
    let mut table = RouteTable::new();
    for (pattern, host) in &relay.routes {
        let hosts = format!("{}:{}", host.host, host.port);
        table = table.with(pattern, &hosts).map_err(|error| (exit::CONFIG, format!("relay.routes: {error}")))?;
    }
    if relay.static_only {
        table = table.only();
    }
    let resolver: Arc<dyn Resolver> = match dns {
        Some(dns) if !relay.static_only => Arc::new(DnsResolver::from(dns)),
        _ => Arc::new(SystemHosts),
    };
    let mut made = RelayConfig::new(config.ehlo(), table, resolver, roots(config)?);
    made.own_name.clone_from(&config.provider.hostname);
    made.strict_tls = relay.strict_tls;
    made.remember = relay.certificates_remembered;
    made.mta_sts = relay.mta_sts;
    made.private_networks.clone_from(&relay.private_networks);
    made.connections_per_route = relay.connections;
    made.window = relay.window;
    made.idle_keep = relay.keep_open;
    made.timeouts.connect = relay.connect_timeout;
    made.timeouts.greeting = relay.command_timeout;
    made.timeouts.command = relay.command_timeout;
    made.timeouts.mail = relay.command_timeout;
    made.timeouts.rcpt = relay.command_timeout;
    made.timeouts.data = relay.command_timeout;
    made.timeouts.end = relay.data_timeout;
    SmtpTransport::new(made).map_err(|error| (exit::CONFIG, format!("relay: {error}")))
}

/// The authorities for other providers' TLS certificates: the operator's, or the system's.
fn roots(config: &Config) -> Result<RootCertStore, Failed> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &config.relay.tls_roots {
        for certificate in certificates(path)? {
            let added = roots.add(CertificateDer::from(certificate.der().to_vec()));
            added.map_err(|error| (exit::CONFIG, format!("{}: {error}", path.display())))?;
        }
        return Ok(roots);
    }
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        if config.relay.strict_tls {
            let what = "relay.strict_tls: this system has no authorities, so that no certificate is valid; name relay.tls_roots";
            return Err((exit::CONFIG, what.into()));
        }
        tracing::warn!(
            event = "no-authorities",
            "this system has no authorities: no other provider's TLS certificate is valid; name relay.tls_roots"
        );
    }
    Ok(roots)
}

fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|error| (exit::CONFIG, format!("{}: {error}", path.display())))
}
