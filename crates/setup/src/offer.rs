//! What a provider has for the holders of a domain.

/// What holders use a door for, and when its TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// IMAP with TLS from the first octet.
    ImapTls,
    /// IMAP with STARTTLS.
    Imap,
    /// POP3 with TLS from the first octet.
    Pop3Tls,
    /// POP3 with STLS.
    Pop3,
    /// Submission with TLS from the first octet.
    SubmissionTls,
    /// Submission with STARTTLS.
    Submission,
}

impl Service {
    /// All, those that are to be preferred first (RFC 8314 §3: TLS from the first octet before STARTTLS; RFC 6186 §3.4: a
    /// provider says by priorities that it would rather have IMAP used than POP3).
    pub const ALL: [Self; 6] =
        [Self::ImapTls, Self::Imap, Self::Pop3Tls, Self::Pop3, Self::SubmissionTls, Self::Submission];

    /// Whether TLS begins with the first octet.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::ImapTls | Self::Pop3Tls | Self::SubmissionTls)
    }
}

/// A door that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    /// What it is for.
    pub service: Service,
    /// Its TCP port.
    pub port: u16,
}

/// What a provider has for the holders of a domain.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The domain, lower case.
    pub domain: String,
    /// What people call the provider.
    pub name: String,
    /// The host of all doors, lower case; its certificate bears this name.
    pub host: String,
    /// The domain in whose name envelopes and receipts are sent: that of the service address.
    pub service_domain: String,
    /// The host of a web server that has the [`crate::files`].
    pub web: String,
    /// Whom other systems send reports about our mail.
    pub reports: String,
    /// The doors for holders that are open, each service once at most.
    pub doors: Vec<Door>,
    /// SHA-256 of the public key that the doors show (SubjectPublicKeyInfo), lower-case hex.
    pub key_sha256: Option<String>,
    /// The name by which CAA records allow the authority of the doors' certificate, as it publishes it.
    pub authority: Option<String>,
}

impl Offer {
    /// The port of a service; `None`: it is not offered.
    pub fn port(&self, service: Service) -> Option<u16> {
        self.doors.iter().find(|door| door.service == service).map(|door| door.port)
    }
}
