//! The client: bounded in time and octets; no redirect leaves HTTPS.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::public::is_public;

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
    /// The answer is of another media type than was asked for.
    #[error("{url}: the answer is no {wanted}")]
    OtherType {
        /// What was asked for.
        url: String,
        /// The media type that it should have.
        wanted: &'static str,
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

/// Who we are for a server that asks (RFC 7617).
#[derive(Clone, Debug)]
pub struct Login {
    /// The name; without a colon, which the form cannot carry.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// The addresses of a host, as the caller finds and allows them; the error says why there is none.
pub type Names = Arc<dyn Fn(String) -> Finding + Send + Sync>;

/// The answer of [`Names`], under way.
pub type Finding = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, String>> + Send>>;

/// An HTTP client; cheap to clone.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    public_only: bool,
}

impl Fetcher {
    /// A client with these authorities and this identity. Reads the files.
    pub fn new(options: &FetchOptions) -> Result<Self, FetchError> {
        Self::build(options, false)
    }

    /// The same for addresses that others chose: it goes to no address of this machine and of private networks, whatever
    /// a name resolves to and wherever a redirect leads.
    pub fn for_foreign_addresses(options: &FetchOptions) -> Result<Self, FetchError> {
        Self::build(options, true)
    }

    /// The same for one file at a host that the caller finds: `names` says where, and no redirect is followed. `roots` are
    /// the authorities for the server's certificate, `timeout` is for one whole answer.
    pub fn of_names(roots: RootCertStore, timeout: Duration, names: Names) -> Result<Self, FetchError> {
        let tls = builder(roots)?.with_no_client_auth();
        let client = client(tls, redirect::Policy::none(), timeout).dns_resolver(Arc::new(Named(names)));
        Ok(Self { client: client.build().map_err(|error| unusable(&error))?, public_only: false })
    }

    /// The same with these authorities for the servers' certificates. `timeout` is for one whole answer.
    pub fn of_roots(roots: RootCertStore, timeout: Duration) -> Result<Self, FetchError> {
        let tls = builder(roots)?.with_no_client_auth();
        let client = client(tls, following(false), timeout);
        Ok(Self { client: client.build().map_err(|error| unusable(&error))?, public_only: false })
    }

    fn build(options: &FetchOptions, public_only: bool) -> Result<Self, FetchError> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = &options.roots {
            for certificate in chain(path)? {
                roots.add(certificate).map_err(|error| file(path, &error))?;
            }
        }
        let tls = builder(roots)?;
        let tls = match &options.identity {
            None => tls.with_no_client_auth(),
            Some((certificate, key)) => {
                let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| file(key, &error))?;
                tls.with_client_auth_cert(chain(certificate)?, secret).map_err(|error| file(certificate, &error))?
            }
        };
        let mut client = client(tls, following(public_only), options.timeout);
        if public_only {
            client = client.dns_resolver(Arc::new(PublicOnly));
        }
        Ok(Self { client: client.build().map_err(|error| unusable(&error))?, public_only })
    }

    /// GET, at most `most` octets.
    pub async fn get(&self, url: &str, most: usize) -> Result<Bytes, FetchError> {
        self.answer(url, most, self.client.get(url)).await
    }

    /// GET, at most `most` octets, of this media type, whatever its parameters.
    pub async fn get_of_type(&self, url: &str, most: usize, wanted: &'static str) -> Result<Bytes, FetchError> {
        let answer = self.sent(url, self.client.get(url)).await?;
        let said = answer.headers().get(reqwest::header::CONTENT_TYPE).and_then(|said| said.to_str().ok());
        let said = said.and_then(|said| said.split(';').next()).unwrap_or_default().trim();
        if !said.eq_ignore_ascii_case(wanted) {
            return Err(FetchError::OtherType { url: url.into(), wanted });
        }
        Self::read(url, most, answer).await
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

    /// POST of one body, the answer at most `most` octets. The `login` is offered to this host alone: where a redirect leads
    /// to another one, it stays behind.
    pub async fn post(
        &self,
        url: &str,
        login: Option<&Login>,
        media_type: &str,
        body: Bytes,
        most: usize,
    ) -> Result<Bytes, FetchError> {
        let mut request = self.client.post(url).header(reqwest::header::CONTENT_TYPE, media_type).body(body);
        if let Some(Login { user, password }) = login {
            request = request.basic_auth(user, Some(password.expose_secret()));
        }
        self.answer(url, most, request).await
    }

    async fn answer(&self, url: &str, most: usize, request: reqwest::RequestBuilder) -> Result<Bytes, FetchError> {
        Self::read(url, most, self.sent(url, request).await?).await
    }

    async fn sent(&self, url: &str, request: reqwest::RequestBuilder) -> Result<reqwest::Response, FetchError> {
        if self.public_only && reqwest::Url::parse(url).is_ok_and(|url| !is_foreign(&url)) {
            return Err(FetchError::Unreachable { url: url.into(), error: NOT_PUBLIC.into() });
        }
        let answer = request.send().await.map_err(|error| unreachable(url, &error))?;
        if !answer.status().is_success() {
            return Err(FetchError::Refused { url: url.into(), status: answer.status().as_u16() });
        }
        Ok(answer)
    }

    async fn read(url: &str, most: usize, mut answer: reqwest::Response) -> Result<Bytes, FetchError> {
        let too_large = || FetchError::TooLarge { url: url.into(), most };
        let announced = answer.content_length().unwrap_or(0);
        if announced > most as u64 {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| unreachable(url, &error))? {
            if body.len() + piece.len() > most {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }
}

/// Whether this is the address of a file over HTTPS.
pub fn is_https(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| url.scheme() == "https" && url.has_host())
}

/// Whether this is an address of HTTP or HTTPS; one with a login in it is none, since addresses are shown.
pub fn is_address(url: &str) -> bool {
    let is_shown = |url: &reqwest::Url| url.username().is_empty() && url.password().is_none();
    reqwest::Url::parse(url)
        .is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host() && is_shown(&url))
}

