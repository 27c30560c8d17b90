//! HTTPS for one signed file: clients show a certificate [R-5.6-a], and ask cheaply whether it is still the same.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use ::tls::LivePair;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::copy::sha256;
use crate::error::IndexError;
use crate::settings::HttpsDoor;
use crate::tls::TlsListener;

/// The file that is served, which may be replaced at any time.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    file: Arc<RwLock<Option<File>>>,
}

#[derive(Clone, Debug)]
struct File {
    octets: Bytes,
    etag: String,
    /// Seconds since 1970.
    modified: i64,
}

impl Shown {
    /// Shows this file, signed at `signed`, from the next request on.
    pub fn show(&self, octets: Bytes, signed: i64) {
        let file = File { etag: format!("\"{}\"", sha256(&octets)), octets, modified: signed };
        // The lock guards a single assignment.
        *self.file.write().unwrap_or_else(PoisonError::into_inner) = Some(file);
    }

    fn file(&self) -> Option<File> {
        self.file.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The door's TLS, from its files: without `open`, only who shows a certificate of the authority comes in [R-5.6-a]. The
/// door's own certificate is read again while it is open.
pub fn tls(door: &HttpsDoor) -> Result<(Arc<ServerConfig>, Arc<LivePair>), IndexError> {
    let pair = LivePair::read(&door.certificate, &door.key).map_err(IndexError::Ours)?;
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(crypto.clone()).with_safe_default_protocol_versions();
    let builder = builder.map_err(IndexError::fault)?;
    let builder = match &door.client_authority {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| IndexError::file(path, error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crypto).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| IndexError::file(path, error))?)
        }
    };
    Ok((Arc::new(builder.with_cert_resolver(pair.clone())), pair))
}

/// Serves `shown` at the path of `url` until `stop` becomes true.
pub async fn serve(
    socket: TcpListener,
    tls: Arc<ServerConfig>,
    url: String,
    shown: Shown,
    mut stop: watch::Receiver<bool>,
) {
    let path = url.parse::<axum::http::Uri>().map_or_else(|_| "/".to_owned(), |url| url.path().to_owned());
    let named = Arc::from(path.rsplit('/').next().filter(|name| is_plain(name)).unwrap_or("indice.ldif.p7m"));
    let router = Router::new().fallback(get(answer)).with_state(Asked { path: path.into(), named, shown });
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let served = match TlsListener::new(socket, tls) {
        Ok(listener) => axum::serve(listener, router).with_graceful_shutdown(stopped).await,
        Err(error) => Err(error),
    };
    if let Err(error) = served {
        tracing::error!(event = "index-door-failed", %error);
    }
}

/// What a request is answered with.
#[derive(Clone)]
struct Asked {
    path: Arc<str>,
    named: Arc<str>,
    shown: Shown,
}

async fn answer(State(asked): State<Asked>, uri: axum::http::Uri, headers: HeaderMap) -> Response {
    if uri.path() != &*asked.path {
        return (StatusCode::NOT_FOUND, "there is nothing here\n").into_response();
    }
    let Some(file) = asked.shown.file() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "nothing is published yet\n").into_response();
    };
    let modified = Timestamp::from_second(file.modified).unwrap_or(Timestamp::UNIX_EPOCH);
    let version = [
        (header::ETAG, file.etag.clone()),
        (header::LAST_MODIFIED, DateTimePrinter::new().timestamp_to_rfc9110_string(&modified).unwrap_or_default()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    let served = if is_known(&headers, &file) { "same" } else { "whole" };
    metrics::counter!("sigillo_index_served_total", "answer" => served).increment(1);
    if served == "same" {
        return (StatusCode::NOT_MODIFIED, version).into_response();
    }
    // [R-4.5.6-a]
    let form = [
        (header::CONTENT_TYPE, format!("application/pkcs7-mime; smime-type=signed-data; name=\"{}\"", asked.named)),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", asked.named)),
    ];
    (version, form, file.octets).into_response()
}

/// Whether the client has this version (RFC 9110 §13.1): the tag decides, the date only where there is no tag.
fn is_known(headers: &HeaderMap, file: &File) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key(header::IF_NONE_MATCH) {
        let all = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
        let mut tags = all.flat_map(|tags| tags.split(',')).map(str::trim);
        return tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == file.etag);
    }
    let since = text(header::IF_MODIFIED_SINCE).and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    since.is_some_and(|since| since.as_second() >= file.modified)
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, IndexError> {
    let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match found {
        Ok(found) if found.is_empty() => Err(IndexError::file(path, "expected certificates (PEM), found none")),
        found => found.map_err(|error| IndexError::file(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(headers: &[(header::HeaderName, &str)]) -> bool {
        let shown = Shown::default();
        shown.show(Bytes::from_static(b"file"), 1_780_000_000);
        let file = shown.file().unwrap();
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), value.replace("ETAG", &file.etag).parse().unwrap()));
        is_known(&headers.collect(), &file)
    }

    #[test]
    fn a_client_that_has_the_version_is_not_sent_it_again() {
        use header::{IF_MODIFIED_SINCE as DATE, IF_NONE_MATCH as TAG};

        assert!(!known(&[]));
        for tags in ["ETAG", "W/ETAG", "\"other\", ETAG", "*"] {
            assert!(known(&[(TAG, tags)]), "{tags}");
        }
        assert!(!known(&[(TAG, "\"other\"")]));
        assert!(known(&[(DATE, "Thu, 28 May 2026 20:26:40 GMT")]), "the second of its signature");
        assert!(!known(&[(DATE, "Thu, 28 May 2026 20:26:39 GMT")]));
        assert!(!known(&[(DATE, "yesterday")]));
        let both = [(TAG, "\"other\""), (DATE, "Fri, 29 May 2026 20:26:40 GMT")];
        assert!(!known(&both), "the tag decides");
    }
}
