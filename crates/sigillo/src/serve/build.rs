//! From the configuration to the parts of a provider; whatever is wrong is said with file and reason, before anything
//! is opened.

use std::path::Path;
use std::sync::Arc;

use config::{BriefHash, Config, Device, KeySource, Provider, ScannerKind, Signing};
use directory::Directory;
use holder::TokenJudge;
use index::LiveIndex;
use pec::Address;
use pec::brief::HashInput;
use pec::compose::Emitter;
use provider::authentication::Authenticator;
use provider::house::{self, Unfit};
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
use stamp::{Stamps, StampsError};
use store::{Embedded, Store};
use tls::LivePair;
use token::Tokens;

use crate::exit::{self, Failed};

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
    /// Who judges tokens of an identity provider, where one is configured.
    pub tokens: Option<Arc<Tokens>>,
    /// Who stamps the heads of the evidence, where anybody does.
    pub stamps: Option<Arc<Stamps>>,
    /// The doors' certificate, which is read again when its files change.
    pub pair: Arc<LivePair>,
}

impl Parts {
    /// Reads and checks every file.
    pub fn read(config: &Config) -> Result<Self, Failed> {
        let signer = Arc::new(WatchedSigner::new(signer(config)?, Arc::new(SystemClock)));
        let directory = Arc::new(index(config)?);
        check_identity(config, signer.certificate(), directory.as_ref())?;
        let trust = trust(config)?;
        let revocation = Arc::new(revocation(config, signer.as_ref())?);
        let (warn_before, clock) = (&config.signing.warn_before, Arc::new(SystemClock));
        let own = Arc::new(OwnCertificate::new(signer.as_ref(), &trust, warn_before, revocation.clone(), clock));
        let dns = dns(config, &Proofs::Ignored)?;
        Ok(Self {
            trust: Arc::new(trust),
            revocation,
            own,
            transport: transport(config, proven(config, dns.as_ref())?.as_ref())?,
            authenticator: authenticator(config, dns.as_ref()),
            tokens: tokens(config)?,
            stamps: stamps(config)?,
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
                hostname: config.provider.hostname.clone(),
            },
            ledger: store.clone(),
            accesses: store.clone(),
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
            tokens: self.tokens.map(|tokens| -> Arc<dyn TokenJudge> { tokens }),
            rules: config.rules(),
            revocation: self.revocation,
        }
    }
}

fn tokens(config: &Config) -> Result<Option<Arc<Tokens>>, Failed> {
    let Some(settings) = config.tokens.clone() else { return Ok(None) };
    let failed = |error: token::FetchError| Failed::from(config.error_at(&["tokens"], error.to_string()));
    Tokens::new(settings, Arc::new(SystemClock)).map(Arc::new).map(Some).map_err(failed)
}

/// The authorities for time stamps; nobody is asked.
pub(super) fn stamps(config: &Config) -> Result<Option<Arc<Stamps>>, Failed> {
    let Some(timestamps) = &config.timestamps else { return Ok(None) };
    let stamps = Stamps::new(timestamps.settings.clone(), Arc::new(SystemClock));
    stamps.map(Arc::new).map(Some).map_err(|error| {
        let key = match &error {
            StampsError::Fetch(_) => &["timestamps", "tls_roots"][..],
            StampsError::Roots(..) => &["timestamps", "authority"],
        };
        Failed::from(config.error_at(key, error.to_string()))
    })
}

/// Opens the store of a provider that has one, with what the provider needs in it.
pub async fn open_store(config: &Config) -> Result<Arc<Embedded>, Failed> {
    let (path, options) = (config.store.path.clone(), config.store_options());
    let store = match tokio::task::spawn_blocking(move || Embedded::open(&path, options)).await {
        Ok(opened) => opened?,
        Err(error) => return Err(Failed::new(exit::OS_ERROR, error)),
    };
    let Provider { service_address, mail_receipt, .. } = &config.provider;
    house::furnish(&*store, service_address, mail_receipt).await.map_err(|unfit| not_ours(config, unfit))?;
    Ok(store)
}