type TlsBuilder = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn builder(roots: RootCertStore) -> Result<TlsBuilder, FetchError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(|error| FetchError::Unreachable { url: "TLS".into(), error: error.to_string() })?;
    Ok(builder.with_root_certificates(roots))
}

/// Redirects are followed, but never from HTTPS to HTTP, and not for ever.
fn following(public_only: bool) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if public_only && !is_foreign(attempt.url()) {
            return attempt.error(NOT_PUBLIC);
        }
        let left_tls = attempt.url().scheme() != "https" && attempt.previous().iter().any(|u| u.scheme() == "https");
        if left_tls || attempt.previous().len() > 3 { attempt.stop() } else { attempt.follow() }
    })
}

fn client(tls: ClientConfig, follow: redirect::Policy, timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(follow)
        .timeout(timeout)
        .connect_timeout(timeout)
        .no_proxy()
        .user_agent(concat!("sigillo/", env!("CARGO_PKG_VERSION")))
}

fn unreachable(url: &str, error: &reqwest::Error) -> FetchError {
    FetchError::Unreachable { url: url.into(), error: whole(error) }
}

fn unusable(error: &reqwest::Error) -> FetchError {
    FetchError::Unreachable { url: "HTTP".into(), error: whole(error) }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, FetchError> {
    CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(|error| file(path, &error))
}

fn file(path: &Path, error: &dyn std::fmt::Display) -> FetchError {
    FetchError::File { path: path.into(), error: error.to_string() }
}

const NOT_PUBLIC: &str = "it is on this machine or in a private network, where addresses named by others may not lead";

/// Gives the public addresses of a name, and no others.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
            if found.is_empty() {
                return Err(NOT_PUBLIC.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Gives what the caller finds.
struct Named(Names);

impl Resolve for Named {
    fn resolve(&self, name: Name) -> Resolving {
        let finding = (self.0)(name.as_str().to_owned());
        Box::pin(async move {
            let found = finding.await?;
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

/// Whether the host is a name, or the number of a public address: a number is not resolved.
fn is_foreign(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host.parse().map_or(true, is_public)
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::Router;
    use axum::http::HeaderMap;
    use axum::response::Redirect;
    use axum::routing::{get, post};

    use super::*;

    #[test]
    fn a_number_in_any_form_is_no_name() {
        let foreign = |text: &str| is_foreign(&reqwest::Url::parse(text).unwrap());
        assert!(foreign("http://crl.example.it/x") && foreign("http://[2a00::1]/"));
        for text in ["http://127.1/", "http://0x7f000001/", "http://[::1]/", "http://2130706433:80/x"] {
            assert!(!foreign(text), "{text}");
        }
    }

    #[test]
    fn an_address_that_is_shown_has_no_login() {
        for url in ["http://tsa.example", "https://tsa.example:8443/a?b=c"] {
            assert!(is_address(url), "{url}");
        }
        for url in
            ["ftp://tsa.example/", "tsa.example", "http://", "https://anna@tsa.example/", "http://:secret@tsa.example"]
        {
            assert!(!is_address(url), "{url}");
        }
    }

    #[tokio::test]
    async fn addresses_that_others_chose_do_not_lead_home() {
        let socket = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let router = Router::new()
            .route("/list", get(|| async { "content" }))
            .route("/moved", get(move || async move { Redirect::temporary(&format!("http://localhost:{port}/list")) }));
        let serving = tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        let options = FetchOptions { roots: None, identity: None, timeout: Duration::from_secs(30) };
        let (own, foreign) = (Fetcher::new(&options).unwrap(), Fetcher::for_foreign_addresses(&options).unwrap());
        for path in ["list", "moved"] {
            for host in ["127.0.0.1", "localhost"] {
                let url = format!("http://{host}:{port}/{path}");
                assert_eq!(own.get(&url, 100).await.unwrap(), "content");
                let refused = foreign.get(&url, 100).await.unwrap_err().to_string();
                assert!(refused.contains("private network"), "{refused}");
            }
        }
        assert!(matches!(
            own.get(&format!("http://127.0.0.1:{port}/list"), 6).await,
            Err(FetchError::TooLarge { most: 6, .. })
        ));
        serving.abort();
    }
    #[tokio::test]
    async fn a_login_is_offered_to_the_host_that_was_named_and_to_no_other() {
        let said = |headers: HeaderMap| async move {
            let said = headers.get("authorization").map(|said| said.to_str().unwrap().to_owned());
            said.unwrap_or_else(|| "nobody".into())
        };
        let [here, elsewhere] = [(), ()].map(|()| {
            let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            socket.set_nonblocking(true).unwrap();
            tokio::net::TcpListener::from_std(socket).unwrap()
        });
        let [url, other] = [&here, &elsewhere].map(|socket| format!("http://{}", socket.local_addr().unwrap()));
        let moved = format!("{other}/who");
        let router = Router::new()
            .route("/who", post(said))
            .route("/moved", post(move || async move { Redirect::temporary(&moved) }));
        let serving = [here, elsewhere].map(|socket| {
            let router = router.clone();
            tokio::spawn(async move { axum::serve(socket, router).await.unwrap() })
        });
        let options = FetchOptions { roots: None, identity: None, timeout: Duration::from_secs(30) };
        let fetcher = Fetcher::new(&options).unwrap();
        let login = Login { user: "anna".into(), password: "secret".into() };
        let asked = async |path: &str, login| {
            fetcher.post(&format!("{url}/{path}"), login, "text/plain", Bytes::new(), 100).await.unwrap()
        };
        assert_eq!(asked("who", None).await, "nobody");
        assert_eq!(asked("who", Some(&login)).await, "Basic YW5uYTpzZWNyZXQ=");
        assert_eq!(asked("moved", Some(&login)).await, "nobody", "another port is another host");
        assert!(!format!("{login:?}").contains("secret"));
        serving.iter().for_each(tokio::task::JoinHandle::abort);
    }
}
