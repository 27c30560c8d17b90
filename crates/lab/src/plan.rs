//! What a laboratory is to hold.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use config::{Account, is_domain};
use pec::{Address, Moment};
use serde::{Deserialize, Serialize};

use crate::error::LabError;

/// Where a laboratory listens when nothing else is said; each provider takes the next ten ports.
pub const DEFAULT_BASE_PORT: u16 = 25100;

/// The name of the guest that every laboratory has, to misbehave as it is told.
pub const PEER: &str = "prova";

/// What a laboratory is to hold.
#[derive(Clone, Debug)]
pub struct LabPlan {
    /// The instant from which certificates are valid (they begin a day earlier and last three years).
    pub now: Moment,
    /// The providers.
    pub providers: Vec<ProviderPlan>,
    /// Providers that stand in the index and that somebody else runs.
    pub guests: Vec<GuestPlan>,
}

/// One provider to make.
#[derive(Clone, Debug)]
pub struct ProviderPlan {
    /// The name of its folder: lower-case letters, digits and hyphens.
    pub folder: String,
    /// `providerName`
    pub name: String,
    /// The domains it hosts, lower case.
    pub domains: Vec<String>,
    /// Its name in greetings and in its TLS certificate.
    pub hostname: String,
    /// From of what it generates.
    pub service_address: Address,
    /// Its service mailbox.
    pub mail_receipt: Address,
    /// Where it listens.
    pub ports: Ports,
    /// Its mailboxes; those without a password get a random one. The service mailbox is added when missing.
    pub accounts: Vec<Account>,
}

/// The ports of one provider on 127.0.0.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// Other providers.
    pub incoming: u16,
    /// Holders, STARTTLS.
    pub submission: u16,
    /// Holders, TLS from the first octet.
    pub submission_tls: u16,
    /// Metrics and health.
    pub admin: u16,
    /// Mail read, STARTTLS.
    pub imap: u16,
    /// Mail read, TLS from the first octet.
    pub imap_tls: u16,
    /// Mail fetched, STLS.
    pub pop3: u16,
    /// Mail fetched, TLS from the first octet.
    pub pop3_tls: u16,
    /// The pages.
    pub web: u16,
}

/// One provider that somebody else runs.
#[derive(Clone, Debug)]
pub struct GuestPlan {
    /// Its names and addresses; of its ports the one for other providers counts, and it has no accounts.
    pub provider: ProviderPlan,
    /// Where it listens for other providers.
    pub address: SocketAddr,
}

impl GuestPlan {
    /// Reads `NAME=HOST:PORT`, the host a number: `giudice=127.0.0.1:25190` hosts `giudice.example`.
    pub fn parse(text: &str) -> Result<Self, LabError> {
        let read = text.split_once('=').and_then(|(name, address)| Some((name, address.parse::<SocketAddr>().ok()?)));
        let Some((name, address)) = read else {
            return Err(LabError::Plan(format!(
                "expected a guest as NAME=HOST:PORT with the host's number, such as giudice=127.0.0.1:25190, found {text:?}"
            )));
        };
        let ports = Ports { incoming: address.port(), ..Ports::default() };
        let provider = ProviderPlan { accounts: Vec::new(), ..ProviderPlan::named(name, ports)? };
        Ok(Self { provider, address })
    }

    /// As it was read.
    pub(crate) fn marked(&self) -> String {
        format!("{}={}", self.provider.folder, self.address)
    }

    /// Whether it listens on this machine, where the providers of the laboratory do.
    pub(crate) fn is_here(&self) -> bool {
        self.address.ip().is_loopback() || self.address.ip() == IpAddr::from([0, 0, 0, 0])
    }
}

impl LabPlan {
    /// Two providers, `alfa` and `beta`, on the ports from `base_port`.
    pub fn two(now: Moment, base_port: u16) -> Result<Self, LabError> {
        Self::named(now, &["alfa", "beta"], base_port)
    }

    /// Providers with these folder names; provider number n (from 0) takes the ports from `base_port` + 10 n.
    pub fn named(now: Moment, names: &[&str], base_port: u16) -> Result<Self, LabError> {
        let mut providers = Vec::new();
        let mut base = Some(base_port);
        for name in names {
            let ports = base.and_then(Ports::from_base);
            let ports = ports.ok_or_else(|| LabError::Plan(format!("the ports from {base_port} go beyond 65535")))?;
            providers.push(ProviderPlan::named(name, ports)?);
            base = base.and_then(|port| port.checked_add(10));
        }
        Ok(Self { now, providers, guests: Vec::new() })
    }

    /// The same with the guest that `sigillo lab --peer` plays, on the port after the providers of [`LabPlan::named`].
    pub fn with_peer(mut self, base_port: u16) -> Result<Self, LabError> {
        let after = u16::try_from(self.providers.len()).ok().and_then(|count| count.checked_mul(10));
        let port = after.and_then(|after| base_port.checked_add(after));
        let port = port.ok_or_else(|| LabError::Plan(format!("the ports from {base_port} go beyond 65535")))?;
        self.guests.push(GuestPlan::parse(&format!("{}=127.0.0.1:{port}", PEER))?);
        Ok(self)
    }

