//! What a document may ask of others.

/// Whether pictures that lie elsewhere are asked for: who asks tells their sender that, when and where the message was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remote {
    /// They are not.
    #[default]
    Blocked,
    /// They are, over HTTPS, because the reader wanted it.
    Allowed,
}

impl Remote {
    /// The value of the `Content-Security-Policy` header for such a document.
    pub fn csp(self) -> &'static str {
        match self {
            Self::Blocked => CSP,
            Self::Allowed => CSP_WITH_REMOTE,
        }
    }
}

/// The policy of a document that asks for nothing.
pub const CSP: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; \
                       style-src 'unsafe-inline'; frame-ancestors 'self'";
/// The policy of a document whose pictures elsewhere are asked for.
pub const CSP_WITH_REMOTE: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                                   img-src data: https:; style-src 'unsafe-inline'; frame-ancestors 'self'";
