//! What the configuration says of the doors, for who is told of them.

use std::net::SocketAddr;

use setup::{Door, Offer, Service};

use crate::provider::Config;

impl Config {
    /// What we have for the holders of a domain, with the host as its own web server and the domain's postmaster for
    /// reports. Of a door at several addresses the first one's port counts.
    pub fn offer(&self, domain: &str) -> Offer {
        let domain = domain.to_ascii_lowercase();
        let first = |addresses: &[SocketAddr]| addresses.first().map(SocketAddr::port);
        let port = |service| match service {
            Service::ImapTls => first(&self.imap.listen_tls),
            Service::Imap => first(&self.imap.listen),
            Service::Pop3Tls => first(&self.pop3.listen_tls),
            Service::Pop3 => first(&self.pop3.listen),
            Service::SubmissionTls => first(&self.smtp.submission_tls.listen),
            Service::Submission => first(&self.smtp.submission.listen),
        };
        let doors = Service::ALL.into_iter().filter_map(|service| Some(Door { service, port: port(service)? }));
        Offer {
            name: self.provider.name.clone(),
            host: self.provider.hostname.clone(),
            service_domain: self.provider.service_address.domain_key(),
            web: self.provider.hostname.clone(),
            reports: format!("postmaster@{domain}"),
            doors: doors.collect(),
            key_sha256: None,
            authority: None,
            domain,
        }
    }
}