    /// Whether these providers can stand beside each other.
    pub(crate) fn check(&self) -> Result<(), LabError> {
        let fail = |what: String| Err(LabError::Plan(what));
        if self.providers.is_empty() {
            return fail("expected at least one provider".into());
        }
        let (mut folders, mut ports) = (HashSet::new(), HashSet::new());
        for provider in self.providers.iter().chain(self.guests.iter().map(|guest| &guest.provider)) {
            let folder = &provider.folder;
            if folder.is_empty() || !folder.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
                return fail(format!(
                    "expected lower-case letters, digits and hyphens as a folder's name, found {folder:?}"
                ));
            }
            if folder == "authority" || !folders.insert(folder) {
                return fail(format!("the folder {folder} is taken already"));
            }
            // The name goes into the certificate, which has room for 64 (X.520).
            if provider.name.trim().is_empty() || provider.name.chars().count() > 64 {
                return fail(format!("expected 1 to 64 characters as the provider's name, found {:?}", provider.name));
            }
            if let Some(bad) = provider.domains.iter().chain([&provider.hostname]).find(|d| !is_domain(d)) {
                return fail(format!("expected a domain name, found {bad:?}"));
            }
            for address in [&provider.service_address, &provider.mail_receipt] {
                if !provider.domains.contains(&address.domain_key()) {
                    return fail(format!("expected {address} in a domain of {folder}"));
                }
            }
            let mut addresses = HashSet::new();
            for account in &provider.accounts {
                if !provider.domains.contains(&account.address.domain_key()) || !addresses.insert(&account.address) {
                    return fail(format!("expected {} once and in a domain of {folder}", account.address));
                }
            }
        }
        let all = self.providers.iter().flat_map(|provider| provider.ports.all());
        for port in
            all.chain(self.guests.iter().filter(|guest| guest.is_here()).map(|guest| guest.provider.ports.incoming))
        {
            if port == 0 || !ports.insert(port) {
                return fail(format!("expected different ports above 0, found {port} once more"));
            }
        }
        Ok(())
    }
}

impl ProviderPlan {
    /// A provider named after its folder, as `alfa`: "Alfa PEC S.p.A." with `alfa.example` and two more
    /// domains, the mailboxes mario.rossi, anna.bianchi and protocollo, and the service mailbox.
    pub fn named(folder: &str, ports: Ports) -> Result<Self, LabError> {
        let domain = format!("{folder}.example");
        if !is_domain(&domain) {
            return Err(LabError::Plan(format!(
                "expected lower-case letters, digits and hyphens as a name, found {folder:?}"
            )));
        }
        let address = |local: &str| {
            Address::parse(&format!("{local}@{domain}")).map_err(|error| LabError::Plan(error.to_string()))
        };
        let mut letters = folder.chars();
        let title: String = letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect();
        let people = ["mario.rossi", "anna.bianchi", "protocollo"];
        Ok(Self {
            folder: folder.to_owned(),
            name: format!("{title} PEC S.p.A."),
            domains: vec![domain.clone(), format!("comune.{domain}"), format!("avvocati.{domain}")],
            hostname: format!("mx.{domain}"),
            service_address: address("posta-certificata")?,
            mail_receipt: address("ricevute")?,
            ports,
            accounts: people.iter().map(|p| Ok(Self::account(address(p)?, false))).collect::<Result<_, LabError>>()?,
        })
    }

    /// A mailbox of 1 GiB that gets a random password.
    pub fn account(address: Address, service: bool) -> Account {
        Account { address, password: None, quota: 1 << 30, service }
    }
}

impl Ports {
    /// Ports from `base` on; `None` beyond 65535. The fifth is left for the door of the provider's own file.
    pub fn from_base(base: u16) -> Option<Self> {
        let mut ports = [0, 1, 2, 3, 5, 6, 7, 8, 9];
        for port in &mut ports {
            *port = base.checked_add(*port)?;
        }
        Some(Self::of(ports))
    }

    /// Ports of 127.0.0.1 that nobody uses at this moment.
    pub fn free() -> io::Result<Self> {
        // Held together, so that they differ.
        let mut held = Vec::new();
        let mut ports = [0; 9];
        for port in &mut ports {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            *port = listener.local_addr()?.port();
            held.push(listener);
        }
        Ok(Self::of(ports))
    }

    /// In the order of [`Ports::all`].
    pub fn of([incoming, submission, submission_tls, admin, imap, imap_tls, pop3, pop3_tls, web]: [u16; 9]) -> Self {
        Self { incoming, submission, submission_tls, admin, imap, imap_tls, pop3, pop3_tls, web }
    }

    /// All of them.
    pub fn all(self) -> [u16; 9] {
        let Self { incoming, submission, submission_tls, admin, imap, imap_tls, pop3, pop3_tls, web } = self;
        [incoming, submission, submission_tls, admin, imap, imap_tls, pop3, pop3_tls, web]
    }
}
