//! Whose signature it is.

use directory::Record;
use pec::Moment;
use seal::Certificate;
use serde::Serialize;

/// Who owns the certificate.
#[derive(Clone, Debug, Serialize)]
pub struct Owner {
    /// For people: organisation and, in brackets, common name, as the authority wrote them; the one that there is where the
    /// other is not, and the whole subject where neither is. A unit is no owner's name.
    pub name: String,
    /// The whole subject (RFC 4514).
    pub subject: String,
    /// His name in the index, when one was given and lists him.
    pub record: Option<String>,
    /// When the certificate ends, or ended.
    pub expires: String,
    /// The same, seconds since 1970.
    #[serde(skip)]
    pub(crate) not_after: i64,
}

impl Owner {
    pub(crate) fn of(certificate: &Certificate, record: Option<&Record>) -> Self {
        let (common, organization) = (certificate.common_names().join(", "), certificate.organizations().join(", "));
        let name = match (common.as_str(), organization.as_str()) {
            ("", "") => certificate.subject(),
            (common, "") => common.to_owned(),
            ("", organization) => organization.to_owned(),
            (common, organization) if common == organization => common.to_owned(),
            (common, organization) => format!("{organization} ({common})"),
        };
        let (subject, not_after) = (certificate.subject(), certificate.not_after());
        let expires = Moment::from_unix(not_after).to_string();
        Self { name, subject, record: record.map(|record| record.name.clone()), expires, not_after }
    }
}