/// A store that is not this provider's, at the key with which it disagrees.
pub(super) fn not_ours(config: &Config, unfit: Unfit) -> Failed {
    let at = |key: &str, what: String| Failed::from(config.error_at(&["provider", key], what));
    let what = unfit.to_string();
    match unfit {
        Unfit::NotHosted(address) if address == config.provider.service_address => at("service_address", what),
        Unfit::NotHosted(_) | Unfit::OfHolder(_) => at("mail_receipt", what),
        Unfit::Store(error) => Failed::from(error),
    }
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

/// The key that signs; an error says where the configuration names it.
pub(super) fn signer(config: &Config) -> Result<Arc<dyn Signer>, Failed> {
    signer_of(&config.signing).map_err(|failed| match &config.signing.source {
        KeySource::Pem { key, certificates } => {
            let files: [(&[&str], &Path); 2] =
                [(&["signing", "key"], key), (&["signing", "certificates"], certificates)];
            failed.said(|why| wrong(config, &files, &why))
        }
        KeySource::Pkcs12 { .. } => failed.said(|why| config.error_at(&["signing", "pkcs12"], why)),
        KeySource::Device { .. } => failed.said(|why| config.error_at(&["signing", "device"], why)),
    })
}

/// The copy of the index.
pub(super) fn index(config: &Config) -> Result<LiveIndex, Failed> {
    let settings = &config.directory;
    LiveIndex::read(settings, Arc::new(SystemClock)).map_err(|error| {
        let files: [(&[&str], &Path); 2] =
            [(&["directory", "file"], &settings.file), (&["directory", "signer"], &settings.signer)];
        Failed::new(exit::CONFIG, wrong(config, &files, &error.to_string()))
    })
}

/// What is wrong with one of these files, at the key that names it: the one whose path the reason begins with.
fn wrong(config: &Config, files: &[(&[&str], &Path)], why: &str) -> String {
    let named = files.iter().find(|(_, path)| why.starts_with(&*path.to_string_lossy())).or(files.first());
    let key = named.map_or(&[][..], |(key, _)| key);
    config.error_at(key, why).to_string()
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
    signer.map_err(|error| Failed::new(exit::CONFIG, error))
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
    let signer = Pkcs11Signer::open(options).map_err(|error| Failed::new(exit::UNAVAILABLE, error))?;
    Ok(Arc::new(signer))
}

fn threads(config: &Config) -> usize {
    threads_of(&config.signing)
}

fn threads_of(signing: &Signing) -> usize {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    signing.threads.map_or(cores, usize::from)
}

/// The service address stands in the signing certificate [R-2.1-d].
pub(super) fn named(config: &Config, certificate: &Certificate) -> Result<(), Failed> {
    let service = &config.provider.service_address;
    if certificate.emails().iter().any(|email| email.eq_ignore_ascii_case(service.as_str())) {
        return Ok(());
    }
    let named = certificate.emails().join(", ");
    let why = format!("{service} is not in the signing certificate, which names {named}");
    Err(Failed::from(config.error_at(&["provider", "service_address"], why)))
}

/// What others would refuse is refused here, at start: the From address must be the certificate's [R-2.1-d]. What only
/// deviates, or depends on the index's operator, is a warning.
fn check_identity(config: &Config, certificate: &Certificate, directory: &LiveIndex) -> Result<(), Failed> {
    named(config, certificate)?;
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

/// The authorities, and those known beforehand.
fn authorities(config: &Config) -> Result<(Vec<Certificate>, Vec<Certificate>), Failed> {
    let read = |path: &Path, key: &str| {
        certificates(path).map_err(|failed| failed.said(|why| config.error_at(&["trust", key], why)))
    };
    let intermediates = config.trust.intermediates.as_deref();
    let intermediates = intermediates.map(|path| read(path, "intermediates")).transpose()?.unwrap_or_default();
    Ok((read(&config.trust.anchors, "anchors")?, intermediates))
}

/// Whose signatures are believed.
pub(super) fn trust(config: &Config) -> Result<Trust, Failed> {
    let (anchors, intermediates) = authorities(config)?;
    let trust = Trust::new(anchors, intermediates);
    let trust = trust.map_err(|error| Failed::from(config.error_at(&["trust", "anchors"], error.to_string())))?;
    Ok(if config.trust.legacy { trust.for_the_past() } else { trust })
}

/// Whose lists the operator's files may hold: the pinned authorities, those known beforehand, and our own issuers.
pub(super) fn revocation(config: &Config, signer: &dyn Signer) -> Result<RevocationCache, Failed> {
    let (mut authorities, intermediates) = authorities(config)?;
    authorities.extend(intermediates);
    authorities.extend(signer.issuers().iter().cloned());
    RevocationCache::new(config.revocation.clone(), &authorities, Arc::new(SystemClock))
        .map_err(|error| Failed::from(config.error_at(&["revocation"], error.to_string())))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, Failed> {
    let pem = read(path)?;
    Certificate::from_pem(&pem).map_err(|error| Failed::new(exit::CONFIG, format!("{}: {error}", path.display())))
}

/// The doors' certificate and key.
pub(super) fn pair(config: &Config) -> Result<Arc<LivePair>, Failed> {
    let tls = &config.smtp.tls;
    LivePair::read(&tls.certificate, &tls.key).map_err(|error| {
        let files: [(&[&str], &Path); 2] =
            [(&["smtp", "tls", "certificate"], &tls.certificate), (&["smtp", "tls", "key"], &tls.key)];
        Failed::new(exit::CONFIG, wrong(config, &files, &error))
    })
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
    name_servers(config, proofs).map(Some)
}

/// The name servers of the configuration, or the system's.
pub fn name_servers(config: &Config, proofs: &Proofs) -> Result<Dns, Failed> {
    let servers = &config.dns.servers;
    let dns = if servers.is_empty() { Dns::system(proofs) } else { Dns::servers(servers, proofs) };
    dns.map_err(|error| Failed::from(config.error_at(&["dns"], error.to_string())))
}

/// The relay's DNS: with proofs, where the operator wants them. What SPF, DKIM and DMARC ask needs none.
fn proven(config: &Config, dns: Option<&Dns>) -> Result<Option<Dns>, Failed> {
    if !config.dns.dnssec || config.relay.static_only {
        return Ok(dns.cloned());
    }
    let proofs = Proofs::from(config.dns.trust_anchors.as_deref());
    let proofs = proofs.map_err(|error| Failed::new(exit::CONFIG, format!("dns.trust_anchors: {error}")))?;
    self::dns(config, &proofs)
}

fn authenticator(config: &Config, dns: Option<&Dns>) -> Option<Arc<dyn Authenticator>> {
    let dns = dns.filter(|_| config.authenticate())?;
    let bounds = Bounds { time: config.ordinary.authenticate_timeout, ..Bounds::default() };
    Some(Arc::new(MailAuthenticator::new(dns, &config.provider.hostname, bounds)))
}

/// The relay's connections, with the DNS that they ask.
pub(super) fn relayed_by(config: &Config) -> Result<SmtpTransport, Failed> {
    let dns = dns(config, &Proofs::Ignored)?;
    transport(config, proven(config, dns.as_ref())?.as_ref())
}

fn transport(config: &Config, dns: Option<&Dns>) -> Result<SmtpTransport, Failed> {
    let relay = &config.relay;
    let at = |key: &[&str], why: String| Failed::from(config.error_at(key, why));
    let mut table = RouteTable::new();
    for (pattern, host) in &relay.routes {
        let hosts = format!("{}:{}", host.host, host.port);
        let routed = table.with(pattern, &hosts);
        table = routed.map_err(|error| at(&["relay", "routes", pattern], error.to_string()))?;
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
    SmtpTransport::new(made).map_err(|error| at(&["relay"], error.to_string()))
}

/// The authorities for other providers' TLS certificates: the operator's, or the system's.
fn roots(config: &Config) -> Result<RootCertStore, Failed> {
    let at = |why: String| Failed::from(config.error_at(&["relay", "tls_roots"], why));
    let mut roots = RootCertStore::empty();
    if let Some(path) = &config.relay.tls_roots {
        for certificate in certificates(path).map_err(|failed| at(failed.to_string()))? {
            let added = roots.add(CertificateDer::from(certificate.der().to_vec()));
            added.map_err(|error| at(format!("{}: {error}", path.display())))?;
        }
        return Ok(roots);
    }
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        if config.relay.strict_tls {
            let what = "this system has no authorities, so that no certificate is valid; name relay.tls_roots";
            return Err(Failed::from(config.error_at(&["relay", "strict_tls"], what)));
        }
        tracing::warn!(
            event = "no-authorities",
            "this system has no authorities: no other provider's TLS certificate is valid; name relay.tls_roots"
        );
    }
    Ok(roots)
}

fn read(path: &Path) -> Result<Vec<u8>, Failed> {
    std::fs::read(path).map_err(|error| Failed::new(exit::CONFIG, format!("{}: {error}", path.display())))
}
