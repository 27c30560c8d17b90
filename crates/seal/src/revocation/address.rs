//! Where certificates say that revocations are to be had (RFC 5280 §4.2.1.13, §4.2.2.1).

use crate::asn1::{Malformed, Reader, tag};
use crate::key::Certificate;
use crate::oid;

/// GeneralName: uniformResourceIdentifier.
const URI: u8 = 0x86;

/// The `http://` and `https://` addresses of the lists of revoked certificates that cover `certificate`, in its order. Others (LDAP; lists
/// for some reasons only, or of another issuer, which are not supported) are left out.
pub fn distribution_points(certificate: &Certificate) -> Vec<String> {
    point_names(certificate).into_iter().filter_map(http).collect()
}

/// The `http://` and `https://` addresses of the OCSP responders for `certificate`, in its order.
pub fn ocsp_urls(certificate: &Certificate) -> Vec<String> {
    let read = |value| -> Result<Vec<String>, Malformed> {
        let mut found = Vec::new();
        let mut accesses = Reader::new(value).enter(tag::SEQUENCE)?;
        while !accesses.is_empty() {
            let mut access = accesses.enter(tag::SEQUENCE)?;
            let method = access.oid()?;
            let location = access.next()?;
            if method == oid::OCSP {
                found.extend(http(location.raw));
            }
        }
        Ok(found)
    };
    extension(certificate, oid::AUTHORITY_INFO_ACCESS).and_then(|value| read(value).ok()).unwrap_or_default()
}

/// Whether `certificate` says that its authority tells of revocations at all, by a list or a responder, also by means that
/// are not supported here. One that does not is all that its authority will ever say about it.
pub fn is_published(certificate: &Certificate) -> bool {
    extension(certificate, oid::CRL_DISTRIBUTION_POINTS).is_some() || !ocsp_urls(certificate).is_empty()
}

/// The names of the distribution points for all reasons and of the issuer itself: GeneralName elements.
pub(super) fn point_names(certificate: &Certificate) -> Vec<&[u8]> {
    let read = |value| -> Result<Vec<&[u8]>, Malformed> {
        let mut found = Vec::new();
        let mut points = Reader::new(value).enter(tag::SEQUENCE)?;
        while !points.is_empty() {
            let mut point = points.enter(tag::SEQUENCE)?;
            let Some(name) = point.optional(0xa0)? else { continue };
            // Anything further limits the reasons or names another issuer.
            if point.is_empty() {
                found.extend(full_name(name.content)?.unwrap_or_default());
            }
        }
        Ok(found)
    };
    extension(certificate, oid::CRL_DISTRIBUTION_POINTS).and_then(|value| read(value).ok()).unwrap_or_default()
}

/// The names of a DistributionPointName; `None` for a name relative to the issuer.
pub(super) fn full_name(point: &[u8]) -> Result<Option<Vec<&[u8]>>, Malformed> {
    let Some(names) = Reader::new(point).optional(0xa0)? else { return Ok(None) };
    let mut names = names.elements();
    let mut found = Vec::new();
    while !names.is_empty() {
        found.push(names.next()?.raw);
    }
    Ok(Some(found))
}

fn extension(certificate: &Certificate, kind: const_oid::ObjectIdentifier) -> Option<&[u8]> {
    let found = certificate.extensions().iter().find(|extension| extension.extn_id == kind)?;
    Some(found.extn_value.as_bytes())
}

/// The address that a GeneralName holds, if it can be fetched by HTTP and has no characters that an address lacks.
fn http(general_name: &[u8]) -> Option<String> {
    let name = Reader::new(general_name).next().ok().filter(|name| name.tag == URI)?;
    let text = std::str::from_utf8(name.content).ok()?;
    let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let is_http = begins("http://") || begins("https://");
    (is_http && text.bytes().all(|b| b.is_ascii_graphic())).then(|| text.to_owned())
}
