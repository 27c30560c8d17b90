//! A profile for iPhone, iPad and Mac (`com.apple.mail.managed`). It holds no address and no password: the device asks for
//! both when it is installed. It is not signed: a signature says only who made it, and whoever wants one makes it with the
//! certificate of the web server.

use quick_xml::escape::escape;
use sha2::{Digest, Sha256};

use crate::offer::{Offer, Service};

/// The profile; `None` where there is nothing to read mail with, or nothing to send it with.
pub(super) fn text(offer: &Offer) -> Option<String> {
    let first = |services: &[Service]| services.iter().find_map(|one| offer.port(*one));
    let imap = first(&[Service::ImapTls, Service::Imap]).map(|port| ("EmailTypeIMAP", port));
    let (kind, incoming) = imap.or(first(&[Service::Pop3Tls, Service::Pop3]).map(|port| ("EmailTypePOP", port)))?;
    let outgoing = first(&[Service::SubmissionTls, Service::Submission])?;
    let (host, name, domain) = (escape(&offer.host), escape(&offer.name), escape(&offer.domain));
    let (whole, account) = (identifier(offer, "profile"), identifier(offer, "account"));
    let dict = [
        ("EmailAccountType", string(kind)),
        ("EmailAccountDescription", string(&domain)),
        ("IncomingMailServerAuthentication", string("EmailAuthPassword")),
        ("IncomingMailServerHostName", string(&host)),
        ("IncomingMailServerPortNumber", format!("<integer>{incoming}</integer>")),
        ("IncomingMailServerUseSSL", "<true/>".into()),
        ("OutgoingMailServerAuthentication", string("EmailAuthPassword")),
        ("OutgoingMailServerHostName", string(&host)),
        ("OutgoingMailServerPortNumber", format!("<integer>{outgoing}</integer>")),
        ("OutgoingMailServerUseSSL", "<true/>".into()),
        ("OutgoingPasswordSameAsIncomingPassword", "<true/>".into()),
        ("PayloadType", string("com.apple.mail.managed")),
        ("PayloadVersion", "<integer>1</integer>".into()),
        ("PayloadIdentifier", string(&format!("{domain}.mail"))),
        ("PayloadUUID", string(&account)),
        ("PayloadDisplayName", string(&domain)),
    ];
    let account: String = dict.iter().map(|(key, value)| format!("        <key>{key}</key>{value}\n")).collect();
    Some(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n  <dict>\n    \
         <key>PayloadContent</key>\n    <array>\n      <dict>\n{account}      </dict>\n    </array>\n    \
         <key>PayloadType</key><string>Configuration</string>\n    <key>PayloadVersion</key><integer>1</integer>\n    \
         <key>PayloadIdentifier</key><string>{domain}</string>\n    <key>PayloadUUID</key><string>{whole}</string>\n    \
         <key>PayloadDisplayName</key><string>{domain}</string>\n    \
         <key>PayloadOrganization</key><string>{name}</string>\n  </dict>\n</plist>\n"
    ))
}

fn string(text: &str) -> String {
    format!("<string>{text}</string>")
}

/// The same for the same domain at any time, so that a newer profile takes the older one's place.
fn identifier(offer: &Offer, part: &str) -> String {
    let digest = Sha256::digest(format!("{part} {}", offer.domain));
    let mut octets = [0; 16];
    octets.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(octets).into_uuid().to_string().to_uppercase()
}
