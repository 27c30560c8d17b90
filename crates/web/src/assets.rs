//! Style sheet, scripts, letters, icons: under an address that changes with their content, so that browsers keep them for ever.

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, VARY,
};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::trouble::Trouble;

struct Asset {
    name: &'static str,
    plain: &'static [u8],
    /// Empty where compression gains nothing.
    brotli: &'static [u8],
}

const ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where they are: `/assets/<of their content>`.
pub(crate) const TAG: &str = include!(concat!(env!("OUT_DIR"), "/tag.rs"));

pub(crate) async fn asset(Path((tag, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Trouble> {
    let found = ASSETS.iter().find(|asset| asset.name == name && tag == TAG).ok_or(Trouble::NotFound)?;
    let takes_brotli = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|one| one.trim().split(';').next() == Some("br")));
    let packed = takes_brotli && !found.brotli.is_empty();
    let octets = Bytes::from_static(if packed { found.brotli } else { found.plain });
    let mut reply = octets.into_response();
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media(found.name)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    Ok(reply)
}

fn media(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}
