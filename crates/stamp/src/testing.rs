//! An authority over HTTP for tests: `openssl ts` answers behind it, well or as the test tells.
#![allow(clippy::unwrap_used, reason = "tests that cannot go on fail")]

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use seal::stamping::{Making, StampAuthority};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use crate::settings::AuthoritySettings;

/// How it answers.
#[derive(Clone)]
pub enum Mood {
    /// Well.
    Well,
    /// With this status, as a server whose service is gone.
    Status(u16),
    /// Never.
    Silent,
    /// With this, whatever was asked.
    Words(&'static [u8]),
    /// As if asked with another nonce: an answer that is played again.
    OtherNonce,
    /// As if asked for other data.
    OtherData,
    /// By the key of another authority.
    As(Arc<StampAuthority>),
}

/// An authority over HTTP on loopback; it ends with the value.
pub struct Served {
    /// Its address.
    pub url: String,
    /// Who answers.
    pub authority: Arc<StampAuthority>,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

struct Shared {
    authority: Arc<StampAuthority>,
    mood: Mutex<Mood>,
    /// Requests that came, each with its `Authorization`.
    asked: Mutex<Vec<Option<String>>>,
    /// `openssl` writes into one folder: one answer at a time.
    turn: Semaphore,
}

impl Served {
    /// A new authority.
    pub fn new() -> Self {
        Self::of(&Making::default())
    }

    /// One that is made so.
    pub fn of(making: &Making) -> Self {
        let authority = Arc::new(StampAuthority::new(making));
        let shared = Arc::new(Shared {
            authority: authority.clone(),
            mood: Mutex::new(Mood::Well),
            asked: Mutex::default(),
            turn: Semaphore::new(1),
        });
        let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let url = format!("http://{}/tsa", socket.local_addr().unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let router = Router::new().fallback(answer).with_state(shared.clone());
        runtime.spawn(async move {
            let socket = tokio::net::TcpListener::from_std(socket).unwrap();
            axum::serve(socket, router).await.unwrap();
        });
        Self { url, authority, shared, runtime: Some(runtime) }
    }

    /// From now on it answers so.
    pub fn set(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.logins().len()
    }

    /// What each request said of who asked.
    pub fn logins(&self) -> Vec<Option<String>> {
        self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The file with its root.
    pub fn root(&self) -> PathBuf {
        self.authority.folder().join("root.pem")
    }

    /// It, as an operator would name it.
    pub fn settings(&self) -> AuthoritySettings {
        AuthoritySettings { url: self.url.clone(), roots: self.root(), policy: None, login: None }
    }
}

impl Default for Served {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Nobody waits for an answer that never comes; allowed within another runtime.
        self.runtime.take().map(Runtime::shutdown_background).unwrap_or_default();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, request: Bytes) -> impl IntoResponse {
    let said = |name| headers.get(name).and_then(|said| said.to_str().ok()).map(str::to_owned);
    shared.asked.lock().unwrap_or_else(PoisonError::into_inner).push(said(header::AUTHORIZATION));
    if said(header::CONTENT_TYPE).as_deref() != Some("application/timestamp-query") {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, Vec::new());
    }
    let mood = shared.mood.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut request = request.to_vec();
    let mut by = shared.authority.clone();
    match mood {
        Mood::Well => {}
        Mood::Status(status) => return (StatusCode::from_u16(status).unwrap(), Vec::new()),
        Mood::Silent => std::future::pending().await,
        Mood::Words(words) => return (StatusCode::OK, words.to_vec()),
        // The request ends with its nonce and a BOOLEAN of three octets.
        Mood::OtherNonce => change(&mut request, |len| len - 4),
        // Before the nonce (18 octets with its header) the digest ends.
        Mood::OtherData => change(&mut request, |len| len - 3 - 18 - 1),
        Mood::As(other) => by = other,
    }
    let Ok(_turn) = shared.turn.acquire().await else { return (StatusCode::SERVICE_UNAVAILABLE, Vec::new()) };
    let answered = tokio::task::spawn_blocking(move || by.answer(&request)).await;
    (StatusCode::OK, answered.unwrap())
}

fn change(request: &mut [u8], place: impl Fn(usize) -> usize) {
    let place = place(request.len());
    request[place] ^= 1;
}
