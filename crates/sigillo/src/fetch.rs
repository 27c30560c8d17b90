//! Fetching over HTTP and HTTPS what the program needs from elsewhere: the index of providers, lists of revoked
//! certificates, answers about one certificate. Bounded in time and octets; no redirect leaves HTTPS.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::redirect;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

/// How to fetch.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Authorities for the servers' TLS certificates (PEM); `None`: no HTTPS address can be fetched.
    pub roots: Option<PathBuf>,
    /// Our certificate chain and its key (PEM), for servers that ask for one [R-5.6-a].
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Time for one whole answer.
    pub timeout: Duration,
}

/// Why nothing was fetched; says the address and whose fault it seems to be.
#[derive(Debug, Error)]
pub enum FetchError {
    /// A file of ours cannot be used.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: String,
    },
    /// No answer, or none over a connection that could be trusted.
    #[error("{url}: {error}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What happened.
        error: String,
    },
    /// The server refused.
    #[error("{url}: the server answered {status}")]
    Refused {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The answer is larger than it may be.
    #[error("{url}: the answer is larger than {most} octets")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The most it may have.
        most: usize,
    },
}

/// An HTTP client; cheap to clone.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: reqwest::Client,
}

impl Fetcher {
    /// A client with these authorities and this identity. Reads the files.
    pub fn new(options: &FetchOptions) -> Result<Self, FetchError> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = &options.roots {
            for certificate in chain(path)? {
                roots.add(certificate).map_err(|error| file(path, &error))?;
            }
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| FetchError::Unreachable { url: "TLS".into(), error: error.to_string() })?
            .with_root_certificates(roots);
        let tls = match &options.identity {
            None => tls.with_no_client_auth(),
            Some((certificate, key)) => {
                let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| file(key, &error))?;
                tls.with_client_auth_cert(chain(certificate)?, secret).map_err(|error| file(certificate, &error))?
            }
        };
        // Never from HTTPS to HTTP, and not for ever.
        let follow = redirect::Policy::custom(|attempt| {
            let left_tls =
                attempt.url().scheme() != "https" && attempt.previous().iter().any(|u| u.scheme() == "https");
            if left_tls || attempt.previous().len() > 3 { attempt.stop() } else { attempt.follow() }
        });
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(follow)
            .timeout(options.timeout)
            .connect_timeout(options.timeout)
            .no_proxy()
            .user_agent(concat!("sigillo/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| FetchError::Unreachable { url: "HTTP".into(), error: whole(&error) })?;
        Ok(Self { client })
    }

    /// GET, at most `most` octets.
    pub async fn get(&self, url: &str, most: usize) -> Result<Bytes, FetchError> {
        self.answer(url, most, self.client.get(url)).await
    }

    /// GET, at most `most` octets; `None` when the server still has the version that it names `etag`.
    pub async fn get_newer(&self, url: &str, most: usize, etag: Option<&str>) -> Result<Option<Bytes>, FetchError> {
        let request = etag
            .into_iter()
            .fold(self.client.get(url), |request, etag| request.header(reqwest::header::IF_NONE_MATCH, etag));
        match self.answer(url, most, request).await {
            Err(FetchError::Refused { status: 304, .. }) if etag.is_some() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// POST of one body, the answer at most `most` octets.
    pub async fn post(&self, url: &str, media_type: &str, body: Bytes, most: usize) -> Result<Bytes, FetchError> {
        let request = self.client.post(url).header(reqwest::header::CONTENT_TYPE, media_type).body(body);
        self.answer(url, most, request).await
    }

    async fn answer(&self, url: &str, most: usize, request: reqwest::RequestBuilder) -> Result<Bytes, FetchError> {
        let unreachable = |error: reqwest::Error| FetchError::Unreachable { url: url.into(), error: whole(&error) };
        let mut answer = request.send().await.map_err(unreachable)?;
        if !answer.status().is_success() {
            return Err(FetchError::Refused { url: url.into(), status: answer.status().as_u16() });
        }
        let too_large = || FetchError::TooLarge { url: url.into(), most };
        let announced = answer.content_length().unwrap_or(0);
        if announced > most as u64 {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        while let Some(piece) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + piece.len() > most {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, FetchError> {
    CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| file(path, &error))
}

fn file(path: &Path, error: &dyn std::fmt::Display) -> FetchError {
    FetchError::File { path: path.into(), error: error.to_string() }
}

/// An error with its causes: `reqwest` keeps the one that matters for last.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
