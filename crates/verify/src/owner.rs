//! Whose signature it is.

use directory::Record;
use seal::Certificate;
use serde::Serialize;

/// Who owns the certificate.
#[derive(Clone, Debug, Serialize)]
pub struct Owner {
    /// For people: organisation and common name, as the authority wrote them.
    pub name: String,
    /// The whole subject (RFC 4514).
    pub subject: String,
    /// His name in the index, when one was given and lists him.
    pub record: Option<String>,
}

impl Owner {
    pub(crate) fn of(certificate: &Certificate, record: Option<&Record>) -> Self {
        let names = certificate.owner_names();
        let name = match names.as_slice() {
            [] => certificate.subject(),
            [only] => only.clone(),
            [common, organization, ..] if common == organization => common.clone(),
            [common, organization, ..] => format!("{organization} ({common})"),
        };
        Self { name, subject: certificate.subject(), record: record.map(|record| record.name.clone()) }
    }
}
