//! From the configuration to the parts of a provider; whatever is wrong is said with file and reason, before anything
//! is opened.

use std::path::Path;
use std::sync::Arc;

use config::{BriefHash, Config, Provider, ScannerKind, Signing};
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
use rustls::{RootCertStore, ServerConfig};
use seal::{Certificate, KeySource, Signer, Trust, WatchedSigner};
use smtp::authentication::{Bounds, MailAuthenticator};
use smtp::client::{RelayConfig, SmtpTransport};
use smtp::resolver::{DnsResolver, Resolver, SystemHosts};
use smtp::{Dns, Proofs};
use stamp::{Stamps, StampsError};
use store::{Embedded, Store};
use tls::{LivePair, authorities};
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
        house::certified(signer.certificate(), &config.provider.service_address)
            .map_err(|unfit| not_ours(config, unfit))?;
        house::warn(&config.provider.name, signer.certificate(), directory.as_ref());
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
            threads: config.signing.threads().get(),
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

/// A certificate or a store that is not this provider's, at the key with which it disagrees.
pub(super) fn not_ours(config: &Config, unfit: Unfit) -> Failed {
    let at = |key: &str, what: String| Failed::from(config.error_at(&["provider", key], what));
    let what = unfit.to_string();
    match unfit {
        Unfit::NotCertified { .. } => at("service_address", what),
        Unfit::NotHosted(address) if address == config.provider.service_address => at("service_address", what),
        Unfit::NotHosted(_) | Unfit::OfHolder(_) => at("mail_receipt", what),
        Unfit::Store(error) => Failed::from(error),
    }
}

/// The key that signs; an error says where the configuration names it.
pub(crate) fn signer(config: &Config) -> Result<Arc<dyn Signer>, Failed> {
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

/// The key of a table `[signing]`.
pub(crate) fn signer_of(signing: &Signing) -> Result<Arc<dyn Signer>, Failed> {
    // A device may answer later; files stay as they are.
    let code = if matches!(signing.source, KeySource::Device { .. }) { exit::UNAVAILABLE } else { exit::CONFIG };
    signing.source.open(signing.threads()).map_err(|error| Failed::new(code, error))
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

/// The pinned authorities, and those known beforehand.
fn pinned(config: &Config) -> Result<(Vec<Certificate>, Vec<Certificate>), Failed> {
    let read = |path: &Path, key: &str| {
        Certificate::from_pem_file(path).map_err(|error| config.error_at(&["trust", key], error.to_string()))
    };
    let intermediates = config.trust.intermediates.as_deref();
    let intermediates = intermediates.map(|path| read(path, "intermediates")).transpose()?.unwrap_or_default();
    Ok((read(&config.trust.anchors, "anchors")?, intermediates))
}

/// Whose signatures are believed.
pub(crate) fn trust(config: &Config) -> Result<Trust, Failed> {
    let (anchors, intermediates) = pinned(config)?;
    let trust = Trust::new(anchors, intermediates);
    let trust = trust.map_err(|error| Failed::from(config.error_at(&["trust", "anchors"], error.to_string())))?;
    Ok(if config.trust.legacy { trust.for_the_past() } else { trust })
}

/// Who judges the messages that pages show: by the authorities, the index and the revocations of the provider.
pub(super) fn judge(
    config: &Config,
    index: &Arc<LiveIndex>,
    revocation: &Arc<RevocationCache>,
) -> Result<web::Judge, Failed> {
    let index = index.clone();
    Ok(web::Judge {
        authorities: verify::Authorities::Given(trust(config)?.for_the_past()),
        index: Arc::new(move || index.current()),
        sources: verify::Sources::known(revocation.clone()),
    })
}

/// Whose lists the operator's files may hold: the pinned authorities, those known beforehand, and our own issuers.
pub(super) fn revocation(config: &Config, signer: &dyn Signer) -> Result<RevocationCache, Failed> {
    let (mut authorities, intermediates) = pinned(config)?;
    authorities.extend(intermediates);
    authorities.extend(signer.issuers().iter().cloned());
    RevocationCache::new(config.revocation.clone(), &authorities, Arc::new(SystemClock))
        .map_err(|error| Failed::from(config.error_at(&["revocation"], error.to_string())))
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
    let resolver: Arc<dyn Resolver> = match dns {
        Some(dns) if !config.relay.static_only => Arc::new(DnsResolver::from(dns)),
        _ => Arc::new(SystemHosts),
    };
    let made = RelayConfig::new(config.ehlo(), config.routes()?, resolver, roots(config)?);
    SmtpTransport::new(config.relayed(made)).map_err(|error| config.error_at(&["relay"], error.to_string()).into())
}

/// The authorities for other providers' TLS certificates: the operator's, or the system's.
fn roots(config: &Config) -> Result<RootCertStore, Failed> {
    if let Some(path) = &config.relay.tls_roots {
        let mut roots = RootCertStore::empty();
        let added = authorities::add(&mut roots, path);
        added.map_err(|why| config.error_at(&["relay", "tls_roots"], why))?;
        return Ok(roots);
    }
    let roots = authorities::of_system();
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
