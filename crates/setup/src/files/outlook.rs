//! Outlook's Autodiscover in its plain XML form (MS-OXDSCLI). It is asked for by POST, and the answer is the same for everybody:
//! with a DomainName that is empty the login is the address that was asked for.

use quick_xml::escape::escape;

use crate::offer::{Offer, Service};

const ANSWER: &str = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
const SETTINGS: &str = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

/// Of each protocol the door that is to be preferred: a program takes one.
pub(super) fn text(offer: &Offer) -> String {
    let host = escape(&offer.host);
    let mut protocols = String::new();
    for (kind, services) in [
        ("IMAP", [Service::ImapTls, Service::Imap]),
        ("POP3", [Service::Pop3Tls, Service::Pop3]),
        ("SMTP", [Service::SubmissionTls, Service::Submission]),
    ] {
        let Some((service, port)) = services.into_iter().find_map(|one| Some((one, offer.port(one)?))) else {
            continue;
        };
        let encryption = if service.is_tls() { "SSL" } else { "TLS" };
        let as_reading = if kind == "SMTP" { "        <UsePOPAuth>on</UsePOPAuth>\n" } else { "" };
        protocols.push_str(&format!(
            "      <Protocol>\n        <Type>{kind}</Type>\n        <Server>{host}</Server>\n        <Port>{port}</Port>\n        \
             <DomainRequired>on</DomainRequired>\n        <DomainName/>\n        <SPA>off</SPA>\n        \
             <SSL>on</SSL>\n        <Encryption>{encryption}</Encryption>\n        <AuthRequired>on</AuthRequired>\n{as_reading}      \
             </Protocol>\n"
        ));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Autodiscover xmlns=\"{ANSWER}\">\n  <Response xmlns=\"{SETTINGS}\">\n    \
         <Account>\n      <AccountType>email</AccountType>\n      <Action>settings</Action>\n{protocols}    </Account>\n  \
         </Response>\n</Autodiscover>\n"
    )
}
