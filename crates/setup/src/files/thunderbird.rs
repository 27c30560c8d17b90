//! Thunderbird's `config-v1.1.xml`, which KMail, Evolution, K-9 and others read too.

use quick_xml::escape::escape;

use crate::offer::{Offer, Service};

/// Servers in the order in which they are to be tried.
pub(super) fn text(offer: &Offer) -> String {
    let (domain, name) = (escape(&offer.domain), escape(&offer.name));
    let mut servers = String::new();
    for service in Service::ALL {
        let Some(port) = offer.port(service) else { continue };
        let (element, kind) = match service {
            Service::ImapTls | Service::Imap => ("incomingServer", "imap"),
            Service::Pop3Tls | Service::Pop3 => ("incomingServer", "pop3"),
            Service::SubmissionTls | Service::Submission => ("outgoingServer", "smtp"),
        };
        let socket = if service.is_tls() { "SSL" } else { "STARTTLS" };
        servers.push_str(&format!(
            "    <{element} type=\"{kind}\">\n      <hostname>{}</hostname>\n      <port>{port}</port>\n      \
             <socketType>{socket}</socketType>\n      <authentication>password-cleartext</authentication>\n      \
             <username>%EMAILADDRESS%</username>\n    </{element}>\n",
            escape(&offer.host)
        ));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\">\n  <emailProvider id=\"{domain}\">\n    \
         <domain>{domain}</domain>\n    <displayName>{name}</displayName>\n    <displayShortName>{name}</displayShortName>\n\
         {servers}  </emailProvider>\n</clientConfig>\n"
    )
}
